import pytest
from redis import Redis

from shared.journal import Job, Journal, Lease, LeaseLost
from shared.submission import Reason, State
from tests.shared.journal.conftest import Clock
from tests.shared.journal.factories import Bench, a_submission


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


def test_no_more_is_leased_than_the_workers_can_soon_begin(bench: Bench, clock: Clock) -> None:
    bench.threads = 2
    for _ in range(9):
        bench.accept()

    jobs = bench.turn()

    assert len(jobs) == 4
    assert bench.turn() == []
    bench.begin(jobs[0])
    clock.advance(0.001)
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
    assert journal.forget(200) == 1


def test_a_lease_whose_record_is_gone_stops_no_turn(bench: Bench, redis: Redis, clock: Clock) -> None:
    for id in ("s1", "s2"):
        bench.accept(id)
    bench.turn()
    redis.delete("hookline:sub:s1")
    clock.advance(10)

    assert bench.turn() == [Job("s2", 1)]


def test_a_suspect_that_stands_on_a_second_shelf_leaves_only_that(bench: Bench, redis: Redis, clock: Clock) -> None:
    bench.leased("s1")
    clock.advance(40.1)
    [job] = bench.turn()
    bench.begin(job).crashed("it was ended by SIGKILL", seconds=20)
    redis.zadd("hookline:leased", {"s1": 0})
    assert bench.turn() == []
    clock.advance(20)

    assert bench.turn() == [Job("s1", 3)]


def test_locations_take_turns_when_workers_are_short(journal: Journal, clock: Clock) -> None:
    for location in ("a", "b", "c"):
        journal.accept(*(a_submission(f"{location}{number}", location=location) for number in range(9)))

    begun = []
    for _ in range(9):
        clock.advance(0.01)
        for job in journal.turn("worker", threads=1).jobs:
            lease = journal.begin(job, "worker", "n")
            assert lease
            begun.append(lease.record.location)

    assert len(begun) >= 9
    for turns in range(3, len(begun)):
        served = [begun[:turns].count(location) for location in ("a", "b", "c")]
        assert max(served) - min(served) <= 1


def test_what_comes_in_does_not_overtake_a_location_that_waits(bench: Bench, journal: Journal, clock: Clock) -> None:
    for number in range(3):
        journal.accept(a_submission(f"a{number}", location="a"))
    job, _ = journal.turn("worker", threads=1).jobs
    clock.advance(0.01)
    bench.begin(job)

    assert journal.accept(a_submission("b0", location="b")).jobs == []
    assert [job.submission_id for job in journal.turn("worker", threads=1).jobs] == ["a2"]


def test_who_has_had_a_turn_goes_behind_those_who_came_in_the_same_millisecond(bench: Bench, journal: Journal) -> None:
    journal.turn("worker", threads=1)
    first, _ = journal.accept(*(a_submission(f"a{number}", location="a") for number in range(3))).jobs
    journal.accept(a_submission("b0", location="b"))
    bench.begin(first)

    assert [job.submission_id for job in journal.turn("worker", threads=1).jobs] == ["b0"]


