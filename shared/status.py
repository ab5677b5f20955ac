"""
Where everything stands, and where one submission does: what operators are shown.

Command line, console and API show the same models. They carry no token: nothing that is kept holds one.
"""

import base64
import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import merge
from itertools import dropwhile, islice
from typing import Any, Literal, NamedTuple

from pydantic import JsonValue

from shared.highlevel.errors import MISSING_SCOPE
from shared.journal import Data, Hold, Journal, Ledger, Queue, Record, Workforce
from shared.journal.records import Event, Superseded
from shared.mapping import LeftOut, Origin
from shared.providers import PROVIDERS
from shared.redis_health import Memory, memory_of
from shared.routing import UNROUTED
from shared.scopes import VIEW_CUSTOM_FIELDS
from shared.stores.custom_fields import REFUSAL_LIFE, Refusal
from shared.submission import Answer, Attempt, Diagnosis, Edit, Frozen, NotStored, Reason, State

# What a submission waits for, and the kind of hold, where the token may not read the location's custom fields.
CUSTOM_FIELDS = "custom fields"
# The same where a form's builder refuses the token that fetches the answers.
FETCH = "fetch"


class NoSuchSubmission(Exception):
    """The journal knows no submission with this id."""

    def __init__(self, submission_id: str) -> None:
        super().__init__(f"There is no submission {submission_id!r}: it was never accepted, or its time is over.")


class BadCursor(Exception):
    """A text that no list has given as its `next`."""


class Standing(Frozen):
    """
    How many submissions stand in each state, and whether their sum is what was accepted.

    Outside stand the `duplicate`, which were never accepted, and those delivered of which not all was stored.
    """

    accepted: int
    waiting: int
    leased: int
    delivered: int
    dead: int
    discarded: int
    forgotten: int
    duplicate: int
    not_stored: int
    balanced: bool


class Queued(Standing):
    """The same for a form or a location, with what its submissions wait for and since when the oldest does."""

    oldest_waiting: datetime | None
    waiting_for: dict[str, int]


class FormStatus(Queued):
    """How a form stands."""

    quarantined: int


class LocationStatus(Queued):
    """How a location stands, and why it is held if it is."""

    hold: Hold | None


class Status(Frozen):
    """
    How everything stands.

    Among the `holds` are those of the kind "custom fields", where only the submissions that need some wait, and those
    of the kind "fetch", where only the submissions of one form wait. `memory` is None where Redis's host hides it.
    """

    ledger: Standing
    forms: dict[str, FormStatus]
    locations: dict[str, LocationStatus]
    holds: tuple[Hold, ...]
    workers: Workforce
    data: Data
    memory: Memory | None


class Row(Frozen):
    """A submission as lists show it: nothing in it tells who the contact is."""

    id: str
    form: str
    location: str
    state: State
    waits_for: str | None
    accepted_at: datetime
    contact_id: str | None
    attempts: int
    reason: Reason | None
    group: str | None


class Page(Frozen):
    """Some rows, and the cursor to the rows behind them; None when there are no more."""

    items: tuple[Row, ...]
    next: str | None


class Happening(Frozen):
    """One line of a submission's history."""

    at: datetime
    event: str
    data: dict[str, JsonValue]


class Detail(Frozen):
    """
    Everything that is known of one submission; contact, tags and note are those of the last delivery.

    While it waits, it says for what, why, and when somebody looks again, as far as that is known.
    """

    id: str
    form: str
    provider: str
    location: str
    state: State
    accepted_at: datetime
    since: datetime
    waits_for: str | None
    waits_because: str
    next_look: datetime | None
    contact_id: str | None
    reason: Reason | None
    group: str | None
    diagnosis: tuple[Diagnosis, ...]
    answers: tuple[Answer, ...]
    contact: dict[str, JsonValue]
    tags: tuple[str, ...]
    note: str
    provenance: dict[str, Origin]
    left_out: tuple[LeftOut, ...]
    salvaged: tuple[str, ...]
    not_stored: tuple[NotStored, ...]
    superseded: tuple[Superseded, ...]
    superseded_by: str | None
    replaced: tuple[str, ...]
    edit: Edit
    attempts: tuple[Attempt, ...]
    events: tuple[Happening, ...]
    content_type: str
    body: str | None
    body_encoding: Literal["text", "base64"] | None


