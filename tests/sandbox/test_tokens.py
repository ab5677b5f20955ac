from collections.abc import Callable
from typing import Any

import pytest

from sandbox.scopes import SCOPES
from sandbox.tokens import Token
from tests.sandbox.conftest import LOCATION, HighLevel


def accept(highlevel: HighLevel, **token: Any) -> None:
    """Accept the client's own token only, with these limits."""
    highlevel.http.post("/_sandbox/tokens", json={"tokens": [{"token": "pit-test", **token}]}).raise_for_status()


@pytest.mark.parametrize("authorization", ["", "Bearer ", "Basic abc", "pit-test"])
def test_a_call_without_a_bearer_token_is_refused(highlevel: HighLevel, authorization: str) -> None:
    highlevel.http.headers["Authorization"] = authorization
    answer = highlevel.upsert(email="ada@example.com")

    assert answer.status_code == 401
    assert answer.json()["message"] == "Invalid JWT"
    assert answer.headers["X-RateLimit-Remaining"] == "100"


def test_any_token_is_accepted_when_none_were_given(highlevel: HighLevel) -> None:
    assert highlevel.upsert(email="ada@example.com").status_code == 200


@pytest.mark.parametrize(
    ("token", "message"), [("pit-wrong", "Invalid Private Integration token"), ("eyJ.wrong", "Invalid JWT")]
)
def test_an_unknown_token_is_refused(a_sandbox: Callable[..., HighLevel], token: str, message: str) -> None:
    highlevel = a_sandbox(tokens=["pit-right"])
    highlevel.http.headers["Authorization"] = f"Bearer {token}"
    answer = highlevel.upsert(email="ada@example.com")

    assert answer.status_code == 401
    assert answer.json()["message"] == message


def test_a_token_opens_its_own_location_only(a_sandbox: Callable[..., HighLevel]) -> None:
    highlevel = a_sandbox(tokens=[Token(token="pit-test", location=LOCATION)])
    own = highlevel.upsert(email="ada@example.com")
    other = highlevel.upsert(location="another", email="ada@example.com")

    assert own.status_code == 200
    assert other.status_code == 401
    assert other.json()["message"] == "This location is not accessible from this token!"


def test_a_contact_belongs_to_its_location_whatever_the_body_says(a_sandbox: Callable[..., HighLevel]) -> None:
    highlevel = a_sandbox(tokens=["pit-test", Token(token="pit-other", location="another")])
    contact_id = highlevel.a_contact()
    highlevel.http.headers["Authorization"] = "Bearer pit-other"
    answer = highlevel.http.put(f"/contacts/{contact_id}", json={"locationId": "another"})

    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("POST", "/contacts/", "contacts.write"),
        ("POST", "/contacts/upsert", "contacts.write"),
        ("PUT", "/contacts/{0}", "contacts.write"),
        ("DELETE", "/contacts/{0}", "contacts.write"),
        ("POST", "/contacts/{0}/tags", "contacts.write"),
        ("POST", "/contacts/{0}/notes", "contacts.write"),
        ("POST", "/contacts/bulk/tags/update/add", "contacts.write"),
        ("GET", "/contacts/{0}", "contacts.readonly"),
        ("GET", "/contacts/{0}/notes", "contacts.readonly"),
        ("POST", "/contacts/search", "contacts.readonly"),
        ("GET", "/contacts/search/duplicate", "contacts.readonly"),
        ("GET", f"/locations/{LOCATION}/customFields", "locations/customFields.readonly"),
    ],
)
def test_a_call_needs_its_scope(highlevel: HighLevel, method: str, path: str, scope: str) -> None:
    path = path.format(highlevel.a_contact())
    others = [other for other in SCOPES if other != scope]
    accept(highlevel, scopes=others)
    refused = highlevel.http.request(method, path, json={})
    accept(highlevel, scopes=[scope])
    passed = highlevel.http.request(method, path, json={})

    assert (refused.status_code, refused.json()["message"]) == (401, "The token is not authorized for this scope.")
    assert passed.status_code != 401


def test_the_scope_is_looked_at_before_the_location(highlevel: HighLevel) -> None:
    accept(highlevel, location="another", scopes=["contacts.readonly"])
    without_scope = highlevel.upsert(email="ada@example.com")
    accept(highlevel, location="another", scopes=["contacts.write"])
    with_scope = highlevel.upsert(email="ada@example.com")

    assert without_scope.json()["message"] == "The token is not authorized for this scope."
    assert with_scope.json()["message"] == "This location is not accessible from this token!"


def test_a_token_without_scopes_given_has_them_all(highlevel: HighLevel) -> None:
    accept(highlevel)

    assert highlevel.upsert(email="ada@example.com").status_code == 200


def test_tokens_are_replaced_while_it_runs(highlevel: HighLevel) -> None:
    highlevel.http.post("/_sandbox/tokens", json={"tokens": ["other", {"token": "third", "location": LOCATION}]})
    refused = highlevel.upsert(email="ada@example.com")
    highlevel.http.post("/_sandbox/tokens", json={"tokens": None})
    accepted = highlevel.upsert(email="ada@example.com")

    assert (refused.status_code, accepted.status_code) == (401, 200)


@pytest.mark.parametrize(
    ("version", "message"),
    [("", "version header was not found."), ("2020-01-01", "version header is invalid")],
)
def test_a_missing_or_unknown_version_is_a_401(highlevel: HighLevel, version: str, message: str) -> None:
    highlevel.http.headers["Version"] = version
    answer = highlevel.upsert(email="ada@example.com")

    assert answer.status_code == 401
    assert answer.json()["message"] == message


@pytest.mark.parametrize("version", ["2021-07-28", "2021-04-15", "2023-02-21", "v3"])
def test_each_published_version_is_accepted(highlevel: HighLevel, version: str) -> None:
    highlevel.http.headers["Version"] = version

    assert highlevel.upsert(email="ada@example.com").status_code == 200


@pytest.mark.parametrize(("method", "path"), [("POST", "/x"), ("PATCH", "/contacts/c1"), ("GET", "/locations/l1")])
def test_an_unknown_path_is_a_404(highlevel: HighLevel, method: str, path: str) -> None:
    answer = highlevel.http.request(method, path)

    assert answer.status_code == 404
    assert answer.json() == {"message": f"Cannot {method} {path}", "error": "Not Found", "statusCode": 404}
    assert "X-RateLimit-Max" in answer.headers
