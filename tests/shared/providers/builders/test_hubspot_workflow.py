import json
from typing import Any

from shared.providers.builders.hubspot_workflow import read

JSON = "application/json"


def a_contact(**properties: Any) -> dict[str, Any]:
    return {"vid": 9, "portal-id": 5, "properties": {name: {"value": value} for name, value in properties.items()}}


def sent(contact: dict[str, Any]) -> bytes:
    return json.dumps(contact).encode()


def test_a_contact_that_filled_in_no_form_is_known_by_its_own_id() -> None:
    assert read(sent(a_contact(email="ada@example.com")), JSON).submission_id == "5-9"


def test_a_contact_that_is_sent_again_is_the_same_until_an_answer_changes() -> None:
    first = read(sent(a_contact(email="ada@example.com", lastmodifieddate="1")), JSON)
    again = read(sent(a_contact(email="ada@example.com", lastmodifieddate="2", hs_score="7")), JSON)
    changed = read(sent(a_contact(email="ada@example.com", city="London")), JSON)

    assert first == again
    assert changed.revision != first.revision


def test_properties_without_their_history_are_read_too() -> None:
    contact = {"properties": {"email": "ada@example.com", "hs_language": "en"}, "form-submissions": "none"}

    reading = read(sent(contact), JSON)

    assert [(answer.label, answer.value) for answer in reading.answers] == [
        ("email", "ada@example.com"),
        ("hs_language", "en"),
    ]
    assert reading.submission_id == ""
