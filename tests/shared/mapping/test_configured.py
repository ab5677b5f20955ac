"""Constants and templates in the configuration of a form."""

from typing import Any

import pytest

from shared.config import Form
from shared.submission import Edit
from tests.shared.mapping.factories import CATALOGUE, an_answer, mapped


def a_form(**keys: Any) -> Form:
    return Form.model_validate({"provider": "typeform", "location": "main", "auth": "none", **keys})


def test_a_constant_fills_its_field_whatever_is_answered() -> None:
    form = a_form(fields={"country": {"value": "Germany"}, "city": {"value": "{City}"}})

    found = mapped(an_answer("Country", "Austria", "country"), form=form)

    assert (found.contact.country, found.contact.city) == ("DE", "{City}")
    assert str(found.provenance["country"]) == "configuration: fields.country → as its code"
    assert found.note == "Country: Austria"


def test_a_constant_of_a_custom_field_is_converted_as_an_answer_is() -> None:
    form = a_form(custom_fields={"Seats": {"value": "5"}, "Colour": {"value": "sea green"}})

    found = mapped(form=form, catalogue=CATALOGUE)

    assert [field.field_value for field in found.contact.custom_fields] == [5, "Sea Green"]
    assert str(found.provenance["customFields.id-seats"]) == "configuration: custom_fields.Seats"


@pytest.mark.parametrize(
    ("key", "place"), [("source", "source"), ("assigned_to", "assignedTo"), ("fields", "city"), ("tags", "tags")]
)
def test_every_template_may_ask_for_a_hidden_answer_alone(key: str, place: str) -> None:
    template = "{hidden:office}"
    configured: Any = {"fields": {"city": template}, "tags": [template]}.get(key, template)
    typed, hidden = an_answer("office", "typed"), an_answer("office", "given", "hidden")

    both = mapped(typed, hidden, form=a_form(**{key: configured}))
    only_typed = mapped(typed, form=a_form(**{key: configured}))

    assert {**both.contact.body(), "tags": ",".join(both.tags)}[place] == "given"
    assert not {**only_typed.contact.body(), "tags": ",".join(only_typed.tags)}.get(place)


def test_of_a_builder_that_does_not_tell_hidden_fields_any_may_be_one() -> None:
    form = a_form(provider="html_form", fields={"city": "{hidden:office}"})

    assert mapped(an_answer("office", "Berlin"), form=form).contact.city == "Berlin"


def test_doubled_braces_are_braces() -> None:
    form = a_form(tags=["{{vip}}", "{{{Plan}}}"], source="{{web}}")

    found = mapped(an_answer("Plan", "A"), form=form)

    assert (found.tags, found.contact.source) == (("{vip}", "{A}"), "{web}")


def test_an_operator_may_add_a_hidden_answer() -> None:
    form = a_form(fields={"city": "{hidden:office}"})

    found = mapped(an_answer("office", "typed"), form=form, edit=Edit(answers={"hidden:office": "Berlin"}))

    assert found.contact.city == "Berlin"
    assert found.note == "office: typed"


def test_parts_that_are_called_like_their_answer_are_found() -> None:
    form = a_form(fields={"firstName": "1.3", "lastName": "{1.6}"})

    found = mapped(an_answer("Field 1", {"1.3": "Ada", "1.6": "Lovelace"}, key="1"), form=form)

    assert (found.contact.first_name, found.contact.last_name) == ("Ada", "Lovelace")
