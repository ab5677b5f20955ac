import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from shared.highlevel.contact import Contact
from shared.mapping import sent_fields, without

CONTACT = Contact.model_validate(
    {
        "email": "ada@example.com",
        "firstName": "Ada",
        "city": "",
        "dnd": False,
        "dndSettings": {"Email": {"status": "active", "message": "no"}, "SMS": {"status": "inactive"}},
        "inboundDndSettings": {"all": {"status": "active"}},
        "customFields": [{"id": "f1", "field_value": ["a"]}, {"key": "budget", "field_value": 5}],
        "createNewIfDuplicateAllowed": True,
    }
)
FIELDS: dict[str, JsonValue] = {
    "email": "ada@example.com",
    "firstName": "Ada",
    "dnd": False,
    "dndSettings.Email": {"status": "active", "message": "no"},
    "dndSettings.SMS": {"status": "inactive"},
    "inboundDndSettings.all": {"status": "active"},
    "customFields.f1": ["a"],
    "customFields.budget": 5,
}


def test_what_a_contact_sends_is_told_field_by_field() -> None:
    assert sent_fields(CONTACT) == FIELDS
    assert sent_fields(Contact()) == {}


@pytest.mark.parametrize("name", FIELDS)
def test_a_contact_can_be_had_without_any_of_them(name: str) -> None:
    found = without(CONTACT, {name})

    assert sent_fields(found) == {field: value for field, value in FIELDS.items() if field != name}
    assert found.create_new_if_duplicate_allowed


@given(st.sets(st.sampled_from(sorted(FIELDS))))
def test_what_is_left_out_is_not_sent_and_all_else_is(names: set[str]) -> None:
    found = without(CONTACT, names)

    assert sent_fields(found).keys() == FIELDS.keys() - names
    assert without(found, names) == found


def test_a_contact_without_all_its_parts_sends_no_empty_ones() -> None:
    assert without(CONTACT, FIELDS).body() == {"createNewIfDuplicateAllowed": True}
