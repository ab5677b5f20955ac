import json
import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest
from redis import Redis

from shared.highlevel.custom_fields import Catalogue
from shared.journal import Journal
from shared.settings import Settings
from shared.stores.custom_fields import FieldCache
from shared.stores.fetches import FetchRefusals
from tests.cli.conftest import Hookline, hookline_with
from tests.cli.letters import accept, bury, deliver
from tests.shared.journal.factories import Bench


def test_status_has_the_ledger_the_forms_and_the_locations(hookline: Hookline, journal: Journal) -> None:
    bury(journal, "s1")
    deliver(journal, "s2", form="other")

    found = json.loads(hookline("status", "--json").stdout)

    assert found["ledger"] == {
        **dict.fromkeys(("waiting", "leased", "discarded", "forgotten", "duplicate", "not_stored"), 0),
        "accepted": 2,
        "delivered": 1,
        "dead": 1,
        "balanced": True,
    }
    assert found["forms"]["contact-us"]["dead"] == 1
    assert found["forms"]["other"]["delivered"] == 1
    assert found["locations"]["main"]["accepted"] == 2
    assert (found["workers"]["state"], found["workers"]["alive"], found["workers"]["threads"]) == ("ok", 1, 100)
    assert found["workers"]["last_heartbeat"] > found["data"]["since"]
    assert (found["data"]["state"], found["data"]["losses"]) == ("ok", [])


def test_status_tells_what_waits_for_what(hookline: Hookline, journal: Journal) -> None:
    accept(journal, "s1")

    result = hookline("status")

    assert result.exit_code == 0
    assert "Workers alive: 0" in result.stdout
    assert "form contact-us: 1 wait for a worker to live; the oldest since 20" in result.stdout


def test_status_tells_why_a_location_is_held(hookline: Hookline, journal: Journal) -> None:
    lease = Bench(journal).leased("s1")
    lease.hold("credentials", "the token is refused", status=401, seconds=15, token="", calls=1)

    plain = hookline("status").stdout
    found = json.loads(hookline("status", "--json").stdout)

    assert "1 wait for the hold to end" in plain
    assert "location main is held: credentials: the token is refused (HTTP 401); next probe at 20" in plain
    assert found["locations"]["main"]["hold"]["kind"] == "credentials"
    assert found["locations"]["main"]["hold"]["probe_at"].endswith("Z")


def test_a_lifted_hold_is_none(hookline: Hookline, journal: Journal) -> None:
    lease = Bench(journal).leased("s1")
    lease.hold("credentials", "the token is refused", status=401, seconds=15, token="", calls=1)

    listed = json.loads(hookline("hold", "list", "--json").stdout)["items"]
    lifted = hookline("hold", "lift", "main")
    again = hookline("hold", "lift", "main")

    assert [hold["location"] for hold in listed] == ["main"]
    assert lifted.exit_code == 0
    assert hookline("hold", "list").stdout == "No location is held.\n"
    assert again.exit_code == 1
    assert "main is not held" in again.stderr


def test_audit_finds_the_books_in_order(hookline: Hookline, journal: Journal) -> None:
    bury(journal, "s1")
    accept(journal, "s2")

    result = hookline("audit")

    assert result.exit_code == 0
    assert "The ledger is balanced." in result.stdout


def test_audit_names_every_difference_and_exits_with_1(hookline: Hookline, journal: Journal, redis: Redis) -> None:
    bury(journal, "s1")
    redis.zrem("hookline:dead", "s1")

    result = hookline("audit")
    found = json.loads(hookline("audit", "--json").stdout)

    assert result.exit_code == 1
    assert "dead: the ledger says 1, counted are 0" in result.stdout
    assert "s1 does not stand where its record says" in result.stdout
    assert not found["balanced"]
    assert found["misplaced"] == ["s1"]
    assert {"state": "dead", "ledger": 1, "counted": 0, "ok": False} in found["states"]


