"""What becomes of a submission whose delivery has just failed: one pure function."""

from dataclasses import dataclass

from shared.diagnosis import diagnose
from shared.highlevel.errors import (
    BadCredentials,
    ContactRejected,
    Garbled,
    HighLevelError,
    HighLevelUnavailable,
    Misconfigured,
    RateLimited,
)
from shared.settings import Settings
from shared.submission import Diagnosis, Reason

FORBIDDEN = 403
FORBIDDEN_TRIES = 3
GARBLED_SECONDS = 60.0  # the edge does not relent quickly, and knocking often makes it worse


@dataclass(frozen=True)
class RetryAt:
    """Try again in that many seconds; a failed attempt is spent."""

    seconds: float


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
    others_succeeded: bool = False  # since its first 403, at the same location
    held: bool = False  # the location waits, and this was a probe


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


def decide(error: HighLevelError, history: History, policy: Policy, jitter: float) -> RetryAt | Hold | Bury:
    """Say what becomes of a submission whose delivery has just failed; jitter is between 0 and 1."""
    match error:
        case RateLimited():
            return Hold("daily" if error.is_daily else "rate", str(error), error.seconds)
        case BadCredentials() if _is_forbidden_alone(error, history):
            return Bury(Reason.FORBIDDEN, _plain(error, "others pass: look at this form's mapping"), is_open=False)
        case BadCredentials():
            return Hold("credentials", str(error), policy.probe_seconds)
        case Misconfigured():
            return Hold("configuration", str(error), policy.probe_seconds)
        case HighLevelUnavailable() | Garbled() if history.held:
            return RetryAt(0)  # a probe: the hold says when the next one goes
        case HighLevelUnavailable() | Garbled() if history.attempts + 1 >= policy.max_attempts:
            return Bury(Reason.EXHAUSTED, _plain(error, "replay when HighLevel answers again"), is_open=False)
        case HighLevelUnavailable():
            return RetryAt(backoff(history.attempts, policy, jitter))
        case Garbled():
            return RetryAt(max(GARBLED_SECONDS, backoff(history.attempts, policy, jitter)))
        case ContactRejected():
            return Bury(Reason.REJECTED, diagnose(error.messages, error.attempt.request))
        case _:
            return Bury(Reason.UNEXPECTED, _plain(error, "read HighLevel's answer in the attempts"))


def backoff(attempts: int, policy: Policy, jitter: float) -> float:
    """Return seconds to wait after that many earlier failures: full jitter under a doubling ceiling."""
    # 2 to the power of 64 is beyond any cap, and float arithmetic stays safe.
    ceiling: float = min(policy.cap_seconds, policy.base_seconds * 2 ** min(attempts, 64))
    return jitter * ceiling


def _is_forbidden_alone(error: BadCredentials, history: History) -> bool:
    return error.status == FORBIDDEN and history.forbidden + 1 >= FORBIDDEN_TRIES and history.others_succeeded


def _plain(error: HighLevelError, fix: str) -> tuple[Diagnosis, ...]:
    status = f"HTTP {error.status}" if error.status else "no answer"
    return (Diagnosis(field="", rule=f"{status}: {error}"[:500], fix=fix),)
