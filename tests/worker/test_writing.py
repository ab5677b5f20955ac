"""Upsert, create and update, as a delivery makes them against the sandbox."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.stores.custom_fields import FieldCache
from shared.submission import Edit, Reason, State
from tests.worker.conftest import World, a_config

CREATES = {"operation": "create", "unmapped": "drop"}
DOUBLES = {"allow_duplicates": True, "unmapped": "drop"}
UNCERTAIN = {"reset": True, "after_write": True}


def creating(world: World, **form: object) -> None:
    world.config = a_config(contact_us={**CREATES, **form})


def doubling(world: World) -> None:
    world.configure(allow_duplicates=True)
    world.config = a_config(contact_us=DOUBLES)


@pytest.fixture
def no_lag(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the search know everything at once."""
    monkeypatch.setattr("worker.writing.INDEX_LAG", timedelta(0))


# Create ------------------------------------------------------------------------------------------------------------


def test_a_create_makes_a_contact(world: World) -> None:
    creating(world)

    record = world.deliver(email="ada@example.com")

    assert world.calls() == ["POST  201"]
    assert record.upserted
    assert (record.state, record.upserted.new) == (State.DELIVERED, True)


def test_a_create_of_a_known_person_goes_on_as_an_update(world: World) -> None:
    creating(world, tags=["website"])
    known = world.known(email="ada@example.com", firstName="Augusta", city="London", tags=["vip"])

    record = world.deliver(email="ada@example.com", first_name="Ada")

    [contact] = world.contacts()
    assert record.upserted
    assert (record.upserted.contact_id, record.upserted.new) == (known, False)
    assert (contact["firstName"], contact["city"], contact["tags"]) == ("Ada", "London", ["vip", "website"])


def test_a_create_of_a_known_person_is_buried_when_the_form_says_so(world: World) -> None:
    creating(world, on_duplicate="dead_letter")
    known = world.known(email="ada@example.com")

    record = world.deliver(email="ada@example.com")

    assert (record.state, record.reason) == (State.DEAD, Reason.REJECTED)
    assert known in record.diagnosis[0].fix


def test_an_update_leaves_out_the_identifier_that_belongs_to_another_contact(world: World) -> None:
    creating(world)
    other = world.known(phone="+14155550142")
    world.known(email="ada@example.com")

    record = world.deliver(email="ada@example.com", phone="+14155550142", first_name="Ada")

    assert record.state is State.DELIVERED
    [missing] = record.not_stored
    assert (missing.field, missing.sent) == ("phone", "+14155550142")
    assert other in missing.why


def test_a_create_that_was_refused_although_it_was_made_is_found_out_and_repaired(world: World) -> None:
    creating(world)
    refusal = {"statusCode": 422, "message": ["the tags could not be saved"]}
    world.fault(match={"method": "POST", "path": "/contacts/$"}, status=422, body=refusal, after_write=True)

    record = world.deliver(email="ada@example.com", first_name="Ada")

    assert record.upserted
    assert (record.state, record.upserted.new) == (State.DELIVERED, True)
    assert len(world.contacts()) == 1
    assert [call.split()[0] for call in world.calls()] == ["POST", "GET", "PUT"]


def test_a_create_that_was_refused_and_not_made_is_buried(world: World) -> None:
    creating(world)
    world.known(email="ada@example.com")
    refusal = {"statusCode": 422, "message": ["city must be a string"]}
    world.fault(match={"method": "POST", "path": "/contacts/$"}, status=422, body=refusal)

    assert world.deliver(email="ada@example.com").reason is Reason.REJECTED


# Unknown outcomes --------------------------------------------------------------------------------------------------


def test_a_plain_upsert_is_repeated_after_an_unknown_outcome(world: World) -> None:
    world.fault(match={"path": "/upsert"}, **UNCERTAIN)
    record = world.deliver(email="ada@example.com")
    world.hurry(record.id)
    world.work()

    assert world.record(record.id).state is State.DELIVERED
    assert len(world.contacts()) == 1


