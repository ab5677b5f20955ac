from typing import Any

import pytest
from redis import Redis

from shared.redis_health import State, examine, look_at_start, loses_data, state_of
from shared.settings import Settings, SettingsError

NOW = 1_790_000_000.0
WELL: dict[str, Any] = {
    "version": (7, 2),
    "role": "master",
    "appends": True,
    "snapshots": False,
    "writes_fail": False,
    "policy": "noeviction",
    "used_memory": 50,
    "max_memory": 100,
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
    ("memory", {"used_memory": 75}, "warning", "Give it more memory"),
    ("memory", {"used_memory": 90}, "fault", "Give it more memory"),
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


def test_eviction_is_no_danger_without_a_limit() -> None:
    state = State(**{**WELL, "policy": "allkeys-lru", "max_memory": 0})

    assert {found.level for found in examine(state, Settings(), NOW, {})} == {"ok"}


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
