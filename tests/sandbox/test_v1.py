from collections.abc import Callable
from typing import Any

import httpx
import pytest

from sandbox.tokens import Token
from tests.sandbox.conftest import HighLevel

ADA = "ada@example.com"
PHONE = "+14155552671"
KEY_LOCATION = "v1:key-1"
BUDGET = {"id": "f1", "name": "Budget", "fieldKey": "contact.budget"}


class V1:
    """A client that knows a location's key, and nothing of versions."""

    def __init__(self, highlevel: HighLevel, root: str = "/v1") -> None:
        self.highlevel = highlevel
        self.root = root
        self.http = highlevel.http
        self.http.headers = httpx.Headers({"Authorization": "Bearer key-1"})

    def write(self, **fields: Any) -> httpx.Response:
        return self.http.post(f"{self.root}/contacts/", json=fields)

    def contact(self, **fields: Any) -> dict[str, Any]:
        contact: dict[str, Any] = self.write(**fields).raise_for_status().json()["contact"]
        return contact


@pytest.fixture
def v1(highlevel: HighLevel) -> V1:
    return V1(highlevel)


@pytest.mark.parametrize("root", ["/v1", "/go-high-level/v1"])
def test_the_key_says_which_location_is_meant(highlevel: HighLevel, root: str) -> None:
    v1 = V1(highlevel, root)
    contact = v1.contact(email=ADA)

    assert contact["locationId"] == KEY_LOCATION
    assert highlevel.calls()[0]["location"] == KEY_LOCATION
    assert highlevel.calls()[0]["contact_id"] == contact["id"]
    assert v1.http.get(f"{root}/contacts/{contact['id']}").json()["contact"]["email"] == ADA


def test_a_key_may_be_given_a_location(a_sandbox: Callable[..., HighLevel]) -> None:
    v1 = V1(a_sandbox(tokens=[Token(token="key-1", location="L1", scopes=frozenset())]))

    assert v1.contact(email=ADA)["locationId"] == "L1"


@pytest.mark.parametrize("authorization", ["", "Bearer wrong"])
def test_without_a_good_key_it_says_unauthorized(a_sandbox: Callable[..., HighLevel], authorization: str) -> None:
    v1 = V1(a_sandbox(tokens=["key-1"]))
    v1.http.headers["Authorization"] = authorization
    answer = v1.write(email=ADA)

    assert (answer.status_code, answer.json()) == (401, {"msg": "Unauthorized"})


def test_every_answer_has_the_rate_headers_and_the_limit_holds(v1: V1) -> None:
    v1.http.post("/_sandbox/limits", json={"max_requests": 1})
    first = v1.write(email=ADA)

    assert first.headers["X-RateLimit-Remaining"] == "0"
    assert v1.write(email=ADA).status_code == 429


def test_a_person_who_is_known_is_updated(v1: V1) -> None:
    first = v1.contact(email=ADA, firstName="Ada")
    second = v1.contact(email=ADA, firstName="Augusta")

    assert first["id"] == second["id"]
    assert second["firstName"] == "Augusta"


def test_every_documented_property_is_stored(v1: V1) -> None:
    fields = {
        "firstName": "Ada",
        "lastName": "Lovelace",
        "email": ADA,
        "phone": PHONE,
        "address1": "1 Main St",
        "city": "Austin",
        "state": "Texas",
        "country": "US",
        "postalCode": "45001",
        "companyName": "Engines",
        "website": "https://example.com",
        "timezone": "America/Chihuahua",
        "dateOfBirth": "1990-09-25",
        "dnd": True,
        "source": "Public API",
    }

    assert v1.contact(**fields).items() >= fields.items()


def test_custom_fields_are_written_by_id_and_read_as_a_list(v1: V1) -> None:
    contact = v1.contact(email=ADA, customField={"f1": "5"}, tags=["Website"])

    assert contact["customField"] == [{"id": "f1", "value": "5"}]
    assert contact["tags"] == ["website"]
    assert "customFields" not in contact


def test_unknown_properties_are_passed_over(v1: V1) -> None:
    assert "gender" not in v1.contact(email=ADA, gender="female", locationId="another", foo=1)


