import json
from pathlib import Path

import httpx
import pytest
from redis import Redis

from shared.journal import Journal
from shared.settings import Settings
from tests.cli.conftest import Hookline, hookline_with
from tests.cli.letters import accept


@pytest.fixture
def hookline_at(configuration: object, highlevel_address: str) -> Hookline:
    return hookline_with({"HOOKLINE_CONFIG": str(configuration), "HIGHLEVEL_BASE_URL": highlevel_address})


def test_a_location_that_is_well_needs_no_redis(hookline_at: Hookline) -> None:
    result = hookline_at("doctor", "main", "--write")

    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("main\n")
    assert "✓ delete" in result.stdout
    assert result.stdout.endswith("All well.\n")


def test_a_fault_is_told_with_its_way_out_and_exits_with_1(hookline_at: Hookline, highlevel_address: str) -> None:
    httpx.post(f"{highlevel_address}/_sandbox/tokens", json={"tokens": ["pit-2"]}, trust_env=False)

    result = hookline_at("doctor", "main")

    assert result.exit_code == 1
    assert "✗ contacts" in result.stdout
    assert "Check token and api in [locations.main]" in result.stdout
    assert "pit-very-secret" not in result.output


def test_findings_are_there_as_json(hookline_at: Hookline) -> None:
    result = hookline_at("doctor", "main", "--json")

    items = json.loads(result.stdout)["items"]
    assert result.exit_code == 0
    assert {item["level"] for item in items} == {"ok"}
    assert {"location", "check", "level", "says", "remedy"} == set(items[0])


def test_an_unknown_location_is_named_with_the_known_ones(hookline_at: Hookline) -> None:
    result = hookline_at("doctor", "berlin")

    assert result.exit_code == 2
    assert "'berlin' is not a location of the configuration; known are main." in result.stderr


def test_every_location_that_answers_may_name_is_examined_with_the_form(
    hookline_at: Hookline, configuration: Path
) -> None:
    berlin = '[locations.berlin]\nlocation_id = "loc-2"\ntoken = "pit"\n[locations.munich]\nlocation_id = "loc-3"\n'
    routed = 'location = "{Office}"\nlocations = ["berlin", "munich"]\ncustom_fields.Nope = "Q"\n'
    text = configuration.read_text().replace('location = "main"\n', routed)
    configuration.write_text(f'{text}{berlin}token = "pit"\n')

    items = json.loads(hookline_at("doctor", "main", "berlin", "munich", "--json").stdout)["items"]

    faults = {item["location"]: item["says"] for item in items if item["level"] == "fault"}
    assert faults == dict.fromkeys(
        ["berlin", "munich"], "[forms.contact-us] names 'Nope', which the location does not have"
    )


def test_redis_is_examined_before_the_locations(
    configuration: Path, highlevel_address: str, redis: Redis, settings: Settings
) -> None:
    redis.config_set("appendonly", "yes")
    environment = {"HOOKLINE_CONFIG": str(configuration), "HIGHLEVEL_BASE_URL": highlevel_address}
    try:
        well = hookline_with({**environment, "REDIS_URL": settings.redis_url})("doctor")
    finally:
        redis.config_set("appendonly", "no")

    volatile = hookline_with({**environment, "REDIS_URL": settings.redis_url})("doctor")
    away = hookline_with({**environment, "REDIS_URL": "redis://127.0.0.1:1/0"})("doctor")

    assert (well.exit_code, volatile.exit_code, away.exit_code) == (0, 1, 1), well.output
    assert well.stdout.startswith("redis\n")
    assert "✗ persistence   nothing is kept on disk" in volatile.stdout
    assert "✗ connection    does not answer" in away.stdout
    assert "main" in away.stdout


def test_workers_and_data_are_examined(
    configuration: Path, highlevel_address: str, redis: Redis, settings: Settings, journal: Journal
) -> None:
    environment = {"HOOKLINE_CONFIG": str(configuration), "HIGHLEVEL_BASE_URL": highlevel_address}
    hookline = hookline_with({**environment, "REDIS_URL": settings.redis_url})
    accept(journal, "s1")
    redis.flushall()
    accept(journal, "s2")

    told = hookline("doctor")

    assert told.exit_code == 1
    assert "hookline\n  ✗ data          DATA LOST: noticed at 20" in told.stdout
    assert "✗ workers       none is alive\n    Start a worker" in told.stdout
    assert "! secret key    SECRET_KEY is not set: the hashes in Redis are not keyed\n    Set it to 32" in told.stdout
