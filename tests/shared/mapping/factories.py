"""Answers, forms and locations for the tests of mapping."""

from pydantic import JsonValue, SecretStr

from shared.config import Form, Location
from shared.mapping import Mapped, map_answers
from shared.submission import Answer, AnswerType, Edit

US = Location(location_id="loc", token=SecretStr("pit-test"))


def an_answer(label: str, value: JsonValue, kind: AnswerType = "text", key: str = "") -> Answer:
    return Answer(key=key or label, label=label, type=kind, value=value)


def some_answers(**values: JsonValue) -> list[Answer]:
    return [an_answer(label, value) for label, value in values.items()]


def a_form(
    *,
    fields: dict[str, str] | None = None,
    custom_fields: dict[str, str] | None = None,
    tags: tuple[str, ...] = (),
    source: str = "",
    unmapped: str = "note",
) -> Form:
    return Form(
        provider="html_form",
        location="main",
        auth="none",
        fields=fields or {},
        custom_fields=custom_fields or {},
        tags=tags,
        source=source,
        unmapped=unmapped,
    )


def mapped(
    *answers: Answer, form: Form | None = None, region: str = "US", edit: Edit | None = None, email: bool = True
) -> Mapped:
    """Map these answers; unless `email` is off, an email stands before them, since a contact needs one."""
    location = US.model_copy(update={"default_region": region})
    identifier = [an_answer("Email", "ada@example.com", "email")] if email else []
    return map_answers([*identifier, *answers], form or a_form(), location, edit or Edit())
