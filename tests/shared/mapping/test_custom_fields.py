from typing import Any

import pytest
from pydantic import JsonValue

from shared.dead_letters import OPTION
from shared.mapping import LeftOut, Unmappable, needs_catalogue
from shared.submission import Answer, Diagnosis, Edit
from tests.shared.mapping.factories import CATALOGUE, a_catalogue, a_custom_field, a_form, an_answer, mapped


def sent(*answers: Answer, **options: Any) -> dict[str | None, JsonValue]:
    """Return the custom fields of the contact that these answers become, by id."""
    contact = mapped(*answers, catalogue=CATALOGUE, **options).contact
    return {field.id: field.field_value for field in contact.custom_fields}


def faults(*answers: Answer, **options: Any) -> list[Diagnosis]:
    with pytest.raises(Unmappable) as caught:
        mapped(*answers, **{"catalogue": CATALOGUE, **options})
    return list(caught.value.diagnosis)


@pytest.mark.parametrize("name", ["Seats", " SEATS", "seats", "contact.seats", "id-seats"])
def test_a_custom_field_is_configured_by_name_key_or_id(name: str) -> None:
    form = a_form(custom_fields={name: "How many?"})

    assert sent(an_answer("How many?", "1,200"), form=form) == {"id-seats": 1200}


def test_values_are_sent_as_the_fields_take_them() -> None:
    form = a_form(
        custom_fields={"Colour": "Q1", "Colours": "Q2", "Start": "Q3", "Terms": "Q4", "Details": "{Q1} and {Q3}"}
    )
    answers = [an_answer("Q1", "sea green"), an_answer("Q2", ["red", "BLACK"]), an_answer("Q3", "12/25/2026")]

    assert sent(*answers, an_answer("Q4", True), form=form) == {
        "id-colour": "Sea Green",
        "id-colours": ["Red", "Black"],
        "id-start": "2026-12-25",
        "id-terms": ["I agree"],
        "id-details": "sea green and 12/25/2026",
    }


def test_the_provenance_names_the_field_as_it_is_sent_and_the_configuration_as_it_is_written() -> None:
    form = a_form(custom_fields={"Seats": "Q"})

    found = mapped(an_answer("Q", 5), form=form, catalogue=CATALOGUE)

    assert found.provenance["customFields.id-seats"].rule == "configuration: custom_fields.Seats"
    assert found.note == ""


def test_answers_that_no_field_took_go_to_a_custom_field_by_name() -> None:
    assert sent(an_answer("Message", "Hi"), form=a_form(unmapped="custom_field:DETAILS")) == {
        "id-details": "Message: Hi"
    }


def test_a_box_that_is_not_ticked_is_not_sent_and_not_lost() -> None:
    found = mapped(an_answer("OK?", False), form=a_form(custom_fields={"Terms": "OK?"}), catalogue=CATALOGUE)

    assert found.contact.custom_fields == ()
    assert found.provenance.keys() == {"email"}
    assert found.left_out == (
        LeftOut(field="customFields.Terms", value="no", why="it ticks no box of the field: nothing to send"),
    )


def test_the_second_of_two_names_of_one_field_changes_nothing() -> None:
    form = a_form(custom_fields={"Seats": "Q1", "contact.seats": "Q2", "id-seats": "<{Q3}>"})

    found = mapped(an_answer("Q1", 1), an_answer("Q2", 2), an_answer("Q3", 3), form=form, catalogue=CATALOGUE)

    assert [field.field_value for field in found.contact.custom_fields] == [1]
    assert found.note == "Q2: 2\nQ3: 3"


UNKNOWN = "the location has no custom field of this name"


@pytest.mark.parametrize(
    ("name", "rule", "fix"),
    [
        (
            "Seets",
            UNKNOWN,
            'Did you mean "Seats"? Correct the name in the configuration, '
            "or put the value into the note: --to-note 'customFields.Seets'",
        ),
        (
            "Zzz",
            UNKNOWN,
            "Correct the name in the configuration, or put the value into the note: --to-note 'customFields.Zzz'",
        ),
        (
            "What's up",
            UNKNOWN,
            "Correct the name in the configuration, or put the value into the note: "
            '--to-note "customFields.What\'s up"',
        ),
        ("'$5'", UNKNOWN, "Correct the name in the configuration, or put the value into the note by an edit."),
        (
            "Twin",
            "the location has more than one custom field of this name",
            "Name it by its key or id: twin, twin_. Correct the name in the configuration, "
            "or put the value into the note: --to-note 'customFields.Twin'",
        ),
    ],
)
def test_a_field_that_is_not_found_is_named(name: str, rule: str, fix: str) -> None:
    [found] = faults(an_answer("Q", "x"), form=a_form(custom_fields={name: "Q"}))

    assert found == Diagnosis(
        field=f"customFields.{name}", value="x", rule=rule, fix=fix, proposal=Edit(to_note=(f"customFields.{name}",))
    )


