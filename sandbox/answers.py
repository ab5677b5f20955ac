"""How HighLevel, and the sandbox about itself, show contacts and notes in JSON."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

from sandbox.contacts import Contact, Note
from sandbox.custom_fields import CustomField
from sandbox.locations import Location

Json = dict[str, Any]


def created(contact: Contact) -> Json:
    return {"contact": _as_created(contact), "traceId": str(uuid4())}


def upserted(contact: Contact, is_new: bool) -> Json:
    return {"new": is_new, "contact": shown(contact), "traceId": str(uuid4())}


def updated(contact: Contact) -> Json:
    return {"succeded": True, "contact": shown(contact)}  # documented with one e


def found(contacts: list[Contact], total: int) -> Json:
    return {"contacts": [_as_found(contact) for contact in contacts], "total": total, "traceId": str(uuid4())}


def shown(contact: Contact) -> Json:
    """Return a contact as get, upsert and update show it; fields without a value are left out."""
    lower = {f"{name}LowerCase": value.lower() for name, value in _names(contact).items() if value}
    # The published schema knows custom values as text only; lists and numbers are shown as they were stored.
    return {
        "id": contact.id,
        "locationId": contact.location_id,
        "type": "lead",
        "dateAdded": timestamp(contact.added_at),
        "dateUpdated": timestamp(contact.updated_at),
        **contact.fields,
        **({"name": contact.name} if contact.name else {}),
        **lower,
        "tags": contact.tags,
        "customFields": [{"id": field_id, "value": value} for field_id, value in contact.custom_fields.items()],
    }


def note(contact_id: str, stored: Note) -> Json:
    return {"id": stored.id, "contactId": contact_id, "dateAdded": timestamp(stored.added_at), **stored.fields}


def notes(contact: Contact) -> list[Json]:
    """Return a contact's notes, newest first."""
    return [note(contact.id, stored) for stored in reversed(contact.notes.values())]


def custom_field(location: Location, field: CustomField, position: int) -> Json:
    """Return a declared custom field as the location's list shows it."""
    declared = field.model_dump(by_alias=True, mode="json")
    return declared | {"locationId": location.id, "model": "contact", "position": position}


def settings(location: Location) -> Json:
    """Return a location's settings as its control endpoint takes them."""
    return {"id": location.id, **location.settings.model_dump(by_alias=True, mode="json")}


def inspected(contact: Contact) -> Json:
    """Return a contact with all that the sandbox knows about it."""
    return shown(contact) | {"notes": notes(contact), "written": contact.writes}


def timestamp(at: float) -> str:
    """Return a moment as RFC 3339."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _as_created(contact: Contact) -> Json:
    # Three shapes of one date: a date-time on create, a date on get and upsert, an epoch in search results.
    # https://github.com/GoHighLevel/highlevel-api-docs/issues/314
    body = shown(contact)
    if birthday := contact.fields.get("dateOfBirth"):
        body["dateOfBirth"] = f"{birthday}T00:00:00.000Z"
    return body


def _as_found(contact: Contact) -> Json:
    body = shown(contact)
    if "address1" in body:
        body["address"] = body.pop("address1")
    if birthday := contact.fields.get("dateOfBirth"):
        midnight = datetime.combine(date.fromisoformat(birthday), datetime.min.time(), UTC)
        body["dateOfBirth"] = round(midnight.timestamp() * 1000)
    return body


def _names(contact: Contact) -> dict[str, str | None]:
    return {
        "firstName": contact.fields.get("firstName"),
        "lastName": contact.fields.get("lastName"),
        "fullName": contact.name,
        "email": contact.fields.get("email"),
    }
