from typing import Any

import pytest
from pydantic import JsonValue

from shared.mapping import LeftOut
from shared.submission import AnswerType, Edit
from tests.shared.mapping.factories import a_form, an_answer, mapped

Fields = dict[str, JsonValue]


def fields_and_note(value: JsonValue, kind: AnswerType, label: str = "Q", **options: Any) -> tuple[Fields, str]:
    """Return the contact's body without the email that every contact here has, and its note."""
    found = mapped(an_answer(label, value, kind), **options)
    body = found.contact.body()
    body.pop("email", None)
    return body, found.note


ADA: Fields = {"firstName": "Ada", "lastName": "Lovelace"}
NAMES: list[tuple[JsonValue, Fields, str]] = [
    ({"first": "Ada", "last": "Lovelace"}, ADA, ""),
    ({"given": "Ada", "family": "Lovelace"}, ADA, ""),
    ({"firstName": "Ada", "lastName": "Lovelace"}, ADA, ""),
    ({"first_name": "Ada", "surname": "Lovelace"}, ADA, ""),
    ({"given-name": "Ada", "family-name": "Lovelace"}, ADA, ""),
    ({"first": "花子", "last": "山田"}, {"firstName": "花子", "lastName": "山田"}, ""),
    ({"prefix": "Dr.", "first": "Ada", "middle": "K.", "last": "Lovelace"}, ADA, "Q: prefix: Dr., middle: K."),
    (
        {"1.2": "Dr.", "1.3": "Ada", "1.4": "K.", "1.6": "Lovelace", "1.8": "Jr."},
        ADA,
        "Q: prefix: Dr., middle: K., suffix: Jr.",
    ),
    ({"3.3": "Ada", "3.6": "van Lovelace"}, {"firstName": "Ada", "lastName": "van Lovelace"}, ""),
    ({"full": "Ada Lovelace"}, ADA, ""),
    ({"full": "Ada Lovelace", "first": "Ada", "last": "Lovelace"}, ADA, ""),
    ({"first": "Ada", "full": "Countess Ada Lovelace"}, {"firstName": "Ada"}, "Q: full: Countess Ada Lovelace"),
    ({"full": "Dr. Ada Lovelace", "nick": "A"}, ADA, "Q: full: Dr. Ada Lovelace, nick: A"),
    ("Dr. Ada Lovelace", ADA, "Q: Dr. Ada Lovelace"),
    ({"middle": "K."}, {}, "Q: middle: K."),
]


@pytest.mark.parametrize(("value", "fields", "note"), NAMES)
def test_the_parts_of_a_name_have_their_fields_and_the_rest_is_noted(
    value: JsonValue, fields: Fields, note: str
) -> None:
    assert fields_and_note(value, "name") == (fields, note)


@pytest.mark.parametrize(
    ("label", "first", "last"),
    [
        ("Nachname, Vorname", "Lovelace", "Ada"),
        ("Cognome e nome", "Lovelace", "Ada"),
        ("Last name, first name", "Lovelace", "Ada"),
        ("Ф.И.О.", "Lovelace", "Ada"),
        ("Vor- und Nachname", "Ada", "Lovelace"),
        ("First and last name", "Ada", "Lovelace"),
        ("Nombre y apellidos", "Ada", "Lovelace"),
        ("Name", "Ada", "Lovelace"),
    ],
)
def test_a_name_is_split_in_the_order_that_its_label_asks_for(label: str, first: str, last: str) -> None:
    assert fields_and_note("Ada Lovelace", "text", label) == ({"firstName": first, "lastName": last}, "")


def test_a_part_of_a_name_that_stands_alone_is_not_said_to_be_split() -> None:
    found = mapped(an_answer("Vorname", "Ada"), an_answer("Name", "Lovelace"))

    assert found.provenance["lastName"].change == ""


@pytest.mark.parametrize(
    ("address", "street", "change"),
    [
        ({"Straße": "Elmweg", "Hausnummer": "5"}, "Elmweg 5", "with Hausnummer"),
        ({"streetNumber": "5", "street": "Elm St"}, "5 Elm St", "with streetNumber"),
        (
            {"Straße": "Elmweg", "Hausnummer": 5, "Adresszusatz": "2. OG"},
            "Elmweg 5, 2. OG",
            "with Hausnummer and Adresszusatz",
        ),
    ],
)
def test_the_street_has_the_number_of_the_house(address: Fields, street: str, change: str) -> None:
    found = mapped(an_answer("Adresse", address, "address"))

    assert (found.contact.address1, found.note) == (street, "")
    assert found.provenance["address1"].change == change


