"""Jotform: a multipart body in which `rawRequest` holds the answers as JSON, without labels and types."""

import re
from collections.abc import Iterator
from datetime import date

from pydantic import JsonValue

from shared.providers.base import Provider, Reading, UnreadableBody
from shared.providers.bodies import is_json, read_form, read_json
from shared.providers.flat import numbered, pruned, type_of
from shared.providers.structured import answer, are_urls, file_urls
from shared.providers.text import storable
from shared.submission import Answer, AnswerType, as_text

QUESTION = re.compile(r"q[0-9]+_(.+)", re.DOTALL)
# What stands around the answers.
ENVELOPE = frozenset(
    {"action", "webhookURL", "username", "formID", "type", "customParams", "product", "formTitle", "customTitle"}
    | {"submissionID", "event", "documentID", "teamID", "subject", "isSilent", "customBody", "rawRequest"}
    | {"fromTable", "appID", "pretty", "unread", "parent", "ip"}
)
# What the form's own script adds to the answers.
NOISE = frozenset(
    {"slug", "jsExecutionTracker", "submitSource", "submitDate", "buildDate", "uploadServerUrl", "eventObserver"}
    | {"event_id", "timeToSubmit", "temp_upload", "file_server", "validatedNewRequiredFieldIDs", "path"}
    | {"newCardFormMobile", "enterprise_server", "formID", "simple_spc"}
)
NAME = frozenset({"prefix", "first", "middle", "last", "suffix"})
ADDRESS = frozenset({"addr_line1", "addr_line2", "city", "state", "postal", "country"})
DATE = frozenset({"month", "day", "year"})
TIME = frozenset({"hour", "min", "ampm", "timeInput", "hourSelect", "minuteSelect"})
HALVES = ("", "AM", "PM")
PHONE = frozenset({"full", "country", "area", "phone"})


def read(body: bytes, content_type: str) -> Reading:
    """Read the answers in rawRequest; a label is the name in `q3_fullName`, since nothing says more of it."""
    sent = read_json(body, content_type) if is_json(body, content_type) else read_form(body, content_type)
    if not isinstance(sent, dict):
        raise UnreadableBody("Not a Jotform submission: expected form fields with rawRequest and submissionID.")
    fields = _fields(sent)
    if "submissionID" not in sent and not any(map(QUESTION.fullmatch, fields)):
        raise UnreadableBody("Not a Jotform submission: it has neither rawRequest nor submissionID.")
    return Reading(answers=numbered(_answers(fields)), submission_id=as_text(sent.get("submissionID")).strip())


def _fields(sent: dict[str, JsonValue]) -> dict[str, JsonValue]:
    raw = sent.get("rawRequest") or None
    fields = _json(raw) if isinstance(raw, str) else raw
    if fields is None:  # some relays send the answers themselves
        return {key: value for key, value in sent.items() if key not in ENVELOPE}
    if not isinstance(fields, dict):
        raise UnreadableBody("Not a Jotform submission: rawRequest is no JSON object.")
    return fields


def _json(text: str) -> JsonValue:
    try:
        return read_json(text.encode(), "application/json", clean=storable)
    except UnreadableBody as error:
        raise UnreadableBody("Not a Jotform submission: rawRequest is no valid JSON.") from error


def _answers(fields: dict[str, JsonValue]) -> Iterator[Answer]:
    for key, sent in fields.items():
        question = QUESTION.fullmatch(key)
        value = pruned(_opened(sent))
        if question:
            kind, said = _typed(value)
            yield from answer(key, question[1], kind, said)
        elif are_urls(value):  # uploads have no number
            yield from answer(key, key, "file", value)
        elif key not in NOISE:
            yield from answer(key, key, type_of(value), value)


def _opened(value: JsonValue) -> JsonValue:
    """Return what a widget holds: JSON in a text. Other text that begins like JSON is the visitor's."""
    if not isinstance(value, str) or not value.lstrip().startswith(("{", "[")):
        return value
    try:
        found = read_json(value.encode(), "application/json", clean=storable)
    except UnreadableBody:
        return value
    match found:
        case {"widget_metadata": {"value": inner}}:
            return file_urls(inner, "url")
        case dict() | [dict(), *_]:
            return found
        case _:
            return value


def _typed(value: JsonValue) -> tuple[AnswerType, JsonValue]:
    """Return the type and the value of a compound answer, which only the names of its parts tell."""
    if not isinstance(value, dict):
        return type_of(value), value
    parts = {name: as_text(part).strip() for name, part in value.items()}
    names = parts.keys()
    if names <= NAME and names & {"first", "last"}:
        return "name", value
    if names <= ADDRESS and names != {"country"}:
        return "address", value
    if names <= PHONE and names & {"full", "phone"}:
        return "phone", _phone(parts)
    if names >= DATE and names <= DATE | TIME:
        return "date", _date_time(parts) or value
    if names <= TIME:
        return "text", _time(parts) or value
    if "other" in names and all(name.isdecimal() for name in names - {"other"}):  # boxes, one of them to write into
        return "choices", list(value.values())
    return "text", value


def _phone(parts: dict[str, str]) -> str:
    country = parts.get("country", "").lstrip("+")
    area = f"({parts['area']})" if "area" in parts else ""
    told = parts.get("full") or " ".join(filter(None, [area, parts.get("phone")]))
    return f"+{country} {told}" if country.isdecimal() and not told.startswith("+") else told


def _date_time(parts: dict[str, str]) -> str:
    try:
        day = date(int(parts["year"]), int(parts["month"]), int(parts["day"])).isoformat()
    except (ValueError, OverflowError):
        return ""
    if parts.keys() == DATE:
        return day
    time = _time(parts)
    return time and f"{day}T{time}"


def _time(parts: dict[str, str]) -> str:
    """Return a time of the day as HH:MM, or nothing for what is none."""
    hour, minute = parts.get("hour") or parts.get("hourSelect", ""), parts.get("min") or parts.get("minuteSelect", "")
    if not hour and not minute:
        hour, _, minute = parts.get("timeInput", "").partition(":")
    half = parts.get("ampm", "").upper()
    if not (hour.isdecimal() and minute.isdecimal() and len(hour) <= 2 and len(minute) <= 2 and half in HALVES):
        return ""
    at = int(hour) if not half else int(hour) % 12 + (12 if half == "PM" else 0)
    return f"{at:02}:{int(minute):02}"


PROVIDER = Provider(
    name="jotform",
    title="Jotform",
    read=read,
    setup="In the form: Settings > Integrations > WebHooks; paste {url}, once only: each listing is sent.",
    recognised="`submissionID`",
    retries="not known",
    quirks="answers in `rawRequest`; names, phones, dates and addresses in parts, widgets, uploads, keys of its script",
    carries=("url_token",),
)
