"""
Meta Lead Ads: the webhook of a page names the leads, their answers are in the Graph API.

https://developers.facebook.com/docs/marketing-api/guides/lead-ads/retrieving
"""

import json
import re
from collections.abc import Iterator, Sequence

from pydantic import JsonValue

from shared.providers.base import Challenge, Lookup, Provider, Reading, Resource, UnreadableBody
from shared.providers.bodies import read_json
from shared.providers.flat import numbered, pruned
from shared.providers.flat_json import as_id
from shared.providers.signatures import SignatureScheme
from shared.submission import Answer, AnswerType

LEAD = "leadgen"
ID = re.compile(r"[A-Za-z0-9_]{1,64}")
# What the test button of the app's dashboard sends; the lead testing tool makes leads that can be fetched.
TEST_ID = re.compile(r"4+")
# Names of Meta's own questions; custom ones are named by their text.
TYPES: dict[str, AnswerType] = {
    "email": "email",
    "work_email": "email",
    "phone_number": "phone",
    "work_phone_number": "phone",
    "full_name": "name",
    "country": "country",
    "date_of_birth": "date",
}
# What Meta's error codes mean (https://developers.facebook.com/docs/graph-api/guides/error-handling): all come as 400.
NO_TOKEN, NO_PERMISSION = {102, 190}, {3, 10, *range(200, 300)}
TOO_MANY, TEMPORARY = {4, 17, 32, 341, 613, *range(80000, 80015)}, {1, 2}
NO_PARAMETER, NO_OBJECT = 100, 33


def read(body: bytes, content_type: str) -> Reading:
    """Read a webhook that names one lead."""
    changes = list(_changes(read_json(body, content_type)))
    if len(changes) > 1:
        raise UnreadableBody(f"The body holds {len(changes)} changes of a page; expected one.")
    if not changes or changes[0].get("field") != LEAD:
        return Reading(ignored="a change that is no lead")
    lead_id = _lead_id(changes[0])
    return Reading(ignored="a test event") if TEST_ID.fullmatch(lead_id) else Reading(submission_id=lead_id)


def split(body: bytes, content_type: str) -> tuple[bytes, ...]:
    """Return each change of a page as a webhook of its own; Meta sends up to a thousand at once."""
    document = read_json(body, content_type)
    alone = [{"object": "page", "entry": [{"changes": [change]}]} for change in _changes(document)]
    return tuple(json.dumps(one, ensure_ascii=False).encode() for one in alone) if len(alone) > 1 else (body,)


def resources(body: bytes, content_type: str, _properties: Sequence[str]) -> tuple[Resource, ...]:
    """Return where the lead is."""
    lead_id = read(body, content_type).submission_id
    return (Resource(lead_id, {"fields": "field_data,custom_disclaimer_responses"}),)


def read_lead(found: Sequence[JsonValue]) -> tuple[Answer, ...]:
    """Return the answers and the ticked consents of a lead."""
    match found:
        case [dict() as lead] if isinstance(fields := lead.get("field_data"), list):
            return numbered([*_answers(fields), *_consents(lead.get("custom_disclaimer_responses"))])
    raise UnreadableBody("Meta sent no field_data of the lead.")


def status_of(status: int, answer: JsonValue) -> int:
    """Return what an error of the Graph API means in HTTP."""
    error = answer.get("error") if isinstance(answer, dict) else None
    if not isinstance(error, dict) or not isinstance(code := error.get("code"), int):
        return status
    return _meaning(code, error, status)


def _changes(document: JsonValue) -> Iterator[dict[str, JsonValue]]:
    match document:
        case {"object": "page", "entry": list(entries)}:
            for entry in entries:
                changes = entry.get("changes") if isinstance(entry, dict) else None
                yield from (
                    (change for change in changes if isinstance(change, dict)) if isinstance(changes, list) else ()
                )
        case _:
            raise UnreadableBody('Not a webhook of a Meta page: expected "object": "page" and a list "entry".')


def _lead_id(change: dict[str, JsonValue]) -> str:
    value = change.get("value")
    lead_id = as_id(value.get("leadgen_id")) if isinstance(value, dict) else ""
    if not ID.fullmatch(lead_id):
        raise UnreadableBody("The webhook names no lead: leadgen_id is missing or wrong.")
    return lead_id


def _answers(fields: list[JsonValue]) -> Iterator[Answer]:
    for field in fields:
        match field:
            case {"name": str(name), "values": values} if (said := pruned(values)) is not None:
                several = isinstance(said, list) and len(said) > 1
                value = said[0] if isinstance(said, list) and not several else said
                kind: AnswerType = "choices" if several else TYPES.get(name, "text")
                yield Answer(key=name, label=name, type=kind, value=value)


def _consents(responses: JsonValue) -> Iterator[Answer]:
    for response in responses if isinstance(responses, list) else ():
        match response:
            case {"checkbox_key": str(name), "is_checked": ticked} if name:
                yield Answer(key=name, label=name, type="consent", value=ticked in (True, 1, "1", "true"))


def _meaning(code: int, error: dict[str, JsonValue], status: int) -> int:
    if code in NO_TOKEN:
        return 401
    if code in NO_PERMISSION:
        return 403
    if code in TOO_MANY:
        return 429
    if code in TEMPORARY or error.get("is_transient") is True:
        return 503
    return 404 if (code, error.get("error_subcode")) == (NO_PARAMETER, NO_OBJECT) else status


PROVIDER = Provider(
    name="facebook_lead_ads",
    title="Meta Lead Ads",
    read=read,
    setup="In the app: Webhooks > Page, paste {url} and the form's `verify_token`, subscribe to `leadgen`; "
    "`secret` is the app secret, and the fetch table's `token` the page's.",
    recognised="`leadgen_id`",
    retries="said to repeat for a day or more, then to unsubscribe",
    quirks="the answers are fetched, each lead of a batch for itself; option texts are Meta's spellings",
    signature=SignatureScheme(header="X-Hub-Signature-256", prefix="sha256="),
    split=split,
    fetch=Lookup(
        base_url="https://graph.facebook.com/v24.0",
        resources=resources,
        read=read_lead,
        scopes="leads_retrieval of the page",
        status_of=status_of,
    ),
    challenge=Challenge(asks=("hub.mode", "subscribe"), token="hub.verify_token", answer="hub.challenge"),  # noqa: S106
    carries=("secret", "url_token"),
)
