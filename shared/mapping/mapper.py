"""Answers to contact, step by step: the configuration first, then what maps itself, an operator's edit last."""

from collections.abc import Sequence

from pydantic import JsonValue

from shared.config import Form, Location
from shared.field_names import names_custom_field
from shared.highlevel.contact import Contact, CustomField
from shared.highlevel.custom_fields import Catalogue
from shared.highlevel.generations import GENERATIONS
from shared.mapping.automatic import map_automatically
from shared.mapping.configured import apply_configuration, configured_tags
from shared.mapping.consent import apply_consent, body_of, map_consent
from shared.mapping.custom_fields import custom_fields
from shared.mapping.draft import Draft
from shared.mapping.edits import ORIGIN, apply_edit, edited
from shared.mapping.files import without_files
from shared.mapping.labels import IDENTIFIERS
from shared.mapping.mapped import Mapped, Origin, Unmappable
from shared.mapping.sent import sent_fields
from shared.mapping.tracking import apply_tracking, tracked
from shared.submission import Answer, Diagnosis, Edit

TO_CUSTOM_FIELD = "custom_field:"
NO_EDIT = Edit()
UNMAPPED = Origin(rule="configuration: unmapped")


def map_answers(
    answers: Sequence[Answer],
    form: Form,
    location: Location,
    edit: Edit = NO_EDIT,
    catalogue: Catalogue | None = None,
) -> Mapped:
    """
    Map a submission's answers; raise Unmappable with all that stands in the way of a contact.

    With the location's catalogue, custom fields are found by name, key or id and their values checked; without one they
    are taken by key or id as they are.
    """
    draft, notes = _drafted(answers, form, location, edit, catalogue)
    faults = apply_edit(draft, edit)
    custom, wrong = custom_fields(draft)
    if faults := [*faults, *_missing_identifier(draft, faults), *wrong]:
        raise Unmappable(tuple(faults))
    return Mapped(
        contact=_contact(draft, custom),
        tags=configured_tags(draft, form),
        note="\n".join([*notes, *draft.noted_fields]),
        noted=(*notes, *draft.noted_fields),
        provenance=draft.provenance,
        left_out=tuple(draft.left_out),
    )


def edited_by(
    answers: Sequence[Answer],
    form: Form,
    location: Location,
    changes: Sequence[Edit],
    catalogue: Catalogue | None = None,
) -> dict[str, int]:
    """
    Return which of an operator's changes gave each field its value, by the field's flat name: the place of the change.

    That is the last one that sets the field, or without which it would have another value.
    """
    if not changes:
        return {}
    found: dict[str, int] = {}
    edit, before, _ = NO_EDIT, *_fields(answers, form, location, NO_EDIT, catalogue)
    for place, change in enumerate(changes):
        edit = edit.merged(change)
        after, _ = _fields(answers, form, location, edit, catalogue)
        _, named = _fields(answers, form, location, change, catalogue)
        found |= {name: place for name, value in after.items() if name in named or before.get(name) != value}
        before = after
    return {name: place for name, place in found.items() if name in before}


def needs_catalogue(form: Form, edit: Edit = NO_EDIT) -> bool:
    """Say whether a form or an edit names custom fields, which only the location's catalogue can tell."""
    configured = bool(form.custom_fields) or form.unmapped.startswith(TO_CUSTOM_FIELD)
    return configured or any(names_custom_field(name) for name in edit.names)


def same_named(answers: Sequence[Answer], edit: Edit = NO_EDIT) -> tuple[str, ...]:
    """Return the custom fields to which answers go by themselves, if the location has fields of these names."""
    return tuple(tracked(edited(answers, edit.answers)))


def _fields(
    answers: Sequence[Answer], form: Form, location: Location, edit: Edit, catalogue: Catalogue | None
) -> tuple[dict[str, JsonValue], set[str]]:
    """Return what would be sent, whether or not a contact could be made of it, and what of it the edit itself sets."""
    draft, _ = _drafted(answers, form, location, edit, catalogue)
    apply_edit(draft, edit)
    fields = sent_fields(_contact(draft, custom_fields(draft)[0]))
    return fields, {name for name in fields if draft.provenance.get(name) == ORIGIN}


def _drafted(
    answers: Sequence[Answer], form: Form, location: Location, edit: Edit, catalogue: Catalogue | None
) -> tuple[Draft, list[str]]:
    """Return the contact in the making, before the fields of an edit, and its note."""
    found = [without_files(answer) for answer in edited(answers, edit.answers)]
    files = {place: mentions for place, (_, mentions) in enumerate(found) if mentions}
    plain = [answer for answer, _ in found]
    draft = Draft(plain, location.default_region, GENERATIONS[location.api], catalogue, form.tells_hidden, files)
    apply_configuration(draft, form)
    apply_consent(draft, form.consent)
    apply_tracking(draft)
    map_automatically(draft)
    map_consent(draft, form.consent)
    return draft, _note(draft, form)


def _note(draft: Draft, form: Form) -> list[str]:
    """Return a note of each answer that no field took, unless they are dropped or go to a custom field."""
    if form.unmapped == "drop":
        return []
    notes = [f"{_label(draft.answers[place])} {text}" for place, text in draft.notes()]
    if not form.unmapped.startswith(TO_CUSTOM_FIELD):
        return notes
    taken = draft.put_custom(form.unmapped.removeprefix(TO_CUSTOM_FIELD), "\n".join(notes), UNMAPPED)
    return [] if taken else notes


def _label(answer: Answer) -> str:
    label = " ".join((answer.label or answer.key).split()).rstrip(":") or "Answer"
    return label if label.endswith(("?", "!", ".")) else f"{label}:"


def _missing_identifier(draft: Draft, faults: Sequence[Diagnosis]) -> list[Diagnosis]:
    """Return what is wrong when nothing identifies the contact, unless an edit of it is at fault."""
    if any(name in draft.fields for name in IDENTIFIERS) or any(found.field in IDENTIFIERS for found in faults):
        return []
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
    return refused or [missing]


def _contact(draft: Draft, custom: tuple[CustomField, ...]) -> Contact:
    return Contact.model_validate({**draft.fields, **body_of(draft), "customFields": custom})
