"""Forminit, which was Getform (https://forminit.com/docs/webhooks/)."""

from pydantic import JsonValue

from shared.providers.base import Provider, Reading
from shared.providers.flat import flat_answers, numbered
from shared.providers.flat_json import as_id, read_fields, read_object
from shared.providers.noise import CAPTCHAS

SUBMITTED = "form.submitted"
SENDER = "sender"
NOISE = CAPTCHAS | {"submissionDate", "submissionDateISO", "submission_info", "submissionStatus"}


def read(body: bytes, content_type: str) -> Reading:
    """Read a form.submitted event: the sender's parts are answers of their own; an old flat body is read as such."""
    event = read_fields(body, content_type)
    data = event.get("data")
    if event.get("event", SUBMITTED) != SUBMITTED:
        return Reading(ignored="an event that is no form submission")
    if not isinstance(data, dict):
        return read_object(event, NOISE)
    sender = data.get(SENDER)
    parts = sender if isinstance(sender, dict) else {}
    fields = {key: _files(value) for key, value in data.items() if not (key == SENDER and parts)}
    person = [answer.model_copy(update={"key": f"{SENDER}.{answer.key}"}) for answer in flat_answers(parts)]
    return Reading(answers=numbered([*person, *flat_answers(fields, NOISE)]), submission_id=as_id(event.get("id")))


def _files(value: JsonValue) -> JsonValue:
    """Return the URLs of uploaded files in place of their descriptions."""
    match value:
        case {"file": str() as url, **rest} if rest.keys() <= {"name", "size"}:
            return url
        case list():
            return [_files(item) for item in value]
        case _:
            return value


PROVIDER = Provider(
    name="getform",
    title="Getform / Forminit",
    read=read,
    setup="Form settings > Actions > Webhook: paste {url} with a URL token, then Test & Save.",
    recognised="the submission's `id`",
    retries="not published",
    quirks="the sender's parts, files as URLs, what it tells of the browser; other events are ignored",
)
