import json
from typing import Any

import pytest

from shared.providers import UnreadableBody
from shared.providers.builders.hubspot import read, resources, split

JSON = "application/json"


def an_event(kind: str = "contact.creation", contact: Any = 7001, at: int = 1000, **more: Any) -> dict[str, Any]:
    return {"subscriptionType": kind, "portalId": 5, "objectId": contact, "occurredAt": at, **more}


def a_webhook(*events: Any) -> bytes:
    return json.dumps(list(events)).encode()


def test_a_change_is_a_revision_of_its_contact_and_the_later_one_is_the_newer() -> None:
    made, changed, later = (
        read(a_webhook(event), JSON)
        for event in (
            an_event(),
            an_event("contact.propertyChange", at=2000),
            an_event("object.propertyChange", at=3000, objectTypeId="0-1"),
        )
    )

    assert {made.submission_id, changed.submission_id, later.submission_id} == {"5-7001"}
    assert (made.revision, changed.revision, later.revision) == ("", "2000", "3000")
    assert made.progress < changed.progress < later.progress


@pytest.mark.parametrize(
    "event",
    [
        an_event("contact.deletion"),
        an_event("contact.merge"),
        an_event("contact.privacyDeletion"),
        an_event("deal.creation"),
        an_event("object.creation", objectTypeId="0-2"),
        an_event("object.creation"),
        an_event("object.deletion", objectTypeId="0-1"),
    ],
)
def test_what_makes_or_changes_no_contact_is_ignored(event: dict[str, Any]) -> None:
    assert read(a_webhook(event), JSON).ignored


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"{}",
        b"[7]",
        a_webhook(an_event(), {"email": "ada@example.com"}),
        a_webhook(an_event(contact="../7")),
        a_webhook(an_event(contact=None)),
        a_webhook(an_event(), an_event(contact=7002)),
    ],
)
def test_what_names_no_single_contact_is_unreadable(body: bytes) -> None:
    with pytest.raises(UnreadableBody):
        read(body, JSON)


def test_of_many_events_of_a_contact_one_is_left() -> None:
    body = a_webhook(
        an_event("contact.propertyChange", at=1001),
        an_event(at=1000),
        an_event("contact.propertyChange", at=1002),
        an_event("contact.propertyChange", contact=7002, at=1004),
        an_event("contact.propertyChange", contact=7002, at=1003),
        an_event("contact.deletion"),
    )

    readings = [read(part, JSON) for part in split(body, JSON)]

    assert [(one.submission_id, one.revision) for one in readings if not one.ignored] == [
        ("5-7001", ""),
        ("5-7002", "1004"),
    ]
    assert sum(bool(one.ignored) for one in readings) == 1


def test_what_the_form_names_is_asked_for_too() -> None:
    [resource] = resources(a_webhook(an_event()), JSON, ["budget", "email"])

    wanted = resource.query["properties"].split(",")
    assert resource.path == "crm/v3/objects/contacts/7001"
    assert wanted[0] == "email"
    assert wanted.count("email") == 1
    assert wanted[-1] == "budget"
