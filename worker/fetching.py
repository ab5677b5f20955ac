"""
Fetches the answers of submissions whose webhook brings their id only.

What can go wrong:

* FetchError
  - BuilderUnavailable   no answer, a 5xx, or no JSON: worth another try
  - NotFound             a 404: it is not there yet, or not any more
  - FetchForbidden       a 403 for this submission alone: others of the form are given away
  - FetchRefused         any other refusal: trying again will not help
* FetchWaits             a 401, 403 or 429: the form's submissions wait, and no attempt is spent
* AnswersUnreadable      what came, or the webhook itself, makes no sense to the builder's adapter
"""

import hmac
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import TypeVar
from urllib.parse import quote, urlencode

import httpx
from pydantic import JsonValue, SecretStr

from shared import logs
from shared.config import Fetch
from shared.highlevel.budget import waiting_time
from shared.highlevel.errors import messages_of
from shared.highlevel.wire import Call, Deadline, Wire, parsed
from shared.journal import Journal, Lease
from shared.providers.base import Lookup, Provider, Resource, UnreadableBody
from shared.providers.bodies import read_json
from shared.status import FETCH
from shared.stores.fetches import PROBE_SECONDS, FetchRefusals
from shared.submission import Answer, Attempt

STEP = "fetch"
LONGEST_MESSAGE = 300

T = TypeVar("T")


class FetchError(Exception):
    """A call to a builder failed; `attempt` holds what was asked and what came back, without the token."""

    def __init__(self, message: str, attempt: Attempt, builder: str) -> None:
        super().__init__(message)
        self.attempt = attempt
        self.builder = builder

    @property
    def status(self) -> int | None:
        """Return the HTTP status, or None when there was no answer."""
        return self.attempt.status


class BuilderUnavailable(FetchError):
    """The builder gave no answer that can be used: worth another try."""


class NotFound(FetchError):
    """The builder does not know the submission: perhaps not yet."""


class FetchForbidden(FetchError):
    """The builder refuses this submission to the token with which it gives others of the form away."""


class FetchRefused(FetchError):
    """A refusal that another try will not change."""


class _Barred(FetchError):
    """The builder takes no call with this token, for so many seconds; `advice` says what to do with the token."""

    def __init__(
        self, message: str, attempt: Attempt, builder: str, seconds: float, advice: str = "", forbidden: bool = False
    ) -> None:
        super().__init__(message, attempt, builder)
        self.seconds = seconds
        self.advice = advice
        self.forbidden = forbidden


class FetchWaits(Exception):
    """The builder refuses the form's token: the submission waits so many seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class AnswersUnreadable(Exception):
    """The builder's adapter cannot read what came; the cause says why."""


@dataclass(frozen=True)
class Fetcher:
    """Fetches answers from form builders; one is shared by all threads of a worker."""

    wire: Wire
    refusals: FetchRefusals
    journal: Journal
    key: SecretStr

    def answers(
        self, lease: Lease, provider: Provider, lookup: Lookup, access: Fetch, deadline: Deadline
    ) -> tuple[Answer, ...]:
        """Return the answers of a submission, and store them with it, so that they are fetched once."""
        form, source = lease.record.form, self._source(access)
        body, content_type = lease.body, lease.record.content_type
        resources = _adapted(lambda: lookup.resources(body, content_type, access.properties))
        if seconds := self.refusals.wait(form, source):
            raise FetchWaits(seconds)
        errand = _Errand(self.wire, provider.title, lookup, access, deadline)
        try:
            found = [self._got(errand, resource, lease) for resource in resources]
        except _Barred as error:
            raise self._barred(error, lease, source) from error
        if self.refusals.passed(form):
            self.journal.hasten(lease.record.location, FETCH)  # what waits for it need not wait out its minute
        answers = _adapted(lambda: lookup.read(found))
        lease.store(fetched=[answer.model_dump(mode="json") for answer in answers])
        return answers

    def _barred(self, error: _Barred, lease: Lease, source: str) -> FetchForbidden | FetchWaits:
        """Let all submissions of the form wait, unless one has passed since this one was forbidden before."""
        form, before = lease.record.form, lease.record.barred_after
        passes = self.refusals.passes(form)
        if error.forbidden and before is not None and passes > before:
            return FetchForbidden(str(error), error.attempt, error.builder)
        lease.store(error.attempt, **({"barred_after": passes} if error.forbidden and before is None else {}))
        why = f"{str(error).rstrip('.')}. {error.advice}" if error.advice else str(error)
        seconds = self.refusals.refuse(form, source, why, error.seconds)
        logs.event("fetch refused", logging.ERROR, form=form, status=error.status)
        return FetchWaits(seconds)

    def _got(self, errand: "_Errand", resource: Resource, lease: Lease) -> JsonValue:
        attempt, answer = errand.get(resource)
        lease.store(attempt)
        return answer

    def _source(self, access: Fetch) -> str:
        """Return by what one token, at one address, is told from another."""
        text = f"{access.base_url} {access.token.get_secret_value()}"
        return hmac.new(self.key.get_secret_value().encode(), text.encode(), sha256).hexdigest()[:32]


