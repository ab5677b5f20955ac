"""
The calls to HighLevel's API that a form needs, in every generation of it.

Source: HighLevel's OpenAPI documents, github.com/GoHighLevel/highlevel-api-docs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlencode

import httpx
from pydantic import JsonValue, SecretStr, TypeAdapter, ValidationError

from shared.highlevel.contact import Contact
from shared.highlevel.custom_fields import Catalogue
from shared.highlevel.errors import ContactRejected, Garbled
from shared.highlevel.generations import GENERATIONS, HOST, Generation
from shared.highlevel.wire import Call, Deadline, Wire
from shared.submission import Attempt

FOUND_AT_MOST = 20
MOMENT: TypeAdapter[datetime] = TypeAdapter(datetime)


@dataclass(frozen=True)
class Account:
    """Which location to talk to, the token that opens it, and how its API is spoken."""

    location_id: str
    token: SecretStr = field(repr=False)
    generation: Generation = GENERATIONS["v2"]
    base_url: str = ""


@dataclass(frozen=True)
class StoredContact:
    """
    A contact as HighLevel shows it.

    `new` says that the call has made it; None where HighLevel does not say, as v1. `shown` holds all of its fields.
    """

    id: str
    new: bool | None
    tags: tuple[str, ...]
    shown: dict[str, JsonValue]

    @property
    def added_at(self) -> datetime | None:
        """Return when the contact was made, if HighLevel says so in a form we know."""
        try:
            moment = MOMENT.validate_python(self.shown.get("dateAdded"))
        except ValidationError:
            return None
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class Client:
    """
    HighLevel's API.

    Every method makes exactly one call and returns what it found with its attempt. It raises a HighLevelError when that
    did not succeed, or OutOfTime when it was not even started. What was sent and what came back is in the attempt, of
    the result and of the error alike.
    """

    def __init__(self, base_url: str, http: httpx.Client) -> None:
        self._base_url = base_url.rstrip("/")
        self._wire = Wire(http)

    def address(self, generation: Generation, base_url: str = "") -> str:
        """Return where a generation's API is; a location's own `base_url` goes first."""
        # HIGHLEVEL_BASE_URL, when it is set, is for all generations: nobody's test may reach the real v1.
        own = generation.host if self._base_url == HOST else self._base_url
        return base_url.rstrip("/") or own

    def upsert(self, account: Account, contact: Contact, deadline: Deadline) -> tuple[StoredContact, Attempt]:
        """Create the contact, or update the one with its email or phone; its tags stay as they are."""
        generation = account.generation
        body = generation.whole(contact, account.location_id)
        attempt = self._send("upsert", "POST", generation.upsert_path, account, body, deadline)
        return _the_contact(attempt), attempt

    def create(self, account: Account, contact: Contact, deadline: Deadline) -> tuple[StoredContact, Attempt]:
        """Create the contact; raise Duplicate when HighLevel knows the person."""
        generation = account.generation
        body = generation.whole(contact, account.location_id)
        attempt = self._send("create", "POST", generation.contacts_path, account, body, deadline)
        return _the_contact(attempt, new=True), attempt

    def update(
        self, account: Account, contact_id: str, contact: Contact, deadline: Deadline
    ) -> tuple[StoredContact, Attempt]:
        """Change what the contact names of an existing one."""
        body = account.generation.changes(contact)
        attempt = self._send("update", "PUT", _path(account, contact_id), account, body, deadline)
        return _the_contact(attempt, new=False), attempt

    def get(self, account: Account, contact_id: str, deadline: Deadline) -> tuple[StoredContact, Attempt]:
        """Return a contact."""
        attempt = self._send("read", "GET", _path(account, contact_id), account, None, deadline)
        return _the_contact(attempt, new=False), attempt

    def delete(self, account: Account, contact_id: str, deadline: Deadline) -> Attempt:
        """Delete a contact."""
        attempt = self._send("delete", "DELETE", _path(account, contact_id), account, None, deadline)
        if isinstance(attempt.response, dict):
            return attempt
        raise Garbled("a success without an answer", attempt)

    def find(
        self, account: Account, *, email: str | None, phone: str | None, deadline: Deadline
    ) -> tuple[StoredContact | None, Attempt]:
        """Return the contact that an upsert with this email or phone would change, if there is one."""
        if account.generation.version is None:
            found, attempt = self._look_up(account, email, phone, deadline)
            return (found[0] if found else None), attempt
        query = {"locationId": account.location_id, "email": email, "number": phone}
        path = f"{account.generation.contacts_path}search/duplicate?{_query(query)}"
        attempt = self._send("find", "GET", path, account, None, deadline)
        match attempt.response:
            case {"contact": {"id": str()}}:
                return _the_contact(attempt, new=False), attempt
            case dict():
                return None, attempt
        raise Garbled("a success without an answer", attempt)

    def search(
        self, account: Account, *, email: str | None, phone: str | None, deadline: Deadline
    ) -> tuple[tuple[StoredContact, ...], Attempt]:
        """Return the contacts with this email, or else this phone; the index lags some seconds behind the writes."""
        if account.generation.version is None:
            return self._look_up(account, email, phone, deadline)
        name, value = ("email", email) if email else ("phone", phone)
        body: dict[str, JsonValue] = {
            "locationId": account.location_id,
            "pageLimit": FOUND_AT_MOST,
            "filters": [{"field": name, "operator": "eq", "value": value}],
        }
        attempt = self._send("search", "POST", f"{account.generation.contacts_path}search", account, body, deadline)
        return _the_contacts(attempt), attempt

    def add_tags(self, account: Account, contact_id: str, tags: tuple[str, ...], deadline: Deadline) -> Attempt:
        """Add tags to those that a contact has."""
        path = _path(account, contact_id, "tags")
        attempt = self._send("tags", "POST", path, account, {"tags": list(tags)}, deadline)
        if isinstance(attempt.response, dict) and "tags" in attempt.response:
            return attempt
        raise Garbled("a success without the tags", attempt)

    def create_note(self, account: Account, contact_id: str, text: str, deadline: Deadline) -> Attempt:
        """Write a note on a contact."""
        attempt = self._send("note", "POST", _path(account, contact_id, "notes"), account, {"body": text}, deadline)
        if isinstance(attempt.response, dict):
            return attempt
        raise Garbled("a success without the note", attempt)

    def notes(self, account: Account, contact_id: str, deadline: Deadline) -> tuple[tuple[str, ...], Attempt]:
        """Return the texts of a contact's notes."""
        path = _path(account, contact_id, "notes")
        attempt = self._send("look for note", "GET", path, account, None, deadline)
        match attempt.response:
            case {"notes": list(notes)}:
                texts = tuple(str(note.get("body", "")) for note in notes if isinstance(note, dict))
                return texts, attempt
        raise Garbled("a success without the notes", attempt)

    def custom_fields(self, account: Account, deadline: Deadline) -> tuple[Catalogue, Attempt]:
        """Return the custom fields that the location has for contacts."""
        path = account.generation.custom_fields_path.format(location_id=account.location_id)
        attempt = self._send("custom fields", "GET", path, account, None, deadline)
        match attempt.response:
            case {"customFields": list(listed)}:
                return Catalogue.of(listed), attempt
        raise Garbled("a success without the custom fields", attempt)

    def _look_up(
        self, account: Account, email: str | None, phone: str | None, deadline: Deadline
    ) -> tuple[tuple[StoredContact, ...], Attempt]:
        query = {"email": email} if email else {"phone": phone}
        path = f"{account.generation.contacts_path}lookup?{_query(query)}"
        try:
            attempt = self._send("find", "GET", path, account, None, deadline)
        except ContactRejected as error:  # v1 calls an identifier invalid that nobody has
            return (), error.attempt
        return _the_contacts(attempt), attempt

    def _send(
        self, step: str, method: str, path: str, account: Account, body: JsonValue, deadline: Deadline
    ) -> Attempt:
        version = account.generation.version
        headers = {"Authorization": f"Bearer {account.token.get_secret_value()}"}
        if version:
            headers["Version"] = version
        url = self.address(account.generation, account.base_url) + path
        return self._wire.send(Call(step, method, url, headers, body), deadline)


def _path(account: Account, contact_id: str, part: str = "") -> str:
    generation = account.generation
    return generation.contacts_path + contact_id + (f"/{part}{generation.part_end}" if part else "")


def _query(parameters: Mapping[str, str | None]) -> str:
    return urlencode({name: value for name, value in parameters.items() if value})


def _the_contact(attempt: Attempt, new: bool | None = None) -> StoredContact:
    match attempt.response:
        case {"contact": dict(shown), **rest} if isinstance(shown.get("id"), str):
            said = rest.get("new")
            return _contact(shown, new if new is not None else said if isinstance(said, bool) else None)
    raise Garbled("a success without a contact", attempt)


def _the_contacts(attempt: Attempt) -> tuple[StoredContact, ...]:
    match attempt.response:
        case {"contacts": list(found)}:
            return tuple(_contact(shown, new=False) for shown in found if isinstance(shown, dict) and "id" in shown)
    raise Garbled("a success without the contacts", attempt)


def _contact(shown: Mapping[str, JsonValue], new: bool | None) -> StoredContact:
    return StoredContact(str(shown["id"]), new, _texts(shown.get("tags")), dict(shown))


def _texts(value: object) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()
