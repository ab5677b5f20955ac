import heapq
import random
from collections import deque
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import Redis

from shared.journal import Job, Journal, Lease, Limits
from shared.settings import Settings
from shared.submission import Attempt
from tests.shared.journal.conftest import Clock, journal_with
from tests.shared.journal.factories import Bench, a_submission
from tests.shared.journal.test_settle import an_attempt

WINDOW = 10_000


def test_a_location_gets_no_more_than_its_limit_in_a_window(bench: Bench, clock: Clock) -> None:
    for _ in range(150):
        bench.accept()
    leased = 0
    for _ in range(99):
        leased += len(bench.turn())
        clock.advance(0.1)

    assert leased == 100


def test_grants_are_paced_after_a_small_burst(bench: Bench, clock: Clock) -> None:
    for _ in range(50):
        bench.accept()

    assert len(bench.turn()) == 10
    clock.advance(0.91)
    assert len(bench.turn()) == 10


def test_locations_have_limits_of_their_own(bench: Bench) -> None:
    for _ in range(10):
        bench.accept(location="north")
        bench.accept(location="south")

    assert len(bench.turn()) == 20


def test_a_lease_takes_as_many_permits_as_the_form_usually_needs(bench: Bench, clock: Clock) -> None:
    for _ in range(50):
        bench.accept(calls=3)
    leased = 0
    for _ in range(99):
        leased += len(bench.turn())
        clock.advance(0.1)

    assert leased == 33


def test_a_slot_is_free_ten_seconds_after_the_answer(bench: Bench, clock: Clock, redis: Redis) -> None:
    lease = bench.leased("s1")
    lease.permit()
    clock.advance(2)
    lease.store(an_attempt())

    assert redis.zrange("hookline:slots:main", 0, -1, withscores=True) == [(b"s1:1:1", clock.now + WINDOW)]


def test_a_call_without_an_answer_keeps_its_slot_to_the_end_of_the_lease(
    bench: Bench, clock: Clock, redis: Redis
) -> None:
    lease = bench.leased("s1")
    lease.permit()
    lease.store(an_attempt(status=None))
    lease.retry(1, spends=True, calls=1, details={})

    assert redis.zrange("hookline:slots:main", 0, -1, withscores=True) == [(b"s1:1:1", clock.now + 40_000)]


def test_permits_that_mapping_shows_to_be_unneeded_are_free_at_once(bench: Bench, redis: Redis) -> None:
    lease = bench.leased("s1", calls=3)

    lease.spare(1)

    assert redis.zrange("hookline:slots:main", 0, -1) == [b"s1:1:1"]


def test_permits_that_a_delivery_did_not_use_are_free_at_once(bench: Bench, redis: Redis) -> None:
    lease = bench.leased("s1", calls=3)
    lease.permit()
    lease.store(an_attempt())
    lease.delivered({})

    assert redis.zrange("hookline:slots:main", 0, -1) == [b"s1:1:1"]


def test_permits_given_back_do_not_slow_the_pace(bench: Bench, clock: Clock) -> None:
    for _ in range(200):
        bench.accept(calls=3)
    made = 0
    for _ in range(99):
        for job in bench.turn():
            lease = bench.begin(job)
            lease.spare(1)
            lease.permit()
            lease.store(an_attempt())
            lease.delivered({})
            made += 1
        clock.advance(0.1)

    assert made >= 95


def test_a_further_call_asks_for_a_permit(bench: Bench) -> None:
    lease = bench.leased("s1", calls=1)

    assert lease.permit() == 0
    assert lease.permit() == 0
    assert lease.used == 2


