import json
from typing import Any

from shared.providers import PROVIDERS
from shared.providers.base import Reading


def reading(fields: dict[str, Any]) -> Reading:
    return PROVIDERS["fluent_forms"].read(json.dumps(fields).encode(), "application/json")


def test_a_form_is_read_like_json() -> None:
    body = b"names%5Bfirst_name%5D=Ada&names%5Blast_name%5D=King&email_2=ada%40example.com&__submission%5Bid%5D=9"

    found = PROVIDERS["fluent_forms"].read(body, "application/x-www-form-urlencoded")
    assert found.submission_id == "9"
    assert [(answer.key, answer.type, answer.value) for answer in found.answers] == [
        ("names", "name", {"first_name": "Ada", "last_name": "King"}),
        ("email_2", "email", "ada@example.com"),
    ]


def test_selected_fields_are_all_answers_whatever_their_keys() -> None:
    found = reading({"entry_id": "9", "__ref": "x", "country-list": "NL"})

    assert found.submission_id == "9"
    assert [(answer.key, answer.type) for answer in found.answers] == [("__ref", "text"), ("country-list", "country")]
