import pytest
from redis import Redis

from shared.journal import Job, Journal, LeaseLost
from shared.submission import Reason, State
from tests.shared.journal.conftest import Clock
from tests.shared.journal.factories import Bench


def test_a_delivery_is_begun_once(bench: Bench, journal: Journal) -> None:
    bench.accept("s1")
    [job] = bench.turn()

    assert journal.begin(job, "worker", nonce="first")
    assert journal.begin(job, "worker", nonce="second") is None


def test_the_same_worker_may_repeat_its_begin(bench: Bench, journal: Journal) -> None:
    bench.accept("s1")
    [job] = bench.turn()

    assert journal.begin(job, "worker", nonce="first")
    assert journal.begin(job, "worker", nonce="first")


def test_a_late_message_of_an_older_lease_begins_nothing(bench: Bench, journal: Journal, clock: Clock) -> None:
    bench.accept("s1")
    [old] = bench.turn()
    clock.advance(40.1)
    [new] = bench.turn()

    assert journal.begin(old, "worker", nonce="n") is None
    assert journal.begin(new, "worker", nonce="n")


def test_a_lease_that_has_run_out_is_not_begun_even_before_the_pump_takes_it_back(
    bench: Bench, journal: Journal, clock: Clock
) -> None:
    bench.accept("s1")
    [old] = bench.turn()
    clock.advance(40)

    assert journal.begin(old, "worker", nonce="n") is None
    [new] = bench.turn()
    assert journal.begin(new, "worker", nonce="n")


def test_an_unbegun_lease_is_enqueued_again_after_ten_seconds(bench: Bench, clock: Clock) -> None:
    bench.accept("s1")
    jobs = bench.turn()
    clock.advance(5)

    assert bench.turn() == []
    clock.advance(5.1)
    assert bench.turn() == jobs
    assert bench.turn() == []


def test_a_lease_that_expires_unbegun_counts_as_nothing(bench: Bench, journal: Journal, clock: Clock) -> None:
    bench.accept("s1")
    bench.turn()
    clock.advance(40.1)

    assert Job("s1", 2) in bench.turn()
    record = journal.find("s1")
    assert record
    assert record.attempts == 0
    assert record.crashes == 0
    assert bench.states() == {"accepted": 1, "leased": 1}


def test_no_more_is_leased_than_the_workers_can_soon_begin(bench: Bench) -> None:
    bench.threads = 2
    for _ in range(9):
        bench.accept()

    jobs = bench.turn()

    assert len(jobs) == 4
    assert bench.turn() == []
    bench.begin(jobs[0])
    assert len(bench.turn()) == 1


def test_settling_again_after_a_lost_answer_changes_nothing(bench: Bench) -> None:
    lease = bench.leased("s1")
    lease.delivered({})

    lease.delivered({})
    lease.bury(Reason.REJECTED, (), group="g", is_open=True)

    assert bench.states() == {"accepted": 1, "delivered": 1}
    with pytest.raises(LeaseLost):
        lease.store(note="done")


def test_a_lease_that_somebody_else_has_by_now_cannot_be_settled(bench: Bench, clock: Clock) -> None:
    lease = bench.leased("s1")
    clock.advance(40.1)
    bench.turn()

    with pytest.raises(LeaseLost):
        lease.delivered({})
    with pytest.raises(LeaseLost):
        lease.retry(1, spends=True, calls=1, details={})
    with pytest.raises(LeaseLost):
        lease.hold("rate", "", status=429, seconds=1, token="", calls=1)
    with pytest.raises(LeaseLost):
        lease.bury(Reason.REJECTED, (), group="g", is_open=True)
    assert bench.states() == {"accepted": 1, "leased": 1}


def test_a_lost_lease_gets_no_permit(bench: Bench, clock: Clock) -> None:
    lease = bench.leased("s1", calls=1)
    lease.permit()
    clock.advance(40.1)
    bench.turn()

    with pytest.raises(LeaseLost):
        lease.permit()


def test_a_delivery_that_could_not_settle_is_no_crash_while_its_worker_lives(
    bench: Bench, journal: Journal, clock: Clock
) -> None:
    for id in ("s1", "s2"):
        bench.accept(id)
    for job in bench.turn():
        bench.begin(job, worker="worker")
    clock.advance(40.1)

    assert len(bench.turn()) == 2
    record = journal.find("s1")
    assert record
    assert record.crashes == 0


def test_a_delivery_that_never_settles_is_buried_in_the_end(bench: Bench, journal: Journal, clock: Clock) -> None:
    bench.accept("s1")
    for _ in range(10):
        [job] = bench.turn()
        bench.begin(job, worker="worker")
        clock.advance(40.1)
    bench.turn()

    record = journal.find("s1")
    assert record
    assert record.reason is Reason.CRASHED
    assert record.diagnosis[0].rule == "10 deliveries ended without a word"


def test_a_stopping_worker_leases_nothing(bench: Bench, journal: Journal) -> None:
    journal.turn("other worker", threads=4)
    bench.leased("s1").retry(0, spends=False, calls=1, details={})

    assert journal.turn("worker", threads=0).jobs == []
    assert bench.states() == {"accepted": 1, "waiting": 1}


