"""A worker without Celery: real journal, real deliverer, and the sandbox instead of HighLevel."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx
import pytest
from flask import Flask
from pydantic import SecretStr

from sandbox.app import create_app
from shared.accounts import Accounts
from shared.config import Config, Form, Location
from shared.highlevel.client import Client
from shared.highlevel.wire import Wire as RealWire
from shared.highlevel.wire import open_http
from shared.journal import Job, Journal, Record, Submission
from shared.settings import Settings
from shared.stores.custom_fields import FieldCache
from shared.stores.fetches import FetchRefusals
from worker.apart import Apart
from worker.catalogues import Catalogues
from worker.deliverer import Deliverer
from worker.fetching import Fetcher

NUMBERS = count(1)


class Wire(httpx.WSGITransport):
    """Carries calls to the sandbox; a reset connection, or none, looks as it does on a real one."""

    is_down: Callable[[], bool] = staticmethod(lambda: False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if self.is_down() and not request.url.path.startswith("/_sandbox"):
            raise httpx.ConnectError("refused", request=request)
        try:
            return super().handle_request(request)
        except ConnectionResetError as error:
            raise httpx.ReadError(str(error), request=request) from error


@dataclass
class World:
    """Forms, a journal, a deliverer and a local HighLevel."""

    journal: Journal
    settings: Settings
    highlevel: Flask
    config: Config
    stopping: list[bool] = field(default_factory=list)
    apart: Apart | None = None
    jobs: list[Job] = field(default_factory=list)

    unreachable: bool = False

    def __post_init__(self) -> None:
        wire = Wire(self.highlevel)
        wire.is_down = lambda: self.unreachable
        self.http = httpx.Client(transport=wire, base_url="http://highlevel.test")
        self.outside = open_http(connections=4)

    def deliverer(self) -> Deliverer:
        client = Client("http://highlevel.test", self.http)
        redis = self.journal.redis
        accounts = Accounts.of(self.config, self.settings, redis, self.http)
        catalogues = Catalogues(FieldCache(redis, self.settings), client, self.journal)
        return Deliverer(
            self.journal,
            self.config,
            client,
            accounts,
            catalogues,
            Fetcher(
                RealWire(self.outside), FetchRefusals(redis, self.settings), self.journal, self.settings.secret_key
            ),
            self.settings,
            "worker",
            lambda: bool(self.stopping),
            lambda: 0.5,
            self.apart,
        )

    def accept(self, form: str = "contact-us", **answers: Any) -> str:
        """Accept a submission with these answers."""
        body = answers or {"first_name": "Ada", "email": f"ada{next(NUMBERS)}@example.com"}
        return self.accept_body(form, json.dumps(body).encode())

    def accept_body(self, form: str, body: bytes, content_type: str = "application/json") -> str:
        """Accept a submission with this body."""
        number = next(NUMBERS)
        known = self.config.forms.get(form)
        submission = Submission(
            id=f"sub_{number}",
            form=form,
            provider=known.provider if known else "generic_json",
            location=known.location if known else "main",
            idempotency_key=f"key {number}",
            remember_seconds=600,
            calls=known.calls if known else 1,
            content_type=content_type,
            body=body,
        )
        accepted = self.journal.accept(submission)
        self.jobs += accepted.jobs
        return accepted.receipts[0].id

    def deliver(self, form: str = "contact-us", **answers: Any) -> Record:
        """Accept a submission, work for a while, and return its record."""
        submission = self.accept(form, **answers)
        self.work()
        return self.record(submission)

    def deliver_body(self, form: str, body: bytes, content_type: str) -> Record:
        """Accept a body, work for a while, and return the submission's record."""
        submission = self.accept_body(form, body, content_type)
        self.work()
        return self.record(submission)

    def work(self) -> None:
        """Do what is to be done now."""
        for job in self.leased():
            self.deliverer().deliver(job)

    def leased(self) -> list[Job]:
        """Return what has been leased since the last look, by receivers and by the pump."""
        jobs = self.jobs + self.journal.turn("worker", 16).jobs
        self.jobs = []
        return jobs

    def record(self, submission: str) -> Record:
        record = self.journal.find(submission)
        assert record
        return record

    def hurry(self, submission: str) -> None:
        """Let a waiting submission be due now."""
        record = self.record(submission)
        self.journal.redis.zadd(f"hookline:due:{record.location}:live", {submission: 0})
        self.journal.redis.zadd("hookline:agenda", {record.location: 0})

    def suspect(self, **answers: Any) -> str:
        """Accept a submission whose last delivery went down with its worker."""
        submission = self.accept(**answers)
        [job] = self.leased()
        lease = self.journal.begin(job, "worker that crashed", "nonce")
        assert lease
        lease.retry(0, spends=False, calls=3, details={}, suspect="1")
        return submission

    def fault(self, **fault: Any) -> None:
        self.http.post("/_sandbox/faults", json=fault).raise_for_status()

    def configure(self, **settings: Any) -> None:
        """Change the settings of the sandbox's location L1."""
        self.http.post("/_sandbox/locations/L1", json=settings).raise_for_status()

    def known(self, **contact: Any) -> str:
        """Put a contact into HighLevel that Hookline has never seen, and return its id."""
        body = {"contacts": [{"locationId": "L1", **contact}]}
        made = self.http.post("/_sandbox/state", json=body).raise_for_status().json()["contacts"]
        return str(made[0]["id"])

    def contacts(self) -> list[dict[str, Any]]:
        contacts: list[dict[str, Any]] = self.http.get("/_sandbox/contacts").json()["contacts"]
        return contacts

    def calls(self) -> list[str]:
        """Return the calls that HighLevel has seen, oldest first."""
        calls = self.http.get("/_sandbox/calls").json()["calls"]
        return [f"{call['method']} {call['path'].rpartition('/')[2]} {call['status']}" for call in reversed(calls)]


def a_config(**forms: dict[str, Any]) -> Config:
    plain = {"provider": "generic_json", "auth": "none", "location": "main"}
    return Config(
        locations={"main": Location(location_id="L1", token=SecretStr("pit-1"))},
        forms={name.replace("_", "-"): Form.model_validate({**plain, **form}) for name, form in forms.items()},
    )


@pytest.fixture
def world(journal: Journal, settings: Settings) -> Iterator[World]:
    world = World(journal, settings, create_app(), a_config(contact_us={"tags": ["website"]}))
    yield world
    world.http.close()
    world.outside.close()
