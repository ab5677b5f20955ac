"""
Writing the contact: upsert, create, or update of one that is known, each made exactly once in effect.

An upsert may be repeated. A create, or an upsert that may make a second contact of a person, may not: before it, the
time is stored at which it began, and when its outcome is unknown the contact is looked for before it is made again.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from shared.config import Form
from shared.highlevel.client import Account, Client, StoredContact
from shared.highlevel.contact import Contact
from shared.highlevel.errors import ContactRejected, Duplicate, Garbled, HighLevelError, HighLevelUnavailable
from shared.highlevel.wire import Deadline, OutOfTime
from shared.journal import Lease
from shared.mapping import sent_fields, without
from shared.submission import Attempt, NotStored
from worker.calls import Calls, NoPermit
from worker.decide import UNKNOWN_OUTCOME_SECONDS, IdentityChanged, OutcomeUnknown
from worker.persons import IDENTIFIERS

INDEX_LAG = timedelta(seconds=UNKNOWN_OUTCOME_SECONDS)
UNPROCESSABLE = 422

Written = tuple[StoredContact, Attempt]
Write = Callable[[Account, Contact, Deadline], Written]


class TooEarly(Exception):
    """Whether the contact was made can be found out in so many seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


@dataclass
class Writer:
    """
    Writes one contact, as its form says.

    `held_back` are the fields that only a new contact gets. `sent` is the contact as it went out last, `not_written`
    what had to be left out on the way, and `creating` when a call began whose outcome is unknown.
    """

    lease: Lease
    form: Form
    client: Client
    calls: Calls
    contact: Contact
    held_back: frozenset[str] = frozenset()
    not_written: list[NotStored] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.creating: datetime | None = self.lease.record.creating
        self.sent = self.contact

    def write(self) -> Written:
        """Write the contact and return it as HighLevel shows it, with the last attempt."""
        try:
            if self.form.operation == "create":
                return self._once(self.client.create, self.contact)
            if self.form.allow_duplicates:
                again = self.contact.model_copy(update={"create_new_if_duplicate_allowed": True})
                return self._once(self.client.upsert, again)
            return self._upsert()
        except Duplicate as error:
            if self.form.operation == "create" and self.form.on_duplicate == "dead_letter":
                raise
            self.lease.store(error.attempt)
            return self._update(error.contact_id)

    def complete(self, contact_id: str) -> Written:
        """Give a new contact what was held back: nothing newer can have been there."""
        self.sent = without(self.contact, sent_fields(self.contact).keys() - self.held_back)
        return self._call_update(contact_id)

    def _upsert(self) -> Written:
        if self._guards_identity():
            self._look_first()
        return self._call(self.client.upsert, self._for_a_known_contact())

    @property
    def left_to_complete(self) -> bool:
        """Say whether something was held back from the contact as it was sent."""
        return bool(self.held_back - sent_fields(self.sent).keys())

    def _update(self, contact_id: str, *, new: bool = False) -> Written:
        if self._guards_identity() and not new:
            found, attempt = self.calls.make(lambda account: self.client.get(account, contact_id, self.calls.deadline))
            self.lease.store(attempt)
            self._guard(found)
        self.sent = self.contact if new else self._for_a_known_contact()
        try:
            stored, attempt = self._call_update(contact_id)
        except Duplicate as error:
            self._leave_out_what_is_anothers(error)
            stored, attempt = self._call_update(contact_id)
        return (StoredContact(stored.id, new, stored.tags, stored.shown)), attempt

    def _once(self, write: Write, contact: Contact) -> Written:
        if self.creating and (found := self._look_for(self.creating)):
            return found
        self.calls.permit()
        began = datetime.now(UTC)
        self._note_beginning(began)
        try:
            written = self._call(write, contact, permitted=True)
        except (HighLevelUnavailable, Garbled):  # whether the contact was made is unknown
            raise
        except ContactRejected as error:
            return self._found_out(error, began)
        except (HighLevelError, NoPermit, OutOfTime):
            self._note_beginning(None)
            raise
        self.creating = None
        return written

    def _look_for(self, began: datetime) -> Written | None:
        """Return the contact that an earlier call has made after all; None when there is nobody."""
        wait = began + INDEX_LAG - self.lease.begun_at
        if wait > timedelta(0):
            raise TooEarly(wait.total_seconds())
        found, attempt = self.calls.make(
            lambda account: self.client.search(
                account, email=self.contact.email, phone=self.contact.phone, deadline=self.calls.deadline
            )
        )
        self.lease.store(attempt)
        made = [contact for contact in found if _is_made_since(contact, began)]
        if len(made) == 1:
            return self._adopt(made[0].id)
        if found:
            raise OutcomeUnknown(tuple(contact.id for contact in found))
        self._note_beginning(None)
        return None

    def _adopt(self, contact_id: str) -> Written:
        # The search shows contacts in a shape of its own, so the contact is read.
        found, attempt = self.calls.make(lambda account: self.client.get(account, contact_id, self.calls.deadline))
        self.creating = None
        return StoredContact(found.id, True, found.tags, found.shown), attempt

    def _found_out(self, error: ContactRejected, began: datetime) -> Written:
        """Look whether a refused contact was made nevertheless, and repair it."""
        if error.status != UNPROCESSABLE:
            self._note_beginning(None)
            raise error
        # https://github.com/GoHighLevel/highlevel-api-docs/issues/64
        self.lease.store(error.attempt)
        found, attempt = self.calls.make(
            lambda account: self.client.find(
                account, email=self.contact.email, phone=self.contact.phone, deadline=self.calls.deadline
            )
        )
        self.lease.store(attempt)
        self._note_beginning(None)
        if found is None or not _is_made_since(found, began):
            raise error
        return self._update(found.id, new=True)

    def _note_beginning(self, began: datetime | None) -> None:
        self.creating = began
        self.lease.store(creating=str(round(began.timestamp() * 1000)) if began else "")

    def _guards_identity(self) -> bool:
        return self.form.on_identity_change == "bury" and not self.lease.record.identity_confirmed

    def _look_first(self) -> None:
        found, attempt = self.calls.make(
            lambda account: self.client.find(
                account, email=self.contact.email, phone=self.contact.phone, deadline=self.calls.deadline
            )
        )
        self.lease.store(attempt)
        if found:
            self._guard(found)

    def _guard(self, known: StoredContact) -> None:
        if changes := identity_at_stake(self.contact, known):
            raise IdentityChanged(changes)

    def _for_a_known_contact(self) -> Contact:
        return without(self.contact, self.held_back)

    def _leave_out_what_is_anothers(self, error: Duplicate) -> None:
        """Send the contact without the identifier that belongs to somebody else, as an upsert does."""
        name = error.matching_field
        value = getattr(self.sent, name, None) if name in IDENTIFIERS else None
        if not value:
            raise error
        self.lease.store(error.attempt)
        why = f"it belongs to another contact, {error.contact_id}"
        self.not_written.append(NotStored(field=name, sent=value, why=why))
        self.sent = without(self.sent, {name})

    def _call(self, write: Write, contact: Contact, *, permitted: bool = False) -> Written:
        self.sent = contact
        return self.calls.make(lambda account: write(account, contact, self.calls.deadline), permitted=permitted)

    def _call_update(self, contact_id: str) -> Written:
        return self.calls.make(lambda account: self.client.update(account, contact_id, self.sent, self.calls.deadline))


def identity_at_stake(contact: Contact, known: StoredContact) -> tuple[NotStored, ...]:
    """Return the identifiers that a known contact has and that this one would replace."""
    sent = {"email": contact.email, "phone": contact.phone}
    return tuple(
        NotStored(field=name, sent=value, stored=there, why="the contact has another one")
        for name, value in sent.items()
        if value and isinstance(there := known.shown.get(name), str) and there.strip()
        if there.strip().lower() != value.lower()
    )


def _is_made_since(contact: StoredContact, began: datetime) -> bool:
    added = contact.added_at
    return added is not None and added >= began.replace(microsecond=began.microsecond // 1000 * 1000)
