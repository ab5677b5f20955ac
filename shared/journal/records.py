"""What the journal keeps of a submission, as it is read back."""

import json
from datetime import UTC, datetime
from functools import reduce
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, TypeAdapter, computed_field

from shared.submission import Answer, Attempt, Diagnosis, Edit, NotStored, Reason, State


def _json(value: object) -> object:
    return json.loads(value) if isinstance(value, str) else value


def _time(value: object) -> object:
    return datetime.fromtimestamp(int(value) / 1000, UTC) if isinstance(value, str | int) else value


def _edits(value: object) -> object:
    return [json.loads(line) for line in value.split("\n")] if isinstance(value, str) else value


def _numbers(value: object) -> object:
    return value.split("\n") if isinstance(value, str) else value


Time = Annotated[datetime, BeforeValidator(_time)]


class Stored(BaseModel):
    """Something read from Redis; fields that a later version writes are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Target(Stored):
    """The contact that a submission writes and must not make again: its own, when it is `new`, or a known one."""

    contact_id: str
    new: bool


class Upserted(Stored):
    """What HighLevel answered to the upsert."""

    contact_id: str
    new: bool | None  # None: the API does not say, as v1
    tags: tuple[str, ...] = ()


class Superseded(Stored):
    """A value that was left out, since the submission `by` has given the field a newer one."""

    field: str
    value: str
    by: str
    at: datetime


class Lead(Stored):
    """
    What is known of a lead that its sender sends in several revisions.

    The newest revision that was written is `writer`'s, accepted at `stamp`. The contact is that of its `location`, and
    `lines` are the digests of what its notes say.
    """

    contact: str = ""
    location: str = ""
    writer: str = ""
    stamp: int = 0
    lines: frozenset[str] = frozenset()


class Record(Stored):
    """One submission: what was frozen when it was accepted, where it stands, and what its steps found out."""

    id: str
    form: str
    provider: str
    location: str
    content_type: str = ""
    state: State
    lane: Literal["live", "replay"] = "live"
    suspect: bool = False  # its last delivery went down with its process
    accepted_at: Time
    since: Time
    stamp: int
    edit_stamps: Annotated[tuple[int, ...], BeforeValidator(_numbers)] = ()
    generation: int = 0
    attempts: int = 0
    free_until: Time | None = None  # failures before then spend no attempt
    crashes: int = 0
    calls: int = 1
    slots: int = 0
    probe: bool = False
    waits_for: str = ""
    cause: str = "turn"  # what it waits for, in one word, while nothing keeps its whole location waiting

    mapped: Annotated[dict[str, Any], BeforeValidator(_json)] = {}
    target: Annotated[Target | None, BeforeValidator(_json)] = None
    upserted: Annotated[Upserted | None, BeforeValidator(_json)] = None
    tagged: Annotated[tuple[str, ...] | None, BeforeValidator(_json)] = None
    note: Literal["", "started", "done"] = ""
    salvaged: Annotated[tuple[str, ...], BeforeValidator(_json)] = ()
    reupserted: bool = False
    doubted: bool = False
    fetched: Annotated[tuple[Answer, ...] | None, BeforeValidator(_json)] = None  # None: not yet, or no need
    missing: int = 0  # how often the builder did not know this submission, or gave others only
    barred_after: int | None = None  # what FetchRefusals.passes was when the builder first forbade this submission
    noted: str = ""
    forbidden: int = 0
    forbidden_since: Time | None = None
    unknown_since: Time | None = None

    persons: Annotated[tuple[str, ...], BeforeValidator(_json)] = ()
    creating: Time | None = None
    creating_as: Annotated[dict[str, str | None], BeforeValidator(_json)] = {}
    replaced: Annotated[tuple[str, ...], BeforeValidator(_json)] = ()
    not_stored: Annotated[tuple[NotStored, ...], BeforeValidator(_json)] = ()
    superseded: Annotated[tuple[Superseded, ...], BeforeValidator(_json)] = ()
    identity_confirmed: bool = False

    lead: str = ""
    superseded_by: str = ""

    edits: Annotated[tuple[Edit, ...], BeforeValidator(_edits)] = Field((), validation_alias="edit")
    reason: Reason | None = None
    diagnosis: Annotated[tuple[Diagnosis, ...], BeforeValidator(_json)] = ()
    group: str = ""

    @property
    def edit(self) -> Edit:
        """Return an operator's changes as one, the later ones on top."""
        return reduce(Edit.merged, self.edits, Edit())


class Event(Stored):
    """Something that happened to a submission."""

    at: Time
    event: str
    data: dict[str, JsonValue] = {}


class Hold(Stored):
    """Why a location waits, or only a form, and when the next submission tries whether it still has to."""

    location: str
    form: str = ""
    kind: str
    reason: str
    status: str = ""
    since: Time
    probe_at: Time


class Queue(Stored):
    """
    What waits at a location, of one form and for one cause.

    The `oldest` was accepted then, and waits for this cause `since`.
    """

    location: str
    form: str
    cause: str
    length: int
    oldest: Time
    since: Time


class Ledger(Stored):
    """How many submissions stand in each state."""

    accepted: int = 0
    waiting: int = 0
    leased: int = 0
    delivered: int = 0
    dead: int = 0
    discarded: int = 0
    forgotten: int = 0
    duplicate: int = Field(0, description="Stands outside: duplicates were never accepted.")
    not_stored: int = Field(0, description="Stands outside: delivered, but not all that was sent was stored.")

    @property
    def balanced(self) -> bool:
        """Say whether every accepted submission stands in exactly one state."""
        states = self.waiting + self.leased + self.delivered + self.dead + self.discarded + self.forgotten
        return self.accepted == states


class Workforce(Stored):
    """
    The workers that live, and how long the leases have waited that none of them begins.

    `last_heartbeat` may be that of a worker that lives no more.
    """

    alive: int
    threads: int
    last_heartbeat: Time | None
    unbegun: int
    unbegun_seconds: float
    patience_seconds: float = Field(exclude=True)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def state(self) -> Literal["ok", "missing", "stalled"]:
        """Say whether somebody delivers."""
        if not self.alive:
            return "missing"
        return "stalled" if self.unbegun_seconds > self.patience_seconds else "ok"


ATTEMPTS: TypeAdapter[list[Attempt]] = TypeAdapter(list[Attempt])


def strings(fields: dict[bytes, bytes]) -> dict[str, str]:
    """Return a Redis hash as text, without empty values."""
    return {name.decode(): value.decode() for name, value in fields.items() if value}
