import json
from typing import Any

import pytest

from shared.providers import PROVIDERS
from shared.providers.base import Reading

ROW = {"form_id": "6", "created_at": "2026-10-02 09:15:00", "updated_at": "2026-10-02 09:15:00", "is_draft": "0"}


def reading(body: object) -> Reading:
    return PROVIDERS["formidable"].read(json.dumps(body).encode(), "application/json")


def keys(found: Reading) -> list[str]:
    return [answer.key for answer in found.answers]


@pytest.mark.parametrize(
    ("body", "submission_id", "expected"),
    [
        ([{"id": "9", "item_key": "k9", **ROW, "q": "a"}], "9", ["q"]),
        ({"item_id": "9", "key": "k9", **ROW, "q": "a"}, "9", ["q"]),
        ({"entry_key": "k9", "q": "a"}, "k9", ["q"]),
        ({"id": "9", "key": "main door", "created_at": "1999", "q": "a"}, "", ["id", "key", "created_at", "q"]),
        ({"item_id": "[id]", "q": "a"}, "", ["q"]),
        ({"fields": {"q": "a"}}, "", ["q"]),
    ],
)
def test_the_id_and_what_stands_beside_it_are_known_in_each_kind_of_body(
    body: object, submission_id: str, expected: list[str]
) -> None:
    found = reading(body)

    assert (found.submission_id, keys(found)) == (submission_id, expected)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"name": "k9"}, []),
        ({"name": "Ada King", "x1": "Ada King"}, ["x1"]),
        ({"name": "Ada King"}, ["name"]),
        ({"description": "a leaking tap"}, ["description"]),
    ],
)
def test_the_name_of_an_entry_is_only_dropped_where_it_is_nobodys_answer(
    fields: dict[str, Any], expected: list[str]
) -> None:
    assert keys(reading([{"id": "9", "item_key": "k9", **ROW, **fields}])) == expected


def test_a_draft_is_partial_and_the_finished_entry_another_revision() -> None:
    draft = reading([{"id": "9", "item_key": "k9", **ROW, "is_draft": "1", "q": "a"}])
    done = reading([{"id": "9", "item_key": "k9", **ROW, "q": "a b"}])

    assert (draft.is_partial, done.is_partial) == (True, False)
    assert draft.revision != done.revision


def test_a_form_is_taken_at_its_word() -> None:
    body = b"q=Kitchen+%2526+bath&test=true"

    found = PROVIDERS["formidable"].read(body, "application/x-www-form-urlencoded")
    assert [answer.value for answer in found.answers] == ["Kitchen %26 bath", "true"]
    assert not found.ignored