def test_a_damaged_record_stops_nobody(bench: Bench, journal: Journal, redis: Redis) -> None:
    for shelf in ("due:main:live", "suspects", "leased", "delivered"):
        redis.zadd(f"hookline:{shelf}", {"gone": 0})
    redis.zadd("hookline:agenda", {"main": 0})
    redis.sadd("hookline:locations", "main")

    assert bench.accept("s1")
    assert [job.submission_id for job in bench.turn()] == ["s1"]
    assert journal.forget() == 1


class TestASuspect:
    def test_is_what_a_delivery_becomes_whose_worker_has_died(
        self, bench: Bench, journal: Journal, clock: Clock
    ) -> None:
        journal.turn("worker that crashed", 4)
        bench.leased("s1")
        clock.advance(40.1)
        bench.turn()
        bench.accept("s2")

        assert bench.turn() == []  # s1 is leased, and alone

    def test_of_a_held_location_does_not_stand_before_others(self, bench: Bench, clock: Clock) -> None:
        for number in range(9):
            bench.leased(f"held-{number}", location="north")
        bench.leased("s1", location="north").hold(
            "credentials", "Invalid JWT", status=401, seconds=60, token="t", calls=1
        )
        bench.leased("s2", location="south")
        clock.advance(40.1)

        assert [job.submission_id for job in bench.turn()] == ["s2"]

    def test_is_what_a_vanished_delivery_becomes(self, bench: Bench, journal: Journal, clock: Clock) -> None:
        bench.leased("s1")
        clock.advance(40.1)

        turn = journal.turn("worker", 100)

        assert turn.taken_back == ["s1"]
        assert turn.jobs == [Job("s1", 2)]
        record = journal.find("s1")
        assert record
        assert record.crashes == 0
        assert bench.states() == {"accepted": 1, "leased": 1}

    def test_is_leased_alone(self, bench: Bench, clock: Clock) -> None:
        bench.leased("s1")
        bench.leased("s2")
        clock.advance(40.1)

        [first] = bench.turn()
        bench.accept("s3")

        assert bench.turn() == []
        bench.begin(first).delivered({})
        [second] = bench.turn()
        assert {first.submission_id, second.submission_id} == {"s1", "s2"}
        bench.begin(second).delivered({})
        assert [job.submission_id for job in bench.turn()] == ["s3"]
        assert bench.states() == {"accepted": 3, "delivered": 2, "leased": 1}

    def test_waits_until_the_others_are_done_and_lets_nothing_new_begin(self, bench: Bench, clock: Clock) -> None:
        bench.leased("s1")
        clock.advance(30)
        running = bench.leased("s2")
        clock.advance(10.1)

        assert bench.turn() == []
        bench.accept("s3")
        assert bench.turn() == []
        running.delivered({})
        assert [job.submission_id for job in bench.turn()] == ["s1"]

    def test_is_buried_when_it_has_crashed_three_times_alone(
        self, bench: Bench, journal: Journal, clock: Clock
    ) -> None:
        bench.leased("s1")
        for _ in range(3):
            clock.advance(40.1)
            [job] = bench.turn()
            bench.begin(job)
        clock.advance(40.1)

        assert journal.turn("worker", 100).buried == ["s1"]
        record = journal.find("s1")
        assert record
        assert record.reason is Reason.CRASHED
        assert record.diagnosis[0].rule == "the worker ended 3 times while it delivered this alone"
        assert bench.states() == {"accepted": 1, "dead": 1}

    def test_is_none_any_more_once_it_came_back(self, bench: Bench, clock: Clock) -> None:
        bench.leased("s1")
        clock.advance(40.1)
        [job] = bench.turn()
        bench.begin(job).retry(0, spends=True, calls=1, details={})
        bench.accept("s2")

        assert {job.submission_id for job in bench.turn()} == {"s1", "s2"}

    def test_of_a_held_location_stops_nobody(self, bench: Bench, clock: Clock) -> None:
        bench.leased("s1", location="north")
        bench.leased("s2", location="north").hold(
            "credentials", "Invalid JWT", status=401, seconds=60, token="t", calls=1
        )
        clock.advance(40.1)
        bench.turn()
        bench.accept("s3", location="south")

        assert [job.submission_id for job in bench.turn()] == ["s3"]


def test_the_pump_says_when_to_come_back(bench: Bench, journal: Journal) -> None:
    bench.leased("s1").retry(0.3, spends=True, calls=1, details={})

    assert journal.turn("worker", 100).sleep_seconds == 0.3


def test_an_idle_pump_comes_back_after_a_second(journal: Journal) -> None:
    assert journal.turn("worker", 100).sleep_seconds == 1


def test_records_whose_time_is_over_are_forgotten_and_only_counted(
    bench: Bench, journal: Journal, clock: Clock
) -> None:
    bench.leased("s1").delivered({})
    bench.leased("s2").bury(Reason.REJECTED, (), group="g", is_open=True)
    clock.advance(31 * 24 * 3600)

    assert journal.forget() == 1
    assert journal.find("s1") is None
    assert list(journal.submissions(State.DELIVERED)) == []
    assert bench.states() == {"accepted": 2, "dead": 1, "forgotten": 1}
