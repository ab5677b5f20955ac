"""
What can go wrong when we talk to HighLevel:

* HighLevelError
  - HighLevelUnavailable   no answer, a 5xx, or a timeout in another dress: worth another try
  - RateLimited            a 429: the location waits `seconds`
  - ContactRejected        a 400 or 422 about this contact: trying again will not help
  - ContactGone            the contact's id is unknown by now: upsert it again
  - BadCredentials         a 401 or 403: nothing works at this location until someone acts
  - Misconfigured          the path or the Version is wrong: our fault, nothing works until someone acts
  - Garbled                not HighLevel's voice: a success without a contact, or the edge's HTML
  - Unexpected             any other 4xx: we do not know what it means
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from pydantic import JsonValue

from shared.submission import Attempt

RATE_WINDOW_SECONDS = 10.0
# A server may ask for nonsense; between a second and a day it is believed.
LEAST_WAIT_SECONDS, MOST_WAIT_SECONDS = 1.0, 86_400.0

# Substrings of HighLevel's messages. It publishes no list of them; these come from its documentation, its SDKs and
# public field reports.
WRONG_PATH = re.compile(
    r"Cannot (GET|POST|PUT|DELETE|PATCH) |version header|not available in API version", re.IGNORECASE
)
CONTACT_NOT_FOUND = re.compile(r"contact\b.*\bnot found", re.IGNORECASE)
DRESSED_TIMEOUT = re.compile(r"command timed out", re.IGNORECASE)


class HighLevelError(Exception):
    """A call failed; `attempt` holds what was sent and what came back, without the token."""

    def __init__(self, message: str, attempt: Attempt) -> None:
        super().__init__(message)
        self.attempt = attempt

    @property
    def status(self) -> int | None:
        """Return the HTTP status, or None when there was no answer."""
        return self.attempt.status


class HighLevelUnavailable(HighLevelError):
    """No answer or a 5xx: worth another try; whether the call was carried out is unknown."""


class RateLimited(HighLevelError):
    """A 429: the location waits; `is_daily` when the day's calls are used up."""

    def __init__(self, message: str, attempt: Attempt, seconds: float, is_daily: bool) -> None:
        super().__init__(message, attempt)
        self.seconds = seconds
        self.is_daily = is_daily


class ContactRejected(HighLevelError):
    """HighLevel refuses the contact; `messages` says why, one for each fault."""

    def __init__(self, messages: list[str], attempt: Attempt) -> None:
        super().__init__("; ".join(messages), attempt)
        self.messages = messages


class ContactGone(HighLevelError):
    """The contact does not exist any more."""


class BadCredentials(HighLevelError):
    """The token is wrong, expired, of another location or without the scope."""


class Misconfigured(HighLevelError):
    """The path or the Version header is wrong."""


class Garbled(HighLevelError):
    """An answer that HighLevel's API does not give."""


class Unexpected(HighLevelError):
    """A refusal that nobody has documented."""


def refusal(attempt: Attempt, headers: Mapping[str, str], now: datetime) -> HighLevelError:
    """Return what an answer other than a success means."""
    status, messages = attempt.status or 0, messages_of(attempt.response)
    message = "; ".join(messages) or f"HTTP {status}"
    match status:
        case 429:
            seconds, is_daily = waiting_time(headers, now)
            return RateLimited(message, attempt, seconds, is_daily)
        case 408 | 425 | 500 | 501 | 502 | 503 | 504:
            return HighLevelUnavailable(message, attempt)
        case 400 | 401 | 404 if WRONG_PATH.search(message):
            return Misconfigured(message, attempt)
        case 400 | 404 if CONTACT_NOT_FOUND.search(message):
            return ContactGone(message, attempt)
        case 401 if DRESSED_TIMEOUT.search(message):
            return HighLevelUnavailable(message, attempt)
        case 403 if not isinstance(attempt.response, dict):
            return Garbled("the edge refused the call, not HighLevel: " + message[:200], attempt)
        case 401 | 403:
            return BadCredentials(message, attempt)
        case 400 | 422:
            return ContactRejected(messages or [message], attempt)
        case _ if status >= 500:
            return HighLevelUnavailable(message, attempt)
        case _:
            return Unexpected(message, attempt)


def messages_of(body: JsonValue) -> list[str]:
    """Return the messages of an error body: `message` is a string or a list of strings, or stands in `error` (v3)."""
    if isinstance(body, str):
        return [body.strip()] if body.strip() else []
    if not isinstance(body, dict):
        return []
    error = body.get("error")
    found = body.get("message") or (error.get("message") if isinstance(error, dict) else error) or body.get("msg")
    listed = found if isinstance(found, list) else [found]
    return [str(item) for item in listed if item]


def waiting_time(headers: Mapping[str, str], now: datetime) -> tuple[float, bool]:
    """Return how long to wait after a 429, in seconds, and whether the day's calls are used up."""
    remaining = _number(headers.get("x-ratelimit-daily-remaining"))
    if remaining is not None and remaining <= 0:
        return _until_reset(_number(headers.get("x-ratelimit-daily-reset")), now), True
    after = _retry_after(headers.get("retry-after"), now)
    interval = _number(headers.get("x-ratelimit-interval-milliseconds"))
    seconds = after if after is not None else interval / 1000 if interval else RATE_WINDOW_SECONDS
    return min(max(seconds, LEAST_WAIT_SECONDS), MOST_WAIT_SECONDS), False


def _retry_after(value: str | None, now: datetime) -> float | None:
    seconds = _number(value)
    if seconds is not None or not value:
        return seconds
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds())


def _until_reset(reset: float | None, now: datetime) -> float:
    # The header's unit is undocumented: the SDK's name for it says milliseconds, large values can only be an epoch.
    midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    candidates = {
        "epoch milliseconds": (reset or 0) / 1000 - now.timestamp(),
        "epoch seconds": (reset or 0) - now.timestamp(),
        "milliseconds": (reset or 0) / 1000,
    }
    for seconds in candidates.values():
        if 0 < seconds <= timedelta(days=1).total_seconds():
            return seconds
    return (midnight - now).total_seconds()


def _number(value: str | None) -> float | None:
    return float(value) if value and re.fullmatch(r"\d{1,15}(\.\d{1,6})?", value.strip()) else None
