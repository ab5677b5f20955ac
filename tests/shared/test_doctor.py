"""The doctor examines a location of the sandbox, well and with each thing wrong that people get wrong."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from flask import Flask

from sandbox.app import create_app
from shared.accounts import Accounts
from shared.config import Form, Location
from shared.doctor import Doctor, Patient, time_of
from shared.findings import Finding
from shared.highlevel.client import Client
from shared.highlevel.oauth import OAuthClient, Tokens
from shared.highlevel.wire import Wire
from tests.shared.highlevel.test_oauth import DictStore

NOON = datetime(2026, 9, 23, 12, tzinfo=UTC)
ALL_SCOPES = ["contacts.readonly", "contacts.write", "locations/customFields.readonly"]
BUDGET = {"id": "budget00000000000000", "name": "Budget", "fieldKey": "contact.budget", "dataType": "MONETORY"}
FORM = {"provider": "generic_json", "auth": "none", "location": "main"}


@dataclass
class Surgery:
    """A sandbox, a location, its forms, and what the clocks say."""

    highlevel: Flask
    location: dict[str, Any] = field(default_factory=lambda: {"location_id": "L1", "token": "pit-1"})
    form: dict[str, Any] = field(default_factory=dict)
    there: datetime | None = NOON

    def __post_init__(self) -> None:
        self.http = httpx.Client(transport=httpx.WSGITransport(app=self.highlevel), base_url="http://highlevel.test")

    def control(self, path: str, **body: Any) -> Any:
        return self.http.post(f"/_sandbox/{path}", json=body).raise_for_status().json()

    def token(self, **token: Any) -> None:
        self.control("tokens", tokens=[{"token": "pit-1", **token}])

    def examine(self, write: bool = True) -> list[Finding]:
        tokens = Tokens(OAuthClient(Wire(self.http), "http://highlevel.test"), DictStore())
        doctor = Doctor(
            Client("http://highlevel.test", self.http), Accounts(tokens), lambda _: self.there, lambda: NOON
        )
        form = Form.model_validate({**FORM, **self.form})
        return list(
            doctor.examine(Patient("main", Location.model_validate(self.location), {"contact": form}), write=write)
        )

    def contacts(self) -> list[Any]:
        contacts: list[Any] = self.http.get("/_sandbox/contacts").json()["contacts"]
        return contacts


@pytest.fixture
def surgery() -> Iterator[Surgery]:
    surgery = Surgery(create_app())
    yield surgery
    surgery.http.close()


@pytest.mark.parametrize("api", ["v1", "v2", "v3"])
def test_all_is_well_in_every_generation_and_nothing_is_left_behind(surgery: Surgery, api: str) -> None:
    surgery.location["api"] = api

    findings = surgery.examine()

    assert {found.level for found in findings} == {"ok"}, findings
    checks = [found.check for found in findings]
    assert checks[:4] == ["clock", "contacts", "rate limit", "custom fields"]
    assert checks[4:] == ["create", "read", "update", "tags", "search", "delete"]
    assert surgery.contacts() == []


def test_only_reading_calls_are_made_without_write(surgery: Surgery) -> None:
    surgery.examine(write=False)

    calls = surgery.http.get("/_sandbox/calls").json()["calls"]
    assert {call["method"] for call in calls} == {"GET"}


def wrong_token(surgery: Surgery) -> None:
    surgery.control("tokens", tokens=["pit-2"])


def no_reading_scope(surgery: Surgery) -> None:
    surgery.token(scopes=["contacts.write", "locations/customFields.readonly"])


def no_writing_scope(surgery: Surgery) -> None:
    surgery.token(scopes=["contacts.readonly", "locations/customFields.readonly"])


def no_fields_scope(surgery: Surgery) -> None:
    surgery.form["custom_fields"] = {"Budget": "budget"}
    surgery.token(scopes=["contacts.readonly", "contacts.write"])


def another_location(surgery: Surgery) -> None:
    surgery.token(location="L2")


def a_v1_key_at_v2(surgery: Surgery) -> None:
    surgery.control("tokens", tokens=[{"token": "v1-key", "location": "L1"}])


def unknown_field(surgery: Surgery) -> None:
    surgery.control("locations/L1", custom_fields=[BUDGET])
    surgery.form["custom_fields"] = {"Bugdet": "budget"}


def field_named_twice(surgery: Surgery) -> None:
    twin = {**BUDGET, "id": "budget00000000000001", "fieldKey": "contact.budget_1"}
    surgery.control("locations/L1", custom_fields=[BUDGET, twin])
    surgery.form["custom_fields"] = {"Budget": "budget"}


def template_into_a_number(surgery: Surgery) -> None:
    surgery.control("locations/L1", custom_fields=[BUDGET])
    surgery.form["custom_fields"] = {"Budget": "{from} to {to}"}


def choice_without_options(surgery: Surgery) -> None:
    surgery.control("locations/L1", custom_fields=[{**BUDGET, "dataType": "SINGLE_OPTIONS"}])
    surgery.form["custom_fields"] = {"Budget": "budget"}


def notes_into_a_date(surgery: Surgery) -> None:
    surgery.control("locations/L1", custom_fields=[{**BUDGET, "dataType": "DATE"}])
    surgery.form["unmapped"] = "custom_field:Budget"


def clock_an_hour_off(surgery: Surgery) -> None:
    surgery.there = NOON - timedelta(hours=1)


def wrong_path(surgery: Surgery) -> None:
    surgery.location["base_url"] = "http://highlevel.test/api"


def edge_refuses(surgery: Surgery) -> None:
    surgery.control("faults", status=403, body="<html>error code: 1010</html>")


def highlevel_is_down(surgery: Surgery) -> None:
    surgery.control("faults", status=503)


def oauth_not_connected(surgery: Surgery) -> None:
    surgery.location = {"location_id": "L1", "oauth": {"client_id": "app", "client_secret": "app-secret"}}


def connected(surgery: Surgery, **app: Any) -> None:
    registered = surgery.control(
        "oauth", **{"client_id": "app", "client_secret": "app-secret", "location": "L1", "scopes": ALL_SCOPES, **app}
    )
    oauth = {"client_id": "app", "client_secret": "app-secret", "refresh_token": registered["refresh_token"]}
    surgery.location = {"location_id": "L1", "oauth": oauth}


def oauth_token_refused_for_good(surgery: Surgery) -> None:
    connected(surgery)
    refused = {"message": "Invalid token: access token is invalid"}
    surgery.control("faults", match={"path": "/contacts/search/duplicate"}, status=401, body=refused, count=2)


def oauth_without_a_scope(surgery: Surgery) -> None:
    connected(surgery, scopes=["contacts.write", "locations/customFields.readonly"])


def oauth_of_another_location(surgery: Surgery) -> None:
    connected(surgery)
    surgery.location["location_id"] = "L2"


def oauth_secret_is_wrong(surgery: Surgery) -> None:
    connected(surgery)
    surgery.location["oauth"]["client_secret"] = "another-secret"


def oauth_paused(surgery: Surgery) -> None:
    connected(surgery, active=False)


MISCONFIGURATIONS: dict[str, tuple[Callable[[Surgery], None], str, str, str]] = {
    "the token is wrong": (wrong_token, "contacts", "Invalid Private Integration token", "Check token and api"),
    "no scope to read contacts": (
        no_reading_scope,
        "contacts",
        "not authorized for this scope",
        "tick View Contacts (contacts.readonly)",
    ),
    "no scope to write contacts": (
        no_writing_scope,
        "create",
        "not authorized for this scope",
        "tick Edit Contacts (contacts.write)",
    ),
    "no scope for custom fields": (
        no_fields_scope,
        "custom fields",
        "not authorized for this scope",
        "tick View Custom Fields (locations/customFields.readonly)",
    ),
    "a token of another location": (another_location, "contacts", "HTTP 40", "check location_id in [locations.main]"),
    "a key of another generation": (a_v1_key_at_v2, "contacts", "HTTP 401", 'api = "v1"'),
    "an unknown custom field": (unknown_field, "custom fields", "names 'Bugdet'", "Did you mean 'Budget'?"),
    "a custom field's name is there twice": (
        field_named_twice,
        "custom fields",
        "more than once",
        "by its id: budget0",
    ),
    "a template fills a number": (template_into_a_number, "custom fields", "put together", "Change the field's type"),
    "a choice has no options": (choice_without_options, "custom fields", "has no options", "Change the field's type"),
    "all the rest goes into a date": (notes_into_a_date, "custom fields", "put together", "Change the field's type"),
    "the clock is wrong": (clock_an_hour_off, "clock", "differs from HighLevel's by 3600 s", "NTP"),
    "the address is wrong": (wrong_path, "contacts", "Cannot GET", "base_url"),
    "the edge refuses this machine": (edge_refuses, "contacts", "HTTP 403", "edge refuses this machine's address"),
    "HighLevel is down": (highlevel_is_down, "contacts", "HTTP 503", "status.gohighlevel.com"),
    "the location is not connected": (
        oauth_not_connected,
        "token",
        "not connected",
        "Run `hookline oauth connect main`",
    ),
    "a connected location's token is refused": (
        oauth_token_refused_for_good,
        "contacts",
        "Invalid token",
        "Run `hookline oauth connect main`",
    ),
    "a connected location lacks a scope": (
        oauth_without_a_scope,
        "contacts",
        "not authorized for this scope",
        "Add View Contacts (contacts.readonly) to the scopes of the app, then run `hookline oauth connect main`",
    ),
    "another location is connected": (oauth_of_another_location, "contacts", "HTTP 40", "choose that sub-account"),
    "the app's secret is wrong": (
        oauth_secret_is_wrong,
        "token",
        "look at client_id and client_secret",
        "They stand in [locations.main.oauth]",
    ),
    "a connected location is paused": (oauth_paused, "token", "look at its billing", "once the bill is settled"),
}


@pytest.mark.parametrize(("break_it", "check", "says", "remedy"), MISCONFIGURATIONS.values(), ids=MISCONFIGURATIONS)
def test_each_misconfiguration_is_found_with_its_way_out(
    surgery: Surgery, break_it: Callable[[Surgery], None], check: str, says: str, remedy: str
) -> None:
    break_it(surgery)

    faults = [found for found in surgery.examine() if found.level == "fault"]

    assert [found.check for found in faults] == [check]
    assert says in faults[0].says
    assert remedy in faults[0].remedy


def test_a_missing_scope_for_custom_fields_is_no_fault_where_no_form_names_any(surgery: Surgery) -> None:
    surgery.token(scopes=["contacts.readonly", "contacts.write"])

    found = next(found for found in surgery.examine() if found.check == "custom fields")

    assert found.level == "warning"


def test_a_day_that_is_nearly_used_up_is_a_warning(surgery: Surgery) -> None:
    surgery.http.close()
    surgery = Surgery(create_app(daily_limit=5))
    surgery.examine(write=False)
    surgery.examine(write=False)

    found = next(found for found in surgery.examine(write=False) if found.check == "rate limit")

    assert found.level == "warning"
    surgery.http.close()


def test_the_throwaway_contact_is_deleted_even_when_a_step_in_between_fails(surgery: Surgery) -> None:
    surgery.control("faults", match={"method": "PUT"}, status=422, body={"message": ["no"]})

    findings = surgery.examine()

    assert [found.check for found in findings if found.level == "fault"] == ["update"]
    assert surgery.contacts() == []


def test_a_refresh_token_opens_the_location(surgery: Surgery) -> None:
    connected(surgery)

    assert {found.level for found in surgery.examine()} == {"ok"}


def test_an_access_token_that_has_expired_is_renewed_once(surgery: Surgery) -> None:
    connected(surgery)
    refused = {"message": "Invalid token: access token is invalid"}
    surgery.control("faults", match={"path": "/contacts/search/duplicate"}, status=401, body=refused, count=1)

    findings = surgery.examine(write=False)

    assert {found.level for found in findings} == {"ok"}
    assert ("token", "the access token had expired and was renewed") in [
        (found.check, found.says) for found in findings
    ]


@pytest.mark.parametrize(
    "break_it",
    [oauth_not_connected, oauth_token_refused_for_good, oauth_without_a_scope, oauth_of_another_location],
)
def test_a_connected_location_hears_nothing_of_keys_and_integrations(
    surgery: Surgery, break_it: Callable[[Surgery], None]
) -> None:
    break_it(surgery)

    [fault] = [found for found in surgery.examine() if found.level == "fault"]

    text = f"{fault.says} {fault.remedy}"
    assert text.count("hookline oauth connect main") == 1
    assert not [wrong for wrong in ("v1", "Private", "replace it", "stays the same") if wrong in text]


def test_a_scope_is_advised_once_and_in_one_way(surgery: Surgery) -> None:
    no_reading_scope(surgery)

    [fault] = [found for found in surgery.examine() if found.level == "fault"]

    assert fault.says == "HTTP 401: The token is not authorized for this scope."
    assert "the token stays the same" in fault.remedy


def test_all_missing_scopes_are_named_at_once(surgery: Surgery) -> None:
    surgery.form["custom_fields"] = {"Budget": "budget"}
    surgery.token(scopes=["contacts.write"])

    remedies = " ".join(found.remedy for found in surgery.examine() if found.level == "fault")

    assert "contacts.readonly" in remedies
    assert "locations/customFields.readonly" in remedies


def test_an_unknown_custom_field_has_two_ways_out(surgery: Surgery) -> None:
    unknown_field(surgery)

    [fault] = [found for found in surgery.examine(write=False) if found.level == "fault"]

    assert "Correct the name in the configuration, or make the field in HighLevel" in fault.remedy


def test_the_address_that_does_not_answer_is_named() -> None:
    def refuse(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    with httpx.Client(transport=httpx.MockTransport(refuse)) as http:
        doctor = Doctor(Client("http://nowhere.test", http), Accounts(None), time_of(http), lambda: NOON)
        location = Location.model_validate({"location_id": "L1", "token": "pit-1"})
        clock, contacts = doctor.examine(Patient("main", location, {}), write=False)

    assert clock.says == "no time could be had from http://nowhere.test"
    assert contacts.says == "no answer: ConnectError (tried was http://nowhere.test)"


@pytest.mark.parametrize(
    ("options", "value", "problem"),
    [
        (["Small", "Large"], "large", None),
        (["Small", "Large"], "Medium", "Budget' (SINGLE_OPTIONS): "),
        ([], "large", "it has no options, so nothing can be chosen"),
    ],
)
def test_a_constant_that_its_custom_field_cannot_hold_is_a_fault(
    surgery: Surgery, options: list[str], value: str, problem: str | None
) -> None:
    surgery.control(
        "locations/L1", custom_fields=[{**BUDGET, "dataType": "SINGLE_OPTIONS", "picklistOptions": options}]
    )
    surgery.form["custom_fields"] = {"Budget": {"value": value}}

    faults = [found.says for found in surgery.examine(write=False) if found.level == "fault"]

    assert [problem in says for says in faults if problem] == ([True] if problem else [])
    assert len(faults) == (1 if problem else 0)
