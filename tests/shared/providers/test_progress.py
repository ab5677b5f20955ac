import pytest

from shared.providers.progress import FINISHED, progress


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-01T00:00:01.5Z", 1500),
        ("1970-01-01T01:00:00+01:00", 0),
        ("1970-01-01 00:01:00", 60_000),  # without a zone: as in UTC
        ("1969-12-31T00:00:00Z", 0),
        ("soon", 0),
        ("", 0),
        ("0001-01-01T00:00:00+14:00", 0),
    ],
)
def test_a_time_counts_in_ms(text: str, expected: int) -> None:
    assert progress(text, is_partial=True) == expected
    assert progress(text) == FINISHED + expected


def test_what_is_finished_stands_above_all_that_is_partial() -> None:
    assert progress("") > progress("9999-12-31T23:59:59-14:00", is_partial=True)
