"""How HighLevel, and the sandbox about itself, show contacts and notes in JSON."""

from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

from sandbox.contact import Contact, Note
from sandbox.custom_fields import CustomField
from sandbox.generations import V2, Generation
from sandbox.locations import Location
from sandbox.oauth import App

Json = dict[str, Any]
UNKNOWN_TO_V1 = ("customFields", "dndSettings", "inboundDndSettings", "additionalEmails")


def created(contact: Contact, generation: Generation) -> Json:
    return {"contact": _as_created(contact, generation), "traceId": str(uuid4())}


def upserted(contact: Contact, is_new: bool, generation: Generation) -> Json:
    return {"new": is_new, "contact": shown(contact, generation), "traceId": str(uuid4())}


def updated(contact: Contact, generation: Generation) -> Json:
    return {**dict.fromkeys(generation.updated, True), "contact": shown(contact, generation)}


def done(generation: Generation) -> Json:
    return dict.fromkeys(generation.done, True)


def found(contacts: list[Contact], total: int, generation: Generation) -> Json:
    shown_contacts = [_as_found(contact, generation) for contact in contacts]
    return {"contacts": shown_contacts, "total": total, "traceId": str(uuid4())}


def listed(contacts: list[Contact], total: int) -> Json:
    """Return the deprecated list of contacts; its next page starts after the last one."""
    meta: Json = {"total": total}
    if contacts:
        meta |= {"startAfterId": contacts[-1].id, "startAfter": round(contacts[-1].added_at * 1000)}
    return {"contacts": [shown(contact) for contact in contacts], "count": total, "meta": meta}


def tags_changed(responses: list[Json], generation: Generation) -> Json:
    errors = sum(response["type"] == "error" for response in responses)
    return {**dict.fromkeys(generation.done, True), "errorCount": errors, "responses": responses}


def shown(contact: Contact, generation: Generation = V2) -> Json:
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
        **_channels(contact, generation),
        **lower,
        "tags": contact.tags,
        **_further_emails(contact),
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


def v1_contact(contact: Contact) -> Json:
    """Return a contact as v1 shows it."""
    body = shown(contact)
    kept = {name: value for name, value in body.items() if name not in UNKNOWN_TO_V1}
    return kept | {"customField": body["customFields"]}


def v1_note(contact: Contact, stored: Note) -> Json:
    return {
        "id": stored.id,
        "body": stored.fields["body"],
        "contactId": contact.id,
        "createdAt": timestamp(stored.added_at),
    }


def v1_custom_field(field: CustomField, position: int) -> Json:
    """Return a declared custom field as v1's list shows it."""
    return field.model_dump(by_alias=True, mode="json") | {"position": position}


def settings(location: Location) -> Json:
    """Return a location's settings as its control endpoint takes them."""
    return {"id": location.id, **location.settings.model_dump(by_alias=True, mode="json")}


def app(registered: App) -> Json:
    """Return an OAuth app with all that the sandbox knows about it, its tokens too."""
    expires_at = registered.expires_at
    return asdict(registered) | {"expires_at": None if expires_at is None else timestamp(expires_at)}


def inspected(contact: Contact) -> Json:
    """Return a contact with all that the sandbox knows about it."""
    return shown(contact) | {"notes": notes(contact), "written": contact.writes}


def timestamp(at: float) -> str:
    """Return a moment as RFC 3339."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _channels(contact: Contact, generation: Generation) -> Json:
    settings = contact.fields.get("dndSettings")
    return {} if settings is None else {"dndSettings": generation.shown(settings)}


def _further_emails(contact: Contact) -> Json:
    emails = [{"email": email} for email in contact.additional_emails]
    return {"additionalEmails": emails} if emails else {}


def _as_created(contact: Contact, generation: Generation) -> Json:
    # Three shapes of one date: a date-time on create, a date on get and upsert, an epoch in search results.
    # https://github.com/GoHighLevel/highlevel-api-docs/issues/314
    body = shown(contact, generation)
    if birthday := contact.fields.get("dateOfBirth"):
        body["dateOfBirth"] = f"{birthday}T00:00:00.000Z"
    return body


def _as_found(contact: Contact, generation: Generation) -> Json:
    body = shown(contact, generation)
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
