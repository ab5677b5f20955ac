from typing import Any

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as NoAnswer

from shared.redis_health import FullAlarm, Memory, State, examine, look_at_start, loses_data, state_of, unreachable
from shared.settings import Settings, SettingsError

NOW = 1_790_000_000.0
WELL: dict[str, Any] = {
    "version": (7, 2),
    "role": "master",
    "appends": True,
    "syncs": "everysec",
    "snapshots": False,
    "writes_fail": False,
    "policy": "noeviction",
    "memory": Memory(used=50, limit=100),
    "clients": 4,
    "max_clients": 20,
    "unix_time": NOW,
}
FAULTS: list[tuple[str, dict[str, Any], str, str]] = [
    ("version", {"version": (6, 2)}, "fault", "Use Redis 7.0 or newer."),
    ("role", {"role": "slave"}, "fault", "Let REDIS_URL name the primary"),
    ("persistence", {"appends": False}, "fault", "Set appendonly yes"),
    ("persistence", {"appends": False, "snapshots": True}, "warning", "Set appendonly yes"),
    ("persistence", {"appends": False, "snapshots": None}, "warning", "Set appendonly yes"),
    ("persistence", {"writes_fail": True}, "fault", "Look at its log and its disk."),
    ("eviction", {"policy": "allkeys-lru"}, "fault", "Set maxmemory-policy noeviction."),
    ("memory", {"memory": Memory(used=75, limit=100)}, "warning", "Give it more memory"),
    ("memory", {"memory": Memory(used=90, limit=100)}, "fault", "Give it more memory"),
    ("clock", {"unix_time": NOW - 60}, "warning", "Let both keep their time"),
    ("clock", {"unix_time": NOW + 60}, "warning", "Let both keep their time"),
    ("connections", {"max_clients": 10}, "fault", "Use a larger Redis plan, or lower WEB_CONCURRENCY."),
]
DURABILITY = ("persistence", "eviction", "role")


def test_a_redis_that_is_well_has_no_findings_to_mend() -> None:
    assert {found.level for found in examine(State(**WELL), Settings(), NOW, {})} == {"ok"}


@pytest.mark.parametrize(("check", "changed", "level", "remedy"), FAULTS)
def test_each_fault_is_found_with_its_way_out(check: str, changed: dict[str, Any], level: str, remedy: str) -> None:
    findings = list(examine(State(**{**WELL, **changed}), Settings(), NOW, {}))

    [found] = [found for found in findings if found.level != "ok"]
    assert (found.check, found.level) == (check, level)
    assert found.remedy.startswith(remedy)
    assert loses_data(found) == (level == "fault" and check in DURABILITY)


def test_eviction_is_no_danger_without_a_limit_and_would_be_one_with_it() -> None:
    state = State(**{**WELL, "policy": "allkeys-lru", "memory": Memory(used=50, limit=0)})

    findings = {found.check: found for found in examine(state, Settings(), NOW, {})}

    assert {found.level for found in findings.values()} == {"ok"}
    assert findings["eviction"].says == (
        "nothing is evicted, as there is no limit; with one, allkeys-lru would: set noeviction"
    )


@pytest.mark.parametrize(
    ("syncs", "says"),
    [
        ("everysec", "every write is appended to a file (synced every second: up to that is lost with its machine)"),
        ("always", "every write is appended to a file (synced at each write)"),
        (None, "every write is appended to a file"),
    ],
)
def test_persistence_says_what_goes_with_the_machine(syncs: str | None, says: str) -> None:
    findings = examine(State(**{**WELL, "syncs": syncs}), Settings(), NOW, {})

    assert [found.says for found in findings if found.check == "persistence"] == [says]


@pytest.mark.parametrize(
    ("used", "limit", "state"), [(70, 100, "ok"), (71, 100, "filling"), (86, 100, "full"), (86, 0, "ok")]
)
def test_memory_is_full_before_redis_refuses(used: int, limit: int, state: str) -> None:
    assert Memory(used=used, limit=limit).state == state


def test_a_full_redis_is_told_with_how_much_it_uses_and_at_most_once_a_minute(
    caplog: pytest.LogCaptureFixture,
) -> None:
    now = iter([0.0, 59.9, 60.0])
    alarm = FullAlarm(lambda: next(now))

    for _ in range(3):
        alarm.ring(Memory(used=2_936_013, limit=2_621_440))

    assert caplog.messages == ["redis full", "redis full"]
    facts = caplog.records[0].__dict__["facts"]
    assert facts["says"] == "REDIS IS FULL: 2.8 MB of 2.5 MB used. Senders get 503"
    assert facts["remedy"].startswith("Give it more memory")


@pytest.mark.parametrize(
    ("error", "says", "remedy"),
    [
        (NoAnswer("Timeout reading from socket"), "takes the connection but does not answer", "See its log"),
        (NoAnswer("Timeout connecting to server"), "does not answer: Timeout connecting to server", "Start it"),
        (NoConnection("Error 111 connecting."), "does not answer: Error 111 connecting", "Start it"),
    ],
)
def test_a_redis_that_is_stuck_is_told_from_one_that_is_away(error: RedisError, says: str, remedy: str) -> None:
    found = unreachable(error)

    assert found.says == says
    assert found.remedy.startswith(remedy)


def test_a_remapped_signal_is_found() -> None:
    *_, found = examine(State(**WELL), Settings(), NOW, {"REMAP_SIGTERM": "SIGQUIT"})

    assert (found.check, found.level) == ("signals", "fault")


def test_a_real_redis_tells_its_state(redis: Redis) -> None:
    redis.config_set("save", "3600 1")
    try:
        state = state_of(redis)
    finally:
        redis.config_set("save", "")

    assert state.version >= (7, 0)
    assert (state.role, state.appends, state.snapshots, state.writes_fail) == ("master", False, True, False)
    assert state.policy == "noeviction"
    assert state.max_clients
    assert state.syncs == "always"
    assert state.memory.used > 0


def test_a_real_redis_without_persistence_is_a_fault(redis: Redis, settings: Settings) -> None:
    found = [found for found in examine(state_of(redis), settings, NOW, {}) if found.check == "persistence"]

    assert [one.level for one in found] == ["fault"]


def test_what_must_be_durable_does_not_start_with_a_redis_that_is_not(
    redis: Redis, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    look_at_start(settings)

    with pytest.raises(SettingsError, match="Set appendonly yes"):
        look_at_start(settings.model_copy(update={"require_durable": True}))
    assert "redis persistence" in caplog.text


def test_a_redis_that_is_away_is_no_reason_not_to_start(caplog: pytest.LogCaptureFixture) -> None:
    look_at_start(Settings(redis_url="redis://127.0.0.1:1/0", require_durable=True))

    assert "redis connection" in caplog.text
