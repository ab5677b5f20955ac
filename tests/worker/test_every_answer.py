"""One delivery for each kind of answer, from the sandbox's programs to the journal."""

from typing import Any

import pytest
from pydantic import SecretStr

from shared.config import Config, Location
from shared.submission import Reason, State
from tests.worker.conftest import World, a_config

WAITING, DEAD, DELIVERED = State.WAITING, State.DEAD, State.DELIVERED
KEY = SecretStr("a-secret-key-of-more-than-32-characters")


@pytest.mark.parametrize(
    ("program", "match", "state", "attempts", "outcome"),
    [
        ("unavailable_503", "/upsert", WAITING, 1, ""),
        ("internal_500", "/upsert", WAITING, 1, ""),
        ("bad_gateway_502", "/upsert", WAITING, 1, ""),
        ("timeout_401", "/upsert", WAITING, 1, ""),
        ("html_200", "/upsert", WAITING, 1, ""),
        ("empty_200", "/upsert", WAITING, 1, ""),
        ("edge_html_403", "/upsert", WAITING, 1, ""),
        ("edge_1010", "/upsert", WAITING, 1, ""),
        ("rate_429", "/upsert", WAITING, 0, "rate"),
        ("rate_429_bare", "/upsert", WAITING, 0, "rate"),
        ("rate_429_retry_after", "/upsert", WAITING, 0, "rate"),
        ("token_401", "/upsert", WAITING, 0, "credentials"),
        ("scope_401", "/upsert", WAITING, 0, "credentials"),
        ("location_401", "/upsert", WAITING, 0, "credentials"),
        ("location_403", "/upsert", WAITING, 0, "credentials"),
        ("forbidden_403", "/upsert", WAITING, 0, "credentials"),
        ("version_401", "/upsert", WAITING, 0, "configuration"),
        ("endpoint_404", "/upsert", WAITING, 0, "configuration"),
    ],
)
def test_what_may_pass_waits_and_is_delivered_when_it_has_passed(
    world: World, program: str, match: str, state: State, attempts: int, outcome: str
) -> None:
    world.fault(match={"path": match}, program=program)
    record = world.deliver(email="ada@example.com")

    assert (record.state, record.attempts) == (state, attempts)
    assert [hold.kind for hold in world.journal.holds()] == [outcome] * bool(outcome)

    world.journal.lift("main")
    world.hurry(record.id)
    world.work()
    assert world.record(record.id).state is DELIVERED
    assert len(world.contacts()) == 1


@pytest.mark.parametrize(
    ("answer", "form", "reason", "field"),
    [
        ({"status": 422, "body": {"message": ["email must be an email"]}}, {}, Reason.REJECTED, "email"),
        ({"status": 422, "body": {"message": ["property x should not exist"]}}, {}, Reason.REJECTED, "x"),
        ({"status": 400, "body": {"message": "no such thing"}}, {}, Reason.REJECTED, ""),
        ({"status": 409, "body": {"message": "Conflict"}}, {}, Reason.UNEXPECTED, ""),
        ({"status": 410, "body": {"message": "Gone"}}, {}, Reason.UNEXPECTED, ""),
        (
            {"status": 400, "body": {"message": "duplicated", "meta": {"contactId": "c1", "matchingField": "email"}}},
            {"operation": "create", "on_duplicate": "dead_letter"},
            Reason.REJECTED,
            "email",
        ),
    ],
)
def test_what_will_not_pass_is_buried_with_its_field(
    world: World, answer: dict[str, Any], form: dict[str, Any], reason: Reason, field: str
) -> None:
    world.config = a_config(contact_us=form)
    world.fault(match={"path": "/contacts/"}, **answer)

    record = world.deliver(email="ada@example.com")

    assert (record.state, record.reason) == (DEAD, reason)
    assert [found.field for found in record.diagnosis] == [field]


def test_a_dead_day_waits_for_the_reset_that_highlevel_names(world: World) -> None:
    world.http.post("/_sandbox/limits", json={"daily_limit": 10, "used_today": 10}).raise_for_status()

    record = world.deliver(email="ada@example.com")

    [hold] = world.journal.holds()
    assert (record.state, record.attempts, hold.kind) == (WAITING, 0, "daily")


# Locations with OAuth ----------------------------------------------------------------------------------------------


