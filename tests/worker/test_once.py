"""Nothing is made twice, however a delivery ends and is begun again."""

import json
from datetime import timedelta
from typing import Any

import pytest

from shared.config import Config, Location
from shared.submission import Edit, Reason, State
from tests.worker.conftest import World, a_config

DOUBLES = {"allow_duplicates": True, "unmapped": "drop"}
CREATES = {"operation": "create", "unmapped": "drop"}
LOST = {"reset": True, "after_write": True}


@pytest.fixture(autouse=True)
def no_lag(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the search know everything at once."""
    monkeypatch.setattr("worker.writing.INDEX_LAG", timedelta(0))


def setting(world: World, form: dict[str, Any], *, duplicates: bool = False, **more: Any) -> None:
    world.configure(allow_duplicates=duplicates)
    world.config = a_config(contact_us={**form, **more})


def again(world: World, submission: str, times: int = 3) -> None:
    """Let a waiting submission be tried again, whatever it waits for."""
    for _ in range(times):
        if world.record(submission).state is State.WAITING:
            world.journal.lift("main")
            for lane in ("live", "replay"):
                key = f"hookline:due:main:{lane}"
                if world.journal.redis.zscore(key, submission) is not None:
                    world.journal.redis.zadd(key, {submission: 0})
            world.journal.redis.zadd("hookline:agenda", {"main": 0})
            world.work()


def replay(world: World, submission: str) -> None:
    assert world.journal.replay(submission, "generic_json", "main", calls=2)
    again(world, submission)


# Replays -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", [DOUBLES, CREATES, {**CREATES, "on_duplicate": "dead_letter"}])
@pytest.mark.parametrize("duplicates", [True, False])
def test_a_replay_writes_the_contact_that_the_submission_has_made(
    world: World, form: dict[str, Any], duplicates: bool
) -> None:
    setting(world, form, duplicates=duplicates, tags=["website"])
    world.fault(match={"path": "/tags"}, status=422, body={"message": ["tags bad"]})
    record = world.deliver(email="ada@example.com", first_name="Ada")
    assert record.state is State.DEAD
    replay(world, record.id)

    [contact] = world.contacts()
    assert world.record(record.id).state is State.DELIVERED
    assert contact["tags"] == ["website"]


def test_a_replay_looks_for_the_contact_that_was_perhaps_made(world: World) -> None:
    world.settings = world.settings.model_copy(update={"max_attempts": 1})
    setting(world, DOUBLES, duplicates=True)
    world.fault(match={"path": "/upsert"}, **LOST)
    record = world.deliver(email="ada@example.com")
    assert record.reason is Reason.EXHAUSTED
    replay(world, record.id)

    assert world.record(record.id).state is State.DELIVERED
    assert len(world.contacts()) == 1


def test_a_refused_search_says_nothing_of_the_contact(world: World) -> None:
    setting(world, DOUBLES, duplicates=True)
    world.fault(match={"path": "/upsert"}, **LOST)
    world.fault(match={"path": "/search"}, status=422, body={"message": ["no"]})
    record = world.deliver(email="ada@example.com")
    again(world, record.id)
    assert world.record(record.id).reason is Reason.UNEXPECTED
    replay(world, record.id)

    assert world.record(record.id).state is State.DELIVERED
    assert len(world.contacts()) == 1


# A contact that was made although the create was refused -----------------------------------------------------------


@pytest.mark.parametrize("duplicates", [True, False])
def test_a_repair_that_fails_is_taken_up_again(world: World, duplicates: bool) -> None:
    setting(world, CREATES, duplicates=duplicates, on_duplicate="dead_letter")
    refused = {"status": 422, "body": {"message": ["x"]}, "after_write": True}
    world.fault(match={"method": "POST", "path": "/contacts/$"}, **refused)
    world.fault(match={"method": "PUT"}, status=503)
    record = world.deliver(email="ada@example.com")
    again(world, record.id)

    assert world.record(record.id).state is State.DELIVERED
    assert len(world.contacts()) == 1


def test_a_known_person_is_created_once_and_updated_from_then_on(world: World) -> None:
    setting(world, CREATES)
    world.known(email="ada@example.com")
    world.fault(match={"method": "PUT"}, status=503)
    record = world.deliver(email="ada@example.com")
    again(world, record.id)

    assert world.record(record.id).state is State.DELIVERED
    assert [call.split()[0] for call in world.calls()] == ["POST", "PUT", "PUT"]


# Adoption ----------------------------------------------------------------------------------------------------------


def test_an_adopted_contact_gets_all_that_the_submission_has(world: World) -> None:
    setting(world, DOUBLES, duplicates=True)
    world.fault(match={"path": "/upsert"}, reset=True)
    record = world.deliver(email="ada@example.com", first_name="Ada", city="London")
    world.known(email="ada@example.com")
    again(world, record.id)

    [contact] = world.contacts()
    assert world.record(record.id).state is State.DELIVERED
    assert (contact["firstName"], contact["city"]) == ("Ada", "London")


def test_a_contact_with_another_name_is_not_adopted(world: World) -> None:
    setting(world, DOUBLES, duplicates=True)
    world.fault(match={"path": "/upsert"}, reset=True)
    record = world.deliver(email="family@example.com", first_name="Ada")
    world.known(email="family@example.com", firstName="Byron")
    again(world, record.id)

    assert world.record(record.id).reason is Reason.OUTCOME_UNKNOWN


def test_the_contact_of_another_submission_is_not_adopted(world: World) -> None:
    setting(world, DOUBLES, duplicates=True)
    world.fault(match={"path": "/upsert"}, reset=True)
    first = world.deliver(email="ada@example.com", first_name="Ada")
    for key in world.journal.redis.scan_iter("hookline:person:*"):  # as if its lock had ended
        world.journal.redis.delete(key)
    second = world.deliver(email="ada@example.com", first_name="Ada")
    again(world, first.id)

    assert second.state is world.record(first.id).state is State.DELIVERED
    assert len(world.contacts()) == 2


# What is surely not done -------------------------------------------------------------------------------------------


def test_a_call_that_was_never_sent_leaves_nothing_unknown(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    setting(world, DOUBLES, duplicates=True)
    world.known(email="ada@example.com")
    world.unreachable = True
    record = world.deliver(email="ada@example.com")
    assert (record.creating, record.state) == (None, State.WAITING)
    world.unreachable = False
    again(world, record.id)

    assert world.record(record.id).state is State.DELIVERED
    assert len(world.contacts()) == 2


def test_a_refused_token_leaves_nothing_unknown(world: World) -> None:
    setting(world, CREATES)
    world.fault(match={"path": "/contacts/$"}, program="token_401")

    record = world.deliver(email="ada@example.com")

    assert (record.state, record.creating) == (State.WAITING, None)
    assert [attempt.status for attempt in world.journal.attempts(record.id)] == [401]


# Newer wins, in every corner ---------------------------------------------------------------------------------------


def test_a_contact_that_is_written_again_keeps_what_a_newer_submission_has_written(world: World) -> None:
    world.config = a_config(contact_us={"unmapped": "drop", "tags": ["website"]})
    world.fault(match={"path": "/tags"}, status=503)
    early = world.deliver(email="ada@example.com", city="London")
    world.deliver(email="ada@example.com", city="Paris")
    world.fault(match={"path": "/tags"}, status=400, body={"message": "Contact with id c1 not found"})
    again(world, early.id)

    [contact] = world.contacts()
    assert world.record(early.id).state is State.DELIVERED
    assert contact["city"] == "Paris"


def test_each_edit_is_as_new_as_itself(world: World) -> None:
    early = world.deliver(email="ada@example.c", phone="+14155550142", city="London")
    world.journal.edit(early.id, Edit(fields={"city": "Rome"}))
    world.deliver(email="ada@example.com", phone="+14155550142", city="Paris")
    world.journal.edit(early.id, Edit(fields={"email": "ada@example.com"}))
    replay(world, early.id)

    assert world.contacts()[0]["city"] == "Paris"


def test_the_parts_of_a_name_are_newer_than_the_whole(world: World) -> None:
    old = {"unmapped": "drop", "fields": {"name": "{who}"}}
    world.config = a_config(contact_us={"unmapped": "drop"}, old_form=old)
    world.fault(match={"path": "/upsert"}, status=503)
    late = world.deliver(form="old-form", email="ada@example.com", who="A. King")
    world.deliver(email="ada@example.com", first_name="Ada", last_name="Lovelace")
    again(world, late.id)

    [contact] = world.contacts()
    assert (contact["firstName"], contact["lastName"]) == ("Ada", "Lovelace")


def test_a_yes_to_everything_does_not_undo_a_newer_no(world: World) -> None:
    world.config = a_config(contact_us={"consent": {"email": "news"}}, old_form={"consent": {"all": "all"}})
    world.fault(match={"path": "/upsert"}, status=503)
    late = world.deliver(form="old-form", email="ada@example.com", all="yes")
    world.deliver(email="ada@example.com", news="no")
    again(world, late.id)

    assert [found.field for found in world.record(late.id).superseded] == ["dnd"]


def test_lists_may_be_superseded_too(world: World) -> None:
    field = {"id": "likes000000000000000", "name": "Likes", "fieldKey": "contact.likes", "dataType": "CHECKBOX"}
    world.configure(custom_fields=[{**field, "picklistOptions": ["Tea", "Coffee"]}])
    world.config = a_config(contact_us={"custom_fields": {"Likes": "likes"}, "unmapped": "drop"})
    world.fault(match={"path": "/upsert"}, status=503)
    late = world.deliver(email="ada@example.com", likes=["Tea", "Coffee"])
    world.deliver(email="ada@example.com", likes=["Tea"])
    again(world, late.id)

    assert [found.value for found in world.record(late.id).superseded] == ["Tea, Coffee"]


# Duplicates that the sub-account does not allow --------------------------------------------------------------------


def test_a_duplicate_that_was_wanted_and_not_allowed_is_reported(world: World) -> None:
    setting(world, DOUBLES)
    world.known(email="ada@example.com")

    record = world.deliver(email="ada@example.com")

    assert [found.field for found in record.not_stored] == ["createNewIfDuplicateAllowed"]


# The source, and v1 ------------------------------------------------------------------------------------------------


def test_the_source_of_a_new_contact_survives_a_lost_answer(world: World) -> None:
    world.config = a_config(contact_us={"source": "Fair", "source_on": "new", "unmapped": "drop"})
    world.fault(match={"path": "/upsert"}, **LOST)
    record = world.deliver(email="ada@example.com")
    again(world, record.id)

    assert world.contacts()[0]["source"] == "Fair"


def test_an_edited_source_goes_to_a_known_contact_too(world: World) -> None:
    world.config = a_config(contact_us={"source": "Fair", "source_on": "new", "unmapped": "drop"})
    world.known(email="ada@example.com", phone="+14155550142", source="Web")
    record = world.deliver(email="ada@example.c", phone="+14155550142")
    assert record.state is State.DEAD
    world.journal.edit(record.id, Edit(fields={"source": "Letter"}, drop=("email",)))
    replay(world, record.id)

    assert world.contacts()[0]["source"] == "Letter"


def of_v1(world: World, **form: Any) -> None:
    world.http.post("/_sandbox/tokens", json={"tokens": [{"token": "pit-1", "location": "L1"}]}).raise_for_status()
    location = Location.model_validate({"location_id": "L1", "token": "pit-1", "api": "v1"})
    world.config = Config(locations={"main": location}, forms=a_config(contact_us=form).forms)


def test_the_guard_of_identities_looks_by_phone_in_v1_too(world: World) -> None:
    of_v1(world, on_identity_change="bury", unmapped="drop")
    world.known(email="ada@example.com", phone="+14155550142")

    record = world.deliver(email="augusta@example.com", phone="+14155550142")

    assert record.reason is Reason.IDENTITY_CHANGED
    assert world.contacts()[0]["email"] == "ada@example.com"


def test_a_contact_deleted_between_two_calls_is_written_again_in_v1_too(world: World) -> None:
    of_v1(world, tags=["website"], unmapped="drop")
    gone = {"contactId": {"message": "The contact id is invalid.", "rule": "invalid"}}
    world.fault(match={"path": "/tags"}, status=422, body=gone)

    assert world.deliver(email="ada@example.com").state is State.DELIVERED


def test_an_identity_change_that_was_stored_is_buried_by_the_next_delivery(world: World) -> None:
    world.config = a_config(contact_us={"on_identity_change": "bury", "unmapped": "drop"})
    submission = world.accept(email="ada@example.com")
    changed = [{"field": "email", "sent": "ada@example.com", "stored": "other@example.com"}]
    kept = {"upserted": {"contact_id": "c1", "new": False}, "not_stored": changed}
    fields: dict[Any, Any] = {name: json.dumps(value) for name, value in kept.items()}
    world.journal.redis.hset(f"hookline:sub:{submission}", mapping=fields)
    world.work()

    assert world.record(submission).reason is Reason.IDENTITY_CHANGED


# What is asked for, and by whom it is answered ---------------------------------------------------------------------


def test_a_mended_identifier_never_rewrites_the_person_of_the_mistyped_one(world: World) -> None:
    setting(world, CREATES, on_identity_change="bury")
    grace = world.known(email="grace@example.com", phone="+14155550142")
    record = world.deliver(email="ada@example.com", phone="+14155550142")
    assert record.reason is Reason.IDENTITY_CHANGED
    world.journal.edit(record.id, Edit(fields={"phone": "+14155550143"}))
    replay(world, record.id)

    contacts = {contact["id"]: contact for contact in world.contacts()}
    assert contacts[grace]["email"] == "grace@example.com"
    assert world.record(record.id).state is State.DELIVERED
    assert len(contacts) == 2


def test_a_search_that_finds_no_such_thing_wipes_nothing(world: World) -> None:
    setting(world, DOUBLES, duplicates=True)
    world.fault(match={"path": "/upsert"}, **LOST)
    world.fault(match={"path": "/search"}, status=404, body={"message": "Contact not found"})
    record = world.deliver(email="ada@example.com")
    again(world, record.id)
    replay(world, record.id)

    assert world.record(record.id).state is State.DELIVERED
    assert len(world.contacts()) == 1


def test_nobody_found_is_no_fault_however_it_is_said(world: World) -> None:
    world.config = a_config(contact_us={"on_identity_change": "bury", "unmapped": "drop"})
    world.fault(match={"path": "/search/duplicate"}, status=404, body={"message": "Contact not found"})

    assert world.deliver(email="ada@example.com").state is State.DELIVERED


@pytest.mark.parametrize("form", [DOUBLES, CREATES])
def test_a_contact_is_looked_for_as_it_was_sent_whatever_was_edited_since(world: World, form: dict[str, Any]) -> None:
    world.settings = world.settings.model_copy(update={"max_attempts": 1})
    setting(world, form, duplicates=True)
    world.fault(match={"path": "/contacts/(upsert)?$"}, **LOST)
    record = world.deliver(email="ada@example.co", first_name="Ada")
    world.journal.edit(record.id, Edit(fields={"email": "ada@example.com", "firstName": "Augusta"}))
    replay(world, record.id)

    [contact] = world.contacts()
    assert (contact["email"], contact["firstName"]) == ("ada@example.com", "Augusta")


def test_a_contact_that_two_clocks_make_too_old_is_not_made_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    setting(world, CREATES, duplicates=True)
    world.fault(match={"path": "/contacts/$"}, **LOST)
    record = world.deliver(email="ada@example.com")
    key = f"hookline:sub:{record.id}"
    began = int(world.journal.redis.hget(key, "creating") or 0)
    world.journal.redis.hset(key, "creating", str(began + 2000))
    monkeypatch.setattr("worker.writing.INDEX_LAG", timedelta(seconds=-10))
    again(world, record.id)

    assert world.record(record.id).reason is Reason.OUTCOME_UNKNOWN
    assert len(world.contacts()) == 1


def test_a_contact_that_was_just_made_and_is_not_shown_yet_is_not_made_again(world: World) -> None:
    setting(world, DOUBLES, duplicates=True, tags=["website"])
    world.fault(match={"path": "/tags"}, status=400, body={"message": "Contact with id c1 not found"})
    record = world.deliver(email="ada@example.com")
    assert record.state is State.WAITING
    again(world, record.id)

    [contact] = world.contacts()
    assert contact["tags"] == ["website"]


def test_a_form_that_may_not_look_waits_by_itself(world: World) -> None:
    world.config = a_config(contact_us={"source": "Fair", "source_on": "new"}, newsletter={})
    token = {"token": "pit-1", "scopes": ["contacts.write"]}
    world.http.post("/_sandbox/tokens", json={"tokens": [token]}).raise_for_status()
    waiting = world.deliver(email="ada@example.com")
    delivered = world.deliver(form="newsletter", email="grace@example.com")

    assert (waiting.state, waiting.waits_for, waiting.attempts) == (State.WAITING, "contacts scope", 0)
    assert delivered.state is State.DELIVERED
    assert world.journal.holds() == []


def test_a_refusal_stands_when_nobody_may_look_whether_it_is_true(world: World) -> None:
    setting(world, CREATES)
    token = {"token": "pit-1", "scopes": ["contacts.write"]}
    world.http.post("/_sandbox/tokens", json={"tokens": [token]}).raise_for_status()
    world.fault(match={"path": "/contacts/$"}, status=422, body={"message": ["city must be a string"]})

    record = world.deliver(email="ada@example.com", city="London")

    assert (record.reason, record.diagnosis[0].field, record.creating) == (Reason.REJECTED, "city", None)
    assert [attempt.status for attempt in world.journal.attempts(record.id)] == [422, 401]


def test_a_note_with_another_text_is_another_note(world: World) -> None:
    world.settings = world.settings.model_copy(update={"max_attempts": 1})
    world.config = a_config(contact_us={})
    world.fault(match={"path": "/notes", "method": "POST"}, **LOST)
    record = world.deliver(email="ada@example.com", city="London", tea="green")
    assert record.reason is Reason.EXHAUSTED
    world.journal.edit(record.id, Edit(to_note=("city",)))
    replay(world, record.id)

    [contact] = world.contacts()
    assert [note["body"].splitlines()[:2] for note in contact["notes"]] == [
        ["tea: green", "City: London"],
        ["tea: green", ""],
    ]
