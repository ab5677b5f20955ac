import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import Redis

from shared.journal import Job, Journal, Lease, LeaseLost
from shared.journal.lease import Prepared
from shared.submission import Edit, Reason, State
from tests.shared.journal.conftest import Clock
from tests.shared.journal.factories import Bench
from tests.shared.journal.test_settle import an_attempt

DAY = 24 * 3600
OPEN = (State.WAITING, State.LEASED)
ADA, ADAS_PHONE, BOB = "hash of ada", "hash of ada's phone", "hash of bob"
UPSERTED = {"contact_id": "c1", "new": False}


def prepare(
    lease: Lease, *persons: str, calls: int = 1, fields: Mapping[str, bool] | None = None, mapped: str = "it"
) -> Prepared:
    given = stamped(lease, fields or {})
    return lease.prepare(mapped={"note": mapped}, calls=calls, persons=persons, fields=given)


def stamped(lease: Lease, fields: Mapping[str, bool]) -> dict[str, int]:
    """Return when each field's value was given: by the last edit, or with the submission."""
    record = lease.record
    return {name: record.edit_stamps[-1] if edited else record.stamp for name, edited in fields.items()}


def takes(lease: Lease, *persons: str) -> bool:
    return not prepare(lease, *persons).busy


def write(
    lease: Lease, *persons: str, contact: str = "c1", identity: Mapping[str, str] | None = None, **fields: bool
) -> None:
    """Deliver a contact of these persons that gives these fields, each by an edit or not."""
    assert takes(lease, *persons)
    lease.permit()
    shown = identity or dict(zip(("email", "phone"), persons, strict=False))
    wrote(lease, fields=stamped(lease, fields), contact_id=contact, identity=shown)
    lease.delivered({})


def wrote(lease: Lease, **more: Any) -> None:
    """Store that HighLevel has written the contact c1, unless told otherwise."""
    usual: dict[str, Any] = {"upserted": UPSERTED, "fields": {}, "contact_id": "c1", "made": False, "identity": {}}
    lease.wrote(an_attempt(), **{**usual, **more})


def next_lease(bench: Bench) -> Lease:
    [job] = bench.turn()
    return bench.begin(job)


def a_dead_letter(bench: Bench, id: str, reason: Reason = Reason.REJECTED) -> str:
    bench.leased(id).bury(reason, (), group="g", is_open=True)
    return id


def replayed(bench: Bench, id: str) -> Lease:
    assert bench.journal.replay(id, "typeform", "main", calls=1)
    return next_lease(bench)


class TestAPerson:
    def test_is_never_in_flight_twice(self, bench: Bench, journal: Journal) -> None:
        first, second = bench.leased("s1"), bench.leased("s2")

        assert takes(first, ADA)
        assert not takes(second, ADA)
        record = journal.find("s2")
        assert record
        assert (record.waits_for, record.attempts) == ("person", 0)
        assert bench.states() == {"accepted": 2, "leased": 1, "waiting": 1}

    def test_of_another_location_is_another_one(self, bench: Bench) -> None:
        assert takes(bench.leased("s1", location="north"), ADA)
        assert takes(bench.leased("s2", location="south"), ADA)

    def test_is_free_again_when_the_submission_settles(self, bench: Bench) -> None:
        first, second, third = bench.leased("s1"), bench.leased("s2"), bench.leased("s3")

        assert takes(first, ADA)
        first.bury(Reason.REJECTED, (), group="g", is_open=True)
        assert takes(second, ADA)
        second.retry(60, spends=True, calls=1, details={})
        assert takes(third, ADA)

    def test_may_be_taken_again_by_the_same_submission(self, bench: Bench, clock: Clock) -> None:
        lease = bench.leased("s1")
        assert takes(lease, ADA)
        assert takes(lease, ADA)
        clock.advance(40.1)

        assert takes(next_lease(bench), ADA)

    def test_is_taken_with_all_identifiers_or_not_at_all(self, bench: Bench) -> None:
        crossing = bench.leased("s1"), bench.leased("s2"), bench.leased("s3")

        assert takes(crossing[0], ADAS_PHONE)
        assert not takes(crossing[1], ADA, ADAS_PHONE)
        assert takes(crossing[2], ADA)

    def test_whom_another_mapping_no_longer_names_is_free(self, bench: Bench) -> None:
        lease = bench.leased("s1")
        assert takes(lease, ADA)
        assert takes(lease, BOB)

        assert takes(bench.leased("s2"), ADA)

    def test_is_not_blocked_for_long_by_a_lease_that_nobody_takes_back(self, bench: Bench, redis: Redis) -> None:
        prepare(bench.leased("s1"), ADA)

        assert 40 < redis.ttl(f"hookline:person:main:{ADA}") <= 80

    def test_without_identifiers_blocks_nobody(self, bench: Bench) -> None:
        assert takes(bench.leased("s1"))
        assert takes(bench.leased("s2"))


