"""One lead that its sender sends in several revisions becomes one contact, and never goes a step back."""

import json
import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from redis.exceptions import ConnectionError as NoConnection

from shared import intake
from shared.config import Config
from shared.journal import Job, Lease, Receipt
from shared.providers import PROVIDERS, Reading
from shared.status import show
from shared.submission import Edit, Reason, State
from tests.worker.conftest import World, a_config
from tests.worker.test_once import again, replay
from worker.delivery import Delivery

PLAIN = PROVIDERS["generic_json"]
FORM = {"tags": ["website", "{interest}"], "partials": "deliver"}
PARTIAL: dict[str, Any] = {"email": "ada@example.com", "first_name": "Ada", "interest": "looms", "tea": "green"}
FINISHED: dict[str, Any] = {**PARTIAL, "first_name": "Augusta", "city": "London", "interest": "engines", "milk": "no"}
GONE = {"status": 400, "body": {"message": "Contact with id c1 not found"}}


def read(body: bytes, content_type: str) -> Reading:
    """Read a revision: beside the answers it says of which lead it is, and when it was sent."""
    said = json.loads(body)
    lead, at, finished = said.pop("lead"), said.pop("at"), said.pop("finished")
    reading = PLAIN.read(json.dumps(said).encode(), content_type)
    found = {"submission_id": lead, "revision": f"{at} {finished}", "progress": at, "is_partial": not finished}
    return reading.model_copy(update=found)


