"""Typeform (https://www.typeform.com/developers/webhooks/)."""

from collections.abc import Iterator

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from shared.providers.base import Provider, Reading, UnreadableBody
from shared.providers.bodies import read_json
from shared.providers.flat import pruned
from shared.providers.signatures import SignatureScheme
from shared.submission import Answer, AnswerType

SUBMITTED = "form_response"
IGNORED = {
    "form_response_partial": "a partial response",
    "form_response_started": "a response that has only begun",
}
TYPES: dict[str, AnswerType] = {
    "email": "email",
    "phone_number": "phone",
    "number": "number",
    "boolean": "boolean",
    "choice": "choice",
    "choices": "choices",
    "date": "date",
    "url": "url",
    "file_url": "file",
    "signature": "file",
}


class _Theirs(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Properties(_Theirs):
    fields: list["_Question"] = []  # the questions of a group, an address or a contact info


class _Question(_Theirs):
    id: str = ""
    ref: str = ""
    title: str = ""
    type: str = ""
    properties: _Properties | None = None


class _Definition(_Theirs):
    fields: list[_Question] = []


class _Answer(BaseModel):
    """One answer; its value stands under the name of its type."""

    model_config = ConfigDict(frozen=True, extra="allow")

    type: str
    field: _Question


class _Variable(BaseModel):
    """What the form's logic computed, a score for example; written like an answer."""

    model_config = ConfigDict(frozen=True, extra="allow")

    key: str
    type: str


class _Response(_Theirs):
    token: str = Field(min_length=1)
    definition: _Definition = _Definition()
    answers: list[_Answer] = []
    hidden: dict[str, JsonValue] | None = None
    variables: list[_Variable] | None = None


class _Event(_Theirs):
    event_type: str = SUBMITTED
    form_response: _Response


def read(body: bytes, content_type: str) -> Reading:
    """Read a form_response event: its answers with the titles of their questions, hidden fields and variables."""
    value = read_json(body, content_type)
    ignored = IGNORED.get(str(value.get("event_type"))) if isinstance(value, dict) else None
    if ignored:
        return Reading(ignored=ignored)
    response = _response(value)
    answers = [*_answers(response), *_hidden(response), *_variables(response)]
    return Reading(answers=tuple(answers), submission_id=response.token)


def _response(value: JsonValue) -> _Response:
    try:
        event = _Event.model_validate(value)
    except ValidationError as error:
        place = ".".join(str(step) for step in error.errors()[0]["loc"]) or "body"
        raise UnreadableBody(f"Not a Typeform response: {place} is missing or wrong.") from error
    if event.event_type != SUBMITTED:
        raise UnreadableBody(f"Typeform sent an event of an unknown type; expected {SUBMITTED}.")
    return event.form_response


def _answers(response: _Response) -> Iterator[Answer]:
    questions = _by_name(response.definition.fields)
    for answer in response.answers:
        value = pruned(_value(answer.type, answer.model_extra or {}))
        if value is not None:
            key = answer.field.ref or answer.field.id
            question = questions.get(answer.field.id) or questions.get(answer.field.ref) or answer.field
            label = question.title.strip() or key
            yield Answer(key=key, label=label, type=_type(answer.type, question.type), value=value)


def _by_name(questions: list[_Question]) -> dict[str, _Question]:
    """Return every question by its id and its ref, those inside others too."""
    found: dict[str, _Question] = {}
    for question in questions:
        inner = _by_name(question.properties.fields) if question.properties else {}
        found = {**found, **inner, question.ref: question, question.id: question}
    found.pop("", None)
    return found


def _value(kind: str, parts: dict[str, JsonValue]) -> JsonValue:
    match parts.get(kind):
        case dict() as choice if kind == "choice":
            return _single([choice.get("label"), choice.get("other")]) or choice
        case dict() as choices if kind == "choices":
            labels = choices.get("labels")
            return pruned([*(labels if isinstance(labels, list) else [labels]), choices.get("other")]) or choices
        case None:
            return dict(parts)  # a type that we do not know: nothing of it is lost
        case value:
            return value


def _single(values: list[JsonValue]) -> JsonValue:
    said = pruned(values)
    return said[0] if isinstance(said, list) and len(said) == 1 else said


def _type(kind: str, question: str) -> AnswerType:
    return "long_text" if question == "long_text" else TYPES.get(kind, "text")


def _hidden(response: _Response) -> Iterator[Answer]:
    for key, value in (response.hidden or {}).items():
        if (said := pruned(value)) is not None:
            yield Answer(key=key, label=key, type="hidden", value=said)


def _variables(response: _Response) -> Iterator[Answer]:
    for variable in response.variables or []:
        value = pruned((variable.model_extra or {}).get(variable.type))
        # Every form has a score, and it is 0 wherever nobody uses it.
        if value is not None and (variable.key, value) != ("score", 0):
            yield Answer(key=variable.key, label=variable.key, type="hidden", value=value)


TYPEFORM = Provider(
    name="typeform",
    title="Typeform",
    read=read,
    signature=SignatureScheme(header="Typeform-Signature", encoding="base64", prefix="sha256="),
)
