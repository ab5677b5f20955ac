"""What an operator changed: answers before they are mapped, fields after."""

from collections.abc import Collection, Mapping, Sequence

from pydantic import JsonValue

from shared.field_names import CUSTOM, WRITABLE_FIELDS, as_compared, names_custom_field
from shared.highlevel.custom_fields import Catalogue
from shared.highlevel.values import Refused
from shared.mapping.draft import Draft, custom
from shared.mapping.lookup import find, is_hidden, own_name, same
from shared.mapping.mapped import Origin
from shared.mapping.names import split_name
from shared.mapping.normalise import normalise
from shared.submission import Answer, AnswerType, Diagnosis, Edit
from shared.tables import did_you_mean
from shared.words import folded

ORIGIN = Origin(rule="edit")
DROPPED = "dropped by an edit"
NOTED = "put into the note by an edit"


def edited(answers: Sequence[Answer], changes: Mapping[str, JsonValue]) -> tuple[Answer, ...]:
    """Return the answers with the changed ones replaced and the unknown ones added at the end."""
    result = list(answers)
    for name, value in changes.items():
        place = _place(result, name)
        if place is None:
            kind: AnswerType = "hidden" if is_hidden(name) else "text"
            result.append(Answer(key=own_name(name), label=own_name(name), type=kind, value=value))
        else:
            result[place] = result[place].model_copy(update={"value": value})
    return tuple(result)


def apply_edit(draft: Draft, edit: Edit) -> list[Diagnosis]:
    """Set fields, put them into the note or drop them; return what is wrong with values that no field can hold."""
    faults = [found for name, text in edit.fields.items() if (found := _set(draft, name.strip(), text))]
    for name in edit.to_note:
        _put_into_note(draft, name.strip())
    for name in edit.drop:
        _take_out(draft, name.strip(), DROPPED)
    return faults


def unmatched(
    change: Edit, answers: Sequence[Answer], named: Collection[str], catalogue: Catalogue | None
) -> tuple[str, ...]:
    """
    Return what a change says of answers and fields that are not there, as sentences: it may be a slip.

    `named` are the custom fields that the submission is known to have, by whatever name.
    """
    known = {as_compared(name if name.startswith(CUSTOM) else custom(name)) for name in named}
    added = [name for name in change.answers if _place(answers, name) is None]
    strange = [
        name
        for name in change.names
        if names_custom_field(name) and as_compared(name) not in known
        if not (catalogue and catalogue.matching(name.strip().removeprefix(CUSTOM)))
    ]
    mistyped = [(name, meant) for name in strange if name in change.fields and (meant := _standard_field_like(name))]
    return (
        *(f"no answer is called {name!r}; it is added" for name in added),
        *(f"{name!r} is no standard field, so it is taken for a custom one. {meant}" for name, meant in mistyped),
        *(f"{name!r} is no field of this contact" for name in strange if name not in change.fields),
    )


def _standard_field_like(name: str) -> str:
    return "" if name.strip().startswith(CUSTOM) else did_you_mean(name, WRITABLE_FIELDS)


def _place(answers: Sequence[Answer], name: str) -> int | None:
    found = find(answers, name)
    if found and found.whole:
        return found.place
    # An answer without a value is not found, but it is the one that the operator fills in.
    names = [(same(answer.label), same(answer.key)) for answer in answers]
    return next((place for place, known in enumerate(names) if same(name) in known), None)


def _set(draft: Draft, target: str, text: str) -> Diagnosis | None:
    if names_custom_field(target):
        _set_custom(draft, target.removeprefix(CUSTOM), text.strip())
        return None
    if target not in WRITABLE_FIELDS:
        rule = "this field cannot be set by an edit"
        return Diagnosis(field=target, value=text, rule=rule, fix="Edit another field, or change the configuration.")
    if draft.lacks(target):
        drop = Edit(drop=(target,))
        return Diagnosis(field=target, value=text, rule=draft.no_such_field, fix=f"--drop {target}", proposal=drop)
    try:
        found = normalise(target, text, draft.region)
    except Refused as refused:
        return Diagnosis(field=target, value=text, rule=f"the value {refused}", fix="Edit the field again.")
    draft.drop(target)
    parts, lost = _parts(target, found.text)
    for part, value in parts.items():
        draft.drop(part)
        draft.forget_left_out(part)
        draft.put(part, value, ORIGIN)
    for why in filter(None, (found.lost, lost)):
        draft.leave_out(target, text, why)
    return None


def _parts(target: str, text: str) -> tuple[dict[str, str], str]:
    """Return the fields that a value fills, and what of it is in none: a name is a first and a last name."""
    if target != "name":
        return {target: text}, ""
    name = split_name(text)
    return {"firstName": name.first, "lastName": name.last}, f"without the title {name.title}" if name.title else ""


def _set_custom(draft: Draft, name: str, text: str) -> None:
    draft.drop_custom(name)
    draft.put_custom(name, text, ORIGIN)


def _put_into_note(draft: Draft, target: str) -> None:
    label = _label(draft, target)
    if held := _take_out(draft, target, NOTED):
        draft.noted_fields.append(f"{label} {held}")


def _take_out(draft: Draft, target: str, why: str) -> str:
    """Empty a field and return what it held, as text."""
    name = target.removeprefix(CUSTOM)
    is_custom = names_custom_field(target)
    held = draft.drop_custom(name) if is_custom else draft.drop(target)
    if held:
        draft.leave_out(custom(name) if is_custom else target, held, why)
    return held


def _label(draft: Draft, target: str) -> str:
    """Return what stands before a field's value in the note."""
    if names_custom_field(target):
        label = " ".join(draft.name_of_custom(target.removeprefix(CUSTOM)).split()).rstrip(":")
    elif target in WRITABLE_FIELDS:
        label = " ".join(folded(target)).capitalize()
    else:  # do-not-disturb is kept as what it allows
        label = f"{target} (may be contacted)"
    return label if label.endswith(("?", "!", ".")) else f"{label}:"
