"""A sandbox in memory, its clock, and a client that speaks HighLevel's v2; and a sandbox that is a process."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from flask import Flask

from sandbox.app import create_app

ROOT = Path(__file__).parents[2]
SPEC = ROOT.parent / "shared" / "spec"
LOCATION = "ve9EPM428h8vShlRW1KT"
NOON = 1_790_164_800.0  # 2026-09-23T12:00:00Z


class Clock:
    """Time that passes when told to."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


class HighLevel:
    """A client of one sandbox; it knows one location."""

    def __init__(self, app: Flask) -> None:
        self.http = httpx.Client(
            transport=httpx.WSGITransport(app=app),
            base_url="https://services.leadconnectorhq.com",
            headers={"Authorization": "Bearer pit-test", "Version": "2021-07-28"},
        )

    def upsert(self, location: str = LOCATION, **fields: Any) -> httpx.Response:
        return self.http.post("/contacts/upsert", json={"locationId": location, **fields})

    def create(self, location: str = LOCATION, **fields: Any) -> httpx.Response:
        return self.http.post("/contacts/", json={"locationId": location, **fields})

    def a_contact(self, **fields: Any) -> str:
        """Create a contact and return its id."""
        contact: dict[str, Any] = self.create(**(fields or {"email": "ada@example.com"})).json()["contact"]
        return str(contact["id"])

    def contact(self, contact_id: str) -> dict[str, Any]:
        contact: dict[str, Any] = self.http.get(f"/contacts/{contact_id}").json()["contact"]
        return contact

    def tag(self, contact_id: str, *tags: str) -> httpx.Response:
        return self.http.post(f"/contacts/{contact_id}/tags", json={"tags": tags})

    def configure(self, location: str = LOCATION, **settings: Any) -> httpx.Response:
        return self.http.post(f"/_sandbox/locations/{location}", json=settings)

    def add_fault(self, **fault: Any) -> httpx.Response:
        return self.http.post("/_sandbox/faults", json=fault)

    def contacts(self) -> list[dict[str, Any]]:
        contacts: list[dict[str, Any]] = self.http.get("/_sandbox/contacts").json()["contacts"]
        return contacts

    def calls(self) -> list[dict[str, Any]]:
        calls: list[dict[str, Any]] = self.http.get("/_sandbox/calls").json()["calls"]
        return calls


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def a_sandbox(clock: Clock) -> Iterator[Callable[..., HighLevel]]:
    """Return a function that makes a sandbox with the settings that matter to the test."""
    made: list[HighLevel] = []

    def make(**settings: Any) -> HighLevel:
        made.append(HighLevel(create_app(clock=clock, wait=clock.advance, **settings)))
        return made[-1]

    yield make
    for highlevel in made:
        highlevel.http.close()


@pytest.fixture
def highlevel(a_sandbox: Callable[..., HighLevel]) -> HighLevel:
    return a_sandbox()


@pytest.fixture(scope="module")
def sandbox_url() -> Iterator[str]:
    """Return the address of a sandbox process that accepts the token pit-test."""
    command = [sys.executable, "-m", "sandbox", "--port", "0", "--window", "off", "--token", "pit-test"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().split()[-1]
        process.terminate()