class TestABusySubmission:
    def test_is_leased_right_after_the_other_settles(self, bench: Bench) -> None:
        first, second = bench.leased("s1"), bench.leased("s2")
        prepare(first, ADA)
        prepare(second, ADA)
        first.permit()
        assert bench.turn() == []

        first.delivered({})

        again = next_lease(bench)
        assert again.record.id == "s2"
        assert again.record.waits_for == ""
        assert takes(again, ADA)

    def test_gives_its_permits_back_and_asks_for_what_it_needs_next_time(
        self, bench: Bench, journal: Journal, redis: Redis
    ) -> None:
        prepare(bench.leased("s1"), ADA)
        prepare(bench.leased("s2", calls=3), ADA, calls=2)

        record = journal.find("s2")
        assert record
        assert record.calls == 2
        assert redis.zrange("hookline:slots:main", 0, -1) == [b"s1:1:1"]

    def test_hears_the_same_when_it_asks_again_after_a_lost_answer(self, bench: Bench) -> None:
        first, second = bench.leased("s1"), bench.leased("s2")
        prepare(first, ADA)

        assert prepare(second, ADA).busy
        assert prepare(second, ADA).busy
        first.delivered({})
        again = next_lease(bench)
        assert prepare(second, ADA).busy
        assert takes(again, ADA)
        assert bench.states() == {"accepted": 2, "delivered": 1, "leased": 1}

    def test_is_settled(self, bench: Bench) -> None:
        first, second = bench.leased("s1"), bench.leased("s2")
        prepare(first, ADA)
        prepare(second, ADA)

        with pytest.raises(LeaseLost):
            second.store(note="done")
        assert bench.states() == {"accepted": 2, "leased": 1, "waiting": 1}

    def test_of_a_lost_lease_hears_so(self, bench: Bench, clock: Clock) -> None:
        lease = bench.leased("s1")
        clock.advance(40.1)
        bench.turn()

        with pytest.raises(LeaseLost):
            prepare(lease, ADA)
        with pytest.raises(LeaseLost):
            wrote(lease)

    def test_is_looked_at_again_when_the_others_worker_has_died(self, bench: Bench, clock: Clock) -> None:
        prepare(bench.leased("s1"), ADA)
        prepare(bench.leased("s2"), ADA)
        clock.advance(40.1)

        suspect, other = (bench.begin(job) for job in bench.turn())
        assert (suspect.record.id, other.record.id) == ("s1", "s2")
        assert takes(suspect, ADA)
        assert not takes(other, ADA)
        suspect.delivered({})
        again = next_lease(bench)
        assert again.record.id == "s2"
        assert takes(again, ADA)

    def test_waits_for_what_has_crashed_since_its_calls_may_be_at_highlevel_still(
        self, bench: Bench, clock: Clock
    ) -> None:
        bench.leased("s1")
        clock.advance(40.1)
        suspect = next_lease(bench)
        assert takes(suspect, ADA)
        assert not takes(bench.leased("s2"), ADA)

        suspect.crashed("it was ended by SIGKILL", seconds=20)
        assert not takes(next_lease(bench), ADA)
        clock.advance(20)
        again = next_lease(bench)
        assert again.record.id == "s1"
        assert takes(again, ADA)
        again.delivered({})
        assert takes(next_lease(bench), ADA)

    def test_is_woken_by_who_has_taken_the_lead_from_the_one_it_waited_for(self, bench: Bench) -> None:
        first, second, third = (bench.leased(id, lead="lead") for id in ("s1", "s2", "s3"))
        assert takes(first, ADA, "lead")
        first.retry(600, spends=True, calls=1, details={})
        assert not takes(second, "another person", "lead")
        assert takes(third, ADA, "lead")

        third.delivered({})
        assert [job.submission_id for job in bench.turn()] == ["s2"]

    def test_comes_back_though_nobody_wakes_it(self, bench: Bench, clock: Clock, redis: Redis) -> None:
        prepare(bench.leased("s1"), ADA)
        clock.advance(20)
        prepare(bench.leased("s2"), ADA)
        redis.delete("hookline:blocked:s1")
        clock.advance(20.1)
        next_lease(bench).delivered({})
        clock.advance(0.8)

        assert bench.turn() == []
        clock.advance(0.2)
        assert takes(next_lease(bench), ADA)

    def test_goes_before_those_that_were_accepted_later(self, bench: Bench, clock: Clock) -> None:
        leases = []
        for id in ("s1", "s3", "s2", "s4"):
            leases.append(bench.leased(id))
            clock.advance(1)
        for lease in (leases[0], leases[3], leases[2], leases[1]):
            prepare(lease, ADA)
        bench.journal.turn("worker", threads=0)
        bench.accept("later")
        clock.advance(1)
        leases[0].delivered({})
        order = []
        while jobs := bench.turn():
            order += [job.submission_id for job in jobs]
            lease = bench.begin(jobs[0])
            assert takes(lease, ADA)
            lease.delivered({})

        assert order == ["s3", "later", "s2", "s4"]

    def test_goes_before_a_replay(self, bench: Bench) -> None:
        a_dead_letter(bench, "s1")
        holder, old, live = bench.leased("s2"), replayed(bench, "s1"), bench.leased("s3")
        for lease in (holder, old, live):
            prepare(lease, ADA)

        holder.delivered({})

        first = next_lease(bench)
        assert first.record.id == "s3"
        assert takes(first, ADA)
        first.delivered({})
        assert takes(next_lease(bench), ADA)

    def test_that_others_wait_for_hands_them_on(self, bench: Bench, clock: Clock) -> None:
        leases = [bench.leased(id) for id in ("s1", "s2", "s3")]
        for lease in leases:
            prepare(lease, ADA)
        leases[0].delivered({})
        woken, quick = next_lease(bench), bench.leased("s4")

        assert takes(quick, ADA)
        assert prepare(woken, ADA).busy
        assert bench.turn() == []
        quick.delivered({})
        assert next_lease(bench).record.id == "s2"

    def test_that_was_to_probe_lets_the_next_one_probe(self, bench: Bench, clock: Clock) -> None:
        holder = bench.leased("s1")
        prepare(holder, ADA)
        clock.advance(25)
        bench.leased("s2").hold("credentials", "Invalid JWT", status=401, seconds=14, token="t", calls=1)
        bench.accept("s3")
        clock.advance(14.1)
        probe = next_lease(bench)

        assert prepare(probe, ADA).busy
        assert next_lease(bench).record.id != probe.record.id

    def test_says_in_the_next_delivery_what_mapping_has_shown(self, bench: Bench, journal: Journal) -> None:
        prepare(bench.leased("s1"), ADA)
        prepare(bench.leased("s2"), ADA, mapped="something")

        record = journal.find("s2")
        assert record
        assert record.mapped == {"note": "something"}


