"""
Formbricks: a response is sent when it begins, at every step and when it is finished, in no promised order.

https://formbricks.com/docs/platform/features/integrations/webhooks
"""

from collections.abc import Iterator

from pydantic import Field, JsonValue

from shared.providers.base import Provider, Reading, UnreadableBody
from shared.providers.bodies import read_json
from shared.providers.fingerprint import fingerprint
from shared.providers.flat import numbered, pruned, type_of
from shared.providers.progress import progress
from shared.providers.signatures import SignatureScheme
from shared.providers.structured import (
    Flag,
    Parts,
    Rows,
    Text,
    Theirs,
    answer,
    are_urls,
    campaign,
    hidden,
    parsed,
    single,
)
from shared.providers.text import without_markup
from shared.submission import Answer, AnswerType, as_text

FINISHED = "responseFinished"
EVENTS = frozenset({"responseCreated", "responseUpdated", FINISHED})
TEST = "testEndpoint"
TYPES: dict[str, AnswerType] = {
    "contactInfo": "contact",
    "address": "address",
    "consent": "consent",
    "date": "date",
    "fileUpload": "file",
    "multipleChoiceSingle": "choice",
    "multipleChoiceMulti": "choices",
    "pictureSelection": "choices",
    "ranking": "choices",
    "email": "email",
    "phone": "phone",
    "url": "url",
    "number": "number",
    "hidden": "hidden",
}
CONTACT = ("first_name", "last_name", "email", "phone", "company")
ADDRESS = ("address1", "address2", "city", "state", "zip", "country")
LEAST_DIGITS = 5  # of a phone number
PAGE = ("url", "source", "action")  # of meta


class _Question(Theirs):
    id: Text = ""
    type: Text = ""
    input_type: Text = Field("", alias="inputType")
    headline: JsonValue = None  # by language, or a text


class _HiddenFields(Theirs):
    ids: Rows[str] = Field([], alias="fieldIds")


class _Survey(Theirs):
    questions: Rows[_Question] = []
    hidden: _HiddenFields | None = Field(None, alias="hiddenFields")


class _Response(Theirs):
    id: str = Field(min_length=1)
    finished: Flag = False
    updated_at: Text = Field("", alias="updatedAt")
    created_at: Text = Field("", alias="createdAt")
    data: Parts
    language: Text = ""
    meta: Parts = {}
    variables: Parts = {}
    attributes: Parts = Field({}, alias="contactAttributes")
    survey: _Survey | None = None


class _Event(Theirs):
    event: str
    data: JsonValue = None


def read(body: bytes, content_type: str) -> Reading:
    """Read a response as it stands; finished ones with the same answers are one revision, whatever the event."""
    event = parsed(_Event, read_json(body, content_type), "Formbricks event")
    if event.event == TEST:
        return Reading(ignored="a test event")
    if event.event not in EVENTS:
        raise UnreadableBody(f"Formbricks sent an event of an unknown type; expected {FINISHED}.")
    response = parsed(_Response, event.data, "Formbricks response")
    answers = numbered(_answers(response))
    is_partial = not (response.finished or event.event == FINISHED)
    return Reading(
        answers=answers,
        submission_id=response.id,
        revision=f"{'partial' if is_partial else 'finished'} {fingerprint(answers)[:16]}",
        progress=progress(response.updated_at or response.created_at, is_partial),
        is_partial=is_partial,
    )


def _answers(response: _Response) -> Iterator[Answer]:
    survey = response.survey or _Survey()
    questions = {question.id: question for question in survey.questions}
    hidden_ids = frozenset(survey.hidden.ids if survey.hidden else [])
    for key, value in response.data.items():
        question = _Question(type="hidden") if key in hidden_ids else questions.get(key, _Question())
        yield from _answer(key, question, value)
    yield from hidden(response.variables)
    yield from hidden(response.attributes)
    yield from hidden({**_page(response), "language": response.language})


def _answer(key: str, question: _Question, value: JsonValue) -> Iterator[Answer]:
    kind = TYPES.get(question.input_type) or TYPES.get(question.type)
    label = _headline(question.headline)
    match value:
        case list() if kind == "contact" or (kind is None and _is_contact(value)):
            yield from answer(key, label, "contact", dict(zip(CONTACT, value, strict=False)))
        case list() if kind == "address":
            yield from answer(key, label, "address", dict(zip(ADDRESS, value, strict=False)))
        case list() if kind == "file" or (kind is None and are_urls(value)):
            yield from answer(key, label, "file", single(value))
        case _:
            said = pruned(value)
            yield from answer(key, label, kind or type_of(said), said)


def _is_contact(value: list[JsonValue]) -> bool:
    """Say whether a list is the answer to the contact question: its third is an email, its fourth a phone, or both."""
    if len(value) != len(CONTACT) or not all(isinstance(item, str) for item in value):
        return False
    email, phone = as_text(value[2]).strip(), as_text(value[3]).strip()
    is_phone = sum(letter.isdecimal() for letter in phone) >= LEAST_DIGITS
    return bool(email or phone) and (not email or "@" in email) and (not phone or is_phone)


def _headline(headline: JsonValue) -> str:
    """Return what the question asks: a text, or HTML as its editor writes it, by language."""
    told = headline.get("default") or next(iter(headline.values()), None) if isinstance(headline, dict) else headline
    return without_markup(as_text(told))


def _page(response: _Response) -> dict[str, JsonValue]:
    """Return where the survey was filled in, and the UTM values that no hidden field holds."""
    page = {name: response.meta.get(name) for name in PAGE}
    found = campaign(as_text(page["url"]))
    return {**page, **{name: value for name, value in found.items() if name not in response.data}}


PROVIDER = Provider(
    name="formbricks",
    title="Formbricks",
    read=read,
    setup="In the workspace: Configuration > Integrations > Manage Webhooks > Add Webhook; paste {url}, choose "
    "Response Finished, and put the signing secret (whsec_…) into `secret`.",
    recognised="`data.id` with the same answers, finished or partial",
    retries="up to 5 times in about 8 minutes, after timeouts (5 seconds), 408, 429 and 5xx",
    limited_status=429,
    quirks="several events for one response in any order, partial ones, the contact question, page and UTM values",
    signature=SignatureScheme(
        header="webhook-signature",
        encoding="base64",
        prefix="v1,",
        signed="{header:webhook-id}.{timestamp}.{body}",
        timestamp_header="webhook-timestamp",
        key_format="base64",
    ),
    carries=("secret", "url_token"),
)