def test_a_contact_that_may_be_doubled_is_not_written_again_before_it_was_looked_for(world: World) -> None:
    doubling(world)
    world.fault(match={"path": "/upsert"}, **UNCERTAIN)
    record = world.deliver(email="ada@example.com")
    world.hurry(record.id)
    world.work()

    record = world.record(record.id)
    assert (record.state, record.waits_for, len(world.calls())) == (State.WAITING, "outcome", 1)
    assert record.creating


def test_a_contact_that_was_made_after_all_is_adopted(world: World, no_lag: None) -> None:
    doubling(world)
    world.fault(match={"path": "/upsert"}, **UNCERTAIN)
    record = world.deliver(email="ada@example.com", first_name="Ada")
    world.hurry(record.id)
    world.work()

    [contact] = world.contacts()
    found = world.record(record.id)
    assert found.upserted
    assert (found.state, found.upserted.contact_id) == (State.DELIVERED, contact["id"])


def test_a_contact_that_was_not_made_is_made_then(world: World, no_lag: None) -> None:
    doubling(world)
    world.fault(match={"path": "/upsert"}, reset=True)
    record = world.deliver(email="ada@example.com")
    world.hurry(record.id)
    world.work()

    assert world.record(record.id).state is State.DELIVERED
    assert len(world.contacts()) == 1


def test_older_contacts_of_the_person_make_the_outcome_unknown(world: World, no_lag: None) -> None:
    doubling(world)
    known = world.known(email="ada@example.com")
    world.fault(match={"path": "/upsert"}, reset=True)
    record = world.deliver(email="ada@example.com")
    world.hurry(record.id)
    world.work()

    record = world.record(record.id)
    assert (record.state, record.reason) == (State.DEAD, Reason.OUTCOME_UNKNOWN)
    assert known in record.diagnosis[0].rule + record.diagnosis[0].value


def test_each_submission_makes_a_contact_of_its_own_where_doubles_are_wanted(world: World) -> None:
    doubling(world)
    world.deliver(email="ada@example.com", first_name="Ada")
    world.deliver(email="ada@example.com", first_name="Augusta")

    assert len(world.contacts()) == 2


# The source --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", ["upsert", "create"])
def test_a_source_for_new_contacts_only_leaves_that_of_known_ones(world: World, operation: str) -> None:
    form = {"source": "Contact form", "source_on": "new", "unmapped": "drop", "operation": operation}
    world.config = a_config(contact_us=form)
    world.known(email="ada@example.com", source="Fair 2025")
    world.deliver(email="ada@example.com")
    world.deliver(email="grace@example.com")

    assert {contact["email"]: contact["source"] for contact in world.contacts()} == {
        "ada@example.com": "Fair 2025",
        "grace@example.com": "Contact form",
    }


def test_an_always_written_source_replaces_the_one_before(world: World) -> None:
    world.config = a_config(contact_us={"source": "Contact form"})
    world.known(email="ada@example.com", source="Fair 2025")
    world.deliver(email="ada@example.com")

    assert world.contacts()[0]["source"] == "Contact form"


# What HighLevel drops without a word -------------------------------------------------------------------------------


def dropped(world: World, submission: str) -> list[str]:
    return [found.field for found in world.record(submission).not_stored]


def test_the_gender_of_an_existing_contact_is_reported_as_not_stored(world: World) -> None:
    world.config = a_config(contact_us={"fields": {"gender": "gender"}})
    world.known(email="ada@example.com", gender="male")

    record = world.deliver(email="ada@example.com", gender="female")

    assert dropped(world, record.id) == ["gender"]
    assert world.journal.ledger().not_stored == 1


