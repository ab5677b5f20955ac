"""The contacts of all locations, and HighLevel's rules about them; nothing here knows HTTP."""

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox import validation
from sandbox.custom_fields import changes
from sandbox.locations import IDENTIFIERS, Location, LocationSettings
from sandbox.phones import to_e164
from sandbox.refusals import BadRequest, Unprocessable
from sandbox.validation import Body

# The same words as on the duplicate search, which the live upsert runs first.
NO_IDENTIFIER = "Pass at least one of number, email query parameter"
ANONYMOUS = "Contacts without email, phone, firstName and lastName are not allowed."
DUPLICATE = "This location does not allow duplicated contacts."
SAID_ELSEWHERE = ("locationId", "createNewIfDuplicateAllowed", "tags", "customFields")


@dataclass(slots=True)
class Note:
    """A note on a contact."""

    id: str
    added_at: float
    fields: dict[str, Any]


@dataclass(slots=True)
class Contact:
    """A person in a location, as stored."""

    id: str
    location_id: str
    added_at: float
    updated_at: float
    fields: dict[str, Any] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)
    custom_fields: dict[str, Any] = field(default_factory=dict)
    notes: dict[str, Note] = field(default_factory=dict)
    writes: int = 0

    @property
    def name(self) -> str:
        """Return the full name."""
        parts = (self.fields.get("firstName"), self.fields.get("lastName"))
        return self.fields.get("name") or " ".join(part for part in parts if part)


class Contacts:
    """Every contact, by location."""

    def __init__(self, clock: Callable[[], float], settings: Mapping[str, LocationSettings] | None = None) -> None:
        self._clock = clock
        self._given_settings = dict(settings or {})
        self.clear()

    def clear(self) -> None:
        """Forget every contact, and every setting made since the start."""
        self._contacts: dict[str, Contact] = {}
        self._locations: dict[str, Location] = {}
        for location_id in self._given_settings:
            self.location(location_id)

    def location(self, location_id: str) -> Location:
        """Return a location, made on first use."""
        if location_id not in self._locations:
            settings = self._given_settings.get(location_id, LocationSettings())
            self._locations[location_id] = Location(location_id, settings)
        return self._locations[location_id]

    def locations(self) -> list[Location]:
        return list(self._locations.values())

    def configure(self, location_id: str, settings: LocationSettings) -> None:
        """Change the settings of a location; its contacts stay."""
        self.location(location_id).settings = settings

    def newest_first(self, location_id: str | None = None) -> Iterator[Contact]:
        """Yield the contacts of one location, or of all."""
        for contact in reversed(self._contacts.values()):
            if location_id in (None, contact.location_id):
                yield contact

    def count(self) -> int:
        return len(self._contacts)

    def find(self, contact_id: str) -> Contact | None:
        return self._contacts.get(contact_id)

    def get(self, contact_id: str) -> Contact:
        """Return a contact that must exist."""
        contact = self._contacts.get(contact_id)
        if contact is None:
            raise BadRequest(f"Contact with id {contact_id} not found")
        return contact

    def create(self, body: Body) -> Contact:
        """Add a contact, unless the location knows the person and allows no duplicates."""
        validation.check_create(body)
        if not any(body.get(name) for name in ("email", "phone", "firstName", "lastName")):
            raise Unprocessable([ANONYMOUS])
        location = self.location(body["locationId"])
        values = _values(body, location)
        _refuse_duplicate(location, values)
        return self._add(location, values, body)

    def upsert(self, body: Body) -> tuple[Contact, bool]:
        """Update the person's contact or add one; return it and whether it is new."""
        validation.check_upsert(body)
        if not any(body.get(name) for name in IDENTIFIERS):
            raise BadRequest(NO_IDENTIFIER)
        location = self.location(body["locationId"])
        values = _values(body, location)
        found = location.match(values)
        if found is None or (body.get("createNewIfDuplicateAllowed") and location.settings.allow_duplicates):
            return self._add(location, values, body), True
        contact, _ = found
        self._write(contact, _without_other_people(values, contact, location), body)
        return contact, False

    def update(self, contact_id: str, body: Body) -> Contact:
        """Change what the body names."""
        contact = self.get(contact_id)
        validation.check_update(body)
        location = self.location(contact.location_id)
        values = _values(body, location)
        _refuse_duplicate(location, values, contact)
        self._write(contact, values, body)
        return contact

    def delete(self, contact_id: str) -> None:
        contact = self.get(contact_id)
        self.location(contact.location_id).leave(contact)
        del self._contacts[contact_id]

    def duplicate(self, query: Body) -> Contact | None:
        """Return the contact that an upsert with this email or number would change."""
        validation.check_duplicate_query(query)
        if not (query.get("email") or query.get("number")):
            raise BadRequest(NO_IDENTIFIER)
        location = self.location(query["locationId"])
        values = {"email": query.get("email"), "phone": query.get("number")}
        if values["phone"]:
            values["phone"] = to_e164(values["phone"], location.settings.default_region)
        found = location.match(values)
        return found[0] if found else None

    def search(self, body: Body) -> tuple[list[Contact], int]:
        """Return one page of the contacts that a search finds, and how many it finds in all."""
        # The live index lags some seconds behind the writes; this one does not.
        validation.check_search(body)
        found = [contact for contact in self.newest_first(body["locationId"]) if _is_found(contact, body)]
        start = (body.get("page", 1) - 1) * body["pageLimit"]
        return found[start : start + body["pageLimit"]], len(found)

    def add_tags(self, contact_id: str, body: Body) -> Contact:
        contact = self.get(contact_id)
        validation.check_tags(body)
        contact.tags = _as_tags([*contact.tags, *body["tags"]])
        contact.updated_at = self._clock()
        return contact

    def remove_tags(self, contact_id: str, body: Body) -> Contact:
        contact = self.get(contact_id)
        validation.check_tags(body)
        removed = _as_tags(body["tags"])
        contact.tags = [tag for tag in contact.tags if tag not in removed]
        contact.updated_at = self._clock()
        return contact

    def add_note(self, contact_id: str, body: Body) -> Note:
        contact = self.get(contact_id)
        validation.check_new_note(body)
        note = Note(_new_id(), self._clock(), dict(body))
        contact.notes[note.id] = note
        return note

    def note(self, contact_id: str, note_id: str) -> Note:
        note = self.get(contact_id).notes.get(note_id)
        if note is None:
            raise BadRequest(f"Note with id {note_id} not found")
        return note

    def change_note(self, contact_id: str, note_id: str, body: Body) -> Note:
        note = self.note(contact_id, note_id)
        validation.check_note_changes(body)
        note.fields |= body
        return note

    def delete_note(self, contact_id: str, note_id: str) -> None:
        note = self.note(contact_id, note_id)
        del self.get(contact_id).notes[note.id]

    def _add(self, location: Location, values: Body, body: Body) -> Contact:
        now = self._clock()
        contact = Contact(_new_id(), location.id, added_at=now, updated_at=now)
        self._contacts[contact.id] = contact
        self._write(contact, values, body, is_new=True)
        return contact

    def _write(self, contact: Contact, values: Body, body: Body, is_new: bool = False) -> None:
        location = self.location(contact.location_id)
        if not is_new:
            location.leave(contact)
            # https://github.com/GoHighLevel/highlevel-api-docs/issues/313
            values.pop("gender", None)
        contact.fields = {name: value for name, value in (contact.fields | values).items() if value is not None}
        location.enter(contact)
        if "tags" in body:  # documented: upsert and update replace the whole set
            contact.tags = _as_tags(body["tags"])
        for field_id, value in changes(body.get("customFields", ()), location.settings.custom_fields):
            _set_or_clear(contact.custom_fields, field_id, value)
        contact.updated_at = self._clock()
        contact.writes += 1


