"""
HubSpot apps: the webhook names the contacts that were made or changed, their properties are in the CRM API.

https://developers.hubspot.com/docs/api-reference/webhooks-webhooks-v3/guide
"""

import json
from collections.abc import Sequence

from pydantic import JsonValue

from shared.providers.base import Lookup, Provider, Reading, Resource, UnreadableBody
from shared.providers.bodies import read_json
from shared.providers.hubspot import answers_of
from shared.providers.signatures import SignatureScheme
from shared.submission import Answer

CONTACT = "0-1"
MADE = ("contact.creation", "object.creation")
CHANGED = ("contact.propertyChange", "object.propertyChange")
# What is asked for unless the form names more: HubSpot gives only what is asked for.
PROPERTIES = (
    *("email", "firstname", "lastname", "phone", "mobilephone", "salutation", "company", "jobtitle", "website"),
    *("address", "city", "state", "zip", "country", "date_of_birth", "message"),
)

Event = dict[str, JsonValue]


def read(body: bytes, content_type: str) -> Reading:
    """Read a webhook that names one contact; each change of the contact is a revision."""
    events = _events(read_json(body, content_type))
    if len(events) != 1:
        raise UnreadableBody(f"The body holds {len(events)} events; expected one.")
    [event] = events
    if not _is_of_contact(event):
        return Reading(ignored="an event that makes or changes no contact")
    occurred_at = _number(event, "occurredAt")
    return Reading(
        submission_id=f"{_number(event, 'portalId')}-{_contact_id(event)}",
        revision="" if _kind(event) in MADE else str(occurred_at),
        progress=occurred_at,
    )


def split(body: bytes, content_type: str) -> tuple[bytes, ...]:
    """
    Return one event for each contact in a webhook, as a webhook of its own.

    A new contact comes with an event for each of its properties. All would fetch the same, so one is enough: the one
    that made it, or else the last change.
    """
    events = _events(read_json(body, content_type))
    kept: dict[object, Event] = {}
    for place, event in enumerate(events):
        contact = (event.get("portalId"), str(event.get("objectId"))) if _is_of_contact(event) else place
        if contact not in kept or _rank(event) > _rank(kept[contact]):
            kept[contact] = event
    return tuple(json.dumps([event], ensure_ascii=False).encode() for event in kept.values()) or (body,)


def resources(body: bytes, content_type: str, properties: Sequence[str]) -> tuple[Resource, ...]:
    """Return where the contact is."""
    [event] = _events(read_json(body, content_type))
    wanted = dict.fromkeys((*PROPERTIES, *properties))
    return (Resource(f"crm/v3/objects/contacts/{_contact_id(event)}", {"properties": ",".join(wanted)}),)


def read_contact(found: Sequence[JsonValue]) -> tuple[Answer, ...]:
    """Return the properties of a contact as answers."""
    match found:
        case [{"properties": dict(properties)}]:
            return answers_of(properties)
    raise UnreadableBody("HubSpot sent no properties of the contact.")


def _events(document: JsonValue) -> list[Event]:
    events = document if isinstance(document, list) else [document]
    found = [event for event in events if isinstance(event, dict) and isinstance(event.get("subscriptionType"), str)]
    if not found or len(found) < len(events):
        raise UnreadableBody("Not a webhook of a HubSpot app: expected a list of events with a subscriptionType.")
    return found


def _is_of_contact(event: Event) -> bool:
    kind = _kind(event)
    is_contact = kind.startswith("contact.") or event.get("objectTypeId") == CONTACT
    return is_contact and kind in (*MADE, *CHANGED)


def _kind(event: Event) -> str:
    return str(event["subscriptionType"])


def _rank(event: Event) -> tuple[bool, int]:
    return _kind(event) in MADE, _number(event, "occurredAt")


def _contact_id(event: Event) -> int:
    contact_id = _number(event, "objectId")
    if not contact_id:
        raise UnreadableBody("The event names no contact: objectId is missing or wrong.")
    return contact_id


def _number(event: Event, name: str) -> int:
    # Beyond 15 digits a number is kept as text.
    text = str(event.get(name, ""))
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 20 else 0


PROVIDER = Provider(
    name="hubspot",
    title="HubSpot app",
    read=read,
    setup="In the app: Webhooks, paste {url} and subscribe to `contact.creation`; `secret` is the app's client secret, "
    "and the fetch table's `token` its access token.",
    recognised="`portalId` and `objectId`; a change also by the time it was made",
    retries="said to try about 10 times in 24 hours",
    quirks="the contact is fetched; many events of one contact in a request are one; further properties by `fetch`",
    signature=SignatureScheme(
        header="X-HubSpot-Signature-v3",
        encoding="base64",
        signed="{method}{url}{body}{timestamp}",
        plain_in_url=":/?@!$'()*,;",
        timestamp_header="X-HubSpot-Request-Timestamp",
    ),
    split=split,
    fetch=Lookup(
        base_url="https://api.hubapi.com",
        resources=resources,
        read=read_contact,
        scopes="crm.objects.contacts.read",
        takes_properties=True,
    ),
    carries=("secret", "url_token"),
)
