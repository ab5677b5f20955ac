"""What an operator changed: answers before they are mapped, fields after."""

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from shared.highlevel.contact import WRITABLE_FIELDS, Contact
from shared.mapping.draft import Draft, custom
from shared.mapping.lookup import find, same
from shared.mapping.mapped import Unmappable
from shared.mapping.normalise import Refused, normalise
from shared.submission import Answer, Diagnosis, Edit

ORIGIN = "edit"
REPLACED = "replaced by an edit"
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


def apply_edit(draft: Draft, edit: Edit) -> None:
    """Set and drop fields; raise Unmappable with every value that a field cannot hold."""
    diagnosis = [found for name, text in edit.fields.items() if (found := _set(draft, name, text))]
    if diagnosis:
        raise Unmappable(tuple(diagnosis))
    for name in edit.drop:
        _drop(draft, _plain(name), "dropped by an edit")


def _place(answers: Sequence[Answer], name: str) -> int | None:
    found = find(answers, name)
    if found and found.whole:
        return found.place
    # An answer without a value is not found, but it is the one that the operator fills in.
    names = [(same(answer.label), same(answer.key)) for answer in answers]
    return next((place for place, known in enumerate(names) if same(name) in known), None)


def _set(draft: Draft, name: str, text: str) -> Diagnosis | None:
    target = _plain(name)
    if target in NOT_EDITABLE:
        rule = "this field cannot be set by an edit"
        return Diagnosis(field=target, value=text, rule=rule, fix="Edit another field, or change the configuration.")
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
    if draft.text_of(target) != text:
        _drop(draft, target, REPLACED)
    else:
        draft.drop(target)
    if target in WRITABLE_FIELDS:
        draft.put(target, text, ORIGIN)
    else:
        draft.put_custom(target, text, ORIGIN)


def _drop(draft: Draft, target: str, why: str) -> None:
    if old := draft.text_of(target):
        draft.leave_out(target, old, why)
    draft.drop(target)


def _plain(name: str) -> str:
    return name.strip().removeprefix(custom(""))