def test_a_second_identifier_that_was_ignored_is_reported(world: World) -> None:
    world.known(email="ada@example.com")
    world.known(phone="+14155550142")

    record = world.deliver(email="ada@example.com", phone="+14155550142")

    assert record.state is State.DELIVERED
    assert dropped(world, record.id) == ["phone"]


def test_a_custom_field_that_vanished_after_it_was_looked_up_is_reported(world: World) -> None:
    world.config = a_config(contact_us={"custom_fields": {"Budget": "budget"}})
    world.configure(custom_fields=[BUDGET])
    world.deliver(email="ada@example.com", budget="500")
    world.configure(custom_fields=[{**BUDGET, "id": "another000000000000a"}])

    record = world.deliver(email="ada@example.com", budget="700")

    assert dropped(world, record.id) == ["customFields.Budget"]


def test_an_option_that_vanished_after_it_was_looked_up_is_reported(world: World) -> None:
    world.config = a_config(contact_us={"custom_fields": {"Plan": "plan"}})
    world.configure(custom_fields=[PLAN])
    world.deliver(email="ada@example.com", plan="growth")
    world.configure(custom_fields=[{**PLAN, "picklistOptions": ["Starter"]}])

    record = world.deliver(email="grace@example.com", plan="Growth")

    assert dropped(world, record.id) == ["customFields.Plan"]


def test_a_primary_email_that_hookline_knew_and_that_was_replaced_is_reported(world: World) -> None:
    world.deliver(email="ada@example.com", phone="+14155550142")

    record = world.deliver(email="augusta@example.com", phone="+14155550142")

    assert record.state is State.DELIVERED
    assert world.record(record.id).replaced == ("email",)


def test_a_form_that_guards_identities_looks_before_it_replaces_a_primary_email(world: World) -> None:
    world.config = a_config(contact_us={"on_identity_change": "bury", "unmapped": "drop"})
    world.known(email="ada@example.com", phone="+14155550142")

    record = world.deliver(email="augusta@example.com", phone="+14155550142")

    assert (record.state, record.reason) == (State.DEAD, Reason.IDENTITY_CHANGED)
    [diagnosis] = record.diagnosis
    assert (diagnosis.field, diagnosis.value.split()[0]) == ("email", "augusta@example.com")
    assert world.contacts()[0]["email"] == "ada@example.com"


def test_a_replay_is_the_operators_yes_to_another_identity(world: World) -> None:
    world.config = a_config(contact_us={"on_identity_change": "bury", "unmapped": "drop"})
    world.known(email="ada@example.com", phone="+14155550142")
    record = world.deliver(email="augusta@example.com", phone="+14155550142")
    world.journal.replay(record.id, record.provider, "main", calls=2)
    world.work()

    assert world.record(record.id).state is State.DELIVERED
    assert world.contacts()[0]["email"] == "augusta@example.com"


# Custom fields -----------------------------------------------------------------------------------------------------

BUDGET = {"id": "budget00000000000000", "name": "Budget", "fieldKey": "contact.budget", "dataType": "MONETORY"}
PLAN = {
    "id": "plan0000000000000000",
    "name": "Plan",
    "fieldKey": "contact.plan",
    "dataType": "SINGLE_OPTIONS",
    "picklistOptions": ["Starter", "Growth"],
}


def test_custom_fields_go_by_name_with_values_that_fit(world: World) -> None:
    world.config = a_config(contact_us={"custom_fields": {"budget": "budget", "PLAN": "plan"}})
    world.configure(custom_fields=[BUDGET, PLAN])

    record = world.deliver(email="ada@example.com", budget="$ 1,500.50", plan=" growth")

    [contact] = world.contacts()
    values = {field["id"]: field["value"] for field in contact["customFields"]}
    assert (record.state, record.not_stored) == (State.DELIVERED, ())
    assert values == {BUDGET["id"]: 1500.5, PLAN["id"]: "Growth"}


