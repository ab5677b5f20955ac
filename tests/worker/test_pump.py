from worker.pump import Watchdog


class Time:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def a_watchdog() -> tuple[Watchdog, Time, list[str]]:
    time, ended = Time(), []
    return Watchdog(30, end=lambda: ended.append("ended"), clock=time), time, ended


def test_the_watchdog_ends_a_worker_when_leases_wait_and_nothing_moves() -> None:
    watchdog, time, ended = a_watchdog()
    for time.now in (0, 10, 20, 30):
        watchdog.look(unbegun=1, moves=7)
    assert ended == []

    time.now = 30.1
    watchdog.look(unbegun=1, moves=7)
    assert ended == ["ended"]


def test_the_watchdog_is_calm_while_something_moves() -> None:
    watchdog, time, ended = a_watchdog()
    for moves in range(10):
        time.now = moves * 25.0
        watchdog.look(unbegun=5, moves=moves)

    assert ended == []


def test_the_watchdog_is_calm_while_nothing_waits() -> None:
    watchdog, time, ended = a_watchdog()
    for unbegun in (1, 0, 1, 0, 1):
        time.now += 25
        watchdog.look(unbegun, moves=7)

    assert ended == []


def test_the_watchdog_counts_from_anew_when_redis_did_not_answer() -> None:
    watchdog, time, ended = a_watchdog()
    watchdog.look(unbegun=1, moves=7)
    time.now = 29
    watchdog.pause()
    time.now = 40
    watchdog.look(unbegun=1, moves=7)

    assert ended == []
