"""Tally (https://tally.so/help/webhooks)."""

from collections.abc import Iterator

from pydantic import Field, JsonValue

from shared.providers.base import Provider, Reading, UnreadableBody
from shared.providers.bodies import read_json
from shared.providers.flat import numbered, pruned, type_of
from shared.providers.signatures import SignatureScheme
from shared.providers.structured import Rows, Text, Theirs, answer, file_urls, parsed, single
from shared.submission import Answer, AnswerType

SUBMITTED = "FORM_RESPONSE"
TYPES: dict[str, AnswerType] = {
    "TEXTAREA": "long_text",
    "INPUT_EMAIL": "email",
    "INPUT_PHONE_NUMBER": "phone",
    "INPUT_NUMBER": "number",
    "INPUT_LINK": "url",
    "INPUT_DATE": "date",
    "RATING": "number",
    "LINEAR_SCALE": "number",
    "MULTIPLE_CHOICE": "choice",
    "DROPDOWN": "choice",
    "CHECKBOXES": "choices",
    "MULTI_SELECT": "choices",
    "RANKING": "choices",
    "FILE_UPLOAD": "file",
    "SIGNATURE": "file",
    "HIDDEN_FIELDS": "hidden",
    "CALCULATED_FIELDS": "hidden",
}


class _Option(Theirs):
    id: Text = ""
    text: Text = ""


class _Field(Theirs):
    key: Text = ""
    label: Text = ""
    type: Text = ""
    value: JsonValue = None
    options: Rows[_Option] = []
    rows: Rows[_Option] = []  # of a matrix
    columns: Rows[_Option] = []


class _Submission(Theirs):
    submission_id: Text = Field("", alias="submissionId")
    response_id: Text = Field("", alias="responseId")
    fields: list[_Field]


class _Event(Theirs):
    event_type: Text = Field(SUBMITTED, alias="eventType")
    data: _Submission


def read(body: bytes, content_type: str) -> Reading:
    """Read a FORM_RESPONSE event; the ids of options become their texts."""
    event = parsed(_Event, read_json(body, content_type), "Tally submission")
    if event.event_type != SUBMITTED:
        raise UnreadableBody(f"Tally sent an event of an unknown type; expected {SUBMITTED}.")
    answers = numbered(_answers(event.data.fields))
    return Reading(answers=answers, submission_id=event.data.submission_id or event.data.response_id)


def _answers(fields: list[_Field]) -> Iterator[Answer]:
    # Checkboxes come twice: as the list of what is ticked, and each box again as a yes or no.
    boxes = {f"{field.key}_{option.id}" for field in fields for option in field.options}
    for field in fields:
        if not (isinstance(field.value, bool) and field.key in boxes):
            value = pruned(_value(field))
            yield from answer(field.key, field.label, _type(field, value), value)


def _value(field: _Field) -> JsonValue:
    match TYPES.get(field.type):
        case "file":
            return file_urls(field.value, "url")
        case "choice":
            return single(_chosen(_texts(field.options), field.value))
    if isinstance(field.value, dict) and field.rows:
        rows, columns = _texts(field.rows), _texts(field.columns)
        return {rows.get(row, row): single(_chosen(columns, ids)) for row, ids in field.value.items()}
    return _chosen(_texts(field.options), field.value) if field.options else field.value


def _texts(options: list[_Option]) -> dict[str, str]:
    return {option.id: option.text for option in options if option.text}


def _chosen(texts: dict[str, str], ids: JsonValue) -> JsonValue:
    """Return the texts of the options that were chosen; what is none of them was written by the visitor."""
    match ids:
        case list():
            return [_chosen(texts, item) for item in ids]
        case str():
            return texts.get(ids, ids)
        case _:
            return ids


def _type(field: _Field, value: JsonValue) -> AnswerType:
    kind = TYPES.get(field.type) or type_of(value)
    return "choices" if kind == "choice" and isinstance(value, list) else kind


PROVIDER = Provider(
    name="tally",
    title="Tally",
    read=read,
    setup="In the form: Integrations > Webhooks > Connect; paste {url} and the signing secret that is in `secret`.",
    recognised="`data.submissionId`",
    retries="yes, after anything but a 2xx within 10 seconds",
    quirks="option ids become texts, the extra row of each checkbox is dropped, hidden and calculated fields",
    signature=SignatureScheme(header="Tally-Signature", encoding="base64"),
    carries=("secret", "header_token", "url_token"),
    tells_hidden=True,
)
