"""Heyflow (https://www.heyflow.help/en/articles/5469495-webhook-api), with simple and with extended fields."""

from collections.abc import Iterator

from pydantic import AliasChoices, Field, JsonValue

from shared.providers.base import Provider, Reading
from shared.providers.bodies import read_json
from shared.providers.flat import flat_answers, numbered, pruned, type_of
from shared.providers.structured import Rows, Text, Theirs, answer, parsed, single
from shared.submission import Answer

DEMO = "demo-response-id"
# Under which of these keys an answer's text stands differs between the versions.
TEXTS = ("answer", "label", "value", "id")


class _Field(Theirs):
    id: Text = ""
    variable: Text = ""
    label: Text = ""
    values: Rows[JsonValue] = []


class _Response(Theirs):
    flow: Text = Field(validation_alias=AliasChoices("flowID", "flowId"))
    id: Text
    fields: dict[str, JsonValue] | list[_Field]


def read(body: bytes, content_type: str) -> Reading:
    """Read a response; the one of the test button is ignored."""
    response = parsed(_Response, read_json(body, content_type), "Heyflow response")
    if response.id == DEMO:
        return Reading(ignored="a test event")
    fields = response.fields
    answers = flat_answers(fields) if isinstance(fields, dict) else _answers(fields)
    return Reading(answers=numbered(answers), submission_id=response.id)


def _answers(fields: list[_Field]) -> Iterator[Answer]:
    for field in fields:
        value = single(pruned([_text(value) for value in field.values]))
        yield from answer(field.variable or field.id, field.label, type_of(value), value)


def _text(value: JsonValue) -> JsonValue:
    if not isinstance(value, dict):
        return value
    return next((value[name] for name in TEXTS if value.get(name)), value)


PROVIDER = Provider(
    name="heyflow",
    title="Heyflow",
    read=read,
    setup="In the flow: Integrate > Hooks; paste {url}, press Test, then activate it; a header or Basic needs a plan.",
    recognised="`id` of the response",
    retries="not known",
    quirks="simple and extended fields; the test's demo response is ignored",
    carries=("header_token", "basic", "url_token"),
)