def connected(world: World, **app: Any) -> dict[str, Any]:
    """Let an app into the location of the sandbox, and Hookline use it."""
    wanted = {"client_id": "app", "client_secret": "app-secret", "location": "L1", **app}
    made: dict[str, Any] = world.http.post("/_sandbox/oauth", json=wanted).raise_for_status().json()
    world.http.post("/_sandbox/tokens", json={"tokens": []}).raise_for_status()
    oauth = {"client_id": "app", "client_secret": "app-secret", "refresh_token": made["refresh_token"]}
    location = Location.model_validate({"location_id": "L1", "oauth": oauth})
    world.config = Config(locations={"main": location}, forms=a_config(contact_us={}).forms)
    world.settings = world.settings.model_copy(update={"secret_key": KEY})
    return made


def refreshes(world: World) -> int:
    apps = world.http.get("/_sandbox/oauth").json()["apps"]
    return int(apps[0]["refreshes"])


def change(world: World, **changes: Any) -> None:
    world.http.patch("/_sandbox/oauth/app", json=changes).raise_for_status()


def test_a_location_with_oauth_is_opened_by_its_refresh_token(world: World) -> None:
    connected(world)

    records = [world.deliver(email="ada@example.com"), world.deliver(email="grace@example.com")]

    assert {record.state for record in records} == {DELIVERED}
    assert refreshes(world) == 1


def test_a_token_that_is_refused_is_renewed_once_within_the_delivery(world: World) -> None:
    connected(world)
    world.deliver(email="ada@example.com")
    change(world, expire_access_tokens=True)

    record = world.deliver(email="grace@example.com")

    assert (record.state, refreshes(world)) == (DELIVERED, 2)
    assert [attempt.status for attempt in world.journal.attempts(record.id)] == [401, 200]


def test_a_scope_that_is_missing_is_no_reason_to_refresh(world: World) -> None:
    connected(world, scopes=["contacts.readonly"])
    record = world.deliver(email="ada@example.com")

    assert (record.state, refreshes(world)) == (WAITING, 1)
    assert [hold.kind for hold in world.journal.holds()] == ["credentials"]


def test_a_paused_location_is_parked_and_goes_on_with_the_same_token(world: World) -> None:
    connected(world, active=False)
    record = world.deliver(email="ada@example.com")
    assert [hold.kind for hold in world.journal.holds()] == ["inactive"]
    change(world, active=True)
    world.journal.lift("main")
    world.work()

    assert world.record(record.id).state is DELIVERED


def test_a_refresh_token_that_is_used_up_asks_to_connect_again(world: World) -> None:
    connected(world)
    change(world, revoke_refresh_token=True)

    record = world.deliver(email="ada@example.com")

    [hold] = world.journal.holds()
    assert (record.state, record.attempts, hold.kind) == (WAITING, 0, "credentials")
    assert "hookline oauth connect main" in hold.reason


def test_no_attempt_holds_a_token(world: World) -> None:
    made = connected(world)
    change(world, revoke_refresh_token=True)
    record = world.deliver(email="ada@example.com")

    kept = repr(world.journal.attempts(record.id))
    assert made["refresh_token"] not in kept
    assert "app-secret" not in kept


# Generations -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("api", ["v1", "v2", "v3"])
def test_every_generation_gets_contact_tags_note_and_custom_field(world: World, api: str) -> None:
    key = {"token": "pit-1", "location": "L1"}
    world.http.post("/_sandbox/tokens", json={"tokens": [key]}).raise_for_status()
    field = {"id": "budget00000000000000", "name": "Budget", "fieldKey": "contact.budget", "dataType": "NUMERICAL"}
    world.configure(custom_fields=[field])
    location = Location.model_validate({"location_id": "L1", "token": "pit-1", "api": api})
    form = {"tags": ["website"], "custom_fields": {"Budget": "budget"}, "consent": {"all": "may we call"}}
    world.config = Config(locations={"main": location}, forms=a_config(contact_us=form).forms)

    record = world.deliver(email="ada@example.com", budget="500", tea="green", **{"may we call": "no"})

    [contact] = world.contacts()
    assert (record.state, record.not_stored) == (DELIVERED, ())
    assert (contact["tags"], contact["dnd"]) == (["website"], True)
    assert [str(item["value"]) for item in contact["customFields"]] == ["500"]
    assert contact["notes"][0]["body"].startswith("tea: green")