def test_a_country_may_be_an_object_with_its_code_and_its_name() -> None:
    address: JsonValue = {"street": "Elm St 1", "country": {"code": "GB", "name": "United Kingdom"}}

    assert fields_and_note(address, "address") == ({"address1": "Elm St 1", "country": "GB"}, "")


def test_a_number_of_a_person_is_no_number_of_a_house() -> None:
    person: Fields = {"name": "Ada", "address": "Elm St", "number": "7"}

    assert fields_and_note(person, "contact") == ({"firstName": "Ada", "address1": "Elm St"}, "Q: number: 7")


def test_the_provenance_says_that_a_title_was_left_out_of_a_name() -> None:
    found = mapped(an_answer("Your name", "Dr. Ada Lovelace"))

    change = "split into first and last name; without the title Dr."
    assert {found.provenance[name].change for name in ("firstName", "lastName")} == {change}
    assert found.note == "Your name: Dr. Ada Lovelace"


def test_a_full_name_completes_the_parts_that_are_known() -> None:
    first = an_answer("First name", "Mary Jane")

    whole = mapped(first, an_answer("Full name", "Mary Jane van Watson"))
    other = mapped(first, an_answer("Full name", "Ada Lovelace"))

    assert (whole.contact.first_name, whole.contact.last_name, whole.note) == ("Mary Jane", "van Watson", "")
    assert (other.contact.last_name, other.note) == (None, "Full name: Ada Lovelace")


def test_an_edited_name_is_split_like_an_answered_one() -> None:
    found = mapped(edit=Edit(fields={"name": "Dr. Ludwig van Beethoven"}))

    assert (found.contact.first_name, found.contact.last_name) == ("Ludwig", "van Beethoven")
    assert found.left_out == (LeftOut(field="name", value="Dr. Ludwig van Beethoven", why="without the title Dr."),)


HOME: Fields = {"address1": "1 High St", "city": "York", "state": "N", "postalCode": "YO1", "country": "GB"}
ADDRESSES: list[tuple[JsonValue, Fields, str]] = [
    ({"street": "1 High St", "city": "York", "state": "N", "zip": "YO1", "country": "GB"}, HOME, ""),
    ({"6.1": "1 High St", "6.3": "York", "6.4": "N", "6.5": "YO1", "6.6": "United Kingdom"}, HOME, ""),
    (
        {"6.1": "1 High St", "6.2": "Flat 2", "6.3": "York"},
        {"address1": "1 High St, Flat 2", "city": "York"},
        "",
    ),
    (
        {"addr_line1": "1 High St", "addr_line2": "Flat 2", "city": "York", "state": "N", "postal": "YO1"},
        {"address1": "1 High St, Flat 2", "city": "York", "state": "N", "postalCode": "YO1"},
        "",
    ),
    (
        {"address": "1 High St", "zipCode": "YO1", "province": "N"},
        {"address1": "1 High St", "postalCode": "YO1", "state": "N"},
        "",
    ),
    (
        {
            "streetAddress": "1 High St",
            "addressLocality": "York",
            "addressRegion": "N",
            "addressCountry": "GB",
            "postalCode": "YO1",
        },
        HOME,
        "",
    ),
    ({"line1": "1 High St", "city": "York", "region": "N", "postcode": "YO1", "country_code": "gb"}, HOME, ""),
    (
        {"line1": "1 High St", "country": "United Kingdom", "country_code": "GB"},
        {"address1": "1 High St", "country": "GB"},
        "",
    ),
    (
        {"line1": "1 High St", "lat": 53.9, "country": "Atlantis"},
        {"address1": "1 High St"},
        "Q: lat: 53.9, country: Atlantis",
    ),
    ({"line2": "Flat 2", "city": "York"}, {"city": "York"}, "Q: line2: Flat 2"),
    ("1 High St\nYork", {"address1": "1 High St\nYork"}, ""),
]


@pytest.mark.parametrize(("value", "fields", "note"), ADDRESSES)
def test_the_parts_of_an_address_have_their_fields(value: JsonValue, fields: Fields, note: str) -> None:
    assert fields_and_note(value, "address") == (fields, note)