def status(
    journal: Journal,
    quarantined: Mapping[str, int],
    refusals: Iterable[Refusal] = (),
    unfetched: Iterable[Refusal] = (),
) -> Status:
    """
    Say how everything stands.

    `quarantined` counts the refused requests of each form, `refusals` are the locations whose custom fields cannot be
    read, `unfetched` the forms whose answers cannot be fetched.
    """
    holds = {hold.location: hold for hold in journal.holds()}
    workers = journal.workforce()
    by_form, by_location = _queues(journal, holds, workers.alive)
    ledgers = {**dict.fromkeys(quarantined, Ledger()), **journal.ledgers_of_forms()}
    forms = {
        name: FormStatus(**_queued(one, by_form[name]), quarantined=quarantined.get(name, 0))
        for name, one in sorted(ledgers.items())
    }
    locations = {
        alias: LocationStatus(**_queued(one, by_location[alias]), hold=holds.get(alias))
        for alias, one in journal.ledgers_of_locations().items()
        # Where nothing stands any more that named no location, there is nothing to tell.
        if alias != UNROUTED or one.accepted
    }
    ledger = Standing(**_standing(journal.ledger()))
    shown = (*holds.values(), *_unreadable(refusals, by_location), *map(_held_form, unfetched))
    return Status(
        ledger=ledger,
        forms=forms,
        locations=locations,
        holds=shown,
        workers=workers,
        data=journal.data(),
        memory=memory_of(journal.redis),
    )


def waiting_locations(
    journal: Journal, refusals: Iterable[Refusal], unfetched: Iterable[Refusal] = ()
) -> tuple[Hold, ...]:
    """
    Return the locations that wait, and those of which only the submissions that need custom fields do.

    After them stand the forms of which only the submissions wait, since their answers cannot be fetched.
    """
    holds = journal.holds()
    _, by_location = _queues(journal, {hold.location for hold in holds}, journal.workforce().alive)
    return (*holds, *_unreadable(refusals, by_location), *map(_held_form, unfetched))


def because(hold: Hold) -> str:
    """Return why a location is held."""
    status = f" (HTTP {hold.status})" if hold.status else ""
    return f"{hold.kind}: {hold.reason}{status}"


def submissions(
    journal: Journal, *, state: State | None, form: str, location: str, limit: int, after: str = ""
) -> Page:
    """Return submissions, the one that moved last first; empty texts mean all forms and locations."""
    # Without a filter the newest of each state suffice; with one, who knows how far back the next match is.
    most = 0 if form or location or after else limit + 1
    states = [state] if state else [one for one in State if one is not State.FORGOTTEN]
    newest_first = merge(*(_of_state(journal, one, most) for one in states), key=_position, reverse=True)
    found = (record for record in newest_first if form in ("", record.form) and location in ("", record.location))
    holds, workers = {hold.location for hold in journal.holds()}, journal.workforce().alive
    return page(found, limit, after, lambda record: _cause(record, holds, workers))


def page(newest_first: Iterator[Record], limit: int, after: str, cause: Callable[[Record], str] | None = None) -> Page:
    """Return the next rows behind the cursor `after`; `cause` tells what a waiting one waits for."""
    if after:
        end = _place(after)
        newest_first = dropwhile(lambda record: _position(record) >= end, newest_first)
    records = list(islice(newest_first, limit + 1))
    shown = records[:limit]
    rows = tuple(row(record, cause(record) if cause and record.state is State.WAITING else None) for record in shown)
    return Page(items=rows, next=_cursor(shown[-1]) if len(records) > limit else None)


def row(record: Record, waits_for: str | None) -> Row:
    """Return a record as lists show it."""
    return Row(
        id=record.id,
        form=record.form,
        location=record.location,
        state=record.state,
        waits_for=waits_for,
        accepted_at=record.accepted_at,
        contact_id=_contact_id(record),
        attempts=record.attempts,
        reason=record.reason,
        group=record.group or None,
    )


def find(journal: Journal, submission_id: str) -> Record:
    """Return the record of a submission; raise NoSuchSubmission when there is none."""
    record = journal.find(submission_id)
    if record is None:
        raise NoSuchSubmission(submission_id)
    return record