def _values(body: Body, location: Location) -> Body:
    values = {name: value for name, value in body.items() if name not in SAID_ELSEWHERE}
    if values.get("phone") is not None:
        values["phone"] = to_e164(values["phone"], location.settings.default_region)
    if values.get("dateOfBirth") is not None:
        values["dateOfBirth"] = str(validation.parse_date(values["dateOfBirth"]))
    return values | _names(values)


def _names(values: Body) -> Body:
    parts_given = "firstName" in values or "lastName" in values
    if values.get("name") and not parts_given:
        first, _, last = values["name"].strip().partition(" ")
        return {"firstName": first, "lastName": last.strip() or None}
    if parts_given and "name" not in values:
        return {"name": None}  # the full name follows its parts again
    return {}


def _refuse_duplicate(location: Location, values: Body, writer: Contact | None = None) -> None:
    if location.settings.allow_duplicates:
        return
    for matching_field in location.settings.duplicate_priority:
        owner = location.owner(matching_field, values.get(matching_field))
        if owner and owner is not writer:
            meta = {"contactId": owner.id, "contactName": owner.name, "matchingField": matching_field}
            raise BadRequest(DUPLICATE, meta)


def _without_other_people(values: Body, contact: Contact, location: Location) -> Body:
    # When email and phone belong to two contacts, the first in the location's order is updated and the other
    # value silently ignored: https://github.com/GoHighLevel/highlevel-api-docs/issues/37
    taken = [
        identifier
        for identifier in IDENTIFIERS
        if (owner := location.owner(identifier, values.get(identifier))) and owner is not contact
    ]
    return {name: value for name, value in values.items() if name not in taken}


def _is_found(contact: Contact, body: Body) -> bool:
    shown = (contact.name, contact.fields.get("email", ""), contact.fields.get("phone", ""))
    return any(body.get("query", "").lower() in text.lower() for text in shown) and all(
        _passes(contact, condition) for condition in body.get("filters", ())
    )


def _passes(contact: Contact, condition: dict[str, Any]) -> bool:
    stored = str(contact.fields.get(condition.get("field", ""), "")).lower()
    sought = str(condition.get("value", "")).lower()
    match condition.get("operator"):
        case "eq":
            return stored == sought
        case "contains":
            return sought in stored
        case operator:
            raise BadRequest(f"Operator {operator} is not supported")


def _as_tags(texts: Iterable[str]) -> list[str]:
    # Live: tags come back in lower case.
    return list(dict.fromkeys(text.strip().lower() for text in texts if text.strip()))


def _set_or_clear(values: dict[str, Any], name: str, value: Any) -> None:
    if value is None:
        values.pop(name, None)
    else:
        values[name] = value


def _new_id() -> str:
    return secrets.token_hex(10)
