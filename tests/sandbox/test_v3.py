"""What the generation v3 does otherwise than v2, and v2 otherwise than v3."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.sandbox.conftest import LOCATION, HighLevel

ADA = "ada@example.com"
SETTING = {"status": "active"}


@pytest.fixture
def v3(a_sandbox: Callable[..., HighLevel]) -> HighLevel:
    highlevel = a_sandbox()
    highlevel.http.headers["Version"] = "v3"
    return highlevel


@pytest.mark.parametrize("name", ["fieldValue", "field_value"])
def test_a_custom_field_s_value_has_a_new_name_and_may_have_the_old(v3: HighLevel, name: str) -> None:
    answer = v3.upsert(email=ADA, customFields=[{"id": "f1", name: "5"}])

    assert answer.json()["contact"]["customFields"] == [{"id": "f1", "value": "5"}]


@pytest.mark.parametrize(("version", "kept"), [("v3", "new"), ("2021-07-28", "old")])
def test_each_generation_prefers_its_own_name_of_the_value(highlevel: HighLevel, version: str, kept: str) -> None:
    highlevel.http.headers["Version"] = version
    answer = highlevel.upsert(email=ADA, customFields=[{"id": "f1", "fieldValue": "new", "field_value": "old"}])

    assert answer.json()["contact"]["customFields"] == [{"id": "f1", "value": kept}]


def test_each_generation_shows_the_channels_in_its_own_spelling(v3: HighLevel) -> None:
    spellings = ("call", "email", "sms", "whatsApp", "gmb", "fb")
    written = v3.upsert(email=ADA, dndSettings=dict.fromkeys(spellings, SETTING)).json()["contact"]
    v3.http.headers["Version"] = "2021-07-28"
    read = v3.contact(written["id"])

    assert written["dndSettings"] == dict.fromkeys(spellings, SETTING)
    assert read["dndSettings"] == dict.fromkeys(("Call", "Email", "SMS", "WhatsApp", "GMB", "FB"), SETTING)


@pytest.mark.parametrize(
    ("version", "spelling"), [("v3", "Call"), ("v3", "WhatsApp"), ("2021-07-28", "call"), ("2021-07-28", "whatsApp")]
)
@pytest.mark.parametrize("write", ["upsert", "create", "update"])
def test_the_other_generation_s_spelling_is_refused(
    highlevel: HighLevel, version: str, spelling: str, write: str
) -> None:
    contact_id = highlevel.a_contact(phone="+14155552671")
    highlevel.http.headers["Version"] = version
    body: dict[str, Any] = {"email": ADA, "dndSettings": {spelling: SETTING}}
    calls: dict[str, Callable[[], Any]] = {
        "upsert": lambda: highlevel.upsert(**body),
        "create": lambda: highlevel.create(**body),
        "update": lambda: highlevel.http.put(f"/contacts/{contact_id}", json=body),
    }
    answer = calls[write]()

    assert answer.status_code == 422
    assert answer.json()["message"] == [f"dndSettings.property {spelling} should not exist"]


def test_v3_says_succeeded_with_two_e(v3: HighLevel) -> None:
    contact_id = v3.a_contact(email=ADA)
    updated = v3.http.put(f"/contacts/{contact_id}", json={"city": "London"}).json()
    deleted = v3.http.delete(f"/contacts/{contact_id}").json()

    assert (updated["succeeded"], "succeded" in updated) == (True, False)
    assert deleted == {"succeeded": True, "succeded": True}


def test_v3_lists_no_contacts(v3: HighLevel) -> None:
    answer = v3.http.get("/contacts/", params={"locationId": LOCATION})

    assert answer.status_code == 400
    assert answer.json()["message"] == "Endpoint GET /contacts/ not available in API version v3"


def test_v2_still_lists_contacts_page_by_page(highlevel: HighLevel) -> None:
    for number in range(3):
        highlevel.upsert(email=f"a{number}@example.com")
    highlevel.upsert(location="another", email=ADA)
    first = highlevel.http.get("/contacts/", params={"locationId": LOCATION, "limit": "2"}).json()
    after = {"startAfterId": first["meta"]["startAfterId"], "startAfter": str(first["meta"]["startAfter"])}
    second = highlevel.http.get("/contacts/", params={"locationId": LOCATION, "limit": "2", **after}).json()

    assert first["meta"]["total"] == 3
    assert [contact["email"] for contact in first["contacts"]] == ["a2@example.com", "a1@example.com"]
    assert [contact["email"] for contact in second["contacts"]] == ["a0@example.com"]


def test_the_list_finds_by_name_email_or_phone(highlevel: HighLevel) -> None:
    highlevel.upsert(email=ADA, firstName="Ada")
    highlevel.upsert(email="grace@example.com")
    found = highlevel.http.get("/contacts/", params={"locationId": LOCATION, "query": "ada"}).json()["contacts"]

    assert [contact["email"] for contact in found] == [ADA]


@pytest.mark.parametrize(
    "query", [{}, {"locationId": LOCATION, "limit": "101"}, {"locationId": LOCATION, "limit": "x"}]
)
def test_the_list_needs_a_location_and_a_limit_that_makes_sense(highlevel: HighLevel, query: dict[str, str]) -> None:
    assert highlevel.http.get("/contacts/", params=query).status_code == 422
