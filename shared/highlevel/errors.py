"""
What can go wrong when we talk to HighLevel:

* HighLevelError
  - HighLevelUnavailable   no answer, a 5xx, or a timeout in another dress: worth another try
    + NotSent              no connection could be had: surely not carried out
  - RateLimited            a 429: the location waits `seconds`
  - ContactRejected        a 400 or 422 about this contact: trying again will not help
  - Duplicate              the location has the person as `contact_id` already: update that contact
  - ContactGone            the contact's id is unknown by now: upsert it again
  - BadCredentials         a 401 or 403: nothing works at this location until the token is renewed or replaced
    + MissingScope         the token may not make this call: the scope has to be ticked
    + WrongLocation        the token is for another sub-account: the location_id has to be mended
  - LocationInactive       the sub-account is paused: everything works again when it is not (in oauth.py)
  - Misconfigured          the path or the Version is wrong: our fault, nothing works until someone acts
  - Garbled                not HighLevel's voice: a success without a contact, or the edge's HTML
  - Unexpected             any other 4xx: we do not know what it means
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime

from pydantic import JsonValue

from shared.highlevel.budget import waiting_time
from shared.submission import Attempt

# Substrings of HighLevel's messages. It publishes no list of them; these come from its documentation, its SDKs and
# public field reports.
WRONG_PATH = re.compile(
    r"Cannot (GET|POST|PUT|DELETE|PATCH) |version header|not available in API version", re.IGNORECASE
)
# v1 says "contactId: The contact id is invalid".
CONTACT_NOT_FOUND = re.compile(r"contact\b.*\bnot found|^contactId: .*invalid", re.IGNORECASE)
DRESSED_TIMEOUT = re.compile(r"command timed out", re.IGNORECASE)
MISSING_SCOPE = re.compile(r"not authorized for this scope", re.IGNORECASE)
WRONG_LOCATION = re.compile(r"not accessible from this token|not have access to this location", re.IGNORECASE)

FORBIDDEN = 403

TICK_THE_SCOPE = "Add the missing scope: a Private Integration keeps its token, an app is connected again"
MEND_THE_LOCATION = (
    "The location_id belongs to another sub-account than the token: correct location_id, and do not rotate the token"
)
REPLACE_THE_TOKEN = "The token is wrong, revoked or expired: replace it, or connect the app again"  # noqa: S105
ASK_FOR_ACCESS = "HighLevel forbids this call: look at the token's scopes and at the sub-account's plan"
MEND_THE_ADDRESS = "Correct the location's api and base_url, or update Hookline"


class HighLevelError(Exception):
    """A call failed; `attempt` holds what was sent and what came back, without the token."""

    may_be_done = False  # whether the call may have been carried out nevertheless

    def __init__(self, message: str, attempt: Attempt) -> None:
        super().__init__(message)
        self.attempt = attempt

    @property
    def status(self) -> int | None:
        """Return the HTTP status, or None when there was no answer."""
        return self.attempt.status


class HighLevelUnavailable(HighLevelError):
    """No answer or a 5xx: worth another try; whether the call was carried out is unknown."""

    may_be_done = True


class NotSent(HighLevelUnavailable):
    """No connection could be had: the call was not carried out."""

    may_be_done = False


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


class Duplicate(HighLevelError):
    """The location allows no second contact of this person: the first has `contact_id`, and the same matching field."""

    def __init__(self, message: str, attempt: Attempt, contact_id: str, matching_field: str = "") -> None:
        super().__init__(message, attempt)
        self.contact_id = contact_id
        self.matching_field = matching_field


class ContactGone(HighLevelError):
    """The contact does not exist any more."""


class BadCredentials(HighLevelError):
    """The token does not open this; `refreshable` when another token of the same sub-account may."""

    def __init__(self, message: str, attempt: Attempt, *, refreshable: bool = False) -> None:
        super().__init__(message, attempt)
        self.refreshable = refreshable


class MissingScope(BadCredentials):
    """The token is good, but not for this call."""


class WrongLocation(BadCredentials):
    """The token is good, but for another sub-account."""


class Misconfigured(HighLevelError):
    """The path or the Version header is wrong."""


class Garbled(HighLevelError):
    """An answer that HighLevel's API does not give."""

    may_be_done = True


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
        case 408 | 425:
            return HighLevelUnavailable(message, attempt)
        case 400 | 401 | 404 if WRONG_PATH.search(message):
            return Misconfigured(_with(message, MEND_THE_ADDRESS), attempt)
        case 401 | 403:
            return _no_entry(message, attempt)
        case 400 | 409 | 422 if duplicate := _duplicate(message, attempt):
            return duplicate
        case 400 | 404 | 422 if CONTACT_NOT_FOUND.search(message):
            return ContactGone(message, attempt)
        case 400 | 422:
            return ContactRejected(messages or [message], attempt)
        case _ if status >= 500:  # a 500 may really be about the contact; nothing in it says so
            return HighLevelUnavailable(message, attempt)
        case _:
            return Unexpected(message, attempt)


def messages_of(body: JsonValue) -> list[str]:
    """
    Return the messages of an error body.

    `message` is a string or a list of strings; v3 may nest it in `error`, and v1 says `msg`, or names each field.
    """
    if isinstance(body, str):
        return [body.strip()] if body.strip() else []
    if not isinstance(body, dict):
        return []
    error = body.get("error")
    said = error.get("message") if isinstance(error, dict) else body.get("error_description") or error
    found = body.get("message") or said or body.get("msg")
    listed = found if isinstance(found, list) else [found]
    return [str(item) for item in listed if item] or list(_by_field(body))


def _by_field(body: dict[str, JsonValue]) -> Iterator[str]:
    for name, refused in body.items():
        if isinstance(refused, dict) and isinstance(message := refused.get("message"), str):
            yield f"{name}: {message}"


def _duplicate(message: str, attempt: Attempt) -> Duplicate | None:
    match attempt.response:
        case {"meta": {"contactId": str(contact_id), **more}} if contact_id:
            matching_field = more.get("matchingField")
            return Duplicate(message, attempt, contact_id, matching_field if isinstance(matching_field, str) else "")
    return None


def _no_entry(message: str, attempt: Attempt) -> HighLevelError:
    """Return what a 401 or 403 means, which only its text says."""
    is_forbidden = attempt.status == FORBIDDEN
    if is_forbidden and not isinstance(attempt.response, dict):
        return Garbled("the edge refused the call, not HighLevel: " + message[:200], attempt)
    if DRESSED_TIMEOUT.search(message):
        return HighLevelUnavailable(message, attempt)
    if MISSING_SCOPE.search(message):
        return MissingScope(_with(message, TICK_THE_SCOPE), attempt)
    if WRONG_LOCATION.search(message):
        return WrongLocation(_with(message, MEND_THE_LOCATION), attempt)
    way_out = ASK_FOR_ACCESS if is_forbidden else REPLACE_THE_TOKEN
    return BadCredentials(_with(message, way_out), attempt, refreshable=not is_forbidden)


def _with(message: str, way_out: str) -> str:
    return f"{message.rstrip('.!')}. {way_out}."
