"""
Dead letters: listed, grouped, shown, mended, replayed, discarded.

What can go wrong:

* DeadLetterError
  - NotDead        the submission is none (any more): somebody else was faster
  - CannotReplay   today's configuration has no place for it: mend the configuration first, or what names the place
  - NotMended      still no contact can be made of it, or nothing is known that would mend it: edit it by hand
"""

import re
import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
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
from shared.intake import fell_for_honeypot, why_ignored
from shared.journal import Journal, Record
from shared.mapping import (
    LeftOut,
    Origin,
    Unmappable,
    map_answers,
    named_custom_fields,
    same_named,
    sent_fields,
    unmatched,
)
from shared.providers import PROVIDERS, Provider, Reading, UnreadableBody
from shared.routing import UNROUTED, route, why_unrouted, with_changes
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
    """The form is not in today's configuration, or the answers name none of its locations."""


class Unrouted(Exception):
    """The answers name none of the form's locations; `diagnosis` says which they may name."""

    def __init__(self, diagnosis: Diagnosis) -> None:
        super().__init__(diagnosis.rule)
        self.diagnosis = diagnosis


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

    status: Literal["mapped", "unmappable", "unrouted", "unreadable", "unfetched", "ignored"]
    location: str = ""  # the alias of the one that would get it
    answers: tuple[Answer, ...] = ()
    contact: dict[str, JsonValue] = {}
    tags: tuple[str, ...] = ()
    note: str = ""
    provenance: dict[str, Origin] = {}
    left_out: tuple[LeftOut, ...] = ()
    unchecked: tuple[str, ...] = ()  # the custom fields of which nothing could be known
    if_there: tuple[str, ...] = ()  # those that get a value of the same name, if the location has them
    diagnosis: tuple[Diagnosis, ...] = ()

    @property
    def is_mapped(self) -> bool:
        """Say whether there is a contact to send."""
        return self.status == "mapped"


@dataclass(frozen=True)
class Destination:
    """Where a submission goes by today's configuration."""

    form: Form
    alias: str
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
    """Return the groups of some dead letters, which come newest first; the largest first."""
    members: dict[str, _Alike] = {}
    for record in records:
        members.setdefault(record.group or str(record.reason), _Alike(record)).add(record)
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
    alias = route(form, with_changes(detail.answers, record.edit.answers)) if form else UNROUTED
    location = config.locations.get(alias)
    catalogue = _catalogue(fields, alias, location) if location else None
    return unmatched(change, detail.answers, named, catalogue)


def replay(journal: Journal, config: Config, submission_id: str) -> None:
    """Let a dead letter be delivered again, by today's configuration of its form."""
    record = _dead(journal, submission_id)
    to = destination(journal, config, record)
    if not journal.replay(record.id, to.form.provider, to.alias, to.form.calls):
        raise NotDead(record.id)
    logs.event("replayed", submission=record.id, form=record.form, location=to.alias)


def discard(journal: Journal, submission_id: str) -> None:
    """Drop a dead letter for good."""
    record = _dead(journal, submission_id)
    if not journal.discard(record.id):
        raise NotDead(record.id)
    logs.event("discarded", submission=record.id, form=record.form)


def preview_replay(journal: Journal, config: Config, fields: FieldCache, submission_id: str) -> Preview:
    """Say what a replay of this dead letter would send now, with its edit, by what is known of the custom fields."""
    record = _dead(journal, submission_id)
    _form_of(config, record)
    body = journal.body(record.id) or b""
    return preview(
        body, record.content_type, config, record.form, record.edit, fields, record.fetched, is_accepted=True
    )


def destination(journal: Journal, config: Config, record: Record) -> Destination:
    """Return where a dead letter goes by today's configuration and its edit; raise CannotReplay when nowhere."""
    form = _form_of(config, record)
    answers: tuple[Answer, ...] = ()
    try:
        if form.is_routed:
            answers = PROVIDERS[form.provider].read(journal.body(record.id) or b"", record.content_type).answers
        return _destination(config, record.form, answers, record.edit)
    except Unrouted as error:
        why = f"{error}. See `hookline dead show {record.id}`"
    except Exception as error:  # an adapter's fault ends the replay of this letter, not that of the others
        why = f"{type(error).__name__} while reading the answers that name its location"
    raise CannotReplay(f"{record.id} stays a dead letter: {why}.")


