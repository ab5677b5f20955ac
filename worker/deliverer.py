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
from shared.accounts import Accounts, app_of
from shared.config import Config, Form, Location
from shared.diagnosis import group_of
from shared.fault_points import reach
from shared.highlevel.client import Client
from shared.highlevel.errors import BadCredentials, HighLevelError
from shared.highlevel.oauth import TokenBusy
from shared.highlevel.wire import Deadline, OutOfTime
from shared.journal import Job, Journal, Lease, LeaseLost, Record
from shared.mapping import Unmappable
from shared.providers import PROVIDERS, UnreadableBody
from shared.routing import UNROUTED, why_unrouted
from shared.settings import Settings
from shared.status import CUSTOM_FIELDS, FETCH
from shared.submission import Diagnosis, Reason
from worker.apart import Apart, NotStarted
from worker.calls import Calls, NoPermit
from worker.catalogues import Catalogues, FieldsUnreadable
from worker.decide import Bury, Failure, History, Hold, IdentityChanged, OutcomeUnknown, Policy, RetryAt, decide
from worker.delivery import Delivery, MappingFailed, PersonBusy, read_answers
from worker.fetching import Fetcher, FetchError, FetchForbidden, FetchWaits, NotFound
from worker.writing import NotReadable, TooEarly

UNKNOWN_RETRY_SECONDS = 30.0
UNKNOWN_PATIENCE_SECONDS = 3600.0
UNREADABLE_SECONDS = 60.0
# A process that was ended may have had a call at HighLevel, and what ended it may take a moment to pass.
AFTER_CRASH_SECONDS = 20.0
# What `status` calls a wait that lasts long enough to be asked about.
WAITS_FOR = {
    CUSTOM_FIELDS: CUSTOM_FIELDS,
    FETCH: FETCH,
    TooEarly.__name__: "outcome",
    NotReadable.__name__: "contacts scope",
}


