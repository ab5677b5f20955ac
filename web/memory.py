"""Whether Redis has room for more: deliveries must still be recorded when new submissions are turned away."""

from collections.abc import Callable

from redis import Redis
from redis.exceptions import ResponseError

FULL = 0.85
SAMPLE_SECONDS = 1.0


class Memory:
    """The memory of one Redis, looked at when somebody asks and at most once a second."""

    def __init__(self, redis: Redis, clock: Callable[[], float]) -> None:
        self._redis = redis
        self._clock = clock
        self._sampled_at = float("-inf")
        self._share: float | None = None

    def is_full(self) -> bool:
        """Say whether Redis uses more than its share; raise RedisError when it does not answer."""
        share = self.share()
        return share is not None and share > FULL

    def share(self) -> float | None:
        """Return the used share of Redis's memory, or None where there is no limit or it is not told."""
        now = self._clock()
        # Two threads may both sample; that costs one more INFO.
        if not 0 <= now - self._sampled_at < SAMPLE_SECONDS:
            self._share = self._sample()
            self._sampled_at = now
        return self._share

    def _sample(self) -> float | None:
        try:
            info = self._redis.info("memory")
        except ResponseError:  # some hosts forbid INFO; a full Redis then refuses the write itself
            return None
        limit: int = info.get("maxmemory", 0)
        return info["used_memory"] / limit if limit else None