def show(
    journal: Journal, submission_id: str, refusals: Iterable[Refusal] = (), unfetched: Iterable[Refusal] = ()
) -> Detail:
    """
    Return everything that is known of a submission; raise NoSuchSubmission.

    `refusals` and `unfetched` are as for `status`.
    """
    record = find(journal, submission_id)
    wait = _wait(journal, record, refusals, unfetched) if record.state is State.WAITING else NO_WAIT
    body = journal.body(record.id)
    text, encoding = _readable(body)
    return Detail(
        id=record.id,
        form=record.form,
        provider=record.provider,
        location=record.location,
        state=record.state,
        accepted_at=record.accepted_at,
        since=record.since,
        waits_for=wait.cause,
        waits_because=wait.why,
        next_look=wait.next_look,
        contact_id=_contact_id(record),
        reason=record.reason,
        group=record.group or None,
        diagnosis=record.diagnosis,
        answers=_answers(record, body),
        contact=record.mapped.get("contact", {}),
        tags=record.mapped.get("tags", ()),
        note=record.mapped.get("note", ""),
        provenance=record.mapped.get("provenance", {}),
        left_out=record.mapped.get("left_out", ()),
        salvaged=record.salvaged,
        not_stored=record.not_stored,
        superseded=record.superseded,
        superseded_by=record.superseded_by or None,
        replaced=record.replaced,
        edit=record.edit,
        attempts=tuple(journal.attempts(record.id)),
        events=_history(journal, record),
        content_type=record.content_type,
        body=text,
        body_encoding=encoding,
    )


class _Wait(NamedTuple):
    cause: str | None
    why: str = ""
    next_look: datetime | None = None


NO_WAIT = _Wait(None)


@dataclass
class _Queued:
    oldest: datetime | None = None
    needs_fields_since: datetime | None = None
    causes: Counter[str] = field(default_factory=Counter)

    def add(self, queue: Queue, cause: str) -> None:
        self.oldest = min(self.oldest or queue.oldest, queue.oldest)
        self.causes[cause] += queue.length
        if queue.cause == CUSTOM_FIELDS:
            self.needs_fields_since = min(self.needs_fields_since or queue.since, queue.since)


def _queues(
    journal: Journal, holds: Iterable[str], workers: int
) -> tuple[defaultdict[str, _Queued], defaultdict[str, _Queued]]:
    """Return what waits, by form and by location."""
    by_form: defaultdict[str, _Queued] = defaultdict(_Queued)
    by_location: defaultdict[str, _Queued] = defaultdict(_Queued)
    for queue in journal.queues():
        cause = _cause(queue, holds, workers)
        by_form[queue.form].add(queue, cause)
        by_location[queue.location].add(queue, cause)
    return by_form, by_location


def _cause(waiting: Record | Queue, holds: Iterable[str], workers: int) -> str:
    """Return what a submission waits for, or all of a queue, in one word."""
    if not workers:
        return "worker"
    return "hold" if waiting.location in holds else waiting.cause


def _wait(journal: Journal, record: Record, refusals: Iterable[Refusal], unfetched: Iterable[Refusal]) -> _Wait:
    """Return what a waiting submission waits for, why, and when somebody looks again."""
    holds = {hold.location: hold for hold in journal.holds()}
    cause = _cause(record, holds, journal.workforce().alive)
    match cause:
        case "hold":
            hold = holds[record.location]
            return _Wait(cause, because(hold), hold.probe_at)
        case _ if cause == CUSTOM_FIELDS:
            why = next((_why_unreadable(one) for one in refusals if one.alias == record.location), "")
            return _Wait(cause, why, record.since + REFUSAL_LIFE)
        case _ if cause == FETCH:
            found = next((one for one in unfetched if one.alias == record.form), None)
            return _Wait(cause, found.message, found.asked_again_at) if found else _Wait(cause)
        case "retry":
            return _Wait(cause, "", _next_try(journal.events(record.id)))
        case _:
            return _Wait(cause)


