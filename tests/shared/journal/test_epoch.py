import logging

import pytest
from redis import Redis
from redis.exceptions import OutOfMemoryError

from shared.journal import Data, Journal, Loss
from shared.settings import Settings
from tests.shared.journal.conftest import Clock
from tests.shared.journal.factories import a_submission

HALF_A_DAY_SECONDS = 12 * 60 * 60


@pytest.fixture
def other(journal: Journal, redis: Redis, settings: Settings) -> Journal:
    """Return the journal of another process."""
    return Journal(redis, settings)


def accept(journal: Journal, *ids: str) -> None:
    for id in ids:
        journal.accept(a_submission(id))


def lost(journal: Journal) -> list[tuple[int, int]]:
    return [(loss.accepted_before, loss.accepted_after) for loss in journal.data().losses]


def test_a_new_redis_has_lost_nothing(journal: Journal, clock: Clock) -> None:
    assert journal.data() == Data()

    found = journal.look()

    assert found == journal.data()
    assert found.state == "ok"
    assert found.since is not None
    assert round(found.since.timestamp() * 1000) == clock.now


def test_whatever_a_process_does_it_finds_the_same_epoch(journal: Journal, other: Journal, clock: Clock) -> None:
    began = journal.look().since
    clock.advance(1)
    other.look()
    accept(journal, "s1")
    accept(other, "s2")
    journal.turn("worker", 1)
    clock.advance(-60)  # as when another Redis takes over, whose clock is late
    accept(journal, "s3")
    other.turn("worker", 1)

    assert journal.look() == other.look() == Data(since=began)


def test_data_that_is_gone_is_told_by_who_remembers_it_to_all(journal: Journal, other: Journal, redis: Redis) -> None:
    accept(journal, "s1", "s2")
    empty(redis)

    assert other.look().state == "ok"  # it has just been started, and knows nothing
    journal.turn("worker", 1)

    assert lost(other) == [(2, 0)]
    assert other.look().state == "lost"


@pytest.mark.parametrize("notice", ["accept", "turn", "look"])
def test_writes_that_are_missing_are_a_loss_however_few(journal: Journal, redis: Redis, notice: str) -> None:
    accept(journal, "s1")
    before = snapshot(redis)
    accept(journal, "s2")
    restore(redis, before)
    did = {"accept": lambda: accept(journal, "s3"), "turn": lambda: journal.turn("w", 1), "look": journal.look}[notice]

    did()

    assert len(journal.data().losses) == 1


def test_a_loss_that_new_submissions_have_made_up_for_is_told_all_the_same(
    journal: Journal, other: Journal, redis: Redis
) -> None:
    accept(journal, "s1")
    accept(other, "s2")
    before = snapshot(redis)
    accept(journal, "s3")
    restore(redis, before)
    accept(other, "s4", "s5")

    assert other.data().state == "ok"
    accept(journal, "s6")
    assert lost(journal) == [(3, 5)]


def test_one_loss_is_told_once_with_the_most_that_anybody_has_seen(
    journal: Journal, other: Journal, redis: Redis
) -> None:
    accept(journal, "s1")
    accept(other, "s2")
    empty(redis)
    accept(journal, "s3")
    accept(other, "s4")
    journal.look()

    assert lost(journal) == [(2, 1)]


def test_each_loss_is_one_of_its_own(journal: Journal, redis: Redis, clock: Clock) -> None:
    accept(journal, "s1")
    before = snapshot(redis)
    for id in ("s2", "s3"):
        accept(journal, id)
        restore(redis, before)
        clock.advance(1)
        journal.look()
        before = snapshot(redis)

    assert len(lost(journal)) == 2


def test_a_process_that_was_silent_for_long_takes_its_expired_mark_for_no_loss(
    journal: Journal, redis: Redis, clock: Clock
) -> None:
    journal.look()
    clock.advance(HALF_A_DAY_SECONDS + 1)
    [mark] = redis.scan_iter("hookline:mark:*")
    redis.delete(mark)

    assert journal.look().state == "ok"


def test_a_mark_expires_only_long_after_its_process_is_believed(journal: Journal, redis: Redis) -> None:
    journal.look()

    [mark] = redis.scan_iter("hookline:mark:*")
    assert redis.ttl(mark) > 1.9 * HALF_A_DAY_SECONDS


def test_a_call_that_is_made_again_is_no_loss(journal: Journal) -> None:
    journal.look()
    arguments = journal._epoch.arguments()
    for _ in range(2):
        answer = journal._scripts.run("epoch", *arguments)

    assert journal._epoch.learn(answer).state == "ok"
    assert journal.look().state == "ok"


def test_writes_that_are_missing_are_a_loss_in_whatever_order_threads_hear_of_them(
    journal: Journal, redis: Redis
) -> None:
    earlier = journal._scripts.run("epoch", *journal._epoch.arguments())
    before = snapshot(redis)
    accept(journal, "s1")
    journal._epoch.learn(earlier)  # a thread that was slow
    restore(redis, before)

    assert journal.look().state == "lost"


def test_an_acknowledged_loss_is_not_told_again_by_who_was_idle(journal: Journal, other: Journal, redis: Redis) -> None:
    accept(journal, "s1")
    other.look()
    empty(redis)
    journal.look()

    assert [loss.accepted_before for loss in journal.acknowledge_losses()] == [1]
    assert journal.acknowledge_losses() == []
    assert other.look().state == "ok"
    assert journal.look().state == "ok"


def test_every_process_tells_of_a_loss_once_in_its_log(
    journal: Journal, other: Journal, redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    accept(journal, "s1")
    empty(redis)
    for process in (journal, journal, other, other):  # the other one has been started since
        process.look()

    told = [record for record in caplog.records if record.getMessage() == "data lost"]
    assert [record.levelno for record in told] == [logging.CRITICAL] * 2
    assert {record.__dict__["facts"]["accepted_before"] for record in told} == {1}


def test_a_redis_without_room_is_no_loss(journal: Journal, redis: Redis) -> None:
    accept(journal, "s1")
    redis.config_set("maxmemory", 1)
    try:
        with pytest.raises(OutOfMemoryError):
            journal.turn("worker", 1)
    finally:
        redis.config_set("maxmemory", 0)

    assert journal.look().state == "ok"


def test_what_another_version_has_written_of_a_loss_is_read() -> None:
    assert Loss.model_validate_json('{"at":1,"accepted_before":2,"accepted_after":1,"more":3}').accepted_before == 2


def empty(redis: Redis) -> None:
    """Take all data away, but not our clock."""
    clock = redis.get("clock")
    redis.flushall()
    redis.set("clock", clock or b"")


def snapshot(redis: Redis) -> dict[bytes, bytes]:
    return {key: redis.dump(key) or b"" for key in redis.scan_iter("hookline:*")}


def restore(redis: Redis, keys: dict[bytes, bytes]) -> None:
    empty(redis)
    for key, dumped in keys.items():
        redis.restore(key, 0, dumped)
