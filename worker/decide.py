"""What becomes of a submission whose delivery has just failed: one pure function."""

from dataclasses import dataclass

from shared.diagnosis import diagnose
from shared.highlevel.errors import (
    FORBIDDEN,
    BadCredentials,
    ContactRejected,
    Duplicate,
    Garbled,
    HighLevelError,
    HighLevelUnavailable,
    Misconfigured,
    RateLimited,
)
from shared.highlevel.oauth import LocationInactive
from shared.settings import Settings
from shared.submission import Diagnosis, NotStored, Reason, as_text
from worker.fetching import BuilderUnavailable, FetchError, FetchForbidden, NotFound

BROKEN = 500
FORBIDDEN_TRIES = 3
UNKNOWN_OUTCOME_SECONDS = 120.0  # so long may HighLevel's search miss what was just written
UNKNOWN_NOTE_SECONDS = 30.0  # so long may a call be carried out after we gave it up; notes are listed by contact
NOT_FOUND_TRIES = 6
NOT_FOUND_SECONDS = 30.0  # a builder may tell of a submission before all of its machines know it
GARBLED_SECONDS = 30.0  # the edge does not relent quickly, and knocking often makes it worse
LOOK_SECONDS = 30.0  # an outage has ended for at most so long when we find out


class OutcomeUnknown(Exception):
    """A call that must not be made twice was made, and which of the candidates came of it, if any, is unknown."""

    def __init__(self, candidates: tuple[str, ...]) -> None:
        super().__init__(f"{len(candidates)} contacts may have come of it")
        self.candidates = candidates


class IdentityChanged(Exception):
    """The contact has another email or phone than the submission, and the form wants that looked at."""

    def __init__(self, changes: tuple[NotStored, ...]) -> None:
        # No values here: the message may be logged, and the values are a visitor's.
        super().__init__(", ".join(change.field for change in changes))
        self.changes = changes


Failure = HighLevelError | FetchError | OutcomeUnknown | IdentityChanged


@dataclass(frozen=True)
class RetryAt:
    """
    Try again in that many seconds.

    A failed attempt is spent, unless it `is_free`; failures within the next `free_seconds` will be free.
    """

    seconds: float
    is_free: bool = False
    free_seconds: float = 0.0


@dataclass(frozen=True)
class Hold:
    """The location waits; nobody's attempt is spent."""

    kind: str
    reason: str
    seconds: float


@dataclass(frozen=True)
class Bury:
    """Give up; `is_open` says that HighLevel's answer shows the location itself to work."""

    reason: Reason
    diagnosis: tuple[Diagnosis, ...]
    is_open: bool = True


@dataclass(frozen=True)
class History:
    """What is known of the submission and its location when the delivery fails."""

    attempts: int = 0  # failed ones before this
    forbidden: int = 0  # how often this submission got a 403 before
    missing: int = 0  # how often its builder did not know it, or forbade it alone, before
    others_succeeded: bool = False  # since its first 403, at the same location
    held: bool = False  # the location waits, and this was a probe
    is_free: bool = False  # its backoff is not over: this try only looked whether HighLevel answers again
    doubt_seconds: float = 0.0  # a call may have been carried out and must not be twice: so long nobody can tell


@dataclass(frozen=True)
class Policy:
    """How patient we are."""

    max_attempts: int = 30
    base_seconds: float = 2
    cap_seconds: float = 3600
    probe_seconds: float = 15

    @classmethod
    def of(cls, settings: Settings) -> "Policy":
        """Return the policy that the environment asks for."""
        return cls(
            settings.max_attempts,
            settings.backoff_base_seconds,
            settings.backoff_cap_seconds,
            settings.hold_probe_seconds,
        )


def decide(error: Failure, history: History, policy: Policy, jitter: float) -> RetryAt | Hold | Bury:
    """Say what becomes of a submission whose delivery has just failed; jitter is between 0 and 1."""
    match error:
        case OutcomeUnknown():
            return Bury(Reason.OUTCOME_UNKNOWN, _candidates(error))
        case IdentityChanged():
            return Bury(Reason.IDENTITY_CHANGED, tuple(map(_identity_change, error.changes)))
        case RateLimited():
            return Hold("daily" if error.is_daily else "rate", str(error), error.seconds)
        case LocationInactive():
            return Hold("inactive", str(error), policy.probe_seconds)
        case BadCredentials():
            return _without_credentials(error, history, policy)
        case Misconfigured():
            return Hold("configuration", str(error), policy.probe_seconds)
        case HighLevelUnavailable() | Garbled():
            return _without_answer(error, history, policy, jitter)
        case FetchError():
            return _unfetched(error, history, policy, jitter)
        case _:
            return _refused(error)


def backoff(attempts: int, policy: Policy, jitter: float) -> float:
    """Return seconds to wait after that many earlier failures: full jitter under a doubling ceiling."""
    # 2 to the power of 64 is beyond any cap, and float arithmetic stays safe.
    ceiling: float = min(policy.cap_seconds, policy.base_seconds * 2 ** min(attempts, 64))
    return jitter * ceiling