def preview(
    body: bytes,
    content_type: str,
    config: Config,
    name: str,
    edit: Edit = NO_EDIT,
    fields: FieldCache | None = None,
    fetched: tuple[Answer, ...] | None = None,
    *,
    is_accepted: bool = False,
) -> Preview:
    """
    Read, route and map a body as the form of this name would, and say what comes of it; of many, of the first.

    Without what is known of the locations' custom fields, those are not looked at. `fetched` are the answers that were
    fetched for a body that has none. What is accepted already is not turned away any more.
    """
    form, alias = config.forms[name], ""
    answers: tuple[Answer, ...] = ()
    try:
        reading = _without_secret(form, _read(PROVIDERS[form.provider], body, content_type, is_accepted))
        if cause := reading.ignored or ("" if is_accepted else _why_turned_away(form, reading)):
            return _no_contact("ignored", reading.answers, f"this is no submission but {cause}")
        if fetched is None and PROVIDERS[form.provider].fetch:
            return _no_contact("unfetched", (), "it holds ids only: the answers are fetched when it is delivered")
        answers = reading.answers if fetched is None else fetched
        to = _destination(config, name, answers, edit)
        alias, catalogue = to.alias, _catalogue(fields, to.alias, to.location) if fields else None
        mapped = map_answers(answers, form, to.location, edit, catalogue)
    except UnreadableBody as error:
        return _no_contact("unreadable", (), str(error))
    except Unrouted as error:
        return Preview(status="unrouted", answers=answers, diagnosis=(error.diagnosis,))
    except Unmappable as error:
        return Preview(status="unmappable", location=alias, answers=answers, diagnosis=error.diagnosis)
    except Exception as error:  # a delivery buries it for the same reason, and a preview says so beforehand
        return _no_contact("unmappable", answers, f"{type(error).__name__} while reading the answers")
    return Preview(
        status="mapped",
        location=alias,
        answers=answers,
        contact=mapped.contact.body(),
        tags=mapped.tags,
        note=mapped.note,
        provenance=mapped.provenance,
        left_out=mapped.left_out,
        unchecked=() if catalogue else _named(form, edit),
        if_there=() if catalogue else same_named(answers, edit),
    )


def _read(provider: Provider, body: bytes, content_type: str, is_accepted: bool) -> Reading:
    """Return what a request says; of many submissions, which are stored one by one, the first."""
    bodies = provider.split(body, content_type) if provider.split and not is_accepted else (body,)
    readings = [provider.read(one, content_type) for one in bodies or (body,)]
    return next((reading for reading in readings if not reading.ignored), readings[0])


def _without_secret(form: Form, reading: Reading) -> Reading:
    """Return a reading without the form's token, which the receiver takes out of the body."""
    secret = form.body_token.field if form.body_token else ""
    answers = tuple(answer for answer in reading.answers if not secret or answer.key != secret)
    return reading.model_copy(update={"answers": answers})


def _why_turned_away(form: Form, reading: Reading) -> str:
    """Return what the receiver makes of a submission that the form does not take; nothing when it takes it."""
    if why_ignored(form, reading):
        return 'one that is not finished: set partials = "deliver" to take it'
    return "a robot's: the honeypot is filled" if fell_for_honeypot(form, reading) else ""


def _form_of(config: Config, record: Record) -> Form:
    form = config.forms.get(record.form)
    if form is None:
        raise CannotReplay(
            f"{record.id} stays a dead letter: its form {record.form!r} is not in the configuration. "
            f"Add [forms.{record.form}] again and replay, or discard it."
        )
    return form


def _destination(config: Config, name: str, answers: Sequence[Answer], edit: Edit) -> Destination:
    """Return where a form sends these answers; raise Unrouted."""
    form, said = config.forms[name], with_changes(answers, edit.answers)
    alias = route(form, said)
    if alias == UNROUTED:
        raise Unrouted(why_unrouted(name, form, said))
    return Destination(form, alias, config.locations[alias])


def _no_contact(
    status: Literal["unmappable", "unreadable", "unfetched", "ignored"], answers: tuple[Answer, ...], rule: str
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


def _catalogue(fields: FieldCache, alias: str, location: Location) -> Catalogue | None:
    cached = fields.get(alias, source_of(location))
    return cached.catalogue if cached else None


def _named(form: Form, edit: Edit) -> tuple[str, ...]:
    """Return the custom fields that a form and an edit set, each once."""
    set_by_edit = [name.strip().removeprefix(CUSTOM) for name in edit.fields if names_custom_field(name)]
    return tuple(dict.fromkeys([*named_custom_fields(form), *set_by_edit]))


@dataclass
class _Alike:
    newest: Record
    oldest: datetime = field(init=False)
    count: int = 0
    forms: set[str] = field(default_factory=set)

    def add(self, record: Record) -> None:
        self.oldest, self.count = record.since, self.count + 1
        self.forms.add(record.form)


def _group(name: str, alike: _Alike) -> Group:
    return Group(
        group=name,
        count=alike.count,
        reason=alike.newest.reason,
        rule="; ".join(causes(alike.newest.diagnosis)),
        forms=tuple(sorted(alike.forms)),
        oldest=alike.oldest,
        newest=alike.newest.since,
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
