from collections import deque

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import Redis

from sandbox.limits import Limits as Server
from sandbox.limits import LimitSettings
from shared.journal import Journal, Limits
from shared.settings import Settings
from tests.shared.journal.conftest import Clock, journal_with
from tests.shared.journal.factories import Bench
from tests.shared.journal.simulation import Simulation
from tests.shared.journal.test_settle import an_attempt

WINDOW = 10_000
UNLIMITED = LimitSettings(window="off")


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
    assert hold.probe_at
    assert hold.probe_at.hour == hold.probe_at.minute == 0
    clock.set(round(hold.probe_at.timestamp() * 1000))
    [probe] = bench.turn()
    lease = bench.begin(probe)
    lease.permit()
    lease.delivered({})
    assert journal.holds() == []


def most_in_a_window(arrivals: list[int]) -> int:
    recent: deque[int] = deque()
    most = 0
    for at in sorted(arrivals):
        recent.append(at)
        while recent[0] <= at - WINDOW:
            recent.popleft()
        most = max(most, len(recent))
    return most


def arrivals_at(simulation: Simulation, location: str = "main") -> list[int]:
    return [call.arrived for call in simulation.ours if call.location == location]


@pytest.mark.parametrize("calls", [1, 3])
def test_the_permits_use_nearly_all_of_the_limit_and_never_more(journal: Journal, clock: Clock, calls: int) -> None:
    start = clock.now
    simulation = Simulation(journal, clock, Server(UNLIMITED), has_headers=False)
    simulation.submit(600 // calls, calls, "north")
    simulation.submit(600 // calls, calls, "south")

    simulation.run(5 * WINDOW / 1000)

    for location in ("north", "south"):
        arrivals = arrivals_at(simulation, location)
        assert most_in_a_window(arrivals) <= 100
        assert sum(at < start + 5 * WINDOW for at in arrivals) >= 0.95 * 500


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 2**32),
    slowest=st.floats(100, 6000),
    calls=st.lists(st.integers(1, 3), min_size=300, max_size=300),
)
def test_no_window_ever_sees_more_than_the_limit_whatever_the_network_does(
    journal: Journal, clock: Clock, redis: Redis, seed: int, slowest: float, calls: list[int]
) -> None:
    redis.flushdb()
    clock.set(clock.now)
    simulation = Simulation(journal, clock, Server(UNLIMITED), latency=(20, slowest), has_headers=False, seed=seed)
    for several in calls:
        simulation.submit(1, several)

    simulation.run(3 * WINDOW / 1000)

    assert most_in_a_window(arrivals_at(simulation)) <= 100
