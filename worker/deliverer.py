"""Takes one job from begin to settle: this is where a delivery ends, whatever happens in it."""

import hmac
import logging
import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from redis.exceptions import RedisError

from shared import logs
from shared.config import Config, Form, Location
from shared.diagnosis import group_of
from shared.highlevel.client import Client, Deadline, OutOfTime
from shared.highlevel.errors import BadCredentials, HighLevelError
from shared.journal import Job, Journal, Lease, LeaseLost
from shared.mapping import Unmappable
from shared.providers import PROVIDERS, UnreadableBody
from shared.settings import Settings
from shared.submission import Diagnosis, Reason
from worker.decide import Bury, History, Hold, Policy, RetryAt, decide
from worker.delivery import Delivery, NoPermit

UNKNOWN_RETRY_SECONDS = 30.0
UNKNOWN_PATIENCE_SECONDS = 3600.0


@dataclass(frozen=True)
class Deliverer:
    """Delivers submissions; one is shared by all threads of a worker."""

    journal: Journal
    config: Config
    client: Client
    settings: Settings
    worker: str
    is_stopping: Callable[[], bool] = lambda: False
    jitter: Callable[[], float] = random.random

    def deliver(self, job: Job) -> None:
        """Deliver a submission, unless the job is a doubled or late message."""
        try:
            lease = self.journal.begin(job, self.worker, nonce=uuid.uuid4().hex)
            if lease:
                self._end(lease)
        except LeaseLost:
            logs.event("lease lost", logging.WARNING, submission=job.submission_id)
        except RedisError as error:
            # Nothing to settle with: the lease expires, and the submission is leased again.
            logs.event("redis unavailable", logging.ERROR, submission=job.submission_id, error=type(error).__name__)

    def announce_tokens(self) -> None:
        """Tell the journal which tokens this worker has, so that holds for older ones end."""
        for alias, location in self.config.locations.items():
            if self.journal.announce_token(alias, self._hash(location)):
                logs.event("hold lifted", location=alias, cause="another token")

    def _end(self, lease: Lease) -> None:
        """Deliver, and bury what cannot be settled otherwise: no fault of ours may lose a submission."""
        try:
            self._deliver(lease)
        except (LeaseLost, RedisError):
            raise
        except Exception as error:
            logs.failure("delivery failed", error, submission=lease.record.id)
            diagnosis = Diagnosis(field="", rule=f"{type(error).__name__} in Hookline", fix="see the worker's log")
            self._bury(lease, Bury(Reason.UNEXPECTED, (diagnosis,), is_open=False), None)

    def _deliver(self, lease: Lease) -> None:
        known = self._known(lease)
        if not known:
            self._wait_for_configuration(lease)
            return
        form, location = known
        deadline = Deadline.after(self.settings.delivery_seconds, self.is_stopping)
        delivery = Delivery(lease, form, location, self.client, deadline)
        try:
            delivery.map()
        except (LeaseLost, RedisError):
            raise
        except Exception as error:  # an adapter's or the mapping's error must not lose the submission
            self._bury(lease, Bury(Reason.UNMAPPABLE, _why_unmappable(error), is_open=False), None)
            return
        self._carry_out(delivery, lease, location)

    def _carry_out(self, delivery: Delivery, lease: Lease, location: Location) -> None:
        try:
            details = delivery.run()
        except (NoPermit, OutOfTime) as error:
            seconds = error.seconds if isinstance(error, NoPermit) else 0
            lease.retry(seconds, spends=False, calls=delivery.calls_left(), details={})
            logs.event("waiting", submission=lease.record.id, cause=type(error).__name__)
        except HighLevelError as error:
            self._settle_failure(delivery, lease, location, error)
        else:
            lifted = lease.delivered({**details, **_changes(delivery)})
            self._log(lease, "delivered", lifted, contact=details["contact_id"], new=details["new"])

    def _settle_failure(self, delivery: Delivery, lease: Lease, location: Location, error: HighLevelError) -> None:
        lease.store(error.attempt)
        decision = decide(error, _history(lease), Policy.of(self.settings), self.jitter())
        calls = delivery.calls_left()
        match decision:
            case RetryAt(seconds):
                details = {"error": type(error).__name__, "status": error.status, "retry_seconds": round(seconds, 1)}
                begun = lease.retry(seconds, spends=True, calls=calls, details=details)
                self._log_failure(lease, "retrying", begun, error, seconds=round(seconds, 1))
            case Hold(kind, reason, seconds):
                token = self._hash(location) if kind == "credentials" else ""
                begun = lease.hold(
                    kind,
                    reason,
                    status=error.status,
                    seconds=seconds,
                    token=token,
                    calls=calls,
                    **_forbidden(lease, error),
                )
                self._log_failure(lease, "waiting", begun, error)
            case Bury():
                self._bury(lease, decision, error)

    def _bury(self, lease: Lease, decision: Bury, error: HighLevelError | None) -> None:
        group = group_of(decision.reason, decision.diagnosis)
        lifted = lease.bury(decision.reason, decision.diagnosis, group=group, is_open=decision.is_open)
        status = error.status if error else None
        self._log(lease, "buried", lifted, logging.WARNING, reason=decision.reason, group=group, status=status)

    def _known(self, lease: Lease) -> tuple[Form, Location] | None:
        record = lease.record
        form = self.config.forms.get(record.form)
        location = self.config.locations.get(record.location)
        return (form, location) if form and location and record.provider in PROVIDERS else None

    def _wait_for_configuration(self, lease: Lease) -> None:
        """Let a submission wait whose form or location is unknown here: a deploy is under way, or it was removed."""
        record = lease.record
        since = record.unknown_since or lease.begun_at
        if (lease.begun_at - since).total_seconds() >= UNKNOWN_PATIENCE_SECONDS:
            rule = f"the form {record.form!r} or the location {record.location!r} is not configured"
            fix = "add it to hookline.toml, restart, then replay"
            self._bury(
                lease, Bury(Reason.CONFIGURATION, (Diagnosis(field="", rule=rule, fix=fix),), is_open=False), None
            )
            return
        milliseconds = str(round(since.timestamp() * 1000))
        lease.retry(UNKNOWN_RETRY_SECONDS, spends=False, calls=record.calls, details={}, unknown_since=milliseconds)
        logs.event("waiting", logging.WARNING, submission=record.id, form=record.form, cause="unknown configuration")

    def _hash(self, location: Location) -> str:
        key = self.settings.secret_key.get_secret_value().encode()
        return hmac.new(key, location.token.get_secret_value().encode(), sha256).hexdigest()

    def _log(self, lease: Lease, name: str, lifted: bool, level: int = logging.INFO, **facts: object) -> None:
        record = lease.record
        logs.event(name, level, submission=record.id, form=record.form, location=record.location, **facts)
        if lifted:
            logs.event("hold lifted", location=record.location)

    def _log_failure(self, lease: Lease, name: str, hold_begun: bool, error: HighLevelError, **facts: object) -> None:
        record = lease.record
        kind = type(error).__name__
        logs.event(name, logging.WARNING, submission=record.id, error=kind, status=error.status, **facts)
        if hold_begun:
            logs.event("held", logging.ERROR, location=record.location, error=kind, status=error.status)


