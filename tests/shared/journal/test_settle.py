from datetime import UTC, datetime

from redis import Redis

from shared.journal import Journal
from shared.submission import Attempt, Diagnosis, Edit, Reason, State
from tests.shared.journal.conftest import Clock
from tests.shared.journal.factories import Bench

DAY = 24 * 3600


def an_attempt(status: int | None = 200) -> Attempt:
    return Attempt(at=datetime(2026, 9, 21, tzinfo=UTC), step="upsert", request={"a": 1}, status=status, response={})


def test_what_a_step_found_out_is_there_for_the_next_delivery(bench: Bench, journal: Journal) -> None:
    lease = bench.leased("s1")
    lease.store(an_attempt(), upserted={"contact_id": "c1", "new": True, "tags": ["vip"]})
    lease.retry(0, spends=False, calls=1, details={})

    [job] = bench.turn()

    upserted = bench.begin(job).record.upserted
    assert upserted
    assert upserted.contact_id == "c1"
    assert upserted.tags == ("vip",)
    assert journal.attempts("s1") == [an_attempt()]


def test_a_delivered_submission_keeps_its_body_for_a_week(bench: Bench, redis: Redis) -> None:
    bench.leased("s1").delivered({"contact_id": "c1"})

    assert bench.states() == {"accepted": 1, "delivered": 1}
    assert 6.9 * DAY < redis.ttl("hookline:body:s1") <= 7 * DAY


def test_a_retry_waits_and_spends_an_attempt(bench: Bench, journal: Journal, clock: Clock) -> None:
    bench.leased("s1").retry(8, spends=True, calls=1, details={"error": "HighLevelUnavailable"})

    assert bench.states() == {"accepted": 1, "waiting": 1}
    record = journal.find("s1")
    assert record
    assert record.attempts == 1
    clock.advance(7.9)
    assert bench.turn() == []
    clock.advance(0.2)
    assert len(bench.turn()) == 1


def test_a_failure_elsewhere_spends_an_attempt_and_says_nothing_of_the_location(
    bench: Bench, journal: Journal, clock: Clock
) -> None:
    for number in range(6):
        bench.leased(f"s{number}").retry(8, spends=True, fails=False, calls=1, details={})

    records = list(journal.submissions(State.WAITING))
    assert {record.attempts for record in records} == {1}
    assert journal.holds() == []
    assert [event.event for event in journal.events("s1")][-1] == "failed"


def test_waiting_that_is_nobodys_fault_spends_nothing(bench: Bench, journal: Journal) -> None:
    bench.leased("s1").retry(8, spends=False, calls=2, details={})

    record = journal.find("s1")
    assert record
    assert record.attempts == 0
    assert record.calls == 2


def test_a_dead_letter_says_why_and_keeps_its_body_without_limit(bench: Bench, journal: Journal, redis: Redis) -> None:
    diagnosis = Diagnosis(field="email", value="x", rule="email must be an email", fix="correct it")

    bench.leased("s1").bury(Reason.REJECTED, (diagnosis,), group="rejected-1", is_open=True)

    record = journal.find("s1")
    assert record
    assert record.state is State.DEAD
    assert record.reason is Reason.REJECTED
    assert record.diagnosis == (diagnosis,)
    assert record.group == "rejected-1"
    assert redis.ttl("hookline:body:s1") == -1


class TestAReplay:
    def test_lets_a_dead_letter_wait_again_with_a_new_budget(self, bench: Bench, journal: Journal) -> None:
        lease = bench.leased("s1")
        lease.store(upserted={"contact_id": "c1", "new": True})
        lease.bury(Reason.REJECTED, (), group="g", is_open=True)

        assert journal.replay("s1", "typeform", "main", calls=3)

        assert bench.states() == {"accepted": 1, "waiting": 1}
        record = journal.find("s1")
        assert record
        assert (record.reason, record.attempts, record.upserted, record.calls) == (None, 0, None, 3)

    def test_keeps_in_the_history_what_the_dead_letter_was(self, bench: Bench, journal: Journal) -> None:
        diagnosis = Diagnosis(field="email", rule="email must be an email")
        bench.leased("s1").bury(Reason.REJECTED, (diagnosis,), group="g", is_open=True)
        journal.edit("s1", Edit(drop=("email",)))
        journal.replay("s1", "typeform", "main", calls=1)

        events = journal.events("s1")

        assert [event.event for event in events] == ["accepted", "buried", "edited", "replayed"]
        assert "email must be an email" in str(events[1].data["diagnosis"])

    def test_happens_once(self, bench: Bench, journal: Journal) -> None:
        bench.leased("s1").bury(Reason.REJECTED, (), group="g", is_open=True)

        assert journal.replay("s1", "typeform", "main", calls=1)
        assert not journal.replay("s1", "typeform", "main", calls=1)
        assert bench.states() == {"accepted": 1, "waiting": 1}

    def test_may_go_to_another_location(self, bench: Bench, journal: Journal) -> None:
        bench.leased("s1").bury(Reason.REJECTED, (), group="g", is_open=True)

        journal.replay("s1", "typeform", "south", calls=1)

        assert journal.ledgers_of_locations()["south"].balanced
        assert journal.ledgers_of_locations()["south"].accepted == 1
        assert journal.ledgers_of_locations()["main"].accepted == 0
        assert bench.turn()
        assert bench.states() == {"accepted": 1, "leased": 1}

    def test_goes_after_live_submissions(self, bench: Bench, journal: Journal, clock: Clock) -> None:
        bench.leased("s1").bury(Reason.REJECTED, (), group="g", is_open=True)
        journal.replay("s1", "typeform", "main", calls=1)
        journal.turn("worker", threads=0)
        clock.advance(1)
        for id in ("s2", "s3"):
            bench.accept(id)
        bench.threads = 1

        assert [job.submission_id for job in bench.turn()] == ["s2", "s3"]


def test_a_discarded_dead_letter_is_counted_and_loses_its_body_in_time(
    bench: Bench, journal: Journal, redis: Redis
) -> None:
    bench.leased("s1").bury(Reason.REJECTED, (), group="g", is_open=True)

    assert journal.discard("s1")
    assert not journal.discard("s1")
    assert bench.states() == {"accepted": 1, "discarded": 1}
    assert redis.ttl("hookline:body:s1") > 0


def test_changes_of_two_operators_at_once_are_both_kept(bench: Bench, journal: Journal) -> None:
    bench.leased("s1").bury(Reason.REJECTED, (), group="g", is_open=True)
    journal.edit("s1", Edit(fields={"email": "ada@example.com", "city": "London"}))
    journal.edit("s1", Edit(fields={"city": "Paris\u2028\n"}, drop=("email",)))

    record = journal.find("s1")
    assert record
    assert record.edit == Edit(fields={"city": "Paris\u2028\n"}, drop=("email",))


def test_only_dead_letters_are_edited_and_discarded(bench: Bench, journal: Journal) -> None:
    bench.accept("s1")

    assert not journal.edit("s1", Edit())
    assert not journal.discard("s1")
    assert bench.states() == {"accepted": 1, "waiting": 1}


def test_the_audit_finds_a_record_on_the_wrong_shelf(bench: Bench, journal: Journal, redis: Redis) -> None:
    bench.accept("s1")
    redis.hset("hookline:sub:s1", "state", "dead")

    assert journal.misplaced() == ["s1"]


def test_the_audit_finds_a_lost_record(bench: Bench, journal: Journal, redis: Redis) -> None:
    bench.leased("s1").delivered({})
    redis.zrem("hookline:delivered", "s1")

    assert ("delivered", 1, 0) in journal.shelves()
