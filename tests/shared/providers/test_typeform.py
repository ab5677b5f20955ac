import json
from typing import Any

import pytest
from pydantic import JsonValue

from shared.providers import PROVIDERS, UnreadableBody
from shared.providers.base import Reading
from shared.submission import AnswerType

read = PROVIDERS["typeform"].read


def an_event(*answers: dict[str, Any], fields: list[dict[str, Any]] | None = None, **response: Any) -> dict[str, Any]:
    return {
        "event_id": "e1",
        "event_type": "form_response",
        "form_response": {"token": "t1", "definition": {"fields": fields or []}, "answers": list(answers), **response},
    }


def reading(event: object) -> Reading:
    return read(json.dumps(event).encode(), "application/json")


VALUES: list[tuple[str, JsonValue, AnswerType, JsonValue]] = [
    ("text", "hello", "text", "hello"),
    ("email", "ada@example.com", "email", "ada@example.com"),
    ("phone_number", "+12065550161", "phone", "+12065550161"),
    ("number", 0, "number", 0),
    ("boolean", False, "boolean", False),
    ("date", "2026-11-02", "date", "2026-11-02"),
    ("url", "https://example.com", "url", "https://example.com"),
    ("file_url", "https://example.com/f", "file", "https://example.com/f"),
    ("choice", {"id": "1", "label": "Red", "ref": "r"}, "choice", "Red"),
    ("choice", {"other": "Mauve"}, "choice", "Mauve"),
    ("choices", {"labels": ["Red", "Blue"], "other": "Mauve"}, "choices", ["Red", "Blue", "Mauve"]),
    ("choices", {"other": "Mauve"}, "choices", ["Mauve"]),
    ("choices", {"ids": ["x"]}, "choices", {"ids": ["x"]}),
    ("payment", {"amount": "10.00", "success": True}, "text", {"amount": "10.00", "success": True}),
    ("multi_format", {"video_url": "https://example.com/v"}, "text", {"video_url": "https://example.com/v"}),
    ("signature", "https://example.com/s", "file", "https://example.com/s"),
    ("brand_new", {"x": 1}, "text", {"x": 1}),
]


@pytest.mark.parametrize(("kind", "value", "expected_type", "expected"), VALUES)
def test_each_type_of_answer_is_read(
    kind: str, value: JsonValue, expected_type: AnswerType, expected: JsonValue
) -> None:
    event = an_event(
        {"type": kind, kind: value, "field": {"id": "f1", "ref": "r1"}}, fields=[{"id": "f1", "title": "Q"}]
    )

    [answer] = reading(event).answers
    assert (answer.key, answer.label, answer.type, answer.value) == ("r1", "Q", expected_type, expected)


def test_an_answer_that_does_not_stand_under_its_type_is_kept_whole() -> None:
    [answer] = reading(an_event({"type": "odd", "other": "x", "field": {"id": "f1"}})).answers

    assert (answer.key, answer.label, answer.value) == ("f1", "f1", {"other": "x"})


def test_empty_answers_are_left_out() -> None:
    assert reading(an_event({"type": "text", "text": " ", "field": {"id": "f1"}}, hidden={"utm": ""})).answers == ()


def test_questions_inside_others_have_their_titles() -> None:
    inner = [{"id": "f2", "ref": "x", "title": "First name"}]
    event = an_event(
        {"type": "text", "text": "Ada", "field": {"id": "f2", "ref": "x"}},
        {"type": "text", "text": "long", "field": {"id": "", "ref": "by_ref"}},
        fields=[
            {"id": "f1", "title": "You", "properties": {"fields": inner}},
            {"id": "f3", "ref": "by_ref", "type": "long_text", "title": "More"},
        ],
    )

    first, more = reading(event).answers
    assert (first.label, more.label, more.type) == ("First name", "More", "long_text")


def test_hidden_fields_and_variables_are_hidden_answers() -> None:
    event = an_event(
        hidden={"utm_source": "ad"},
        variables=[
            {"key": "score", "type": "number", "number": 0},
            {"key": "tier", "type": "text", "text": "gold"},
        ],
    )

    found = reading(event)
    assert [(answer.key, answer.type, answer.value) for answer in found.answers] == [
        ("utm_source", "hidden", "ad"),
        ("tier", "hidden", "gold"),
    ]
    assert (found.submission_id, found.revision) == ("t1", "")


def test_a_partial_response_without_answers_is_ignored() -> None:
    assert reading({"event_type": "form_response_partial"}).ignored == "a partial response"


def test_each_partial_response_is_a_revision_below_the_finished_one() -> None:
    def response(event_type: str, text: str, **times: Any) -> Reading:
        event = an_event({"type": "text", "text": text, "field": {"id": "f1"}}, landed_at="2026-10-02T09:00Z", **times)
        return reading({**event, "event_type": event_type})

    first, second = response("form_response_partial", "A"), response("form_response_partial", "Ada")
    finished = response("form_response", "Ada", submitted_at="2026-10-02T09:05Z")
    assert (first.is_partial, second.is_partial, finished.is_partial) == (True, True, False)
    assert (first.submission_id, second.submission_id) == (finished.submission_id,) * 2
    assert len({first.revision, second.revision, finished.revision}) == 3
    assert finished.revision == ""
    assert first.progress <= second.progress < finished.progress


def test_questions_with_the_same_title_keep_their_answers_apart() -> None:
    event = an_event(
        {"type": "text", "text": "one", "field": {"id": "f1"}},
        {"type": "text", "text": "two", "field": {"id": "f2"}},
        fields=[{"id": "f1", "title": "Why?"}, {"id": "f2", "title": "Why?"}],
    )

    assert [answer.label for answer in reading(event).answers] == ["Why?", "Why? (2)"]


@pytest.mark.parametrize(
    "event",
    [
        {},
        [],
        None,
        1,
        {"form_response": None},
        {"form_response": {"answers": []}},
        an_event(token=""),
        {**an_event(), "event_type": "something_new"},
        an_event({"type": "text", "text": "x"}),
        an_event(answers="x"),
    ],
)
def test_other_json_is_unreadable_and_the_message_says_what_is_missing(event: object) -> None:
    with pytest.raises(UnreadableBody, match="Typeform"):
        reading(event)
