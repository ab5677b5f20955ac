from typing import Any, cast

import pytest
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import OutOfMemoryError, RedisError

from shared.journal import Journal, connect
from shared.journal.journal import Turn
from shared.settings import Settings
from worker.pump import FORGET_AT_ONCE, Pump, Watchdog


class Time:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def a_watchdog() -> tuple[Watchdog, Time, list[str]]:
    time, ended = Time(), []
    return Watchdog(30, end=lambda: ended.append("ended"), clock=time), time, ended


def test_the_watchdog_ends_a_worker_that_takes_nothing_of_what_waits() -> None:
    watchdog, time, ended = a_watchdog()
    for time.now in (0, 10, 20, 30):
        watchdog.look(unbegun=1)
    assert ended == []

    time.now = 30.1
    watchdog.look(unbegun=1)
    assert ended == ["ended"]


def test_the_watchdog_is_calm_while_the_worker_takes_jobs_or_redis_does_not_answer() -> None:
    watchdog, time, ended = a_watchdog()
    for turn in range(10):
        time.now = turn * 25.0
        watchdog.look(unbegun=5)
        watchdog.reset()

    assert ended == []


def test_the_watchdog_is_calm_while_nothing_waits() -> None:
    watchdog, time, ended = a_watchdog()
    for unbegun in (1, 0, 1, 0, 1):
        time.now += 25
        watchdog.look(unbegun)

    assert ended == []


def test_the_watchdog_may_be_reset_by_a_thread_that_takes_a_job_while_it_looks() -> None:
    def take_a_job() -> float:
        watchdog.reset()
        return 0.0

    watchdog, _, ended = a_watchdog()
    watchdog.clock = take_a_job
    watchdog.look(unbegun=1)

    watchdog.look(unbegun=1)

    assert ended == []


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_worker_whose_pump_can_not_even_tell_its_failure_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise MemoryError

    watchdog, _, ended = a_watchdog()
    journal: Any = FailingJournal()
    monkeypatch.setattr("worker.pump.logs.failure", fail)
    pump = Pump(journal, fail, "worker", 1, watchdog, prepare=fail)
    pump.start()
    pump._thread.join(10)

    assert ended == ["ended"]


@pytest.mark.parametrize(
    ("error", "says"), [(OutOfMemoryError("OOM"), ["redis full"]), (NoConnection(), ["redis unavailable"] * 2)]
)
def test_a_full_redis_is_told_once_and_one_that_is_away_each_time(
    journal: Journal, caplog: pytest.LogCaptureFixture, error: RedisError, says: list[str]
) -> None:
    pump = Pump(journal, lambda jobs: None, worker="w", threads=1, watchdog=Watchdog(30))

    for _ in range(2):
        pump._tell(error)

    assert caplog.messages == says


def test_a_full_redis_that_goes_away_is_told_too(caplog: pytest.LogCaptureFixture) -> None:
    settings = Settings(redis_url="redis://127.0.0.1:1/0")
    with connect(settings, connections=1, retries=0) as redis:
        pump = Pump(Journal(redis, settings), lambda jobs: None, worker="w", threads=1, watchdog=Watchdog(30))
        pump._tell(OutOfMemoryError("OOM"))

    [record] = caplog.records
    assert record.__dict__["facts"]["says"] == "REDIS IS FULL. Senders get 503"


class FailingJournal:
    """As far as a pump comes without memory."""

    @property
    def redis(self) -> "FailingJournal":
        return self

    def pubsub(self, **_: Any) -> "FailingJournal":
        return self


class Forgetful:
    """A journal with many records whose time is over."""

    def __init__(self, *numbers: int) -> None:
        self.left = list(numbers)

    def turn(self, worker: str, threads: int) -> Turn:
        return Turn(sleep_seconds=0, unbegun=0, taken_back=[], buried=[], jobs=[])

    def forget(self, most: int) -> int:
        return self.left.pop(0)


def test_records_are_forgotten_turn_by_turn_while_there_are_more() -> None:
    journal = Forgetful(FORGET_AT_ONCE, FORGET_AT_ONCE, 3, 3)
    pump = Pump(cast(Journal, journal), lambda jobs: None, worker="w", threads=1, watchdog=Watchdog(30))

    for _ in range(10):
        pump._turn()

    assert journal.left == [3]  # for the next minute