def _without_credentials(error: BadCredentials, history: History, policy: Policy) -> Hold | Bury:
    is_often_forbidden = error.status == FORBIDDEN and history.forbidden + 1 >= FORBIDDEN_TRIES
    if is_often_forbidden and history.others_succeeded:
        return Bury(Reason.FORBIDDEN, _plain(error, "others pass: look at this form's mapping"), is_open=False)
    return Hold("credentials", str(error), policy.probe_seconds)


def _without_answer(
    error: HighLevelUnavailable | Garbled, history: History, policy: Policy, jitter: float
) -> RetryAt | Bury:
    least = history.doubt_seconds
    if history.held:
        return RetryAt(least)  # a probe: the hold says when the next one goes
    least = max(least, GARBLED_SECONDS) if isinstance(error, Garbled) else least
    look = max(least, LOOK_SECONDS * (2 + jitter) / 3)
    if history.is_free:
        return RetryAt(look, is_free=True)
    if history.attempts + 1 >= policy.max_attempts:
        return Bury(Reason.EXHAUSTED, _plain(error, _after_exhaustion(error)), is_open=False)
    wait = max(least, backoff(history.attempts, policy, jitter))
    return RetryAt(wait) if wait <= look else RetryAt(look, free_seconds=wait)


def _unfetched(error: FetchError, history: History, policy: Policy, jitter: float) -> RetryAt | Bury:
    wait, is_last = backoff(history.attempts, policy, jitter), history.attempts + 1 >= policy.max_attempts
    match error:
        case NotFound() if history.missing + 1 < NOT_FOUND_TRIES and not is_last:
            return RetryAt(max(NOT_FOUND_SECONDS, wait))
        case FetchForbidden() if history.missing + 1 < FORBIDDEN_TRIES and not is_last:
            return RetryAt(max(NOT_FOUND_SECONDS, wait))
        case FetchForbidden():
            fix = f"others of the form pass: look in {error.builder} who may see this one, then replay or discard"
            return Bury(Reason.FORBIDDEN, _plain(error, fix), is_open=False)
        case NotFound():
            fix = f"it was deleted there, or the token may not see it: look in {error.builder}, then replay or discard"
            return Bury(Reason.UNEXPECTED, _plain(error, fix), is_open=False)
        case BuilderUnavailable() if not is_last:
            return RetryAt(wait)
        case BuilderUnavailable():
            return Bury(Reason.EXHAUSTED, _plain(error, f"replay when {error.builder} answers again"), is_open=False)
        case _:
            fix = f"read the answer of {error.builder} in the attempts, mend the form's fetch table, then replay"
            return Bury(Reason.UNEXPECTED, _plain(error, fix), is_open=False)


def _after_exhaustion(error: HighLevelError) -> str:
    fix = "replay when HighLevel answers again"
    # https://github.com/GoHighLevel/highlevel-api-docs/issues/6
    hint = "; it may also mean a value that HighLevel cannot read: if others pass, look at the contact"
    return fix + hint if error.status == BROKEN else fix


def _refused(error: HighLevelError) -> Bury:
    match error:
        case ContactRejected():
            return Bury(Reason.REJECTED, diagnose(error.messages, error.attempt.request))
        case Duplicate():
            return Bury(Reason.REJECTED, (_duplicate(error),))
        case _:
            return Bury(Reason.UNEXPECTED, _plain(error, "read HighLevel's answer in the attempts"))


def _duplicate(error: Duplicate) -> Diagnosis:
    request = error.attempt.request
    sent = request.get(error.matching_field) if isinstance(request, dict) else None
    fix = (
        f"the contact {error.contact_id} is the same person: discard this, or let it be changed "
        'by on_duplicate = "update" for the form, and replay'
    )
    return Diagnosis(field=error.matching_field, value=as_text(sent), rule=str(error), fix=fix)


def _candidates(error: OutcomeUnknown) -> tuple[Diagnosis, ...]:
    rule = "a call to make this contact got no answer, and HighLevel has contacts that may have come of it"
    fix = "look at them in HighLevel; discard this if the contact is there, replay to make it"
    return (Diagnosis(field="", value=", ".join(error.candidates), rule=rule, fix=fix),)


def _identity_change(change: NotStored) -> Diagnosis:
    rule = f"the contact in HighLevel has another {change.field}"
    fix = f"replay to write it anyway, or put it into the note: --to-note {change.field}"
    # The rule names the group of dead letters, so what is stored stands with the value.
    value = f"{change.sent} (HighLevel has {change.stored})" if change.stored else change.sent
    return Diagnosis(field=change.field, value=value, rule=rule, fix=fix)


def _plain(error: HighLevelError | FetchError, fix: str) -> tuple[Diagnosis, ...]:
    status = f"HTTP {error.status}" if error.status else "no answer"
    return (Diagnosis(field="", rule=f"{status}: {error}"[:500], fix=fix),)
