"""
Examines the real thing: whether each location's token, scopes, fields and clock are what its forms need.

`examine` makes a few reading calls; with `write` also a throwaway contact, which it deletes again.
"""

import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from shared.accounts import Accounts
from shared.config import Constant, Form, Location, Source
from shared.findings import Finding, Level
from shared.highlevel.client import Account, Client, StoredContact
from shared.highlevel.contact import Contact
from shared.highlevel.custom_fields import Catalogue, LocationField
from shared.highlevel.custom_values import WrongValue, converted
from shared.highlevel.echo import not_stored
from shared.highlevel.errors import (
    BadCredentials,
    Garbled,
    HighLevelError,
    HighLevelUnavailable,
    Misconfigured,
    MissingScope,
    RateLimited,
    WrongLocation,
    messages_of,
)
from shared.highlevel.generations import GENERATIONS
from shared.highlevel.oauth import STEP, LocationInactive, Reconnect, TokenBusy
from shared.highlevel.wire import Deadline, OutOfTime
from shared.mapping.lookup import is_template
from shared.scopes import way_out
from shared.submission import Attempt

CALL_SECONDS = 15.0
MOST_SKEW_SECONDS = 30.0
LOW_SHARE = 0.1
TEXTUAL = frozenset({"TEXT", "LARGE_TEXT"})
CHOICES = frozenset({"SINGLE_OPTIONS", "MULTIPLE_OPTIONS", "RADIO", "CHECKBOX"})
TAG = "hookline doctor"
TO_CUSTOM_FIELD = "custom_field:"
TOKENS_AT = GENERATIONS["v2"]  # whatever the location's API is

# The way out of each kind of failure; the first kind that fits, so the special ones stand before the general.
REMEDIES: Mapping[type[Exception], str] = {
    LocationInactive: "It goes on by itself once the bill is settled: its tokens stay good.",
    TokenBusy: "Another process renews the token just now: examine again in a few seconds.",
    WrongLocation: "The token is good, but for another sub-account: check location_id in {table}.",
    BadCredentials: 'Check token and api in {table}; a v1 location key needs api = "v1", all others "v2".',
    Misconfigured: "Check api and base_url in {table}, and HIGHLEVEL_BASE_URL.",
    Garbled: "What answered is not HighLevel's API: check base_url and HIGHLEVEL_BASE_URL; if they are right, its edge "
    "refuses this machine's address.",
    RateLimited: "Wait and examine again; other programs may share the location's limit.",
    HighLevelUnavailable: "Check base_url and HIGHLEVEL_BASE_URL, whether this machine reaches that address, and "
    "status.gohighlevel.com.",
}
# What is another way out where the location is connected through an app.
WITH_OAUTH: Mapping[type[Exception], str] = {
    Reconnect: "Run `hookline oauth connect {alias}`.",
    WrongLocation: "Check location_id in {table}, or run `hookline oauth connect {alias}` and choose that sub-account.",
    BadCredentials: "Run `hookline oauth connect {alias}`; if its token is refused too, look at the app in HighLevel.",
}
APP_REFUSED = (
    "They stand in [locations.{alias}.oauth], and have to be those that HighLevel's marketplace shows for the app."
)
UNREACHED = (HighLevelError, OutOfTime, TokenBusy)


@dataclass(frozen=True)
class Patient:
    """A location with the forms that deliver to it."""

    alias: str
    location: Location
    forms: Mapping[str, Form]


@dataclass(frozen=True)
class Doctor:
    """What an examination works with."""

    client: Client
    accounts: Accounts
    server_time: Callable[[str], datetime | None]
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def examine(self, patient: Patient, *, write: bool) -> Iterator[Finding]:
        """Yield what is found, one thing after the other; it ends early when nothing more can be learned."""
        examination = Examination(self, patient)
        yield from examination.findings(write)


