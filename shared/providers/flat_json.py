"""One flat JSON object that is a submission: what relays, scripts and many small form builders send."""

from collections.abc import Iterable

from pydantic import JsonValue

from shared.providers.base import Reading, UnreadableBody
from shared.providers.bodies import is_json, read_form, read_json
from shared.providers.fingerprint import fingerprint
from shared.providers.flat import flat_answers

ID_KEYS = ("submission_id", "submissionId", "response_id", "responseId", "entry_id", "entryId", "id")
LONGEST_ID = 200
WRAPPERS = ("data", "fields", "answers", "submission")
# What may stand beside a wrapper; anything else there means that the top level is the form itself.
ENVELOPE = frozenset(
    {"event", "type", "event_type", "eventtype", "timestamp", "created_at", "createdat", "submitted_at", "submittedat"}
    | {"form", "form_id", "formid", "form_name", "formname", "source", "version", *map(str.casefold, ID_KEYS)}
)
TEST_EVENT: dict[str, JsonValue] = {"test": True}


def read_flat(body: bytes, content_type: str, noise: Iterable[str] = ()) -> Reading:
    """Read a body that should be one flat submission, as JSON or as the fields of a form."""
    return read_object(read_fields(body, content_type), noise)


def read_fields(body: bytes, content_type: str) -> dict[str, JsonValue]:
    """Return the fields of a body that is one JSON object or a form."""
    if is_json(body, content_type):
        return only_object(read_json(body, content_type))
    return read_form(body, content_type)


def read_object(value: JsonValue, noise: Iterable[str] = ()) -> Reading:
    """Read a JSON value that should be one flat submission."""
    envelope, inner = opened(only_object(value))
    fields = {**envelope, **inner}
    if fields == TEST_EVENT:
        return Reading(ignored="a test event")
    id_key = next((key for key in ID_KEYS if as_id(fields.get(key))), None)
    submission_id = as_id(fields[id_key]) if id_key else ""
    answers = flat_answers({key: value for key, value in fields.items() if key != id_key}, noise)
    # A flat `id` may be the form's own and never change. With the answers as its revision, another submission under
    # the same id is a new one instead of a lost lead, and the same one sent again is still a duplicate.
    revision = fingerprint(answers)[:16] if submission_id else ""
    return Reading(answers=answers, submission_id=submission_id, revision=revision)


def only_object(value: JsonValue) -> dict[str, JsonValue]:
    """Return the object that a JSON value is, also out of a list that holds nothing else: some relays wrap it so."""
    match value:
        case dict():
            return value
        case [dict() as only]:
            return only
        case [_, _, *_]:
            raise UnreadableBody("The body is a list of several values; expected one JSON object.")
        case _:
            raise UnreadableBody("The body is JSON, but no object whose keys are the answers.")


def opened(fields: dict[str, JsonValue]) -> tuple[dict[str, JsonValue], dict[str, JsonValue]]:
    """Return what stands around the one wrapper that some senders put around the fields, and the fields."""
    inner = [key for key in WRAPPERS if isinstance(fields.get(key), dict)]
    if len(inner) != 1:
        return {}, fields
    wrapped = fields[inner[0]]
    beside = {key: value for key, value in fields.items() if key != inner[0]}
    if not isinstance(wrapped, dict) or beside.keys() & wrapped.keys() or not _is_envelope(beside):
        return {}, fields
    return beside, wrapped


def as_id(value: JsonValue) -> str:
    """Return a value as the id of a submission, or nothing if it cannot be one."""
    match value:
        case bool():
            return ""
        case int() | str():
            text = str(value).strip()
            return text if len(text) <= LONGEST_ID else ""
        case _:
            return ""


def _is_envelope(fields: dict[str, JsonValue]) -> bool:
    return all(key.casefold() in ENVELOPE and not isinstance(value, dict | list) for key, value in fields.items())
