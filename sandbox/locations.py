"""Locations (sub-accounts): their settings, and who in them has which email and phone."""

from collections import defaultdict
from typing import Any, Literal

import phonenumbers
from pydantic import BaseModel, ConfigDict, Field, field_validator

from sandbox.contact import Contact
from sandbox.custom_fields import CustomField

Identifier = Literal["email", "phone"]
IDENTIFIERS: tuple[Identifier, Identifier] = ("email", "phone")


class LocationSettings(BaseModel):
    """What an owner can set for a location."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    allow_duplicates: bool = False
    duplicate_priority: tuple[Identifier, ...] = Field(default=IDENTIFIERS, min_length=1, max_length=2)
    default_region: str = "US"
    custom_fields: tuple[CustomField, ...] = ()
    search_lag_ms: int = Field(default=0, ge=0)

    @field_validator("default_region")
    @classmethod
    def region_is_known(cls, region: str) -> str:
        if region not in phonenumbers.SUPPORTED_REGIONS:
            raise ValueError(f"{region!r} is no region of libphonenumber, such as US or DE")
        return region


class Location:
    """One location: its settings, and an index of its contacts by identifier."""

    def __init__(self, location_id: str, settings: LocationSettings) -> None:
        self.id = location_id
        self.settings = settings
        self._people: dict[tuple[Identifier, str], list[Contact]] = defaultdict(list)

    def match(self, values: dict[str, Any]) -> tuple[Contact, Identifier] | None:
        """Return the contact with the first identifier of the location's order that somebody has."""
        for field in self.settings.duplicate_priority:
            owner = self.owner(field, values.get(field))
            if owner:
                return owner, field
        return None

    def owner(self, field: Identifier, value: str | None) -> Contact | None:
        """Return the oldest contact with this email or phone."""
        owners = self._people.get((field, value.lower())) if value else None
        return owners[0] if owners else None

    def enter(self, contact: Contact) -> None:
        for key in _keys(contact):
            self._people[key].append(contact)

    def leave(self, contact: Contact) -> None:
        for key in _keys(contact):
            self._people[key].remove(contact)
            if not self._people[key]:
                del self._people[key]


def _keys(contact: Contact) -> list[tuple[Identifier, str]]:
    first = [(field, contact.fields[field].lower()) for field in IDENTIFIERS if contact.fields.get(field)]
    further: list[tuple[Identifier, str]] = [("email", email.lower()) for email in contact.additional_emails]
    return list(dict.fromkeys([*first, *further]))