class Examination:
    """One location under examination."""

    def __init__(self, doctor: Doctor, patient: Patient) -> None:
        self._doctor = doctor
        self._client = doctor.client
        self._patient = patient

    def findings(self, write: bool) -> Iterator[Finding]:
        """Yield what is found."""
        yield self._clock()
        alias, location = self._patient.alias, self._patient.location
        try:
            account = self._doctor.accounts.open(alias, location, _deadline())
            found = self._contacts(account)
            if renewed := self._renewed(account, found):
                yield self._ok("token", "the access token had expired and was renewed")
                account, found = renewed, self._contacts(renewed)
        except UNREACHED as error:
            yield self._failure("token", error)
            return
        yield from self._opened(account, found, write)

    def _renewed(self, account: Account, found: Attempt | Exception) -> Account | None:
        """Return the account with another access token when it was refused, as a delivery does."""
        if not isinstance(found, BadCredentials) or not found.refreshable:
            return None
        return self._doctor.accounts.reopen(self._patient.alias, self._patient.location, account, _deadline())

    def _opened(self, account: Account, found: Attempt | Exception, write: bool) -> Iterator[Finding]:
        """Yield what else is found, after the first call with the account."""
        if isinstance(found, Exception):
            yield self._failure("contacts", found)
            if isinstance(found, MissingScope):  # others may be missing too
                yield from self._custom_fields(account)
            return
        yield self._ok("contacts", "the token is valid, opens this location and reads its contacts")
        yield self._rate(found)
        yield from self._custom_fields(account)
        if write:
            yield from self._writing(account)

    # Reading -------------------------------------------------------------------------------------------------------

    def _contacts(self, account: Account) -> Attempt | Exception:
        """Return the call that looks for a contact, or its failure."""
        try:
            return self._client.find(account, email=_an_email(), phone=None, deadline=_deadline())[1]
        except (HighLevelError, OutOfTime) as error:
            return error

    def _clock(self) -> Finding:
        address = self._address()
        there = self._doctor.server_time(address)
        if there is None:
            return self._finding("clock", "warning", f"no time could be had from {address}")
        seconds = abs((self._doctor.now() - there).total_seconds())
        if seconds <= MOST_SKEW_SECONDS:
            return self._ok("clock", "right to within half a minute")
        says = f"this machine's clock differs from HighLevel's by {seconds:.0f} s"
        return self._finding("clock", "fault", says, "Let the machine keep its time by NTP.")

    def _rate(self, attempt: Attempt) -> Finding:
        budget = attempt.budget
        if budget is None or budget.remaining is None:
            return self._finding(
                "rate limit", "warning", "no rate headers: the documented 100 calls in 10 s are assumed"
            )
        says = f"{budget.remaining} of {budget.most} calls left in this interval"
        if budget.daily_limit is None or budget.daily_remaining is None:
            return self._ok("rate limit", says)
        says = f"{says}, {budget.daily_remaining} of {budget.daily_limit} today"
        if budget.daily_remaining >= LOW_SHARE * budget.daily_limit:
            return self._ok("rate limit", says)
        remedy = "See which other programs use this location; Hookline waits for the next day when none are left."
        return self._finding("rate limit", "warning", says, remedy)

    def _custom_fields(self, account: Account) -> Iterator[Finding]:
        wanted = list(_wanted(self._patient.forms))
        try:
            catalogue, _ = self._client.custom_fields(account, _deadline())
        except (HighLevelError, OutOfTime) as error:
            found = self._failure("custom fields", error)
            if not wanted:
                says = f"cannot be read, which no form of this location needs: {found.says}"
                found = self._finding("custom fields", "warning", says, found.remedy)
            yield found
            return
        faults = [fault for form, name, source in wanted for fault in self._misfits(catalogue, form, name, source)]
        yield from faults
        if not faults:
            said = f"{len(catalogue.fields)} in the location, {len(wanted)} named by forms"
            yield self._ok("custom fields", said)

    def _misfits(self, catalogue: Catalogue, form: str, name: str, source: Source) -> Iterator[Finding]:
        place = f"[forms.{form}]"
        found = catalogue.find(name)
        if found is None and catalogue.matching(name):
            ids = ", ".join(one.id for one in catalogue.matching(name))
            says = f"{place} names {name!r}, which the location has more than once"
            yield self._finding("custom fields", "fault", says, f"Name the right one by its id: {ids}.")
        elif found is None:
            near = catalogue.closest(name)
            hint = f"Did you mean {near.name!r}? " if near else ""
            ways_out = (
                "Correct the name in the configuration, or make the field in HighLevel at Settings > Custom Fields."
            )
            says = f"{place} names {name!r}, which the location does not have"
            yield self._finding("custom fields", "fault", says, hint + ways_out)
        elif problem := _problem(found, source, self._patient.location.default_region):
            says = f"{place} fills {name!r} ({found.type}): {problem}"
            yield self._finding("custom fields", "fault", says, "Change the field's type, or what fills it.")

    # Writing -------------------------------------------------------------------------------------------------------

    def _writing(self, account: Account) -> Iterator[Finding]:
        contact = Contact(email=_an_email(), first_name="Hookline", last_name="Doctor", city="Springfield")
        create = self._client.upsert if account.generation.version is None else self._client.create
        try:
            stored, attempt = create(account, contact, _deadline())
        except (HighLevelError, OutOfTime) as error:
            yield self._failure("create", error)
            return
        yield self._stored("create", contact, stored, attempt)
        try:
            yield from self._with(account, stored.id, contact)
        finally:
            deleted = self._tried("delete", lambda: self._client.delete(account, stored.id, _deadline()))
        if deleted.level != "ok":
            remedy = f"{deleted.remedy} Then delete the contact {stored.id} by hand."
            deleted = deleted.model_copy(update={"remedy": remedy.strip()})
        yield deleted

    def _with(self, account: Account, contact_id: str, contact: Contact) -> Iterator[Finding]:
        yield self._tried("read", lambda: self._client.get(account, contact_id, _deadline())[1])
        change = Contact(company_name="Hookline")
        yield self._tried("update", lambda: self._client.update(account, contact_id, change, _deadline())[1])
        yield self._tried("tags", lambda: self._client.add_tags(account, contact_id, (TAG,), _deadline()))
        yield self._search(account, contact_id, contact)

    def _search(self, account: Account, contact_id: str, contact: Contact) -> Finding:
        try:
            found, attempt = self._client.search(account, email=contact.email, phone=None, deadline=_deadline())
        except (HighLevelError, OutOfTime) as error:
            return self._failure("search", error)
        if contact_id in {one.id for one in found}:
            return self._ok("search", f"HTTP {attempt.status}, found")
        return self._ok("search", f"HTTP {attempt.status}, not in the index yet, which lags up to a minute")

    def _stored(self, check: str, sent: Contact, stored: StoredContact, attempt: Attempt) -> Finding:
        missing = not_stored(sent, stored.shown, is_new=True)
        if not missing:
            return self._ok(check, f"HTTP {attempt.status}, stored as sent")
        says = f"HTTP {attempt.status}, but not stored: {', '.join(item.field for item in missing)}"
        return self._finding(check, "fault", says, "Look at the contact in HighLevel: a workflow may change it.")

    def _tried(self, check: str, call: Callable[[], Attempt]) -> Finding:
        try:
            return self._ok(check, f"HTTP {call().status}")
        except (HighLevelError, OutOfTime) as error:
            return self._failure(check, error)

    # Findings ------------------------------------------------------------------------------------------------------

    def _ok(self, check: str, says: str) -> Finding:
        return self._finding(check, "ok", says)

    def _failure(self, check: str, error: Exception) -> Finding:
        level: Level = "warning" if isinstance(error, RateLimited | TokenBusy) else "fault"
        status = error.status if isinstance(error, HighLevelError) else None
        said = self._said(error)
        says = f"HTTP {status}: {said}" if status else said
        return self._finding(check, level, says[:500], self._remedy(error))

    def _said(self, error: Exception) -> str:
        """Return what an error says, without the advice in it: the remedy gives a better one."""
        match error:
            case Reconnect():
                return error.cause
            case BadCredentials() | Misconfigured() if messages := messages_of(error.attempt.response):
                return "; ".join(messages)
            case HighLevelUnavailable(status=None):
                asks_for_token = error.attempt.step == STEP
                return f"{error} (tried was {self._client.address(TOKENS_AT) if asks_for_token else self._address()})"
            case _:
                return str(error) or type(error).__name__

    def _remedy(self, error: Exception) -> str:
        alias, location = self._patient.alias, self._patient.location
        if isinstance(error, MissingScope):
            return way_out(alias, location, error.attempt.step)
        if type(error) is BadCredentials and error.attempt.step == STEP:
            return APP_REFUSED.format(alias=alias)
        remedies = [*(WITH_OAUTH if location.oauth else {}).items(), *REMEDIES.items()]
        found = next((remedy for kind, remedy in remedies if isinstance(error, kind)), "Read what it says.")
        return found.format(alias=alias, table=f"[locations.{alias}]")

    def _address(self) -> str:
        location = self._patient.location
        return self._client.address(GENERATIONS[location.api], location.base_url)

    def _finding(self, check: str, level: Level, says: str, remedy: str = "") -> Finding:
        return Finding(location=self._patient.alias, check=check, level=level, says=says, remedy=remedy)


