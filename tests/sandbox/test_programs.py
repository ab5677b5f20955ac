from typing import Any

import pytest

from sandbox.programs import PROGRAMS
from tests.sandbox.conftest import HighLevel

ADA = "ada@example.com"
WITHOUT_RATE_HEADERS = ("edge_html_403", "edge_1010", "html_200", "bad_gateway_502", "rate_429_bare")


def programs(highlevel: HighLevel) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = highlevel.http.get("/_sandbox/programs").json()["programs"]
    return listed


@pytest.mark.parametrize("name", PROGRAMS)
def test_each_program_is_a_fault_that_is_used_once(highlevel: HighLevel, name: str) -> None:
    added = highlevel.add_fault(program=name)

    assert added.status_code == 201
    assert added.json().items() >= {"program": name, "remaining": 1}.items()


@pytest.mark.parametrize(
    ("name", "status", "text"),
    [
        ("edge_html_403", 403, "Sorry, you have been blocked"),
        ("edge_1010", 403, "error code: 1010"),
        ("html_200", 200, "<html"),
        ("bad_gateway_502", 502, "Bad Gateway"),
        ("empty_200", 200, ""),
        ("timeout_401", 401, "Command timed out"),
        ("token_401", 401, "Invalid JWT"),
        ("scope_401", 401, "The token is not authorized for this scope."),
        ("version_401", 401, "version header is invalid"),
        ("location_401", 401, "This location is not accessible from this token!"),
        ("location_403", 403, "The token does not have access to this location."),
        ("forbidden_403", 403, "Forbidden resource"),
        ("endpoint_404", 404, "Cannot POST /contacts/upsert"),
        ("rate_429", 429, "Too Many Requests"),
        ("rate_429_retry_after", 429, "Too Many Requests"),
        ("rate_429_bare", 429, "Too Many Requests"),
        ("daily_429", 429, "Too Many Requests"),
        ("internal_500", 500, "Internal server error"),
        ("unavailable_503", 503, "Service Unavailable"),
        ("stored_but_504", 504, "Gateway Timeout"),
    ],
)
def test_a_program_answers_as_it_is_named(highlevel: HighLevel, name: str, status: int, text: str) -> None:
    highlevel.add_fault(program=name)
    answer = highlevel.upsert(email=ADA)

    assert answer.status_code == status
    assert text in answer.text
    assert ("X-RateLimit-Max" in answer.headers) is (name not in WITHOUT_RATE_HEADERS)
    assert bool(highlevel.contacts()) is name.startswith("stored_but")


def test_cloudflare_signs_what_it_says(highlevel: HighLevel) -> None:
    highlevel.add_fault(program="edge_1010")
    answer = highlevel.upsert(email=ADA)

    assert answer.headers["Server"] == "cloudflare"
    assert answer.headers["Content-Type"].startswith("text/plain")


def test_the_429s_differ_in_what_remains(highlevel: HighLevel) -> None:
    for name in ("rate_429", "daily_429", "rate_429_retry_after"):
        highlevel.add_fault(program=name)
    burst, daily, told = (highlevel.upsert(email=ADA).headers for _ in range(3))

    assert (burst["X-RateLimit-Remaining"], burst["X-RateLimit-Daily-Remaining"]) == ("0", "199999")
    assert (daily["X-RateLimit-Remaining"], daily["X-RateLimit-Daily-Remaining"]) == ("98", "0")
    assert told["Retry-After"] == "7"


def test_a_create_that_answers_422_has_made_the_contact(highlevel: HighLevel) -> None:
    highlevel.add_fault(program="create_422_but_stored")
    upserted = highlevel.upsert(email="grace@example.com")
    created = highlevel.create(email=ADA)

    assert (upserted.status_code, created.status_code) == (200, 422)
    assert created.json()["error"] == "Unprocessable Entity"
    assert [contact["email"] for contact in highlevel.contacts()] == [ADA, "grace@example.com"]


def test_a_program_breaks_the_connection_after_the_write(highlevel: HighLevel) -> None:
    highlevel.add_fault(program="stored_but_reset")
    with pytest.raises(ConnectionResetError):
        highlevel.upsert(email=ADA)

    assert len(highlevel.contacts()) == 1


def test_what_is_said_besides_goes_before_the_program(highlevel: HighLevel) -> None:
    highlevel.add_fault(program="unavailable_503", match={"email": ADA}, count=2, status=502)

    assert highlevel.upsert(email="grace@example.com").status_code == 200
    assert [highlevel.upsert(email=ADA).status_code for _ in range(3)] == [502, 502, 200]


def test_an_ordinary_answer_may_lack_the_rate_headers(highlevel: HighLevel) -> None:
    highlevel.add_fault(without_rate_headers=True)
    answer = highlevel.upsert(email=ADA)

    assert answer.status_code == 200
    assert not [name for name in answer.headers if name.startswith("x-ratelimit")]


def test_an_unknown_program_is_refused_with_those_there_are(highlevel: HighLevel) -> None:
    answer = highlevel.add_fault(program="flood")

    assert answer.status_code == 422
    assert "'flood' is none of edge_html_403" in answer.json()["message"][0]


def test_a_program_that_is_no_name_is_refused(highlevel: HighLevel) -> None:
    assert highlevel.add_fault(program=["html_200"], status=500).status_code == 422


def test_programs_are_listed_with_a_sentence(highlevel: HighLevel) -> None:
    listed = programs(highlevel)

    assert [program["name"] for program in listed] == list(PROGRAMS)
    assert all(program["sentence"].endswith(".") for program in listed)
    assert {"status", "body"} <= next(p for p in listed if p["name"] == "daily_429")["fault"].keys()