def test_lost_data_is_the_first_that_status_says_until_somebody_acknowledges_it(
    hookline: Hookline, journal: Journal, redis: Redis
) -> None:
    deliver(journal, "s1")
    redis.flushall()
    journal.look()

    first, found = hookline("status").stdout.splitlines()[0], json.loads(hookline("status", "--json").stdout)
    assert first.startswith("DATA LOST: noticed at 20")
    assert first.endswith("Of 1 accepted submissions 0 were there")
    assert (found["data"]["state"], len(found["data"]["losses"])) == ("lost", 1)

    audit, acknowledged, again = hookline("audit"), hookline("audit", "--acknowledge"), hookline("audit", "--json")
    assert audit.exit_code == 1
    assert "hookline audit --acknowledge" in audit.stdout
    assert (acknowledged.exit_code, again.exit_code) == (0, 0)
    assert "Acknowledged: the loss of data that was noticed at 20" in acknowledged.stderr
    assert json.loads(again.stdout)["losses"] == []
    assert "DATA LOST" not in hookline("status").stdout


def test_a_stall_and_missing_workers_stand_before_all_else(hookline: Hookline, journal: Journal, redis: Redis) -> None:
    journal.turn("worker-1", 4)
    accept(journal, "s1")
    redis.zincrby("hookline:leased", -31_000, "s1")
    stalled, found = hookline("status").stdout, json.loads(hookline("status", "--json").stdout)
    redis.delete("hookline:workers")
    missing = hookline("status").stdout

    assert stalled.startswith("Workers: stalled: 1 alive, and for 31 s none has begun any of the 1 deliveries")
    assert "Workers alive: 1, with 4 threads; last heartbeat 20" in stalled
    assert (found["workers"]["state"], round(found["workers"]["unbegun_seconds"])) == ("stalled", 31)
    assert missing.startswith("Workers: none is alive\nStart a worker")


def test_a_full_redis_stands_before_all_else_and_a_command_that_it_refuses_says_the_same(
    hookline: Hookline, journal: Journal, redis: Redis
) -> None:
    bury(journal, "s1")
    redis.config_set("maxmemory", 1)
    try:
        status, found = hookline("status").stdout, json.loads(hookline("status", "--json").stdout)
        refused = hookline("hold", "lift", "main")
    finally:
        redis.config_set("maxmemory", 0)

    assert status.startswith("REDIS IS FULL: ")
    assert status.splitlines()[0].endswith(" MB of 0.0 MB used. Senders get 503")
    assert status.splitlines()[1].startswith("Give it more memory, ")
    assert (found["memory"]["state"], found["memory"]["limit"], found["memory"]["used"] > 1) == ("full", 1, True)
    assert refused.exit_code == 1
    assert refused.stderr.startswith("Error: REDIS IS FULL: ")
    assert "Senders get 503. Give it more memory, " in refused.stderr


