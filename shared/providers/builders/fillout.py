"""Fillout (https://www.fillout.com/help/webhook); what a custom body holds is read as flat."""

from collections.abc import Iterator

from pydantic import Field, JsonValue

from shared.providers.base import Provider, Reading
from shared.providers.bodies import is_json, read_form, read_json
from shared.providers.flat import numbered, pruned, type_of
from shared.providers.flat_json import read_object
from shared.providers.progress import progress
from shared.providers.structured import Parts, Rows, Text, Theirs, answer, file_urls, parsed
from shared.submission import Answer, AnswerType

TYPES: dict[str, AnswerType] = {
    "EmailInput": "email",
    "PhoneNumber": "phone",
    "Address": "address",
    "NumberInput": "number",
    "CurrencyInput": "number",
    "OpinionScale": "number",
    "StarRating": "number",
    "Slider": "number",
    "LongAnswer": "long_text",
    "MultipleChoice": "choice",
    "Dropdown": "choice",
    "Checkboxes": "choices",
    "MultiSelect": "choices",
    "Ranking": "choices",
    "Checkbox": "boolean",
    "Switch": "boolean",
    "DatePicker": "date",
    "DateTimePicker": "date",
    "URLInput": "url",
    "FileUpload": "file",
    "ImagePicker": "choices",
    "Signature": "file",
    "AudioRecording": "file",
}
# What the visitor typed or picked while booking or paying; the rest is the booking's and the bank's.
BOOKED = ("eventStartTime", "eventEndTime", "timezone", "meetingNotes", "eventUrl")
PAID = ("totalAmount", "currency")


class _Entry(Theirs):
    """A question, an URL parameter, a calculation or a document."""

    id: Text = ""
    name: Text = ""
    type: Text = ""
    value: JsonValue = None
    url: Text = ""


class _Appointment(Theirs):
    """A booking or a payment."""

    id: Text = ""
    name: Text = ""
    value: Parts = {}


class _Submission(Theirs):
    submission_id: Text = Field("", alias="submissionId")
    submitted_at: Text = Field("", alias="submissionTime")
    updated_at: Text = Field("", alias="lastUpdatedAt")
    questions: list[_Entry]
    url_parameters: Rows[_Entry] = Field([], alias="urlParameters")
    calculations: Rows[_Entry] = []
    documents: Rows[_Entry] = []
    scheduling: Rows[_Appointment] = []
    payments: Rows[_Appointment] = []
    login: Parts = {}


def read(body: bytes, content_type: str) -> Reading:
    """Read a submission; one that was edited later is a new revision."""
    sent: JsonValue = read_json(body, content_type) if is_json(body, content_type) else read_form(body, content_type)
    wrapped = sent.get("submission", sent) if isinstance(sent, dict) else sent
    if not isinstance(wrapped, dict) or not isinstance(wrapped.get("questions"), list):
        return read_object(sent)
    submission = parsed(_Submission, wrapped, "Fillout submission")
    changed = submission.updated_at or submission.submitted_at
    return Reading(
        answers=numbered(_answers(submission)),
        submission_id=submission.submission_id,
        revision="" if changed == submission.submitted_at else changed,
        progress=progress(changed),
    )


def _answers(submission: _Submission) -> Iterator[Answer]:
    for question in submission.questions:
        value = pruned(_value(question))
        yield from answer(question.id, question.name, TYPES.get(question.type) or type_of(value), value)
    for booking in submission.scheduling:
        yield from _person(booking.id, booking.name or "Scheduling", booking.value, BOOKED)
    for payment in submission.payments:
        yield from _person(payment.id, payment.name or "Payment", payment.value, PAID)
    yield from answer("login.email", "Login email", "email", submission.login.get("email"))
    for entry in (*submission.url_parameters, *submission.calculations):
        yield from answer(entry.id, entry.name, "hidden", entry.value)
    for document in submission.documents:
        yield from answer(document.id, document.name, "hidden", document.url or document.value)


def _value(question: _Entry) -> JsonValue:
    return file_urls(question.value, "url") if TYPES.get(question.type) == "file" else question.value


def _person(key: str, label: str, value: dict[str, JsonValue], details: tuple[str, ...]) -> Iterator[Answer]:
    """Yield who booked or paid, and what."""
    yield from answer(f"{key}.fullName", f"{label}: name", "name", value.get("fullName"))
    yield from answer(f"{key}.email", f"{label}: email", "email", value.get("email"))
    yield from answer(key, label, "text", {name: value.get(name) for name in details})


PROVIDER = Provider(
    name="fillout",
    title="Fillout",
    read=read,
    setup="In the form: Integrate > Webhook; paste {url}, and in the advanced mode add the header with the token.",
    recognised="`submission.submissionId`; an edited submission is a new revision",
    retries="not known",
    quirks="addresses, URL parameters and calculations, bookings and payments, custom bodies",
    carries=("header_token", "bearer", "url_token"),
    tells_hidden=True,
)
