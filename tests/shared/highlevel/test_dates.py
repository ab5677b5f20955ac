import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.highlevel.dates import normal_date
from shared.highlevel.values import Refused

MARKS = "-/._"


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize("region", ["US", "DE", "JP"])
@pytest.mark.parametrize("order", ["{year}{mark}{month}{mark}{day}", "{month}{mark}{day}{mark}{year}"])
def test_every_documented_format_is_read(order: str, mark: str, region: str) -> None:
    text = order.format(year="1990", month="12", day="25", mark=mark)

    assert normal_date(text, region) == "1990-12-25"


@pytest.mark.parametrize(
    ("text", "region", "expected"),
    [
        ("1990-9-5", "DE", "1990-09-05"),
        ("1990-09-25T00:00:00.000Z", "US", "1990-09-25"),
        ("1990-09-25T22:30+02:00", "US", "1990-09-25"),
        ("1990-09-25 00:00:00", "US", "1990-09-25"),
        ("03/04/1990", "US", "1990-03-04"),
        ("03/04/1990", "PH", "1990-03-04"),
        ("03/04/1990", "GB", None),
        ("03/04/1990", "CA", None),
        ("03.04.1990", "DE", "1990-04-03"),
        ("03.04.1990", "US", "1990-03-04"),
        ("03.04.1990", "HU", None),
        ("03/04/1990", "DE", None),
        ("03.03.1990", "DE", "1990-03-03"),
        ("25.12.1990", "DE", "1990-12-25"),
        ("25/12/1990", "GB", "1990-12-25"),
        ("25/12/1990", "US", None),
        ("25/12/1990", "JP", None),
        ("31.04.1990", "DE", None),
        ("1990-02-30", "US", None),
        ("02/29/1991", "US", None),
        ("13/13/1990", "DE", None),
        ("0000-01-01", "US", None),
        ("1990-12/25", "US", None),
        ("90-12-25", "US", None),
        ("25 December 1990", "DE", "1990-12-25"),
        ("", "US", None),
        ("١٩٩٠-١٢-٢٥", "US", None),
    ],
)
def test_a_date_is_read_in_the_one_way_that_it_can_be_or_refused(text: str, region: str, expected: str | None) -> None:
    assert result(text, region) == expected


@given(st.dates(), st.sampled_from(MARKS), st.sampled_from(["US", "DE", "ZZ"]))
def test_a_date_that_begins_with_its_year_is_that_date(day: object, mark: str, region: str) -> None:
    assert result(str(day).replace("-", mark), region) == str(day)


@given(st.text(alphabet="0123456789-/._T:Z ", max_size=25), st.sampled_from(["US", "DE"]))
def test_any_text_is_a_date_or_refused(text: str, region: str) -> None:
    found = result(text, region)

    assert found is None or len(found) == 10


def result(text: str, region: str) -> str | None:
    try:
        return normal_date(text, region)
    except Refused:
        return None
