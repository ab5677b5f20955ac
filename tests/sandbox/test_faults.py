from typing import Any

import pytest

from tests.sandbox.conftest import LOCATION, Clock, HighLevel

ADA = "ada@example.com"


def test_a_fault_answers_in_place_of_highlevel_once(highlevel: HighLevel) -> None:
    highlevel.add_fault(status=503)
    first = highlevel.upsert(email=ADA)
    second = highlevel.upsert(email=ADA)

    assert first.status_code == 503
    assert first.json() == {"statusCode": 503, "message": "Service Unavailable"}
    assert "X-RateLimit-Remaining" in first.headers
    assert second.json()["new"] is True


@pytest.mark.parametrize(
    ("match", "hit"),
    [
        ({}, True),
        ("POST /contacts/upsert", True),
        ("ada@", True),
        ("GET /contacts", False),
        ({"method": "post"}, True),
        ({"method": "GET"}, False),
        ({"path": "upsert"}, True),
        ({"path": "^/contacts/[a-z]+$"}, True),
        ({"path": "/tags"}, False),
        ({"location": LOCATION}, True),
        ({"location": "another"}, False),
        ({"body": "Lovelace"}, True),
        ({"body": "Hopper"}, False),
        ({"email": "ADA@example.com"}, True),
        ({"email": "grace@example.com"}, False),
        ({"path": "upsert", "email": "grace@example.com"}, False),
    ],
)
def test_a_fault_is_for_the_calls_that_fit_its_match(highlevel: HighLevel, match: Any, hit: bool) -> None:
    highlevel.add_fault(match=match, status=500)
    answer = highlevel.upsert(email=ADA, lastName="Lovelace")

    assert answer.status_code == (500 if hit else 200)


def test_a_call_about_a_contact_fits_the_contact_s_email(highlevel: HighLevel) -> None:
    contact_id = highlevel.a_contact(email=ADA)
    highlevel.add_fault(match={"path": "/tags", "email": ADA}, status=500)

    assert highlevel.tag(contact_id, "website").status_code == 500


@pytest.mark.parametrize("count", [0, None])
def test_a_fault_without_a_count_stays_until_removed(highlevel: HighLevel, count: int | None) -> None:
    fault_id = highlevel.add_fault(status=500, count=count).json()["id"]
    before = [highlevel.upsert(email=ADA).status_code for _ in range(3)]
    highlevel.http.delete(f"/_sandbox/faults/{fault_id}")

    assert before == [500] * 3
    assert highlevel.upsert(email=ADA).status_code == 200


def test_faults_are_listed_with_what_remains_of_them(highlevel: HighLevel) -> None:
    added = highlevel.add_fault(match="upsert", status=500, count=2)
    highlevel.upsert(email=ADA)

    assert added.status_code == 201
    assert added.json()["remaining"] == 2
    assert highlevel.http.get("/_sandbox/faults").json()["faults"] == [
        {"id": 1, "match": {"text": "upsert"}, "status": 500, "count": 2, "remaining": 1, "used": 1}
    ]


def test_all_faults_are_removed_at_once(highlevel: HighLevel) -> None:
    highlevel.add_fault(status=500)
    highlevel.add_fault(status=501)
    highlevel.http.delete("/_sandbox/faults")

    assert highlevel.upsert(email=ADA).status_code == 200


def test_a_text_body_is_sent_as_html(highlevel: HighLevel) -> None:
    highlevel.add_fault(status=403, body="error code: 1010", headers={"Retry-After": "7"})
    answer = highlevel.upsert(email=ADA)

    assert answer.text == "error code: 1010"
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.headers["Retry-After"] == "7"


def test_a_body_without_a_status_is_a_200(highlevel: HighLevel) -> None:
    highlevel.add_fault(body={"odd": True})
    answer = highlevel.upsert(email=ADA)

    assert (answer.status_code, answer.json()) == (200, {"odd": True})


def test_a_plain_fault_writes_nothing_and_after_write_does(highlevel: HighLevel) -> None:
    highlevel.add_fault(status=500)
    highlevel.add_fault(status=502, after_write=True)
    lost = highlevel.upsert(email=ADA)
    nothing = highlevel.contacts()
    written = highlevel.upsert(email=ADA)

    assert (lost.status_code, written.status_code) == (500, 502)
    assert nothing == []
    assert [contact["email"] for contact in highlevel.contacts()] == [ADA]
    assert highlevel.calls()[0]["contact_id"] == highlevel.contacts()[0]["id"]


def test_a_reset_breaks_the_connection_after_the_write(highlevel: HighLevel) -> None:
    highlevel.add_fault(reset=True, after_write=True)
    with pytest.raises(ConnectionResetError):
        highlevel.upsert(email=ADA)

    assert len(highlevel.contacts()) == 1
    assert highlevel.calls()[0]["status"] is None
    assert highlevel.http.get("/_sandbox/calls").json()["counts"] == {"reset": 1}


def test_a_delay_holds_back_the_ordinary_answer(highlevel: HighLevel, clock: Clock) -> None:
    highlevel.add_fault(delay_ms=2500)
    before = clock.now
    answer = highlevel.upsert(email=ADA)

    assert answer.status_code == 200
    assert clock.now == before + 2.5
    assert highlevel.calls()[0]["duration_ms"] == 2500


def test_a_dropped_field_is_silently_ignored(highlevel: HighLevel) -> None:
    highlevel.add_fault(drop_field="city")
    answer = highlevel.upsert(email=ADA, city="London", state="England")

    assert answer.status_code == 200
    assert "city" not in answer.json()["contact"]
    assert answer.json()["contact"]["state"] == "England"


def test_a_call_over_the_limit_or_without_a_token_uses_up_no_fault(highlevel: HighLevel) -> None:
    highlevel.add_fault(status=500)
    del highlevel.http.headers["Authorization"]
    highlevel.upsert(email=ADA)

    assert highlevel.http.get("/_sandbox/faults").json()["faults"][0]["used"] == 0


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ({"statos": 500}, "statos: Extra inputs are not permitted"),
        ({"match": {"metod": "GET"}, "status": 500}, "match.metod: Extra inputs are not permitted"),
        ({"status": 42}, "status: Input should be greater than or equal to 200"),
        ({"match": {"path": "("}, "status": 500}, "no regular expression"),
        ({}, "a fault needs a status, body, headers, delay_ms, reset or drop_field"),
        ({"after_write": True}, "after_write needs a status, a body or reset"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused_by_name(
    highlevel: HighLevel, fault: dict[str, Any], message: str
) -> None:
    answer = highlevel.add_fault(**fault)

    assert answer.status_code == 422
    assert message in answer.json()["message"][0]
