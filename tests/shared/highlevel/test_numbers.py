import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from shared.highlevel.numbers import normal_amount, normal_number
from shared.highlevel.values import Refused

NUMBERS: list[tuple[JsonValue, str, int | float | None]] = [
    (5, "US", 5),
    (1.5, "US", 1.5),
    ("5", "US", 5),
    (" -5 ", "US", -5),
    ("\u22125", "US", -5),
    ("+5", "US", 5),
    ("1,234.50", "DE", 1234.5),
    ("1.234,50", "US", 1234.5),
    ("1,234,567", "DE", 1234567),
    ("1.234.567", "US", 1234567),
    ("12,34,567.5", "IN", 1234567.5),
    ("1 234,50", "FR", 1234.5),
    ("1\u202f234\u202f567", "FR", 1234567),
    ("1'234.50", "CH", 1234.5),
    ("12,5", "US", 12.5),
    ("1234.567", "DE", 1234.567),
    ("0,125", "US", 0.125),
    ("0.125", "DE", 0.125),
    ("1,234", "US", 1234),
    ("1.234", "US", 1.234),
    ("1,234", "DE", None),
    ("1.234", "DE", None),
    ("1,23,4", "US", None),
    ("--5", "US", None),
    ("5-6", "US", None),
    ("1e5", "US", None),
    ("12 apples", "US", None),
    ("$5", "US", None),
    ("٣", "US", None),
    ("", "US", None),
    ("9" * 5000, "US", None),
    (True, "US", None),
    (None, "US", None),
    (["5"], "US", None),
]
AMOUNTS: list[tuple[JsonValue, int | float | None]] = [
    (5, 5),
    ("$1,234.50", 1234.5),
    ("-$5", -5),
    ("$ -5", -5),
    ("12,50 €", 12.5),
    ("EUR 12.50", 12.5),
    ("12.50 eur", 12.5),
    ("US$ 3", 3),
    ("CHF 1'000", 1000),
    ("Rs. 500", 500),
    ("100 dollars", 100),
    ("10k", None),
    ("5 apples", None),
    ("$5 - $10", None),
    ("--$5", None),
    ("$", None),
    (True, None),
]


@pytest.mark.parametrize(("value", "region", "expected"), NUMBERS)
def test_a_number_is_read_in_the_one_way_that_it_can_be_or_refused(
    value: JsonValue, region: str, expected: int | float | None
) -> None:
    found = number(value, region)

    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(("value", "expected"), AMOUNTS)
def test_an_amount_is_read_without_its_currency(value: JsonValue, expected: int | float | None) -> None:
    found: int | float | None
    try:
        found = normal_amount(value, "US")
    except Refused:
        found = None

    assert found == expected


@given(st.integers(-(10**12), 10**12), st.sampled_from(["US", "GB", "IN"]))
def test_a_number_with_commas_between_the_thousands_is_that_number(whole: int, region: str) -> None:
    assert number(f"{whole:,}", region) == whole


@given(st.integers(10**4, 10**12), st.integers(0, 99), st.sampled_from(["US", "DE", "ZZ"]))
def test_a_number_with_both_marks_is_the_same_everywhere(whole: int, cents: int, region: str) -> None:
    english = f"{whole:,}.{cents:02}"
    german = english.translate(str.maketrans(",.", ".,"))

    assert number(english, region) == number(german, region) == float(f"{whole}.{cents:02}")


@given(st.text(max_size=20), st.sampled_from(["US", "DE"]))
def test_any_text_is_a_number_or_refused(text: str, region: str) -> None:
    number(text, region)


def number(value: JsonValue, region: str) -> int | float | None:
    try:
        return normal_number(value, region)
    except Refused:
        return None
