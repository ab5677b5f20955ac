"""Whether this process is up, and whether what it stands on is."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from flask import Blueprint, Response
from redis.exceptions import OutOfMemoryError, RedisError

from shared.journal import Journal
from web.answers import json_answer
from web.memory import Memory


@dataclass
class Health:
    """The two questions that a platform asks."""

    journal: Journal
    memory: Memory

    def __post_init__(self) -> None:
        with suppress(RedisError):  # Redis may come up after us; the first look at it is then what we remember
            self.journal.look()

    def blueprint(self) -> Blueprint:
        """Return the routes."""
        routes = Blueprint("health", __name__)
        routes.add_url_rule("/healthz", "healthz", healthz)
        routes.add_url_rule("/readyz", "readyz", self.readyz)
        return routes

    def readyz(self) -> Response:
        """Answer 200 when Redis takes a write, which is all that receiving needs; a dead worker closes no door."""
        try:
            redis = self._redis()
            worker, data = self.journal.workforce().state, self.journal.data().state
        except RedisError:
            return json_answer(503, {"redis": "unreachable", "worker": "unknown", "data": "unknown"})
        return json_answer(200 if redis == "ok" else 503, {"redis": redis, "worker": worker, "data": data})

    def _redis(self) -> Literal["ok", "full"]:
        try:
            self.journal.look()  # which writes
        except OutOfMemoryError:
            return "full"
        return "full" if self.memory.is_full() else "ok"


def healthz() -> Response:
    """Say that the process is up."""
    return json_answer(200, {"status": "ok"})
