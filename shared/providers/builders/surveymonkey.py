"""
SurveyMonkey: the webhook names the response, its answers and the texts of its questions are in the API.

https://github.com/SurveyMonkey/public_api_docs
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from shared.providers.base import Lookup, Provider, Reading, Resource, UnreadableBody
from shared.providers.bodies import read_json
from shared.providers.flat import numbered, pruned
from shared.providers.signatures import SignatureScheme
from shared.providers.text import without_markup
from shared.submission import Answer, AnswerType

COMPLETED, UPDATED, BEGUN = "response_completed", "response_updated", "response_created"
# The rows of a question for contact information, and what a text may be checked for, by SurveyMonkey's names.
TYPES: dict[str, AnswerType] = {"name": "name", "email": "email", "phone": "phone", "country": "country"}
# Whose rows are questions of their own.
ROWS_ASK = ("demographic", "open_ended")
METADATA = ("first_name", "last_name", "email")

Id = Field(pattern=r"^[0-9]{1,30}$")


class _Theirs(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", coerce_numbers_to_str=True)


class _Resources(_Theirs):
    survey_id: str = Id


class _Event(_Theirs):
    event_type: str
    event_id: str = ""
    event_datetime: str = ""
    object_id: str = Id
    resources: _Resources


class _Option(_Theirs):
    id: str
    text: str = ""
    type: str = ""
    weight: JsonValue = None
    choices: list["_Option"] = []

    @property
    def name(self) -> str:
        return without_markup(self.text) or str(self.weight if self.weight is not None else "")


class _Options(_Theirs):
    choices: list[_Option] = []
    rows: list[_Option] = []
    cols: list[_Option] = []
    other: _Option | None = None


class _Heading(_Theirs):
    heading: str = ""


class _Validation(_Theirs):
    type: str | None = None


class _Question(_Theirs):
    id: str
    family: str = ""
    headings: list[_Heading] = []
    answers: _Options | None = None
    validation: _Validation | None = None


class _QuestionPage(_Theirs):
    questions: list[_Question] = []


class _Survey(_Theirs):
    pages: list[_QuestionPage] = []


class _Said(_Theirs):
    choice_id: str | None = None
    row_id: str | None = None
    col_id: str | None = None
    other_id: str | None = None
    text: str | None = None
    download_url: str | None = None


class _Answered(_Theirs):
    id: str
    answers: list[_Said] = []


class _AnswerPage(_Theirs):
    questions: list[_Answered] = []


class _Response(_Theirs):
    pages: list[_AnswerPage] = []
    custom_variables: dict[str, JsonValue] | None = None
    metadata: dict[str, JsonValue] | None = None


def read(body: bytes, content_type: str) -> Reading:
    """Read a webhook that names one response; each change of the response is a revision."""
    document = read_json(body, content_type)
    kind = document.get("event_type") if isinstance(document, dict) else None
    if isinstance(kind, str) and kind not in (COMPLETED, UPDATED, BEGUN):
        return Reading(ignored="an event that completes no response")
    event = _event(document)
    return Reading(
        submission_id=event.object_id,
        revision={COMPLETED: "", BEGUN: BEGUN}.get(event.event_type, event.event_id),
        progress=_milliseconds(event.event_datetime),
        is_partial=event.event_type == BEGUN,
    )


def resources(body: bytes, content_type: str, _properties: Sequence[str]) -> tuple[Resource, ...]:
    """Return where the response is, and the survey with the texts of its questions."""
    event = _event(read_json(body, content_type))
    survey = f"surveys/{event.resources.survey_id}"
    return (
        Resource(f"{survey}/responses/{event.object_id}/details"),
        Resource(f"{survey}/details", is_shared=True),
    )


def read_response(found: Sequence[JsonValue]) -> tuple[Answer, ...]:
    """Return the answers of a response with the texts of the survey."""
    try:
        response, survey = _Response.model_validate(found[0]), _Survey.model_validate(found[1])
    except ValidationError as error:
        raise UnreadableBody("SurveyMonkey sent no response or no survey that can be read.") from error
    questions = {question.id: question for page in survey.pages for question in page.questions}
    answers = [
        answer
        for page in response.pages
        for answered in page.questions
        for answer in _answers(answered, questions.get(answered.id) or _Question(id=answered.id))
    ]
    return numbered([*answers, *_hidden(response), *_recipient(response)])


def _event(document: JsonValue) -> _Event:
    try:
        return _Event.model_validate(document)
    except ValidationError as error:
        place = ".".join(str(step) for step in error.errors()[0]["loc"]) or "body"
        raise UnreadableBody(f"Not a SurveyMonkey webhook about a response: {place} is missing or wrong.") from error


def _milliseconds(moment: str) -> int:
    try:
        return round(datetime.fromisoformat(moment).timestamp() * 1000)
    except (ValueError, OverflowError, OSError):
        return 0


def _answers(answered: _Answered, question: _Question) -> Iterator[Answer]:
    options = question.answers or _Options()
    rows = {row.id: row for row in options.rows}
    heading = without_markup(question.headings[0].heading) if question.headings else ""
    if question.family in ROWS_ASK and any(said.row_id for said in answered.answers):
        yield from (
            _of_row(said, question, rows.get(said.row_id or ""), heading) for said in answered.answers if said.text
        )
        return
    value = pruned(_value(answered, question, options, rows))
    if value is not None:
        yield Answer(key=question.id, label=heading or question.id, type=_type(answered, question), value=value)


def _of_row(said: _Said, question: _Question, row: _Option | None, heading: str) -> Answer:
    """Return one row of a question as an answer of its own: a visitor reads "Email address" there."""
    key = f"{question.id}_{said.row_id}"
    label = (row.name if row else "") or heading or key
    return Answer(key=key, label=label, type=TYPES.get(row.type, "text") if row else "text", value=said.text)


def _value(answered: _Answered, question: _Question, options: _Options, rows: Mapping[str, _Option]) -> JsonValue:
    several = question.family == "multiple_choice"
    by_row: dict[str, list[JsonValue]] = {}
    for said in answered.answers:
        row = rows.get(said.row_id or "")
        by_row.setdefault(row.name if row else "", []).append(_text(said, options))
    values = {name: pruned(said) for name, said in by_row.items()}
    if list(values) == [""] or question.family == "datetime":
        listed = [value for said in values.values() if isinstance(said, list) for value in said]
        return listed if several or len(listed) > 1 else _single(listed)
    return {name or "Other": _single(said) for name, said in values.items()}


def _text(said: _Said, options: _Options) -> JsonValue:
    """Return what one answer says, in the words of the survey."""
    named = {option.id: option.name for option in _all(options)}
    choice = named.get(said.choice_id or "") or said.choice_id
    column = named.get(said.col_id or "")
    words = said.download_url or said.text or choice or named.get(said.other_id or "")
    return f"{column}: {words}" if column and words else words


def _all(options: _Options) -> Iterator[_Option]:
    yield from options.choices
    yield from ([options.other] if options.other else [])
    for column in options.cols:
        yield column
        yield from column.choices


def _single(said: JsonValue) -> JsonValue:
    return said[0] if isinstance(said, list) and len(said) == 1 else said


def _type(answered: _Answered, question: _Question) -> AnswerType:
    if any(said.download_url for said in answered.answers):
        return "file"
    match question.family:
        case "single_choice":
            return "choice"
        case "multiple_choice":
            return "choices"
        case "datetime":
            return "date"
        case "open_ended" if question.validation:
            return TYPES.get(question.validation.type or "", "text")
        case _:
            return "text"


def _hidden(response: _Response) -> Iterator[Answer]:
    for name, value in (response.custom_variables or {}).items():
        if (said := pruned(value)) is not None:
            yield Answer(key=name, label=name, type="hidden", value=said)


def _recipient(response: _Response) -> Iterator[Answer]:
    """Yield who was invited by email, as far as SurveyMonkey knows; the visitor's own answers stand before it."""
    contact = (response.metadata or {}).get("contact")
    for name in METADATA if isinstance(contact, dict) else ():
        match contact:
            case {**known} if isinstance(entry := known.get(name), dict) and (said := pruned(entry.get("value"))):
                yield Answer(key=name, label=name, value=said)


PROVIDER = Provider(
    name="surveymonkey",
    title="SurveyMonkey",
    read=read,
    setup="By its API: a webhook for `response_completed` with {url} as `subscription_url`; `secret` is the app's "
    "client id and client secret with an & between, and the fetch table's `token` its access token.",
    recognised="the response's id; a change also by its event",
    retries="not known",
    quirks="answers and questions are fetched; rows of contact information are answers of their own",
    signature=SignatureScheme(header="Sm-Signature", algorithm="sha1", encoding="base64"),
    fetch=Lookup(
        base_url="https://api.surveymonkey.com/v3",
        resources=resources,
        read=read_response,
        scopes="View Surveys and View Response Details",
    ),
    carries=("secret", "url_token"),
    tells_hidden=True,
)
