"""Newer wins, field by field: when each value was given, and which fields are left to a newer submission."""

from collections.abc import Collection, Mapping

from shared.highlevel.contact import DndSettings
from shared.journal.lease import Newer
from shared.journal.records import Record
from worker.persons import IDENTIFIERS

CHANNELS = tuple(f"dndSettings.{field.alias}" for field in DndSettings.model_fields.values())
# A full name writes both its parts, and do-not-disturb for all writes every channel.
PARTS = {"name": ("firstName", "lastName"), "dnd": CHANNELS}


def stamps(names: Collection[str], edited: Mapping[str, int], record: Record) -> dict[str, int]:
    """Return when the value of each field was given, in microseconds: at its edit, else when it was accepted."""
    given = {
        name: record.edit_stamps[edited[name]] if name in edited else record.stamp
        for name in names
        if name not in IDENTIFIERS
    }
    parts = {part: given[name] for name in PARTS.keys() & given.keys() for part in PARTS[name]}
    return {**parts, **given}


def overtaken(names: Collection[str], newer: Mapping[str, Newer]) -> dict[str, Newer]:
    """Return the fields that a newer submission has written, whole or in part, with the newest that has."""
    found = {name: [newer[part] for part in (name, *PARTS.get(name, ())) if part in newer] for name in names}
    return {name: max(several, key=lambda one: one.at) for name, several in found.items() if several}
