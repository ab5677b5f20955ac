"""
Dead letters: listed, grouped, shown, mended, replayed, discarded.

What can go wrong:

* DeadLetterError
  - NotDead        the submission is none (any more): somebody else was faster
  - CannotReplay   today's configuration has no place for it: mend the configuration first
  - NotMended      still no contact can be made of it, or nothing is known that would mend it: edit it by hand
"""

import re
import shlex
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from itertools import takewhile
from typing import Literal

from pydantic import JsonValue

from shared import logs
from shared.config import Config, Form, Location
from shared.diagnosis import IDENTIFIERS, causes, masked
from shared.field_names import CUSTOM, names_custom_field
from shared.highlevel.contact import Contact
from shared.highlevel.custom_fields import Catalogue
from shared.journal import Journal, Record
from shared.mapping import LeftOut, Unmappable, map_answers, named_custom_fields, sent_fields, unmatched
from shared.providers import PROVIDERS, UnreadableBody
from shared.status import Detail, Page, find, page
from shared.status import show as show_submission
from shared.stores.custom_fields import FieldCache, source_of
from shared.submission import Answer, Diagnosis, Edit, Frozen, Reason, State

OPTION = re.compile(r"""--(?:field|to-note|drop|answer) (?:'[^']*'|"[^"]*"|[^\s,;'"])+""")
COMMAND = re.compile(rf"hookline dead (?:edit \S+ {OPTION.pattern}|(?:replay|discard) [\w-]+)")
# What a fix may tell to do with a letter as it is.
VERBS = ("replay", "discard")
# What a plan counts by, so it may not tell visitors apart.
PERSONAL = frozenset({*IDENTIFIERS, "firstName", "lastName", "name", "dateOfBirth", "address1"})
NO_EDIT = Edit()


class DeadLetterError(Exception):
    """Something that an operator asked for cannot be done to this submission; the message says why."""


class NotDead(DeadLetterError):
    """The submission is no dead letter."""

    def __init__(self, submission_id: str, state: State | None = None) -> None:
        now = f"it is {state}" if state and state is not State.DEAD else "somebody else was faster"
        super().__init__(f"{submission_id} is no dead letter: {now}. See `hookline submissions show {submission_id}`.")


class CannotReplay(DeadLetterError):
    """The form, or its location, is not in today's configuration."""


class NotMended(DeadLetterError):
    """A replay would only bury the submission again."""

    def __init__(self, submission_id: str, why: str) -> None:
        super().__init__(f"{submission_id} stays a dead letter: {why}. See `hookline dead show {submission_id}`.")


class Filter(Frozen):
    """Which dead letters are meant: those that match everything that is given."""

    form: str = ""
    location: str = ""
    reason: Reason | None = None
    group: str = ""
    since: datetime | None = None  # buried at that time or later

    def admits(self, record: Record) -> bool:
        """Say whether a dead letter matches, whenever it was buried."""
        return (
            self.form in ("", record.form)
            and self.location in ("", record.location)
            and self.reason in (None, record.reason)
            and self.group in ("", record.group)
        )


class Group(Frozen):
    """Dead letters that share a cause; `rule` is an example of it, oldest and newest are when they were buried."""

    group: str
    count: int
    reason: Reason | None
    rule: str
    forms: tuple[str, ...]
    oldest: datetime
    newest: datetime


class Preview(Frozen):
    """What a body would become if it were delivered now."""

    status: Literal["mapped", "unmappable", "unreadable", "ignored"]
    answers: tuple[Answer, ...] = ()
    contact: dict[str, JsonValue] = {}
    tags: tuple[str, ...] = ()
    note: str = ""
    provenance: dict[str, str] = {}
    left_out: tuple[LeftOut, ...] = ()
    unchecked: tuple[str, ...] = ()  # the custom fields of which nothing could be known
    diagnosis: tuple[Diagnosis, ...] = ()

    @property
    def is_mapped(self) -> bool:
        """Say whether there is a contact to send."""
        return self.status == "mapped"


@dataclass(frozen=True)
class Destination:
    """Where a submission goes by today's configuration."""

    form: Form
    location: Location


def matching(journal: Journal, wanted: Filter) -> Iterator[Record]:
    """Yield the dead letters that match, newest first."""
    records: Iterator[Record] = (record for record in journal.submissions(State.DEAD) if record.state is State.DEAD)
    if since := wanted.since:
        records = takewhile(lambda record: record.since >= since, records)
    return filter(wanted.admits, records)


def listed(journal: Journal, wanted: Filter, limit: int, after: str = "") -> Page:
    """Return the dead letters that match, newest first."""
    return page(matching(journal, wanted), limit, after)


