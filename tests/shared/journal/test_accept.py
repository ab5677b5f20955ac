from redis import Redis

from shared.journal import Job, Journal
from tests.shared.journal.conftest import Clock
from tests.shared.journal.factories import Bench, a_submission


def test_an_accepted_submission_waits_with_its_body(bench: Bench, journal: Journal) -> None:
    receipt = journal.accept(a_submission("s1", body=b"\x00raw\xff"))

    assert receipt.is_new
    assert receipt.jobs == []
    assert journal.body("s1") == b"\x00raw\xff"
    assert bench.states() == {"accepted": 1, "waiting": 1}


def test_the_body_is_kept_compressed(journal: Journal, redis: Redis) -> None:
    journal.accept(a_submission("s1", body=b"a" * 10_000))

    assert redis.strlen("hookline:body:s1") < 100


def test_a_known_idempotency_key_gives_the_first_submission(bench: Bench, journal: Journal) -> None:
    journal.accept(a_submission("s1", idempotency_key="same"))

    receipt = journal.accept(a_submission("s2", idempotency_key="same"))

    assert not receipt.is_new
    assert receipt.id == "s1"
    assert bench.states() == {"accepted": 1, "waiting": 1, "duplicate": 1}


def test_accepting_the_same_submission_again_answers_as_the_first_time(bench: Bench, journal: Journal) -> None:
    journal.accept(a_submission("s1"))

    assert journal.accept(a_submission("s1")).is_new
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

    assert journal.accept(a_submission("s2")).is_new


def test_the_ledger_is_also_kept_for_each_form_and_location(journal: Journal, bench: Bench) -> None:
    bench.accept(form="a", location="north")
    bench.accept(form="b", location="north")

    assert journal.ledger_of_form("a").accepted == 1
    assert journal.ledger_of_location("north").waiting == 2
    assert journal.forms() == ["a", "b"]
    assert journal.locations() == ["north"]