def test_the_custom_fields_of_a_location_are_asked_for_once(world: World) -> None:
    world.config = a_config(contact_us={"custom_fields": {"Budget": "budget"}, "unmapped": "drop"})
    world.configure(custom_fields=[BUDGET])
    world.deliver(email="ada@example.com", budget="1")
    world.deliver(email="grace@example.com", budget="2")

    assert [call for call in world.calls() if "customFields" in call] == ["GET customFields 200"]


def test_an_unknown_custom_field_buries_with_a_diagnosis_that_names_it(world: World) -> None:
    world.config = a_config(contact_us={"custom_fields": {"Bugdet": "budget"}})
    world.configure(custom_fields=[BUDGET])

    record = world.deliver(email="ada@example.com", budget="500")

    assert (record.state, record.reason) == (State.DEAD, Reason.UNMAPPABLE)
    assert record.diagnosis[0].field == "customFields.Bugdet"
    assert world.contacts() == []


def test_an_unknown_option_buries_and_the_closest_one_mends_it(world: World) -> None:
    world.config = a_config(contact_us={"custom_fields": {"Plan": "plan"}, "unmapped": "drop"})
    world.configure(custom_fields=[PLAN])
    record = world.deliver(email="ada@example.com", plan="Growht")
    [diagnosis] = record.diagnosis
    assert diagnosis.proposal
    world.journal.edit(record.id, diagnosis.proposal)
    world.journal.replay(record.id, record.provider, "main", calls=1)
    world.work()

    [contact] = world.contacts()
    assert contact["customFields"] == [{"id": PLAN["id"], "value": "Growth"}]


def test_a_token_that_may_not_read_custom_fields_lets_only_forms_wait_that_name_some(world: World) -> None:
    world.config = a_config(contact_us={"custom_fields": {"Budget": "budget"}}, newsletter={})
    scopes = ["contacts.write", "contacts.readonly"]
    world.http.post("/_sandbox/tokens", json={"tokens": [{"token": "pit-1", "scopes": scopes}]}).raise_for_status()

    waiting = world.deliver(email="ada@example.com", budget="500")
    delivered = world.deliver(form="newsletter", email="grace@example.com")

    assert (waiting.state, waiting.attempts, waiting.waits_for) == (State.WAITING, 0, "custom fields")
    assert delivered.state is State.DELIVERED
    assert world.journal.holds() == []


def test_what_waits_for_custom_fields_goes_on_as_soon_as_they_can_be_read(world: World) -> None:
    world.config = a_config(contact_us={"custom_fields": {"Budget": "budget"}, "unmapped": "drop"})
    world.configure(custom_fields=[BUDGET])
    scopes = ["contacts.write", "contacts.readonly"]
    world.http.post("/_sandbox/tokens", json={"tokens": [{"token": "pit-1", "scopes": scopes}]}).raise_for_status()
    first = world.deliver(email="ada@example.com", budget="500")
    world.http.post("/_sandbox/tokens", json={"tokens": ["pit-1"]}).raise_for_status()
    FieldCache(world.journal.redis, world.settings).forget("main")
    FieldCache(world.journal.redis, world.settings).refuse("main", "another API", "no scope", datetime.now(UTC))
    world.deliver(email="grace@example.com", budget="700")
    world.work()

    assert world.record(first.id).state is State.DELIVERED


UTM_SOURCE = {
    "id": "utmsource00000000000",
    "name": "UTM Source",
    "fieldKey": "contact.utm_source",
    "dataType": "TEXT",
}


def custom_field_calls(world: World) -> int:
    return sum(call.startswith("GET customFields") for call in world.calls())


