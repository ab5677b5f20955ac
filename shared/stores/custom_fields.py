"""What HighLevel said about each location's custom fields, in Redis for all processes, so that few have to ask."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, TypeVar, cast

from pydantic import ValidationError
from redis import Redis

from shared.config import Location
from shared.highlevel.custom_fields import Catalogue
from shared.settings import Settings
from shared.submission import Frozen

M = TypeVar("M", bound=Frozen)
CATALOGUE_LIFE = timedelta(hours=1)
REFUSAL_LIFE = timedelta(seconds=60)
# A custom field may just have been made; a name that is misspelt must not ask at each submission.
SETTLED = timedelta(seconds=30)


class Cached(Frozen):
    """A location's custom fields, or why HighLevel refused to tell them; `source` is the location and API it is of."""

    source: str
    catalogue: Catalogue | None = None
    refused: str = ""
    fetched_at: datetime


class Refusal(NamedTuple):
    """A location whose token may not read the custom fields: what HighLevel said, since when, and when to ask again."""

    alias: str
    message: str
    since: datetime
    asked_again_at: datetime


class _Refused(Frozen):
    message: str
    since: datetime
    seen_at: datetime


class FieldCache:
    """The custom fields of all locations, in one Redis under one prefix."""

    def __init__(
        self, redis: Redis, settings: Settings, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._redis = redis
        self._prefix = settings.redis_prefix
        self._clock = clock

    def get(self, alias: str, source: str) -> Cached | None:
        """Return what is known of a location; None when that is nothing, too old, or of another location or API."""
        stored = cast("bytes | None", self._redis.get(self._key("of", alias)))
        cached = _read(Cached, stored) if stored else None
        return cached if cached and cached.source == source else None

    def put(self, alias: str, source: str, catalogue: Catalogue, now: datetime) -> bool:
        """Keep a location's custom fields for an hour; say whether they had been refused before."""
        cached = Cached(source=source, catalogue=catalogue, fetched_at=now)
        with self._redis.pipeline() as pipeline:
            pipeline.set(self._key("of", alias), cached.model_dump_json(), px=CATALOGUE_LIFE)
            pipeline.hdel(self._key("refused"), alias)
            return bool(pipeline.execute()[1])

    def refuse(self, alias: str, source: str, message: str, now: datetime) -> None:
        """Keep for a minute that the token may not read the custom fields."""
        cached = Cached(source=source, refused=message, fetched_at=now)
        known = self._refused().get(alias)
        refused = _Refused(message=message, since=known.since if known else now, seen_at=now)
        with self._redis.pipeline() as pipeline:
            pipeline.set(self._key("of", alias), cached.model_dump_json(), px=REFUSAL_LIFE)
            pipeline.hset(self._key("refused"), alias, refused.model_dump_json())
            pipeline.execute()

    def pass_over(self, alias: str, source: str, life: timedelta) -> None:
        """Keep that the custom fields could not be read and that nobody needs them: no refusal that people act on."""
        self._redis.set(self._key("passed-over", alias), source, px=life)

    def is_passed_over(self, alias: str, source: str) -> bool:
        """Say whether the custom fields that nobody needs are not to be asked for again yet."""
        stored = cast("bytes | None", self._redis.get(self._key("passed-over", alias)))
        return stored is not None and stored.decode() == source

    def forget(self, alias: str) -> bool:
        """Forget what is known of a location; say whether its token was refused."""
        with self._redis.pipeline() as pipeline:
            pipeline.delete(self._key("of", alias))
            pipeline.hdel(self._key("refused"), alias)
            return bool(pipeline.execute()[1])

    def refusals(self) -> list[Refusal]:
        """Return the locations whose token was refused, and not allowed since, while anybody still asks."""
        return [
            Refusal(alias, one.message, one.since, one.seen_at + REFUSAL_LIFE)
            for alias, one in sorted(self._refused().items())
        ]

    def _refused(self) -> dict[str, _Refused]:
        stored = cast("dict[bytes, bytes]", self._redis.hgetall(self._key("refused")))
        found = {alias.decode(): _read(_Refused, one) for alias, one in stored.items()}
        return {alias: one for alias, one in found.items() if one and self._clock() - one.seen_at < CATALOGUE_LIFE}

    def _key(self, *parts: str) -> str:
        return self._prefix + ":".join(("custom-fields", *parts))


def source_of(location: Location) -> str:
    """Return what a catalogue is of: the location and its API."""
    return f"{location.api} {location.location_id}"


def worth_a_look(cached: Cached | None, now: datetime, unknown: bool) -> bool:
    """Say whether to ask HighLevel; `unknown` means that a name is not among the fields that are known."""
    if cached is None:
        return True
    return unknown and cached.catalogue is not None and now - cached.fetched_at > SETTLED


def _read(kind: type[M], stored: bytes) -> M | None:
    try:
        return kind.model_validate_json(stored)
    except ValidationError:  # another version of Hookline has written it
        return None
