"""A failed accept burns no idempotency key: who was told to come again is accepted the second time, and once."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from redis import Redis
from redis.exceptions import BusyLoadingError, NoScriptError, OutOfMemoryError, ReadOnlyError, ResponseError
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import TimeoutError as NoAnswer

from shared.journal import Accepted, Journal, Submission
from tests.web.conftest import Start

ADA = b'{"email": "ada@example.com"}'
BEFORE: list[Exception] = [
    NoConnection(),
    NoAnswer(),
    BusyLoadingError(),
    OutOfMemoryError(),
    ReadOnlyError(),
    NoScriptError(),
    ResponseError("ERR Error running script"),
    RuntimeError("a fault of ours"),
]


class FailingOnce(Journal):
    """A journal whose first accept fails, with all its repeats within the request."""

    def __init__(self, journal: Journal, error: Exception, writes: bool) -> None:
        self.__dict__.update(journal.__dict__)
        self.error, self.writes, self.is_mended = error, writes, False

    def accept(self, *submissions: Submission) -> Accepted:
        if self.is_mended:
            return super().accept(*submissions)
        if self.writes:
            super().accept(*submissions)
        raise self.error


@pytest.mark.parametrize("error", BEFORE, ids=lambda error: type(error).__name__)
def test_nothing_was_written(start: Start, journal: Journal, error: Exception) -> None:
    failing = FailingOnce(journal, error, writes=False)
    web = start(stand_in=failing)
    first = web.post("/hooks/contact", ADA)
    failing.is_mended = True

    second = web.post("/hooks/contact", ADA)

    assert (first.status_code, first.headers["Retry-After"]) == (503, "30")
    assert (second.status_code, (second.json or {})["status"]) == (200, "accepted")
    assert journal.ledger().accepted == 1


@pytest.mark.parametrize("error", [NoConnection(), NoAnswer()], ids=lambda error: type(error).__name__)
def test_it_was_written_and_only_the_answer_was_lost(start: Start, journal: Journal, error: Exception) -> None:
    failing = FailingOnce(journal, error, writes=True)
    web = start(stand_in=failing)
    first = web.post("/hooks/contact", ADA)
    failing.is_mended = True

    second = web.post("/hooks/contact", ADA)

    assert (first.status_code, second.status_code) == (503, 200)
    # A duplicate of the one that is stored, and that will be delivered.
    assert (second.json or {})["status"] == "duplicate"
    assert journal.find((second.json or {})["id"]) is not None
    assert (journal.ledger().accepted, journal.ledger().waiting) == (1, 1)


@contextmanager
def no_memory(redis: Redis) -> Iterator[None]:
    redis.config_set("maxmemory", 1)
    try:
        yield
    finally:
        redis.config_set("maxmemory", 0)


@contextmanager
def a_replica(redis: Redis) -> Iterator[None]:
    redis.replicaof("127.0.0.1", "1")
    try:
        yield
    finally:
        redis.replicaof("NO", "ONE")


@pytest.mark.parametrize("refuses_writes", [no_memory, a_replica])
def test_a_real_redis_refused_the_write(
    start: Start, redis: Redis, journal: Journal, refuses_writes: Callable[[Redis], AbstractContextManager[None]]
) -> None:
    web = start()
    web.post("/hooks/contact", b'{"email": "augusta@example.com"}')  # the memory is looked at once a second
    with refuses_writes(redis):
        first = web.post("/hooks/contact", ADA)

    second = web.post("/hooks/contact", ADA)

    assert (first.status_code, first.headers["Retry-After"]) == (503, "30")
    assert (second.json or {})["status"] == "accepted"
    assert journal.ledger().accepted == 2
