"""What travels through Hookline: a submission, its answers, its attempts and what was wrong with it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, JsonValue

from shared.field_names import as_compared

AnswerType = Literal[
    "text",
    "long_text",
    "email",
    "phone",
    "number",
    "boolean",
    "choice",
    "choices",
    "date",
    "url",
    "file",
    "name",
    "address",
    "contact",  # an object with the parts of a person: names, email, phone, company
    "country",
    "consent",
    "hidden",
]


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Answer(Frozen):
    """One filled-in field: `key` is the builder's stable name for it, `label` what the visitor read."""

    key: str
    label: str
    type: AnswerType = "text"
    value: JsonValue

    @property
    def text(self) -> str:
        """Return the value as a person would write it down."""
        return as_text(self.value)


def as_text(value: JsonValue) -> str:
    """Return a JSON value as plain text: lists joined with commas, objects as `key: value` pairs."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(text for item in value if (text := as_text(item)))
        case dict():
            return ", ".join(f"{key}: {text}" for key, item in value.items() if (text := as_text(item)))
        case _:
            return str(value)


class State(StrEnum):
    """Where a submission stands; the ledger counts how many stand in each."""

    WAITING = "waiting"
    LEASED = "leased"
    DELIVERED = "delivered"
    DEAD = "dead"
    DISCARDED = "discarded"
    FORGOTTEN = "forgotten"


# The only ways from one state to another; the scripts of the journal refuse any other.
TRANSITIONS: Mapping[State, frozenset[State]] = {
    State.WAITING: frozenset({State.LEASED}),
    State.LEASED: frozenset({State.WAITING, State.DELIVERED, State.DEAD}),
    State.DELIVERED: frozenset({State.FORGOTTEN}),
    State.DEAD: frozenset({State.WAITING, State.DISCARDED}),
    State.DISCARDED: frozenset({State.FORGOTTEN}),
    State.FORGOTTEN: frozenset(),
}


class Reason(StrEnum):
    """Why a submission became a dead letter."""

    REJECTED = "rejected"
    UNMAPPABLE = "unmappable"
    EXHAUSTED = "exhausted"
    FORBIDDEN = "forbidden"
    UNEXPECTED = "unexpected"
    CRASHED = "crashed"
    CONFIGURATION = "configuration"
    OUTCOME_UNKNOWN = "outcome_unknown"
    IDENTITY_CHANGED = "identity_changed"


class Budget(Frozen):
    """What an answer of HighLevel says about the location's rate limit; None where it says nothing."""

    most: int | None = None  # calls in an interval
    remaining: int | None = None  # of those
    interval_ms: int | None = None
    daily_limit: int | None = None
    daily_remaining: int | None = None
    daily_reset_ms: int | None = None  # from the answer until the day's calls are there again


class Attempt(Frozen):
    """One call to HighLevel and its answer, without the token."""

    at: datetime
    step: str
    request: JsonValue = None
    status: int | None = None
    response: JsonValue = None
    budget: Budget | None = None


class NotStored(Frozen):
    """A value that HighLevel took without a word and did not store as it was sent."""

    field: str
    sent: str
    stored: str = ""
    why: str = ""


class Edit(Frozen):
    """
    What an operator changed on a dead letter: answers by label, mapped fields by name, fields to leave out.

    The value of a field in `to_note` goes into the note instead of the field.
    """

    answers: dict[str, JsonValue] = {}
    fields: dict[str, str] = {}
    drop: tuple[str, ...] = ()
    to_note: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Return the fields that are named, as they are spelled."""
        return (*self.fields, *self.to_note, *self.drop)

    def merged(self, later: "Edit") -> "Edit":
        """Return this edit with a later one on top: of what is said of a field, the last counts and stands last."""

        def remaining(names: Iterable[str]) -> list[str]:
            return [name for name in names if not later.mentions(name)]

        answers = {label: value for label, value in self.answers.items() if label not in later.answers}
        values = {**self.fields, **later.fields}
        return Edit(
            answers={**answers, **later.answers},
            fields={name: values[name] for name in _last_spellings([*remaining(self.fields), *later.fields])},
            drop=tuple(_last_spellings([*remaining(self.drop), *later.drop])),
            to_note=tuple(_last_spellings([*remaining(self.to_note), *later.to_note])),
        )

    def mentions(self, name: str) -> bool:
        """Say whether a field is named, however it is spelled."""
        return as_compared(name) in map(as_compared, self.names)


def _last_spellings(names: list[str]) -> list[str]:
    """Return the names with each field once, as it was spelled last."""
    last = {as_compared(name): name for name in names}
    return [name for name in dict.fromkeys(names) if last[as_compared(name)] == name]


class Diagnosis(Frozen):
    """
    What was wrong with one field: HighLevel's name for it, the value sent, the rule it broke and a way out.

    `proposal` is the way out as an edit that can be applied as it is, where there is one.
    """

    field: str
    value: str = ""
    rule: str
    fix: str = ""
    proposal: Edit | None = None
