"""What the journal remembers of a lead that its sender sends in several revisions."""

import pytest
from redis import Redis

from shared.journal import Accepted, Journal, Lease, Receipt
from shared.journal.records import Lead
from shared.submission import Reason
from tests.shared.journal.factories import Bench, a_submission
from tests.shared.journal.test_persons import next_lease, wrote

LEAD = "lead:digest of it"
HALF_A_YEAR = 180 * 86400


def accept(journal: Journal, id: str, progress: int, lead: str = "digest of it") -> Receipt:
    [receipt] = journal.accept(a_submission(id, lead=lead, progress=progress)).receipts
    return receipt


def revision(bench: Bench, id: str, progress: int = 1) -> Lease:
    return bench.leased(id, lead="digest of it", progress=progress)


def state(lease: Lease) -> dict[str, object]:
    return lease.lead().model_dump(exclude_defaults=True)


class TestARevision:
    def test_that_is_older_than_one_before_stands_for_that_one(self, bench: Bench, journal: Journal) -> None:
        accept(journal, "newer", 5)

        assert accept(journal, "older", 4) == Receipt("newer", "superseded")
        assert journal.find("older") is None
        assert bench.states() == {"accepted": 1, "waiting": 1}

    def test_of_no_less_progress_is_a_submission(self, bench: Bench, journal: Journal) -> None:
        assert [accept(journal, f"s{number}", at).status for number, at in enumerate([1, 1, 10, 9])] == [
            "accepted",
            "accepted",
            "accepted",
            "superseded",
        ]
        assert bench.states() == {"accepted": 3, "waiting": 3}

    def test_of_another_lead_is_nothing_to_this_one(self, journal: Journal) -> None:
        accept(journal, "s1", 5)

        assert accept(journal, "s2", 4, lead="another").status == "accepted"

    def test_that_was_accepted_before_a_newer_one_came_is_still_accepted(self, bench: Bench, journal: Journal) -> None:
        accept(journal, "older", 1)
        accept(journal, "newer", 2)

        again = accept(journal, "older", 1)
        [known] = journal.accept(
            a_submission("other", idempotency_key="key of older", lead="digest of it", progress=1)
        ).receipts

        assert (again, known) == (Receipt("older", "accepted"), Receipt("older", "duplicate"))
        assert bench.states() == {"accepted": 2, "waiting": 2, "duplicate": 1}

    @pytest.mark.parametrize(("order", "expected"), [((1, 2), "accepted"), ((2, 1), "superseded")])
    def test_may_come_with_another_in_one_call(self, journal: Journal, order: tuple[int, int], expected: str) -> None:
        both = (a_submission(f"at {at}", lead="digest of it", progress=at) for at in order)

        accepted: Accepted = journal.accept(*both)

        assert [receipt.status for receipt in accepted.receipts] == ["accepted", expected]

    def test_is_forgotten_after_half_a_year(self, journal: Journal, redis: Redis) -> None:
        accept(journal, "s1", 1)

        assert HALF_A_YEAR - 10 < redis.ttl(f"hookline:{LEAD}") <= HALF_A_YEAR


class TestTheContact:
    def test_is_unknown_until_a_revision_is_written(self, bench: Bench) -> None:
        lease = revision(bench, "s1")

        assert lease.lead() == Lead()

    def test_is_that_of_the_revision_that_was_written(self, bench: Bench) -> None:
        lease = revision(bench, "s1")
        wrote(lease, contact_id="c1")

        stamp = lease.record.stamp
        assert state(lease) == {"contact": "c1", "location": "main", "writer": "s1", "stamp": stamp}

    def test_of_a_submission_that_is_no_revision_is_not_remembered(self, bench: Bench, redis: Redis) -> None:
        lease = bench.leased("s1")
        wrote(lease)

        assert lease.lead() == Lead()
        assert list(redis.scan_iter("hookline:lead:*")) == []

    def test_is_replaced_but_no_older_revision_becomes_the_newest(self, bench: Bench) -> None:
        older, newer = revision(bench, "older", 1), revision(bench, "newer", 2)
        wrote(newer, contact_id="c1")
        wrote(older, contact_id="c2")

        stamp = newer.record.stamp
        assert state(older) == {"contact": "c2", "location": "main", "writer": "newer", "stamp": stamp}

    def test_counts_as_a_person_whose_fields_were_written(self, bench: Bench) -> None:
        older, newer = revision(bench, "older", 1), revision(bench, "newer", 2)
        wrote(newer, fields={"city": newer.record.stamp}, identity={"email": "corrected"})

        prepared = older.prepare(
            mapped={}, calls=1, persons=["mistyped", "digest of it"], fields={"city": older.record.stamp}
        )

        assert prepared.newer["city"].by == "newer"


class TestTheNotes:
    def test_are_known_by_their_lines_as_soon_as_they_are_written(self, bench: Bench) -> None:
        first, second = revision(bench, "s1", 1), revision(bench, "s2", 2)
        first.store(note="started")
        assert second.lead().lines == frozenset()
        first.store(note="done", lines=["aa", "bb"])

        assert second.lead().lines == {"aa", "bb"}

    def test_of_a_buried_revision_are_not_known(self, bench: Bench) -> None:
        first, second = revision(bench, "s1", 1), revision(bench, "s2", 2)
        first.store(note="started")
        first.bury(Reason.EXHAUSTED, (), group="g", is_open=False)

        assert second.lead().lines == frozenset()


def test_a_replay_forgets_that_a_newer_revision_was_there(bench: Bench, journal: Journal) -> None:
    lease = revision(bench, "s1")
    lease.store(superseded_by="s2")
    lease.bury(Reason.CRASHED, (), group="g", is_open=False)
    journal.replay("s1", "typeform", "main", calls=1)

    assert next_lease(bench).record.superseded_by == ""
