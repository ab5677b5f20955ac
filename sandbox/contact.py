"""A person in a location, and the notes on them, as stored."""

from dataclasses import dataclass, field
from typing import Any


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
    additional_emails: list[str] = field(default_factory=list)
    notes: dict[str, Note] = field(default_factory=dict)
    writes: int = 0

    @property
    def name(self) -> str:
        """Return the full name."""
        parts = (self.fields.get("firstName"), self.fields.get("lastName"))
        return self.fields.get("name") or " ".join(part for part in parts if part)
