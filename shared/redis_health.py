"""Whether the Redis under the journal keeps what it is given: persistence, eviction, memory, clock, connections."""

import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, cast

from pydantic import computed_field
from redis import Redis
from redis.exceptions import RedisError, ResponseError
from redis.exceptions import TimeoutError as NoAnswer

from shared.findings import Finding, Level
from shared.journal import connect
from shared.logs import event
from shared.settings import Settings, SettingsError
from shared.submission import Frozen

OLDEST = (7, 0)
NEARLY_FULL, FILLING = 0.85, 0.7  # web turns submissions away from the first on
MOST_SKEW_SECONDS = 5.0
# What web and worker take at most, a process each (README, "Deploying").
WEB_CONNECTIONS, WORKER_CONNECTIONS = 5, 9
GROUP = "redis"
TELL_SECONDS = 60.0
WHEN_FULL = "Give it more memory, replay or discard dead letters, or shorten KEEP_DELIVERED_DAYS."
# By appendfsync.
LOSSES = {
    "everysec": " (synced every second: up to that is lost with its machine)",
    "always": " (synced at each write)",
}


class Memory(Frozen):
    """How much memory a Redis uses, and its limit, where 0 is none; both in bytes."""

    used: int
    limit: int

    @computed_field  # type: ignore[prop-decorator]
    @property
    def state(self) -> Literal["ok", "filling", "full"]:
        """Say whether there is room for more."""
        if self.used <= FILLING * self.limit or not self.limit:
            return "ok"
        return "filling" if self.used <= NEARLY_FULL * self.limit else "full"

    def __str__(self) -> str:
        limit = f"of {_megabytes(self.limit)} used" if self.limit else "used, no limit"
        return f"{_megabytes(self.used)} {limit}"


class State(Frozen):
    """What a Redis tells of itself; None where its host does not let it."""

    version: tuple[int, ...]
    role: str
    appends: bool
    syncs: str | None
    snapshots: bool | None
    writes_fail: bool
    policy: str
    memory: Memory
    clients: int
    max_clients: int | None
    unix_time: float


def state_of(redis: Redis) -> State:
    """Ask a Redis; raise RedisError when it does not answer."""
    info: dict[str, Any] = redis.info()
    seconds, micros = redis.time()
    return State(
        version=tuple(int(part) for part in str(info["redis_version"]).split(".")[:2]),
        role=info.get("role", "master"),
        appends=bool(info.get("aof_enabled")),
        syncs=_told(redis, "appendfsync"),
        snapshots=None if (save := _told(redis, "save")) is None else bool(save),
        writes_fail="err" in (info.get("aof_last_write_status"), info.get("rdb_last_bgsave_status")),
        policy=info.get("maxmemory_policy", "noeviction"),
        memory=_memory_in(info),
        clients=info.get("connected_clients", 0),
        max_clients=info.get("maxclients"),
        unix_time=seconds + micros / 1_000_000,
    )


def memory_of(redis: Redis) -> Memory | None:
    """Ask a Redis for its memory alone; None where its host does not let it tell."""
    try:
        return _memory_in(redis.info("memory"))
    except ResponseError:
        return None


def examine(
    state: State, settings: Settings, now: float, environment: Mapping[str, str] = os.environ
) -> Iterator[Finding]:
    """Yield what is found; `now` is this machine's time in unix seconds."""
    yield _version(state)
    yield _role(state)
    yield _persistence(state)
    yield _eviction(state)
    yield room(state.memory)
    yield _clock(state, now)
    yield _connections(state, settings)
    if environment.get("REMAP_SIGTERM"):
        remedy = "Unset it: Hookline ends cleanly by SIGTERM, and a remapped one throws running deliveries away."
        yield _found("signals", "fault", f"REMAP_SIGTERM is {environment['REMAP_SIGTERM']}", remedy)


def look_at_start(settings: Settings) -> None:
    """Log what is wrong with Redis; raise SettingsError when REQUIRE_DURABLE asks for more than it gives."""
    redis = connect(settings, connections=1, retries=0)
    try:
        findings = [found for found in examine(state_of(redis), settings, time.time()) if found.level != "ok"]
    except RedisError as error:
        findings = [unreachable(error)]  # no reason not to start: senders are told to come again until it is there
    finally:
        redis.connection_pool.disconnect()
    for found in findings:
        level = logging.ERROR if found.level == "fault" else logging.WARNING
        event(f"redis {found.check}", level, says=found.says, remedy=found.remedy)
    losses = [f"Redis: {found.says}. {found.remedy}" for found in findings if loses_data(found)]
    if losses and settings.require_durable:
        raise SettingsError("\n".join(["REQUIRE_DURABLE is set, but what is accepted could be lost.", *losses]))


