"""Flat JSON: what relays, scripts and many small form builders send."""

from collections.abc import Iterable

from pydantic import JsonValue

from shared.providers.base import Provider, Reading, UnreadableBody
from shared.providers.bodies import is_json, read_json
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


def read(body: bytes, content_type: str) -> Reading:
    """Read one JSON object whose keys are the answers."""
    if not is_json(body, content_type):
        raise UnreadableBody('The body is no JSON object; for form fields set provider = "html_form".')
    return read_object(read_json(body, content_type))


def read_object(value: JsonValue, noise: Iterable[str] = ()) -> Reading:
    """Read a JSON value that should be one flat submission."""
    fields = _opened(_only(value))
    if fields == TEST_EVENT:
        return Reading(ignored="a test event")
    id_key = next((key for key in ID_KEYS if _identifies(fields.get(key))), None)
    submission_id = str(fields[id_key]).strip() if id_key else ""
    answers = flat_answers({key: value for key, value in fields.items() if key != id_key}, noise)
    # A flat `id` may be the form's own and never change. With the answers as its revision, another submission under
    # the same id is a new one instead of a lost lead, and the same one sent again is still a duplicate.
    revision = fingerprint(answers)[:16] if submission_id else ""
    return Reading(answers=answers, submission_id=submission_id, revision=revision)


def _only(value: JsonValue) -> dict[str, JsonValue]:
    """Return the object, also out of a list that holds nothing else: some relays wrap it so."""
    match value:
        case dict():
            return value
        case [dict() as only]:
            return only
        case [_, _, *_]:
            raise UnreadableBody("The body is a list of several values; expected one JSON object.")
        case _:
            raise UnreadableBody("The body is JSON, but no object whose keys are the answers.")


def _opened(fields: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """Return the fields without the one wrapper that some senders put around them."""
    inner = [key for key in WRAPPERS if isinstance(fields.get(key), dict)]
    if len(inner) != 1:
        return fields
    wrapped = fields[inner[0]]
    beside = {key: value for key, value in fields.items() if key != inner[0]}
    if not isinstance(wrapped, dict) or beside.keys() & wrapped.keys() or not _is_envelope(beside):
        return fields
    return {**beside, **wrapped}


def _is_envelope(fields: dict[str, JsonValue]) -> bool:
    return all(key.casefold() in ENVELOPE and not isinstance(value, dict | list) for key, value in fields.items())


def _identifies(value: JsonValue) -> bool:
    match value:
        case bool():
            return False
        case int():
            return True
        case str():
            return 0 < len(value.strip()) <= LONGEST_ID
        case _:
            return False


GENERIC_JSON = Provider(
    name="generic_json",
    title="Flat JSON",
    read=read,
)
