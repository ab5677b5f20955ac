"""
What the local HighLevel has seen of each submission, and what the journal says of it: the verdict.

* Lost: its sender was told "accepted", or the journal says "delivered", and neither a whole contact (with the note that
  names the submission, and the form's tags) stands in HighLevel nor a dead letter with its reason in the journal.
* Altered: what stands there is not word for word what the person has filled in, or stands at another location, or has
  something more; or it is nobody's.
* Doubled: more than one contact of a person, more than one note on it, or a second write of the contact for which the
  journal shows no cause: one for each. An upsert whose answer was lost is made again, which changes nothing: such
  repeats are counted in a column of their own.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.faults.senders import Lead

Contact = Mapping[str, Any]
SIGNATURE = re.compile(r"\([\w-]+, (\w+)\)$")  # the end of a note, which says of which submission it is
OUR_OWN = {"id", "type", "dateAdded", "dateUpdated", "notes", "written"}  # what the witness adds to what it was sent
QUIET_SECONDS = 5.0  # a shorter silence is none: so long takes a delivery on a busy machine


@dataclass(frozen=True)
class Seen:
    """What the witness has of one person."""

    contacts: tuple[Contact, ...]
    notes: tuple[str, ...]
    tags: frozenset[str]
    writes: int

    @property
    def doubles(self) -> int:
        """Return how many contacts and notes there are too many."""
        return max(0, len(self.contacts) - 1) + max(0, len(self.notes) - len(self.contacts))

    @property
    def submissions(self) -> list[str]:
        """Return the submissions that are noted."""
        return [found[1] for note in self.notes if (found := SIGNATURE.search(note))]

    def is_altered(self, lead: Lead, name: str, place: str, tags: Collection[str]) -> bool:
        """Say whether anything stands there that the person has not filled in so."""
        right = {**lead.contact(), "locationId": place}
        is_right = all(contact == right for contact in self.contacts) and self.tags <= set(tags)
        return not (is_right and all(note == lead.note(name) for note in self.notes))


NOTHING = Seen((), (), frozenset(), 0)


def seen_by(contacts: Iterable[Contact]) -> dict[str, Seen]:
    """Return what the witness has of each person, by email."""
    persons: dict[str, list[Contact]] = defaultdict(list)
    for contact in contacts:
        persons[str(contact.get("email"))].append(contact)
    return {email: _seen(found) for email, found in persons.items()}


def _seen(found: Sequence[Contact]) -> Seen:
    return Seen(
        contacts=tuple(_filled_in(contact) for contact in found),
        notes=tuple(note["body"] for contact in found for note in contact["notes"]),
        tags=frozenset(tag for contact in found for tag in contact["tags"]),
        writes=sum(contact["written"] for contact in found),
    )


def _filled_in(contact: Contact) -> Contact:
    return {
        name: value
        for name, value in contact.items()
        if value and name != "tags" and name not in OUR_OWN and not name.endswith("LowerCase")
    }


@dataclass(frozen=True)
class Entry:
    """What the journal says of one submission; times are seconds since the epoch."""

    id: str
    state: str
    location: str
    accepted_at: float
    settled_at: float
    reason: str = ""


@dataclass(frozen=True)
class Silence:
    """The longest time without a delivery while an accepted submission waited for one, and when it began."""

    seconds: float = 0.0
    began_at: float = 0.0


NO_SILENCE = Silence()


def silences(entries: Iterable[Entry]) -> list[Silence]:
    """Return each stretch in which nothing was settled although something waited."""
    changes: list[tuple[float, int]] = []
    for entry in entries:
        changes += [(entry.accepted_at, 1), (entry.settled_at, -1)]
    found, waiting, since = [], 0, 0.0
    for at, change in sorted(changes, key=lambda change: (change[0], -change[1])):
        if change < 0:
            found.append(Silence(at - since, since))
        if not waiting or change < 0:
            since = at
        waiting += change
    return found


def longest_silence(entries: Iterable[Entry]) -> Silence:
    """Return the longest stretch in which nothing was settled although something waited."""
    return max(silences(entries), key=lambda silence: silence.seconds, default=NO_SILENCE)


def recovery_seconds(
    ended_at: float,
    until: float,
    touched: Collection[str],
    entries: Mapping[str, Entry],
    refused: Iterable[float] = (),
) -> float:
    """
    Return how long after a fault's end all was as before.

    That is when what the fault had touched was settled, no sender was refused any more, and at no location a silence
    lasted that had begun by a time.
    """
    settled = [entries[name].settled_at for name in touched if name in entries]
    quiet = [
        one
        for entries_there in _by_location(entries.values())
        for one in silences(entries_there)
        if one.seconds > QUIET_SECONDS and one.began_at < until
    ]
    ends = [ended_at, *settled, *refused, *(one.began_at + one.seconds for one in quiet)]
    return max(0.0, *(at - ended_at for at in ends))


def _by_location(entries: Iterable[Entry]) -> Iterable[list[Entry]]:
    places: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        places[entry.location].append(entry)
    return places.values()


@dataclass(frozen=True)
class Verdict:
    """What became of all submissions of a scenario; the journal has none of the `unknown`, which were accepted."""

    lost: tuple[str, ...]
    unknown: tuple[str, ...]
    altered: tuple[str, ...]
    doubled: tuple[str, ...]
    repeats: int
    dead: Counter[str]


def verdict(
    sent: Sequence[Lead],
    told: Mapping[str, str],
    seen: Mapping[str, Seen],
    entries: Mapping[str, Entry],
    places: Mapping[str, str],
    tags: Collection[str],
    causes: Callable[[str], int],
) -> Verdict:
    """
    Compare what the senders were told with what the journal and the witness say.

    `places` are the locations of the forms; `causes` says how often the journal shows why a contact was written again.
    """
    whole: set[str] = set()
    altered, doubled, repeats = [], [], 0
    for lead in sent:
        found = seen.get(lead.email, NOTHING)
        name = told.get(lead.email) or next(iter(found.submissions), "")
        if found.is_altered(lead, name, places[lead.form], tags):
            altered.append(name or lead.email)
        if set(tags) <= found.tags:
            whole.update(found.submissions)
        again = max(0, found.writes - len(found.contacts))
        repeats += again
        if found.doubles or (name in entries and again > causes(name)):
            counts = f"{len(found.contacts)} contacts, {len(found.notes)} notes, {again} again"
            doubled.append(f"{name or lead.email}: {counts}")
    altered += [f"{email}, who has sent nothing" for email in seen.keys() - {lead.email for lead in sent}]
    dead = {entry.id: entry.reason for entry in entries.values() if entry.state == "dead"}
    delivered = [entry.id for entry in entries.values() if entry.state == "delivered"]
    return Verdict(
        lost=tuple(name for name in dict.fromkeys([*told.values(), *delivered]) if name not in whole | dead.keys()),
        unknown=tuple(name for name in told.values() if name not in entries),
        altered=tuple(altered),
        doubled=tuple(doubled),
        repeats=repeats,
        dead=Counter(dead.values()),
    )
