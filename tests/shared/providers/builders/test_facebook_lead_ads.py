import json
from typing import Any

import pytest

from shared.providers import UnreadableBody
from shared.providers.builders.facebook_lead_ads import read, read_lead, resources, split

JSON = "application/json"


def a_webhook(*changes: Any, page: str = "page") -> bytes:
    return json.dumps({"object": page, "entry": [{"id": "1", "changes": list(changes)}]}).encode()


def a_lead(lead_id: Any = "1001") -> dict[str, Any]:
    return {"field": "leadgen", "value": {"leadgen_id": lead_id}}


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (a_webhook(a_lead("444444444444")), "a test event"),
        (a_webhook({"field": "feed", "value": {}}), "a change that is no lead"),
        (a_webhook(), "a change that is no lead"),
        (b'{"object": "page", "entry": [{"messaging": []}, 7]}', "a change that is no lead"),
    ],
)
def test_what_is_no_lead_is_ignored(body: bytes, why: str) -> None:
    assert read(body, JSON).ignored == why


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        a_webhook(a_lead(), page="instagram"),
        a_webhook(a_lead("../me")),
        a_webhook(a_lead("1?fields=x")),
        a_webhook(a_lead(None)),
        a_webhook(a_lead("1"), a_lead("2")),
    ],
)
def test_what_names_no_single_lead_is_unreadable(body: bytes) -> None:
    with pytest.raises(UnreadableBody):
        read(body, JSON)


def test_each_change_is_a_webhook_of_its_own_and_one_alone_stays_as_it_came() -> None:
    alone, together = a_webhook(a_lead()), a_webhook(a_lead("1001"), {"field": "feed"}, a_lead(1002))

    readings = [read(body, JSON) for body in split(together, JSON)]

    assert split(alone, JSON) == (alone,)
    assert [reading.submission_id for reading in readings] == ["1001", "", "1002"]
    assert [resource.path for resource in resources(split(together, JSON)[2], JSON, ())] == ["1002"]


def test_odd_fields_of_a_lead_are_passed_over() -> None:
    fields: list[Any] = [
        {"name": "a", "values": ["", None]},
        {"name": "b"},
        "c",
        {"values": ["d"]},
        {"name": "e", "values": "f"},
    ]

    [answer] = read_lead([{"field_data": fields, "custom_disclaimer_responses": [{"checkbox_key": ""}, 1]}])

    assert (answer.label, answer.value) == ("e", "f")