def test_a_value_that_does_not_fit_is_named_with_ready_options_and_the_closest_one() -> None:
    [found] = faults(an_answer("Q", "see green"), form=a_form(custom_fields={"Colour": "Q"}))

    assert found.field == "customFields.Colour"
    assert found.value == "see green"
    assert found.rule == "the value is none of the field's options"
    assert found.fix == (
        'The options are "Red", "Sea Green", "Black". The nearest that fits is "Sea Green": '
        "--field 'customFields.Colour=Sea Green' or put the value into the note: --to-note 'customFields.Colour'"
    )
    assert found.proposal == Edit(fields={"customFields.Colour": "Sea Green"})
    assert len(OPTION.findall(found.fix)) == 2


def test_a_value_that_nothing_is_near_is_proposed_to_go_into_the_note() -> None:
    [found] = faults(an_answer("Q", "many"), form=a_form(custom_fields={"Seats": "Q"}))

    assert found.fix == (
        "Set a value that fits: --field 'customFields.Seats=VALUE' "
        "or put the value into the note: --to-note 'customFields.Seats'"
    )
    assert found.proposal == Edit(to_note=("customFields.Seats",))


@pytest.mark.parametrize("name", ["Up = how far?", "'$5'"])
def test_a_name_that_a_command_cannot_hold_gives_way_to_the_id(name: str) -> None:
    catalogue = a_catalogue(a_custom_field(name, "NUMERICAL", field_id="f1"))
    form = a_form(custom_fields={name: "Q"})

    [found] = faults(an_answer("Q", "x"), form=form, catalogue=catalogue)

    assert found.field == f"customFields.{name}"
    assert found.fix.endswith(
        "--field 'customFields.f1=VALUE' or put the value into the note: --to-note 'customFields.f1'"
    )
    assert mapped(an_answer("Q", "x"), form=form, catalogue=catalogue, edit=found.proposal).note.startswith(name)


def test_all_faults_are_named_at_once() -> None:
    form = a_form(custom_fields={"Seats": "Q1", "Colour": "Q2", "Nothing": "Q3", "Nor this": "unanswered"})
    answers = [an_answer("Q1", "many"), an_answer("Q2", "blue"), an_answer("Q3", "x"), an_answer("Email", "ada@")]

    found = faults(*answers, form=form, email=False, edit=Edit(fields={"country": "Atlantis"}))

    assert [fault.field for fault in found] == [
        "country",
        "email",
        "customFields.Seats",
        "customFields.Colour",
        "customFields.Nothing",
    ]


def test_each_proposal_mends_its_fault() -> None:
    form = a_form(custom_fields={"Seats": "Q1", "Colour": "Q2", "Colours": "Q3", "Nothing": "Q4", "Twin": "Q4"})
    answers = [an_answer("Q1", "many"), an_answer("Q2", "blak"), an_answer("Q3", ["rd", "blak"]), an_answer("Q4", "x")]
    edit = Edit()
    for found in faults(*answers, form=form):
        assert found.proposal
        edit = edit.merged(found.proposal)

    assert sent(*answers, form=form, edit=edit) == {"id-colour": "Black", "id-colours": ["Red", "Black"]}


def test_the_advice_of_a_field_that_an_edit_names_is_about_the_edit() -> None:
    [near] = faults(edit=Edit(fields={"customFields.Seets": "5"}))
    [far] = faults(edit=Edit(fields={"Zzz": "5"}))

    advice = "An edit has set it: edit the field by its right name and take this one out:"
    assert near.fix == f"Did you mean \"Seats\"? {advice} --drop 'customFields.Seets'"
    assert far.fix == f"{advice} --drop 'customFields.Zzz'"
    assert near.proposal == Edit(drop=("customFields.Seets",))


