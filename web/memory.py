"""Whether Redis has room for more: deliveries must still be recorded when new submissions are turned away."""

from collections.abc import Callable

from redis import Redis

from shared import redis_health
from shared.redis_health import FullAlarm, memory_of

SAMPLE_SECONDS = 1.0


class Memory:
    """The memory of one Redis, looked at when somebody asks and at most once a second."""

    def __init__(self, redis: Redis, clock: Callable[[], float]) -> None:
        self._redis = redis
        self._clock = clock
        self._sampled_at = float("-inf")
        self._memory: redis_health.Memory | None = None
        self._alarm = FullAlarm(clock)

    def is_full(self) -> bool:
        """Say whether Redis uses more than its share, also in the log; raise RedisError when it does not answer."""
        memory = self._sample()
        if memory is None or memory.state != "full":  # a full one whose host forbids INFO refuses the write itself
            return False
        self._alarm.ring(memory)
        return True

    def share(self) -> float | None:
        """Return the used share of Redis's memory, or None where there is no limit or it is not told."""
        memory = self._sample()
        return memory.used / memory.limit if memory and memory.limit else None

    def _sample(self) -> redis_health.Memory | None:
        now = self._clock()
        # Two threads may both sample; that costs one more INFO.
        if not 0 <= now - self._sampled_at < SAMPLE_SECONDS:
            self._memory = memory_of(self._redis)
            self._sampled_at = now
        return self._memory
