"""One lead, one contact, never a step back: what a revision writes when others of its lead were written before."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta

from shared.journal.lease import Newer
from shared.journal.records import Lead, Record, Target
from worker.persons import IDENTIFIERS


def overtaken_by(lead: Lead, record: Record) -> Newer | None:
    """Return the newer revision that was written already, if there is one."""
    if lead.stamp <= record.stamp:
        return None
    return Newer(lead.writer, datetime.fromtimestamp(0, UTC) + timedelta(microseconds=lead.stamp))


def is_left_to_newer(lead: Lead, record: Record) -> bool:
    """Say whether a newer revision has all that this one would write: an operator's edit only this one has."""
    return overtaken_by(lead, record) is not None and not record.edits


def left_to_newer(names: Collection[str], edited: Mapping[str, int], lead: Lead, record: Record) -> dict[str, Newer]:
    """Return the fields that an edited revision leaves to a newer one: those without an edit, or with an older one."""
    newer = overtaken_by(lead, record)
    if newer is None or lead.location != record.location:
        return {}

    def has_its_say(name: str) -> bool:
        # Of other fields it is known who wrote them when.
        return name in edited and (name not in IDENTIFIERS or record.edit_stamps[edited[name]] > lead.stamp)

    return {name: newer for name in names if not has_its_say(name)}


def target_of(lead: Lead, record: Record) -> Target | None:
    """Return the contact that a revision writes, as far as it is known and was not found to be gone."""
    if lead.contact and lead.location == record.location and not record.reupserted:
        return Target(contact_id=lead.contact, new=False)
    return record.target