def test_preparing_gives_back_the_permits_that_are_not_needed(bench: Bench, redis: Redis) -> None:
    lease = bench.leased("s1", calls=3)
    lease.permit()

    prepare(lease, ADA, calls=1)

    assert redis.zrange("hookline:slots:main", 0, -1) == [b"s1:1:1", b"s1:1:2"]
    assert lease.permit() == 0
    assert redis.zcard("hookline:slots:main") == 2


class TestACreateWhoseOutcomeIsUnknown:
    def begun(self, bench: Bench, clock: Clock) -> Lease:
        lease = bench.leased("s1")
        assert takes(lease, ADA)
        lease.store(creating=str(clock.now))
        return lease

    def test_keeps_the_person_while_it_waits(self, bench: Bench, clock: Clock, redis: Redis) -> None:
        self.begun(bench, clock).retry(120, spends=True, calls=1, details={})

        assert not takes(bench.leased("s2"), ADA)
        assert 30 * DAY - 1 <= redis.ttl(f"hookline:person:main:{ADA}") <= 30 * DAY
        clock.advance(120.1)
        again = next_lease(bench)
        assert again.record.id == "s1"
        assert again.record.creating
        assert takes(again, ADA)
        again.delivered({})
        assert takes(next_lease(bench), ADA)

    def test_keeps_the_person_when_its_worker_has_died(self, bench: Bench, clock: Clock) -> None:
        self.begun(bench, clock)
        early = bench.leased("s2")
        clock.advance(40.1)
        suspect, other = (bench.begin(job) for job in bench.turn())
        suspect.retry(60, spends=True, calls=1, details={})

        assert (early.record.id, suspect.record.id) == ("s2", "s1")
        assert not takes(other, ADA)
        assert bench.states() == {"accepted": 2, "waiting": 2}

    def test_takes_the_person_from_nobody(self, bench: Bench, clock: Clock, redis: Redis) -> None:
        late = self.begun(bench, clock)
        redis.delete(f"hookline:person:main:{ADA}")
        assert takes(bench.leased("s2"), ADA)

        late.retry(60, spends=True, calls=1, details={})

        assert redis.get(f"hookline:person:main:{ADA}") == b"s2"

    def test_makes_a_suspect_wait_that_is_none_any_more_then(
        self, bench: Bench, journal: Journal, clock: Clock
    ) -> None:
        self.begun(bench, clock).retry(120, spends=True, calls=1, details={})
        bench.leased("s2")
        clock.advance(40.1)
        assert not takes(next_lease(bench), ADA)
        clock.advance(DAY)

        assert {job.submission_id for job in bench.turn()} == {"s1", "s2"}

    def test_frees_the_person_when_it_is_buried(self, bench: Bench, clock: Clock) -> None:
        self.begun(bench, clock).bury(Reason.OUTCOME_UNKNOWN, (), group="g", is_open=False)

        assert takes(bench.leased("s2"), ADA)

    def test_frees_the_person_when_it_is_known_after_all(self, bench: Bench, clock: Clock) -> None:
        lease = self.begun(bench, clock)
        lease.store(creating="")
        lease.retry(60, spends=True, calls=1, details={})

        assert takes(bench.leased("s2"), ADA)

    def test_keeps_the_person_for_a_month_and_no_longer(self, bench: Bench, clock: Clock) -> None:
        self.begun(bench, clock).retry(30 * DAY, spends=True, calls=1, details={})
        clock.advance(30 * DAY + 0.1)
        next_lease(bench).retry(60, spends=True, calls=1, details={})

        assert takes(bench.leased("s2"), ADA)


