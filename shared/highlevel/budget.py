"""
What the headers of an answer say about the rate limit.

HighLevel documents X-RateLimit-Max, -Remaining, -Interval-Milliseconds, -Limit-Daily and -Daily-Remaining, and sends
-Daily-Reset too (https://marketplace.gohighlevel.com/docs/other/rate-limits). Retry-After is rare.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from shared.submission import Budget

RATE_WINDOW_SECONDS = 10.0
# A server may ask for nonsense; between a second and a day it is believed.
LEAST_WAIT_SECONDS, MOST_WAIT_SECONDS = 1.0, 86_400.0


def budget_of(headers: Mapping[str, str], now: datetime) -> Budget | None:
    """Return what an answer says about the rate limit; None when it says nothing that can be read."""
    limits = _limits(headers)
    reset = limits.get("daily-reset")
    seconds = _until(reset, now) if reset is not None else None
    budget = Budget(
        most=_whole(limits.get("max")),
        remaining=_whole(limits.get("remaining")),
        interval_ms=_whole(limits.get("interval-milliseconds")),
        daily_limit=_whole(limits.get("limit-daily")),
        daily_remaining=_whole(limits.get("daily-remaining")),
        daily_reset_ms=round(seconds * 1000) if seconds is not None else None,
    )
    return budget if budget != Budget() else None


def waiting_time(headers: Mapping[str, str], now: datetime) -> tuple[float, bool]:
    """Return how long to wait after a 429, in seconds, and whether the day's calls are used up."""
    limits = _limits(headers)
    remaining = limits.get("daily-remaining")
    if remaining is not None and remaining <= 0:
        seconds = _until(limits.get("daily-reset", 0), now)
        return seconds if seconds is not None else _until_midnight(now), True
    after = _retry_after(_named(headers).get("retry-after"), now)
    interval = limits.get("interval-milliseconds")
    wait = after if after is not None else interval / 1000 if interval else RATE_WINDOW_SECONDS
    return min(max(wait, LEAST_WAIT_SECONDS), MOST_WAIT_SECONDS), False


def _limits(headers: Mapping[str, str]) -> dict[str, float]:
    """Return the numbers of the headers whose name begins with X-RateLimit-, by the rest of their name."""
    prefix = "x-ratelimit-"
    named = {name.removeprefix(prefix): text for name, text in _named(headers).items() if name.startswith(prefix)}
    return {name: number for name, text in named.items() if (number := _number(text)) is not None}


def _named(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): text for name, text in headers.items()}


def _retry_after(value: str | None, now: datetime) -> float | None:
    seconds = _number(value)
    if seconds is not None or not value:
        return seconds
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds())


def _until(reset: float, now: datetime) -> float | None:
    """Return the seconds until the day's calls are there again; None when that would not be within a day."""
    # The header's unit is undocumented: the SDK's name for it says milliseconds, large values can only be an epoch.
    candidates = {
        "epoch milliseconds": reset / 1000 - now.timestamp(),
        "epoch seconds": reset - now.timestamp(),
        "milliseconds": reset / 1000,
    }
    day = timedelta(days=1).total_seconds()
    return next((seconds for seconds in candidates.values() if 0 < seconds <= day), None)


def _until_midnight(now: datetime) -> float:
    midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return (midnight - now).total_seconds()


def _whole(number: float | None) -> int | None:
    return int(number) if number is not None else None


def _number(value: str | None) -> float | None:
    return float(value) if value and re.fullmatch(r"\d{1,15}(\.\d{1,6})?", value.strip(), re.ASCII) else None
