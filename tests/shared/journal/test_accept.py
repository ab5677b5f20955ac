import pytest
from redis import Redis
from redis.exceptions import OutOfMemoryError

from shared.journal import Accepted, Job, Journal, Receipt
from tests.shared.journal.conftest import Clock
from tests.shared.journal.factories import Bench, a_submission


def test_an_accepted_submission_waits_with_its_body(bench: Bench, journal: Journal) -> None:
    accepted = journal.accept(a_submission("s1", body=b"\x00raw\xff"))

    assert accepted == Accepted([Receipt("s1", "accepted")], [])
    assert journal.body("s1") == b"\x00raw\xff"
    assert bench.states() == {"accepted": 1, "waiting": 1}


def test_the_body_is_kept_compressed(journal: Journal, redis: Redis) -> None:
    journal.accept(a_submission("s1", body=b"a" * 10_000))

    assert redis.strlen("hookline:body:s1") < 100


def test_a_known_idempotency_key_gives_the_first_submission(bench: Bench, journal: Journal) -> None:
    journal.accept(a_submission("s1", idempotency_key="same"))

    accepted = journal.accept(a_submission("s2", idempotency_key="same"))

    assert accepted.receipts == [Receipt("s1", "duplicate")]
    assert bench.states() == {"accepted": 1, "waiting": 1, "duplicate": 1}


def test_accepting_the_same_submission_again_answers_as_the_first_time(bench: Bench, journal: Journal) -> None:
    journal.accept(a_submission("s1"))

    assert journal.accept(a_submission("s1")).receipts == [Receipt("s1", "accepted")]
    assert bench.states() == {"accepted": 1, "waiting": 1}


def test_with_a_living_worker_an_accepted_submission_is_leased_at_once(bench: Bench, journal: Journal) -> None:
    bench.turn()

    assert journal.accept(a_submission("s1")).jobs == [Job("s1", 1)]
    assert bench.states() == {"accepted": 1, "leased": 1}


def test_with_no_worker_alive_nothing_is_leased(bench: Bench, journal: Journal, clock: Clock) -> None:
    bench.turn()
    clock.advance(15.1)

    assert journal.accept(a_submission()).jobs == []


def test_a_worker_that_stops_takes_no_more_leases(bench: Bench, journal: Journal) -> None:
    bench.turn()
    journal.turn("worker", threads=0)

    assert journal.accept(a_submission()).jobs == []


def test_scripts_are_loaded_again_after_redis_has_forgotten_them(journal: Journal, redis: Redis) -> None:
    journal.accept(a_submission("s1"))
    redis.script_flush()

    assert journal.accept(a_submission("s2")).receipts == [Receipt("s2", "accepted")]


def test_the_ledger_is_also_kept_for_each_form_and_location(journal: Journal, bench: Bench) -> None:
    bench.accept(form="a", location="north")
    bench.accept(form="b", location="north")

    assert journal.ledgers_of_forms()["a"].accepted == 1
    assert journal.ledgers_of_locations()["north"].waiting == 2
    assert journal.forms() == ["a", "b"]
    assert journal.locations() == ["north"]


# Several at once -----------------------------------------------------------------------------------------------------


def test_several_are_accepted_in_one_call_each_for_itself(bench: Bench, journal: Journal) -> None:
    journal.accept(a_submission("s1"))

    accepted = journal.accept(a_submission("s2"), a_submission("s3", idempotency_key="key of s1"), a_submission("s4"))

    assert [(one.id, one.status) for one in accepted.receipts] == [
        ("s2", "accepted"),
        ("s1", "duplicate"),
        ("s4", "accepted"),
    ]
    assert bench.states() == {"accepted": 3, "waiting": 3, "duplicate": 1}


def test_the_same_one_twice_in_a_call_is_accepted_once(bench: Bench, journal: Journal) -> None:
    twins = a_submission("s1", idempotency_key="same"), a_submission("s2", idempotency_key="same")

    assert [one.status for one in journal.accept(*twins).receipts] == ["accepted", "duplicate"]
    assert [one.id for one in journal.accept(*twins).receipts] == ["s1", "s1"]
    assert bench.states() == {"accepted": 1, "waiting": 1, "duplicate": 2}


def test_each_of_several_is_newer_than_the_one_before(journal: Journal) -> None:
    ids = [f"s{number:03}" for number in range(200)]

    journal.accept(*map(a_submission, ids))

    stamps = [record.stamp for one in ids if (record := journal.find(one))]
    assert stamps == sorted(set(stamps))
    assert len(stamps) == len(ids)


def test_several_are_leased_at_each_of_their_locations(bench: Bench, journal: Journal) -> None:
    bench.turn()

    accepted = journal.accept(*(a_submission(place, location=place) for place in ("north", "south", "west")))

    assert [job.submission_id for job in accepted.jobs] == ["north", "south", "west"]


def test_none_is_accepted_when_redis_takes_no_writes(bench: Bench, journal: Journal, redis: Redis) -> None:
    journal.accept(a_submission("s1"))
    redis.config_set("maxmemory", 1)
    try:
        with pytest.raises(OutOfMemoryError):
            journal.accept(a_submission("s2"), a_submission("s3"))
    finally:
        redis.config_set("maxmemory", 0)

    assert bench.states() == {"accepted": 1, "waiting": 1}
    assert (journal.find("s2"), journal.body("s2")) == (None, None)
