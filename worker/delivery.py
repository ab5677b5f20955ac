"""The steps of one delivery: parse, map, write, complete, add tags, note; each is stored before the next begins."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import SecretStr

from shared.config import Form, Location
from shared.diagnosis import diagnose
from shared.highlevel.client import Client, StoredContact
from shared.highlevel.contact import Contact
from shared.highlevel.custom_fields import Catalogue
from shared.highlevel.echo import identity_changes, not_stored
from shared.highlevel.errors import ContactGone, ContactRejected, Garbled, HighLevelError, HighLevelUnavailable
from shared.highlevel.wire import OutOfTime
from shared.journal import Lease
from shared.journal.records import Superseded, Upserted
from shared.mapping import Mapped, Unmappable, map_answers, needs_catalogue, sent_fields, without
from shared.providers import PROVIDERS
from shared.submission import Answer, Attempt, NotStored
from worker.calls import Calls, NoPermit
from worker.catalogues import Catalogues
from worker.decide import IdentityChanged
from worker.persons import IDENTIFIERS, identity, identity_of
from worker.writing import Writer


class PersonBusy(Exception):
    """Another submission of the same person is being delivered; this one waits, and has been settled so."""


class MappingFailed(Exception):
    """No contact can be made of the answers; the cause says why."""


def read_answers(provider: str, body: bytes, content_type: str) -> Sequence[Answer]:
    """Return the answers in a request's body; raise UnreadableBody when there are none to find."""
    return PROVIDERS[provider].read(body, content_type).answers


