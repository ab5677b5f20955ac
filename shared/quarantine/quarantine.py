"""Keeping, listing and removing refused requests, in Redis."""

import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any, cast

from redis import Redis

from shared.ids import new_id
from shared.journal.records import Stored
from shared.providers import PROVIDERS
from shared.settings import DAY_SECONDS, Settings

MAX_REQUESTS = 200
MAX_FORM_BYTES = 5 * 1024 * 1024
MAX_BYTES = 20 * 1024 * 1024
REMOVED = "[removed]"
# Only headers that are known to carry no secret keep their value; of the others the name tells enough.
PLAIN_HEADERS = frozenset(
    {"accept", "content-encoding", "content-length", "content-type", "host", "origin", "transfer-encoding"}
    | {"user-agent", "idempotency-key", "webhook-id", "webhook-timestamp", "svix-id", "svix-timestamp"}
    | {provider.id_header.lower() for provider in PROVIDERS.values() if provider.id_header}
)


@dataclass(frozen=True)
class Refused:
    """A request that was refused, as it came: why, and everything about it that may be kept."""

    form: str
    cause: str
    method: str
    query: str
    headers: dict[str, str]
    content_type: str
    body: bytes


class Kept(Stored):
    """A refused request without its body."""

    id: str
    form: str
    cause: str
    at: datetime
    method: str
    query: str = ""
    content_type: str = ""
    headers: dict[str, str] = {}
    size: int = 0

    def get(self, name: str, default: str = "", /) -> str:
        """Return a header, whatever its case."""
        found = (value for key, value in self.headers.items() if key.lower() == name.lower() and value != REMOVED)
        return next(found, default)


class Quarantine:
    """The refused requests of all forms, in one Redis under one prefix."""

    def __init__(self, redis: Redis, settings: Settings) -> None:
        self._redis = redis
        self._prefix = settings.redis_prefix
        self._keep_ms = round(settings.keep_quarantine_days * DAY_SECONDS * 1000)
        self._keep = _script(redis, "keep.lua")
        self._remove = _script(redis, "remove.lua")

    def keep(self, refused: Refused, now: float) -> tuple[str, int]:
        """Keep a request; return its id, and how many others went to make room for it."""
        kept = _kept(refused, now)
        about, body = kept.model_dump_json(), zlib.compress(refused.body)
        size = len(about) + len(body)
        limits = (self._keep_ms, MAX_REQUESTS, MAX_FORM_BYTES, MAX_BYTES)
        dropped = self._keep(args=[self._prefix, kept.id, kept.form, size, about, body, *limits])
        return kept.id, int(dropped)

    def requests(self, form: str = "", limit: int = 0) -> Iterator[Kept]:
        """Yield the kept requests, of all forms or of one, newest first; a limit of 0 means all."""
        shelf = self._key("form", form) if form else self._key("index")
        for name in cast(list[bytes], self._redis.zrange(shelf, 0, limit - 1, desc=True)):
            if kept := self.find(name.decode()):
                yield kept

    def find(self, request_id: str) -> Kept | None:
        """Return one kept request, or None when it is not there any more."""
        about = cast("bytes | None", self._redis.hget(self._key("request", request_id), "about"))
        return Kept.model_validate_json(about) if about else None

    def body(self, request_id: str) -> bytes | None:
        """Return the body of a kept request, byte by byte as it came but for a secret in it."""
        body = cast("bytes | None", self._redis.hget(self._key("request", request_id), "body"))
        return zlib.decompress(body) if body is not None else None

    def discard(self, request_id: str) -> bool:
        """Drop a kept request for good; False when it is not there any more."""
        return bool(self._remove(args=[self._prefix, request_id]))

    def counts(self) -> Counter[str]:
        """Return for each form how many requests are kept."""
        seconds, _ = self._redis.time()
        oldest = seconds * 1000 - self._keep_ms
        forms = cast(dict[bytes, bytes], self._redis.hgetall(self._key("forms")))
        kept = cast(list[bytes], self._redis.zrangebyscore(self._key("index"), oldest, "+inf"))
        return Counter(forms[name].decode() for name in kept if name in forms)

    def dropped(self) -> dict[str, int]:
        """Return for each form how many requests went to make room."""
        counts = cast(dict[bytes, bytes], self._redis.hgetall(self._key("dropped")))
        return {form.decode(): int(count) for form, count in counts.items()}

    def _key(self, *parts: str) -> str:
        return self._prefix + ":".join(("quarantine", *parts))


def _kept(refused: Refused, now: float) -> Kept:
    return Kept(
        id=new_id("req", now),
        form=refused.form,
        cause=refused.cause,
        at=datetime.fromtimestamp(now, UTC),
        method=refused.method,
        query=refused.query,
        content_type=refused.content_type,
        headers={name: value if name.lower() in PLAIN_HEADERS else REMOVED for name, value in refused.headers.items()},
        size=len(refused.body),
    )


def _script(redis: Redis, name: str) -> Callable[..., Any]:
    source = (files("shared.quarantine") / name).read_text(encoding="utf-8")
    return cast(Callable[..., Any], redis.register_script(source))
