"""Formstack Forms (https://help.formstack.com/hc/en-us/articles/44592535914387)."""

import re
from collections.abc import Iterable

from pydantic import JsonValue

from shared.providers.base import Provider, Reading
from shared.providers.flat import flat_answers, type_of
from shared.providers.flat_json import as_id, read_fields
from shared.providers.signatures import SignatureScheme
from shared.submission import Answer, AnswerType

NOISE = ("FormID", "UniqueID", "HandshakeKey")
NAME_PARTS = frozenset({"prefix", "first", "middle", "initial", "last", "suffix"})
ADDRESS_PARTS = frozenset({"address", "address2", "city", "state", "zip", "country"})
LINE = re.compile(r"(\w+) = ?(.*)")
# With "Post with field type" on, one more line or key tells the type (https://developers.formstack.com/docs/webhook-examples).
FIELD_TYPE, VALUE = "field_type", "value"
TYPE_LINE, VALUE_LINE = f"{FIELD_TYPE} = ", f"{VALUE} = "
TYPES: dict[str, AnswerType] = {
    "email": "email",
    "phone": "phone",
    "name": "name",
    "address": "address",
    "number": "number",
    "datetime": "date",
    "file": "file",
    "textarea": "long_text",
    "select": "choice",
    "radio": "choice",
    "checkbox": "choices",
}


def read(body: bytes, content_type: str) -> Reading:
    """Read the fields of a form, whose keys are its labels."""
    fields = read_fields(body, content_type)
    answers = (_with_parts(answer) for answer in flat_answers(fields, NOISE))
    said = tuple(answer for answer in answers if answer.value != {})
    return Reading(answers=said, submission_id=as_id(fields.get("UniqueID")))


def _with_parts(answer: Answer) -> Answer:
    """Return an answer with its parts, if it was posted with the names of its sub-fields, and with its type."""
    text, kind = _without_type(answer.value)
    parts = _parts(text)
    value = text if parts is None else parts
    return answer.model_copy(update={"value": value, "type": _kind(parts or ()) or TYPES.get(kind) or type_of(value)})


def _without_type(value: JsonValue) -> tuple[JsonValue, str]:
    """Return what was answered and the type that was posted with it, if there is one."""
    if isinstance(value, dict) and isinstance(kind := value.get(FIELD_TYPE), str):
        parts = {name: part for name, part in value.items() if name != FIELD_TYPE}
        return parts[VALUE] if parts.keys() == {VALUE} else parts, kind
    lines = value.splitlines() if isinstance(value, str) else []
    if len(lines) < 2 or not lines[-1].startswith(TYPE_LINE):
        return value, ""
    return "\n".join(lines[:-1]).removeprefix(VALUE_LINE), lines[-1].removeprefix(TYPE_LINE).strip()


def _parts(value: JsonValue) -> dict[str, JsonValue] | None:
    """Return the parts that lines such as `first = Ada` name; None if any line is something else."""
    if isinstance(value, dict):
        return value if _kind(value) else None
    lines = [LINE.fullmatch(line) for line in value.splitlines()] if isinstance(value, str) else []
    named = {line[1]: line[2].strip() for line in lines if line}
    if not all(lines) or not _kind(named):
        return None
    return {name: text for name, text in named.items() if text}


def _kind(names: Iterable[str]) -> AnswerType | None:
    found = set(names)
    if found and found <= NAME_PARTS:
        return "name"
    return "address" if found and found <= ADDRESS_PARTS else None


PROVIDER = Provider(
    name="formstack",
    title="Formstack",
    read=read,
    setup="In the form: Settings > Emails & Actions > Send Data to an External URL (WebHook): paste {url}, and the one "
    'in `secret` as HMAC Key; or as Shared Secret, with body_token = {field = "HandshakeKey", value = "…"}.',
    recognised="`UniqueID`",
    retries="not published; it mails the addresses set for errors",
    quirks="form fields or JSON, sub-fields as parts; it sends only the last of two questions with one label",
    signature=SignatureScheme(header="X-FS-Signature", prefix="sha256="),
    carries=("secret", "body_token", "url_token"),
)