@dataclass
class Delivery:
    """One submission on its way to HighLevel, and how far it has come."""

    lease: Lease
    form: Form
    location: Location
    client: Client
    calls: Calls
    catalogues: Catalogues
    key: SecretStr = field(repr=False)
    mapped: Mapped = field(init=False)
    writer: Writer | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        record = self.lease.record
        self.upserted = record.upserted
        self.completed = record.completed or record.upserted is None
        self.tagged = record.tagged is not None
        self.note = record.note
        self.salvaged = record.salvaged
        self.reupserted = record.reupserted
        self.not_stored = record.not_stored
        self.superseded: tuple[Superseded, ...] = record.superseded
        self.catalogue: Catalogue | None = None

    @property
    def is_unrepeatable(self) -> bool:
        """Say whether a call was made whose outcome is unknown and that must not be made twice."""
        return self.writer is not None and self.writer.creating is not None

    def run(self) -> dict[str, Any]:
        """Carry out the steps that are left and return the details of the success."""
        self._map()
        self._prepare()
        try:
            return self._steps()
        except ContactGone as error:
            if self.reupserted:
                raise
            # Somebody deleted the contact between our calls: write it again, once.
            self.upserted, self.tagged, self.reupserted = None, False, True
            self.lease.store(error.attempt, upserted="", completed="", tagged="", reupserted=True)
            return self._steps()

    def calls_left(self) -> int:
        """Return how many calls the steps that are left take."""
        if not hasattr(self, "mapped"):
            return self.lease.record.calls
        write = 0 if self.upserted else 1 + (self.form.on_identity_change == "bury")
        tags = not self.tagged and bool(self._missing_tags())
        note = 0 if self.note == "done" or not self._note_text() else 2 if self.note == "started" else 1
        return max(1, write + tags + note)

    def _map(self) -> None:
        """Read the answers and map them to a contact, with today's configuration and the operator's edit."""
        record = self.lease.record
        try:
            answers = read_answers(record.provider, self.lease.body, record.content_type)
        except Exception as error:  # an adapter's error must not lose the submission
            raise MappingFailed from error
        if needs_catalogue(self.form, record.edit):
            self.catalogue = self.catalogues.of(self.calls)
        try:
            self.mapped = self._mapped(answers)
        except Unmappable as error:
            if self.catalogue is None or not any(item.field.startswith("customFields.") for item in error.diagnosis):
                raise MappingFailed from error
            # Somebody may have made the field, or the option, since the catalogue was fetched.
            self.catalogue = self.catalogues.of(self.calls, unknown=True)
            self.mapped = self._mapped_at_last(answers)
        except Exception as error:  # nor must the mapping's
            raise MappingFailed from error

    def _mapped(self, answers: Sequence[Answer]) -> Mapped:
        return map_answers(answers, self.form, self.location, self.lease.record.edit, self.catalogue)

    def _mapped_at_last(self, answers: Sequence[Answer]) -> Mapped:
        try:
            return self._mapped(answers)
        except Exception as error:
            raise MappingFailed from error

    def _prepare(self) -> None:
        """Store the contact, take the person, and hear which fields a newer submission of the person has written."""
        contact = self.mapped.contact
        persons = identity_of(self.key, self.location.location_id, contact)
        fields = {} if self.form.allow_duplicates else self._fields(contact)
        prepared = self.lease.prepare(
            mapped=self.mapped.model_dump(mode="json", by_alias=True, exclude_defaults=True),
            calls=self.calls_left(),
            persons=list(persons.values()),
            fields=fields,
        )
        if prepared.busy:
            raise PersonBusy
        values = sent_fields(contact)
        if not self.upserted:
            self.superseded = tuple(
                Superseded(field=name, value=values[name], by=newer.by, at=newer.at)
                for name, newer in prepared.newer.items()
            )

    def _fields(self, contact: Contact) -> dict[str, bool]:
        """Return the contact's fields that a newer submission may own, each with whether an edit has set it."""
        return {name: name in self.mapped.edited for name in sent_fields(contact) if name not in IDENTIFIERS}

    def _steps(self) -> dict[str, Any]:
        upserted = self.upserted or self._write()
        if not self.completed:
            self._complete(upserted.contact_id)
        self._add_tags(upserted.contact_id)
        self._write_note(upserted.contact_id)
        return {"contact_id": upserted.contact_id, "new": upserted.new}

    def _write(self) -> Upserted:
        try:
            return self._keep(*self._written())
        except ContactRejected as error:
            if not self._can_salvage(error):
                raise
            # A bad phone fails the whole contact. The email identifies it too, and the note keeps the phone.
            self.salvaged = ("phone",)
            self.lease.store(error.attempt, salvaged=["phone"])
            return self._keep(*self._written())

    def _written(self) -> tuple[StoredContact, Attempt, Writer]:
        self.writer = self._a_writer()
        contact, attempt = self.writer.write()
        self.not_stored = tuple(self.writer.not_written)
        self._verify(contact, self.writer.sent)
        return contact, attempt, self.writer

    def _a_writer(self) -> Writer:
        contact = without(self.mapped.contact, self.salvaged)
        return Writer(self.lease, self.form, self.client, self.calls, contact, frozenset(self._held_back()))

    def _keep(self, contact: StoredContact, attempt: Attempt, writer: Writer) -> Upserted:
        """Store what was written, for this submission and for later ones of the person."""
        self.upserted = Upserted(contact_id=contact.id, new=contact.new, tags=contact.tags)
        self.completed = not (contact.new and writer.left_to_complete)
        if contact.new and self.completed:
            self.superseded = ()
        shown = contact.shown
        self.lease.wrote(
            attempt,
            upserted=self.upserted.model_dump(mode="json"),
            fields=self._fields(writer.sent),
            contact_id=contact.id,
            identity=identity(self.key, self.location.location_id, shown.get("email"), shown.get("phone")),
            completed=self.completed,
            not_stored=_dumped(self.not_stored),
            superseded=_dumped(self.superseded),
            creating="",
        )
        self.lease.spare(self.calls_left())
        changes = identity_changes(self.not_stored)
        if changes and self.form.on_identity_change == "bury" and not self.lease.record.identity_confirmed:
            raise IdentityChanged(changes)
        return self.upserted

    def _complete(self, contact_id: str) -> None:
        """Give a new contact what is held back from known ones."""
        writer = self._a_writer()
        contact, attempt = writer.complete(contact_id)
        self._verify(contact, writer.sent)
        self.completed, self.superseded = True, ()
        self.lease.store(attempt, completed=True, not_stored=_dumped(self.not_stored), superseded=[])

    def _verify(self, contact: StoredContact, sent: Contact) -> None:
        found = not_stored(sent, contact.shown, is_new=bool(contact.new), catalogue=self.catalogue)
        known = {item.field for item in self.not_stored}
        self.not_stored += tuple(item for item in found if item.field not in known)

    def _held_back(self) -> set[str]:
        """Return the fields that only a new contact gets."""
        source = {"source"} if self.form.source_on == "new" and self.mapped.contact.source else set()
        return {item.field for item in self.superseded} | source

    def _can_salvage(self, error: ContactRejected) -> bool:
        about_phone = all(found.field == "phone" for found in diagnose(error.messages, error.attempt.request))
        contact = self.mapped.contact
        return about_phone and bool(contact.email) and bool(contact.phone) and not self.salvaged

    def _add_tags(self, contact_id: str) -> None:
        if self.tagged:
            return
        attempt = None
        if tags := self._missing_tags():
            attempt = self.calls.make(
                lambda account: self.client.add_tags(account, contact_id, tags, self.calls.deadline)
            )
        self.tagged = True
        self.lease.store(attempt, tagged=list(tags))

    def _missing_tags(self) -> tuple[str, ...]:
        # HighLevel keeps tags in lower case.
        present = {tag.lower() for tag in self.upserted.tags} if self.upserted else set()
        return tuple(tag for tag in self.mapped.tags if tag.lower() not in present)

    def _write_note(self, contact_id: str) -> None:
        text = self._note_text()
        if not text or self.note == "done":
            return
        if self.note == "started" and self._note_is_there(contact_id):
            self.lease.store(note="done")
            return
        # Writing a note twice would double it, so a note whose outcome is unknown is looked for first.
        self.note = "started"
        self.lease.store(note="started")
        try:
            attempt = self.calls.make(
                lambda account: self.client.create_note(account, contact_id, text, self.calls.deadline)
            )
        except (HighLevelUnavailable, Garbled):
            raise
        except (HighLevelError, NoPermit, OutOfTime):
            self.note = ""
            self.lease.store(note="")
            raise
        self.note = "done"
        self.lease.store(attempt, note="done")

    def _note_is_there(self, contact_id: str) -> bool:
        texts, attempt = self.calls.make(lambda account: self.client.notes(account, contact_id, self.calls.deadline))
        self.lease.store(attempt)
        return any(self.lease.record.id in text for text in texts)

    def _note_text(self) -> str:
        lines = self.mapped.note
        if "phone" in self.salvaged:
            lines = f"{lines}\nPhone (refused by HighLevel): {self.mapped.contact.phone}".strip()
        return f"{lines}\n\n({self.lease.record.form}, {self.lease.record.id})" if lines else ""


def _dumped(found: Sequence[NotStored | Superseded]) -> list[dict[str, Any]]:
    return [item.model_dump(mode="json") for item in found]
