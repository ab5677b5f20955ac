"""
The calls to HighLevel's API that a form needs, version 2021-07-28.

Source: HighLevel's OpenAPI documents, github.com/GoHighLevel/highlevel-api-docs.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
from pydantic import JsonValue, SecretStr

from shared.highlevel.contact import Contact
from shared.highlevel.deadlines import ending_at, transport_with_deadlines
from shared.highlevel.errors import Garbled, HighLevelUnavailable, refusal
from shared.submission import Attempt

API_VERSION = "2021-07-28"
USER_AGENT = "Hookline/0.1.0"
CALL_SECONDS = 10.0
LEAST_SECONDS = 3.0
CONNECT_SECONDS, WRITE_SECONDS, POOL_SECONDS = 3.0, 5.0, 1.0
KEEP_ALIVE_SECONDS = 15.0  # shorter than the server's, else a stale connection makes a call's outcome unknown
LONGEST_ANSWER = 1024 * 1024
KEPT_OF_A_TEXT = 2000


class OutOfTime(Exception):
    """There is too little time left to start another call: the rest is for the next delivery."""


@dataclass(frozen=True)
class Deadline:
    """When a delivery has to be over; `is_stopping` says that the worker is on its way out."""

    ends: float
    is_stopping: Callable[[], bool] = lambda: False
    clock: Callable[[], float] = time.monotonic

    @classmethod
    def after(cls, seconds: float, is_stopping: Callable[[], bool] = lambda: False) -> "Deadline":
        """Return a deadline that many seconds from now."""
        return cls(time.monotonic() + seconds, is_stopping)

    def for_a_call(self) -> float:
        """Return how many seconds a call may take; raise OutOfTime when none may start."""
        left = self.ends - self.clock()
        if left < LEAST_SECONDS or self.is_stopping():
            raise OutOfTime
        return min(CALL_SECONDS, left)


@dataclass(frozen=True)
class Account:
    """Which location to talk to, and the token that opens it."""

    location_id: str
    token: SecretStr = field(repr=False)


@dataclass(frozen=True)
class UpsertedContact:
    """The contact as HighLevel has it now, and whether it is new."""

    id: str
    new: bool
    tags: tuple[str, ...]
    attempt: Attempt


def open_http(connections: int) -> httpx.Client:
    """Return the HTTP client that all threads of a worker share."""
    limits = httpx.Limits(
        max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=KEEP_ALIVE_SECONDS
    )
    transport = transport_with_deadlines(limits)
    return httpx.Client(transport=transport, headers={"User-Agent": USER_AGENT}, follow_redirects=False)


class Client:
    """
    HighLevel's API at one address.

    Every method makes exactly one call. It raises a HighLevelError when that did not succeed, or OutOfTime when it was
    not even started. What was sent and what came back is in `attempt`, of the result and of the error alike.
    """

    def __init__(self, base_url: str, http: httpx.Client) -> None:
        self._base_url = base_url.rstrip("/")
        self._http = http

    def upsert(self, account: Account, contact: Contact, deadline: Deadline) -> UpsertedContact:
        """Create the contact, or update the one with its email or phone; its tags stay as they are."""
        body = {"locationId": account.location_id, **contact.body()}
        attempt = self._call("upsert", "POST", "/contacts/upsert", account, body, deadline)
        match attempt.response:
            case {"contact": {"id": str(contact_id), **echoed}, **rest}:
                return UpsertedContact(contact_id, rest.get("new") is True, _texts(echoed.get("tags")), attempt)
        raise Garbled("a success without a contact", attempt)

    def add_tags(self, account: Account, contact_id: str, tags: tuple[str, ...], deadline: Deadline) -> Attempt:
        """Add tags to those that a contact has."""
        path = f"/contacts/{contact_id}/tags"
        attempt = self._call("tags", "POST", path, account, {"tags": list(tags)}, deadline)
        if isinstance(attempt.response, dict) and "tags" in attempt.response:
            return attempt
        raise Garbled("a success without the tags", attempt)

    def create_note(self, account: Account, contact_id: str, text: str, deadline: Deadline) -> Attempt:
        """Write a note on a contact."""
        attempt = self._call("note", "POST", f"/contacts/{contact_id}/notes", account, {"body": text}, deadline)
        if isinstance(attempt.response, dict):
            return attempt
        raise Garbled("a success without the note", attempt)

    def notes(self, account: Account, contact_id: str, deadline: Deadline) -> tuple[tuple[str, ...], Attempt]:
        """Return the texts of a contact's notes."""
        attempt = self._call("look for note", "GET", f"/contacts/{contact_id}/notes", account, None, deadline)
        match attempt.response:
            case {"notes": list(notes)}:
                texts = tuple(str(note.get("body", "")) for note in notes if isinstance(note, dict))
                return texts, attempt
        raise Garbled("a success without the notes", attempt)

    def _call(
        self, step: str, method: str, path: str, account: Account, body: dict[str, Any] | None, deadline: Deadline
    ) -> Attempt:
        seconds = deadline.for_a_call()
        attempt = Attempt(at=datetime.now(UTC), step=step, request=storable(body))
        try:
            status, headers, content = self._send(method, path, account, body, seconds)
        except httpx.HTTPError as error:
            cause = type(error).__name__
            unanswered = attempt.model_copy(update={"response": f"no answer: {cause}"})
            raise HighLevelUnavailable(f"no answer: {cause}", unanswered) from error
        attempt = attempt.model_copy(update={"status": status, "response": _parsed(content)})
        if not 200 <= status < 300:
            raise refusal(attempt, headers, datetime.now(UTC))
        return attempt

    def _send(
        self, method: str, path: str, account: Account, body: dict[str, Any] | None, seconds: float
    ) -> tuple[int, Mapping[str, str], bytes]:
        timeout = httpx.Timeout(
            connect=min(CONNECT_SECONDS, seconds), read=seconds, write=min(WRITE_SECONDS, seconds), pool=POOL_SECONDS
        )
        headers = {
            "Authorization": f"Bearer {account.token.get_secret_value()}",
            "Version": API_VERSION,
            "Accept": "application/json",
        }
        content = json.dumps(body).encode() if body is not None else None
        if content is not None:
            headers["Content-Type"] = "application/json"
        url = self._base_url + path
        with (
            ending_at(time.monotonic() + seconds),
            self._http.stream(method, url, content=content, headers=headers, timeout=timeout) as response,
        ):
            return response.status_code, response.headers, _read(response)


def _read(response: httpx.Response) -> bytes:
    content = b""
    for chunk in response.iter_bytes():
        content += chunk
        if len(content) > LONGEST_ANSWER:
            raise httpx.DecodingError("the answer is too long", request=response.request)
    return content


def _parsed(content: bytes) -> JsonValue:
    try:
        return storable(json.loads(content))
    except (ValueError, RecursionError):
        return content.decode("utf-8", "replace")[:KEPT_OF_A_TEXT]


def storable(value: JsonValue) -> JsonValue:
    """Return a value without lone surrogates, as a cut emoji leaves them in JSON: no store and no log takes them."""
    mended: JsonValue = json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    return mended


def _texts(value: object) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()
