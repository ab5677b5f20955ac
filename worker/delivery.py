"""The steps of one delivery: fetch or parse, map, write, add tags, note; each is stored before the next begins."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from pydantic import SecretStr

from shared.config import Form, Location
from shared.diagnosis import diagnose
from shared.highlevel.client import Client, StoredContact
from shared.highlevel.custom_fields import Catalogue
from shared.highlevel.echo import identity_changes, not_stored
from shared.highlevel.errors import ContactGone, ContactRejected, HighLevelError, HighLevelUnavailable
from shared.highlevel.oauth import TokenBusy
from shared.highlevel.wire import OutOfTime
from shared.journal import Lease
from shared.journal.records import Lead, Superseded, Target, Upserted
from shared.mapping import (
    Mapped,
    Unmappable,
    cut_note,
    edited_by,
    map_answers,
    needs_catalogue,
    same_named,
    sent_fields,
    without,
)
from shared.providers import PROVIDERS
from shared.submission import Answer, Attempt, NotStored, as_text
from worker.calls import Calls, NoPermit
from worker.catalogues import Catalogues
from worker.decide import UNKNOWN_NOTE_SECONDS, UNKNOWN_OUTCOME_SECONDS, IdentityChanged
from worker.fetching import AnswersUnreadable, Fetcher
from worker.leads import is_left_to_newer, left_to_newer, target_of
from worker.newer import overtaken, stamps
from worker.persons import IDENTIFIERS, identity, identity_of
from worker.writing import NO_DUPLICATES, Writer


class PersonBusy(Exception):
    """Another submission of the same person is being delivered; this one waits, and has been settled so."""


class MappingFailed(Exception):
    """No contact can be made of the answers; the cause says why."""


def read_answers(provider: str, body: bytes, content_type: str) -> Sequence[Answer]:
    """Return the answers in a request's body; raise AnswersUnreadable when there are none to find."""
    try:
        return PROVIDERS[provider].read(body, content_type).answers
    except MemoryError:  # that says nothing about the body
        raise
    except Exception as error:  # an adapter's error must not lose the submission
        raise AnswersUnreadable from error