@dataclass(frozen=True)
class Deliverer:
    """Delivers submissions; one is shared by all threads of a worker."""

    journal: Journal
    config: Config
    client: Client
    accounts: Accounts
    catalogues: Catalogues
    fetcher: Fetcher
    settings: Settings
    worker: str
    is_stopping: Callable[[], bool] = lambda: False
    jitter: Callable[[], float] = random.random
    apart: Apart | None = None

    def deliver(self, job: Job, nonce: str = "") -> None:
        """Deliver a submission, unless the job is a doubled or late message; a nonce is how it is to be begun."""
        nonce = nonce or uuid.uuid4().hex
        try:
            if self.apart and self.journal.is_suspect(job.submission_id):
                self._deliver_apart(self.apart, job, nonce)
            elif lease := self.journal.begin(job, self.worker, nonce):
                reach("begun", lease.record.form)
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

    def _deliver_apart(self, apart: Apart, job: Job, nonce: str) -> None:
        # The other process begins it, once it is ready: until then, what becomes of this worker is no crash of its own.
        try:
            ended = apart.deliver(job, nonce)
        except NotStarted as error:
            logs.failure("no process for a suspect", error, submission=job.submission_id)
            if lease := self.journal.begin(job, self.worker, nonce):
                lease.retry(AFTER_CRASH_SECONDS, spends=False, calls=lease.record.calls, details={}, suspect="1")
            return
        lease = self.journal.begin(job, self.worker, nonce) if ended else None
        if lease and lease.crashed(ended, seconds=AFTER_CRASH_SECONDS):
            self._log(lease, "buried", lifted=False, level=logging.ERROR, reason=Reason.CRASHED, how=ended)
        elif lease:
            self._log(lease, "crashed", lifted=False, level=logging.ERROR, how=ended)

    def _end(self, lease: Lease) -> None:
        """Deliver, and bury what cannot be settled otherwise: no fault of ours may lose a submission."""
        try:
            self._deliver(lease)
        except (LeaseLost, RedisError, MemoryError):
            raise
        except Exception as error:
            logs.failure("delivery failed", error, submission=lease.record.id)
            diagnosis = Diagnosis(field="", rule=f"{type(error).__name__} in Hookline", fix="see the worker's log")
            self._bury(lease, Bury(Reason.UNEXPECTED, (diagnosis,), is_open=False), None)

    def _deliver(self, lease: Lease) -> None:
        known = self._known(lease)
        if not known:
            self._without_location(lease)
            return
        form, location = known
        deadline = Deadline.after(self.settings.delivery_seconds, self.is_stopping)
        calls = Calls(lease, location, self.accounts, deadline)
        delivery = Delivery(
            lease, form, location, self.client, calls, self.catalogues, self.fetcher, self.settings.secret_key
        )
        self._carry_out(delivery, lease, location)

    def _carry_out(self, delivery: Delivery, lease: Lease, location: Location) -> None:
        try:
            details = delivery.run()
        except MappingFailed as error:
            self._bury(lease, Bury(Reason.UNMAPPABLE, _why_unmappable(error.__cause__), is_open=False), None)
        except PersonBusy:  # the journal has settled it already
            logs.event("waiting", submission=lease.record.id, cause="person")
        except (NoPermit, OutOfTime, TokenBusy, TooEarly) as error:
            self._wait(delivery, lease, error.seconds, type(error).__name__)
        except FieldsUnreadable:
            self._wait(delivery, lease, UNREADABLE_SECONDS, CUSTOM_FIELDS)
        except FetchWaits as error:
            self._wait(delivery, lease, error.seconds, FETCH)
        except NotReadable:
            self._wait(delivery, lease, UNREADABLE_SECONDS, NotReadable.__name__)
        except (HighLevelError, FetchError, OutcomeUnknown, IdentityChanged) as error:
            self._settle_failure(delivery, lease, location, error)
        else:
            reach("before-settle", lease.record.form)
            lifted = lease.delivered({**details, **_changes(delivery)})
            facts = {"contact": details["contact_id"], "new": details["new"], "not_stored": len(delivery.not_stored)}
            self._log(lease, "delivered", lifted, **facts, superseded_by=details.get("superseded_by"))

    def _wait(self, delivery: Delivery, lease: Lease, seconds: float, cause: str) -> None:
        """Let a submission wait for something that is nobody's failure."""
        lease.retry(seconds, spends=False, calls=delivery.calls_left(), details={}, waits_for=WAITS_FOR.get(cause, ""))
        logs.event("waiting", submission=lease.record.id, cause=cause)

    def _settle_failure(self, delivery: Delivery, lease: Lease, location: Location, error: Failure) -> None:
        if isinstance(error, HighLevelError | FetchError):
            lease.store(error.attempt)
        history = _history(lease, delivery.doubt_seconds)
        decision = decide(error, history, Policy.of(self.settings), self.jitter())
        calls = delivery.calls_left()
        match decision:
            case RetryAt(seconds, is_free, free_seconds):
                details = {"error": type(error).__name__, "status": _status(error), "retry_seconds": round(seconds, 1)}
                begun = lease.retry(
                    seconds,
                    spends=not is_free,
                    fails=not isinstance(error, FetchError),
                    calls=calls,
                    details=details,
                    **_missing(lease, error),
                    **_free_until(lease, free_seconds),
                )
                self._log_failure(lease, "retrying", begun, error, seconds=round(seconds, 1))
            case Hold(kind, reason, seconds):
                token = self._hash(location) if kind == "credentials" else ""
                begun = lease.hold(
                    kind,
                    reason,
                    status=_status(error),
                    seconds=seconds,
                    token=token,
                    calls=calls,
                    **_forbidden(lease, error),
                )
                self._log_failure(lease, "waiting", begun, error)
            case Bury():
                self._bury(lease, decision, error)

    def _bury(self, lease: Lease, decision: Bury, error: Failure | None) -> None:
        group = group_of(decision.reason, decision.diagnosis)
        lifted = lease.bury(decision.reason, decision.diagnosis, group=group, is_open=decision.is_open)
        status = _status(error)
        self._log(lease, "buried", lifted, logging.WARNING, reason=decision.reason, group=group, status=status)

    def _known(self, lease: Lease) -> tuple[Form, Location] | None:
        record = lease.record
        form = self.config.forms.get(record.form)
        location = self.config.locations.get(record.location)
        if form is None or location is None or record.provider not in PROVIDERS:
            return None
        # A form whose provider was changed cannot fetch what came before: its token is for another builder.
        can_fetch = form.fetch is not None and form.provider == record.provider
        is_fetched = record.fetched is not None or PROVIDERS[record.provider].fetch is None
        return (form, location) if can_fetch or is_fetched else None

    def _without_location(self, lease: Lease) -> None:
        """Bury what named no location of its form; anything else that is unknown may be on its way to this worker."""
        form = self.config.forms.get(lease.record.form)
        if lease.record.location == UNROUTED and form:
            self._bury(lease, _why_nowhere(lease, form), None)
        else:
            self._wait_for_configuration(lease)

    def _wait_for_configuration(self, lease: Lease) -> None:
        """Let a submission wait whose form or location is unknown here: a deploy is under way, or it was removed."""
        record = lease.record
        since = record.unknown_since or lease.begun_at
        if (lease.begun_at - since).total_seconds() >= UNKNOWN_PATIENCE_SECONDS:
            self._bury(lease, Bury(Reason.CONFIGURATION, (self._what_is_unknown(record),), is_open=False), None)
            return
        milliseconds = str(round(since.timestamp() * 1000))
        lease.retry(UNKNOWN_RETRY_SECONDS, spends=False, calls=record.calls, details={}, unknown_since=milliseconds)
        logs.event("waiting", logging.WARNING, submission=record.id, form=record.form, cause="unknown configuration")

    def _what_is_unknown(self, record: Record) -> Diagnosis:
        if record.form in self.config.forms and record.location in self.config.locations:
            rule = f"the form {record.form!r} fetches no answers of {record.provider} any more"
            return Diagnosis(field="", rule=rule, fix="set its provider and fetch table again, restart, then replay")
        rule = f"the form {record.form!r} or the location {record.location!r} is not configured"
        return Diagnosis(field="", rule=rule, fix="add it to hookline.toml, restart, then replay")

    def _hash(self, location: Location) -> str:
        key = self.settings.secret_key.get_secret_value().encode()
        return hmac.new(key, _credentials(location).encode(), sha256).hexdigest()

    def _log(self, lease: Lease, name: str, lifted: bool, level: int = logging.INFO, **facts: object) -> None:
        record = lease.record
        logs.event(name, level, submission=record.id, form=record.form, location=record.location, **facts)
        if lifted:
            logs.event("hold lifted", location=record.location)

    def _log_failure(self, lease: Lease, name: str, hold_begun: bool, error: Failure, **facts: object) -> None:
        record = lease.record
        kind, status = type(error).__name__, _status(error)
        logs.event(name, logging.WARNING, submission=record.id, error=kind, status=status, **facts)
        if hold_begun:
            logs.event("held", logging.ERROR, location=record.location, error=kind, status=status)


