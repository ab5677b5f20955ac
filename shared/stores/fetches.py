"""
Which forms cannot fetch their submissions' answers, in Redis for all processes: the builder refuses their token.

Only the submissions of such a form wait. One of them at a time asks the builder again.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import cast

from pydantic import ValidationError
from redis import Redis

from shared.settings import Settings
from shared.stores.custom_fields import Refusal
from shared.submission import Frozen

PROBE_SECONDS = 60.0
MOST_SECONDS = 3600.0
# While anything waits, somebody asks again; after that time without a word nothing waits any more.
REMEMBERED = timedelta(seconds=2 * MOST_SECONDS)


class _Refused(Frozen):
    source: str
    message: str
    since: datetime
    seen_at: datetime
    seconds: float


class FetchRefusals:
    """The forms whose token was refused, in one Redis under one prefix; `source` tells one token from another."""

    def __init__(
        self, redis: Redis, settings: Settings, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._redis = redis
        self._prefix = settings.redis_prefix
        self._clock = clock

    def wait(self, form: str, source: str) -> float:
        """Return how many seconds a form's submission has to wait; 0 says that it may ask the builder now."""
        refused = self._all().get(form)
        if refused is None or refused.source != source:
            return 0
        asked = self._key("asked", form)
        if self._redis.set(asked, "1", nx=True, px=round(PROBE_SECONDS * 1000)):
            return 0
        return max(1.0, self._redis.pttl(asked) / 1000)

    def refuse(self, form: str, source: str, message: str, seconds: float = PROBE_SECONDS) -> float:
        """Let a form's submissions wait since the builder has refused one; return for how long."""
        seconds, now, known = min(seconds, MOST_SECONDS), self._clock(), self._all().get(form)
        since = known.since if known and known.source == source else now
        refused = _Refused(source=source, message=message, since=since, seen_at=now, seconds=seconds)
        with self._redis.pipeline() as pipeline:
            pipeline.hset(self._key("refused"), form, refused.model_dump_json())
            pipeline.set(self._key("asked", form), "1", px=round(seconds * 1000))
            pipeline.execute()
        return seconds

    def forget(self, form: str) -> bool:
        """Let a form's submissions ask at once; say whether they had to wait."""
        with self._redis.pipeline() as pipeline:
            pipeline.hdel(self._key("refused"), form)
            pipeline.delete(self._key("asked", form))
            return bool(pipeline.execute()[0])

    def passed(self, form: str) -> bool:
        """Do the same since the builder has answered one of them, and count that if they had to wait."""
        had_to_wait = self.forget(form)
        if had_to_wait:
            self._redis.hincrby(self._key("passes"), form, 1)
        return had_to_wait

    def passes(self, form: str) -> int:
        """Return how often an answer has ended the wait of a form's submissions."""
        return int(cast("bytes | None", self._redis.hget(self._key("passes"), form)) or 0)

    def refusals(self) -> list[Refusal]:
        """Return the forms whose submissions wait, and why, by the form's name."""
        return [
            Refusal(form, one.message, one.since, one.seen_at + timedelta(seconds=one.seconds))
            for form, one in sorted(self._all().items())
        ]

    def _all(self) -> dict[str, _Refused]:
        stored = cast("dict[bytes, bytes]", self._redis.hgetall(self._key("refused")))
        found = {form.decode(): _read(one) for form, one in stored.items()}
        return {form: one for form, one in found.items() if one and self._clock() - one.seen_at < REMEMBERED}

    def _key(self, *parts: str) -> str:
        return self._prefix + ":".join(("fetch", *parts))


def _read(stored: bytes) -> _Refused | None:
    try:
        return _Refused.model_validate_json(stored)
    except ValidationError:  # another version of Hookline has written it
        return None
