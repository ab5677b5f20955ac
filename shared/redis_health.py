"""Whether the Redis under the journal keeps what it is given: persistence, eviction, memory, clock, connections."""

import logging
import os
import time
from collections.abc import Iterator, Mapping
from typing import Any, cast

from redis import Redis
from redis.exceptions import RedisError, ResponseError

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


class State(Frozen):
    """What a Redis tells of itself; None where its host does not let it."""

    version: tuple[int, ...]
    role: str
    appends: bool
    snapshots: bool | None
    writes_fail: bool
    policy: str
    used_memory: int
    max_memory: int
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
        snapshots=_snapshots(redis),
        writes_fail="err" in (info.get("aof_last_write_status"), info.get("rdb_last_bgsave_status")),
        policy=info.get("maxmemory_policy", "noeviction"),
        used_memory=info.get("used_memory", 0),
        max_memory=info.get("maxmemory", 0),
        clients=info.get("connected_clients", 0),
        max_clients=info.get("maxclients"),
        unix_time=seconds + micros / 1_000_000,
    )


def examine(
    state: State, settings: Settings, now: float, environment: Mapping[str, str] = os.environ
) -> Iterator[Finding]:
    """Yield what is found; `now` is this machine's time in unix seconds."""
    yield _version(state)
    yield _role(state)
    yield _persistence(state)
    yield _eviction(state)
    yield _memory(state)
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
    return _found("connection", "fault", f"does not answer: {error}", "Start it, or set REDIS_URL to a running one.")


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
        return _found("persistence", "ok", "every write is appended to a file")
    if state.snapshots is False:
        remedy = "Set appendonly yes (on Heroku: a plan that persists, premium-0 or above)."
        return _found("persistence", "fault", "nothing is kept on disk: a restart loses all that waits", remedy)
    says = "snapshots only: a crash loses what was accepted since the last one"
    return _found("persistence", "warning", says, "Set appendonly yes.")


def _eviction(state: State) -> Finding:
    if state.policy == "noeviction" or not state.max_memory:
        return _found("eviction", "ok", f"nothing is evicted ({state.policy})")
    remedy = "Set maxmemory-policy noeviction."
    return _found("eviction", "fault", f"{state.policy} throws submissions away when memory is full", remedy)


def _memory(state: State) -> Finding:
    if not state.max_memory:
        return _found("memory", "ok", f"{_megabytes(state.used_memory)} used, no limit")
    share = state.used_memory / state.max_memory
    says = f"{_megabytes(state.used_memory)} of {_megabytes(state.max_memory)} used"
    if share <= FILLING:
        return _found("memory", "ok", says)
    remedy = "Give it more memory, replay or discard dead letters, or shorten KEEP_DELIVERED_DAYS."
    if share <= NEARLY_FULL:
        return _found("memory", "warning", says, remedy)
    return _found("memory", "fault", f"{says}: new submissions are turned away", remedy)


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


def _snapshots(redis: Redis) -> bool | None:
    try:
        return bool(cast("dict[str, str]", redis.config_get("save")).get("save"))
    except ResponseError:  # many hosts forbid CONFIG
        return None


def _found(check: str, level: Level, says: str, remedy: str = "") -> Finding:
    return Finding(location=GROUP, check=check, level=level, says=says, remedy=remedy)


def _megabytes(number: int) -> str:
    return f"{number / 1024 / 1024:.1f} MB"