@dataclass
class Delivery:
    """One submission on its way to HighLevel, and how far it has come."""

    lease: Lease
    form: Form
    location: Location
    client: Client
    calls: Calls
    catalogues: Catalogues
    fetcher: Fetcher
    key: SecretStr = field(repr=False)
    answers: Sequence[Answer] = field(default=(), init=False)
    catalogue: Catalogue | None = field(default=None, init=False)
    mapped: Mapped | None = field(default=None, init=False)
    edited: dict[str, int] = field(default_factory=dict, init=False)
    newer: tuple[Superseded, ...] = field(default=(), init=False)
    writer: Writer | None = field(default=None, init=False)
    lead: Lead = field(default=Lead(), init=False)

    def __post_init__(self) -> None:
        record = self.lease.record
        self.upserted = record.upserted
        self.tagged = record.tagged is not None
        self.note = record.note
        self.salvaged = record.salvaged
        self.reupserted = record.reupserted
        self.doubted = record.doubted
        self.not_stored = record.not_stored
        self.superseded = record.superseded

    @property
    def doubt_seconds(self) -> float:
        """Return for how long nobody can tell what came of a call that must not be made twice; 0 without one."""
        if self.doubted or (self.writer is not None and self.writer.creating is not None):
            return UNKNOWN_OUTCOME_SECONDS
        return UNKNOWN_NOTE_SECONDS if self.note == "started" else 0.0

    def run(self) -> dict[str, Any]:
        """Carry out the steps that are left and return the details of the success."""
        self.lead = self.lease.lead()
        if is_left_to_newer(self.lead, self.lease.record):
            return self._left()
        self._map()
        writer = self._prepare()
        if is_left_to_newer(self.lead, self.lease.record):
            return self._left()
        try:
            return self._steps(writer)
        except ContactGone as error:
            if self.reupserted:
                raise
            if _makes_contacts(self.form) and not self.doubted:
                # It may only not be shown yet, and another one would be a double.
                self.doubted = True
                self.lease.store(error.attempt, doubted=True)
                raise HighLevelUnavailable(str(error), error.attempt) from error
            # Somebody deleted the contact between our calls: write it again, once.
            self.upserted, self.tagged, self.reupserted = None, False, True
            writer.creating, writer.target = None, None
            writer.superseded -= set(IDENTIFIERS)
            self.lease.store(
                error.attempt, upserted="", tagged="", reupserted=True, creating="", creating_as="", target=""
            )
            return self._steps(writer)

    def calls_left(self) -> int:
        """Return how many calls the steps that are left take."""
        if self.mapped is None:
            return self.lease.record.calls
        write = 0 if self.upserted else self.form.writing_calls
        tags = not self.tagged and bool(self._missing_tags(self.mapped))
        note = 0 if self.note == "done" or not self._note_text(self.mapped) else 2 if self.note == "started" else 1
        return max(1, write + tags + note)

    # Mapping -------------------------------------------------------------------------------------------------------

    def _map(self) -> None:
        """Read the answers and map them to a contact, with today's configuration and the operator's edits."""
        record = self.lease.record
        self.answers = self._answers()
        if not needs_catalogue(self.form, record.edit):
            if same_named(self.answers, record.edit):
                self.catalogue = self.catalogues.if_readable(self.calls)
            self.mapped = self._mapped()
            return
        self.catalogue = self.catalogues.of(self.calls)
        try:
            self.mapped = self._mapped()
        except MappingFailed as failed:
            if not _is_about_custom_fields(failed.__cause__):
                raise
            # Somebody may have made the field, or the option, since the catalogue was fetched.
            self.catalogue = self.catalogues.of(self.calls, unknown=True)
            self.mapped = self._mapped()

    def _answers(self) -> Sequence[Answer]:
        """Return what the visitor filled in, from the body or, where that names it only, from its builder."""
        record, provider = self.lease.record, PROVIDERS[self.lease.record.provider]
        if record.fetched is not None:
            return record.fetched
        try:
            if provider.fetch and self.form.fetch:
                return self.fetcher.answers(self.lease, provider, provider.fetch, self.form.fetch, self.calls.deadline)
            return read_answers(record.provider, self.lease.body, record.content_type)
        except AnswersUnreadable as error:
            raise MappingFailed from error.__cause__

    def _mapped(self) -> Mapped:
        record = self.lease.record
        try:
            self.edited = edited_by(self.answers, self.form, self.location, record.edits, self.catalogue)
            return map_answers(self.answers, self.form, self.location, record.edit, self.catalogue)
        except MemoryError:
            raise
        except Exception as error:  # nor must the mapping's
            raise MappingFailed from error

    def _prepare(self) -> Writer:
        """Store the contact, take the person, and hear which fields a newer submission of the person has written."""
        mapped, record = self._contact_of_it(), self.lease.record
        values = sent_fields(mapped.contact)
        prepared = self.lease.prepare(
            mapped=mapped.model_dump(mode="json", by_alias=True, exclude_defaults=True),
            calls=self.calls_left(),
            persons=[
                *identity_of(self.key, self.location.location_id, mapped.contact).values(),
                *filter(None, [record.lead]),
            ],
            fields=stamps(values, self.edited, record),
        )
        if prepared.busy:
            raise PersonBusy
        self.lead = self.lease.lead()  # until the lease ends, no other revision is written
        newer = left_to_newer(values, self.edited, self.lead, record) | overtaken(values, prepared.newer)
        self.newer = tuple(
            Superseded(field=name, value=as_text(values[name]), by=one.by, at=one.at) for name, one in newer.items()
        )
        only_new = {"source"} if self.form.source_on == "new" and "source" not in self.edited else set()
        self.writer = Writer(
            self.lease,
            self.form,
            self.client,
            self.calls,
            contact=without(mapped.contact, self.salvaged),
            superseded=frozenset(item.field for item in self.newer),
            only_new=frozenset(only_new & values.keys()),
        )
        self.writer.target = target_of(self.lead, record)
        return self.writer

    def _left(self) -> dict[str, Any]:
        """Return the details of a success without writing: a newer revision of the lead has done it."""
        contact_id, by = self.lead.contact, self.lead.writer
        upserted = Upserted(contact_id=contact_id, new=False)
        self.lease.store(upserted=upserted.model_dump(mode="json"), superseded_by=by)
        return {"contact_id": contact_id, "new": False, "superseded_by": by}

    def _contact_of_it(self) -> Mapped:
        if self.mapped is None:
            raise ValueError("nothing has been mapped yet")
        return self.mapped

    # Steps ---------------------------------------------------------------------------------------------------------

    def _steps(self, writer: Writer) -> dict[str, Any]:
        upserted = self.upserted or self._write(writer)
        self._guard_identity()
        self._add_tags(upserted.contact_id)
        self._write_note(upserted.contact_id)
        return {"contact_id": upserted.contact_id, "new": upserted.new}

    def _write(self, writer: Writer) -> Upserted:
        if writer.target and not sent_fields(without(writer.contact, writer.superseded | writer.only_new)):
            return self._keep_as_it_is(writer.target)
        try:
            contact, attempt = writer.write()
        except ContactRejected as error:
            if not self._can_salvage(error):
                raise
            # A bad phone fails the whole contact. The email identifies it too, and the note keeps the phone.
            self.salvaged = ("phone",)
            self.lease.store(error.attempt, salvaged=["phone"])
            writer.contact = without(writer.contact, self.salvaged)
            contact, attempt = writer.write()
        return self._keep(contact, attempt, writer)

    def _keep(self, contact: StoredContact, attempt: Attempt, writer: Writer) -> Upserted:
        """Store what was written, for this submission and for later ones of the person."""
        sent = sent_fields(writer.sent)
        self.upserted = Upserted(contact_id=contact.id, new=contact.new, tags=contact.tags)
        self.superseded = tuple(item for item in self.newer if item.field not in sent)
        self.not_stored = (
            *writer.not_written,
            *not_stored(writer.sent, contact.shown, is_new=bool(contact.new), catalogue=self.catalogue),
        )
        shown = contact.shown
        made = Target(contact_id=contact.id, new=True) if contact.new and _makes_contacts(self.form) else writer.target
        self.lease.wrote(
            attempt,
            upserted=self.upserted.model_dump(mode="json"),
            fields=stamps(sent, self.edited, self.lease.record),
            contact_id=contact.id,
            made=bool(contact.new),
            beside=self.form.allow_duplicates and bool(contact.new),
            identity=identity(self.key, self.location.location_id, shown.get("email"), shown.get("phone")),
            not_stored=_dumped(self.not_stored),
            superseded=_dumped(self.superseded),
            target=made.model_dump(mode="json") if made else "",
            creating="",
            creating_as="",
        )
        # A form that names none asks for the catalogue once an hour, whatever HighLevel does with its values.
        is_named = needs_catalogue(self.form, self.lease.record.edit)
        if is_named and any(item.field.startswith("customFields.") for item in self.not_stored):
            self.catalogues.forget(self.lease.record.location)
        self.lease.spare(self.calls_left())
        return self.upserted

    def _keep_as_it_is(self, target: Target) -> Upserted:
        self.upserted, self.superseded = Upserted(contact_id=target.contact_id, new=False), self.newer
        self.lease.store(upserted=self.upserted.model_dump(mode="json"), superseded=_dumped(self.superseded))
        return self.upserted

    def _guard_identity(self) -> None:
        changes = identity_changes(self.not_stored)
        if changes and self.form.on_identity_change == "bury" and not self.lease.record.identity_confirmed:
            raise IdentityChanged(changes)

    def _can_salvage(self, error: ContactRejected) -> bool:
        about_phone = all(found.field == "phone" for found in diagnose(error.messages, error.attempt.request))
        contact = self._contact_of_it().contact
        return about_phone and bool(contact.email) and bool(contact.phone) and not self.salvaged

    def _add_tags(self, contact_id: str) -> None:
        if self.tagged:
            return
        attempt = None
        if tags := self._missing_tags(self._contact_of_it()):
            attempt = self.calls.make(
                lambda account: self.client.add_tags(account, contact_id, tags, self.calls.deadline)
            )
        self.tagged = True
        self.lease.store(attempt, tagged=list(tags))

    def _missing_tags(self, mapped: Mapped) -> tuple[str, ...]:
        # HighLevel keeps tags in lower case.
        present = {tag.lower() for tag in self.upserted.tags} if self.upserted else set()
        return tuple(tag for tag in mapped.tags if tag.lower() not in present)

    def _write_note(self, contact_id: str) -> None:
        text = self._note_text(self._contact_of_it())
        if not text or self.note == "done":
            return
        if self.note == "started" and self._note_is_there(contact_id):
            self._note_done()
            return
        # Writing a note twice would double it, so a note whose outcome is unknown is looked for first.
        self.note = "started"
        self.lease.store(note="started", noted=self.lease.record.noted or self._digest(self._contact_of_it()))
        try:
            attempt = self.calls.make(
                lambda account: self.client.create_note(account, contact_id, text, self.calls.deadline)
            )
        except (HighLevelError, NoPermit, OutOfTime, TokenBusy) as error:
            if not (isinstance(error, HighLevelError) and error.may_be_done and error.attempt.step == "note"):
                self.note = ""
                self.lease.store(note="")
            raise
        self._note_done(attempt)

    def _note_done(self, attempt: Attempt | None = None) -> None:
        self.note = "done"
        lines = [_line_digest(line) for line in self._lines(self._contact_of_it())]
        self.lease.store(attempt, note="done", **({"lines": lines} if self.lease.record.lead else {}))

    def _note_is_there(self, contact_id: str) -> bool:
        texts, attempt = self.calls.make(lambda account: self.client.notes(account, contact_id, self.calls.deadline))
        self.lease.store(attempt)
        return any(self._signature(self._contact_of_it()) in text for text in texts)

    def _note_text(self, mapped: Mapped) -> str:
        """Return the note, if there is something to note; its last line says which submission it is of."""
        lines = self._lines(mapped)
        text = cut_note("\n".join(lines), self.lease.record.id)
        return "\n".join([text, "", self._signature(mapped)]) if lines else ""

    def _lines(self, mapped: Mapped) -> list[str]:
        """Return what no field took, and what HighLevel did not take or keep; of a lead, what no note says yet."""
        lines = [*mapped.noted]
        if "phone" in self.salvaged:
            lines.append(f"Phone (refused by HighLevel): {mapped.contact.phone}")
        if self.form.unmapped != "drop":
            lost = [item for item in self.not_stored if item != NO_DUPLICATES]
            lines += [f"{item.field} (not stored by HighLevel): {item.sent}" for item in lost]
        return [line for line in lines if _line_digest(line) not in self.lead.lines]

    def _signature(self, mapped: Mapped) -> str:
        """Return by what a note is known again; one with another text than the first has a mark of its own."""
        record, digest = self.lease.record, self._digest(mapped)
        mark = f", {digest}" if record.noted not in ("", digest) else ""
        return f"({record.form}, {record.id}{mark})"

    def _digest(self, mapped: Mapped) -> str:
        return sha256("\n".join(self._lines(mapped)).encode("utf-8", "replace")).hexdigest()[:6]


def _makes_contacts(form: Form) -> bool:
    """Say whether each delivery of a form would make a contact anew."""
    return form.operation == "create" or form.allow_duplicates


def _line_digest(line: str) -> str:
    return sha256(line.encode("utf-8", "replace")).hexdigest()[:16]


def _is_about_custom_fields(error: BaseException | None) -> bool:
    return isinstance(error, Unmappable) and any(item.field.startswith("customFields.") for item in error.diagnosis)


def _dumped(found: Sequence[NotStored | Superseded]) -> list[dict[str, Any]]:
    return [item.model_dump(mode="json") for item in found]