class TestNewerWins:
    def test_a_field_that_a_later_submission_wrote_is_newer(self, bench: Bench, journal: Journal) -> None:
        early, late = bench.leased("s1"), bench.leased("s2")
        write(late, ADA, city=False, source=False)

        prepared = prepare(early, ADA, fields={"city": False, "companyName": False})

        later = journal.find("s2")
        assert later
        assert list(prepared.newer) == ["city"]
        assert prepared.newer["city"].by == "s2"
        assert round(prepared.newer["city"].at.timestamp() * 1_000_000) == later.stamp

    def test_a_field_that_an_earlier_submission_wrote_is_not(self, bench: Bench) -> None:
        early, late = bench.leased("s1"), bench.leased("s2")
        write(early, ADA, city=False)

        assert prepare(late, ADA, fields={"city": False}).newer == {}

    def test_an_earlier_one_that_writes_late_does_not_become_the_newer_one(self, bench: Bench) -> None:
        first, second, third = bench.leased("s1"), bench.leased("s2"), bench.leased("s3")
        write(third, ADA, city=False)
        write(first, ADA, city=False)

        assert prepare(second, ADA, fields={"city": False}).newer["city"].by == "s3"

    def test_submissions_of_the_same_millisecond_are_ordered(self, bench: Bench, journal: Journal) -> None:
        stamps = [bench.leased(f"s{number}").record.stamp for number in range(9)]

        assert stamps == sorted(set(stamps))

    def test_what_the_submission_wrote_itself_is_not_newer(self, bench: Bench, journal: Journal) -> None:
        a_dead_letter(bench, "s1")
        journal.edit("s1", Edit(fields={"city": "Paris"}))
        lease = replayed(bench, "s1")
        prepare(lease, ADA)
        lease.permit()
        wrote(lease, fields=stamped(lease, {"city": True}), identity={"email": ADA})

        assert prepare(lease, ADA, fields={"city": False}).newer == {}

    def test_another_person_has_fields_of_its_own(self, bench: Bench) -> None:
        early, late = bench.leased("s1"), bench.leased("s2")
        write(late, BOB, city=False)

        assert prepare(early, ADA, fields={"city": False}).newer == {}

    def test_either_identifier_tells(self, bench: Bench) -> None:
        early, by_email, by_phone = bench.leased("s1"), bench.leased("s2"), bench.leased("s3")
        write(by_email, ADA, city=False, country=False)
        write(by_phone, ADAS_PHONE, city=False, website=False)

        newer = prepare(early, ADA, ADAS_PHONE, fields=dict.fromkeys(("city", "country", "website"), False)).newer

        assert {name: found.by for name, found in newer.items()} == {"city": "s3", "country": "s2", "website": "s3"}

    def test_a_write_counts_for_all_identifiers(self, bench: Bench) -> None:
        early, middle, late = bench.leased("s1"), bench.leased("s2"), bench.leased("s3")
        write(late, ADA, ADAS_PHONE, city=False)

        assert prepare(early, ADA, fields={"city": False}).newer
        assert prepare(middle, ADAS_PHONE, fields={"city": False}).newer

    def test_an_edit_counts_as_of_the_edit(self, bench: Bench, journal: Journal) -> None:
        a_dead_letter(bench, "s1")
        write(bench.leased("s2"), ADA, city=False, country=False)
        journal.edit("s1", Edit(fields={"city": "Paris"}))

        prepared = prepare(replayed(bench, "s1"), ADA, fields={"city": True, "country": False})

        assert list(prepared.newer) == ["country"]

    def test_an_edit_is_newer_than_what_was_accepted_before_it(self, bench: Bench, journal: Journal) -> None:
        a_dead_letter(bench, "s1")
        late = bench.leased("s2")
        journal.edit("s1", Edit(fields={"city": "Paris"}))
        write(replayed(bench, "s1"), ADA, city=True, country=False)

        prepared = prepare(late, ADA, fields={"city": False, "country": False})

        assert list(prepared.newer) == ["city"]

    def test_a_replay_after_a_month_is_as_old_as_its_submission(self, bench: Bench, clock: Clock) -> None:
        a_dead_letter(bench, "s1")
        clock.advance(DAY)
        write(bench.leased("s2"), ADA, city=False)
        clock.advance(30 * DAY)

        assert list(prepare(replayed(bench, "s1"), ADA, fields={"city": False}).newer) == ["city"]

    def test_is_known_for_half_a_year(self, bench: Bench, redis: Redis) -> None:
        write(bench.leased("s1"), ADA, city=False)

        assert 179 * DAY < redis.ttl(f"hookline:written:main:{ADA}") <= 180 * DAY

    def test_asking_again_after_a_lost_answer_tells_the_same(self, bench: Bench) -> None:
        early, late = bench.leased("s1"), bench.leased("s2")
        write(late, ADA, city=False)

        assert prepare(early, ADA, fields={"city": False}) == prepare(early, ADA, fields={"city": False})

    def test_an_identifier_that_the_contact_did_not_get_remembers_nothing(self, bench: Bench) -> None:
        early, late = bench.leased("s1"), bench.leased("s2")
        assert takes(late, ADA, ADAS_PHONE)
        wrote(late, fields=stamped(late, {"city": False}), identity={"email": ADA})
        late.delivered({})

        assert prepare(early, ADAS_PHONE, fields={"city": False}).newer == {}

    def test_each_edit_has_a_time_of_its_own(self, bench: Bench, journal: Journal) -> None:
        a_dead_letter(bench, "s1")
        journal.edit("s1", Edit(fields={"city": "Rome"}))
        journal.edit("s1", Edit(fields={"email": "ada@example.com"}))

        first, second = replayed(bench, "s1").record.edit_stamps
        assert first < second

    def test_edits_that_are_taken_back_are_as_never_made(self, bench: Bench, journal: Journal) -> None:
        a_dead_letter(bench, "s1")
        journal.edit("s1", Edit(fields={"city": "Rome"}))

        assert journal.forget_edits("s1")
        record = journal.find("s1")
        assert record
        assert (record.edit, record.edit_stamps) == (Edit(), ())
        assert not journal.forget_edits("nobody")


