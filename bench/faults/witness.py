"""
What the local HighLevel has seen of each submission, and what the journal says of it: the verdict.

* Lost: its sender was told "accepted", and neither a whole contact (with the note that carries the answer which no
  field takes, and the form's tags) stands in HighLevel nor a dead letter with its reason in the journal. A submission
  that is delivered by the journal but not by the witness is lost too.
* Doubled: more than one contact of a person, more than one note on it, or a second write of the contact for which the
  journal shows no cause. An upsert whose answer was lost is made again, which changes nothing: such repeats are counted
  in a column of their own.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.faults.senders import Lead

Contact = Mapping[str, Any]
QUIET_SECONDS = 5.0  # a shorter silence is none: so long takes a delivery on a busy machine


@dataclass(frozen=True)
class Seen:
    """What the witness has of one person."""

    contacts: int
    notes: tuple[str, ...]
    tags: tuple[str, ...]
    writes: int

    @property
    def doubles(self) -> int:
        """Return how many contacts and notes there are too many."""
        return max(0, self.contacts - 1) + max(0, len(self.notes) - self.contacts)

    def is_whole(self, lead: Lead, submission_id: str, tags: Collection[str]) -> bool:
        """Say whether all that a person has filled in stands there."""
        is_noted = any(lead.answer in note and submission_id in note for note in self.notes)
        return is_noted and set(tags) <= set(self.tags)


NOTHING = Seen(0, (), (), 0)


def seen_by(contacts: Iterable[Contact]) -> dict[str, Seen]:
    """Return what the witness has of each person, by email."""
    persons: dict[str, list[Contact]] = defaultdict(list)
    for contact in contacts:
        persons[str(contact["email"])].append(contact)
    return {email: _seen(found) for email, found in persons.items()}


def _seen(found: Sequence[Contact]) -> Seen:
    return Seen(
        contacts=len(found),
        notes=tuple(note["body"] for contact in found for note in contact["notes"]),
        tags=tuple(tag for contact in found for tag in contact["tags"]),
        writes=sum(contact["written"] for contact in found),
    )


@dataclass(frozen=True)
class Entry:
    """What the journal says of one submission; times are seconds since the epoch."""

    id: str
    state: str
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
    ended_at: float, within_seconds: float, touched: Collection[str], entries: Mapping[str, Entry]
) -> float:
    """
    Return how long after a fault's end all was as before.

    That is when what the fault had touched was settled, and no silence lasted any more that had begun by the time when
    all was to be as before.
    """
    until = ended_at + within_seconds
    settled = [entries[name].settled_at for name in touched if name in entries]
    quiet = [one for one in silences(entries.values()) if one.seconds > QUIET_SECONDS and one.began_at < until]
    return max(0.0, *(at - ended_at for at in [ended_at, *settled, *(one.began_at + one.seconds for one in quiet)]))


@dataclass(frozen=True)
class Verdict:
    """What became of all submissions of a scenario; the journal has none of the `unknown`, which were accepted."""

    lost: tuple[str, ...]
    unknown: tuple[str, ...]
    doubled: tuple[str, ...]
    repeats: int
    dead: Counter[str]


def verdict(
    sent: Sequence[Lead],
    told: Mapping[str, str],
    seen: Mapping[str, Seen],
    entries: Mapping[str, Entry],
    tags: Collection[str],
    had_trouble: Callable[[str], bool],
) -> Verdict:
    """Compare what the senders were told with what the journal and the witness say."""
    lost, unknown, doubled, repeats = [], [], [], 0
    for lead in sent:
        found, name = seen.get(lead.email, NOTHING), told.get(lead.email, "")
        entry = entries.get(name)
        if name and not (found.is_whole(lead, name, tags) or (entry and entry.state == "dead")):
            lost.append(name)
        if name and not entry:
            unknown.append(name)
        again = max(0, found.writes - found.contacts)
        repeats += again
        if found.doubles or (again and entry and not had_trouble(entry.id)):
            doubled.append(f"{name or lead.email}: {found.contacts} contacts, {len(found.notes)} notes, {again} again")
    noted = sum(len(found.notes) for found in seen.values())
    delivered = [entry for entry in entries.values() if entry.state == "delivered"]
    lost += ["delivered by the journal only"] * max(0, len(delivered) - noted)
    dead = Counter(entry.reason for entry in entries.values() if entry.state == "dead")
    return Verdict(tuple(lost), tuple(unknown), tuple(doubled), repeats, dead)
