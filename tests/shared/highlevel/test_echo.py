from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from shared.highlevel.contact import COUNTRIES, Contact
from shared.highlevel.custom_fields import Catalogue, LocationField
from shared.highlevel.echo import (
    ANOTHERS,
    KEEPS_GENDER,
    NO_OPTION,
    UNKNOWN_FIELD,
    identifiers_at_stake,
    identity_changes,
    not_stored,
    same_phone,
)
from shared.submission import NotStored

CATALOGUE = Catalogue(
    fields=(
        LocationField(id="f1", name="Budget", key="budget", type="NUMERICAL"),
        LocationField(id="f2", name="Colour", key="colour", type="SINGLE_OPTIONS", options=("Red", "Blue")),
        LocationField(id="f3", name="CV", key="cv", type="FILE_UPLOAD"),
        LocationField(id="f4", name="Second phone", key="second_phone", type="PHONE"),
        LocationField(id="f5", name="Visit", key="visit", type="DATE"),
    )
)


def lost(
    echoed: dict[str, JsonValue], *, is_new: bool = False, catalogue: Catalogue | None = None, **sent: Any
) -> tuple[NotStored, ...]:
    return not_stored(Contact(**sent), echoed, is_new=is_new, catalogue=catalogue)


def lost_custom(
    value: JsonValue, listed: JsonValue, catalogue: Catalogue | None = None, **name: str
) -> tuple[NotStored, ...]:
    sent = [{**(name or {"id": "f1"}), "field_value": value}]
    return lost({"customFields": listed}, custom_fields=sent, catalogue=catalogue)


@pytest.mark.parametrize(
    ("sent", "echoed"),
    [
        ({"email": "Ada@Example.com"}, {"email": "ada@example.com"}),
        ({"email": "Ada@Example.com"}, {"emailLowerCase": "ada@example.com"}),
        ({"phone": "+12065550161"}, {"phone": "(206) 555-0161"}),
        ({"first_name": " Ada  Maria "}, {"firstName": "Ada Maria"}),
        ({"first_name": "Ada"}, {"firstNameLowerCase": "ada"}),
        ({"name": "Ada Lovelace"}, {"firstName": "Ada", "lastName": "Lovelace"}),
        ({"name": "Ada Lovelace"}, {"name": "ada lovelace", "firstName": "Ada", "lastName": "Lovelace"}),
        ({"name": "Ada Lovelace"}, {"fullNameLowerCase": "ada lovelace"}),
        ({"date_of_birth": "1990-09-25"}, {"dateOfBirth": "1990-09-25"}),
        ({"date_of_birth": "1990-09-25"}, {"dateOfBirth": "1990-09-25T00:00:00.000Z"}),
        ({"date_of_birth": "1990-09-25"}, {"dateOfBirth": "1990-09-24T18:30:00.000Z"}),
        ({"date_of_birth": "1990-09-25"}, {"dateOfBirth": 654220800000}),
        ({"date_of_birth": "09/25/1990"}, {"dateOfBirth": "1990-09-25"}),
        ({"date_of_birth": "1970-01-01"}, {"dateOfBirth": 0}),
        ({"country": "US"}, {"country": "us"}),
        ({"website": "https://Example.com/"}, {"website": "example.com"}),
        ({"website": "example.com"}, {"website": "http://example.com/"}),
        ({"gender": "female"}, {"gender": "Female"}),
        ({"dnd": False}, {}),
        (
            {"dnd_settings": {"Call": {"status": "active"}}},
            {"dndSettings": {"call": {"status": "active", "code": "1"}}},
        ),
        ({"dnd_settings": {"SMS": {"status": "inactive"}}}, {}),
        ({"inbound_dnd_settings": {"all": {"status": "active"}}}, {}),
        ({"create_new_if_duplicate_allowed": True}, {}),
    ],
)
def test_what_highlevel_only_writes_in_its_own_way_is_stored(
    sent: dict[str, Any], echoed: dict[str, JsonValue]
) -> None:
    assert lost(echoed, **sent) == ()


