"""What the permits learn from HighLevel's headers: its limits, what other programs take of them, and the day."""

from collections.abc import Iterable
from datetime import UTC, datetime

import pytest
from redis import Redis

from sandbox.limits import Limits as Server
from sandbox.limits import LimitSettings, Window
from shared.journal import Journal, Lease, Limits
from shared.settings import Settings
from shared.submission import Attempt, Budget, Reason
from tests.shared.journal.conftest import Clock, journal_with
from tests.shared.journal.factories import Bench
from tests.shared.journal.simulation import Call, Simulation

LIMIT, WINDOW_MS = 100, 10_000
LEFT_BY_A_STRANGER = 40
DAY_SECONDS = 24 * 3600
LAN, INTERNET, SLOW, UNSTEADY = (5, 10), (20, 160), (1900, 2000), (5, 2000)


def answer(lease: Lease, status: int = 200, **budget: int) -> None:
    lease.permit()
    at = datetime(2026, 9, 21, tzinfo=UTC)
    lease.store(Attempt(at=at, step="upsert", status=status, budget=Budget(**budget) if budget else None))


def deliver(lease: Lease, **budget: int) -> None:
    answer(lease, **budget)
    lease.delivered({})


def leased_in_a_window(bench: Bench, clock: Clock) -> int:
    for _ in range(LIMIT):
        bench.accept()
    leased = 0
    for _ in range(99):
        leased += len(bench.turn())
        clock.advance(0.1)
    return leased


# The limits -----------------------------------------------------------------------------------------------------


def test_the_headers_limit_counts(bench: Bench, clock: Clock) -> None:
    deliver(bench.leased(), most=20, remaining=19)

    assert leased_in_a_window(bench, clock) == 19


def test_the_headers_interval_counts(bench: Bench, clock: Clock, redis: Redis) -> None:
    deliver(bench.leased("s1"), most=100, remaining=99, interval_ms=4000)

    assert redis.zscore("hookline:slots:main", "s1:1:1") == clock.now + 4000


def test_a_call_without_an_answer_counts_for_longer_where_the_interval_is_longer(
    bench: Bench, clock: Clock, redis: Redis
) -> None:
    deliver(bench.leased("s1"), most=100, remaining=99, interval_ms=30_000)
    bench.leased("s2").permit()

    assert redis.zscore("hookline:slots:main", "s2:1:1") == clock.now + 40_000 + 20_000


def test_nonsense_in_the_headers_does_not_stop_a_location(bench: Bench, clock: Clock) -> None:
    deliver(bench.leased(calls=3), most=0, remaining=-5, interval_ms=0, daily_limit=0, daily_remaining=0)
    clock.advance(10)

    assert bench.leased(calls=3)


def test_what_the_headers_said_is_forgotten_after_an_hour(bench: Bench, redis: Redis) -> None:
    deliver(bench.leased(), most=20, remaining=19)

    assert 3500 < redis.ttl("hookline:rate:main") <= 3600


def test_without_headers_nothing_is_learned(bench: Bench, redis: Redis) -> None:
    deliver(bench.leased())

    assert not redis.exists("hookline:rate:main")


def test_what_others_take_is_left_to_them(bench: Bench, clock: Clock) -> None:
    deliver(bench.leased(), most=100, remaining=39)

    assert leased_in_a_window(bench, clock) == 100 - 60 - 2 - 1


def test_what_others_took_is_forgotten_when_they_are_gone(bench: Bench, clock: Clock) -> None:
    deliver(bench.leased(), most=100, remaining=39)
    clock.advance(40)

    assert leased_in_a_window(bench, clock) == 100


def test_our_own_calls_on_their_way_are_not_taken_for_others(bench: Bench, redis: Redis) -> None:
    slow = [bench.leased() for _ in range(5)]
    for lease in slow:
        lease.permit()
    deliver(bench.leased(), most=100, remaining=94)

    assert redis.hget("hookline:rate:main", "others") is None


def test_a_429_without_headers_makes_room_for_others(bench: Bench, redis: Redis) -> None:
    answer(bench.leased(), status=429)

    assert redis.hget("hookline:rate:main", "others") == b"105"


def test_a_few_calls_are_always_ours(bench: Bench, clock: Clock) -> None:
    deliver(bench.leased(), most=100, remaining=0)

    assert leased_in_a_window(bench, clock) == 5 - 1


# Alone and beside others ----------------------------------------------------------------------------------------


def steadily(rate: float, until: float, since: float = 0.05) -> list[float]:
    return [since + number / rate for number in range(round((until - since) * rate))]