class TestWhatWasWritten:
    def test_says_who_has_made_the_contact(self, bench: Bench) -> None:
        first, second = bench.leased("s1"), bench.leased("s2")
        wrote(first, contact_id="c1", made=True)
        wrote(second, contact_id="c1", made=True)
        wrote(second, contact_id="c2")

        assert second.makers(["c1", "c2", "c3"]) == ("s1", "", "")

    def test_is_stored_with_its_attempt(self, bench: Bench, journal: Journal, clock: Clock, redis: Redis) -> None:
        lease = bench.leased("s1")
        prepare(lease, ADA)
        lease.permit()
        lost = {"field": "city", "sent": "Paris"}
        wrote(lease, not_stored=[lost])

        record = journal.find("s1")
        assert record
        assert record.upserted
        assert record.upserted.contact_id == "c1"
        assert record.not_stored[0].sent == "Paris"
        assert journal.attempts("s1") == [an_attempt()]
        assert redis.zrange("hookline:slots:main", 0, -1, withscores=True) == [(b"s1:1:1", clock.now + 10_000)]

    def test_counts_once_in_the_ledger_when_not_all_of_it_was_stored(self, bench: Bench, journal: Journal) -> None:
        lease = bench.leased("s1")
        lease.delivered({"not_stored": ["city"]})
        lease.delivered({"not_stored": ["city"]})
        bench.leased("s2").delivered({"not_stored": []})

        assert bench.states() == {"accepted": 2, "delivered": 2, "not_stored": 1}
        assert journal.ledgers_of_forms()["contact-us"].not_stored == 1
        assert journal.ledgers_of_locations()["main"].not_stored == 1