def test_several_options_are_proposed_on_one_line() -> None:
    [found] = faults(an_answer("Q", ["rd", "blak"]), form=a_form(custom_fields={"Colours": "Q"}))

    assert found.proposal == Edit(fields={"customFields.Colours": "Red; Black"})
    assert "--field 'customFields.Colours=Red; Black'" in found.fix


@pytest.mark.parametrize(
    ("options", "answer", "proposed", "sent_options"),
    [
        (("A; B", "C"), ["a; b", "d"], None, None),
        (("Alpha; Beta", "Gamma"), ["alpha;beta", "gama"], "Alpha; Beta; Gamma", ["Alpha; Beta", "Gamma"]),
        (("Alpha", "Beta", "Alpha; Beta"), ["alpha", "bta"], "Alpha, Beta", ["Alpha", "Beta"]),
        (("Alpha", "Beta", "Alpha; Beta", "Alpha, Beta"), ["alpha", "bta"], None, None),
    ],
)
def test_a_proposal_of_several_options_is_read_as_just_these(
    options: tuple[str, ...], answer: list[str], proposed: str | None, sent_options: list[str] | None
) -> None:
    catalogue, form = a_catalogue(a_custom_field("Many", "CHECKBOX", *options)), a_form(custom_fields={"Many": "Q"})

    [found] = faults(an_answer("Q", list(answer)), form=form, catalogue=catalogue)

    assert found.proposal
    assert found.proposal.fields.get("customFields.Many") == proposed
    [*set_fields] = mapped(
        an_answer("Q", list(answer)), form=form, catalogue=catalogue, edit=found.proposal
    ).contact.custom_fields
    assert [field.field_value for field in set_fields] == ([sent_options] if sent_options else [])


def test_an_unanswered_question_names_no_fault() -> None:
    form = a_form(custom_fields={"Nothing": "Q", "Seats": "{Q}"}, unmapped="custom_field:Nor this")

    assert sent(an_answer("Q", ""), form=form) == {}


@pytest.mark.parametrize("name", ["customFields.Seats", "Seats", "customFields.contact.seats", "id-seats", " SEATS "])
def test_an_edit_sets_and_drops_a_custom_field_by_name_key_or_id(name: str) -> None:
    form = a_form(custom_fields={"contact.seats": "Q"})
    answer = an_answer("Q", "many")

    replaced = mapped(answer, form=form, catalogue=CATALOGUE, edit=Edit(fields={name: "6"}))
    assert [field.field_value for field in replaced.contact.custom_fields] == [6]
    assert replaced.provenance["customFields.id-seats"].rule == "edit"
    assert replaced.left_out == ()
    dropped = mapped(answer, form=form, catalogue=CATALOGUE, edit=Edit(drop=(name,)))
    assert (dropped.contact.custom_fields, dropped.note) == ((), "")
    noted = mapped(answer, form=form, catalogue=CATALOGUE, edit=Edit(to_note=(name,)))
    assert (noted.contact.custom_fields, noted.note) == ((), "Seats: many")


def test_a_custom_field_is_told_from_the_contacts_field_of_the_same_name() -> None:
    edit = Edit(fields={"customFields.City": "York"})

    found = mapped(an_answer("City", "Leeds"), edit=edit, catalogue=CATALOGUE)

    assert found.contact.city == "Leeds"
    assert [(field.id, field.field_value) for field in found.contact.custom_fields] == [("id-city", "York")]


@pytest.mark.parametrize(
    ("options", "edit", "needed"),
    [
        ({}, Edit(), False),
        ({}, Edit(fields={"email": "a@example.com", "tags": "x"}, drop=("phone", "dndSettings.Email")), False),
        ({}, Edit(answers={"customFields.x": 5}), False),
        ({"custom_fields": {"a": "Q"}}, Edit(), True),
        ({"unmapped": "custom_field:a"}, Edit(), True),
        ({"unmapped": "drop"}, Edit(), False),
        ({}, Edit(fields={"seats": "5"}), True),
        ({}, Edit(fields={"customFields.city": "5"}), True),
        ({}, Edit(drop=("customFields.seats",)), True),
        ({}, Edit(to_note=("seats",)), True),
    ],
)
def test_the_catalogue_is_needed_where_custom_fields_are_named(
    options: dict[str, Any], edit: Edit, needed: bool
) -> None:
    assert needs_catalogue(a_form(**options), edit) is needed
