"""One call to HighLevel: sent with a deadline, read to its end, and written down as an attempt."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx
from pydantic import JsonValue

from shared.highlevel.budget import budget_of
from shared.highlevel.deadlines import ending_at, transport_with_deadlines
from shared.highlevel.errors import HighLevelUnavailable, NotSent, refusal
from shared.submission import Attempt

USER_AGENT = "Hookline/0.1.0"
CALL_SECONDS = 10.0
LEAST_SECONDS = 3.0
CONNECT_SECONDS, WRITE_SECONDS, POOL_SECONDS = 3.0, 5.0, 1.0
KEEP_ALIVE_SECONDS = 15.0  # shorter than the server's, else a stale connection makes a call's outcome unknown
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
LONGEST_ANSWER = 1024 * 1024
KEPT_OF_A_TEXT = 2000


class OutOfTime(Exception):
    """There is too little time left to start another call: the rest is for the next delivery, at once."""

    seconds = 0.0


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
class Call:
    """What is sent: a JSON body, or a form, or neither; `step` is what the attempt calls it."""

    step: str
    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: JsonValue = None
    form: Mapping[str, str] | None = field(default=None, repr=False)

    def content(self) -> tuple[bytes | None, Mapping[str, str]]:
        """Return the bytes to send, and all headers."""
        headers = {"Accept": "application/json", **self.headers}
        if self.form is not None:
            content = str(httpx.QueryParams(dict(self.form))).encode()
            return content, {**headers, "Content-Type": "application/x-www-form-urlencoded"}
        if self.body is not None:
            return json.dumps(self.body).encode(), {**headers, "Content-Type": "application/json"}
        return None, headers


def open_http(connections: int) -> httpx.Client:
    """Return the HTTP client that all threads of a worker share."""
    limits = httpx.Limits(
        max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=KEEP_ALIVE_SECONDS
    )
    transport = transport_with_deadlines(limits)
    return httpx.Client(transport=transport, headers={"User-Agent": USER_AGENT}, follow_redirects=False)


class Wire:
    """Sends calls and understands refusals."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def send(self, call: Call, deadline: Deadline, *, secret: bool = False) -> Attempt:
        """
        Make a call and return it with its answer.

        Raise a HighLevelError when it did not succeed, or OutOfTime when it was not even started. The attempt of a
        `secret` call's error holds neither what was sent nor what came back.
        """
        seconds = deadline.for_a_call()
        attempt = Attempt(at=datetime.now(UTC), step=call.step, request=None if secret else storable(call.body))
        try:
            status, headers, content = self.exchange(call, seconds)
        except httpx.HTTPError as error:
            cause = f"no answer: {type(error).__name__}"
            kind = NotSent if isinstance(error, NEVER_SENT) else HighLevelUnavailable
            raise kind(cause, attempt.model_copy(update={"response": cause})) from error
        now = datetime.now(UTC)
        # What a secret call says of limits is not said of a location's.
        budget = None if secret else budget_of(headers, now)
        answer = {"status": status, "response": parsed(content), "budget": budget}
        attempt = attempt.model_copy(update=answer)
        if not 200 <= status < 300:
            refused = refusal(attempt, headers, now)
            if secret:
                refused.attempt = attempt.model_copy(update={"response": None})
            raise refused
        return attempt

    def exchange(self, call: Call, seconds: float) -> tuple[int, Mapping[str, str], bytes]:
        """Return the status, the headers and the content of the answer to a call; raise httpx.HTTPError for none."""
        timeout = httpx.Timeout(
            connect=min(CONNECT_SECONDS, seconds), read=seconds, write=min(WRITE_SECONDS, seconds), pool=POOL_SECONDS
        )
        content, headers = call.content()
        with (
            ending_at(time.monotonic() + seconds),
            self._http.stream(call.method, call.url, content=content, headers=headers, timeout=timeout) as response,
        ):
            return response.status_code, response.headers, _read(response)


def storable(value: JsonValue) -> JsonValue:
    """Return a value without lone surrogates, as a cut emoji leaves them in JSON: no store and no log takes them."""
    mended: JsonValue = json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    return mended


def parsed(content: bytes) -> JsonValue:
    """Return an answer's JSON, or what of its text is worth keeping."""
    try:
        return storable(json.loads(content))
    except (ValueError, RecursionError):
        return content.decode("utf-8", "replace")[:KEPT_OF_A_TEXT]


def _read(response: httpx.Response) -> bytes:
    content = b""
    for chunk in response.iter_bytes():
        content += chunk
        if len(content) > LONGEST_ANSWER:
            raise httpx.DecodingError("the answer is too long", request=response.request)
    return content
