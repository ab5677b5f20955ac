"""What an operator changed: answers before they are mapped, fields after."""

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from shared.highlevel.contact import WRITABLE_FIELDS, Contact
from shared.highlevel.values import Refused
from shared.mapping.draft import Draft, custom
from shared.mapping.lookup import find, same
from shared.mapping.normalise import normalise
from shared.submission import Answer, Diagnosis, Edit

ORIGIN = "edit"
REPLACED = "replaced by an edit"
CUSTOM = custom("")
NOT_EDITABLE = {found.alias for found in Contact.model_fields.values()} - WRITABLE_FIELDS | {"tags", "locationId"}


def edited(answers: Sequence[Answer], changes: Mapping[str, JsonValue]) -> tuple[Answer, ...]:
    """Return the answers with the changed ones replaced and the unknown ones added at the end."""
    result = list(answers)
    for name, value in changes.items():
        place = _place(result, name)
        if place is None:
            result.append(Answer(key=name, label=name, value=value))
        else:
            result[place] = result[place].model_copy(update={"value": value})
    return tuple(result)


def names_custom_field(name: str) -> bool:
    """Say whether an edit means a custom field by this name: all that is no field of every contact."""
    plain = name.strip()
    return plain.startswith(CUSTOM) or not (plain in WRITABLE_FIELDS or plain.partition(".")[0] in NOT_EDITABLE)


def apply_edit(draft: Draft, edit: Edit) -> list[Diagnosis]:
    """Set and drop fields; return what is wrong with the values that a field cannot hold."""
    faults = [found for name, text in edit.fields.items() if (found := _set(draft, name.strip(), text))]
    for name in edit.drop:
        _drop(draft, name.strip(), "dropped by an edit")
    return faults


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
    if found.lost:
        draft.leave_out(target, text, found.lost)
    if target == "name":
        _drop(draft, target, REPLACED)
    for part, value in _parts(target, found.text).items():
        _replace(draft, part, value)
    return None


def _parts(target: str, text: str) -> dict[str, str]:
    """Return the fields that a value fills: a name is a first and a last name."""
    if target != "name":
        return {target: text}
    first, _, last = text.partition(" ")
    return {"firstName": first, "lastName": last.strip()}


def _replace(draft: Draft, target: str, text: str) -> None:
    old = draft.drop(target)
    if old and old != text:
        draft.leave_out(target, old, REPLACED)
    draft.put(target, text, ORIGIN)


def _set_custom(draft: Draft, name: str, text: str) -> None:
    old = draft.drop_custom(name)
    if old and old != text:
        draft.leave_out(custom(name), old, REPLACED)
    draft.put_custom(name, text, ORIGIN)


def _drop(draft: Draft, target: str, why: str) -> None:
    name = target.removeprefix(CUSTOM)
    old = draft.drop_custom(name) if names_custom_field(target) else draft.drop(target)
    if old:
        draft.leave_out(custom(name) if names_custom_field(target) else target, old, why)