@pytest.mark.parametrize(
    ("sent", "echoed", "field", "stored"),
    [
        ({"first_name": "Ada"}, {"firstName": "ADA"}, "firstName", "ADA"),
        ({"name": "Ada Lovelace"}, {"firstName": "Ada", "lastName": "Byron"}, "name", "Ada Byron"),
        ({"company_name": "Acme"}, {}, "companyName", ""),
        ({"date_of_birth": "1990-09-25"}, {"dateOfBirth": "1990-09-26T00:00:00.000Z"}, "dateOfBirth", None),
        ({"date_of_birth": "1990-09-25"}, {"dateOfBirth": "25th"}, "dateOfBirth", "25th"),
        ({"postal_code": "8010"}, {"postalCode": "8020"}, "postalCode", "8020"),
        ({"dnd": True}, {}, "dnd", ""),
        ({"dnd_settings": {"SMS": {"status": "active"}}}, {}, "dndSettings.SMS", "inactive"),
        ({"timezone": "Europe/Vienna"}, {}, "timezone", ""),
    ],
)
def test_what_the_contact_has_otherwise_is_not_stored(
    sent: dict[str, Any], echoed: dict[str, JsonValue], field: str, stored: str | None
) -> None:
    [found] = lost(echoed, **sent)

    assert found.field == field
    assert stored in (None, found.stored)


def test_the_gender_of_a_known_contact_stays_as_it_is() -> None:
    assert lost({}, gender="female") == (NotStored(field="gender", sent="female", why=KEEPS_GENDER),)
    assert lost({"gender": "male"}, gender="female")[0].stored == "male"


def test_a_new_contact_need_not_show_its_gender_or_timezone() -> None:
    assert lost({}, is_new=True, gender="female", timezone="Europe/Vienna") == ()
    assert [item.field for item in lost({"gender": "male"}, is_new=True, gender="female")] == ["gender"]


def test_an_identifier_of_somebody_else_is_explained() -> None:
    found = lost({"email": "old@example.com"}, email="new@example.com", phone="+12065550161")

    assert found == (
        NotStored(field="email", sent="new@example.com", stored="old@example.com", why=ANOTHERS),
        NotStored(field="phone", sent="+12065550161", why=ANOTHERS),
    )
    assert identity_changes(found) == found[:1]


def test_an_identifier_in_another_writing_is_not_at_stake() -> None:
    contact = Contact(email="Ada@Example.com", phone="+12065550161")

    assert identifiers_at_stake(contact, {"email": " ada@example.com", "phone": "(206) 555-0161"}) == ()
    assert identifiers_at_stake(contact, {"email": "", "phone": None}) == ()
    assert identifiers_at_stake(Contact(), {"email": "bob@example.com", "phone": "+12065550162"}) == ()


def test_another_identifier_of_a_known_contact_is_at_stake() -> None:
    contact = Contact(email="ada@example.com", phone="+12065550161")

    [email, phone] = identifiers_at_stake(contact, {"email": "bob@example.com", "phone": "+1 206-555-0162"})

    assert (email.field, email.sent, email.stored) == ("email", "ada@example.com", "bob@example.com")
    assert (phone.field, phone.stored) == ("phone", "+1 206-555-0162")
    assert phone.why


@pytest.mark.parametrize(
    ("other", "same"),
    [("+1 206-555-0161", True), ("206 555 0161", True), ("+12065550162", False), ("5550161", False), (None, False)],
)
def test_phones_are_compared_as_numbers(other: JsonValue, same: bool) -> None:
    assert same_phone("+12065550161", other) is same


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("5", 5),
        (5, "5.0"),
        (5.50, "5.5"),
        ("-0", 0),
        (["a", "b"], ["b", "a"]),
        ("a", ["a"]),
        (["a"], "a"),
        ("two\nlines", "two lines"),
        ("2026-09-21", 1789948800000),
        ("2026-09-21", "2026-09-21T00:00:00.000Z"),
        ("https://files.example.com/cv.pdf", {"uuid": {"url": "https://storage.example.com/1"}}),
    ],
)
def test_a_custom_value_may_come_back_in_another_form(sent: JsonValue, stored: JsonValue) -> None:
    assert lost_custom(sent, [{"id": "other", "value": "x"}, {"id": "f1", "value": stored}]) == ()


@pytest.mark.parametrize(
    ("sent", "stored"), [("5", 6), (["a", "b"], ["a"]), ("2065550161", "2065550162"), ("1e5", 100000), ("x", None)]
)
def test_another_custom_value_is_not_stored(sent: JsonValue, stored: JsonValue) -> None:
    [found] = lost_custom(sent, [{"id": "f1", "value": stored}])

    assert found.field == "customFields.f1"


@pytest.mark.parametrize(
    "echoed",
    [
        {"customFields": [{"id": "f1", "fieldValue": "x"}]},
        {"customFields": [{"id": "f1", "type": "string", "fieldValueString": "x"}]},
        {"customField": [{"id": "f1", "value": "x"}]},
        {"customField": {"f1": "x"}},
    ],
)
def test_custom_values_are_found_in_the_answers_of_all_generations(echoed: dict[str, JsonValue]) -> None:
    assert lost(echoed, custom_fields=[{"id": "f1", "field_value": "x"}]) == ()


