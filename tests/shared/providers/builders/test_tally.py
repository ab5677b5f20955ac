import json
from typing import Any

import pytest

from shared.providers import PROVIDERS, UnreadableBody
from shared.providers.base import Reading

read = PROVIDERS["tally"].read


def reading(*fields: dict[str, Any], **event: Any) -> Reading:
    body = {"eventType": "FORM_RESPONSE", "data": {"responseId": "r1", "fields": list(fields)}, **event}
    return read(json.dumps(body).encode(), "application/json")


def a_field(**parts: Any) -> dict[str, Any]:
    return {"key": "question_1", "label": "Q", "type": "INPUT_TEXT", "value": "x", **parts}


def test_a_box_that_stands_alone_is_an_answer() -> None:
    list_of_boxes = a_field(type="CHECKBOXES", value=["a"], options=[{"id": "a", "text": "Apples"}])
    repeated = a_field(key="question_1_a", label="Q (Apples)", type="CHECKBOXES", value=True)
    alone = a_field(key="question_2", label="Terms", type="CHECKBOXES", value=False)

    answers = reading(list_of_boxes, repeated, alone).answers
    assert [(answer.label, answer.value) for answer in answers] == [("Q", ["Apples"]), ("Terms", False)]


def test_an_answer_without_a_label_is_called_by_its_key() -> None:
    [answer] = reading(a_field(label=None)).answers

    assert (answer.key, answer.label) == ("question_1", "question_1")


def test_the_response_id_stands_in_for_the_submission_id() -> None:
    assert reading().submission_id == "r1"


def test_an_event_of_another_type_is_unreadable_so_that_it_is_kept() -> None:
    with pytest.raises(UnreadableBody, match="expected FORM_RESPONSE"):
        reading(eventType="FORM_UPDATED")


@pytest.mark.parametrize("event", [{"data": None}, {"data": {}}, {"data": {"fields": "x"}}])
def test_another_sender_s_body_is_unreadable(event: dict[str, Any]) -> None:
    with pytest.raises(UnreadableBody, match="Not a Tally submission: data"):
        reading(**event)