class TestAContactsIdentity:
    def replaced(self, bench: Bench, id: str) -> tuple[str, ...]:
        record = bench.journal.find(id)
        assert record
        return record.replaced

    def test_that_was_another_before_is_told(self, bench: Bench) -> None:
        write(bench.leased("s1"), ADA, identity={"email": ADA, "phone": ADAS_PHONE})
        write(bench.leased("s2"), BOB, identity={"email": BOB, "phone": ADAS_PHONE})

        assert self.replaced(bench, "s1") == ()
        assert self.replaced(bench, "s2") == ("email",)

    def test_of_another_contact_does_not_matter(self, bench: Bench) -> None:
        write(bench.leased("s1"), ADA, identity={"email": ADA})
        write(bench.leased("s2"), BOB, contact="c2", identity={"email": BOB})

        assert self.replaced(bench, "s2") == ()

    def test_is_remembered_where_a_later_write_does_not_tell_it(self, bench: Bench) -> None:
        write(bench.leased("s1"), ADA, identity={"email": ADA})
        write(bench.leased("s2"), ADAS_PHONE, identity={"phone": ADAS_PHONE})
        write(bench.leased("s3"), BOB, identity={"email": BOB})

        assert self.replaced(bench, "s3") == ("email",)

    def test_is_still_told_when_the_call_is_repeated_after_a_lost_answer(self, bench: Bench, redis: Redis) -> None:
        write(bench.leased("s1"), ADA, identity={"email": ADA})
        lease = bench.leased("s2")
        prepare(lease, ADA)
        lease.permit()
        for _ in range(2):
            wrote(lease, identity={"email": BOB})

        assert self.replaced(bench, "s2") == ("email",)
        assert 179 * DAY < redis.ttl("hookline:identity:main:c1") <= 180 * DAY


