"""The steps of one delivery: parse, map, upsert, add tags, note; each is stored before the next begins."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from shared.config import Form, Location
from shared.diagnosis import PHONE
from shared.highlevel.client import Account, Client, Deadline, OutOfTime, UpsertedContact
from shared.highlevel.errors import ContactGone, ContactRejected, Garbled, HighLevelError, HighLevelUnavailable
from shared.journal import Lease
from shared.journal.records import Upserted
from shared.mapping import Mapped, map_answers
from shared.providers import PROVIDERS
from shared.submission import Answer

T = TypeVar("T")


class NoPermit(Exception):
    """The rate limit lets no further call through for `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


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
    deadline: Deadline
    mapped: Mapped = field(init=False)

    def __post_init__(self) -> None:
        record = self.lease.record
        self.upserted = record.upserted
        self.tagged = record.tagged is not None
        self.note = record.note
        self.salvaged = record.salvaged
        self.reupserted = record.reupserted
        self._account = Account(self.location.location_id, self.location.token)

    def map(self) -> None:
        """Read the answers and map them to a contact, with today's configuration and the operator's edit."""
        record = self.lease.record
        answers = read_answers(record.provider, self.lease.body, record.content_type)
        self.mapped = map_answers(answers, self.form, self.location, record.edit)
        self.lease.store(mapped=self.mapped.model_dump(mode="json", by_alias=True, exclude_defaults=True))
        self.lease.spare(self.calls_left())

    def run(self) -> dict[str, Any]:
        """Carry out the steps that are left and return the details of the success."""
        try:
            return self._steps()
        except ContactGone as error:
            if self.reupserted:
                raise
            # Somebody deleted the contact between our calls: upsert it again, once.
            self.upserted, self.tagged, self.reupserted = None, False, True
            self.lease.store(error.attempt, upserted="", tagged="", reupserted=True)
            return self._steps()

    def calls_left(self) -> int:
        """Return how many calls the steps that are left take."""
        upsert = self.upserted is None
        tags = not self.tagged and bool(self._missing_tags())
        note = 0 if self.note == "done" or not self._note_text() else 2 if self.note == "started" else 1
        return max(1, upsert + tags + note)

    def _steps(self) -> dict[str, Any]:
        upserted = self.upserted or self._upsert()
        self._add_tags(upserted.contact_id)
        self._write_note(upserted.contact_id)
        return {"contact_id": upserted.contact_id, "new": upserted.new}

    def _upsert(self) -> Upserted:
        try:
            answer = self._upsert_contact()
        except ContactRejected as error:
            if not self._can_salvage(error):
                raise
            # A bad phone fails the whole contact. The email identifies it too, and the note keeps the phone.
            self.salvaged = ("phone",)
            self.lease.store(error.attempt, salvaged=["phone"])
            answer = self._upsert_contact()
        self.upserted = Upserted(contact_id=answer.id, new=answer.new, tags=answer.tags)
        self.lease.store(answer.attempt, upserted=self.upserted.model_dump(mode="json"))
        self.lease.spare(self.calls_left())
        return self.upserted

    def _upsert_contact(self) -> UpsertedContact:
        contact = self.mapped.contact
        if self.salvaged:
            contact = contact.model_copy(update=dict.fromkeys(self.salvaged))
        return self._call(lambda: self.client.upsert(self._account, contact, self.deadline))

    def _can_salvage(self, error: ContactRejected) -> bool:
        about_phone = all(PHONE.search(message) or message.startswith("phone ") for message in error.messages)
        contact = self.mapped.contact
        return about_phone and bool(contact.email) and bool(contact.phone) and not self.salvaged

    def _add_tags(self, contact_id: str) -> None:
        if self.tagged:
            return
        attempt = None
        if tags := self._missing_tags():
            attempt = self._call(lambda: self.client.add_tags(self._account, contact_id, tags, self.deadline))
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
            attempt = self._call(lambda: self.client.create_note(self._account, contact_id, text, self.deadline))
        except (HighLevelUnavailable, Garbled):
            raise
        except (HighLevelError, NoPermit, OutOfTime):
            self.note = ""
            self.lease.store(note="")
            raise
        self.note = "done"
        self.lease.store(attempt, note="done")

    def _note_is_there(self, contact_id: str) -> bool:
        texts, attempt = self._call(lambda: self.client.notes(self._account, contact_id, self.deadline))
        self.lease.store(attempt)
        return any(self.lease.record.id in text for text in texts)

    def _note_text(self) -> str:
        lines = self.mapped.note
        if "phone" in self.salvaged:
            lines = f"{lines}\nPhone (refused by HighLevel): {self.mapped.contact.phone}".strip()
        return f"{lines}\n\n({self.lease.record.form}, {self.lease.record.id})" if lines else ""

    def _call(self, call: Callable[[], T]) -> T:
        self.deadline.for_a_call()  # a call that may not start takes no permit
        if seconds := self.lease.permit():
            raise NoPermit(seconds)
        return call()