@pytest.mark.parametrize("name", ["ドイツ", "독일", "Германия", "Allemagne", "Niemcy", "DE", "deu", "Germany (DE)"])
def test_a_country_is_known_in_the_languages_of_forms(name: str) -> None:
    assert fields_and_note(name, "country") == ({"country": "DE"}, "")


PERSONS: list[tuple[Fields, Fields, str]] = [
    (
        {
            "first_name": "Ada",
            "last_name": "Lovelace",
            "email": "Ada@example.com",
            "phone": "206 555 0161",
            "company": "Fjord",
        },
        {**ADA, "email": "ada@example.com", "phone": "+12065550161", "companyName": "Fjord"},
        "",
    ),
    ({"name": "Ada Lovelace", "email": "ada@example.com"}, {**ADA, "email": "ada@example.com"}, ""),
    (
        {"name": {"first": "Ada", "last": "Lovelace"}, "emails": {"value": "x"}, "email": {"value": "ada@example.com"}},
        {**ADA, "email": "ada@example.com"},
        "Q: emails: x",
    ),
    (
        {"email": "ada@example.com", "address": {"line1": "1 High St", "line2": "Flat 2", "unit_no": 3}},
        {"email": "ada@example.com", "address1": "1 High St, Flat 2"},
        "Q: unit_no: 3",
    ),
    (
        {"email": "ada@example.com", "phone": "12", "role": "boss"},
        {"email": "ada@example.com"},
        "Q: phone: 12, role: boss",
    ),
]


@pytest.mark.parametrize(("value", "fields", "note"), PERSONS)
def test_a_person_fills_all_of_its_fields(value: Fields, fields: Fields, note: str) -> None:
    found = mapped(an_answer("Q", value, "contact"), email=False)

    assert (found.contact.body(), found.note) == (fields, note)


def test_an_object_that_is_called_contact_is_a_person_and_a_friend_is_none() -> None:
    said: JsonValue = {"name": "Ada Lovelace", "email": "ada@example.com"}

    found = mapped(an_answer("contact", said), email=False)
    friend = mapped(an_answer("Emergency contact", said, "contact"))

    assert found.contact.body() == {**ADA, "email": "ada@example.com"}
    assert str(found.provenance["email"]) == 'answer "contact", part "email" → label'
    assert friend.contact.body() == {"email": "ada@example.com"}
    assert friend.note == "Emergency contact: name: Ada Lovelace, email: ada@example.com"


def test_what_answers_of_their_own_say_comes_before_a_person() -> None:
    person = an_answer("Q", {"email": "byron@example.com", "company": "Fjord"}, "contact")

    found = mapped(person)

    assert (found.contact.email, found.contact.company_name) == ("ada@example.com", "Fjord")
    assert found.note == "Q: email: byron@example.com"


BIRTHDAYS: list[JsonValue] = [
    "1990-05-01",
    "1990-05-01T00:00:00Z",
    "1990年5月1日",
    "May 1, 1990",
    "1 May 1990",
    "1. Mai 1990",
    "1 de mayo de 1990",
    {"day": 1, "month": 5, "year": 1990},
    {"day": "01", "month": "May", "year": "1990"},
]


@pytest.mark.parametrize("value", BIRTHDAYS)
def test_a_birthday_is_read_however_it_is_written(value: JsonValue) -> None:
    assert fields_and_note(value, "date", "Date of birth") == ({"dateOfBirth": "1990-05-01"}, "")


@pytest.mark.parametrize(
    "value", ["1 May", "May 1990", "Foo 1, 1990", {"day": 1, "month": 5}, {"day": 1, "month": 5, "year": 90}]
)
def test_half_a_birthday_is_noted(value: JsonValue) -> None:
    fields, note = fields_and_note(value, "date", "Date of birth")

    assert fields == {}
    assert note.startswith("Date of birth: ")


def test_a_configured_name_takes_parts_and_numbers() -> None:
    name = an_answer("Who?", {"1.3": "Ada", "1.6": "Lovelace"}, "name", key="1")

    found = mapped(name, form=a_form(fields={"name": "Who?"}))
    part = mapped(name, form=a_form(fields={"city": "1.6"}))

    assert (found.contact.first_name, found.contact.last_name) == ("Ada", "Lovelace")
    assert part.contact.city == "Lovelace"
