"""Webflow, Netlify, Formspree, Framer, Unbounce and ClickFunnels: what their samples do not show."""

import json
from urllib.parse import urlencode

import pytest
from pydantic import JsonValue

from shared.providers import PROVIDERS, UnreadableBody
from shared.providers.base import Reading


def read(provider: str, body: JsonValue) -> Reading:
    return PROVIDERS[provider].read(json.dumps(body).encode(), "application/json")


def values(reading: Reading) -> dict[str, JsonValue]:
    return {answer.label: answer.value for answer in reading.answers}


@pytest.mark.parametrize("provider", ["webflow_v1", "webflow_v2"])
def test_webflow_is_read_in_the_shape_of_either_version(provider: str) -> None:
    old = read(provider, {"name": "Contact", "_id": "old", "data": {"Email": "ada@example.com"}})
    new = read(provider, {"triggerType": "form_submission", "payload": {"id": "new", "data": {"Phone": 14155550133}}})

    assert (old.submission_id, values(old)) == ("old", {"Email": "ada@example.com"})
    assert (new.submission_id, values(new)) == ("new", {"Phone": 14155550133})


def test_the_schema_of_webflow_tells_the_types_of_fields() -> None:
    schema: JsonValue = [{"fieldName": "Plan", "fieldType": "FormSelect"}, {"fieldName": "Age"}, "x", None]

    found = read("webflow_v2", {"payload": {"id": "1", "data": {"Plan": "Pro", "Age": 7}, "schema": schema}})

    assert [(answer.label, answer.type) for answer in found.answers] == [("Plan", "choice"), ("Age", "number")]


def test_webflows_number_of_the_next_form_is_no_part_of_a_label() -> None:
    fields: JsonValue = {"Name 2": "Ada", "email-2": "ada@example.com", "Guest 1": "Bob", "Guest 2": "Eve", "2": "two"}

    found = read("webflow_v2", {"payload": {"id": "1", "data": fields}})

    assert [answer.label for answer in found.answers] == ["Name", "email", "Guest 1", "Guest 2", "2"]
    assert [answer.key for answer in found.answers] == ["Name 2", "email-2", "Guest 1", "Guest 2", "2"]


@pytest.mark.parametrize(
    ("provider", "body"),
    [
        ("webflow_v2", {"email": "ada@example.com"}),
        ("webflow_v2", {"payload": {"data": "text"}}),
        ("netlify", {"email": "ada@example.com"}),
        ("clickfunnels", {"event_id": "e"}),
        ("clickfunnels", [{"data": {}}, {"data": {}}]),
    ],
)
def test_what_another_sender_wrote_is_unreadable(provider: str, body: JsonValue) -> None:
    with pytest.raises(UnreadableBody):
        read(provider, body)


def test_a_question_that_is_called_like_what_netlify_adds_is_an_answer() -> None:
    asked: JsonValue = [{"title": "Referrer", "name": "referrer", "value": "A friend"}]

    found = read(
        "netlify", {"id": "1", "data": {"referrer": "A friend", "ip": "203.0.113.9"}, "ordered_human_fields": asked}
    )

    assert values(found) == {"Referrer": "A friend"}


def test_an_answer_of_netlify_keeps_the_form_it_has_in_data() -> None:
    asked: JsonValue = [
        {"title": "Days", "name": "days", "value": "Mon, Fri"},
        {"title": "Guests", "name": "guests", "value": "0"},
        {"title": "Only here", "name": "only", "value": "x"},
    ]

    found = read("netlify", {"data": {"days": ["Mon", "Fri"], "guests": 0}, "ordered_human_fields": asked})

    assert values(found) == {"Days": ["Mon", "Fri"], "Guests": 0, "Only here": "x"}


def test_an_underscored_field_of_formspree_stays_if_the_form_asks_for_it() -> None:
    submission: JsonValue = {"_size": "XL", "_subject": "Order", "name": "Ada", "_replyto": "ada@example.com"}

    found = read("formspree", {"form": "x", "submission": submission, "keys": ["name", "_size"]})

    assert values(found) == {"name": "Ada", "_size": "XL", "_replyto": "ada@example.com"}
    assert [answer.type for answer in found.answers] == ["text", "text", "email"]


def test_an_input_of_framer_that_is_called_id_is_an_answer() -> None:
    found = read("framer", {"id": "Room 7", "email": "ada@example.com"})

    assert (found.submission_id, values(found)["id"]) == ("", "Room 7")


def test_unbounce_keeps_what_stands_beside_the_answers() -> None:
    body = urlencode(
        {"data.json": json.dumps({"email": ["ada@example.com"], "days": ["1", "2"]}), "gclid": "g1", "page_id": "p"}
    )

    found = PROVIDERS["unbounce"].read(body.encode(), "application/x-www-form-urlencoded")

    assert values(found) == {"email": "ada@example.com", "days": ["1", "2"], "gclid": "g1"}
    with pytest.raises(UnreadableBody):
        PROVIDERS["unbounce"].read(b"data.json=%7B", "application/x-www-form-urlencoded")


def test_the_contact_of_a_clickfunnels_form_comes_before_what_else_was_answered() -> None:
    inner: JsonValue = {"email": "billing@example.com", "contact": {"email": "ada@example.com", "id": 7}}

    found = read("clickfunnels", {"event_id": "e1", "data": {"id": 5, "data": inner}})

    assert values(found) == {"email": "ada@example.com", "email (2)": "billing@example.com"}
    assert found.submission_id == "e1"