def time_of(http: httpx.Client) -> Callable[[str], datetime | None]:
    """Return a function that says what time it is at an address, by the Date header of any answer."""

    def ask(url: str) -> datetime | None:
        try:
            dated = http.get(url, timeout=CALL_SECONDS).headers.get("date", "")
            return parsedate_to_datetime(dated)
        except (httpx.HTTPError, ValueError):
            return None

    return ask


def _wanted(forms: Mapping[str, Form]) -> Iterator[tuple[str, str, Source]]:
    """Yield form, custom field and what fills it; the unmapped answers are many in one text, as a template is."""
    for form, settings in forms.items():
        yield from ((form, name, source) for name, source in settings.custom_fields.items())
        if settings.unmapped.startswith(TO_CUSTOM_FIELD):
            yield form, settings.unmapped.removeprefix(TO_CUSTOM_FIELD), "{all that is not mapped}"


def _problem(field: LocationField, source: Source, region: str) -> str:
    """Return why a field cannot hold what fills it, as far as can be told beforehand."""
    if field.type in CHOICES and not field.options:
        return "it has no options, so nothing can be chosen"
    if isinstance(source, Constant):
        return _problem_with_constant(field, source, region)
    if is_template(source) and field.type not in TEXTUAL:
        return "a text put together from answers does not fit"
    return ""


def _problem_with_constant(field: LocationField, constant: Constant, region: str) -> str:
    try:
        converted(field, constant.value, region)
    except WrongValue as wrong:
        return wrong.rule
    return ""


def _an_email() -> str:
    return f"hookline-doctor-{secrets.token_hex(6)}@example.com"


def _deadline() -> Deadline:
    return Deadline.after(CALL_SECONDS)
