"""Whether this process is up, and whether what it stands on is."""

from contextlib import suppress
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Literal, cast

from flask import Blueprint, Response
from redis.exceptions import OutOfMemoryError, RedisError

from shared.journal import Journal
from shared.settings import Settings
from web.answers import json_answer
from web.memory import Memory

TRIAL_SECONDS = 60


@dataclass
class Health:
    """
    The two questions that a platform asks.

    `marker` is a random value that the first process wrote into this Redis: when it changes or goes, the data that
    stood beside it went too.
    """

    journal: Journal
    memory: Memory
    settings: Settings
    marker: bytes = field(default=b"", init=False)

    def __post_init__(self) -> None:
        with suppress(RedisError):  # Redis may come up after us; the first answer then reads the marker
            self._is_lost()

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
            content = {"redis": redis, "worker": self._worker(), "data": "lost" if self._is_lost() else "ok"}
        except RedisError:
            return json_answer(503, {"redis": "unreachable", "worker": "unknown", "data": "unknown"})
        return json_answer(200 if redis == "ok" else 503, content)

    def _redis(self) -> Literal["ok", "full"]:
        if self.memory.is_full():
            return "full"
        try:
            self.journal.redis.set(self._key("ready"), b"1", ex=TRIAL_SECONDS)
        except OutOfMemoryError:
            return "full"
        return "ok"

    def _worker(self) -> Literal["ok", "missing", "stalled"]:
        if not self.journal.workers():
            return "missing"
        return "stalled" if self.journal.oldest_unbegun_seconds() > self.settings.watchdog_seconds else "ok"

    def _is_lost(self) -> bool:
        key = self._key("instance")
        if not self.marker:
            self.journal.redis.set(key, token_hex(16), nx=True)
            self.marker = cast("bytes | None", self.journal.redis.get(key)) or b""
        return cast("bytes | None", self.journal.redis.get(key)) != self.marker

    def _key(self, name: str) -> str:
        return self.settings.redis_prefix + name


def healthz() -> Response:
    """Say that the process is up."""
    return json_answer(200, {"status": "ok"})