def loses_data(found: Finding) -> bool:
    """Say whether a finding means that what was accepted may be lost."""
    return found.level == "fault" and found.check in ("persistence", "eviction", "role")


def unreachable(error: RedisError) -> Finding:
    """Return the finding of a Redis that does not answer."""
    cause = str(error).rstrip(".")
    if isinstance(error, NoAnswer) and "connecting" not in cause:
        return _found("connection", "fault", "takes the connection but does not answer", "See its log and its load.")
    return _found("connection", "fault", f"does not answer: {cause}", "Start it, or set REDIS_URL to a running one.")


def room(memory: Memory) -> Finding:
    """Return the finding of a Redis with that memory."""
    match memory.state:
        case "full":
            return full(memory)
        case "filling":
            return _found("memory", "warning", str(memory), WHEN_FULL)
        case _:
            return _found("memory", "ok", str(memory))


def full(memory: Memory | None) -> Finding:
    """Return the finding of a Redis that has no room for more, also where it does not tell how much it uses."""
    used = f": {memory}" if memory else ""
    return _found("memory", "fault", f"REDIS IS FULL{used}. Senders get 503", WHEN_FULL)


class FullAlarm:
    """Logs that Redis is full, once a minute: what notices it does so with each request, or each second."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._told_at = float("-inf")

    def ring(self, memory: Memory | None) -> None:
        """Log it, unless that was done just now."""
        now = self._clock()
        if 0 <= now - self._told_at < TELL_SECONDS:
            return
        self._told_at = now
        found = full(memory)
        event("redis full", logging.ERROR, says=found.says, remedy=found.remedy)


def _version(state: State) -> Finding:
    text = ".".join(map(str, state.version))
    if state.version >= OLDEST:
        return _found("version", "ok", text)
    return _found("version", "fault", f"{text} is too old", f"Use Redis {'.'.join(map(str, OLDEST))} or newer.")


def _role(state: State) -> Finding:
    if state.role == "master":
        return _found("role", "ok", "takes writes")
    return _found("role", "fault", "is a replica", "Let REDIS_URL name the primary: a replica takes no writes.")


def _persistence(state: State) -> Finding:
    if state.writes_fail:
        return _found("persistence", "fault", "its last write to disk failed", "Look at its log and its disk.")
    if state.appends:
        return _found("persistence", "ok", f"every write is appended to a file{LOSSES.get(state.syncs or '', '')}")
    if state.snapshots is False:
        remedy = "Set appendonly yes (on Heroku: a plan that persists, premium-0 or above)."
        return _found("persistence", "fault", "nothing is kept on disk: a restart loses all that waits", remedy)
    says = "snapshots only: a crash loses what was accepted since the last one"
    return _found("persistence", "warning", says, "Set appendonly yes.")


def _eviction(state: State) -> Finding:
    if state.policy == "noeviction":
        return _found("eviction", "ok", "nothing is evicted (noeviction)")
    if not state.memory.limit:
        says = f"nothing is evicted, as there is no limit; with one, {state.policy} would: set noeviction"
        return _found("eviction", "ok", says)
    remedy = "Set maxmemory-policy noeviction."
    return _found("eviction", "fault", f"{state.policy} throws submissions away when memory is full", remedy)


def _clock(state: State, now: float) -> Finding:
    skew = now - state.unix_time
    if abs(skew) <= MOST_SKEW_SECONDS:
        return _found("clock", "ok", "agrees with this machine's")
    way = "behind" if skew > 0 else "ahead of"
    remedy = "Let both keep their time (NTP): signatures with a time are checked by this machine's clock."
    return _found("clock", "warning", f"is {abs(skew):.0f} s {way} this machine's", remedy)


def _connections(state: State, settings: Settings) -> Finding:
    needed = WEB_CONNECTIONS * settings.web_concurrency + WORKER_CONNECTIONS
    if state.max_clients is None or state.max_clients >= needed:
        return _found("connections", "ok", f"{state.clients} of {state.max_clients or 'an unknown number'} taken")
    says = f"at most {state.max_clients}, and one worker with {settings.web_concurrency} web processes takes {needed}"
    return _found("connections", "fault", says, "Use a larger Redis plan, or lower WEB_CONCURRENCY.")


def _memory_in(info: Mapping[str, Any]) -> Memory:
    return Memory(used=info.get("used_memory", 0), limit=info.get("maxmemory", 0))


def _told(redis: Redis, setting: str) -> str | None:
    try:
        return cast("dict[str, str]", redis.config_get(setting)).get(setting, "")
    except ResponseError:  # many hosts forbid CONFIG
        return None


def _found(check: str, level: Level, says: str, remedy: str = "") -> Finding:
    return Finding(location=GROUP, check=check, level=level, says=says, remedy=remedy)


def _megabytes(number: int) -> str:
    return f"{number / 1024 / 1024:.1f} MB"