def test_utm_parameters_go_to_the_custom_fields_of_their_names_and_the_fields_are_asked_for_once(world: World) -> None:
    world.configure(custom_fields=[UTM_SOURCE])

    world.deliver(email="ada@example.com", utm_source="google", utm_medium="cpc")
    world.deliver(email="grace@example.com", utm_source="bing")
    world.deliver(email="mary@example.com", city="York")

    assert [contact["customFields"] for contact in reversed(world.contacts())] == [
        [{"id": UTM_SOURCE["id"], "value": "google"}],
        [{"id": UTM_SOURCE["id"], "value": "bing"}],
        [],
    ]
    assert custom_field_calls(world) == 1


@pytest.mark.parametrize("status", [0, 404, 422, 503])
def test_custom_fields_that_nobody_named_and_that_cannot_be_read_let_nothing_wait(world: World, status: int) -> None:
    if status:
        world.fault(match={"path": "/customFields"}, status=status, body='{"message": "no"}', count=9)
    else:
        scopes = ["contacts.write", "contacts.readonly"]
        world.http.post("/_sandbox/tokens", json={"tokens": [{"token": "pit-1", "scopes": scopes}]}).raise_for_status()

    first = world.deliver(email="ada@example.com", utm_source="google")
    second = world.deliver(email="grace@example.com", utm_source="google")

    assert (first.state, second.state) == (State.DELIVERED, State.DELIVERED)
    assert (first.attempts, custom_field_calls(world)) == (0, 1)
    assert all("utm_source: google" in contact["notes"][0]["body"] for contact in world.contacts())
    assert FieldCache(world.journal.redis, world.settings).refusals() == []
    assert world.journal.holds() == []


def test_a_note_that_is_too_long_is_cut_and_says_where_the_rest_is(world: World) -> None:
    record = world.deliver(email="ada@example.com", message="word " * 20_000)

    [note] = world.contacts()[0]["notes"]
    assert len(note["body"]) < 61_000
    assert note["body"].endswith(
        f"(cut at 60,000 characters; whole: hookline submissions show {record.id})\n\n(contact-us, {record.id})"
    )


# Newer wins --------------------------------------------------------------------------------------------------------


def test_a_late_submission_leaves_out_what_a_newer_one_has_written(world: World) -> None:
    world.fault(match={"path": "/upsert"}, status=503)
    late = world.deliver(email="ada@example.com", city="London", website="ada.example.com")
    world.deliver(email="ada@example.com", city="Paris")
    world.hurry(late.id)
    world.work()

    [contact] = world.contacts()
    record = world.record(late.id)
    assert (contact["city"], contact["website"]) == ("Paris", "ada.example.com")
    assert [found.field for found in record.superseded] == ["city"]
    assert record.superseded[0].value == "London"


def test_an_edit_counts_as_new_and_the_rest_of_an_old_dead_letter_does_not(world: World) -> None:
    old = world.deliver(email="ada@example.c", phone="+14155550142", city="London", company="Engines")
    world.deliver(email="ada@example.com", phone="+14155550142", city="Paris", company="Looms")
    world.journal.edit(old.id, Edit(fields={"email": "ada@example.com", "city": "Rome"}))
    world.journal.replay(old.id, old.provider, "main", calls=1)
    world.work()

    [contact] = world.contacts()
    assert (contact["city"], contact["companyName"]) == ("Rome", "Looms")


def test_the_mended_field_of_an_unmappable_letter_makes_its_other_fields_no_newer(world: World) -> None:
    world.configure(custom_fields=[PLAN])
    world.config = a_config(contact_us={"custom_fields": {"Plan": "plan"}, "unmapped": "drop"})
    old = world.deliver(email="ada@example.com", city="London", plan="Growht")
    world.deliver(email="ada@example.com", city="Paris", plan="Starter")
    [diagnosis] = old.diagnosis
    assert diagnosis.proposal
    world.journal.edit(old.id, diagnosis.proposal)
    world.journal.replay(old.id, old.provider, "main", calls=1)
    world.work()

    [contact] = world.contacts()
    assert contact["city"] == "Paris"
    assert contact["customFields"] == [{"id": PLAN["id"], "value": "Growth"}]
