import json
from typing import Any

import pytest
from pydantic import JsonValue

from shared.providers import PROVIDERS
from shared.providers.base import Reading
from shared.submission import AnswerType


def reading(fields: dict[str, Any]) -> Reading:
    return PROVIDERS["gravity_forms"].read(json.dumps(fields).encode(), "application/json")


def an_entry(**fields: Any) -> dict[str, Any]:
    return {"id": "7", "form_id": "1", "date_created": "2026-10-02 08:00:11", **fields}


BOXES = ["Small", "Medium", "Large", "Huge", "500", "Other"]
FIELDS: list[tuple[dict[str, JsonValue], AnswerType, JsonValue]] = [
    ({"1.2": "Dr", "1.3": "Ada", "1.4": "", "1.6": "", "1.8": ""}, "name", {"1.2": "Dr", "1.3": "Ada"}),
    ({"1.3": "Ada", "1.6": "King"}, "name", {"1.3": "Ada", "1.6": "King"}),
    ({"1.1": "", "1.2": "Hosting", "1.3": ""}, "choices", ["Hosting"]),
    ({"1.1": "1", "1.2": "2", "1.3": "3"}, "choices", ["1", "2", "3"]),
    ({"1.1": "1", "1.2": "I agree to it", "1.3": "2"}, "consent", "1"),
    ({f"1.{place}": box for place, box in enumerate(BOXES, 1)}, "address", {}),
    ({f"1.{place}": "" if place == 5 else box for place, box in enumerate(BOXES, 1)}, "choices", []),
    ({f"1.{place}": str(place * 100) for place in range(1, 7)}, "choices", []),
    ({f"1.{place}": f"Option {place}" for place in range(1, 7)}, "choices", []),
    ({"1.1": "1 Main St", "1.2": "", "1.3": "", "1.4": "", "1.5": "K1A 0B1", "1.6": ""}, "address", {}),
    ({"1.1": "", "1.2": "", "1.3": "Leeds", "1.4": "", "1.5": "LS1 4AP", "1.6": ""}, "address", {}),
    ({"1.10": "b", "1.9": "a"}, "choices", ["a", "b"]),
    ({"1": '["a","b"]'}, "choices", ["a", "b"]),
    ({"1": '[{"Item":"a"}]'}, "text", '[{"Item":"a"}]'),
    ({"1": '["a'}, "text", '["a'),
    ({"1": "(415) 555-0109"}, "phone", "(415) 555-0109"),
    ({"1": "https://example.com/wp-content/uploads/gravity_forms/1/a.pdf"}, "file", None),
    ({"1": "https://example.com/index.php?gf-download=2026%2Fa.pdf&form-id=1"}, "file", None),
    ({"1": "https://example.com"}, "text", "https://example.com"),
]


@pytest.mark.parametrize(("fields", "kind", "value"), FIELDS)
def test_the_kind_of_a_field_shows_in_its_inputs(
    fields: dict[str, JsonValue], kind: AnswerType, value: JsonValue
) -> None:
    [answer] = reading(an_entry(**fields)).answers

    assert (answer.key, answer.type) == ("1", kind)
    assert not value or answer.value == value


def test_nothing_that_was_ticked_is_lost_where_six_boxes_look_like_an_address() -> None:
    [answer] = reading(an_entry(**{f"1.{place}": box for place, box in enumerate(BOXES, 1)})).answers

    assert isinstance(answer.value, dict)
    assert list(answer.value.values()) == BOXES


def test_a_second_input_beside_the_whole_field_is_an_answer_of_its_own() -> None:
    found = reading(an_entry(**{"2": "ada@example.com", "2.2": "ada@example.net"}))

    assert [(answer.key, answer.value) for answer in found.answers] == [
        ("2", "ada@example.com"),
        ("2.2", "ada@example.net"),
    ]


def test_the_same_entry_number_of_another_site_is_another_submission() -> None:
    first, again, other = (reading(an_entry(**{"1": text})) for text in ("ada", "ada", "byron"))

    assert first.submission_id == other.submission_id == "7"
    assert first.revision == again.revision != other.revision


def test_selected_fields_lose_nothing_that_is_called_like_an_entrys_own_data() -> None:
    found = reading({"status": "Student", "currency": "EUR", "ip": "10.0.0.1"})

    assert [answer.key for answer in found.answers] == ["status", "currency", "ip"]
    assert found.submission_id == ""
