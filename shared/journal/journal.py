"""The journal: what receivers, workers and operators ask of it."""

import json
import sys
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, count, islice
from typing import Any, Literal, cast

from redis import Redis

from shared.journal.epoch import Data, Epoch, Loss, data_of, losses_of
from shared.journal.lease import Lease
from shared.journal.limits import Limits
from shared.journal.records import ATTEMPTS, Event, Hold, Ledger, Queue, Record, Workforce, strings
from shared.journal.scripts import Scripts
from shared.settings import DAY_SECONDS, Settings
from shared.submission import Attempt, Edit, State

HEARTBEAT_SECONDS = 15
IDS_AT_ONCE = 500
HASTEN_AT_ONCE = 500
LANES = ("live", "replay")


@dataclass(frozen=True)
class Submission:
    """
    What the receiver hands over: the body as it came, and how to recognise it when it comes again.

    A sender may send one lead several times, in revisions: they share a `lead`, a digest, and a later one has no less
    `progress`.
    """

    id: str
    form: str
    provider: str
    location: str
    idempotency_key: str
    remember_seconds: int
    calls: int
    content_type: str
    body: bytes
    lead: str = ""
    progress: int = 0


@dataclass(frozen=True)
class Job:
    """A lease that some worker may begin."""

    submission_id: str
    generation: int


@dataclass(frozen=True)
class Receipt:
    """
    What became of a submission that was handed over.

    `id` is its own when it is accepted, else that of the one that stands for it: the first, of which it is a duplicate,
    or a newer revision of the same lead.
    """

    id: str
    status: Literal["accepted", "duplicate", "superseded"]


@dataclass(frozen=True)
class Accepted:
    """What became of each submission that was handed over, in their order, and the jobs to enqueue."""

    receipts: list[Receipt]
    jobs: list[Job]


@dataclass(frozen=True)
class Turn:
    """What one turn of the pump found: jobs to enqueue, when to come back, and what the watchdog looks at."""

    sleep_seconds: float
    unbegun: int
    taken_back: list[str]
    buried: list[str]
    jobs: list[Job]


