"""
Receivers, workers and operators: what they do to the journal they do to the model too, and any difference is noted.

What an onlooker sees is kept beside it: the messages, what each worker holds, and the calls to HighLevel.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Any, TypeVar

from shared.journal import Job, Lease, LeaseLost, Submission
from shared.submission import Attempt, Budget, Edit, State
from tests.shared.journal.conftest import START
from tests.shared.journal.model import (
    LOST,
    SECOND,
    Bury,
    Crashed,
    Delivered,
    End,
    Handed,
    Hold,
    Lost,
    Model,
    Refuse,
    Retry,
    Turn,
)
from tests.shared.journal.tampered import Dump, Server

LOCATIONS = "north", "south"
CAUSE = "configuration"
DELIVERY = 20 * SECOND  # so long a worker works at a delivery
LAST_CALL = DELIVERY - 3 * SECOND  # it begins no call later than that
REPEATS = 60 * SECOND  # so long a receiver may repeat a call
REMEMBERED = 600

T = TypeVar("T")


@dataclass(frozen=True)
class Filled:
    """A form that somebody has filled in, perhaps the same as before (`again`)."""

    form: str
    location: str
    calls: int = 1
    persons: tuple[str, ...] = ()
    lead: str = ""
    progress: int = 0
    again: bool = False


@dataclass
class Call:
    """A call to HighLevel, which may count it from when it was sent until its answer or the delivery's end."""

    location: str
    until: int


@dataclass
class Delivery:
    """What a worker holds that has begun a lease."""

    lease: Lease
    job: Job
    worker: str
    nonce: str
    begun_at: int
    persons: tuple[str, ...]
    has_acted: bool = False
    is_prepared: bool = False
    is_over: bool = False
    flying: Call | None = None

    @property
    def key(self) -> tuple[str, int]:
        """Return whose lease it is, and which."""
        return _key(self.job)

    def is_at_work(self, now: int) -> bool:
        """Say whether the worker, if it lives, works at it."""
        return not self.is_over and now < self.begun_at + DELIVERY