def test_a_custom_field_is_named_and_explained_by_the_catalogue() -> None:
    unlisted = lost_custom("Green", [], CATALOGUE, id="f2")
    unknown = lost_custom("x", [], CATALOGUE, id="f9")

    assert unlisted == (NotStored(field="customFields.Colour", sent="Green", why=NO_OPTION),)
    assert unknown == (NotStored(field="customFields.f9", sent="x", why=UNKNOWN_FIELD),)


def test_a_custom_field_by_key_is_compared_if_the_catalogue_has_its_id() -> None:
    assert lost_custom("5", [], key="budget") == ()
    assert lost_custom("5", [], CATALOGUE, key="nothing") == ()
    assert lost_custom("5", [], CATALOGUE, key="budget") == (NotStored(field="customFields.Budget", sent="5"),)
    assert lost_custom("5", [{"id": "f1", "value": 5}], CATALOGUE, key="contact.budget") == ()


def test_the_type_of_a_custom_field_says_how_it_is_compared() -> None:
    assert lost_custom("+12065550161", [{"id": "f4", "value": "+1 206-555-0161"}], CATALOGUE, id="f4") == ()
    assert lost_custom("2026-09-21", [{"id": "f5", "value": 1789948800000}], CATALOGUE, id="f5") == ()
    assert lost_custom("https://a.example/cv", ["no entry", {"id": "f3", "value": ["u"]}], CATALOGUE, id="f3") == ()
    assert lost_custom("https://a.example/cv", [], CATALOGUE, id="f3") != ()


words = st.from_regex(r"[^\W\d_]{1,12}", fullmatch=True)
numbers = st.integers(-(10**9), 10**9)
values = st.one_of(words, numbers, st.lists(words, min_size=1, max_size=4))
contacts = st.builds(
    Contact,
    first_name=st.none() | words,
    last_name=st.none() | words,
    email=st.none() | st.just("Ada@Example.com"),
    phone=st.none() | st.just("+12065550161"),
    gender=st.none() | st.sampled_from(["male", "female"]),
    date_of_birth=st.none() | st.dates().map(str),
    company_name=st.none() | words,
    website=st.none() | words.map(lambda word: f"https://{word}.example/"),
    timezone=st.none() | st.just("Europe/Vienna"),
    address1=st.none() | words.map(lambda word: f" {word}  1"),
    country=st.none() | st.sampled_from(sorted(COUNTRIES)),
    dnd=st.none() | st.booleans(),
    dnd_settings=st.none() | st.just({"Call": {"status": "active"}, "WhatsApp": {"status": "inactive"}}),
    inbound_dnd_settings=st.none() | st.just({"all": {"status": "active"}}),
    custom_fields=st.dictionaries(words, values, max_size=3).map(
        lambda found: [{"id": name, "field_value": value} for name, value in found.items()]
    ),
)


@given(sent=contacts, is_created=st.booleans())
def test_an_echo_with_the_documented_normalisations_has_lost_nothing(sent: Contact, is_created: bool) -> None:
    assert not_stored(sent, echo_of(sent, is_created), is_new=is_created) == ()


def echo_of(sent: Contact, is_created: bool) -> dict[str, JsonValue]:
    """Return how HighLevel shows a contact that it has stored as it was sent."""
    body = sent.body()
    echoed = {name: " ".join(value.split()) if isinstance(value, str) else value for name, value in body.items()}
    echoed.pop("inboundDndSettings", None)
    if "email" in body:
        echoed["email"] = str(body["email"]).lower()
    if birthday := body.get("dateOfBirth"):
        midnight = datetime.fromisoformat(str(birthday)).replace(tzinfo=UTC)
        echoed["dateOfBirth"] = f"{birthday}T00:00:00.000Z" if is_created else round(midnight.timestamp() * 1000)
    if "website" in body:
        echoed["website"] = str(body["website"]).rstrip("/")
    if sent.dnd_settings:
        echoed["dndSettings"] = {"call": {"status": "active", "message": "x"}, "whatsApp": {"status": "inactive"}}
    if is_created:
        echoed.pop("gender", None)
        echoed.pop("timezone", None)
    echoed["customFields"] = [{"id": item.id, "value": shown(item.field_value)} for item in sent.custom_fields]
    return echoed


def shown(value: JsonValue) -> JsonValue:
    if isinstance(value, list):
        return [*reversed(value)]
    return f"{value}.0" if isinstance(value, int) else value