class TestAReplay:
    def test_knows_what_was_made_or_perhaps_made(self, bench: Bench, journal: Journal, clock: Clock) -> None:
        lease = bench.leased("s1")
        lease.store(creating=str(clock.now), target={"contact_id": "c1", "new": True})
        lease.bury(Reason.EXHAUSTED, (), group="g", is_open=True)
        journal.replay("s1", "typeform", "main", calls=1)

        record = journal.find("s1")
        assert record
        assert record.creating
        assert record.target
        assert record.target.contact_id == "c1"

    def test_of_an_unknown_outcome_is_the_word_to_make_it(self, bench: Bench, journal: Journal, clock: Clock) -> None:
        lease = bench.leased("s1")
        lease.store(creating=str(clock.now))
        lease.bury(Reason.OUTCOME_UNKNOWN, (), group="g", is_open=True)
        journal.replay("s1", "typeform", "main", calls=1)

        record = journal.find("s1")
        assert record
        assert record.creating is None

    def test_at_another_location_knows_nothing_of_the_former_ones_contacts(
        self, bench: Bench, journal: Journal, clock: Clock
    ) -> None:
        lease = bench.leased("s1")
        lease.store(creating=str(clock.now), target={"contact_id": "c1", "new": True})
        lease.bury(Reason.EXHAUSTED, (), group="g", is_open=True)
        journal.replay("s1", "typeform", "elsewhere", calls=1)

        record = journal.find("s1")
        assert record
        assert (record.creating, record.target) == (None, None)

    def test_decides_anew(self, bench: Bench, journal: Journal, clock: Clock) -> None:
        lease = bench.leased("s1")
        prepare(lease, ADA)
        superseded = {"field": "city", "value": "Paris", "by": "s2", "at": "2026-09-21T12:00:00Z"}
        not_stored = {"field": "city", "sent": "Paris"}
        lease.store(replaced=["email"], not_stored=[not_stored], superseded=[superseded])
        lease.bury(Reason.REJECTED, (), group="g", is_open=True)
        journal.replay("s1", "typeform", "main", calls=1)

        record = journal.find("s1")

        assert record
        assert (record.persons, record.replaced) == ((), ())
        assert (record.not_stored, record.superseded, record.identity_confirmed) == ((), (), False)

    def test_of_a_changed_identity_confirms_it(self, bench: Bench) -> None:
        a_dead_letter(bench, "s1", Reason.IDENTITY_CHANGED)

        lease = replayed(bench, "s1")

        assert lease.record.identity_confirmed