def _next_try(events: Iterable[Event]) -> datetime | None:
    """Return when a submission is tried again, by what was noted at its last failure."""
    failures = [(event.at, event.data.get("retry_seconds")) for event in events if event.event == "failed"]
    at, seconds = failures[-1] if failures else (None, None)
    return at + timedelta(seconds=seconds) if at and isinstance(seconds, int | float) else None


def _unreadable(refusals: Iterable[Refusal], by_location: Mapping[str, _Queued]) -> Iterator[Hold]:
    """Yield the locations whose submissions wait for custom fields, as holds."""
    refused = {refusal.alias: refusal for refusal in refusals}
    for alias, refusal in refused.items():
        yield _hold(alias, _why_unreadable(refusal), refusal.since, refusal.asked_again_at)
    for alias, queue in by_location.items():
        if alias not in refused and (since := queue.needs_fields_since):
            why = "HighLevel is asked again when the first that waits for them is looked at"
            yield _hold(alias, why, since, since + REFUSAL_LIFE)


def _hold(alias: str, why: str, since: datetime, next_look: datetime) -> Hold:
    return Hold(location=alias, kind=CUSTOM_FIELDS, reason=why, since=since, probe_at=next_look)


def _held_form(refusal: Refusal) -> Hold:
    """Return the wait of a form's submissions as a hold."""
    return Hold(
        location="",
        form=refusal.alias,
        kind=FETCH,
        reason=refusal.message,
        since=refusal.since,
        probe_at=refusal.asked_again_at,
    )


def _why_unreadable(refusal: Refusal) -> str:
    needed = f" The scope is {VIEW_CUSTOM_FIELDS}." if MISSING_SCOPE.search(refusal.message) else ""
    return f"{refusal.message.rstrip('.')}.{needed}"


def _standing(ledger: Ledger) -> dict[str, Any]:
    return {**ledger.model_dump(), "balanced": ledger.balanced}


def _queued(ledger: Ledger, queue: _Queued) -> dict[str, Any]:
    return {**_standing(ledger), "oldest_waiting": queue.oldest, "waiting_for": dict(queue.causes)}


def _of_state(journal: Journal, state: State, most: int) -> Iterator[Record]:
    """Yield the records of a state, the one that came to it last first; those that just left it are passed over."""
    leaves_soon = state in (State.WAITING, State.LEASED)  # while we look, so that many may be passed over
    return (record for record in journal.submissions(state, 0 if leaves_soon else most) if record.state is state)


def _position(record: Record) -> tuple[int, str]:
    """Return where a record stands in lists; it stays there when others come or go."""
    return round(record.since.timestamp() * 1000), record.id


def _cursor(record: Record) -> str:
    milliseconds, submission_id = _position(record)
    return f"{milliseconds}-{submission_id}"


def _place(cursor: str) -> tuple[int, str]:
    milliseconds, _, submission_id = cursor.partition("-")
    if not (re.fullmatch(r"[0-9]{1,15}", milliseconds) and submission_id):
        raise BadCursor(f"{cursor!r} is not the `next` of a list")
    return int(milliseconds), submission_id


def _contact_id(record: Record) -> str | None:
    return record.upserted.contact_id if record.upserted else None


def _readable(body: bytes | None) -> tuple[str | None, Literal["text", "base64"] | None]:
    if body is None:
        return None, None
    try:
        return body.decode(), "text"
    except UnicodeDecodeError:
        return base64.b64encode(body).decode(), "base64"


def _answers(record: Record, body: bytes | None) -> tuple[Answer, ...]:
    if record.fetched is not None:
        return record.fetched
    if body is None or record.provider not in PROVIDERS:
        return ()
    try:
        return PROVIDERS[record.provider].read(body, record.content_type).answers
    except Exception:  # whatever an adapter's fault is, it must not hide the very submission that it buried
        return ()


def _history(journal: Journal, record: Record) -> tuple[Happening, ...]:
    return tuple(
        Happening(at=event.at, event=event.event, data={name: _parsed(value) for name, value in event.data.items()})
        for event in journal.events(record.id)
    )


def _parsed(value: JsonValue) -> JsonValue:
    """Return a value that a script had to nest as JSON in JSON, such as a diagnosis."""
    if not isinstance(value, str) or not value.startswith("["):
        return value
    try:
        parsed: JsonValue = json.loads(value)
    except ValueError:
        return value
    return parsed
