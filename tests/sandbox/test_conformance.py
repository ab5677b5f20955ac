"""The sandbox's answers, and the requests it takes, judged by HighLevel's own API description."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from openapi_core.exceptions import OpenAPIError

from sandbox.programs import PROGRAMS
from tests.sandbox.conftest import LOCATION, HighLevel
from tests.sandbox.judge import CONTACTS, CUSTOM_FIELDS, OAUTH, Judge, judge_by, let_bulk_responses_be_objects
from tests.sandbox.official import use_sdk

NOT_THE_API_S = ("edge_html_403", "edge_1010", "html_200", "bad_gateway_502", "empty_200", "stored_but_reset")
UNDOCUMENTED = ("endpoint_404", "stored_but_504")
ADA: dict[str, Any] = {
    "email": "ada@example.com",
    "phone": "+14155552671",
    "firstName": "Ada",
    "lastName": "Lovelace",
    "address1": "1 Main St",
    "country": "US",
    "dateOfBirth": "1990-09-25",
    "dnd": False,
    "dndSettings": {"SMS": {"status": "inactive"}},
    "tags": ["Website"],
    "customFields": [{"id": "f1", "field_value": "5"}],
}

Call = Callable[[HighLevel, str, str], httpx.Response]


@pytest.fixture(scope="module")
def judge() -> Judge:
    return judge_by(CONTACTS, let_bulk_responses_be_objects)


@pytest.fixture(scope="module")
def oauth_judge() -> Judge:
    return judge_by(OAUTH)


@pytest.fixture(scope="module")
def custom_fields_judge() -> Judge:
    return judge_by(CUSTOM_FIELDS)


GOOD_CALLS: dict[str, tuple[int, Call]] = {
    "create": (201, lambda hl, _c, _n: hl.create(**{**ADA, "email": "new@example.com", "phone": "+14155552672"})),
    "upsert": (200, lambda hl, _c, _n: hl.upsert(**ADA)),
    "get": (200, lambda hl, c, _n: hl.http.get(f"/contacts/{c}")),
    "update": (200, lambda hl, c, _n: hl.http.put(f"/contacts/{c}", json={"companyName": "Engines"})),
    "delete": (200, lambda hl, c, _n: hl.http.delete(f"/contacts/{c}")),
    "search": (200, lambda hl, _c, _n: _post(hl, "search", locationId=LOCATION, pageLimit=1)),
    "duplicate": (200, lambda hl, _c, _n: _find(hl, email="ada@example.com")),
    "list": (200, lambda hl, _c, _n: hl.http.get("/contacts/", params={"locationId": LOCATION, "limit": "5"})),
    "bulk tags": (201, lambda hl, c, _n: _post(hl, "bulk/tags/update/add", **_of([c, "nobody"]))),
    "add tags": (201, lambda hl, c, _n: _post(hl, f"{c}/tags", tags=["a"])),
    "remove tags": (200, lambda hl, c, _n: hl.http.request("DELETE", f"/contacts/{c}/tags", json={"tags": ["a"]})),
    "add a note": (201, lambda hl, c, _n: _post(hl, f"{c}/notes", body="b", title="t", pinned=True)),
    "list notes": (200, lambda hl, c, _n: hl.http.get(f"/contacts/{c}/notes")),
    "get a note": (200, lambda hl, c, n: hl.http.get(f"/contacts/{c}/notes/{n}")),
    "change a note": (200, lambda hl, c, n: hl.http.put(f"/contacts/{c}/notes/{n}", json={"body": "b"})),
    "delete a note": (200, lambda hl, c, n: hl.http.delete(f"/contacts/{c}/notes/{n}")),
    "upsert without identifier": (400, lambda hl, _c, _n: hl.upsert(firstName="Ada")),
    "upsert with a bad email": (422, lambda hl, _c, _n: hl.upsert(email="no")),
    "upsert with a bad phone": (400, lambda hl, _c, _n: hl.upsert(phone="no")),
    "create of a known person": (400, lambda hl, _c, _n: hl.create(email="ada@example.com")),
    "create of nobody": (422, lambda hl, _c, _n: hl.create(name="Ada")),
    "get of nobody": (400, lambda hl, _c, _n: hl.http.get("/contacts/nobody")),
    "tags of nobody": (400, lambda hl, _c, _n: _post(hl, "nobody/tags", tags=["a"])),
    "an unknown note": (400, lambda hl, c, _n: hl.http.get(f"/contacts/{c}/notes/none")),
    "duplicate of nobody in particular": (400, lambda hl, _c, _n: _find(hl)),
}


@pytest.mark.parametrize(("status", "call"), GOOD_CALLS.values(), ids=GOOD_CALLS)
def test_answers_are_as_highlevel_documents_them(highlevel: HighLevel, judge: Judge, status: int, call: Call) -> None:
    contact_id = highlevel.a_contact(**ADA)
    note_id = highlevel.http.post(f"/contacts/{contact_id}/notes", json={"body": "b"}).json()["note"]["id"]
    answer = call(highlevel, contact_id, note_id)

    assert answer.status_code == status, answer.text
    judge(answer)


def test_401_and_429_are_as_highlevel_documents_them(a_sandbox: Callable[..., HighLevel], judge: Judge) -> None:
    highlevel = a_sandbox(tokens=["other"], max_requests=0)
    refused = highlevel.upsert(email="ada@example.com")
    highlevel.http.post("/_sandbox/tokens", json={"tokens": None})
    limited = highlevel.upsert(email="ada@example.com")

    assert (refused.status_code, limited.status_code) == (401, 429)
    judge(refused)
    judge(limited)


def test_refusals_of_a_scope_and_of_a_location_are_as_documented(highlevel: HighLevel, judge: Judge) -> None:
    app = {"client_id": "app-1", "client_secret": "hush", "location": "another", "refresh_token": "first"}
    highlevel.http.post("/_sandbox/oauth", json=app)
    token = _token(highlevel, refresh_token="first").json()["access_token"]
    highlevel.http.headers.update({"Authorization": f"Bearer {token}"})
    elsewhere = highlevel.upsert(email="ada@example.com")
    highlevel.http.patch("/_sandbox/oauth/app-1", json={"scopes": []})
    without_scope = highlevel.upsert(email="ada@example.com")

    assert (elsewhere.status_code, without_scope.status_code) == (403, 401)
    judge(elsewhere)
    judge(without_scope)


@pytest.mark.parametrize("name", [name for name in PROGRAMS if name not in NOT_THE_API_S + UNDOCUMENTED])
def test_what_goes_wrong_by_name_is_as_documented(highlevel: HighLevel, judge: Judge, name: str) -> None:
    highlevel.add_fault(program=name)
    answer = highlevel.create(email="ada@example.com")

    assert answer.status_code >= 400
    judge(answer)


def test_the_list_of_custom_fields_is_as_documented(highlevel: HighLevel, custom_fields_judge: Judge) -> None:
    field = {"id": "f1", "name": "Size", "fieldKey": "contact.size", "dataType": "RADIO", "picklistOptions": ["S"]}
    highlevel.configure(custom_fields=[field])
    answer = highlevel.http.get(f"/locations/{LOCATION}/customFields", params={"model": "contact"})

    assert len(answer.json()["customFields"]) == 1
    custom_fields_judge(answer)


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"refresh_token": "first"}, 200),
        ({"refresh_token": "unknown"}, 400),
        ({"refresh_token": "first", "client_secret": "loud"}, 401),
        ({"grant_type": "authorization_code", "code": "c0de"}, 200),
        ({"grant_type": "authorization_code"}, 400),
    ],
)
def test_the_token_call_is_as_documented(
    highlevel: HighLevel, oauth_judge: Judge, asked: dict[str, str], status: int
) -> None:
    app = {"client_id": "app-1", "client_secret": "hush", "location": LOCATION}
    highlevel.http.post("/_sandbox/oauth", json={**app, "refresh_token": "first", "code": "c0de"})
    answer = _token(highlevel, **asked)

    assert answer.status_code == status
    oauth_judge(answer)


def test_what_the_official_sdk_sends_is_taken_and_answered_as_documented(sandbox_url: str, judge: Judge) -> None:
    answers = _calls_of_the_sdk(sandbox_url)

    assert [answer.status_code for answer in answers] == [200, 200, 201, 201, 200, 200, 200]
    for answer in answers:
        judge(answer)


@pytest.mark.parametrize(
    "wrong",
    [
        {"status": 201, "after_write": True},
        {"body": {"new": "yes", "contact": {}}},
        {"body": {"new": True, "contact": {"tags": "a"}}},
        {"status": 418},
        {"program": "html_200"},
    ],
)
def test_an_answer_that_is_not_as_documented_is_refused(
    highlevel: HighLevel, judge: Judge, wrong: dict[str, Any]
) -> None:
    highlevel.add_fault(**wrong)
    answer = highlevel.upsert(email="ada@example.com")

    with pytest.raises(OpenAPIError):
        judge(answer)


@pytest.mark.parametrize(
    "wrong", [{"expires_in": "a day"}, {"access_token": 5}], ids=["a text for a number", "a number for a text"]
)
def test_tokens_that_are_not_as_documented_are_refused(
    highlevel: HighLevel, oauth_judge: Judge, wrong: dict[str, Any]
) -> None:
    highlevel.add_fault(match="/oauth/token", body={"userId": "u1", **wrong})
    answer = _token(highlevel, refresh_token="first")

    with pytest.raises(OpenAPIError):
        oauth_judge(answer)


@pytest.mark.parametrize(
    "fields",
    [
        {"foo": 1},
        {"phone": 5},
        {"tags": "a"},
        {"customFields": {"f1": "5"}},
        {"postalCode": None},
        {"dndSettings": {"SMS": {"status": "on"}}},
        {"dateOfBirth": 5},
        {"customField": []},
        {"locationId": None},
    ],
)
def test_what_the_description_refuses_the_sandbox_refuses(
    highlevel: HighLevel, judge: Judge, fields: dict[str, Any]
) -> None:
    body = {"locationId": LOCATION, "email": "ada@example.com", **fields}
    answer = highlevel.http.post("/contacts/upsert", json=body)

    assert answer.status_code == 422
    with pytest.raises(Exception, match="Request body validation error"):
        judge(answer)


def _calls_of_the_sdk(url: str) -> list[httpx.Response]:
    """Return the answers that the SDK got, each with the request that it sent."""
    answers: list[httpx.Response] = []

    async def record(answer: httpx.Response) -> None:
        answers.append(answer)

    async def use(client: Any) -> None:
        client.http_client.event_hooks["response"].append(record)
        contacts = client.contacts
        written = await contacts.upsert_contact({"locationId": LOCATION, **ADA})
        contact_id = written["contact"]["id"]
        await contacts.update_contact(contact_id, {"city": "London"})
        await contacts.add_tags(contact_id, {"tags": ["Website"]})
        await contacts.create_note(contact_id, {"body": "Call back"})
        await contacts.get_contact(contact_id)
        await contacts.get_duplicate_contact(LOCATION, email="ada@example.com")
        await contacts.delete_contact(contact_id)

    use_sdk(url, "2021-07-28", use)
    return answers


def _token(highlevel: HighLevel, **asked: str) -> httpx.Response:
    form = {"client_id": "app-1", "client_secret": "hush", "grant_type": "refresh_token", "user_type": "Location"}
    return highlevel.http.post("/oauth/token", data={**form, **asked})


def _post(highlevel: HighLevel, path: str, **body: Any) -> httpx.Response:
    return highlevel.http.post(f"/contacts/{path}", json=body)


def _find(highlevel: HighLevel, **query: str) -> httpx.Response:
    return highlevel.http.get("/contacts/search/duplicate", params={"locationId": LOCATION, **query})


def _of(contacts: list[str]) -> dict[str, Any]:
    return {"contacts": contacts, "tags": ["a"], "locationId": LOCATION}
