from typing import Any

import pytest

from sandbox.pages import in_words, mark
from tests.sandbox.conftest import HighLevel


def test_an_empty_sandbox_says_how_to_begin(highlevel: HighLevel) -> None:
    page = highlevel.http.get("/")

    assert page.status_code == 200
    assert "No contacts yet" in page.text


def test_the_page_shows_contacts_calls_and_faults(highlevel: HighLevel) -> None:
    highlevel.configure(custom_fields=[{"id": "f1", "name": "Budget", "fieldKey": "contact.budget"}])
    contact_id = highlevel.a_contact(
        email="ada@example.com",
        phone="+14155552671",
        name="Ada Lovelace",
        tags=["vip"],
        customFields=[{"id": "f1", "field_value": "5,000"}],
    )
    highlevel.http.post(f"/contacts/{contact_id}/notes", json={"body": "Call back"})
    highlevel.upsert(email="no")
    highlevel.add_fault(match="upsert", status=503)

    page = highlevel.http.get("/").text
    for shown in ("Ada Lovelace", "ada@example.com", "+14155552671", "vip", "Budget", "5,000", "Call back", "503"):
        assert shown in page
    assert '<span class="status odd">422</span>' in page


def test_what_callers_send_is_escaped(highlevel: HighLevel) -> None:
    attack = "\"'><script>alert(1)</script>"
    contact_id = highlevel.a_contact(
        firstName=attack, tags=[attack], source=attack, customFields=[{"id": attack, "field_value": [attack]}]
    )
    highlevel.http.post(f"/contacts/{contact_id}/notes", json={"body": attack})
    highlevel.upsert(location=attack, email="ada@example.com")
    highlevel.http.get("/" + attack)
    highlevel.add_fault(match=attack, status=500)

    page = highlevel.http.get("/")
    assert "<script>alert" not in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


def test_the_page_needs_nothing_from_outside(highlevel: HighLevel) -> None:
    page = highlevel.http.get("/").text

    assert "http://" not in page
    assert "https://" not in page
    assert highlevel.http.get("/_sandbox/static/page.css").status_code == 200


def test_looking_at_the_page_is_no_call(highlevel: HighLevel) -> None:
    highlevel.http.get("/")

    assert highlevel.calls() == []


@pytest.mark.parametrize(
    ("status", "style"), [(200, "good"), (422, "odd"), (401, "odd"), (429, "bad"), (503, "bad"), ("reset", "bad")]
)
def test_a_status_is_marked_by_whose_fault_it_is(status: int | str, style: str) -> None:
    assert mark(status) == style


@pytest.mark.parametrize(
    ("value", "text"),
    [("a", "a"), (5.5, "5.5"), (["a", "b"], "a, b"), ({"First": "a", "Second": ["b", 1]}, "First: a; Second: b, 1")],
)
def test_a_value_of_any_kind_is_one_text(value: Any, text: str) -> None:
    assert in_words(value) == text