class Actors:
    """
    Whoever deals with one journal.

    `surprises` are answers that differ from the model's, and `objections` what speaks against a lease that was given.
    When a deed has failed, `is_sound` is false.
    """

    def __init__(self, server: Server) -> None:
        self.server, self.journal, self.limits = server, server.journal, server.limits
        server.empty(START)
        self.model = Model(self.limits, START)
        self.is_sound = True
        self.handed: list[Handed] = []
        self.messages: list[Job] = []
        self.deliveries: list[Delivery] = []
        self.calls: list[Call] = []
        self.begun: Counter[Job] = Counter()
        self.surprises: list[str] = []
        self.objections: list[str] = []
        self._persons: dict[str, tuple[str, ...]] = {}
        self._numbers = count(1)
        self._dump: Dump | None = None

    # Time -------------------------------------------------------------------------------------------------------------

    @property
    def now(self) -> int:
        """Return the time in milliseconds."""
        return self.model.now

    def wait(self, milliseconds: int) -> None:
        """Let the time go on."""
        self.model.now += milliseconds
        self.server.set_clock(self.model.now)
        self._dump = None

    def forget(self) -> None:
        """Let a pump remove what is old."""
        self.server.scripts.lost_answers = 0  # it is several calls
        self._both("forget", lambda: self.journal.forget(200), self.model.forget)

    # Receivers --------------------------------------------------------------------------------------------------------

    def fill_in(self, *forms: Filled) -> None:
        """Accept what was filled in."""
        self.accept([self._handed(form) for form in forms])

    def accept(self, ones: list[Handed]) -> None:
        """Take submissions, all at once, and enqueue what may run."""
        self.handed += [one for one in ones if one not in self.handed]
        was_lost = bool(self.server.scripts.lost_answers)
        jobs: list[Job] = []

        def real() -> list[tuple[str, str]]:
            accepted = self.journal.accept(*map(_submission, ones))
            jobs.extend(accepted.jobs)
            return [(receipt.status, receipt.id) for receipt in accepted.receipts]

        self._both("accept", real, lambda: [self.model.accept(one) for one in ones])
        self._note_leases(jobs, [], was_lost)

    # Workers ----------------------------------------------------------------------------------------------------------

    def turn(self, worker: str, threads: int) -> None:
        """Let a pump take its turn; no threads say that the worker stops."""
        was_lost = bool(self.server.scripts.lost_answers)
        jobs: list[Job] = []
        nudged: list[tuple[str, int]] = []

        def real() -> tuple[list[str], list[str]]:
            turn = self.journal.turn(worker, threads)
            jobs.extend(turn.jobs)
            return sorted(turn.taken_back), sorted(turn.buried)

        def model() -> tuple[list[str], list[str]]:
            turn: Turn = self.model.turn(worker, threads)
            nudged.extend(turn.nudged)
            return sorted(turn.taken_back), sorted(turn.buried)

        self._both("turn", real, model)
        self._note_leases(jobs, nudged, was_lost)

    def announce(self, location: str, token: str) -> None:
        """Let a worker start with a token."""
        self._both(
            "announce token",
            lambda: self.journal.announce_token(location, token),
            lambda: self.model.announce_token(location, token),
        )

    def hasten(self, location: str) -> None:
        """Let a worker start with a configuration that others have waited for."""
        self._both("hasten", lambda: self.journal.hasten(location, CAUSE), lambda: self.model.hasten(location, CAUSE))

    def begin(self, job: Job, worker: str) -> Delivery | None:
        """Let a message arrive, and return what the worker may deliver."""
        nonce = f"n{next(self._numbers)}"
        lease = self._begin(job, worker, nonce)
        if lease is None:
            return None
        self.begun[job] += 1
        one = Delivery(lease, job, worker, nonce, self.now, self._persons[job.submission_id])
        self.deliveries.append(one)
        return one

    def begin_again(self, one: Delivery) -> None:
        """Repeat a begin whose answer was not heard."""
        lease = self._begin(one.job, one.worker, one.nonce)
        if lease:
            one.lease, one.begun_at = lease, self.now
        else:
            one.is_over = True

    def deliver(self, job: Job, worker: str, end: End | None, most: int = 9, remaining: int | None = None) -> None:
        """
        Take the steps of a delivery, if it is granted, with so many calls at most.

        Without an end it stays open, and its last call without an answer.
        """
        one = self.begin(job, worker)
        if one is None:
            return
        calls = min(one.lease.record.calls, most)
        self.prepare(one, max(1, calls))
        for left in reversed(range(calls)):
            if one.is_over:
                return
            if not self.call(one):
                self.settle(one, Retry(1, spends=False, fails=False, calls=left + 1))
                return
            if end or left:
                self.answer(one, writes=True, remaining=remaining)
        if end and not one.is_over:
            self.settle(one, end)

    def go_on(self, one: Delivery, calls: int, writes: bool, remaining: int | None) -> None:
        """Take the next step of a delivery: the persons, a call, or its answer."""
        if not one.is_prepared:
            self.prepare(one, calls)
        elif one.flying:
            self.answer(one, writes, remaining)
        elif self.now < one.begun_at + LAST_CALL:
            self.call(one)

    def prepare(self, one: Delivery, calls: int) -> None:
        """Take the persons, and tell how many calls there will be."""
        used = one.lease.used
        busy = self._act(
            one,
            "prepare",
            lambda: one.lease.prepare(mapped={}, calls=calls, persons=one.persons, fields={}).busy,
            lambda: self.model.prepare(*one.key, used, calls, one.persons),
        )
        one.is_prepared = busy is False
        one.is_over = one.is_over or busy is True

    def call(self, one: Delivery) -> bool:
        """Call HighLevel if that is permitted, and say whether it is."""
        made, owns = self.server.scripts.made, self.model.owns(*one.key)
        seconds = self._real(one.lease.permit)
        has_asked = self.server.scripts.made > made
        if has_asked and (seconds is LOST) == owns:
            self.surprises.append(f"permit of {one.job}: {seconds}")
        one.has_acted, one.is_over = True, one.is_over or seconds is LOST
        if seconds == 0:
            self.objections += self.model.grant(*one.key, one.lease.used)
            one.flying = Call(one.lease.record.location, one.begun_at + DELIVERY)
            self.calls.append(one.flying)
        self.look(anew=True)
        return seconds == 0

    def answer(self, one: Delivery, writes: bool, remaining: int | None) -> None:
        """Store the answer to a call; its headers may tell how many calls remain."""
        attempt, used = self._attempt(remaining), one.lease.used
        if writes:
            self._act(
                one,
                "wrote",
                lambda: _wrote(one, attempt),
                lambda: self.model.store(*one.key, used, creating=0, wrote=True),
            )
        else:
            self._act(one, "store", lambda: one.lease.store(attempt), lambda: self.model.store(*one.key, used))
        if one.flying:
            one.flying.until, one.flying = min(one.flying.until, self.now), None

    def note_create(self, one: Delivery, is_begun: bool) -> None:
        """Note that a contact is about to be made, or that it was not."""
        creating = self.now if is_begun else 0
        self._act(
            one,
            "store",
            lambda: one.lease.store(creating=str(creating) if is_begun else ""),
            lambda: self.model.store(*one.key, 0, creating=creating),
        )

    def settle(self, one: Delivery, end: End) -> None:
        """End a delivery, or try to."""
        used = one.lease.used
        self._act(
            one,
            f"settle by {end}",
            lambda: _settled(one.lease, end),
            lambda: self.model.settle(*one.key, used, end),
        )
        one.is_over = True

    # Operators --------------------------------------------------------------------------------------------------------

    def replay(self, id: str, location: str, calls: int, persons: tuple[str, ...]) -> None:
        """Replay what may be a dead letter; by now it may be mapped to other persons."""
        if id in self.dead():
            self.map_anew(id, persons)
        self._both(
            "replay",
            lambda: self.journal.replay(id, "typeform", location, calls),
            lambda: self.model.replay(id, location, calls),
        )

    def edit(self, id: str) -> None:
        """Change what may be a dead letter."""
        self._both("edit", lambda: self.journal.edit(id, Edit(drop=("phone",))), lambda: self.model.edit(id))

    def forget_edits(self, id: str) -> None:
        """Take the changes back."""
        self._both("forget edits", lambda: self.journal.forget_edits(id), lambda: self.model.forget_edits(id))

    def discard(self, id: str) -> None:
        """Drop what may be a dead letter."""
        self._both("discard", lambda: self.journal.discard(id), lambda: self.model.discard(id))

    def lift(self, location: str) -> None:
        """End a hold, if there is one."""
        self._both("lift", lambda: self.journal.lift(location), lambda: self.model.lift(location))

    def map_anew(self, id: str, persons: tuple[str, ...]) -> None:
        """Let the next delivery find other persons in the answers, by edits or by another configuration."""
        self._persons[id] = _persons(persons, self.model.all[id].lead)

    # Whom to choose from ----------------------------------------------------------------------------------------------

    def repeatable(self) -> list[Handed]:
        """Return what was accepted just now."""
        known = self.model.all
        return [one for one in self.handed if one.id in known and known[one.id].accepted_at > self.now - REPEATS]

    def open(self) -> list[Delivery]:
        """Return what is not settled, with that last which somebody is still at."""
        open = [one for one in self.deliveries if not one.is_over]
        return sorted(open, key=lambda one: one.is_at_work(self.now))

    def just_begun(self) -> list[Delivery]:
        """Return what has been begun and nothing more."""
        return [one for one in self.deliveries if not one.has_acted]

    def unbegun(self) -> list[Job]:
        """Return the messages of leases that nobody has begun."""
        open = {(one.id, one.generation) for one in self.model.leased_ones() if not one.nonce}
        return [job for job in dict.fromkeys(self.messages) if (job.submission_id, job.generation) in open]

    def dead(self) -> list[str]:
        """Return the dead letters."""
        return [id for id, one in self.model.all.items() if one.state is State.DEAD]

    def ended(self) -> list[str]:
        """Return what has been settled before, with the dead letters last."""
        return [*(id for id, one in self.model.all.items() if one.settled), *self.dead()]

    def unsettled(self) -> list[str]:
        """Return what is still to be delivered."""
        return [id for id, one in self.model.all.items() if one.state in (State.WAITING, State.LEASED)]

    # What the journal shows -------------------------------------------------------------------------------------------

    def look(self, anew: bool = False) -> Dump:
        """Read the journal, and let the model forget the slots that it has cleared away."""
        if self._dump is None or anew:
            self._dump = self.server.dump()
            for location in LOCATIONS:
                there, slots = self._dump.scores(f"slots:{location}"), self.model.slots[location]
                for name in [name for name, at in slots.items() if at <= self.now - self.limits.lease]:
                    if name not in there:
                        del slots[name]
        return self._dump

    def _note_leases(self, jobs: list[Job], nudged: list[tuple[str, int]], was_lost: bool) -> None:
        """Tell the model what was leased, and compare that with the jobs that are to be enqueued."""
        dump = self.look(anew=True)
        enqueued = [job.submission_id for job in jobs]
        news = [id for id in dump.scores("leased") if self._is_newly_leased(dump, id)]
        news.sort(key=lambda id: enqueued.index(id) if id in enqueued else -1)
        for id in news:
            self.objections += self.model.leased(id)
        self._note_replays(news)
        self._note_daily_holds(dump)
        expected = Counter([*nudged, *((id, self.model.all[id].generation) for id in news)])
        seen = Counter((job.submission_id, job.generation) for job in jobs)
        if seen - expected or (expected - seen and not was_lost):
            self.surprises.append(f"jobs: {sorted(seen)}, not {sorted(expected)}")
        self.messages += jobs

    def _is_newly_leased(self, dump: Dump, id: str) -> bool:
        one = self.model.all.get(id)
        return bool(one and int(dump.records[id]["generation"]) > one.generation)

    def _note_replays(self, leased: list[str]) -> None:
        for one in (self.model.all[id] for id in leased):
            if one.lane == "replay" and not one.suspect and (first := self.model.live_ones_that_wait(one.location)):
                self.objections.append(f"{one.id}, a replay, is leased before {first}")

    def _note_daily_holds(self, dump: Dump) -> None:
        for location in set(dump.names("hold:")) - set(self.model.holds):
            hold = hold_in(dump, location)
            if hold.kind == "daily" and self.model.day_is_used_up(location):
                self.model.holds[location] = hold

    # Both worlds ------------------------------------------------------------------------------------------------------

    def _handed(self, form: Filled) -> Handed:
        id = f"s{next(self._numbers)}"
        known = [one for one in self.handed if one.location == form.location]
        key = known[-1].key if form.again and known else f"key of {id}"
        self._persons[id] = _persons(form.persons, form.lead)
        progress = form.progress if form.lead else 0
        return Handed(id, key, REMEMBERED, form.form, form.location, form.calls, form.lead, progress)

    def _begin(self, job: Job, worker: str, nonce: str) -> Lease | None:
        leases: list[Lease | None] = []

        def real() -> bool:
            leases.append(self.journal.begin(job, worker, nonce))
            return leases[0] is not None

        self._both(f"begin {job}", real, lambda: self.model.begin(*_key(job), nonce, worker))
        return leases[0]

    def _attempt(self, remaining: int | None) -> Attempt:
        budget = Budget(most=self.limits.rate, interval_ms=self.limits.window, remaining=remaining)
        return Attempt(
            at=datetime.fromtimestamp(self.now / SECOND, UTC),
            step="upsert",
            status=200,
            budget=None if remaining is None else budget,
        )

    def _act(self, one: Delivery, what: str, real: Callable[[], T], model: Callable[[], T | Lost]) -> T | Lost:
        """Do something with a lease, which may turn out to be lost."""
        one.has_acted = True
        answer = self._both(f"{what} of {one.job}", real, model)
        one.is_over = one.is_over or answer is LOST
        return answer

    def _both(self, what: str, real: Callable[[], T], model: Callable[[], T | Lost]) -> T | Lost:
        """Do something in both, in the model twice where the answer gets lost; return the journal's answer."""
        self.wait(1)
        times = 1 + self.server.scripts.lost_answers
        answer = self._real(real)
        for _ in range(times):
            expected = model()
        if answer != expected:
            self.surprises.append(f"{what}: {answer}, not {expected}")
        return answer

    def _real(self, act: Callable[[], T]) -> T | Lost:
        self.is_sound, self._dump = False, None
        try:
            answer: T | Lost = act()
        except LeaseLost:
            answer = LOST
        self.is_sound = True
        return answer