@pytest.mark.parametrize("fields", [{}, {"firstName": "Ada"}, {"email": "", "phone": None}])
def test_an_email_or_a_phone_is_mandatory(v1: V1, fields: dict[str, Any]) -> None:
    answer = v1.write(**fields)

    assert answer.status_code == 422
    assert answer.json() == {
        "email or phone": {"message": "The email or phone field is mandatory.", "rule": "required"}
    }


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"email": "no"}, {"email": {"message": "The email address is invalid.", "rule": "invalid"}}),
        ({"phone": "no"}, {"phone": {"message": "The phone number is invalid.", "rule": "invalid"}}),
        ({"tags": "a"}, {"tags": {"message": "The tags is invalid.", "rule": "invalid"}}),
        ({"country": "Utopia"}, {"country": {"message": "The country is invalid.", "rule": "invalid"}}),
        ({"customField": []}, {"customField": {"message": "The customField is invalid.", "rule": "invalid"}}),
    ],
)
def test_a_wrong_value_is_named(v1: V1, fields: dict[str, Any], fault: dict[str, Any]) -> None:
    answer = v1.write(**{"email": ADA, **fields})

    assert (answer.status_code, answer.json()) == (422, fault)
    assert v1.highlevel.contacts() == []


def test_a_contact_is_changed_and_deleted(v1: V1) -> None:
    path = f"/v1/contacts/{v1.contact(email=ADA)['id']}"
    changed = v1.http.put(path, json={"city": "London"}).json()["contact"]
    deleted = v1.http.delete(path)

    assert changed["city"] == "London"
    assert deleted.status_code == 200
    assert v1.http.get(path).status_code == 422


@pytest.mark.parametrize("query", [{"email": ADA}, {"phone": PHONE}, {"email": ADA, "phone": PHONE}])
def test_a_person_is_looked_up_by_email_or_phone(v1: V1, query: dict[str, str]) -> None:
    contact = v1.contact(email=ADA, phone=PHONE)

    found = v1.http.get("/v1/contacts/lookup", params=query).json()["contacts"]
    assert [person["id"] for person in found] == [contact["id"]]


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ({"email": ADA}, {"email": {"message": "The email address is invalid.", "rule": "invalid"}}),
        ({"phone": PHONE}, {"phone": {"message": "The phone number is invalid.", "rule": "invalid"}}),
    ],
)
def test_looking_up_nobody_is_a_422(v1: V1, query: dict[str, str], fault: dict[str, Any]) -> None:
    answer = v1.http.get("/v1/contacts/lookup", params=query)

    assert (answer.status_code, answer.json()) == (422, fault)


def test_a_lookup_needs_an_email_or_a_phone(v1: V1) -> None:
    assert "email or phone" in v1.http.get("/v1/contacts/lookup").json()


def test_tags_are_added_and_removed(v1: V1) -> None:
    path = f"/v1/contacts/{v1.contact(email=ADA, tags=['a'])['id']}/tags/"
    added = v1.http.post(path, json={"tags": ["B"]})
    removed = v1.http.request("DELETE", path, json={"tags": ["a"]})
    wrong = v1.http.post(path, json={"tags": "b"})

    assert (added.status_code, added.json()) == (200, {"tags": ["a", "b"]})
    assert removed.json() == {"tags": ["b"]}
    assert wrong.status_code == 422


def test_notes_are_written_and_listed(v1: V1) -> None:
    contact_id = v1.contact(email=ADA)["id"]
    path = f"/v1/contacts/{contact_id}/notes/"
    written = v1.http.post(path, json={"body": "Call back"}).json()
    listed = v1.http.get(path).json()["notes"]

    assert listed == [written]
    assert written.items() >= {"body": "Call back", "contactId": contact_id}.items()
    assert v1.http.post(path, json={}).status_code == 422


def test_declared_fields_are_listed_for_the_key_s_location(v1: V1) -> None:
    v1.highlevel.configure(KEY_LOCATION, custom_fields=[BUDGET])

    assert v1.http.get("/v1/custom-fields/").json() == {
        "customFields": [{**BUDGET, "dataType": "TEXT", "picklistOptions": [], "position": 0}]
    }


@pytest.mark.parametrize(
    ("method", "path"), [("GET", ""), ("PUT", ""), ("DELETE", ""), ("POST", "/tags/"), ("GET", "/notes/")]
)
def test_another_location_s_contact_is_none_of_a_key_s(v1: V1, method: str, path: str) -> None:
    contact_id = v1.contact(email=ADA)["id"]
    v1.http.headers["Authorization"] = "Bearer key-2"
    answer = v1.http.request(method, f"/v1/contacts/{contact_id}{path}", json={})

    assert answer.status_code == 422
    assert "contactId" in answer.json()


def test_malformed_json_is_a_400(v1: V1) -> None:
    answer = v1.http.post("/v1/contacts/", content=b"{", headers={"Content-Type": "application/json"})

    assert (answer.status_code, answer.json()) == (400, {"msg": "Unexpected token in JSON"})


def test_a_fault_may_hit_v1(v1: V1) -> None:
    v1.highlevel.add_fault(match={"path": "/v1/contacts", "location": KEY_LOCATION}, status=503)

    assert v1.write(email=ADA).status_code == 503
