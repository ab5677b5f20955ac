"""
Writing the contact: upsert, create, or update of one that is known.

An upsert may be repeated. A create, or an upsert that may make a second contact of a person, may not: before it, the
time is stored at which it began (`creating`), and as soon as the contact is known, which one it is (`target`). So when
the outcome of a call is unknown, the contact is looked for before it is made again.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from shared.config import Form
from shared.highlevel.client import Account, Client, StoredContact
from shared.highlevel.contact import Contact
from shared.highlevel.echo import identifiers_at_stake
from shared.highlevel.errors import (
    ContactGone,
    ContactRejected,
    Duplicate,
    HighLevelError,
    MissingScope,
    Unexpected,
)
from shared.highlevel.oauth import TokenBusy
from shared.highlevel.wire import Deadline, OutOfTime
from shared.journal import Lease
from shared.journal.records import Target
from shared.mapping import without
from shared.submission import Attempt, NotStored
from worker.calls import Calls, NoPermit
from worker.decide import UNKNOWN_OUTCOME_SECONDS, IdentityChanged, OutcomeUnknown
from worker.persons import IDENTIFIERS

INDEX_LAG = timedelta(seconds=UNKNOWN_OUTCOME_SECONDS)
CLOCKS_APART = timedelta(seconds=60)
UNPROCESSABLE = 422
WRITES = ("create", "upsert")

NO_DUPLICATES = NotStored(
    field="createNewIfDuplicateAllowed",
    sent="true",
    stored="false",
    why="the sub-account allows no duplicate contacts, so a known one was updated",
)

T = TypeVar("T")
Written = tuple[StoredContact, Attempt]
Write = Callable[[Account, Contact, Deadline], Written]


class NotReadable(Exception):
    """The token may not read contacts, and this form has to look before it writes."""


class TooEarly(Exception):
    """Whether the contact was made can be found out in so many seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