class Journal:
    """The journal in one Redis, under one prefix."""

    def __init__(self, redis: Redis, settings: Settings, limits: Limits | None = None) -> None:
        self.redis = redis
        self._prefix = settings.redis_prefix
        self._settings = settings
        self._scripts = Scripts(redis, self._prefix, limits or Limits.of(settings))
        self._epoch = Epoch()

    # Receiving -------------------------------------------------------------------------------------------------

    def accept(self, *submissions: Submission) -> Accepted:
        """
        Store submissions, all or none, but for those that are known; lease what may run now where they go.

        It is one round trip, and may be repeated.
        """
        locations = dict.fromkeys(submission.location for submission in submissions)
        accepted, *dispatched, epoch = self._scripts.run_all(
            ("accept", *chain.from_iterable(map(_arguments, submissions))),
            *(("dispatch", location) for location in locations),
            ("epoch", *self._epoch.arguments()),
        )
        self._notice(epoch)
        if isinstance(accepted, Exception):
            raise accepted
        # What is accepted is accepted: when nothing could be leased, the pump does it.
        jobs = [job for answer in dispatched if not isinstance(answer, Exception) for job in _jobs(answer)]
        return Accepted([Receipt(known.decode(), status.decode()) for status, known in accepted], jobs)

    # Delivering ------------------------------------------------------------------------------------------------

    def turn(self, worker: str, threads: int) -> Turn:
        """Take one turn of the pump for a worker with that many threads; 0 says that it is stopping."""
        turn, epoch = self._scripts.run_all(
            ("pump", worker, threads, HEARTBEAT_SECONDS * 1000), ("epoch", *self._epoch.arguments())
        )
        self._notice(epoch)
        if isinstance(turn, Exception):
            raise turn
        wake, unbegun, taken_back, buried, *jobs = turn
        return Turn(int(wake) / 1000, unbegun, taken_back.decode().split(), buried.decode().split(), _jobs(jobs))

    def begin(self, job: Job, worker: str, nonce: str) -> Lease | None:
        """Begin a delivery; None when another worker has begun it or it is settled."""
        answer = self._scripts.run("begin", job.submission_id, job.generation, nonce, worker)
        if not answer:
            return None
        begun_at, last_answer, held, body, *fields = answer
        pairs = dict(zip(fields[::2], fields[1::2], strict=True))
        return Lease(
            record=Record.model_validate({"id": job.submission_id, **strings(pairs)}),
            body=zlib.decompress(body) if body else b"",
            begun_at=_time(begun_at),
            last_answer=_time(last_answer),
            held=held == b"1",
            _scripts=self._scripts,
            _keep_body_seconds=round(self._settings.keep_bodies_days * DAY_SECONDS),
        )

    def is_suspect(self, submission_id: str) -> bool:
        """Say whether a submission's last delivery went down with its process, so that it needs one of its own."""
        return cast("bytes | None", self.redis.hget(self._key("sub", submission_id), "suspect")) == b"1"

    def announce_token(self, location: str, token: str) -> bool:
        """Say that a worker starts with this token (its keyed hash); return whether that lifted a hold."""
        return bool(self._scripts.run("announce_token", location, token))

    def forget(self, most: int) -> int:
        """Remove records whose time is over, at most that many of each state; return how many."""
        kept = {
            State.DELIVERED: self._settings.keep_delivered_days,
            State.DISCARDED: self._settings.keep_discarded_days,
        }
        return sum(
            int(self._scripts.run("forget", state, round(days * DAY_SECONDS), most)) for state, days in kept.items()
        )

    # Operating -------------------------------------------------------------------------------------------------

    def find(self, submission_id: str) -> Record | None:
        """Return the record of a submission, or None when there is none."""
        return next(self._records([submission_id]), None)

    def submissions(self, state: State, limit: int = 0) -> Iterator[Record]:
        """Yield the records of a state, newest first; a limit of 0 means all."""
        if state in (State.WAITING, State.LEASED):  # their shelves are sorted by what comes next, not by what came last
            yield from self._records(islice(self._by_move(self._ids(state, 0)), limit or None))
        else:
            yield from self._records(self._ids(state, limit))

    def body(self, submission_id: str) -> bytes | None:
        """Return the body as it was received, or None when its time is over."""
        body = cast("bytes | None", self.redis.get(self._key("body", submission_id)))
        return zlib.decompress(body) if body is not None else None

    def attempts(self, submission_id: str) -> list[Attempt]:
        """Return the calls made to HighLevel for a submission, oldest first."""
        lines = cast(list[bytes], self.redis.lrange(self._key("attempts", submission_id), 0, -1))
        return ATTEMPTS.validate_python([json.loads(line) for line in lines])

    def events(self, submission_id: str) -> list[Event]:
        """Return what happened to a submission, oldest first."""
        lines = cast(list[bytes], self.redis.lrange(self._key("events", submission_id), 0, -1))
        return [Event.model_validate_json(line) for line in lines]

    def replay(self, submission_id: str, provider: str, location: str, calls: int) -> bool:
        """Let a dead letter wait for another delivery; False when it is no dead letter any more."""
        return bool(self._scripts.run("replay", submission_id, provider, location, calls))

    def edit(self, submission_id: str, change: Edit) -> bool:
        """Keep an operator's change of a dead letter, on top of earlier ones; False when it is none any more."""
        return bool(self._scripts.run("edit", submission_id, change.model_dump_json()))

    def forget_edits(self, submission_id: str) -> bool:
        """Take all changes of a dead letter back; False when it is none any more."""
        return bool(self._scripts.run("forget_edits", submission_id))

    def discard(self, submission_id: str) -> bool:
        """Drop a dead letter for good; False when it is none any more."""
        seconds = round(self._settings.keep_bodies_days * DAY_SECONDS)
        return bool(self._scripts.run("discard", submission_id, seconds))

    def holds(self) -> list[Hold]:
        """Return the locations that wait, and why."""
        locations = sorted(self._members("holds"))
        found = [(name, cast(dict[bytes, bytes], self.redis.hgetall(self._key("hold", name)))) for name in locations]
        return [Hold.model_validate({"location": name, **strings(fields)}) for name, fields in found if fields]

    def lift(self, location: str) -> bool:
        """End a location's hold; False when it was not held."""
        return bool(self._scripts.run("lift", location))

    def hasten(self, location: str, cause: str) -> int:
        """Bring forward what waits at a location for this cause, a few at a time; return how many."""
        return sum(self._hastened(location, lane, cause) for lane in LANES)

    def queues(self) -> list[Queue]:
        """Return what waits, by location, form and cause; it takes as long with very many as with few."""
        return [
            Queue(location=location, form=form, cause=cause, length=length, oldest=_time(oldest), since=_time(since))
            for name, length, oldest, since in _groups(self._scripts.run("queues"), 4)
            for location, form, cause in [name.decode().split(":")]
        ]

    def ledger(self) -> Ledger:
        """Return the populations of all states."""
        return Ledger.model_validate(strings(cast(dict[bytes, bytes], self.redis.hgetall(self._key("ledger")))))

    def ledgers_of_forms(self) -> dict[str, Ledger]:
        """Return the populations of every form that a submission was accepted for."""
        return self._ledgers("form", self.forms())

    def ledgers_of_locations(self) -> dict[str, Ledger]:
        """Return the populations of every location that a submission was accepted for."""
        return self._ledgers("location", self.locations())

    def forms(self) -> list[str]:
        """Return every form that a submission was accepted for."""
        return sorted(self._members("forms"))

    def locations(self) -> list[str]:
        """Return every location that a submission was accepted for."""
        return sorted(self._members("locations"))

    def workforce(self) -> Workforce:
        """Return who lives to deliver, and for how long leases have waited for somebody to begin them."""
        pipeline = self.redis.pipeline(transaction=False)
        pipeline.time()
        pipeline.zrange(self._key("workers"), 0, -1, withscores=True)
        pipeline.hgetall(self._key("threads"))
        pipeline.zrange(self._key("unbegun"), 0, -1)
        pipeline.get(self._key("standstill"))
        (seconds, microseconds), heartbeats, threads, unbegun, standstill = pipeline.execute()
        now = seconds + microseconds / 1_000_000
        expiries = self.redis.zmscore(self._key("leased"), unbegun) if unbegun else []
        leased_at = [expiry / 1000 - self._settings.lease_seconds for expiry in expiries if expiry is not None]
        waiting_since = [*leased_at, *([int(standstill) / 1000] if standstill and leased_at else [])]
        alive = [worker for worker, until in heartbeats if until > now * 1000]
        return Workforce(
            alive=len(alive),
            threads=sum(int(threads.get(worker, 0)) for worker in alive),
            last_heartbeat=round(heartbeats[-1][1]) - HEARTBEAT_SECONDS * 1000 if heartbeats else None,
            unbegun=len(leased_at),
            unbegun_seconds=round(max(0.0, now - min(waiting_since, default=now)), 3),
            patience_seconds=self._settings.watchdog_seconds,
        )

    def look(self) -> Data:
        """Look whether the data is still what it was when this process saw it last; tell of a loss, and return it."""
        return self._epoch.learn(self._scripts.run("epoch", *self._epoch.arguments()))

    def data(self) -> Data:
        """Return what others have found out of the data, without a look of our own."""
        epoch = cast("bytes | None", self.redis.get(self._key("epoch"))) or b""
        return data_of(epoch.decode(), self._losses().values())

    def acknowledge_losses(self) -> list[Loss]:
        """Tell no more of the losses of data; return them."""
        losses = self._losses()
        for epoch in losses:
            self.redis.hset(self._key("lost"), epoch, "")
        return sorted(losses.values(), key=lambda loss: loss.at)

    def dead_by_reason(self) -> dict[str, int]:
        """Return how many dead letters there are of each reason."""
        stored = cast("dict[bytes, bytes]", self.redis.hgetall(self._key("reasons")))
        return {reason.decode(): int(number) for reason, number in sorted(stored.items())}

    def shelves(self) -> list[tuple[str, int, int]]:
        """Return each state with its population by the ledger and by count, taken in one instant."""
        answer = self._scripts.run("audit")
        return [(state.decode(), by_ledger, counted) for state, by_ledger, counted in _groups(answer, 3)]

    def misplaced(self) -> list[str]:
        """Return the submissions whose record and shelf disagree; reads every record."""
        keys = cast(Iterator[bytes], self.redis.scan_iter(match=self._key("sub", "*"), count=500))
        ids = (name.decode().rpartition(":")[2] for name in keys)
        return [wrong.decode() for group in _groups(ids, 200) for wrong in self._scripts.run("misplaced", *group)]

    def wake_channel(self) -> str:
        """Return the channel on which a sleeping pump is woken."""
        return self._key("wake")

    def _hastened(self, location: str, lane: str, cause: str) -> int:
        total, passed, looked_at = 0, 0, HASTEN_AT_ONCE
        while looked_at == HASTEN_AT_ONCE:
            moved, left = self._scripts.run("hasten", location, lane, cause, passed, HASTEN_AT_ONCE)
            total, passed, looked_at = total + moved, passed + left, moved + left
        return total

    def _by_move(self, ids: Iterator[str]) -> Iterator[str]:
        """Yield ids, the one that moved last first; of very many only that is read to sort them."""
        moves = []
        for group in _groups(ids, IDS_AT_ONCE):
            pipeline = self.redis.pipeline(transaction=False)
            for submission_id in group:
                pipeline.hget(self._key("sub", submission_id), "since")
            moves += [(int(since or 0), name) for name, since in zip(group, pipeline.execute(), strict=True)]
        return (name for _, name in sorted(moves, reverse=True))

    def _notice(self, answer: Any) -> None:
        if not isinstance(answer, Exception):  # Redis may have no room for the mark; then it is left next time
            self._epoch.learn(answer)

    def _losses(self) -> dict[str, Loss]:
        return losses_of(cast("dict[bytes, bytes]", self.redis.hgetall(self._key("lost"))))

    def _ids(self, state: State, limit: int) -> Iterator[str]:
        for shelf in self._shelves(state):
            left = limit or sys.maxsize
            for start in count(0, IDS_AT_ONCE):
                last = start + min(left, IDS_AT_ONCE) - 1
                ids = cast(list[bytes], self.redis.zrange(shelf, start, last, desc=True))
                yield from (name.decode() for name in ids)
                left -= len(ids)
                if len(ids) < IDS_AT_ONCE or not left:
                    break

    def _shelves(self, state: State) -> list[str]:
        if state is not State.WAITING:
            return [self._key(state)]
        due = [self._key("due", location, lane) for location in self.locations() for lane in LANES]
        return [*due, self._key("suspects")]

    def _records(self, ids: Iterator[str] | list[str]) -> Iterator[Record]:
        for group in _groups(ids, 200):
            pipeline = self.redis.pipeline(transaction=False)
            for submission_id in group:
                pipeline.hgetall(self._key("sub", submission_id))
            for submission_id, fields in zip(group, pipeline.execute(), strict=True):
                if fields:
                    yield Record.model_validate({"id": submission_id, **strings(fields)})

    def _ledgers(self, kind: str, names: list[str]) -> dict[str, Ledger]:
        pipeline = self.redis.pipeline(transaction=False)
        for name in names:
            pipeline.hgetall(self._key("ledger", kind, name))
        return {
            name: Ledger.model_validate(strings(found)) for name, found in zip(names, pipeline.execute(), strict=True)
        }

    def _members(self, name: str) -> list[str]:
        return [member.decode() for member in cast(set[bytes], self.redis.smembers(self._key(name)))]

    def _key(self, *parts: str) -> str:
        return self._prefix + ":".join(parts)


def _arguments(submission: Submission) -> tuple[str | int | bytes, ...]:
    fields = {
        "form": submission.form,
        "provider": submission.provider,
        "location": submission.location,
        "calls": str(submission.calls),
        "content_type": submission.content_type,
    }
    if submission.lead:
        fields |= {"lead": submission.lead, "progress": str(submission.progress)}
    return (
        submission.id,
        submission.idempotency_key,
        submission.remember_seconds,
        json.dumps(fields),
        zlib.compress(submission.body),
    )


def _jobs(answer: list[Any]) -> list[Job]:
    return [Job(name.decode(), int(generation)) for name, generation in _groups(answer, 2)]


def _groups(items: Iterable[Any], size: int) -> Iterator[tuple[Any, ...]]:
    items = iter(items)
    while group := tuple(islice(items, size)):
        yield group


def _time(milliseconds: bytes) -> datetime:
    return datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