def groups(records: Iterable[Record]) -> tuple[Group, ...]:
    """Return the groups of some dead letters, the largest first."""
    members: dict[str, list[Record]] = {}
    for record in records:
        members.setdefault(record.group or str(record.reason), []).append(record)
    found = [_group(name, alike) for name, alike in members.items()]
    return tuple(sorted(found, key=lambda group: -group.count))


def plan(records: Iterable[Record]) -> Counter[tuple[str, str, str]]:
    """Return how many of some dead letters there are for each form, reason and group."""
    return Counter((record.form, str(record.reason), record.group) for record in records)


def plan_of_mending(records: Iterable[Record], config: Config) -> Counter[tuple[str, str, str, str]]:
    """Return the same with what would be changed before they are replayed; nothing where nothing is proposed."""
    return Counter(
        (record.form, str(record.reason), record.group, summary(_mending(record, config))) for record in records
    )


def show(journal: Journal, submission_id: str) -> Detail:
    """Return everything about a dead letter, its fixes as commands to copy; raise NoSuchSubmission or NotDead."""
    detail = show_submission(journal, submission_id)
    if detail.state is not State.DEAD:
        raise NotDead(submission_id, detail.state)
    diagnosis = tuple(_with_commands(found, detail) for found in detail.diagnosis)
    return detail.model_copy(update={"diagnosis": diagnosis})


def commands(fix: str) -> list[str]:
    """Return the commands that a fix offers."""
    return COMMAND.findall(fix)


def propose(found: Detail | Record) -> Edit | None:
    """Return the edit that mends a dead letter; None unless each of its diagnoses proposes one."""
    proposals = [diagnosis.proposal for diagnosis in found.diagnosis]
    known = [proposal for proposal in proposals if proposal]
    return reduce(Edit.merged, known) if known and len(known) == len(proposals) else None


def summary(change: Edit | None) -> str:
    """Say in short what an edit changes, without the values that tell who somebody is."""
    if change is None:
        return ""
    noted = [f"note {name}" for name in change.to_note]
    dropped = [f"drop {name}" for name in change.drop]
    fields = [f"{name}={'…' if name in PERSONAL else masked(value)}" for name, value in change.fields.items()]
    return ", ".join([*noted, *dropped, *fields, *(f"answer {label}" for label in change.answers)])


def mend(journal: Journal, config: Config, submission_id: str) -> bool:
    """Make the edit that a dead letter's diagnoses propose; False when there is none."""
    proposal = _mending(_dead(journal, submission_id), config)
    if proposal is None:
        return False
    edit(journal, submission_id, proposal)
    return True


def edit(journal: Journal, submission_id: str, change: Edit) -> None:
    """Keep a change of a dead letter on top of earlier ones; it counts from the next replay on."""
    record = _dead(journal, submission_id)
    if not journal.edit(record.id, change):
        raise NotDead(record.id)
    logs.event("edited", submission=record.id, form=record.form)


def take_back(journal: Journal, submission_id: str) -> None:
    """Forget all changes of a dead letter."""
    record = _dead(journal, submission_id)
    if not journal.forget_edits(record.id):
        raise NotDead(record.id)
    logs.event("edits taken back", submission=record.id, form=record.form)


def doubts(journal: Journal, config: Config, fields: FieldCache, submission_id: str, change: Edit) -> tuple[str, ...]:
    """Return what a change says of answers and fields that this dead letter does not have, as sentences."""
    record, detail = _dead(journal, submission_id), show_submission(journal, submission_id)
    form = config.forms.get(record.form)
    sent = sent_fields(Contact.model_validate(detail.contact)) if detail.contact else {}
    named = [
        *(named_custom_fields(form) if form else ()),
        *filter(names_custom_field, (*sent, *record.edit.names, *(found.field for found in record.diagnosis))),
    ]
    catalogue = _catalogue(fields, Destination(form, config.locations[form.location])) if form else None
    return unmatched(change, detail.answers, named, catalogue)


def replay(journal: Journal, config: Config, submission_id: str) -> None:
    """Let a dead letter be delivered again, by today's configuration of its form."""
    record = _dead(journal, submission_id)
    form = destination(config, record).form
    if not journal.replay(record.id, form.provider, form.location, form.calls):
        raise NotDead(record.id)
    logs.event("replayed", submission=record.id, form=record.form, location=form.location)


def discard(journal: Journal, submission_id: str) -> None:
    """Drop a dead letter for good."""
    record = _dead(journal, submission_id)
    if not journal.discard(record.id):
        raise NotDead(record.id)
    logs.event("discarded", submission=record.id, form=record.form)