@pytest.fixture
def leads(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setitem(PROVIDERS, "generic_json", replace(PLAIN, read=read))
    monkeypatch.setattr("worker.writing.INDEX_LAG", timedelta(0))  # the search knows everything at once
    world.config = a_config(contact_us=FORM)
    return world


def send(world: World, at: int, finished: bool = True, lead: str = "lead 1", **answers: Any) -> Receipt:
    """Hand a revision over as the receiver does."""
    form = world.config.forms["contact-us"]
    body = json.dumps({"lead": lead, "at": at, "finished": finished, **answers}).encode()
    [part] = intake.read(form, body, "application/json")
    submission = intake.to_submission("contact-us", form, part, "application/json", {}, world.settings, 1_800_000_000)
    accepted = world.journal.accept(submission)
    world.jobs += accepted.jobs
    return accepted.receipts[0]


def deliver(world: World, at: int, **answers: Any) -> str:
    receipt = send(world, at, **answers)
    world.work()
    return receipt.id


def partial_in_retry(world: World, path: str = "/upsert", **answers: Any) -> str:
    """Return a partial whose delivery has failed, and that waits."""
    world.fault(match={"path": path}, status=503)
    partial = deliver(world, 1, finished=False, **{**PARTIAL, **answers})
    assert world.record(partial).state is State.WAITING
    return partial


def a_dead_partial(world: World, **answers: Any) -> str:
    world.fault(match={"path": "/upsert"}, status=422, body={"message": ["city must be a string"]})
    partial = deliver(world, 1, finished=False, **{**PARTIAL, **answers})
    assert world.record(partial).reason is Reason.REJECTED
    return partial


def notes(contact: dict[str, Any]) -> list[list[str]]:
    """Return the lines of a contact's notes, without the last that says of which submission it is; oldest first."""
    texts = [note["body"] for note in contact["notes"]]
    return sorted(text.splitlines()[:-2] for text in texts)


def assert_finished(world: World) -> dict[str, Any]:
    [contact] = world.contacts()
    assert (contact["firstName"], contact["city"]) == ("Augusta", "London")
    assert world.journal.ledger().balanced
    return contact


# In their order ----------------------------------------------------------------------------------------------------


def test_a_partial_and_the_finished_one_are_one_contact(leads: World) -> None:
    deliver(leads, 1, finished=False, **PARTIAL)
    deliver(leads, 2, **FINISHED)

    contact = assert_finished(leads)
    assert sorted(contact["tags"]) == ["engines", "looms", "website"]
    assert notes(contact) == [["interest: engines", "milk: no"], ["interest: looms", "tea: green"]]


def test_an_answer_is_noted_anew_only_when_it_has_changed(leads: World) -> None:
    deliver(leads, 1, email="ada@example.com", remark="first\nof two lines")
    deliver(leads, 2, email="ada@example.com", remark="first\nof two lines")
    deliver(leads, 3, email="ada@example.com", remark="other\nof two lines")

    [contact] = leads.contacts()
    assert notes(contact) == [["remark: first", "of two lines"], ["remark: other", "of two lines"]]


def test_a_later_revision_writes_the_contact_of_the_lead_although_the_email_was_corrected(leads: World) -> None:
    deliver(leads, 1, **{**PARTIAL, "email": "ada@example.co"})
    corrected = deliver(leads, 2, **FINISHED)

    assert assert_finished(leads)["email"] == "ada@example.com"
    assert leads.record(corrected).replaced == ("email",)


def test_a_revision_whose_contact_is_written_goes_on_with_the_next_step(leads: World) -> None:
    partial = partial_in_retry(leads, "/tags")
    again(leads, partial)

    [contact] = leads.contacts()
    assert contact["tags"] == ["website", "looms"]
    assert len(contact["notes"]) == 1


@pytest.mark.parametrize("form", [{"operation": "create"}, {"allow_duplicates": True}])
def test_forms_that_make_contacts_make_one_of_a_lead(leads: World, form: dict[str, Any]) -> None:
    leads.configure(allow_duplicates=True)
    leads.config = a_config(contact_us={**FORM, **form})
    leads.known(email="ada@example.com", firstName="Another")
    deliver(leads, 1, **PARTIAL)
    deliver(leads, 2, **FINISHED)
    deliver(leads, 1, lead="lead 2", **PARTIAL)

    assert sorted(contact["firstName"] for contact in leads.contacts()) == ["Ada", "Another", "Augusta"]


def test_a_corrected_email_that_is_somebody_elses_is_left_to_them_and_noted(leads: World) -> None:
    grace = leads.known(email="grace@example.com")
    deliver(leads, 1, **PARTIAL)
    collided = deliver(leads, 2, **{**FINISHED, "email": "grace@example.com"})

    [ada] = [contact for contact in leads.contacts() if contact["id"] != grace]
    assert (ada["email"], ada["city"]) == ("ada@example.com", "London")
    assert [found.field for found in leads.record(collided).not_stored] == ["email"]
    assert "email (not stored by HighLevel): grace@example.com" in notes(ada)[0]
    assert len(leads.contacts()) == 2


@pytest.mark.parametrize("form", [{}, {"operation": "create"}, {"allow_duplicates": True}])
@pytest.mark.parametrize("failing", ["nothing", "/contacts/(upsert)?$", "/tags"])
def test_a_contact_that_was_deleted_is_made_again(leads: World, form: dict[str, Any], failing: str) -> None:
    leads.config = a_config(contact_us={**FORM, **form})
    first = deliver(leads, 1, **PARTIAL)
    delete(leads, show(leads.journal, first).contact_id)
    leads.fault(match={"path": failing}, status=503)
    second = deliver(leads, 2, **FINISHED)
    again(leads, second)
    third = deliver(leads, 3, **FINISHED)

    assert_finished(leads)
    assert leads.record(third).state is State.DELIVERED


def test_a_lead_of_another_form_is_another(leads: World) -> None:
    deliver(leads, 5, **PARTIAL)
    leads.config = Config(
        locations=leads.config.locations,
        forms={"contact-us": leads.config.forms["contact-us"], **a_config(second={}).forms},
    )
    form = leads.config.forms["second"]
    body = json.dumps({"lead": "lead 1", "at": 1, "finished": True, **FINISHED}).encode()
    [part] = intake.read(form, body, "")
    submission = intake.to_submission("second", form, part, "", {}, leads.settings, 1_800_000_000)

    assert leads.journal.accept(submission).receipts[0].status == "accepted"


# Out of their order ------------------------------------------------------------------------------------------------


def test_a_partial_that_comes_after_the_finished_one_changes_nothing(leads: World) -> None:
    finished = deliver(leads, 2, **FINISHED)
    before = leads.contacts()

    late = send(leads, 1, finished=False, **PARTIAL)
    leads.work()

    assert late == Receipt(finished, "superseded")
    assert leads.contacts() == before


@pytest.mark.parametrize("path", ["/upsert", "/tags", "/notes"])
def test_a_partial_in_retry_is_left_to_the_finished_one(leads: World, path: str) -> None:
    partial = partial_in_retry(leads, path)
    finished = deliver(leads, 2, **FINISHED)
    calls = len(leads.calls())
    again(leads, partial)

    contact = assert_finished(leads)
    shown = show(leads.journal, partial)
    assert len(leads.calls()) == calls
    assert (shown.state, shown.contact_id, shown.superseded_by) == (State.DELIVERED, contact["id"], finished)
    assert shown.events[-1].data["superseded_by"] == finished


def test_a_partial_in_retry_is_delivered_when_the_newer_one_is_not_written_yet(leads: World) -> None:
    partial = partial_in_retry(leads)
    leads.fault(match={"path": "/upsert"}, status=503)
    finished = deliver(leads, 2, **FINISHED)
    again(leads, partial)
    assert leads.contacts()[0]["firstName"] == "Ada"
    again(leads, finished)

    assert_finished(leads)
    assert leads.record(partial).superseded_by == ""


def test_of_two_revisions_without_an_order_the_later_accepted_is_the_newer(leads: World) -> None:
    partial = partial_in_retry(leads)
    deliver(leads, 1, **FINISHED)
    again(leads, partial)

    assert_finished(leads)


def test_a_dead_finished_one_is_written_over_the_partial_by_its_replay(leads: World) -> None:
    partial = partial_in_retry(leads)
    leads.fault(match={"path": "/upsert"}, status=422, body={"message": ["city must be a string"]})
    finished = deliver(leads, 2, **FINISHED)
    assert leads.record(finished).reason is Reason.REJECTED
    again(leads, partial)
    assert leads.contacts()[0]["firstName"] == "Ada"
    replay(leads, finished)

    assert_finished(leads)


def test_a_dead_partial_without_an_identifier_is_settled_by_a_replay_after_the_finished_one(leads: World) -> None:
    partial = deliver(leads, 1, finished=False, first_name="Ada")
    assert leads.record(partial).reason is Reason.UNMAPPABLE
    deliver(leads, 2, **FINISHED)
    replay(leads, partial)

    assert_finished(leads)
    assert leads.record(partial).state is State.DELIVERED


# An operator's edit ------------------------------------------------------------------------------------------------


def test_of_an_edited_partial_only_the_edit_is_written(leads: World) -> None:
    partial = a_dead_partial(leads, email="ada@example.co", city="Paris")
    deliver(leads, 2, **FINISHED)
    leads.journal.edit(partial, Edit(fields={"postalCode": "N1"}))
    replay(leads, partial)

    contact = assert_finished(leads)
    record = leads.record(partial)
    assert (record.state, contact["postalCode"], contact["email"]) == (State.DELIVERED, "N1", "ada@example.com")
    assert {"email", "city", "firstName"} <= {found.field for found in record.superseded}


def test_an_email_that_an_operator_has_mended_since_is_written(leads: World) -> None:
    partial = a_dead_partial(leads)
    deliver(leads, 2, **{**FINISHED, "email": "ada@example.co"})
    leads.journal.edit(partial, Edit(fields={"email": "ada@example.org"}))
    replay(leads, partial)

    assert assert_finished(leads)["email"] == "ada@example.org"


@pytest.mark.parametrize("form", [{}, {"operation": "create"}, {"allow_duplicates": True}])
def test_of_an_edit_only_what_no_newer_revision_has_said_since_is_written(leads: World, form: dict[str, Any]) -> None:
    leads.configure(allow_duplicates=True)
    leads.config = a_config(contact_us={**FORM, **form})
    leads.fault(match={"path": "/contacts/(upsert)?$"}, status=422, body={"message": ["city must be a string"]})
    partial = deliver(leads, 1, finished=False, **PARTIAL)
    leads.journal.edit(partial, Edit(fields={"city": "Paris", "postalCode": "N1"}))
    deliver(leads, 2, **FINISHED)
    replay(leads, partial)

    assert assert_finished(leads)["postalCode"] == "N1"


def test_an_edit_that_is_older_than_the_finished_one_writes_nothing(leads: World) -> None:
    partial = a_dead_partial(leads)
    leads.journal.edit(partial, Edit(fields={"email": "ada@example.co", "city": "Paris"}))
    deliver(leads, 2, **FINISHED)
    written = len([call for call in leads.calls() if call.startswith("PUT")])
    replay(leads, partial)

    assert assert_finished(leads)["email"] == "ada@example.com"
    assert leads.record(partial).state is State.DELIVERED
    assert len([call for call in leads.calls() if call.startswith("PUT")]) == written


def test_an_edited_partial_makes_the_contact_again_when_it_was_deleted(leads: World) -> None:
    partial = a_dead_partial(leads)
    deliver(leads, 2, **FINISHED)
    leads.journal.edit(partial, Edit(fields={"city": "Rome"}))
    leads.fault(match={"method": "PUT"}, **GONE)
    replay(leads, partial)

    assert leads.contacts()[0]["city"] == "Rome"
    assert leads.record(partial).state is State.DELIVERED


# At the same time --------------------------------------------------------------------------------------------------


def test_two_workers_at_once_never_write_one_lead_together(leads: World) -> None:
    older, newer = two_jobs(leads, email="ada@example.co")
    arrived, answered = threading.Event(), threading.Event()
    slow = leads.deliverer()
    upsert = slow.client.upsert

    def at_its_leisure(*arguments: Any) -> Any:
        arrived.set()
        assert answered.wait(10)
        return upsert(*arguments)

    slow.client.upsert = at_its_leisure  # type: ignore[method-assign,assignment]
    thread = threading.Thread(target=slow.deliver, args=(older,))
    thread.start()
    assert arrived.wait(10)
    leads.deliverer().deliver(newer)
    waiting = leads.record(newer.submission_id)
    answered.set()
    thread.join()
    leads.work()

    assert waiting.waits_for == "person"
    assert assert_finished(leads)["email"] == "ada@example.com"


def test_a_partial_that_was_begun_before_the_finished_one_was_written_is_left_to_it(
    leads: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    older, newer = two_jobs(leads)
    prepare = Delivery._prepare

    def after_the_newer_one(delivery: Delivery) -> Any:
        monkeypatch.setattr(Delivery, "_prepare", prepare)
        leads.deliverer().deliver(newer)
        return delivery._prepare()

    monkeypatch.setattr(Delivery, "_prepare", after_the_newer_one)
    leads.deliverer().deliver(older)

    assert_finished(leads)
    assert leads.record(older.submission_id).superseded_by == newer.submission_id


@pytest.mark.parametrize("call", ["store", "wrote", "delivered"])
def test_a_worker_that_vanishes_doubles_nothing(leads: World, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    """Let Redis be away after each of the calls that store something, the first that fails being the third or so."""
    deliver(leads, 1, **PARTIAL)
    original = getattr(Lease, call)

    def fails(lease: Lease, *arguments: Any, **more: Any) -> Any:
        monkeypatch.setattr(Lease, call, original)
        original(lease, *arguments, **more)
        raise NoConnection

    monkeypatch.setattr(Lease, call, fails)
    finished = deliver(leads, 2, **FINISHED)
    if leads.record(finished).state is State.LEASED:
        leads.journal.redis.zadd("hookline:leased", {finished: 0})
        leads.work()
    deliver(leads, 3, **FINISHED)

    contact = assert_finished(leads)
    assert notes(contact) == [["interest: engines", "milk: no"], ["interest: looms", "tea: green"]]


def a_lost_answer(world: World, path: str) -> None:
    world.fault(match={"path": path}, reset=True, after_write=True)


def test_a_corrected_email_waits_for_the_revision_that_may_have_made_the_contact(leads: World) -> None:
    a_lost_answer(leads, "/upsert")
    partial = deliver(leads, 1, finished=False, **{**PARTIAL, "email": "ada@example.co"})
    finished = deliver(leads, 2, **FINISHED)
    waiting = leads.record(finished)
    again(leads, partial, times=1)
    leads.work()

    assert (waiting.state, waiting.waits_for) == (State.WAITING, "person")
    assert assert_finished(leads)["email"] == "ada@example.com"


def test_the_same_email_waits_for_no_revision_whose_answer_was_lost(leads: World) -> None:
    a_lost_answer(leads, "/upsert")
    partial = deliver(leads, 1, finished=False, **PARTIAL)
    finished = deliver(leads, 2, **FINISHED)

    assert leads.record(finished).state is State.DELIVERED
    again(leads, partial)
    assert_finished(leads)


def test_a_corrected_email_does_not_wait_for_a_revision_that_is_dead(leads: World) -> None:
    a_dead_partial(leads, email="ada@example.co")
    finished = deliver(leads, 2, **FINISHED)

    assert leads.record(finished).state is State.DELIVERED
    assert_finished(leads)


def test_a_contact_that_was_made_and_found_by_a_worker_that_vanished_is_not_made_again(
    leads: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    leads.configure(allow_duplicates=True)
    leads.config = a_config(contact_us={**FORM, "operation": "create"})
    a_lost_answer(leads, "/contacts/$")
    partial = deliver(leads, 1, finished=False, **PARTIAL)
    store = Lease.store

    def fails_when_the_contact_is_found(lease: Lease, *arguments: Any, **more: Any) -> None:
        store(lease, *arguments, **more)
        if more.get("target"):
            raise NoConnection

    monkeypatch.setattr(Lease, "store", fails_when_the_contact_is_found)
    again(leads, partial, times=1)
    monkeypatch.setattr(Lease, "store", store)
    finished = send(leads, 2, **FINISHED).id
    leads.journal.redis.zadd("hookline:leased", {partial: 0})
    for job in sorted(leads.leased(), key=lambda job: job.submission_id != finished):
        leads.deliverer().deliver(job)
    leads.work()

    assert_finished(leads)


def delete(world: World, contact_id: str | None) -> None:
    headers = {"Authorization": "Bearer pit-1", "Version": "2021-07-28"}
    world.http.delete(f"/contacts/{contact_id}", headers=headers).raise_for_status()


def two_jobs(world: World, **older: Any) -> tuple[Job, Job]:
    """Accept a partial and the finished one, and lease both."""
    answers: dict[str, Any] = {**PARTIAL, **older}
    first, second = send(world, 1, finished=False, **answers).id, send(world, 2, **FINISHED).id
    jobs = {job.submission_id: job for job in world.leased()}
    return jobs[first], jobs[second]
