"""The sandbox's answers, and the requests it takes, judged by HighLevel's own API description."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from openapi_core import OpenAPI
from openapi_core.testing import MockRequest, MockResponse

from tests.sandbox.conftest import LOCATION, HighLevel

SPEC = Path(__file__).parents[3] / "shared" / "spec" / "highlevel-contacts.judge.openapi.json"
HOST = "https://services.leadconnectorhq.com"
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

Judge = Callable[[httpx.Response], None]
Call = Callable[[HighLevel, str, str], httpx.Response]


@pytest.fixture(scope="module")
def judge() -> Judge:
    if not SPEC.exists():
        pytest.skip("HighLevel's API description is not here")
    openapi = OpenAPI.from_dict(json.loads(SPEC.read_text()))

    def check(answer: httpx.Response) -> None:
        request = _judged(answer.request)
        openapi.validate_request(request)
        openapi.validate_response(request, MockResponse(answer.content, answer.status_code))

    return check


GOOD_CALLS: dict[str, tuple[int, Call]] = {
    "create": (201, lambda hl, _c, _n: hl.create(**{**ADA, "email": "new@example.com", "phone": "+14155552672"})),
    "upsert": (200, lambda hl, _c, _n: hl.upsert(**ADA)),
    "get": (200, lambda hl, c, _n: hl.http.get(f"/contacts/{c}")),
    "update": (200, lambda hl, c, _n: hl.http.put(f"/contacts/{c}", json={"companyName": "Engines"})),
    "delete": (200, lambda hl, c, _n: hl.http.delete(f"/contacts/{c}")),
    "search": (200, lambda hl, _c, _n: _post(hl, "search", locationId=LOCATION, pageLimit=1)),
    "duplicate": (200, lambda hl, _c, _n: _find(hl, email="ada@example.com")),
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


def _judged(request: httpx.Request) -> MockRequest:
    return MockRequest(
        HOST,
        request.method.lower(),
        request.url.path,
        args=dict(request.url.params),
        headers={"Authorization": request.headers["Authorization"], "Version": request.headers["Version"]},
        data=request.content or None,
        content_type="application/json",
    )


def _post(highlevel: HighLevel, path: str, **body: Any) -> httpx.Response:
    return highlevel.http.post(f"/contacts/{path}", json=body)


def _find(highlevel: HighLevel, **query: str) -> httpx.Response:
    return highlevel.http.get("/contacts/search/duplicate", params={"locationId": LOCATION, **query})
