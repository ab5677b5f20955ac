from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.highlevel.budget import budget_of, waiting_time
from shared.submission import Budget

NOW = datetime(2026, 9, 21, 18, 0, tzinfo=UTC)
NAMES = ("Max", "Remaining", "Interval-Milliseconds", "Limit-Daily", "Daily-Remaining", "Daily-Reset")


def headers(**limits: object) -> dict[str, str]:
    return {f"X-RateLimit-{name.replace('_', '-')}": str(value) for name, value in limits.items()}


def test_an_answer_says_how_much_is_left() -> None:
    said = headers(
        Max=100, Remaining=99, Interval_Milliseconds=10000, Limit_Daily=200000, Daily_Remaining=1, Daily_Reset=60000
    )

    assert budget_of(said, NOW) == Budget(
        most=100, remaining=99, interval_ms=10_000, daily_limit=200_000, daily_remaining=1, daily_reset_ms=60_000
    )


def test_the_case_of_a_header_does_not_matter() -> None:
    assert budget_of({"x-ratelimit-MAX": "100"}, NOW) == Budget(most=100)


@pytest.mark.parametrize("text", ["", "-1", "many", "1e9", "٣", "9" * 400, "0x10", "NaN"])
def test_what_is_no_count_is_passed_over(text: str) -> None:
    assert budget_of(headers(Max=text, Remaining=5), NOW) == Budget(remaining=5)
    assert budget_of(headers(Max=text), NOW) is None


def test_an_answer_without_the_headers_says_nothing() -> None:
    assert budget_of({"Content-Type": "application/json"}, NOW) is None


@pytest.mark.parametrize(
    ("reset", "milliseconds"),
    [
        (3_600_000, 3_600_000),
        (round((NOW + timedelta(hours=1)).timestamp()), 3_600_000),
        (round((NOW + timedelta(hours=1)).timestamp() * 1000), 3_600_000),
        (round((NOW - timedelta(hours=1)).timestamp()), None),
        (0, None),
        (10**14, None),
    ],
    ids=["milliseconds", "epoch seconds", "epoch milliseconds", "past", "nothing", "never"],
)
def test_the_reset_of_the_day_is_counted_from_now(reset: int, milliseconds: int | None) -> None:
    budget = budget_of(headers(Daily_Remaining=0, Daily_Reset=reset), NOW)

    assert budget == Budget(daily_remaining=0, daily_reset_ms=milliseconds)


def test_a_used_up_day_without_a_reset_ends_at_midnight() -> None:
    assert waiting_time(headers(Daily_Remaining=0), NOW) == (6 * 3600, True)


def test_a_date_in_retry_after_is_understood() -> None:
    assert waiting_time({"retry-after": "Mon, 21 Sep 2026 18:00:30 GMT"}, NOW) == (30, False)


@given(st.dictionaries(st.sampled_from(NAMES), st.text() | st.integers().map(str)))
def test_no_header_makes_it_fail(said: dict[str, str]) -> None:
    seconds, _ = waiting_time(headers(**said), NOW)
    budget = budget_of(headers(**said), NOW)

    assert 0 < seconds <= 86_400
    assert budget is None or budget != Budget()