@dataclass
class Writer:
    """
    Writes one contact, as its form says.

    `superseded` are the fields that are left to a newer submission, `only_new` those that only a new contact gets.
    `sent` is the contact as it went out last, and `not_written` what had to be left out on the way.
    """

    lease: Lease
    form: Form
    client: Client
    calls: Calls
    contact: Contact
    superseded: frozenset[str]
    only_new: frozenset[str]
    not_written: list[NotStored] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.creating: datetime | None = self.lease.record.creating
        # An edit may have changed since who is looked for.
        self.sent_as = self.lease.record.creating_as or _as_looked_for(self.contact)
        self.target: Target | None = self.lease.record.target
        self.sent = self.contact

    def write(self) -> Written:
        """Write the contact and return it as HighLevel shows it, with the last attempt."""
        self.not_written.clear()
        if self.target is None and self.creating:
            self.target = self._look_for(self.creating)
        if self.target:
            return self._update(self.target)
        if self.form.operation == "create":
            return self._make(self.client.create, self.contact)
        if self.form.allow_duplicates:
            again = self.contact.model_copy(update={"create_new_if_duplicate_allowed": True})
            return self._make(self.client.upsert, again)
        return self._upsert()

    # Contacts that may be written again ----------------------------------------------------------------------------

    def _upsert(self) -> Written:
        known = self._find() if self._guards_identity() or self.only_new else None
        if known:
            self._guard(known)
        held_back = self.superseded | (self.only_new if known else frozenset())
        try:
            return self._send(self.client.upsert, without(self.contact, held_back))
        except Duplicate as error:
            return self._update(self._take(error))

    def _update(self, target: Target) -> Written:
        if self._guards_identity() and not target.new:
            self._guard(self._get(target.contact_id))
        self.sent = without(self.contact, self._held_back(target))
        for _ in IDENTIFIERS:
            try:
                return self._put(target)
            except Duplicate as error:
                self._leave_out_what_is_anothers(error)
        return self._put(target)

    def _held_back(self, target: Target) -> frozenset[str]:
        if not target.new:
            return self.superseded | self.only_new
        # Where each submission makes its own contact, nobody else has written this one.
        return frozenset() if self.form.allow_duplicates else self.superseded

    def _put(self, target: Target) -> Written:
        stored, attempt = self.calls.make(
            lambda account: self.client.update(account, target.contact_id, self.sent, self.calls.deadline)
        )
        return StoredContact(stored.id, target.new, stored.tags, stored.shown), attempt

    def _leave_out_what_is_anothers(self, error: Duplicate) -> None:
        """Send the contact without the identifier that belongs to somebody else, as an upsert does."""
        name = error.matching_field
        value = getattr(self.sent, name, None) if name in IDENTIFIERS else None
        if not value:
            raise ContactRejected([f"{error} It belongs to the contact {error.contact_id}."], error.attempt)
        self.lease.store(error.attempt)
        why = f"it belongs to another contact, {error.contact_id}"
        self.not_written.append(NotStored(field=name, sent=value, why=why))
        self.sent = without(self.sent, {name})

    # Contacts that may be made once --------------------------------------------------------------------------------

    def _make(self, write: Write, contact: Contact) -> Written:
        self.calls.permit()
        began = self._begin()
        try:
            written = self._send(write, contact, permitted=True)
        except Duplicate as error:
            if self.form.operation == "create" and self.form.on_duplicate == "dead_letter":
                self._end()
                raise
            return self._update(self._take(error))
        except HighLevelError as error:
            if error.may_be_done and error.attempt.step in WRITES:
                raise
            return self._update(self._made_nevertheless(error, began))
        except (NoPermit, OutOfTime, TokenBusy):
            self._end()
            raise
        self.creating = None  # for good when the contact is stored
        if self.form.allow_duplicates and written[0].new is False:
            self.not_written.append(NO_DUPLICATES)
        return written

    def _made_nevertheless(self, error: HighLevelError, began: datetime) -> Target:
        """Return the contact that a refused call has made all the same; raise the refusal when it has not."""
        # https://github.com/GoHighLevel/highlevel-api-docs/issues/64
        if isinstance(error, ContactRejected) and error.status == UNPROCESSABLE:
            self.lease.store(error.attempt)
            with suppress(NotReadable):  # then the refusal stands
                found = self._find()
                if found and self._is_ours(found, began):
                    return self._take_as(Target(contact_id=found.id, new=True))
        self._end()
        raise error

    def _look_for(self, began: datetime) -> Target | None:
        """Return the contact that an earlier call has made after all; None when there is nobody."""
        wait = began + INDEX_LAG - self.lease.now()
        if wait > timedelta(0):
            raise TooEarly(wait.total_seconds())
        found = self._search()
        makers = self.lease.makers([contact.id for contact in found])
        others = {contact.id for contact, by in zip(found, makers, strict=True) if by not in ("", self.lease.record.id)}
        candidates = [contact for contact in found if contact.id not in others]
        ours = [contact for contact in candidates if self._is_ours(contact, began)]
        if len(ours) == 1:
            return self._take_as(Target(contact_id=ours[0].id, new=True))
        # A plain create may be made again beside older contacts: HighLevel names them where it allows no duplicates.
        unsure = [contact for contact in candidates if _is_about_as_old(contact, began)]
        if ours or unsure or (candidates and self.form.allow_duplicates):
            raise OutcomeUnknown(tuple(contact.id for contact in candidates))
        self._end()
        return None

    def _is_ours(self, contact: StoredContact, began: datetime) -> bool:
        """Say whether a contact was made since, and not with another name."""
        added = contact.added_at
        if added is None or added < began.replace(microsecond=began.microsecond // 1000 * 1000):
            return False
        names = {name: self.sent_as.get(name) for name in ("firstName", "lastName")}
        return all(_same(sent, shown) for name, sent in names.items() if sent and (shown := contact.shown.get(name)))

    def _begin(self) -> datetime:
        self.creating, self.sent_as = self.lease.now(), _as_looked_for(self.contact)
        self.lease.store(creating=str(round(self.creating.timestamp() * 1000)), creating_as=self.sent_as)
        return self.creating

    def _end(self) -> None:
        self.creating = None
        self.lease.store(creating="")

    def _take(self, error: Duplicate) -> Target:
        self.lease.store(error.attempt)
        return self._take_as(Target(contact_id=error.contact_id, new=False))

    def _take_as(self, target: Target) -> Target:
        self.creating, self.target = None, target
        self.lease.store(creating="", target=target.model_dump(mode="json"))
        return target

    # Looking -------------------------------------------------------------------------------------------------------

    def _guards_identity(self) -> bool:
        return self.form.on_identity_change == "bury" and not self.lease.record.identity_confirmed

    def _guard(self, known: StoredContact) -> None:
        if changes := identifiers_at_stake(self.contact, known.shown):
            raise IdentityChanged(changes)

    def _find(self) -> StoredContact | None:
        found = self._find_by(self.contact.email, self.contact.phone)
        if found is None and self.calls.location.api == "v1" and self.contact.email and self.contact.phone:
            found = self._find_by(None, self.contact.phone)  # v1 looks by one of the two
        return found

    def _find_by(self, email: str | None, phone: str | None) -> StoredContact | None:
        try:
            return self._ask(
                lambda account: self.client.find(account, email=email, phone=phone, deadline=self.calls.deadline)
            )
        except ContactGone as error:  # a way to say that there is nobody
            self.lease.store(error.attempt)
            return None

    def _search(self) -> tuple[StoredContact, ...]:
        email, phone = self.sent_as.get("email"), self.sent_as.get("phone")
        try:
            return self._ask(
                lambda account: self.client.search(account, email=email, phone=phone, deadline=self.calls.deadline)
            )
        except ContactGone as error:  # no contact was asked for by its id
            raise Unexpected(str(error), error.attempt) from error

    def _get(self, contact_id: str) -> StoredContact:
        return self._ask(lambda account: self.client.get(account, contact_id, self.calls.deadline))

    def _ask(self, call: Callable[[Account], tuple[T, Attempt]]) -> T:
        try:
            found, attempt = self.calls.make(call)
        except ContactRejected as error:  # the question was refused, not the contact
            raise Unexpected(str(error), error.attempt) from error
        except MissingScope as error:
            self.lease.store(error.attempt)
            raise NotReadable(str(error)) from error
        self.lease.store(attempt)
        return found

    def _send(self, write: Write, contact: Contact, *, permitted: bool = False) -> Written:
        self.sent = contact
        return self.calls.make(lambda account: write(account, contact, self.calls.deadline), permitted=permitted)


def _as_looked_for(contact: Contact) -> dict[str, str | None]:
    return {
        "email": contact.email,
        "phone": contact.phone,
        "firstName": contact.first_name,
        "lastName": contact.last_name,
    }


def _is_about_as_old(contact: StoredContact, began: datetime) -> bool:
    """Say whether a contact may have been made by a call that began then, if two clocks differ."""
    added = contact.added_at
    return added is None or added >= began - CLOCKS_APART


def _same(sent: str, shown: object) -> bool:
    return isinstance(shown, str) and " ".join(shown.split()).casefold() == " ".join(sent.split()).casefold()
