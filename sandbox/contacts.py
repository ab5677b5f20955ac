"""The contacts of all locations, and HighLevel's rules about them; nothing here knows HTTP."""

import secrets
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sandbox import search, validation
from sandbox.checks import Body
from sandbox.contact import Contact, Note
from sandbox.custom_fields import changes
from sandbox.duplicates import refuse_duplicate, take_over, without_other_people
from sandbox.generations import V2, Generation
from sandbox.locations import IDENTIFIERS, Location, LocationSettings
from sandbox.phones import to_e164
from sandbox.refusals import BadRequest, Unprocessable
from sandbox.values import as_tags, stored_values

# The same words as on the duplicate search, which the live upsert runs first.
NO_IDENTIFIER = "Pass at least one of number, email query parameter"
ANONYMOUS = "Contacts without email, phone, firstName and lastName are not allowed."
SEEDED_EMAILS = "additionalEmails"


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

    def seed(self, body: Body) -> Contact:
        """Add a contact written as for create, which may have further emails: the API itself takes none."""
        emails = body.get(SEEDED_EMAILS, [])
        validation.check_seeded_emails(emails)
        contact = self.create({name: value for name, value in body.items() if name != SEEDED_EMAILS})
        location = self.location(contact.location_id)
        location.leave(contact)
        contact.additional_emails = emails
        location.enter(contact)
        return contact

    def create(self, body: Body, generation: Generation = V2) -> Contact:
        """Add a contact, unless the location knows the person and allows no duplicates."""
        validation.check_create(body, generation)
        if not any(body.get(name) for name in ("email", "phone", "firstName", "lastName")):
            raise Unprocessable([ANONYMOUS])
        location = self.location(body["locationId"])
        values = stored_values(body, location.settings.default_region, generation)
        refuse_duplicate(location, values)
        return self._add(location, values, body, generation)

    def upsert(self, body: Body, generation: Generation = V2) -> tuple[Contact, bool]:
        """Update the person's contact or add one; return it and whether it is new."""
        validation.check_upsert(body, generation)
        if not any(body.get(name) for name in IDENTIFIERS):
            raise BadRequest(NO_IDENTIFIER)
        location = self.location(body["locationId"])
        values = stored_values(body, location.settings.default_region, generation)
        found = location.match(values)
        if found is None or (body.get("createNewIfDuplicateAllowed") and location.settings.allow_duplicates):
            return self._add(location, values, body, generation), True
        contact, _ = found
        self._write(contact, without_other_people(values, contact, location), body, generation)
        return contact, False

    def update(self, contact_id: str, body: Body, generation: Generation = V2) -> Contact:
        """Change what the body names."""
        contact = self.get(contact_id)
        validation.check_update(body, generation)
        location = self.location(contact.location_id)
        values = stored_values(body, location.settings.default_region, generation)
        refuse_duplicate(location, values, contact)
        self._write(contact, values, body, generation)
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
        validation.check_search(body)
        location = self.location(body["locationId"])
        return search.page(self._indexed(location), body)

    def listed(self, query: Body) -> tuple[list[Contact], int]:
        """Return the contacts of the deprecated list, newest first, and how many there are in all."""
        validation.check_list_query(query)
        return search.listed(list(self.newest_first(query["locationId"])), query)

    def add_tags(self, contact_id: str, body: Body) -> Contact:
        contact = self.get(contact_id)
        validation.check_tags(body)
        contact.tags = as_tags([*contact.tags, *body["tags"]])
        contact.updated_at = self._clock()
        return contact

    def remove_tags(self, contact_id: str, body: Body) -> Contact:
        contact = self.get(contact_id)
        validation.check_tags(body)
        removed = as_tags(body["tags"])
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

    def _indexed(self, location: Location) -> list[Contact]:
        # The live index lags some seconds behind the writes.
        latest = self._clock() - location.settings.search_lag_ms / 1000
        return [contact for contact in self.newest_first(location.id) if contact.updated_at <= latest]

    def _add(self, location: Location, values: Body, body: Body, generation: Generation) -> Contact:
        now = self._clock()
        contact = Contact(_new_id(), location.id, added_at=now, updated_at=now)
        self._contacts[contact.id] = contact
        self._write(contact, values, body, generation, is_new=True)
        return contact

    def _write(self, contact: Contact, values: Body, body: Body, generation: Generation, is_new: bool = False) -> None:
        location = self.location(contact.location_id)
        if not is_new:
            location.leave(contact)
            # https://github.com/GoHighLevel/highlevel-api-docs/issues/313
            values.pop("gender", None)
        take_over(contact, values.get("email"))
        contact.fields = {name: value for name, value in (contact.fields | values).items() if value is not None}
        location.enter(contact)
        if "tags" in body:  # documented: upsert and update replace the whole set
            contact.tags = as_tags(body["tags"])
        entries = body.get("customFields", ())
        for field_id, value in changes(entries, location.settings.custom_fields, generation.value_names):
            _set_or_clear(contact.custom_fields, field_id, value)
        contact.updated_at = self._clock()
        contact.writes += 1


def _set_or_clear(values: dict[str, Any], name: str, value: Any) -> None:
    if value is None:
        values.pop(name, None)
    else:
        values[name] = value


def _new_id() -> str:
    return secrets.token_hex(10)