def test_a_further_call_is_refused_until_a_slot_is_free(
    redis: Redis, settings: Settings, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(journal_with(redis, settings, Limits(rate=1), monkeypatch))
    lease = bench.leased("s1")
    lease.permit()
    lease.store(an_attempt())

    assert lease.permit() == 10


def test_an_exhausted_day_holds_the_location_until_midnight(
    redis: Redis, settings: Settings, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = journal_with(redis, settings, Limits(daily=3), monkeypatch)
    bench = Bench(journal)
    for _ in range(5):
        bench.accept()

    assert len(bench.turn()) == 3
    [hold] = journal.holds()
    assert hold.kind == "daily"
    assert hold.probe_at.hour == hold.probe_at.minute == 0
    clock.set(round(hold.probe_at.timestamp() * 1000))
    [probe] = bench.turn()
    lease = bench.begin(probe)
    lease.permit()
    lease.delivered({})
    assert journal.holds() == []


@dataclass
class Network:
    """Deliveries in simulated time: each call arrives and is answered after round trips that jitter."""

    journal: Journal
    clock: Clock
    chance: random.Random
    slowest: float
    arrivals: dict[str, list[int]] = field(default_factory=dict)
    _events: list[tuple[int, int, Lease]] = field(default_factory=list)
    _tie: int = 0

    def run(self, until: int) -> None:
        while self.clock.now < until:
            turn = self.journal.turn("worker", 16)
            for job in turn.jobs:
                self._start(job)
            wake = self.clock.now + round(turn.sleep_seconds * 1000)
            while self._events and self._events[0][0] <= wake:
                at, _, lease = heapq.heappop(self._events)
                self.clock.set(max(at, self.clock.now))
                self._answer(lease)
            self.clock.set(max(self.clock.now + 1, min(wake, until)))

    def _start(self, job: Job) -> None:
        lease = self.journal.begin(job, "worker", nonce="n")
        assert lease
        self._call(lease)

    def _call(self, lease: Lease) -> None:
        assert lease.permit() == 0
        there = self._trip()
        self.arrivals.setdefault(lease.record.location, []).append(self.clock.now + there)
        self._tie += 1
        heapq.heappush(self._events, (self.clock.now + there + self._trip(), self._tie, lease))

    def _answer(self, lease: Lease) -> None:
        lease.store(Attempt.model_validate({**an_attempt().model_dump(), "status": 200}))
        if lease.used < lease.record.calls:
            self._call(lease)
        else:
            lease.delivered({})

    def _trip(self) -> int:
        slow = self.chance.random() < 0.05
        return round(1000 * (self.chance.uniform(0, self.slowest) if slow else self.chance.uniform(0.01, 0.08)))


def most_in_a_window(arrivals: list[int]) -> int:
    recent: deque[int] = deque()
    most = 0
    for at in sorted(arrivals):
        recent.append(at)
        while recent[0] <= at - WINDOW:
            recent.popleft()
        most = max(most, len(recent))
    return most


@pytest.mark.parametrize("calls", [1, 3])
def test_the_permits_use_nearly_all_of_the_limit_and_never_more(journal: Journal, clock: Clock, calls: int) -> None:
    for number in range(600 // calls):
        journal.accept(a_submission(f"n{number}", location="north", calls=calls))
        journal.accept(a_submission(f"s{number}", location="south", calls=calls))
    start = clock.now
    network = Network(journal, clock, random.Random(7), slowest=0.3)

    network.run(until=start + 5 * WINDOW)

    for arrivals in (network.arrivals["north"], network.arrivals["south"]):
        assert most_in_a_window(arrivals) <= 100
        assert sum(at < start + 5 * WINDOW for at in arrivals) >= 0.95 * 500


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 2**32), slowest=st.floats(0.1, 6), calls=st.lists(st.integers(1, 3), min_size=300, max_size=300)
)
def test_no_window_ever_sees_more_than_the_limit_whatever_the_network_does(
    journal: Journal, clock: Clock, redis: Redis, seed: int, slowest: float, calls: list[int]
) -> None:
    redis.flushdb()
    clock.set(clock.now)
    for number, several in enumerate(calls):
        journal.accept(a_submission(f"s{number}", calls=several))
    network = Network(journal, clock, random.Random(seed), slowest)

    network.run(until=clock.now + 3 * WINDOW)

    assert most_in_a_window(network.arrivals["main"]) <= 100