def _status(error: Failure | None) -> int | None:
    return error.status if isinstance(error, HighLevelError | FetchError) else None


def _credentials(location: Location) -> str:
    """Return what opens a location, by which a hold for credentials knows whether they have changed."""
    if location.token:
        return location.token.get_secret_value()
    app = app_of(location)
    seed = app.refresh_token.get_secret_value() if app.refresh_token else ""
    return " ".join((app.client_id, app.client_secret.get_secret_value(), seed))


def _history(lease: Lease, doubt_seconds: float) -> History:
    record = lease.record
    since = record.forbidden_since
    return History(
        attempts=record.attempts,
        forbidden=record.forbidden,
        missing=record.missing,
        others_succeeded=bool(since and lease.last_answer > since),
        held=lease.held,
        is_free=bool(record.free_until and lease.begun_at < record.free_until),
        doubt_seconds=doubt_seconds,
    )


def _forbidden(lease: Lease, error: Failure) -> dict[str, Any]:
    if not isinstance(error, BadCredentials) or error.status != 403:
        return {}
    since = lease.record.forbidden_since or lease.begun_at
    return {"forbidden": lease.record.forbidden + 1, "forbidden_since": str(round(since.timestamp() * 1000))}


def _free_until(lease: Lease, seconds: float) -> dict[str, str]:
    return {"free_until": str(round(lease.now().timestamp() * 1000 + seconds * 1000))} if seconds else {}


def _missing(lease: Lease, error: Failure) -> dict[str, int]:
    return {"missing": lease.record.missing + 1} if isinstance(error, NotFound | FetchForbidden) else {}


def _why_nowhere(lease: Lease, form: Form) -> Bury:
    """Return why a submission stands at no location: what its answers say, or that nobody can read them."""
    record = lease.record
    try:
        answers = read_answers(record.provider, lease.body, record.content_type)
    except MemoryError:
        raise
    except Exception as error:  # an adapter's error must not lose the submission
        return Bury(Reason.UNMAPPABLE, _why_unmappable(error), is_open=False)
    return Bury(Reason.CONFIGURATION, (why_unrouted(record.form, form, answers),), is_open=False)


def _why_unmappable(error: BaseException | None) -> tuple[Diagnosis, ...]:
    match error:
        case Unmappable():
            return error.diagnosis
        case UnreadableBody():
            return (Diagnosis(field="", rule=str(error), fix="the body is kept: look at it with `dead show`"),)
        case _:
            if error:
                logs.failure("mapping failed", error)
            rule = f"{type(error).__name__} while reading the answers"
            return (
                Diagnosis(field="", rule=rule, fix="a fault of Hookline: the body is kept, replay after an update"),
            )


def _changes(delivery: Delivery) -> dict[str, Any]:
    """Return what was not delivered as it came, for the submission's history."""
    found = {
        "salvaged": list(delivery.salvaged),
        "left_out": [item.field for item in delivery.mapped.left_out] if delivery.mapped else [],
        "not_stored": [item.field for item in delivery.not_stored],
        "superseded": [item.field for item in delivery.superseded],
    }
    return {name: values for name, values in found.items() if values}
