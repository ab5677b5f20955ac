"""Workers, a network and HighLevel's rate limit in simulated time, on the journal's real scripts."""

import heapq
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from random import Random
from typing import cast

from sandbox.limits import Limits
from shared.highlevel.budget import budget_of
from shared.journal import Job, Journal, Lease
from shared.submission import Attempt
from tests.shared.journal.conftest import Clock
from tests.shared.journal.factories import a_submission

LOCATION = "main"


@dataclass(frozen=True)
class Call:
    """A call as the server saw it."""

    location: str
    arrived: int
    status: int


@dataclass
class Simulation:
    """
    Workers with work, and a stranger who uses the same limit.

    A call is there and back within its `latency` (a range of milliseconds), and at the server somewhere in between;
    `threads` deliver, and a pump takes its turns when it is woken.
    """

    journal: Journal
    clock: Clock
    limits: Limits
    threads: int = 16
    latency: tuple[float, float] = (20, 160)
    has_headers: bool = True
    seed: int = 7
    ours: list[Call] = field(default_factory=list)
    strangers: list[Call] = field(default_factory=list)
    _free: int = 0
    _now: int = 0
    _wake: int = 0
    _jobs: deque[Job] = field(default_factory=deque)
    _events: list[tuple[int, int, Callable[[], object]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._free, self._now = self.threads, self.clock.now
        self._chance = Random(self.seed)
        self._ties = count()
        self._turn()

    def submit(self, number: int, calls: int = 1, location: str = LOCATION) -> None:
        """Accept that many submissions that need so many calls each."""
        for _ in range(number):
            self._jobs += self.journal.accept(a_submission(location=location, calls=calls)).jobs
        self._begin()
        self._wake = self._now

    def stranger(self, times: Iterable[float]) -> None:
        """Let somebody else call at these times, in seconds from now."""
        for seconds in times:
            self._at(self._now + round(seconds * 1000), lambda: self._arrive(self.strangers, LOCATION))

    def run(self, seconds: float) -> None:
        """Let the time go on."""
        until = self.clock.now + round(seconds * 1000)
        while (at := min(self._next_event(), self._wake)) < until:
            self._now = max(at, self._now)
            if self._next_event() <= at:
                heapq.heappop(self._events)[2]()
            else:
                self._turn()
        self._now = until
        self.clock.set(until)

    def _next_event(self) -> int:
        return self._events[0][0] if self._events else 1 << 62

    def _turn(self) -> None:
        self.clock.set(self._now)
        self._jobs += self.journal.turn("worker", self.threads).jobs
        self._begin()
        self._wake = max(self._woken_at(), self._now + 1)

    def _woken_at(self) -> int:
        return int(cast(bytes, self.journal.redis.get("hookline:pump")))

    def _begin(self) -> None:
        while self._jobs and self._free:
            lease = self.journal.begin(self._jobs.popleft(), "worker", nonce="n")
            if lease:
                self._free -= 1
                self._call(lease)

    def _call(self, lease: Lease) -> None:
        if seconds := lease.permit():
            lease.retry(seconds, spends=False, calls=lease.record.calls - lease.used, details={})
            self._end()
            return
        trip = self._chance.uniform(*self.latency)
        there = trip * self._chance.uniform(0.2, 0.8)
        arrival, answer = self._now + round(there), self._now + round(trip)

        def arrive() -> None:
            attempt = self._arrive(self.ours, lease.record.location)
            self._at(answer, lambda: self._answer(lease, attempt))

        self._at(arrival, arrive)

    def _arrive(self, calls: list[Call], location: str) -> Attempt:
        now = self._now / 1000
        status = 200 if self.limits.admit(location, now) else 429
        calls.append(Call(location, self._now, status))
        headers = self.limits.headers(location, now) if self.has_headers else {}
        at = datetime.fromtimestamp(now, UTC)
        return Attempt(at=at, step="upsert", status=status, budget=budget_of(headers, at))

    def _answer(self, lease: Lease, attempt: Attempt) -> None:
        self.clock.set(self._now)
        lease.store(attempt)
        if attempt.status == 429:
            left = lease.record.calls - lease.used + 1
            lease.hold("rate", "Too Many Requests", status=429, seconds=10, token="", calls=left)
        elif lease.used < lease.record.calls:
            self._call(lease)
            return
        else:
            lease.delivered({})
        self._end()

    def _end(self) -> None:
        self._free += 1
        self._begin()
        self._wake = min(self._wake, max(self._woken_at(), self._now + 1))

    def _at(self, time: int, act: Callable[[], object]) -> None:
        heapq.heappush(self._events, (time, next(self._ties), act))
