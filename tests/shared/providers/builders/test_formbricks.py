import json
from typing import Any

import pytest
from pydantic import JsonValue

from shared.providers import PROVIDERS, UnreadableBody
from shared.providers.base import Reading

read = PROVIDERS["formbricks"].read


def reading(event: str = "responseFinished", **response: Any) -> Reading:
    data = {"id": "r1", "finished": True, "updatedAt": "2026-10-02T09:00:00Z", "data": {"q": "yes"}, **response}
    return read(json.dumps({"event": event, "data": data}).encode(), "application/json")


def test_what_is_finished_is_one_revision_whatever_the_event() -> None:
    updated, finished = reading("responseUpdated"), reading("responseFinished", updatedAt="2026-10-02T09:00:01Z")

    assert (updated.submission_id, updated.revision) == (finished.submission_id, finished.revision)
    assert finished.revision != reading(data={"q": "no"}).revision


def test_a_partial_response_stands_below_the_finished_one_even_if_it_is_stamped_later() -> None:
    created = reading("responseCreated", finished=False)
    late = reading("responseUpdated", finished=False, updatedAt="2026-10-02T10:00:00Z")
    finished = reading()

    assert (created.is_partial, late.is_partial, finished.is_partial) == (True, True, False)
    assert created.progress < late.progress < finished.progress
    assert created.revision != finished.revision


def test_a_headline_with_markup_is_a_plain_label() -> None:
    headline = '<p class="editor" dir="ltr"><span>What&#39;s your&nbsp;<b>first name</b>?</span></p>'
    questions = [{"id": "q", "headline": {"default": headline}}, {"id": "r", "headline": {"default": "2 < 3 > 1"}}]

    found = reading(data={"q": "Ada", "r": "yes"}, survey={"questions": questions}).answers

    assert [answer.label for answer in found[:2]] == ["What's your first name ?", "2 < 3 > 1"]


CONTACTS: list[tuple[JsonValue, JsonValue]] = [
    (["Ada", "", "ada@example.com", "", ""], {"first_name": "Ada", "email": "ada@example.com"}),
    (["", "", "", "+1 206 555 0161", "Acme"], {"phone": "+1 206 555 0161", "company": "Acme"}),
]


@pytest.mark.parametrize(("sent", "value"), CONTACTS)
def test_the_contact_question_is_known_by_its_five_places(sent: JsonValue, value: JsonValue) -> None:
    [answer] = reading(data={"card": sent}).answers

    assert (answer.type, answer.value) == ("contact", value)


@pytest.mark.parametrize(
    "sent",
    [
        ["a", "b", "c", "d", "e"],
        ["a", "b", "c@example.com", "d", "e"],
        ["Ada", "", "", "", ""],
        ["Ada", "Lovelace", "ada@example.com"],
    ],
)
def test_other_lists_stay_choices(sent: list[JsonValue]) -> None:
    [answer] = reading(data={"card": sent}).answers

    assert answer.type == "choices"


def test_a_hidden_utm_field_is_not_repeated_from_the_page() -> None:
    page = {"url": "https://example.com/s/1?utm_source=page&utm_term=x"}

    found = reading(data={"utm_source": "field"}, meta=page)
    assert [(answer.label, answer.value) for answer in found.answers] == [
        ("utm_source", "field"),
        ("url", page["url"]),
        ("utm_term", "x"),
    ]


@pytest.mark.parametrize("event", ["responseDeleted", "", "survey"])
def test_an_unknown_event_is_unreadable_so_that_it_is_kept(event: str) -> None:
    with pytest.raises(UnreadableBody, match="expected responseFinished"):
        reading(event)