def in_bursts(number: int, at: float, until: float) -> list[float]:
    starts = [at + 10 * burst for burst in range(round(until - at) // 10 + 1)]
    return [start + 0.02 * call for start in starts for call in range(number)]


def a_simulation(
    journal: Journal, clock: Clock, window: Window = "sliding", phase: float = 5, **more: object
) -> Simulation:
    """Return a simulation that begins that many seconds after a window of the server has begun."""
    clock.set(clock.now - clock.now % WINDOW_MS + round(phase * 1000))
    return Simulation(journal, clock, Server(LimitSettings(window=window)), **more)  # type: ignore[arg-type]


def refused(calls: Iterable[Call]) -> int:
    return sum(call.status == 429 for call in calls)


def accepted(calls: Iterable[Call], since: float = 0) -> int:
    return sum(call.status == 200 and call.arrived >= since for call in calls)


@pytest.mark.parametrize(
    ("window", "calls", "threads", "latency"),
    [("sliding", 1, 1, LAN), ("fixed", 3, 32, LAN), ("fixed", 1, 16, INTERNET), ("sliding", 3, 16, INTERNET)],
)
def test_alone_nearly_all_of_the_limit_is_used(
    journal: Journal, clock: Clock, window: Window, calls: int, threads: int, latency: tuple[float, float]
) -> None:
    simulation = a_simulation(journal, clock, window, threads=threads, latency=latency)
    simulation.submit(320 // calls, calls)
    simulation.run(30)

    assert refused(simulation.ours) == 0
    assert accepted(simulation.ours) >= 0.98 * 3 * LIMIT


@pytest.mark.parametrize(("calls", "threads", "latency"), [(1, 1, SLOW), (1, 32, SLOW), (3, 32, UNSTEADY)])
def test_alone_on_a_slow_network_the_headers_cost_nothing(
    journal: Journal, clock: Clock, redis: Redis, calls: int, threads: int, latency: tuple[float, float]
) -> None:
    made = []
    for has_headers in (True, False):
        redis.flushdb()
        simulation = a_simulation(journal, clock, threads=threads, latency=latency, has_headers=has_headers)
        simulation.submit(300 // calls, calls)
        simulation.run(30)
        assert refused(simulation.ours) == 0
        made.append(len(simulation.ours))

    assert made[0] == made[1]


@pytest.mark.parametrize("window", ["sliding", "fixed"])
@pytest.mark.parametrize(("calls", "latency"), [(1, LAN), (3, INTERNET)])
def test_beside_a_steady_stranger_nearly_all_that_is_left_is_used(
    journal: Journal, clock: Clock, window: Window, calls: int, latency: tuple[float, float]
) -> None:
    simulation = a_simulation(journal, clock, window, threads=32, latency=latency)
    simulation.stranger(steadily(6, until=71))
    simulation.run(11)
    simulation.submit(300 // calls, calls)
    simulation.run(60)

    assert refused(simulation.ours) == 0
    assert accepted(simulation.ours) >= 0.9 * 6 * LEFT_BY_A_STRANGER


@pytest.mark.parametrize("latency", [SLOW, UNSTEADY])
def test_beside_a_steady_stranger_a_slow_network_causes_no_429(
    journal: Journal, clock: Clock, latency: tuple[float, float]
) -> None:
    simulation = a_simulation(journal, clock, threads=32, latency=latency)
    simulation.stranger(steadily(6, until=71))
    simulation.run(11)
    simulation.submit(300)
    simulation.run(60)

    assert refused(simulation.ours + simulation.strangers) == 0
    assert accepted(simulation.ours) >= 0.65 * 6 * LEFT_BY_A_STRANGER


@pytest.mark.parametrize(("window", "at"), [("sliding", 2), ("fixed", 0), ("fixed", 2), ("fixed", 8)])
def test_beside_a_stranger_who_comes_in_bursts(journal: Journal, clock: Clock, window: Window, at: float) -> None:
    simulation = a_simulation(journal, clock, window)
    simulation.stranger(in_bursts(60, at, until=70))
    simulation.run(10.2)
    simulation.submit(300)
    simulation.run(60)

    assert refused(simulation.ours + simulation.strangers) == 0
    assert accepted(simulation.ours) >= 0.9 * 6 * LEFT_BY_A_STRANGER


@pytest.mark.parametrize("window", ["sliding", "fixed"])
def test_a_stranger_who_appears_costs_a_429_once(journal: Journal, clock: Clock, window: Window) -> None:
    simulation = a_simulation(journal, clock, window)
    start = clock.now
    simulation.stranger(steadily(6, since=20, until=70))
    simulation.submit(600)
    simulation.run(70)

    late = [call for call in simulation.ours if call.arrived >= start + 40_000]
    assert refused(simulation.ours) <= 3
    assert refused(late) == 0
    assert accepted(late) >= 0.85 * 3 * LEFT_BY_A_STRANGER


def test_a_stranger_who_leaves_is_forgotten_within_a_minute(journal: Journal, clock: Clock) -> None:
    simulation = a_simulation(journal, clock)
    start = clock.now
    simulation.stranger(steadily(6, until=25))
    simulation.run(11)
    simulation.submit(800)
    simulation.run(89)

    assert refused(simulation.ours) == 0
    assert accepted(simulation.ours, since=start + 80_000) >= 0.98 * 2 * LIMIT


def test_a_stranger_who_takes_everything_does_not_stop_us_for_good(journal: Journal, clock: Clock) -> None:
    simulation = a_simulation(journal, clock)
    start = clock.now
    simulation.stranger(steadily(20, until=40))
    simulation.run(11)
    simulation.submit(600)
    simulation.run(109)

    tried = [call for call in simulation.ours if call.arrived < start + 40_000]
    assert 3 <= refused(tried) <= 20
    assert accepted(simulation.ours, since=start + 100_000) >= 0.98 * 2 * LIMIT


def test_without_headers_a_stranger_costs_429s_and_the_work_goes_on(journal: Journal, clock: Clock) -> None:
    simulation = a_simulation(journal, clock, has_headers=False)
    simulation.stranger(steadily(6, until=71))
    simulation.run(11)
    simulation.submit(300)
    simulation.run(60)

    assert refused(simulation.ours) > 0
    assert accepted(simulation.ours) >= 0.5 * 6 * LEFT_BY_A_STRANGER


# The day --------------------------------------------------------------------------------------------------------


def ids(bench: Bench) -> list[str]:
    return [job.submission_id for job in bench.turn()]


def replay(bench: Bench, id: str, calls: int = 1) -> None:
    bench.leased(id).bury(Reason.REJECTED, (), group="g", is_open=True)
    assert bench.journal.replay(id, "typeform", "main", calls)


def test_the_calls_of_other_programs_count_for_the_day(bench: Bench, journal: Journal) -> None:
    deliver(bench.leased(), daily_limit=1000, daily_remaining=8)
    for _ in range(9):
        bench.accept()

    assert len(bench.turn()) == 3  # of 1000, 5 are kept for other programs
    assert [hold.kind for hold in journal.holds()] == ["daily"]


def test_our_calls_on_their_way_count_for_the_day(bench: Bench) -> None:
    first, second, *_ = [bench.leased(id) for id in ("s1", "s2", "s3")]
    deliver(first, daily_limit=1000, daily_remaining=8)
    for _ in range(9):
        bench.accept()

    assert len(bench.turn()) == 1
    second.delivered({})


def test_an_exhausted_day_is_held_until_the_headers_reset(bench: Bench, journal: Journal, clock: Clock) -> None:
    deliver(bench.leased(), daily_limit=1000, daily_remaining=0, daily_reset_ms=3_600_000)
    bench.accept()
    bench.turn()

    [hold] = journal.holds()
    assert hold.kind == "daily"
    assert hold.probe_at
    assert round(hold.probe_at.timestamp() * 1000) == clock.now + 3_600_000
    clock.advance(3599)
    assert ids(bench) == []
    clock.advance(1)
    assert len(bench.turn()) == 1


def test_an_exhausted_day_is_never_held_for_longer_than_a_day(bench: Bench, journal: Journal, clock: Clock) -> None:
    deliver(bench.leased(), daily_limit=1000, daily_remaining=0, daily_reset_ms=90_000_000)
    bench.accept()
    bench.turn()

    [hold] = journal.holds()
    assert hold.probe_at
    assert round(hold.probe_at.timestamp() * 1000) == clock.now + DAY_SECONDS * 1000


def test_an_answer_of_yesterday_says_nothing_of_today(bench: Bench, journal: Journal, clock: Clock) -> None:
    midnight = (clock.now // 1000 // DAY_SECONDS + 1) * DAY_SECONDS * 1000
    clock.set(midnight - 1000)
    late = bench.leased()
    clock.set(midnight + 1000)
    deliver(late, daily_limit=1000, daily_remaining=0)
    bench.accept()

    assert len(bench.turn()) == 1
    assert journal.holds() == []


def test_the_day_has_one_counter_that_goes_with_it(bench: Bench, redis: Redis) -> None:
    deliver(bench.leased())

    assert redis.keys("hookline:day:*") == [b"hookline:day:main"]
    assert 0 < redis.ttl("hookline:day:main") <= DAY_SECONDS


def test_replays_take_only_the_spare_share_of_a_day(
    redis: Redis, settings: Settings, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(journal_with(redis, settings, Limits(daily=10), monkeypatch))
    replay(bench, "r1", calls=8)  # its first delivery made no call
    replay(bench, "r2", calls=1)

    assert ids(bench) == ["r1"]
    bench.accept("s1")
    bench.accept("s2")
    assert ids(bench) == ["s1", "s2"]


def test_a_live_submission_that_is_due_later_does_not_wait_for_the_replays(
    redis: Redis, settings: Settings, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(journal_with(redis, settings, Limits(daily=10), monkeypatch))
    live = bench.leased("s1", calls=2)
    replay(bench, "r1", calls=9)
    live.retry(5, spends=False, calls=2, details={})

    assert ids(bench) == []
    clock.advance(5)
    assert ids(bench) == ["s1"]


def test_replays_go_on_when_the_next_day_begins(
    redis: Redis, settings: Settings, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(journal_with(redis, settings, Limits(daily=10), monkeypatch))
    replay(bench, "r1", calls=1)
    deliver(bench.leased("s1"), daily_limit=10, daily_remaining=2, daily_reset_ms=60_000)
    assert ids(bench) == []
    clock.advance(59)
    assert ids(bench) == []
    clock.advance(1)

    assert ids(bench) == ["r1"]
