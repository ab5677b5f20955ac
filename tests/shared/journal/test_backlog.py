"""What a script does must not grow with what waits: a script that takes long keeps Redis from everybody else."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from redis import Redis

from shared.journal import Journal, Lease, Submission
from shared.submission import Reason, State
from tests.shared.journal.conftest import START, Clock
from tests.shared.journal.factories import Bench, a_submission

FEW, MANY = 30, 1500
CAUSE = "custom fields"


@dataclass
class Act:
    """Something that happens while others wait, with what has to stand ready for it."""

    name: str
    prepare: Callable[[Bench], Any]
    do: Callable[[Bench, Any], object]


def a_lease(bench: Bench) -> Lease:
    return bench.leased("other", location="other")


def a_dead_letter(bench: Bench) -> object:
    return bench.leased("dead").bury(Reason.REJECTED, (), group="", is_open=True)


ACTS = [
    Act("accept", lambda _: None, lambda bench, _: bench.accept("new")),
    Act("accept elsewhere", lambda _: None, lambda bench, _: bench.accept("new", location="other")),
    Act("a turn of the pump", lambda _: None, lambda bench, _: bench.journal.turn("worker", 100)),
    Act("delivered", a_lease, lambda _, lease: lease.delivered({})),
    Act("retry", a_lease, lambda _, lease: lease.retry(1, spends=True, calls=1, details={})),
    Act("hold", a_lease, lambda _, lease: hold_by(lease)),
    Act("replay", a_dead_letter, lambda bench, _: bench.journal.replay("dead", "typeform", "main", 1)),
    Act("discard", a_dead_letter, lambda bench, _: bench.journal.discard("dead")),
    Act("lift", lambda _: None, lambda bench, _: bench.journal.lift("main")),
    Act("audit", lambda _: None, lambda bench, _: bench.journal.shelves()),
    Act("status", lambda _: None, lambda bench, _: bench.journal.queues()),
]


@pytest.mark.parametrize("act", ACTS, ids=[act.name for act in ACTS])
def test_does_as_much_with_many_waiting_as_with_few(act: Act, bench: Bench, redis: Redis) -> None:
    ready = act.prepare(bench)
    hold(bench)
    fill(bench, FEW)
    with_few = commands(redis, lambda: act.do(bench, ready))
    redis.flushdb()
    Clock(redis)
    ready = act.prepare(bench)
    hold(bench)
    fill(bench, MANY)

    assert commands(redis, lambda: act.do(bench, ready)) == with_few


def test_a_person_with_many_submissions_costs_the_last_as_much_as_the_first(bench: Bench, redis: Redis) -> None:
    lease, *_ = [prepared(bench, bench.leased()) for _ in range(40)]
    costs = []
    for _ in range(35):
        costs.append(commands(redis, lambda lease=lease: lease.delivered({})))  # type: ignore[misc]
        lease = prepared(bench, bench.begin(bench.turn()[0]))

    assert costs[1] == costs[-1]


class TestQueues:
    def test_say_what_waits_where_for_what_and_since_when(self, bench: Bench, journal: Journal, clock: Clock) -> None:
        retry(bench, "s1", form="contact-us")
        clock.advance(1)
        retry(bench, "s2", form="newsletter", waits_for=CAUSE)
        clock.advance(1)
        retry(bench, "s3", form="newsletter", waits_for=CAUSE)

        found = {queue.form: queue for queue in journal.queues()}

        assert found["contact-us"].cause == "retry"
        assert (found["newsletter"].cause, found["newsletter"].length) == (CAUSE, 2)
        assert found["newsletter"].oldest - found["contact-us"].oldest == timedelta(seconds=1)

    def test_are_left_with_the_state(self, bench: Bench, journal: Journal) -> None:
        lease = bench.leased("s1")
        assert journal.queues() == []
        lease.retry(0, spends=False, calls=1, details={})
        [queue] = journal.queues()
        assert queue.cause == "turn"
        bench.begin(bench.turn()[0]).delivered({})

        assert journal.queues() == []

    def test_do_not_count_what_somebody_has_tampered_with(self, bench: Bench, journal: Journal, redis: Redis) -> None:
        for id in ("s1", "s2"):
            retry(bench, id)
        redis.delete("hookline:sub:s1")

        assert [queue.length for queue in journal.queues()] == [1]


def test_what_waits_for_a_cause_is_brought_forward_however_many_there_are(
    bench: Bench, journal: Journal, redis: Redis
) -> None:
    number = 600
    for start in range(number):
        retry(bench, f"s{start}", waits_for=CAUSE if start % 2 else "")

    assert journal.hasten("main", CAUSE) == number // 2
    assert redis.zcount("hookline:due:main:live", "-inf", START) == number // 2


def test_what_waits_for_a_cause_is_brought_forward_once_when_redis_clock_has_gone_back(
    bench: Bench, journal: Journal, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.journal.journal.HASTEN_AT_ONCE", 1)
    retry(bench, "s1", waits_for=CAUSE)
    clock.advance(-3600)

    assert journal.hasten("main", CAUSE) == 1


def test_those_that_wait_are_listed_by_who_moved_last(bench: Bench, journal: Journal, clock: Clock) -> None:
    for id, seconds in (("s1", 10), ("s2", 600), ("s3", 60)):
        retry(bench, id, seconds)
        clock.advance(1)

    assert [record.id for record in journal.submissions(State.WAITING)] == ["s3", "s2", "s1"]
    assert [record.id for record in journal.submissions(State.WAITING, limit=2)] == ["s3", "s2"]


def retry(bench: Bench, id: str, seconds: float = 60, form: str = "contact-us", waits_for: str = "") -> None:
    waits: dict[str, Any] = {"waits_for": waits_for} if waits_for else {}
    bench.leased(id, form=form, location="main", calls=0).retry(seconds, spends=True, calls=0, details={}, **waits)
    bench.journal.lift("main")


def prepared(bench: Bench, lease: Lease) -> Lease:
    lease.prepare(mapped={}, calls=1, persons=["hash"], fields={})
    return lease


def hold(bench: Bench) -> None:
    hold_by(bench.leased("first"))


def hold_by(lease: Lease) -> bool:
    return lease.hold("rate", "too fast", status=429, seconds=600, token="", calls=1)


def fill(bench: Bench, number: int) -> None:
    waiting: list[Submission] = [a_submission() for _ in range(number)]
    assert bench.journal.accept(*waiting).jobs == []


def commands(redis: Redis, act: Callable[[], object]) -> int:
    """Return how many commands an act makes Redis carry out, those of its scripts included."""
    before = _carried_out(redis)
    act()
    return _carried_out(redis) - before


def _carried_out(redis: Redis) -> int:
    found = redis.info("commandstats")
    return sum(one["calls"] for name, one in found.items() if name not in ("cmdstat_info", "cmdstat_script|load"))