def preview_replay(journal: Journal, config: Config, fields: FieldCache, submission_id: str) -> Preview:
    """Say what a replay of this dead letter would send now, with its edit, by what is known of the custom fields."""
    record = _dead(journal, submission_id)
    to = destination(config, record)
    body = journal.body(record.id) or b""
    return preview(body, record.content_type, to, record.edit, _catalogue(fields, to))


def destination(config: Config, record: Record) -> Destination:
    """Return where a dead letter goes by today's configuration; raise CannotReplay when it goes nowhere."""
    form = config.forms.get(record.form)
    if form is None:
        raise CannotReplay(
            f"{record.id} stays a dead letter: its form {record.form!r} is not in the configuration. "
            f"Add [forms.{record.form}] again and replay, or discard it."
        )
    return Destination(form, config.locations[form.location])


def preview(
    body: bytes, content_type: str, to: Destination, edit: Edit = NO_EDIT, catalogue: Catalogue | None = None
) -> Preview:
    """
    Read and map a body as a delivery would, and say what comes of it.

    Without the location's catalogue, its custom fields are not looked at.
    """
    answers: tuple[Answer, ...] = ()
    try:
        reading = PROVIDERS[to.form.provider].read(body, content_type)
        if reading.ignored:
            return _no_contact("ignored", (), f"this is no submission but {reading.ignored}")
        answers = reading.answers
        mapped = map_answers(answers, to.form, to.location, edit, catalogue)
    except UnreadableBody as error:
        return _no_contact("unreadable", (), str(error))
    except Unmappable as error:
        return Preview(status="unmappable", answers=answers, diagnosis=error.diagnosis)
    except Exception as error:  # a delivery buries it for the same reason, and a preview says so beforehand
        return _no_contact("unmappable", answers, f"{type(error).__name__} while reading the answers")
    return Preview(
        status="mapped",
        answers=answers,
        contact=mapped.contact.body(),
        tags=mapped.tags,
        note=mapped.note,
        provenance=mapped.provenance,
        left_out=mapped.left_out,
        unchecked=() if catalogue else _named(to.form, edit),
    )


def _no_contact(
    status: Literal["unmappable", "unreadable", "ignored"], answers: tuple[Answer, ...], rule: str
) -> Preview:
    return Preview(status=status, answers=answers, diagnosis=(Diagnosis(field="", rule=rule),))


def _dead(journal: Journal, submission_id: str) -> Record:
    record = find(journal, submission_id)
    if record.state is not State.DEAD:
        raise NotDead(submission_id, record.state)
    return record


def _mending(record: Record, config: Config) -> Edit | None:
    """Return the edit that a letter's diagnoses propose, as its form takes it: some forms want no notes."""
    proposal, form = propose(record), config.forms.get(record.form)
    if proposal is None or form is None or form.unmapped != "drop":
        return proposal
    return proposal.model_copy(update={"drop": (*proposal.drop, *proposal.to_note), "to_note": ()})


def _catalogue(fields: FieldCache, to: Destination) -> Catalogue | None:
    cached = fields.get(to.form.location, source_of(to.location))
    return cached.catalogue if cached else None


def _named(form: Form, edit: Edit) -> tuple[str, ...]:
    """Return the custom fields that a form and an edit set, each once."""
    set_by_edit = [name.strip().removeprefix(CUSTOM) for name in edit.fields if names_custom_field(name)]
    return tuple(dict.fromkeys([*named_custom_fields(form), *set_by_edit]))


def _group(name: str, alike: list[Record]) -> Group:
    newest, oldest = alike[0], alike[-1]
    return Group(
        group=name,
        count=len(alike),
        reason=newest.reason,
        rule="; ".join(causes(newest.diagnosis)),
        forms=tuple(sorted({record.form for record in alike})),
        oldest=oldest.since,
        newest=newest.since,
    )


def _with_commands(found: Diagnosis, detail: Detail) -> Diagnosis:
    """Return a diagnosis whose fix holds whole commands instead of options, and those of what it tells to do."""
    edit = f"hookline dead edit {detail.id}"
    fix, replaced = OPTION.subn(lambda option: f"{edit} {option[0]}", found.fix)
    if found.field and not replaced and detail.reason is Reason.UNMAPPABLE:
        enough = "One of email and phone is enough:" if _both_identifiers(detail) else ""
        fix = " ".join(filter(None, [fix, enough, f"{edit} --field {shlex.quote(found.field)}=VALUE"]))
    said = OPTION.sub("", found.fix)
    ready = [f"hookline dead {verb} {detail.id}" for verb in VERBS if re.search(rf"\b{verb}\b", said)]
    return found.model_copy(update={"fix": f"{fix}; {' or '.join(ready)}" if ready else fix})


def _both_identifiers(detail: Detail) -> bool:
    return {found.field for found in detail.diagnosis}.issuperset(IDENTIFIERS)