def _history(lease: Lease) -> History:
    record = lease.record
    since = record.forbidden_since
    return History(
        attempts=record.attempts,
        forbidden=record.forbidden,
        others_succeeded=bool(since and lease.last_answer > since),
        held=lease.held,
    )


def _forbidden(lease: Lease, error: HighLevelError) -> dict[str, Any]:
    if not isinstance(error, BadCredentials) or error.status != 403:
        return {}
    since = lease.record.forbidden_since or lease.begun_at
    return {"forbidden": lease.record.forbidden + 1, "forbidden_since": str(round(since.timestamp() * 1000))}


def _why_unmappable(error: Exception) -> tuple[Diagnosis, ...]:
    match error:
        case Unmappable():
            return error.diagnosis
        case UnreadableBody():
            return (Diagnosis(field="", rule=str(error), fix="the body is kept: look at it with `dead show`"),)
        case _:
            logs.failure("mapping failed", error)
            rule = f"{type(error).__name__} while reading the answers"
            return (
                Diagnosis(field="", rule=rule, fix="a fault of Hookline: the body is kept, replay after an update"),
            )


def _changes(delivery: Delivery) -> dict[str, Any]:
    """Return what was not delivered as it came, for the submission's history."""
    left_out = [item.field for item in delivery.mapped.left_out]
    found = {"salvaged": list(delivery.salvaged), "left_out": left_out}
    return {name: values for name, values in found.items() if values}