class TestASuspect:
    def test_is_what_a_delivery_becomes_whose_worker_has_died(
        self, bench: Bench, journal: Journal, clock: Clock
    ) -> None:
        journal.turn("worker that crashed", 4)
        bench.leased("s1")
        clock.advance(40.1)

        turn = journal.turn("worker", 100)

        assert turn.taken_back == ["s1"]
        assert turn.jobs == [Job("s1", 2)]
        record = journal.find("s1")
        assert record
        assert (record.suspect, record.crashes) == (True, 0)
        assert bench.states() == {"accepted": 1, "leased": 1}

    def test_is_leased_with_a_few_suspects_and_beside_all_others(self, bench: Bench, clock: Clock) -> None:
        for number in range(6):
            bench.leased(f"s{number}")
        clock.advance(40.1)

        first, *others = bench.turn()
        bench.accept("s6")

        assert len(others) == 3
        assert [job.submission_id for job in bench.turn()] == ["s6"]
        bench.begin(first).delivered({})
        assert len(bench.turn()) == 1

    def test_that_has_crashed_is_leased_without_another_suspect(self, bench: Bench, clock: Clock) -> None:
        for number in range(3):
            bench.leased(f"s{number}")
        clock.advance(40.1)
        leases = [bench.begin(job, "worker") for job in bench.turn()]
        for lease in leases[:2]:
            lease.crashed("it was ended by SIGKILL", seconds=20)
        clock.advance(20)

        assert bench.turn() == []  # the third runs still
        leases[2].delivered({})
        assert len(bench.turn()) == 1
        assert bench.turn() == []

    def test_of_a_worker_that_is_gone_stops_no_other(self, bench: Bench, clock: Clock) -> None:
        for number in range(6):
            bench.leased(f"s{number}")
        clock.advance(40.1)
        for job in bench.turn():
            bench.begin(job, "worker that crashed")

        assert len(bench.turn()) == 2

    def test_of_a_held_location_stops_no_other_suspect(self, bench: Bench, clock: Clock) -> None:
        for number in range(9):
            bench.leased(f"held-{number}", location="north")
        bench.leased("s1", location="north").hold(
            "credentials", "Invalid JWT", status=401, seconds=60, token="t", calls=1
        )
        bench.leased("s2", location="south")
        clock.advance(40.1)

        assert [job.submission_id for job in bench.turn()] == ["s2"]

    def test_whose_record_is_gone_stops_no_other_suspect(self, bench: Bench, redis: Redis, clock: Clock) -> None:
        self.a_suspect(bench, clock)
        redis.delete("hookline:sub:s1")
        bench.leased("s2")
        clock.advance(40.1)

        assert [job.submission_id for job in bench.turn()] == ["s2"]

    def test_waits_a_while_when_its_process_has_ended_and_stays_one(
        self, bench: Bench, journal: Journal, clock: Clock
    ) -> None:
        lease = self.a_suspect(bench, clock)

        assert lease.crashed("it was ended by SIGKILL", seconds=20) is False
        assert bench.turn() == []
        clock.advance(20)
        assert [job.submission_id for job in bench.turn()] == ["s1"]
        record = journal.find("s1")
        assert record
        assert (record.suspect, record.crashes) == (True, 1)
        assert journal.events("s1")[-1].data == {"how": "it was ended by SIGKILL"}

    def test_is_buried_with_the_evidence_when_its_process_has_ended_three_times(
        self, bench: Bench, journal: Journal, clock: Clock
    ) -> None:
        lease = self.a_suspect(bench, clock)
        for _ in range(2):
            lease.crashed("it was ended by SIGKILL", seconds=20)
            clock.advance(20)
            [job] = bench.turn()
            lease = bench.begin(job)

        assert lease.crashed("it was ended by SIGSEGV", seconds=20) is True
        record = journal.find("s1")
        assert record
        assert record.reason is Reason.CRASHED
        rule = "its own process ended 3 times while it delivered this; the last time: it was ended by SIGSEGV"
        assert record.diagnosis[0].rule == rule
        assert bench.states() == {"accepted": 1, "dead": 1}

    def test_crashes_once_however_often_that_is_told(self, bench: Bench, journal: Journal, clock: Clock) -> None:
        lease = self.a_suspect(bench, clock)

        for _ in range(4):
            assert lease.crashed("it was ended by SIGKILL", seconds=20) is False

        record = journal.find("s1")
        assert record
        assert record.crashes == 1

    def test_that_was_delivered_before_its_process_ended_is_delivered(
        self, bench: Bench, journal: Journal, clock: Clock
    ) -> None:
        lease = self.a_suspect(bench, clock)
        lease.delivered({})

        assert lease.crashed("it was ended by SIGKILL", seconds=20) is False
        assert bench.states() == {"accepted": 1, "delivered": 1}

    def test_crashes_too_when_its_whole_worker_ends_and_is_buried_then(
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
        rule = "the worker ended 3 times while it delivered this apart from the others"
        assert record.diagnosis[0].rule == rule
        assert bench.states() == {"accepted": 1, "dead": 1}

    def test_is_none_any_more_once_it_came_back(self, bench: Bench, journal: Journal, clock: Clock) -> None:
        self.a_suspect(bench, clock).retry(0, spends=True, calls=1, details={})

        record = journal.find("s1")
        assert record
        assert not record.suspect

    def test_stays_one_when_nothing_was_tried(self, bench: Bench, journal: Journal, clock: Clock) -> None:
        self.a_suspect(bench, clock).retry(20, spends=False, calls=1, details={}, suspect="1")

        clock.advance(20)
        assert [job.submission_id for job in bench.turn()] == ["s1"]
        record = journal.find("s1")
        assert record
        assert record.suspect

    def test_of_a_replay_is_a_replay_still(self, bench: Bench, journal: Journal, clock: Clock) -> None:
        bench.leased("s1").bury(Reason.REJECTED, (), group="g", is_open=True)
        journal.replay("s1", "typeform", "main", calls=1)
        bench.begin(bench.turn()[0])
        clock.advance(40.1)
        bench.begin(bench.turn()[0]).retry(0, spends=True, calls=1, details={})

        record = journal.find("s1")
        assert record
        assert (record.lane, record.suspect) == ("replay", False)

    def test_is_one_again_when_it_is_replayed(self, bench: Bench, journal: Journal, clock: Clock) -> None:
        lease = self.a_suspect(bench, clock)
        for _ in range(2):
            lease.crashed("it was ended by SIGKILL", seconds=0)
            lease = bench.begin(bench.turn()[0])
        lease.crashed("it was ended by SIGKILL", seconds=0)
        journal.replay("s1", "typeform", "main", calls=1)

        record = journal.find("s1")
        assert record
        assert (record.state, record.lane, record.suspect, record.crashes) == (State.WAITING, "replay", True, 0)
        bench.begin(bench.turn()[0]).bury(Reason.REJECTED, (), group="g", is_open=True)
        journal.replay("s1", "typeform", "main", calls=1)
        record = journal.find("s1")
        assert record
        assert not record.suspect

    def a_suspect(self, bench: Bench, clock: Clock) -> Lease:
        bench.leased("s1")
        clock.advance(40.1)
        [job] = bench.turn()
        return bench.begin(job)


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

    assert journal.forget(200) == 1
    assert journal.find("s1") is None
    assert list(journal.submissions(State.DELIVERED)) == []
    assert bench.states() == {"accepted": 2, "dead": 1, "forgotten": 1}