def hold_in(dump: Dump, location: str) -> Hold:
    """Return a location's hold."""
    found = dump.hash(f"hold:{location}")
    return Hold(found["kind"], int(found["since"]), int(found["probe_at"]), int(found["interval"]), found["token"])


def _key(job: Job) -> tuple[str, int]:
    return job.submission_id, job.generation


def _persons(persons: tuple[str, ...], lead: str) -> tuple[str, ...]:
    """Return whom a delivery takes: a lead counts as a person."""
    return (*persons, lead) if lead else persons


def _wrote(one: Delivery, attempt: Attempt) -> None:
    one.lease.wrote(
        attempt,
        upserted={"contact_id": "c1", "new": False},
        fields={"email": one.lease.record.stamp},
        contact_id="c1",
        made=False,
        identity={"email": one.persons[0]} if one.persons else {},
        creating="",
    )


def _submission(one: Handed) -> Submission:
    return Submission(
        id=one.id,
        form=one.form,
        provider="typeform",
        location=one.location,
        idempotency_key=one.key,
        remember_seconds=one.remember_seconds,
        calls=one.calls,
        content_type="application/json",
        body=b"{}",
        lead=one.lead,
        progress=one.progress,
    )


def _settled(lease: Lease, end: End) -> bool:
    match end:
        case Delivered():
            return lease.delivered({})
        case Retry():
            fields: dict[str, Any] = {"waits_for": end.waits_for} if end.waits_for else {}
            return lease.retry(end.seconds, spends=end.spends, fails=end.fails, calls=end.calls, details={}, **fields)
        case Crashed():
            return lease.crashed("it was ended by SIGKILL", seconds=end.seconds)
        case Refuse():
            return lease.hold(end.kind, "no", status=401, seconds=end.seconds, token=end.token, calls=end.calls)
        case Bury():
            return lease.bury(end.reason, (), group="g", is_open=end.is_open)