@dataclass(frozen=True)
class _Errand:
    wire: Wire
    builder: str
    lookup: Lookup
    access: Fetch
    deadline: Deadline

    def get(self, resource: Resource) -> tuple[Attempt, JsonValue]:
        """Return what the builder has there, and the attempt to keep; raise FetchError when there is nothing."""
        seconds = self.deadline.for_a_call()
        call = Call(STEP, "GET", self._url(resource), {"Authorization": f"Bearer {self._token}"})
        attempt = Attempt(at=datetime.now(UTC), step=STEP, request=f"GET {call.url}")
        try:
            status, headers, content = self.wire.exchange(call, seconds)
        except httpx.HTTPError as error:
            cause = f"no answer from {self.builder}: {type(error).__name__}"
            raise BuilderUnavailable(cause, _answered(attempt, None, cause), self.builder) from error
        answer = parsed(self._without_token(content))
        if not 200 <= status < 300:
            raise self._refusal(_answered(attempt, status, answer), headers)
        attempt = _answered(attempt, status, None if resource.is_shared else answer)
        try:
            return attempt, read_json(content, headers.get("Content-Type", ""))
        except UnreadableBody as error:
            raise BuilderUnavailable(f"{self.builder} answered no JSON", attempt, self.builder) from error

    def _refusal(self, attempt: Attempt, headers: Mapping[str, str]) -> FetchError:
        said = "; ".join(messages_of(attempt.response))[:LONGEST_MESSAGE] or "nothing more"
        message = f"{self.builder} answered {attempt.status}: {said}"
        meaning = self.lookup.status_of(attempt.status or 0, attempt.response)
        match meaning:
            case 401 | 403:
                advice = f"Replace the token of the form's fetch table; it needs {self.lookup.scopes}."
                return _Barred(message, attempt, self.builder, PROBE_SECONDS, advice, forbidden=meaning == 403)
            case 429:
                named = waiting_time(headers, datetime.now(UTC))[0] if "Retry-After" in headers else PROBE_SECONDS
                return _Barred(message, attempt, self.builder, named)
            case 404:
                return NotFound(message, attempt, self.builder)
            case 408 | 425:
                return BuilderUnavailable(message, attempt, self.builder)
            case _ if meaning >= 500:
                return BuilderUnavailable(message, attempt, self.builder)
            case _:
                return FetchRefused(message, attempt, self.builder)

    def _without_token(self, content: bytes) -> bytes:
        # Meta repeats a token that it cannot read, and puts it into the addresses of further pages.
        for spelling in (self._token, quote(self._token, safe="")):
            content = content.replace(spelling.encode(), b"[removed]")
        return content

    @property
    def _token(self) -> str:
        return self.access.token.get_secret_value()

    def _url(self, resource: Resource) -> str:
        base = (self.access.base_url or self.lookup.base_url).rstrip("/")
        return f"{base}/{resource.path}" + (f"?{urlencode(resource.query)}" if resource.query else "")


def _answered(attempt: Attempt, status: int | None, response: JsonValue) -> Attempt:
    return attempt.model_copy(update={"status": status, "response": response})


def _adapted(read: Callable[[], T]) -> T:
    """Return what an adapter makes of something; whatever its fault is, it must not lose the submission."""
    try:
        return read()
    except Exception as error:
        raise AnswersUnreadable from error
