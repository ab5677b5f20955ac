"""What the tests of web share: an application over a real journal, and a clock that only moves when told."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from redis import Redis
from werkzeug.test import TestResponse

from shared.config import Config
from shared.journal import Job, Journal
from shared.local_redis import LocalRedis, free_port
from shared.quarantine import Kept, Quarantine
from shared.settings import Settings
from tests.web.server import CONFIG, Server
from web.app import create_app

NOW = 1_789_999_999.0
PUBLIC_URL = "https://hooks.example.com"


@dataclass
class Clock:
    """A clock that sleeping moves, and nothing else."""

    now: float = NOW

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class Web:
    """The application, what it stands on, and what it told the queue."""

    client: FlaskClient
    journal: Journal
    quarantine: Quarantine
    redis: Redis
    clock: Clock
    enqueued: list[Job] = field(default_factory=list)

    def post(self, path: str, body: bytes = b'{"email": "ada@example.com"}', **more: Any) -> TestResponse:
        more = {"content_type": "application/json", **more}
        # Buffered, so that what follows the answer has happened when the test looks.
        return self.client.post(path, data=body, buffered=True, **more)

    @property
    def kept(self) -> list[Kept]:
        return list(self.quarantine.requests())


Start = Callable[..., Web]
Gunicorn = Callable[..., Server]


@pytest.fixture
def start(redis: Redis, settings: Settings, journal: Journal) -> Start:
    """Return a function that starts the application with these forms, and stand-ins and settings if it is given any."""

    def started(
        forms: dict[str, dict[str, Any]] | None = None,
        stand_in: Journal | None = None,
        enqueue: Callable[[list[Job]], None] | None = None,
        **variables: Any,
    ) -> Web:
        clock, enqueued = Clock(), list[Job]()
        enqueue = enqueue or enqueued.extend
        public = settings.model_copy(update={"public_url": PUBLIC_URL, **variables})
        app = create_app(public, a_config(forms), stand_in or journal, enqueue, clock, clock.sleep)
        return Web(app.test_client(), journal, Quarantine(redis, settings), redis, clock, enqueued)

    return started


@pytest.fixture
def gunicorn(redis_server: LocalRedis, tmp_path: Path) -> Iterator[Gunicorn]:
    """Return a function that starts gunicorn with these variables on top of what it needs."""
    started: list[Server] = []

    def start(config: str = CONFIG, **variables: str) -> Server:
        path = tmp_path / "hookline.toml"
        path.write_text(config)
        environment = {
            **{name: value for name, value in os.environ.items() if name != "GUNICORN_CMD_ARGS"},
            "REDIS_URL": redis_server.url,
            "HOOKLINE_CONFIG": str(path),
            "PORT": str(free_port()),
            "WEB_CONCURRENCY": "2",
            **variables,
        }
        started.append(Server(tmp_path, environment))
        return started[-1]

    yield start
    for server in started:
        server.end()


def a_form(**keys: Any) -> dict[str, Any]:
    """Return a form as it stands in the file; without a proof of its own it says so."""
    proofs = {"secret", "url_token", "header_token", "bearer", "basic", "body_token"}
    auth = {} if proofs & keys.keys() else {"auth": "none"}
    return {"provider": "generic_json", "location": "main", **auth, **keys}


def a_config(forms: dict[str, dict[str, Any]] | None = None) -> Config:
    """Return a configuration with these forms."""
    location = {"location_id": "loc1", "token": "pit-1"}
    return Config.model_validate({"locations": {"main": location}, "forms": forms or {"contact": a_form()}})
