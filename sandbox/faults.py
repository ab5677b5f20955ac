"""Faults: what the sandbox does wrong, on request."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any

from flask import json
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from werkzeug.wrappers import Response

from sandbox.programs import PROGRAMS


@dataclass(frozen=True, slots=True)
class Arrival:
    """A call as a fault looks at it."""

    method: str
    path: str
    body: str
    location: str | None
    emails: tuple[str, ...]


class Match(BaseModel):
    """Which calls a fault is for: those that fit every key given."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: str | None = None
    path: str | None = None
    location: str | None = None
    body: str | None = None
    email: str | None = None
    text: str | None = None

    @model_validator(mode="after")
    def path_is_a_pattern(self) -> "Match":
        try:
            re.compile(self.path or "")
        except re.error as error:
            raise ValueError(f"path {self.path!r} is no regular expression: {error}") from error
        return self

    def fits(self, arrival: Arrival) -> bool:
        return (
            _equal(self.method, arrival.method)
            and (self.path is None or self.path in arrival.path or re.search(self.path, arrival.path) is not None)
            and (self.location is None or self.location == arrival.location)
            and (self.body is None or self.body in arrival.body)
            and (self.email is None or any(_equal(self.email, email) for email in arrival.emails))
            and (self.text is None or self.text in f"{arrival.method} {arrival.path} {arrival.body}")
        )


def _as_match(given: Any) -> Any:
    return {"text": given} if isinstance(given, str) else given


class Fault(BaseModel):
    """One thing that goes wrong, and how often."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    match: Annotated[Match, BeforeValidator(_as_match)] = Match()
    status: int | None = Field(default=None, ge=200, le=599)
    body: Any = None
    headers: dict[str, str] = {}
    count: int | None = Field(default=1, ge=0)
    delay_ms: float = Field(default=0, ge=0)
    reset: bool = False
    after_write: bool = False
    drop_field: str | None = None
    without_rate_headers: bool = False
    program: str | None = None

    @model_validator(mode="before")
    @classmethod
    def program_is_known(cls, given: Any) -> Any:
        """Put what a program stands for in its place; what is said besides goes before it."""
        name = given.get("program") if isinstance(given, dict) else None
        if not isinstance(name, str):
            return given
        if name not in PROGRAMS:
            raise ValueError(f"program {name!r} is none of {', '.join(PROGRAMS)}")
        return PROGRAMS[name].fault | given

    @model_validator(mode="after")
    def goes_wrong_somehow(self) -> "Fault":
        if self.after_write and not self.replaces_answer:
            raise ValueError("after_write needs a status, a body or reset to take the place of the answer")
        changes_answer = self.headers or self.without_rate_headers
        if not (self.replaces_answer or self.delay_ms or self.drop_field or changes_answer):
            raise ValueError("a fault needs a status, body, headers, delay_ms, reset or drop_field")
        return self

    @property
    def replaces_answer(self) -> bool:
        return self.reset or self.status is not None or self.body is not None

    def answer(self) -> Response:
        """Return the answer that this fault gives in place of the ordinary one."""
        status = self.status or 200
        if isinstance(self.body, str):
            return Response(self.body, status, content_type="text/html; charset=utf-8")
        body = self.body if self.body is not None else {"statusCode": status, "message": _phrase(status)}
        return Response(json.dumps(body), status, content_type="application/json")


@dataclass(slots=True)
class PlannedFault:
    """A fault in place, and how often it has been used."""

    id: int
    fault: Fault
    used: int = 0

    @property
    def remaining(self) -> int | None:
        """Return how often it will still be used; None is without end."""
        return self.fault.count - self.used if self.fault.count else None

    def shown(self) -> dict[str, Any]:
        return {
            "id": self.id,
            **self.fault.model_dump(mode="json", exclude_unset=True),
            "remaining": self.remaining,
            "used": self.used,
        }


class Faults:
    """The faults in place, the oldest that fits first."""

    def __init__(self) -> None:
        self._last_id = 0
        self.clear()

    def clear(self) -> None:
        self._faults: dict[int, PlannedFault] = {}

    def add(self, fault: Fault) -> PlannedFault:
        self._last_id += 1
        planned = PlannedFault(self._last_id, fault)
        self._faults[planned.id] = planned
        return planned

    def remove(self, fault_id: int) -> bool:
        return self._faults.pop(fault_id, None) is not None

    def take(self, arrival: Arrival) -> PlannedFault | None:
        """Return the fault for this call, used once more."""
        for planned in self._faults.values():
            if planned.remaining != 0 and planned.fault.match.fits(arrival):
                planned.used += 1
                return planned
        return None

    def all(self) -> list[PlannedFault]:
        return list(self._faults.values())

    def active(self) -> list[PlannedFault]:
        return [planned for planned in self._faults.values() if planned.remaining != 0]


def emails_of(body: Mapping[str, Any], contact_email: str | None) -> tuple[str, ...]:
    """Return the emails that a call is about: the one it sends and the one of the contact it names."""
    return tuple(email for email in (body.get("email"), contact_email) if isinstance(email, str))


def _equal(wanted: str | None, given: str) -> bool:
    return wanted is None or wanted.lower() == given.lower()


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
