"""Answers to contact, step by step: the configuration first, then what maps itself, an operator's edit last."""

import re
from collections.abc import Sequence

from shared.config import Form, Location
from shared.highlevel.contact import Contact, CustomField
from shared.mapping.aliases import IDENTIFIERS
from shared.mapping.automatic import map_automatically
from shared.mapping.configured import apply_configuration, configured_tags
from shared.mapping.draft import Draft
from shared.mapping.edits import apply_edit, edited
from shared.mapping.mapped import Mapped, Unmappable
from shared.submission import Answer, Diagnosis, Edit

CUSTOM_FIELD_ID = re.compile(r"[A-Za-z0-9]{20}")
TO_CUSTOM_FIELD = "custom_field:"
NO_EDIT = Edit()


def map_answers(answers: Sequence[Answer], form: Form, location: Location, edit: Edit = NO_EDIT) -> Mapped:
    """Map a submission's answers; raise Unmappable if nothing in them identifies a contact."""
    draft = Draft(edited(answers, edit.answers), location.default_region)
    apply_configuration(draft, form)
    map_automatically(draft)
    note = _note(draft, form)
    apply_edit(draft, edit)
    _require_identifier(draft)
    return Mapped(
        contact=_contact(draft),
        tags=configured_tags(draft, form),
        note=note,
        provenance=draft.provenance,
        left_out=tuple(draft.left_out),
    )


def _note(draft: Draft, form: Form) -> str:
    """Return the note of the answers that no field took, unless they are dropped or go to a custom field."""
    lines = [f"{_label(draft.answers[place])} {text}" for place, text in sorted(draft.noted.items())]
    note = "" if form.unmapped == "drop" else "\n".join(lines)
    if not form.unmapped.startswith(TO_CUSTOM_FIELD):
        return note
    taken = draft.put_custom(form.unmapped.removeprefix(TO_CUSTOM_FIELD), note, "configuration: unmapped")
    return "" if taken else note


def _label(answer: Answer) -> str:
    label = " ".join((answer.label or answer.key).split()).rstrip(":") or "Answer"
    return label if label.endswith(("?", "!", ".")) else f"{label}:"


def _require_identifier(draft: Draft) -> None:
    if any(name in draft.fields for name in IDENTIFIERS):
        return
    refused = [
        Diagnosis(field=found.field, value=found.value, rule=found.why, fix="Correct the answer, or set the field.")
        for found in draft.left_out
        if found.field in IDENTIFIERS
    ]
    missing = Diagnosis(
        field="email",
        rule="HighLevel needs an email or a phone, and no answer gives one",
        fix='Name the answer under "fields" of the form, or set the field in an edit.',
    )
    raise Unmappable(tuple(refused) or (missing,))


def _contact(draft: Draft) -> Contact:
    custom_fields = [
        CustomField(id=name, field_value=value)
        if CUSTOM_FIELD_ID.fullmatch(name)
        else CustomField(key=name, field_value=value)
        for name, value in draft.custom_fields.items()
    ]
    return Contact.model_validate({**draft.fields, "customFields": custom_fields})
