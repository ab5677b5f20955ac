"""The custom fields of a contact: found in the location's catalogue, their values as the fields take them."""

import re

from pydantic import JsonValue

from shared.highlevel.contact import CustomField
from shared.highlevel.custom_fields import Catalogue, LocationField
from shared.highlevel.custom_values import WrongValue, converted, untyped
from shared.mapping.draft import Draft, custom
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
        return _not_found(catalogue, name, value)
    try:
        fitting = converted(field, value, draft.region)
    except WrongValue as wrong:
        return _does_not_fit(field, name, value, wrong)
    if fitting in ("", [], {}):
        draft.leave_out(custom(name), as_text(value), NOTHING)
        draft.provenance.pop(custom(target), None)
        return None
    return CustomField(id=field.id, field_value=fitting)


def _not_found(catalogue: Catalogue, name: str, value: JsonValue) -> Diagnosis:
    alike, near = catalogue.matching(name), catalogue.closest(name)
    hint = ""
    if alike:
        hint = f"Name it by its key or id: {', '.join(field.key or field.id for field in alike)}."
    elif near:
        hint = f'Did you mean "{near.name or near.key}"?'
    drop = _option("drop", custom(name))
    way_out = f"Correct the name in the configuration, or leave it out{f': {drop}' if drop else ' in an edit.'}"
    return Diagnosis(
        field=custom(name),
        value=as_text(value),
        rule=AMBIGUOUS if alike else UNKNOWN,
        fix=f"{hint} {way_out}".strip(),
        proposal=Edit(drop=(custom(name),)),
    )


def _does_not_fit(field: LocationField, name: str, value: JsonValue, wrong: WrongValue) -> Diagnosis:
    # The option --field ends the name at the first equals sign.
    plain = custom(name if "=" not in name and _option("drop", name) else field.id)
    near = wrong.proposal_value
    replace = _option("field", f"{plain}={near or 'VALUE'}") or _option("field", f"{plain}=VALUE")
    return Diagnosis(
        field=custom(name),
        value=as_text(value),
        rule=wrong.rule,
        fix=f"{wrong.fix} {replace} or {_option('drop', plain)}".strip(),
        proposal=Edit(drop=(plain,)) if near is None else Edit(fields={plain: near}),
    )


def _option(kind: str, text: str) -> str:
    """Return an option of `hookline dead edit`, ready to be copied; nothing where no simple quotes can hold it."""
    if not set("'\n") & set(text):
        return f"--{kind} '{text}'"
    return "" if set('"$`\\!\n') & set(text) else f'--{kind} "{text}"'