@dataclass
class Crowd:
    """Several workers that deliver submissions of few persons, in an order and with accidents that chance decides."""

    journal: Journal
    clock: Clock
    chance: random.Random
    persons: dict[str, tuple[str, ...]]
    jobs: list[Job] = field(default_factory=list)
    holders: dict[str, Lease] = field(default_factory=dict)
    unsure: set[str] = field(default_factory=set)

    def run(self) -> None:
        for _ in range(3000):
            self.jobs += self.journal.turn("worker", 16).jobs
            ledger = self.journal.ledger()
            if not (ledger.waiting or ledger.leased):
                return
            self.chance.choice([self.begin, self.begin, self.settle, self.wait])()
        raise AssertionError(f"still not settled: {self.journal.ledger()}")

    def begin(self) -> None:
        if not self.jobs:
            return
        job = self.jobs.pop(self.chance.randrange(len(self.jobs)))
        lease = self.journal.begin(job, "worker", nonce=str(self.chance.random()))
        if lease and takes(lease, *self.persons[lease.record.id]):
            if self.chance.random() < 0.3:
                lease.store(creating=str(self.clock.now))
                self.unsure.add(lease.record.id)
            self.holders[lease.record.id] = lease
            self.check()

    def check(self) -> None:
        """Check that nobody has a person whom another has, or of whom another has perhaps just made a contact."""
        unsettled = {record.id for state in OPEN for record in self.journal.submissions(state)}
        taken = [person for id in {*self.holders, *self.unsure & unsettled} for person in self.persons[id]]
        assert len(taken) == len(set(taken)), f"two have a person: {self.holders.keys()}, {self.unsure}"

    def settle(self) -> None:
        if not self.holders:
            return
        lease = self.holders.pop(self.chance.choice(sorted(self.holders)))
        match self.chance.randrange(5):
            case 0:
                lease.retry(self.chance.uniform(0, 5), spends=False, calls=1, details={})
            case 1:
                lease.bury(Reason.REJECTED, (), group="g", is_open=True)
            case 2:  # its worker dies
                self.clock.advance(self.chance.uniform(0, 50))
                self.lose_what_has_expired()
            case _:
                lease.delivered({})

    def wait(self) -> None:
        self.clock.advance(self.chance.uniform(0, 3))
        self.lose_what_has_expired()

    def lose_what_has_expired(self) -> None:
        for id, lease in list(self.holders.items()):
            if (self.clock.now - lease.begun_at.timestamp() * 1000) > 39_000:
                del self.holders[id]


def sets_of_persons() -> st.SearchStrategy[list[tuple[str, ...]]]:
    emails, phones = st.sampled_from(["e1", "e2", "e3"]), st.sampled_from(["p1", "p2"])
    either = st.one_of(st.tuples(emails), st.tuples(phones), st.tuples(emails, phones))
    return st.lists(either, min_size=2, max_size=12)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), crowd=sets_of_persons())
def test_no_person_is_ever_held_twice_and_everyone_gets_their_turn(
    bench: Bench, clock: Clock, redis: Redis, seed: int, crowd: list[tuple[str, ...]]
) -> None:
    redis.flushdb()
    clock.set(clock.now)
    persons = {f"s{number}": hashes for number, hashes in enumerate(crowd)}
    for id in persons:
        bench.accept(id)

    Crowd(bench.journal, clock, random.Random(seed), persons).run()

    states = bench.states()
    assert states.pop("delivered", 0) + states.pop("dead", 0) == len(crowd)
    assert states == {"accepted": len(crowd)}
    assert not list(redis.scan_iter("hookline:person:*"))
