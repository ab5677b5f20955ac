"""One granted delivery: its record, its permits, and the one way to end it."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.journal.records import Lead, Record, strings
from shared.journal.scripts import Scripts
from shared.submission import Attempt, Diagnosis, Reason

LONGEST_ATTEMPT = 32 * 1024
KEPT_OF_A_LONG_ANSWER = 4 * 1024
LINE = "line:"


class LeaseLost(Exception):
    """The lease ran out and somebody else has the submission: stop, and leave it alone."""


@dataclass(frozen=True)
class Newer:
    """That the submission `by` has written a field, with a value that was given later, `at`."""

    by: str
    at: datetime


@dataclass(frozen=True)
class Prepared:
    """
    What stands in the way of writing the contact.

    Either another submission is `busy` with the person, and the lease is settled: this one waits for it. Or the person
    is this one's until the lease ends, and `newer` names the fields that are to be left out.
    """

    busy: bool
    newer: dict[str, Newer]


@dataclass
class Lease:
    """
    A submission that this worker may deliver until the lease expires.

    Before the first call its persons are taken (`prepare`). Every call to HighLevel needs a permit first (`permit`),
    and its answer is stored before the next step (`store`, `wrote`). Exactly one of `delivered`, `retry`, `hold`,
    `bury` and `crashed` ends it, or `prepare` when a person is busy; each raises LeaseLost when it is too late.
    """

    record: Record
    body: bytes
    begun_at: datetime
    last_answer: datetime
    held: bool
    _scripts: Scripts = field(repr=False)
    _keep_body_seconds: int
    used: int = 0
    _slots: int = 0

    def __post_init__(self) -> None:
        self._slots = self.record.slots
        self._begun = time.monotonic()
        self._stored: list[Attempt] = []

    def prepare(
        self, *, mapped: dict[str, Any], calls: int, persons: Sequence[str], fields: Mapping[str, int]
    ) -> Prepared:
        """
        Store the mapping, give back the permits beyond that many further calls, and take the persons: all or none.

        `persons` are keyed hashes, and `fields` says for each field of the contact when its value was given, in
        microseconds.
        """
        outcome, *newer = self._run(
            "prepare",
            self.used,
            calls,
            json.dumps(mapped),
            json.dumps(list(persons)),
            json.dumps(dict(fields)),
        )
        if outcome == b"lost":
            raise LeaseLost(self.record.id)
        self._slots = min(self._slots, self.used + calls)
        return Prepared(busy=outcome == b"busy", newer=dict(_newer(newer)))

    def permit(self) -> float:
        """Take a permit for one call and return 0, or the seconds until one may be had."""
        if self.used >= self._slots:
            milliseconds = int(self._run("grant", self.used + 1))
            if milliseconds < 0:
                raise LeaseLost(self.record.id)
            if milliseconds > 0:
                return milliseconds / 1000
            self._slots = self.used + 1
        self.used += 1
        return 0

    def spare(self, calls: int) -> None:
        """Give back the permits that go beyond that many further calls."""
        needed = self.used + calls
        if needed < self._slots:
            self._store({}, None, 0, needed + 1, self._slots)
            self._slots = needed

    def store(self, attempt: Attempt | None = None, **fields: Any) -> None:
        """
        Store what a step found out; an attempt with a status tells that the answer to the last call has come.

        An attempt is stored once, however often it is handed over.
        """
        if attempt and any(attempt is one for one in self._stored):
            attempt = None
        self._stored += [attempt] if attempt else []
        answered = self.used if attempt and attempt.status is not None else 0
        self._store(fields, attempt, answered, 0, 0)

    def wrote(
        self,
        attempt: Attempt,
        *,
        upserted: dict[str, Any],
        fields: Mapping[str, int],
        contact_id: str,
        made: bool,
        identity: Mapping[str, str],
        beside: bool = False,
        **more: Any,
    ) -> None:
        """
        Store that HighLevel has written the contact, and remember for its persons when the `fields` were given.

        `identity` are the keyed hashes of the email and the phone that the contact has now; `made` says that this
        submission has made it, and `beside` that it did so beside other contacts of the person.
        """
        stored = self._run(
            "wrote",
            _strings({"upserted": upserted, **more}),
            _line(attempt),
            self.used if attempt.status is not None else 0,
            *_told(attempt),
            json.dumps(dict(fields)),
            contact_id,
            json.dumps(dict(identity)),
            "1" if made else "",
            "1" if beside else "",
        )
        if not stored:
            raise LeaseLost(self.record.id)

    def lead(self) -> Lead:
        """Return what is known of the lead of which this submission is a revision, if it is one."""
        if not self.record.lead:
            return Lead()
        found = self._run("lead")
        fields = strings(dict(zip(found[::2], found[1::2], strict=True)))
        lines = frozenset(name.removeprefix(LINE) for name in fields if name.startswith(LINE))
        return Lead.model_validate({**fields, "lines": lines})

    def makers(self, contact_ids: Sequence[str]) -> tuple[str, ...]:
        """Return for each contact the submission that has made it, or nothing where that is not known."""
        return tuple(maker.decode() for maker in self._run("makers", *contact_ids))

    def now(self) -> datetime:
        """Return the time by Redis's clock, as far as it has come since the begin."""
        return self.begun_at + timedelta(seconds=time.monotonic() - self._begun)

    def delivered(self, details: dict[str, Any]) -> bool:
        """
        Settle as delivered; return whether that lifted the location's hold.

        Details with a `not_stored` count in the ledger's column of that name.
        """
        not_stored = "1" if details.get("not_stored") else ""
        answer = self._run("delivered", self.used, self._keep_body_seconds, json.dumps(details), not_stored)
        return bool(self._settled(answer)[1])

    def retry(
        self,
        seconds: float,
        *,
        spends: bool,
        calls: int,
        details: dict[str, Any],
        fails: bool | None = None,
        **fields: Any,
    ) -> bool:
        """
        Settle as waiting for another try; return whether the failure began a hold.

        `spends` says that an attempt is spent, and `fails` that HighLevel failed, which tells of the location: the same
        unless it is said, since a form's builder may fail too, and a try to look for the end of an outage is free.
        """
        answer = self._run(
            "waiting",
            self.used,
            round(seconds * 1000),
            "1" if spends else "",
            "1" if (spends if fails is None else fails) else "",
            calls,
            _strings(fields),
            json.dumps(details),
        )
        return bool(self._settled(answer)[2])

    def hold(
        self, kind: str, reason: str, *, status: int | None, seconds: float, token: str, calls: int, **fields: Any
    ) -> bool:
        """Settle as waiting and hold the location; return whether the hold is new."""
        answer = self._run(
            "held", self.used, kind, reason, status or "", round(seconds, 3), token, calls, _strings(fields)
        )
        return bool(self._settled(answer)[1])

    def bury(
        self, reason: Reason, diagnosis: tuple[Diagnosis, ...], *, group: str, is_open: bool, **fields: Any
    ) -> bool:
        """Settle as dead; return whether that lifted a hold, as an answer that shows the location `is_open` may."""
        listed = json.dumps([item.model_dump(mode="json") for item in diagnosis])
        answer = self._run("bury", self.used, "1" if is_open else "", reason, listed, group, _strings(fields))
        return bool(self._settled(answer)[1])

    def crashed(self, how: str, *, seconds: float) -> bool:
        """Settle as waiting, since the process that delivered this alone has ended; return whether it is buried."""
        return bool(self._settled(self._run("crashed", how, round(seconds * 1000)))[1])

    def _store(self, fields: dict[str, Any], attempt: Attempt | None, answered: int, first: int, last: int) -> None:
        line = _line(attempt) if attempt else ""
        if not self._run("record", _strings(fields), line, answered, first, last, *_told(attempt)):
            raise LeaseLost(self.record.id)

    def _settled(self, answer: list[int]) -> list[int]:
        if not answer[0]:
            raise LeaseLost(self.record.id)
        return answer

    def _run(self, script: str, *arguments: Any) -> Any:
        return self._scripts.run(script, self.record.id, self.record.generation, *arguments)


def _newer(items: Sequence[bytes]) -> Iterator[tuple[str, Newer]]:
    for name, stamp, by in zip(items[::3], items[1::3], items[2::3], strict=True):
        at = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=int(stamp))
        yield name.decode(), Newer(by.decode(), at)


def _line(attempt: Attempt) -> str:
    line = attempt.model_dump_json()
    if len(line) <= LONGEST_ATTEMPT:
        return line
    beginning = json.dumps(attempt.response)[:KEPT_OF_A_LONG_ANSWER]
    return attempt.model_copy(update={"response": f"{beginning} … (cut)"}).model_dump_json()


def _told(attempt: Attempt | None) -> tuple[int | str, str]:
    """Return what the answer says of the location: its HTTP status, and the budget in its headers."""
    budget = attempt.budget.model_dump_json(exclude_none=True) if attempt and attempt.budget else "{}"
    return attempt.status or "" if attempt else "", budget


def _strings(fields: dict[str, Any]) -> str:
    """Return fields as a JSON object of strings: text as it is, everything else as JSON."""
    return json.dumps({name: value if isinstance(value, str) else json.dumps(value) for name, value in fields.items()})
