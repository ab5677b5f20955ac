"""The custom fields of a contact: found in the location's catalogue, their values as the fields take them."""

import re

from pydantic import JsonValue

from shared.highlevel.contact import CustomField
from shared.highlevel.custom_fields import Catalogue, LocationField
from shared.highlevel.custom_values import WrongValue, converted, untyped
from shared.mapping.draft import Draft, custom
from shared.mapping.edits import ORIGIN
from shared.submission import Diagnosis, Edit, as_text

CUSTOM_FIELD_ID = re.compile(r"[A-Za-z0-9]{20}")
UNKNOWN = "the location has no custom field of this name"
AMBIGUOUS = "the location has more than one custom field of this name"
NOTHING = "it ticks no box of the field: nothing to send"


def custom_fields(draft: Draft) -> tuple[tuple[CustomField, ...], list[Diagnosis]]:
    """Return a draft's custom fields as they are sent, and what is wrong with those that cannot be."""
    if draft.catalogue is None:
        return tuple(_as_named(name, untyped(value)) for name, value in draft.custom_fields.items()), []
    sent: list[CustomField] = []
    faults: list[Diagnosis] = []
    for target, value in draft.custom_fields.items():
        found = _checked(draft, draft.catalogue, target, value)
        if isinstance(found, Diagnosis):
            faults.append(found)
        elif found is not None:
            sent.append(found)
    return tuple(sent), faults


def _as_named(name: str, value: JsonValue) -> CustomField:
    if CUSTOM_FIELD_ID.fullmatch(name):
        return CustomField(id=name, field_value=value)
    return CustomField(key=name, field_value=value)


def _checked(draft: Draft, catalogue: Catalogue, target: str, value: JsonValue) -> CustomField | Diagnosis | None:
    """Return a custom field as it is sent, or what is wrong with it, or nothing when its value says nothing."""
    name = draft.custom_names[target]
    field = catalogue.find(target)
    if field is None:
        return _not_found(draft, catalogue, target, value)
    try:
        fitting = converted(field, value, draft.region)
    except WrongValue as wrong:
        return _does_not_fit(field, name, value, wrong)
    if fitting in ("", [], {}):
        draft.leave_out(custom(name), as_text(value), NOTHING)
        draft.provenance.pop(custom(target), None)
        return None
    return CustomField(id=field.id, field_value=fitting)


def _not_found(draft: Draft, catalogue: Catalogue, target: str, value: JsonValue) -> Diagnosis:
    name = draft.custom_names[target]
    is_edited = draft.provenance.get(custom(target)) == ORIGIN
    alike, near = catalogue.matching(name), catalogue.closest(name)
    hint = ""
    if alike:
        hint = f"Name it by its key or id: {', '.join(field.key or field.id for field in alike)}."
    elif near:
        hint = f'Did you mean "{near.name or near.key}"?'
    return Diagnosis(
        field=custom(name),
        value=as_text(value),
        rule=AMBIGUOUS if alike else UNKNOWN,
        fix=f"{hint} {_way_out_of_edit(name) if is_edited else _way_out(name)}".strip(),
        proposal=Edit(drop=(custom(name),)) if is_edited else Edit(to_note=(custom(name),)),
    )


def _way_out(name: str) -> str:
    option = _option("to-note", custom(name))
    note = f": {option}" if option else " by an edit."
    return f"Correct the name in the configuration, or put the value into the note{note}"


def _way_out_of_edit(name: str) -> str:
    option = _option("drop", custom(name))
    take_out = f" and take this one out: {option}" if option else " in place of this one."
    return f"An edit has set it: edit the field by its right name{take_out}"


def _does_not_fit(field: LocationField, name: str, value: JsonValue, wrong: WrongValue) -> Diagnosis:
    # The option --field ends the name at the first equals sign.
    plain = custom(name if "=" not in name and _option("drop", name) else field.id)
    near = wrong.proposal_value
    nearest = f'The nearest that fits is "{near}":' if near else "Set a value that fits:"
    replace = _option("field", f"{plain}={near or 'VALUE'}") or _option("field", f"{plain}=VALUE")
    keep = f"or put the value into the note: {_option('to-note', plain)}"
    return Diagnosis(
        field=custom(name),
        value=as_text(value),
        rule=wrong.rule,
        fix=" ".join(filter(None, [wrong.fix, nearest, replace, keep])),
        proposal=Edit(to_note=(plain,)) if near is None else Edit(fields={plain: near}),
    )


def _option(kind: str, text: str) -> str:
    """Return an option of `hookline dead edit`, ready to be copied; nothing where no simple quotes can hold it."""
    if not set("'\n") & set(text):
        return f"--{kind} '{text}'"
    return "" if set('"$`\\!\n') & set(text) else f'--{kind} "{text}"'
