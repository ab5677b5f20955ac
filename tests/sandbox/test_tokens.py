from collections.abc import Callable

import pytest

from sandbox.tokens import Token
from tests.sandbox.conftest import LOCATION, HighLevel


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


@pytest.mark.parametrize(("method", "path"), [("POST", "/x"), ("PATCH", "/contacts/c1"), ("GET", "/contacts/")])
def test_an_unknown_path_is_a_404(highlevel: HighLevel, method: str, path: str) -> None:
    answer = highlevel.http.request(method, path)

    assert answer.status_code == 404
    assert answer.json() == {"message": f"Cannot {method} {path}", "error": "Not Found", "statusCode": 404}
    assert "X-RateLimit-Max" in answer.headers
