"""
The scopes that our calls to HighLevel need, and how a location gets one that it lacks.

https://marketplace.gohighlevel.com/docs/Authorization/Scopes
"""

from collections.abc import Mapping
from typing import NamedTuple

from shared.config import Location


class Scope(NamedTuple):
    """What a token may do: the scope's name, and what HighLevel's pages call it."""

    name: str
    shown_as: str

    def __str__(self) -> str:
        return f"{self.shown_as} ({self.name})"


VIEW_CONTACTS = Scope("contacts.readonly", "View Contacts")
EDIT_CONTACTS = Scope("contacts.write", "Edit Contacts")
VIEW_CUSTOM_FIELDS = Scope("locations/customFields.readonly", "View Custom Fields")
SCOPES = (VIEW_CONTACTS, EDIT_CONTACTS, VIEW_CUSTOM_FIELDS)
# By the step of an attempt.
NEEDED: Mapping[str, Scope] = {
    **dict.fromkeys(("find", "read", "search", "look for note"), VIEW_CONTACTS),
    **dict.fromkeys(("upsert", "create", "update", "delete", "tags", "note"), EDIT_CONTACTS),
    "custom fields": VIEW_CUSTOM_FIELDS,
}


def way_out(alias: str, location: Location, step: str) -> str:
    """Say how a location gets the scope that a step needs."""
    scope = NEEDED.get(step, "the scope that it names")
    if location.oauth:
        return f"Add {scope} to the scopes of the app, then run `hookline oauth connect {alias}` again."
    place = "Settings > Private Integrations"
    return f"Edit the integration at {place} and tick {scope}; the token stays the same."
