"""Answers, forms, locations and their custom fields for the tests of mapping."""

from pydantic import JsonValue, SecretStr

from shared.config import Consent, Form, Location
from shared.highlevel.custom_fields import Catalogue, LocationField
from shared.highlevel.generations import Api
from shared.mapping import Mapped, map_answers
from shared.submission import Answer, AnswerType, Edit

US = Location(location_id="loc", token=SecretStr("pit-test"))
COLOURS = ("Red", "Sea Green", "Black")


def an_answer(label: str, value: JsonValue, kind: AnswerType = "text", key: str = "") -> Answer:
    return Answer(key=key or label, label=label, type=kind, value=value)


def some_answers(**values: JsonValue) -> list[Answer]:
    return [an_answer(label, value) for label, value in values.items()]


def a_form(
    *,
    fields: dict[str, str] | None = None,
    custom_fields: dict[str, str] | None = None,
    consent: Consent | None = None,
    tags: tuple[str, ...] = (),
    source: str = "",
    assigned_to: str = "",
    unmapped: str = "note",
) -> Form:
    return Form(
        provider="html_form",
        location="main",
        auth="none",
        fields=fields or {},
        custom_fields=custom_fields or {},
        consent=consent or Consent(),
        tags=tags,
        source=source,
        assigned_to=assigned_to,
        unmapped=unmapped,
    )


def a_custom_field(name: str, kind: str = "TEXT", *options: str, field_id: str = "") -> LocationField:
    key = name.casefold().replace(" ", "_")
    return LocationField(id=field_id or f"id-{key}", name=name, key=key, type=kind, options=options)


def a_catalogue(*fields: LocationField) -> Catalogue:
    return Catalogue(fields=fields)


CATALOGUE = a_catalogue(
    a_custom_field("Seats", "NUMERICAL"),
    a_custom_field("Colour", "RADIO", *COLOURS),
    a_custom_field("Colours", "CHECKBOX", *COLOURS),
    a_custom_field("Terms", "CHECKBOX", "I agree"),
    a_custom_field("Start", "DATE"),
    a_custom_field("Details", "LARGE_TEXT"),
    a_custom_field("Twin", field_id="twin-1"),
    a_custom_field("twin ", field_id="twin-2"),
    a_custom_field("City"),
)


def mapped(
    *answers: Answer,
    form: Form | None = None,
    region: str = "US",
    api: Api = "v2",
    edit: Edit | None = None,
    email: bool = True,
    catalogue: Catalogue | None = None,
) -> Mapped:
    """Map these answers; unless `email` is off, an email stands before them, since a contact needs one."""
    location = US.model_copy(update={"default_region": region, "api": api})
    identifier = [an_answer("Email", "ada@example.com", "email")] if email else []
    return map_answers([*identifier, *answers], form or a_form(), location, edit or Edit(), catalogue)
