import pytest

from shared.journal import Journal
from shared.status import BadCursor, NoSuchSubmission, Page, show, status, submissions
from shared.submission import State
from tests.cli.letters import accept, bury, deliver
from tests.shared.journal.factories import Bench


def listed(journal: Journal, state: State | None = None, limit: int = 50, after: str = "", form: str = "") -> Page:
    return submissions(journal, state=state, form=form, location="", limit=limit, after=after)


def ids(page: Page) -> list[str]:
    return [row.id for row in page.items]


def test_pages_join_without_a_gap_though_letters_leave_meanwhile(journal: Journal) -> None:
    for id in ("s1", "s2", "s3", "s4"):
        bury(journal, id)
    first = listed(journal, State.DEAD, limit=2)
    journal.discard("s4")

    rest = listed(journal, State.DEAD, limit=2, after=first.next or "")

    assert ids(first) == ["s4", "s3"]
    assert ids(rest) == ["s2", "s1"]
    assert rest.next is None


def test_all_states_are_merged_by_who_moved_last(journal: Journal) -> None:
    # Those that move within one millisecond stand in the order of their ids, so the last to move has the highest.
    deliver(journal, "s1")
    bury(journal, "s3")
    deliver(journal, "s2")
    journal.discard("s3")

    page = listed(journal, limit=2)

    assert ids(page) == ["s3", "s2"]
    assert ids(listed(journal, limit=2, after=page.next or "")) == ["s1"]


def test_a_form_is_found_behind_many_others(journal: Journal) -> None:
    deliver(journal, "s1", form="rare")
    for number in range(5):
        deliver(journal, f"x{number}")

    assert ids(listed(journal, limit=1, form="rare")) == ["s1"]


@pytest.mark.parametrize("cursor", ["x", "12", "-s1", "x-s1"])
def test_a_cursor_that_no_list_gave_is_refused(journal: Journal, cursor: str) -> None:
    with pytest.raises(BadCursor):
        listed(journal, after=cursor)


def test_a_submission_that_waits_for_another_try_says_so(journal: Journal) -> None:
    lease = Bench(journal).leased("s1")
    lease.retry(60, spends=True, calls=1, details={})
    record = journal.find("s1")

    found = status(journal, {})

    assert record
    assert found.forms["contact-us"].waiting_for == {"retry": 1}
    assert found.locations["main"].oldest_waiting == record.accepted_at


def test_a_submission_whose_person_another_one_writes_says_so(journal: Journal) -> None:
    bench = Bench(journal)
    for id in ("s1", "s2"):
        bench.leased(id).prepare(mapped={}, calls=1, persons=["hash"], fields={})

    assert status(journal, {}).forms["contact-us"].waiting_for == {"person": 1}


def test_a_form_of_which_all_was_refused_is_in_the_status(journal: Journal) -> None:
    found = status(journal, {"contact-us": 3})

    assert found.forms["contact-us"].quarantined == 3
    assert found.forms["contact-us"].accepted == 0
    assert found.ledger.balanced


def test_what_a_delivery_lost_is_told(journal: Journal) -> None:
    lease = Bench(journal).leased("s1")
    left_out = [{"field": "phone", "value": "12", "why": "the value is too short"}]
    not_stored = [{"field": "city", "sent": "Paris", "stored": "", "why": "the location knows no such city"}]
    superseded = [{"field": "source", "value": "web", "by": "s2", "at": "2026-09-21T12:00:00Z"}]
    lease.store(mapped={"contact": {"email": "a@example.com"}, "left_out": left_out}, salvaged=["phone"])
    lease.store(not_stored=not_stored, superseded=superseded, replaced=["email"])
    lease.delivered({"not_stored": ["city"]})

    detail = show(journal, "s1")

    assert detail.left_out[0].field == "phone"
    assert detail.salvaged == ("phone",)
    assert detail.not_stored[0].sent == "Paris"
    assert detail.superseded[0].by == "s2"
    assert detail.replaced == ("email",)
    assert status(journal, {}).ledger.not_stored == 1


def test_a_body_that_no_adapter_can_read_is_shown_all_the_same(journal: Journal) -> None:
    accept(journal, "s1", provider="gone")
    accept(journal, "s2", body=b"{broken")

    assert show(journal, "s1").answers == ()
    assert show(journal, "s2").body == "{broken"


def test_an_unknown_id_has_no_detail(journal: Journal) -> None:
    with pytest.raises(NoSuchSubmission, match="no submission 's1'"):
        show(journal, "s1")


def test_a_cursor_of_many_digits_is_none(journal: Journal) -> None:
    with pytest.raises(BadCursor):
        submissions(journal, state=None, form="", location="", limit=1, after=f"{'9' * 5000}-sub_1")
