"""Netlify Forms (https://docs.netlify.com/manage/forms/notifications/)."""

from collections.abc import Iterator

from pydantic import JsonValue

from shared.providers.base import Provider, Reading, UnreadableBody
from shared.providers.bodies import read_json
from shared.providers.flat import flat_answers, numbered, pruned, type_of
from shared.providers.flat_json import as_id, only_object
from shared.providers.noise import CAPTCHAS
from shared.providers.signatures import SignatureScheme
from shared.providers.structured import answer
from shared.submission import Answer

# What Netlify adds to the fields; a question of the same name is among the human fields and stays.
NOISE = CAPTCHAS | {"ip", "user_agent", "referrer", "bot-field", "form-name"}


def read(body: bytes, content_type: str) -> Reading:
    """Read a submission, also out of the event that a function gets: questions first, then what only `data` has."""
    event = only_object(read_json(body, content_type))
    payload = event.get("payload")
    submission = payload if isinstance(payload, dict) else event
    data, questions = submission.get("data"), submission.get("ordered_human_fields")
    fields = dict(data) if isinstance(data, dict) else {}
    if not fields and not isinstance(questions, list):
        raise UnreadableBody('Not a Netlify submission: "data" with the answers is missing.')
    asked = list(_asked(questions, fields))
    rest = flat_answers({name: _files(value) for name, value in fields.items()}, NOISE)
    return Reading(answers=numbered([*asked, *rest]), submission_id=as_id(submission.get("id")))


def _asked(questions: JsonValue, fields: dict[str, JsonValue]) -> Iterator[Answer]:
    """Yield the answers that Netlify shows to people, with their titles, and take them out of the fields."""
    for question in questions if isinstance(questions, list) else []:
        if isinstance(question, dict):
            title = str(question.get("title") or "")
            name = str(question.get("name") or title)
            own = fields.pop(name, None)
            sent = question.get("value") if pruned(own) is None else own
            value = _files(sent)
            yield from answer(name, title, "file" if value != sent else type_of(value), value)


def _files(value: JsonValue) -> JsonValue:
    """Return the URLs of uploaded files in place of their descriptions."""
    match value:
        case {"url": str() as url, **rest} if rest.keys() <= {"filename", "type", "size"}:
            return url
        case list():
            return [_files(item) for item in value]
        case _:
            return value


PROVIDER = Provider(
    name="netlify",
    title="Netlify Forms",
    read=read,
    setup="Project configuration > Notifications > Form submission notifications > Add > HTTP POST request: "
    "paste {url}, and the one in `secret` as JWS secret token.",
    recognised="the submission's `id`",
    retries="not known; said to be switched off after repeated failures",
    quirks="titles from `ordered_human_fields`, uploads as URLs, what Netlify adds to `data`, the shape functions get",
    signature=SignatureScheme(header="X-Webhook-Signature", kind="jws"),
    carries=("secret", "url_token"),
)
