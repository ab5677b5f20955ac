import pycountry
import pytest
from pydantic import ValidationError

from shared.field_names import OTHER_FIELDS, WRITABLE_FIELDS
from shared.highlevel.contact import COUNTRIES, Contact, CustomField, DndSetting, DndSettings

DOCUMENTED = {
    *("firstName", "lastName", "name", "email", "gender", "phone", "address1", "city", "state", "postalCode"),
    *("website", "timezone", "dnd", "dndSettings", "inboundDndSettings", "customFields", "source", "dateOfBirth"),
    *("country", "companyName", "assignedTo", "createNewIfDuplicateAllowed"),
}


def test_a_contact_has_every_documented_field_but_location_and_tags() -> None:
    assert {field.alias for field in Contact.model_fields.values()} == DOCUMENTED


def test_the_body_has_only_values_that_are_not_empty() -> None:
    contact = Contact(first_name="Ada", last_name="", email=None, dnd=False)

    assert contact.body() == {"firstName": "Ada", "dnd": False}


def test_custom_fields_go_by_id_or_by_key() -> None:
    contact = Contact(custom_fields=(CustomField(id="a1", field_value=0), CustomField(key="size", field_value=["S"])))

    assert contact.body() == {
        "customFields": [{"id": "a1", "field_value": 0}, {"key": "size", "field_value": ["S"]}],
    }


@pytest.mark.parametrize("names", [{}, {"id": "a", "key": "b"}, {"id": ""}])
def test_a_custom_field_needs_exactly_one_name(names: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        CustomField.model_validate({**names, "field_value": "x"})


def test_do_not_disturb_is_written_by_channel() -> None:
    contact = Contact(dnd_settings=DndSettings(sms=DndSetting(status="active"), whatsapp=DndSetting(status="inactive")))

    assert contact.body() == {"dndSettings": {"SMS": {"status": "active"}, "WhatsApp": {"status": "inactive"}}}


@pytest.mark.parametrize("name", ["tags", "locationId", "customField", "additionalEmails"])
def test_a_property_that_highlevel_refuses_cannot_be_set(name: str) -> None:
    with pytest.raises(ValidationError):
        Contact.model_validate({name: "x"})


def test_writable_fields_are_fields_of_a_contact() -> None:
    assert WRITABLE_FIELDS <= DOCUMENTED
    # Tags and the location are sent with it, or after it, by others.
    body = {found.alias for found in Contact.model_fields.values()}
    assert body - WRITABLE_FIELDS | {"tags", "locationId"} == OTHER_FIELDS


def test_countries_are_highlevels_list() -> None:
    iso = {country.alpha_2 for country in pycountry.countries}

    assert len(COUNTRIES) == 247
    assert COUNTRIES - iso == {"AN", "XK"}
    assert iso - COUNTRIES == {"BL", "BQ", "CW", "SS"}
