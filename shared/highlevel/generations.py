"""
The generations of HighLevel's contact API that users still have, and how they differ: one table.

Sources: HighLevel's OpenAPI documents (github.com/GoHighLevel/highlevel-api-docs) for v2 and v3; the public v1 pages,
of which mirrors remain (example.leadprosper.tech/go-high-level).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import JsonValue

from shared.highlevel.contact import Contact

Api = Literal["v1", "v2", "v3"]
Json = dict[str, JsonValue]

HOST = "https://services.leadconnectorhq.com"
NAMES = frozenset({"firstName", "lastName", "name", "email", "phone", "dateOfBirth", "companyName", "website"})
PLACES = frozenset({"address1", "city", "state", "postalCode", "country", "timezone"})
SINCE_V2 = frozenset({"gender", "assignedTo", "dndSettings", "inboundDndSettings", "createNewIfDuplicateAllowed"})
# An update takes neither: https://github.com/GoHighLevel/highlevel-api-docs/issues/314
ONLY_WHEN_WRITTEN_WHOLE = ("gender", "createNewIfDuplicateAllowed")


@dataclass(frozen=True)
class Generation:
    """
    One generation: where it lives, its paths, and how it writes a contact.

    `version` is the Version header, if it wants one. `part_end` ends the paths of a contact's tags and notes.
    `custom_value` is what a custom field calls its value in the list `customFields`; empty means the object
    `customField` by id. `channels` renames the channels of do-not-disturb.
    """

    name: Api
    host: str
    version: str | None
    upsert_path: str
    contacts_path: str
    part_end: str
    custom_fields_path: str
    names_location: bool
    fields: frozenset[str]
    custom_value: str
    channels: Mapping[str, str]

    def whole(self, contact: Contact, location_id: str) -> Json:
        """Return the body of an upsert or a create."""
        location: Json = {"locationId": location_id} if self.names_location else {}
        return {**location, **self._fields(contact)}

    def changes(self, contact: Contact) -> Json:
        """Return the body of an update."""
        return {name: value for name, value in self._fields(contact).items() if name not in ONLY_WHEN_WRITTEN_WHOLE}

    def _fields(self, contact: Contact) -> Json:
        body = contact.body()
        custom = body.pop("customFields", None)
        kept = {name: value for name, value in body.items() if name in self.fields}
        if isinstance(settings := kept.get("dndSettings"), dict):
            kept["dndSettings"] = {self.channels.get(name, name): value for name, value in settings.items()}
        return {**kept, **self._custom(custom)} if isinstance(custom, list) else kept

    def _custom(self, entries: list[JsonValue]) -> Json:
        found = [entry for entry in entries if isinstance(entry, dict)]
        if not self.custom_value:
            return {"customField": {str(entry.get("id") or entry.get("key")): entry["field_value"] for entry in found}}
        renamed = {"field_value": self.custom_value}
        listed: list[JsonValue] = [{renamed.get(name, name): value for name, value in entry.items()} for entry in found]
        return {"customFields": listed}


_V2 = Generation(
    name="v2",
    host=HOST,
    version="2021-07-28",
    upsert_path="/contacts/upsert",
    contacts_path="/contacts/",
    part_end="",
    custom_fields_path="/locations/{location_id}/customFields?model=contact",
    names_location=True,
    fields=NAMES | PLACES | SINCE_V2 | {"source", "dnd"},
    custom_value="field_value",
    channels={},
)
_V3 = Generation(
    name="v3",
    host=HOST,
    version="v3",
    upsert_path=_V2.upsert_path,
    contacts_path=_V2.contacts_path,
    part_end=_V2.part_end,
    custom_fields_path=_V2.custom_fields_path,
    names_location=True,
    fields=_V2.fields,
    custom_value="fieldValue",
    channels={"Call": "call", "Email": "email", "SMS": "sms", "WhatsApp": "whatsApp", "GMB": "gmb", "FB": "fb"},
)
_V1 = Generation(
    name="v1",
    host="https://rest.gohighlevel.com",
    version=None,
    upsert_path="/v1/contacts/",  # the one call to write a contact; it updates a person that is known
    contacts_path="/v1/contacts/",
    part_end="/",
    custom_fields_path="/v1/custom-fields/",
    names_location=False,
    fields=NAMES | PLACES | {"source", "dnd"},
    custom_value="",
    channels={},
)
GENERATIONS: Mapping[Api, Generation] = {generation.name: generation for generation in (_V1, _V2, _V3)}
