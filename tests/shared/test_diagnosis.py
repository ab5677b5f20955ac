import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from shared.dead_letters import commands
from shared.diagnosis import causes, diagnose, group_of, options
from shared.submission import Diagnosis, Edit, Reason

ADA: dict[str, JsonValue] = {"locationId": "L1", "email": "ada@example.com", "phone": "+12065550161"}
GENDER = "gender must be one of the following values"
CHOICE = "must be one of the following values: Red, Light blue"


def diagnosed(*messages: str, **sent: JsonValue) -> tuple[Diagnosis, ...]:
    return diagnose(messages, {**ADA, **sent})


def setting(name: str, value: str) -> Edit:
    return Edit(fields={name: value})


def noting(name: str) -> Edit:
    return Edit(to_note=(name,))


@pytest.mark.parametrize(
    ("message", "sent", "proposal"),
    [
        ("property website should not exist", {"website": "x"}, noting("website")),
        ("property foo should not exist", {}, noting("foo")),
        ("email must be an email", {"email": "ada@"}, noting("email")),
        ("email must be an email", {"email": "Ada <ada@b.test>"}, setting("email", "ada@b.test")),
        ("The string supplied is too long to be a phone number", {}, noting("phone")),
        ("The string supplied did not seem to be a phone number", {}, noting("phone")),
        ("Invalid country calling code", {}, noting("phone")),
        ("phone must be a valid phone number", {}, noting("phone")),
        ("phone: The phone format is invalid.", {}, noting("phone")),
        ("Invalid country calling code", {"phone": "206 555-0161", "country": "US"}, setting("phone", "+12065550161")),
        ("country must be a valid enum value", {"country": "Austria"}, setting("country", "AT")),
        ("country must be a valid enum value", {"country": "Narnia"}, noting("country")),
        ("country must be one of the following values: AT, US", {"country": "USA"}, setting("country", "US")),
        (f"{GENDER}: male, female", {"gender": "Femal"}, setting("gender", "female")),
        (f"{GENDER}: male, female", {"gender": "x"}, noting("gender")),
        ("postalCode must be a string", {"postalCode": 8010}, setting("postalCode", "8010")),
        ("city must be a string", {"city": {"a": {}}}, noting("city")),
        ("dateOfBirth must be a valid date", {"dateOfBirth": "25.12.1990"}, setting("dateOfBirth", "1990-12-25")),
        ("dateOfBirth must be a valid date", {"dateOfBirth": "in spring"}, noting("dateOfBirth")),
        ("timezone must be a time zone", {"timezone": "europe/vienna"}, setting("timezone", "Europe/Vienna")),
        ("companyName must be shorter than 3 characters", {"companyName": "Acme"}, noting("companyName")),
    ],
)
def test_one_edit_mends_a_fault(message: str, sent: dict[str, JsonValue], proposal: Edit) -> None:
    [found] = diagnosed(message, **sent)

    assert (found.rule, found.proposal) == (message, proposal)
    assert found.field in proposal.names


@pytest.mark.parametrize(
    ("path", "proposal"),
    [
        (f"customFields.0.field_value {CHOICE}", setting("customFields.f1", "Light blue")),
        (f"customFields[0].field_value {CHOICE}", setting("customFields.f1", "Light blue")),
        (f"each value in customFields.0.field_value {CHOICE}", setting("customFields.f1", "Light blue")),
        ("customFields.1.field_value must be a number", setting("customFields.my budget", "1200.5")),
        ("customFields.1.property key should not exist", noting("customFields.my budget")),
        ("customFields.2.field_value must be a number", noting("customFields.f3")),
        ("customFields.3.field_value must be a boolean value", setting("customFields.f4", "true")),
        ("customFields.4.field_value must be a string", setting("customFields.f5", "7")),
    ],
)
def test_a_custom_field_is_found_by_its_place(path: str, proposal: Edit) -> None:
    listed: JsonValue = [
        {"id": "f1", "field_value": "lightblue"},
        {"key": "my budget", "field_value": "$ 1,200.50"},
        {"id": "f3", "fieldValue": "a lot"},
        {"id": "f4", "value": "yes"},
        {"id": "f5", "field_value": 7},
    ]

    [found] = diagnosed(path, customFields=listed)

    assert found.proposal == proposal
    assert found.value


def test_a_custom_field_of_v1_is_found_by_its_id() -> None:
    [found] = diagnosed("customField.f1 must be a string", customField={"f1": 5})

    assert (found.field, found.value, found.proposal) == ("customFields.f1", "5", setting("customFields.f1", "5"))


