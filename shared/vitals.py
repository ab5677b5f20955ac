"""What is wrong with data, workers or their key, in words: said alike by `status`, `doctor` and whoever shows them."""

from collections.abc import Iterator

from pydantic import SecretStr

from shared.findings import Finding, Level
from shared.journal import Data, Loss, Workforce
from shared.settings import LEAST_KEY_LENGTH

GROUP = "hookline"
AFTER_A_LOSS = (
    "Let the senders send again what is missing, see with `hookline doctor` what Redis keeps, then run "
    "`hookline audit --acknowledge`."
)
WHEN_STALLED = (
    "See whether the broker (BROKER_URL) answers, look for CRITICAL, `redis full` and `redis unavailable` in the "
    "workers' log, and restart them: a worker that finds itself stuck ends, and its platform has to start it again."
)
WHEN_MISSING = "Start a worker, or see in its log why it ended."


def examine(data: Data, workforce: Workforce, waiting: int) -> Iterator[Finding]:
    """Yield how the data stands, with each loss that nobody has acknowledged, and whether anybody delivers."""
    yield from map(lost, data.losses)
    if not data.losses:
        since = f"without a gap since {data.since:%Y-%m-%d %H:%M} UTC" if data.since else "nothing yet"
        yield _found("data", "ok", since)
    yield _workers(workforce, waiting)


def lost(loss: Loss) -> Finding:
    """Return the finding of a loss."""
    says = (
        f"DATA LOST: noticed at {loss.at:%Y-%m-%d %H:%M:%S} UTC. Of {loss.accepted_before} accepted submissions "
        f"{loss.accepted_after} were there"
    )
    if loss.accepted_after >= loss.accepted_before:
        says += ", but what Redis had written last was not"
    return _found("data", "fault", says, AFTER_A_LOSS)


def secret_key(key: SecretStr) -> Finding:
    """Return whether whoever reads Redis could try tokens against the hashes in it."""
    if key:
        return _found("secret key", "ok", "keys the hashes in Redis")
    remedy = f"Set it to {LEAST_KEY_LENGTH} random characters or more, as from `openssl rand -hex 32`."
    return _found("secret key", "warning", "SECRET_KEY is not set: the hashes in Redis are not keyed", remedy)


def _workers(workforce: Workforce, waiting: int) -> Finding:
    match workforce.state:
        case "missing":
            # Before the first start that is as it should be.
            return _found("workers", "fault" if waiting else "warning", "none is alive", WHEN_MISSING)
        case "stalled":
            says = (
                f"stalled: {workforce.alive} alive, and for {workforce.unbegun_seconds:.0f} s none has begun any of "
                f"the {workforce.unbegun} deliveries that wait for one"
            )
            return _found("workers", "fault", says, WHEN_STALLED)
        case _:
            return _found("workers", "ok", f"{workforce.alive} alive, {workforce.threads} threads")


def _found(check: str, level: Level, says: str, remedy: str = "") -> Finding:
    return Finding(location=GROUP, check=check, level=level, says=says, remedy=remedy)
