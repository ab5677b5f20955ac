"""Typeform (https://www.typeform.com/developers/webhooks/)."""

from collections.abc import Iterator

from pydantic import ConfigDict, Field, JsonValue

from shared.providers.base import Provider, Reading, UnreadableBody
from shared.providers.bodies import read_json
from shared.providers.fingerprint import fingerprint
from shared.providers.flat import numbered, pruned
from shared.providers.progress import progress
from shared.providers.signatures import SignatureScheme
from shared.providers.structured import Parts, Rows, Text, Theirs, answer, hidden, parsed, single
from shared.submission import Answer, AnswerType

SUBMITTED = "form_response"
PARTIAL = "form_response_partial"
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
    "file_urls": "file",
    "signature": "file",
}


class _Properties(Theirs):
    fields: Rows["_Question"] = []  # the questions of a group, a matrix, an address or a contact info


class _Question(Theirs):
    id: Text = ""
    ref: Text = ""
    title: Text = ""
    type: Text = ""
    subfield: Text = Field("", alias="subfield_key")  # such as first_name, inside a contact info
    properties: _Properties | None = None


class _Definition(Theirs):
    fields: Rows[_Question] = []


class _Answer(Theirs):
    """One answer; its value stands under the name of its type."""

    model_config = ConfigDict(extra="allow")

    type: str
    field: _Question


class _Variable(Theirs):
    """What the form's logic computed, a score for example; written like an answer."""

    model_config = ConfigDict(extra="allow")

    key: str
    type: str


class _Response(Theirs):
    token: str = Field(min_length=1)
    landed_at: Text = ""
    submitted_at: Text = ""
    definition: _Definition = _Definition()
    answers: Rows[_Answer] = []
    hidden: Parts = {}
    variables: Rows[_Variable] = []


class _Event(Theirs):
    event_type: str = SUBMITTED
    form_response: _Response


def read(body: bytes, content_type: str) -> Reading:
    """
    Read a response: its answers with the titles of their questions, hidden fields and variables.

    A partial one is a revision of its own, told by its answers; the finished one has no revision, as it is sent once.
    """
    value = read_json(body, content_type)
    if ignored := _ignored(value):
        return Reading(ignored=ignored)
    event = parsed(_Event, value, "Typeform response")
    if event.event_type not in (SUBMITTED, PARTIAL):
        raise UnreadableBody(f"Typeform sent an event of an unknown type; expected {SUBMITTED}.")
    response, is_partial = event.form_response, event.event_type == PARTIAL
    answers = numbered([*_answers(response), *hidden(response.hidden), *_variables(response)])
    return Reading(
        answers=answers,
        submission_id=response.token,
        revision=f"partial {fingerprint(answers)[:16]}" if is_partial else "",
        progress=progress(response.submitted_at or response.landed_at, is_partial),
        is_partial=is_partial,
    )


def _ignored(value: JsonValue) -> str:
    match value:
        case {"event_type": "form_response_started"}:
            return "a response that has only begun"
        case {"event_type": "form_response_partial", **rest} if not rest.get("form_response"):
            return "a partial response"  # that says nothing
        case _:
            return ""


def _answers(response: _Response) -> Iterator[Answer]:
    questions = _by_name(response.definition.fields)
    for given in response.answers:
        key = given.field.ref or given.field.id
        question = questions.get(given.field.id) or questions.get(given.field.ref) or given.field
        value = _value(given.type, given.model_extra or {})
        yield from answer(key, question.title.strip() or question.subfield, _type(given.type, question.type), value)


def _by_name(questions: list[_Question]) -> dict[str, _Question]:
    """Return every question by its id and its ref, those inside others too."""
    found: dict[str, _Question] = {}
    for question in questions:
        found |= _by_name(question.properties.fields) if question.properties else {}
        found |= {question.ref: question, question.id: question}
    found.pop("", None)
    return found


def _value(kind: str, parts: dict[str, JsonValue]) -> JsonValue:
    match parts.get(kind):
        case dict() as choice if kind == "choice":
            return single(pruned([choice.get("label"), choice.get("other")])) or choice
        case dict() as choices if kind == "choices":
            labels = choices.get("labels")
            return pruned([*(labels if isinstance(labels, list) else [labels]), choices.get("other")]) or choices
        case None:
            return dict(parts)  # a type that we do not know: nothing of it is lost
        case value:
            return single(value) if TYPES.get(kind) == "file" else value


def _type(kind: str, question: str) -> AnswerType:
    match question:
        case "long_text":
            return "long_text"
        case "legal":
            return "consent"
        case _:
            return TYPES.get(kind, "text")


def _variables(response: _Response) -> Iterator[Answer]:
    for variable in response.variables:
        value = (variable.model_extra or {}).get(variable.type)
        # Every form has a score, and it is 0 wherever nobody uses it.
        if (variable.key, value) != ("score", 0):
            yield from answer(variable.key, variable.key, "hidden", value)


PROVIDER = Provider(
    name="typeform",
    title="Typeform",
    read=read,
    setup="In the form: Connect > Webhooks > Add a webhook; paste {url}, then Edit > Secret: the one in `secret`.",
    recognised="the response's `token`",
    retries="for 10 hours after 408, 423, 429 and 503, a few times after others; 404 and 410 would switch it off",
    limited_status=429,
    quirks="titles from `definition`, groups, other choices, hidden fields, variables, partial responses",
    signature=SignatureScheme(header="Typeform-Signature", encoding="base64", prefix="sha256="),
    carries=("secret", "url_token"),
    tells_hidden=True,
)