@pytest.mark.parametrize(
    ("message", "field", "fix"),
    [
        ("customFields must be an array", "customFields", "update it"),
        ("property customField should not exist", "customField", "update it"),
        ("customFields.7.field_value must be a string", "customFields", "update it"),
        ("locationId should not be empty", "locationId", "correct location_id"),
        ("each value in tags must be a string", "tags", "correct the form's tags"),
        ("dndSettings.SMS.status must be one of the following values: active", "dndSettings.SMS.status", "consent"),
        ("dndSettings.property Fax should not exist", "dndSettings.Fax", "consent"),
        ("dnd must be a boolean value", "dnd", "consent"),
        ("Pass at least one of number, email query parameter", "email", "--field email="),
        ("email or phone: The email or phone field is mandatory.", "email", "--field email="),
        ("Contacts without email, phone, firstName and lastName are not allowed.", "email", "--field email="),
        ("Something else is wrong", "", "read the answer"),
        ("colour must be a string", "colour", "read the answer"),
    ],
)
def test_where_no_edit_mends_it_there_is_advice(message: str, field: str, fix: str) -> None:
    [found] = diagnosed(message)

    assert (found.field, found.proposal) == (field, None)
    assert fix in found.fix


def test_what_identifies_the_contact_is_never_dropped_without_another() -> None:
    both = diagnosed("email must be an email", "phone must be a valid phone number", email="ada@", phone="+1555")
    [alone] = diagnose(["email must be an email"], {"email": "ada@"})

    assert [found.proposal for found in both] == [None, None]
    assert both[0].fix == (
        "one of email and phone is enough; correct it: --field email=VALUE, "
        "or correct the phone and put this into the note: --to-note email"
    )
    assert both[1].fix.endswith("or correct the email and put this into the note: --to-note phone")
    assert alone.proposal is None
    assert commands(alone.fix.replace("--field", "hookline dead edit s1 --field")) == [
        "hookline dead edit s1 --field email=VALUE"
    ]


def test_a_single_message_is_diagnosed_too() -> None:
    assert [found.field for found in diagnose("email must be an email", None)] == ["email"]


def test_letters_with_other_values_and_the_same_faults_are_one_group() -> None:
    one, other = (group_of(Reason.REJECTED, diagnosed("email must be an email", email=email)) for email in ("a", "b"))

    assert one == other


@pytest.mark.parametrize(
    ("rule", "sent", "values"),
    [
        ("email {} is taken", "", ("ada@example.com", "bob@example.com")),
        ("{} belongs to <{}>", "", ("ada@", "bob@b.test")),
        ("phone {} is no phone", "", ("+1 (206) 555-0161", "2065550162")),
        ("Contact {} exists", "", ("0JxQ9ab3Zk1LmN2pQr5t", "c5f1d7a0-8b57-4a0e-9a4e-0242ac120002")),
        ("city '{}' is unknown", "{}", ("Graz", "St. Pölten")),
        ("the extension {} is not part of the number", "206 555 0161 x{}", ("123", "4567")),
    ],
)
def test_a_message_with_a_visitors_value_makes_no_group_of_its_own(
    rule: str, sent: str, values: tuple[str, str]
) -> None:
    found = [Diagnosis(field="x", value=sent.format(value), rule=rule.format(value, value)) for value in values]

    assert group_of(Reason.REJECTED, found[:1]) == group_of(Reason.REJECTED, found[1:])
    assert all(value not in "".join(causes(found)) for value in values)


@pytest.mark.parametrize(
    "rule",
    [
        "HTTP 418: I'm a teapot",
        "customFields.12.field_value must be one of the following values: Red, Light blue",
        "companyName must be shorter than 100 characters",
    ],
)
def test_a_message_without_values_is_shown_as_it_is(rule: str) -> None:
    assert causes([Diagnosis(field="", value="12", rule=rule)]) == [rule]


@given(name=st.text(min_size=1), value=st.text(min_size=1))
def test_a_proposed_value_is_one_word_of_a_command(name: str, value: str) -> None:
    words = shlex.split(options(Edit(fields={name: value}, to_note=(name,), drop=(name,))))

    assert words == ["--field", f"{name}={value}", "--to-note", name, "--drop", name]


@given(message=st.text() | st.from_regex(r"[a-zA-Z.0-9\[\]]{1,20} (must be|should) .{0,20}"), value=st.text())
def test_every_message_gets_a_diagnosis(message: str, value: str) -> None:
    [found] = diagnosed(message, email=value, country=value, customFields=[{"id": value}])

    assert found.rule == message
    assert found.fix
