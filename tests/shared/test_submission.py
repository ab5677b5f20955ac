import pytest

from shared.submission import Edit

PLAN = "customFields.Plan"


def merged(*edits: Edit) -> Edit:
    found = Edit()
    for edit in edits:
        found = found.merged(edit)
    return found


def setting(**fields: str) -> Edit:
    return Edit(fields=fields)


@pytest.mark.parametrize("other", ["plan", " PLAN", "customFields.contact.plan", "customFields.p l a n"])
def test_the_last_of_several_edits_of_one_field_counts_however_it_is_spelled(other: str) -> None:
    found = merged(Edit(fields={PLAN: "A"}), Edit(fields={other: "B"}), Edit(fields={PLAN: "C"}))

    assert found == Edit(fields={PLAN: "C"})


@pytest.mark.parametrize("other", ["plan", PLAN])
def test_setting_noting_and_dropping_a_field_take_each_others_place(other: str) -> None:
    field, note, drop = Edit(fields={PLAN: "A"}), Edit(to_note=(other,)), Edit(drop=(other,))

    assert field.merged(note) == note.merged(note) == note
    assert note.merged(drop) == drop.merged(drop) == drop
    assert drop.merged(field) == note.merged(field) == field
    assert drop.merged(note) == note


def test_a_later_mention_moves_to_the_end() -> None:
    # Which of two names means the same field only the location's catalogue tells, so their order has to.
    found = merged(setting(f1="A", budget="1"), setting(plan="B"), setting(f1="C"))

    assert list(found.fields.items()) == [("budget", "1"), ("plan", "B"), ("f1", "C")]
    assert list(merged(Edit(answers={"Q": 1}), Edit(answers={"q": 2}), Edit(answers={"Q": 3})).answers) == ["q", "Q"]


def test_a_custom_field_and_a_contacts_field_of_the_same_name_are_two() -> None:
    found = merged(setting(city="Graz"), Edit(fields={"customFields.city": "York"}), Edit(drop=("City",)))

    assert found == Edit(fields={"city": "Graz"}, drop=("City",))


def test_the_fields_of_do_not_disturb_are_no_custom_fields() -> None:
    assert merged(Edit(drop=("dnd",)), Edit(drop=("customFields.dnd",))).drop == ("dnd", "customFields.dnd")