def test_a_redis_that_is_stuck_is_waited_for_once(configuration: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.wiring.REDIS_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        result = hookline_with({"HOOKLINE_CONFIG": str(configuration), "REDIS_URL": f"redis://127.0.0.1:{port}"})(
            "status"
        )
        tries = connections_of(server)

    assert result.exit_code == 1
    said = f"Redis at 127.0.0.1:{port} takes the connection but does not answer. See its log and its load."
    assert said in result.stderr
    assert tries == 1


def test_a_redis_that_does_not_answer_is_named_without_its_password(hookline_offline: Hookline) -> None:
    result = hookline_offline("status")

    assert result.exit_code == 1
    assert "Redis at 127.0.0.1:1 does not answer" in result.stderr
    assert "set REDIS_URL" in result.stderr
    assert "secret" not in result.stderr


def test_a_token_that_may_not_read_custom_fields_is_in_the_list_of_holds(
    hookline: Hookline, redis: Redis, settings: Settings
) -> None:
    refused = "The token is not authorized for this scope."
    FieldCache(redis, settings).refuse("main", "v2 loc-1", refused, datetime.now(UTC))

    listed = json.loads(hookline("hold", "list", "--json").stdout)["items"]
    assert [(hold["location"], hold["kind"]) for hold in listed] == [("main", "custom fields")]
    assert "The scope is View Custom Fields (locations/customFields.readonly)." in listed[0]["reason"]
    assert hookline("hold", "lift", "main").exit_code == 0
    assert hookline("hold", "list").stdout == "No location is held.\n"


def test_status_says_why_custom_fields_cannot_be_read_and_when_it_looks_again(
    hookline: Hookline, redis: Redis, settings: Settings, journal: Journal
) -> None:
    FieldCache(redis, settings).refuse("main", "v2 loc-1", "not now", datetime.now(UTC))
    Bench(journal).leased("s1").retry(60, spends=False, calls=1, details={}, waits_for="custom fields")

    shown = hookline("status").stdout

    assert "1 wait for a token that may read the custom fields" in shown
    assert "location main cannot have its custom fields read: not now. Next look at 20" in shown


def test_a_location_stays_in_the_list_of_holds_while_submissions_wait_for_its_custom_fields(
    hookline: Hookline, redis: Redis, settings: Settings, journal: Journal
) -> None:
    cache = FieldCache(redis, settings)
    cache.refuse("main", "v2 loc-1", "not now", datetime.now(UTC))
    Bench(journal).leased("s1").retry(60, spends=False, calls=1, details={}, waits_for="custom fields")
    cache.put("main", "v2 loc-1", Catalogue.of([]), datetime.now(UTC))

    [hold] = json.loads(hookline("hold", "list", "--json").stdout)["items"]
    lifted = hookline("hold", "lift", "main")

    assert (hold["location"], hold["kind"]) == ("main", "custom fields")
    assert lifted.exit_code == 0
    assert "HighLevel is asked again for the custom fields of main" in lifted.stdout


def test_columns_that_are_zero_everywhere_are_left_out(hookline: Hookline, journal: Journal) -> None:
    bury(journal, "s1")
    before = hookline("status").stdout
    hookline("dead", "discard", "s1")
    after = hookline("status").stdout

    assert not [name for name in ("discarded", "forgotten", "duplicate", "not_stored", "quarantined") if name in before]
    assert "dead" in before
    assert after.count("discarded") == 3
    assert "forgotten" not in after


def test_a_form_that_cannot_fetch_its_answers_is_in_the_list_of_holds(
    hookline: Hookline, redis: Redis, settings: Settings, journal: Journal
) -> None:
    FetchRefusals(redis, settings).refuse("lead-ads", "token 1", "Meta Lead Ads answered 401: expired.")
    Bench(journal).leased("s1").retry(60, spends=False, calls=1, details={}, waits_for="fetch")

    [listed] = json.loads(hookline("hold", "list", "--json").stdout)["items"]
    plain, status, shown = (
        hookline(*words).stdout for words in (("hold", "list"), ("status",), ("submissions", "show", "s1"))
    )
    lifted, again = hookline("hold", "lift", "lead-ads"), hookline("hold", "lift", "lead-ads")

    assert (listed["location"], listed["form"], listed["kind"]) == ("", "lead-ads", "fetch")
    assert "form lead-ads" in plain
    assert "form lead-ads cannot fetch its answers: Meta Lead Ads answered 401: expired. Next look at 20" in status
    assert "1 wait for their answers" in status
    assert "for its answers" in shown
    assert (lifted.exit_code, again.exit_code) == (0, 1)
    assert "The builder of lead-ads is asked again" in lifted.stdout
    assert [job.submission_id for job in journal.turn("worker", 16).jobs] == ["s1"]


def connections_of(server: socket.socket) -> int:
    """Return how many connections nobody has taken yet."""
    server.setblocking(False)
    number = 0
    while True:
        try:
            server.accept()[0].close()
        except BlockingIOError:
            return number
        number += 1
