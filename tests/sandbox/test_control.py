from collections.abc import Callable
from typing import Any

import pytest

from sandbox.custom_fields import CustomField
from sandbox.locations import LocationSettings
from tests.sandbox.conftest import LOCATION, NOON, HighLevel

ADA = "ada@example.com"


def test_contacts_are_listed_newest_first_with_notes_and_writes(highlevel: HighLevel) -> None:
    highlevel.upsert(email=ADA)
    grace = highlevel.a_contact(email="grace@example.com", tags=["VIP"])
    highlevel.http.post(f"/contacts/{grace}/notes", json={"body": "Call back"})
    listed = highlevel.http.get("/_sandbox/contacts").json()

    newest, oldest = listed["contacts"]
    assert listed["total"] == 2
    assert oldest["email"] == ADA
    assert (newest["tags"], newest["written"], newest["notes"][0]["body"]) == (["vip"], 1, "Call back")


def test_contacts_are_listed_by_location_and_up_to_a_limit(highlevel: HighLevel) -> None:
    highlevel.upsert(email=ADA)
    highlevel.upsert(email="grace@example.com")
    highlevel.upsert(location="another", email=ADA)
    of_one = highlevel.http.get("/_sandbox/contacts", params={"location": LOCATION, "limit": 1}).json()

    assert of_one["total"] == 2
    assert [contact["email"] for contact in of_one["contacts"]] == ["grace@example.com"]


def test_calls_are_listed_newest_first(highlevel: HighLevel) -> None:
    contact_id = highlevel.upsert(email=ADA).json()["contact"]["id"]
    highlevel.upsert(email="no")
    listed = highlevel.http.get("/_sandbox/calls").json()

    refused, written = listed["calls"]
    assert listed["counts"] == {"200": 1, "422": 1}
    assert refused["status"] == 422
    assert written == {
        "at": "2026-09-23T12:00:00.000Z",
        "arrived_ms": NOON * 1000,
        "method": "POST",
        "path": "/contacts/upsert",
        "location": LOCATION,
        "status": 200,
        "fault": None,
        "contact_id": contact_id,
        "duration_ms": 0.0,
    }


def test_calls_are_listed_up_to_a_limit(highlevel: HighLevel) -> None:
    for _ in range(3):
        highlevel.upsert(email=ADA)

    assert len(highlevel.http.get("/_sandbox/calls", params={"limit": 2}).json()["calls"]) == 2


def test_settings_change_one_at_a_time(highlevel: HighLevel) -> None:
    highlevel.configure(default_region="DE")
    answer = highlevel.configure(allow_duplicates=True)

    assert answer.json() == {
        "id": LOCATION,
        "allow_duplicates": True,
        "duplicate_priority": ["email", "phone"],
        "default_region": "DE",
        "custom_fields": [],
        "search_lag_ms": 0,
    }


@pytest.mark.parametrize(
    "settings", [{"default_region": "XX"}, {"duplicate_priority": ["name"]}, {"allow": True}, {"custom_fields": [{}]}]
)
def test_settings_that_make_no_sense_are_refused(highlevel: HighLevel, settings: dict[str, Any]) -> None:
    assert highlevel.configure(**settings).status_code == 422


def test_settings_may_be_given_at_the_start(a_sandbox: Callable[..., HighLevel]) -> None:
    field = CustomField(id="f1", name="Budget", field_key="contact.budget")
    highlevel = a_sandbox(locations={LOCATION: LocationSettings(custom_fields=(field,))})
    answer = highlevel.upsert(email=ADA, customFields=[{"id": "unknown", "field_value": "5"}])

    assert answer.json()["contact"]["customFields"] == []


def test_contacts_may_be_put_in_place(highlevel: HighLevel) -> None:
    seeded = highlevel.http.post("/_sandbox/state", json={"contacts": [{"locationId": LOCATION, "email": ADA}]})

    assert seeded.status_code == 201
    assert highlevel.calls() == []
    assert highlevel.upsert(email=ADA).json()["new"] is False


def test_state_goes_back_to_the_start(a_sandbox: Callable[..., HighLevel]) -> None:
    highlevel = a_sandbox(tokens=["pit-test"], max_requests=1)
    highlevel.upsert(email=ADA)
    highlevel.configure(allow_duplicates=True)
    highlevel.add_fault(status=500)
    highlevel.http.post("/_sandbox/tokens", json={"tokens": ["other"]})
    highlevel.http.delete("/_sandbox/state")

    assert highlevel.contacts() == highlevel.calls() == []
    assert highlevel.upsert(email=ADA).json()["new"] is True
    assert highlevel.create(email=ADA).status_code == 429


@pytest.mark.parametrize("path", ["/_sandbox/faults", "/_sandbox/tokens", "/_sandbox/state", "/_sandbox/locations/x"])
def test_a_control_body_that_is_no_json_is_a_400(highlevel: HighLevel, path: str) -> None:
    answer = highlevel.http.post(path, content=b"{", headers={"Content-Type": "application/json"})

    assert answer.status_code == 400


def test_removing_an_unknown_fault_is_a_404(highlevel: HighLevel) -> None:
    assert highlevel.http.delete("/_sandbox/faults/7").status_code == 404
