import pytest
from pydantic import JsonValue

from shared.config import Form
from shared.mapping import suggested
from shared.submission import Answer
from tests.shared.mapping.factories import a_catalogue, a_custom_field, a_form, an_answer, mapped

CATALOGUE = a_catalogue(a_custom_field("utm_source"), a_custom_field("utm_medium"))
PERSON: JsonValue = {
    "name": "Ada Lovelace",
    "email": {"value": "ada@example.com"},
    "address": {"street": "Elm St 1", "city": "York"},
}
SUBMISSIONS: list[list[Answer]] = [
    [an_answer("Name", "Ada"), an_answer("Nachname", "Lovelace")],
    [an_answer("Vorname", "Ada"), an_answer("Name", "Lovelace")],
    [an_answer("Name", "Ada Lovelace"), an_answer("Last name", "Lovelace")],
    [an_answer("First name", "Ada"), an_answer("Name", "Ada Lovelace")],
    [an_answer("Nachname, Vorname", "Lovelace Ada")],
    [an_answer("Name", {"first": "Ada", "last": "Lovelace", "prefix": "Dr."}, "name")],
    [an_answer("Name", {"1.3": "Ada", "1.6": "Lovelace"}, "name", key="1")],
    [an_answer("Adresse", {"Straße": "Elmweg", "Hausnummer": "1", "Ort": "Bonn", "Etage": "2"})],
    [an_answer("Phone", {"countryCode": "+44", "number": "7911 123456"})],
    [an_answer("Question 7", "(206) 555-0161")],
    [an_answer("customer", {"first_name": "Ada", "last_name": "Lovelace", "phone": "206 555 0161", "id": "7"})],
    [an_answer("page_url", "https://example.com/?utm_source=news&utm_medium=email", "hidden")],
    [an_answer("utm_source", "news", "hidden"), an_answer("utm medium", "email", "hidden")],
]


@pytest.mark.parametrize("answers", SUBMISSIONS, ids=lambda answers: answers[0].label)
def test_a_pinned_mapping_gives_the_same_contact_and_note(answers: list[Answer]) -> None:
    before = mapped(*answers, catalogue=CATALOGUE)

    after = mapped(*answers, form=pinned(answers), catalogue=CATALOGUE)

    assert (after.contact, after.note) == (before.contact, before.note)
    assert all(origin.rule.startswith("configuration") for origin in after.provenance.values())


def test_the_name_of_a_person_is_pinned_as_a_part_of_the_answer() -> None:
    person = an_answer("contact", PERSON)
    form = pinned([person], email=False)

    after = mapped(person, form=form, email=False)

    assert form.fields["name"] == "contact.name"
    assert after.contact == mapped(person, email=False).contact
    assert after.note == ""


def test_a_pinned_name_completes_the_names_of_other_submissions() -> None:
    form = pinned([an_answer("Name", "Ada"), an_answer("Nachname", "Lovelace")])

    alone = mapped(an_answer("Name", "Grace Hopper"), form=form).contact
    doubled = mapped(an_answer("Name", "Grace Hopper"), an_answer("Nachname", "Hopper"), form=form).contact

    assert (alone.first_name, alone.last_name) == ("Grace", "Hopper")
    assert (doubled.first_name, doubled.last_name) == ("Grace", "Hopper")


def pinned(answers: list[Answer], *, email: bool = True) -> Form:
    """Return a form with the mapping of these answers in its configuration."""
    found = mapped(*answers, catalogue=CATALOGUE, email=email)
    tables = suggested(found.provenance, a_form())
    return Form.model_validate({**a_form().model_dump(exclude={"fields", "custom_fields", "consent"}), **tables})
