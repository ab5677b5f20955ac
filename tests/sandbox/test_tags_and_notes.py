from typing import Any

import httpx
import pytest

from tests.sandbox.conftest import LOCATION, Clock, HighLevel


def test_tags_are_added_in_lower_case_and_once(highlevel: HighLevel) -> None:
    contact_id = highlevel.a_contact(email="ada@example.com", tags=["Customer"])
    answer = highlevel.tag(contact_id, "Website", "website", "CUSTOMER")

    assert answer.status_code == 201
    assert answer.json() == {"tags": ["customer", "website"]}
    assert highlevel.contact(contact_id)["tags"] == ["customer", "website"]


def test_tags_are_removed_by_the_body_of_a_delete(highlevel: HighLevel) -> None:
    contact_id = highlevel.a_contact(email="ada@example.com", tags=["a", "b"])
    answer = highlevel.http.request("DELETE", f"/contacts/{contact_id}/tags", json={"tags": ["B"]})

    assert answer.status_code == 200
    assert answer.json() == {"tags": ["a"]}


def test_tags_and_notes_refuse_a_location_id(highlevel: HighLevel) -> None:
    contact_id = highlevel.a_contact()
    tags = highlevel.http.post(f"/contacts/{contact_id}/tags", json={"tags": ["a"], "locationId": LOCATION})
    note = highlevel.http.post(f"/contacts/{contact_id}/notes", json={"body": "a", "locationId": LOCATION})

    assert tags.status_code == note.status_code == 422
    assert tags.json()["message"] == note.json()["message"] == ["property locationId should not exist"]


def bulk(highlevel: HighLevel, kind: str, **body: Any) -> httpx.Response:
    return highlevel.http.post(f"/contacts/bulk/tags/update/{kind}", json={"locationId": LOCATION, **body})


def test_tags_of_many_contacts_are_added_at_once(highlevel: HighLevel) -> None:
    ada = highlevel.a_contact(email="ada@example.com", tags=["a"])
    elsewhere = highlevel.upsert(location="another", email="grace@example.com").json()["contact"]["id"]
    answer = bulk(highlevel, "add", contacts=[ada, "nobody", elsewhere], tags=["A", "B"])

    assert answer.status_code == 201
    assert answer.json() == {
        "succeded": True,
        "errorCount": 2,
        "responses": [
            {
                "contactId": ada,
                "message": "Tags updated",
                "type": "success",
                "oldTags": ["a"],
                "tagsAdded": ["b"],
                "tagsRemoved": [],
            },
            {"contactId": "nobody", "message": "contact is deleted", "type": "error"},
            {"contactId": elsewhere, "message": "contact does not belong to location", "type": "error"},
        ],
    }
    assert highlevel.contact(ada)["tags"] == ["a", "b"]


@pytest.mark.parametrize(("more", "left"), [({}, ["b", "c"]), ({"removeAllTags": True}, [])])
def test_tags_of_many_contacts_are_removed_at_once(
    highlevel: HighLevel, more: dict[str, bool], left: list[str]
) -> None:
    ada = highlevel.a_contact(email="ada@example.com", tags=["a", "b", "c"])
    bulk(highlevel, "remove", contacts=[ada], tags=["a"], **more)

    assert highlevel.contact(ada)["tags"] == left


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [("add", {}, 422), ("add", {"contacts": [], "tags": "a"}, 422), ("swap", {"contacts": [], "tags": []}, 400)],
)
def test_a_bulk_call_that_makes_no_sense_is_refused(
    highlevel: HighLevel, kind: str, body: dict[str, Any], status: int
) -> None:
    assert bulk(highlevel, kind, **body).status_code == status


def test_a_note_is_written_read_changed_and_deleted(highlevel: HighLevel) -> None:
    path = f"/contacts/{highlevel.a_contact()}/notes"
    written = highlevel.http.post(path, json={"body": "Call back", "title": "Form"})
    note_path = f"{path}/{written.json()['note']['id']}"
    changed = highlevel.http.put(note_path, json={"body": "Called"})
    read = highlevel.http.get(note_path)
    deleted = highlevel.http.delete(note_path)

    assert written.status_code == 201
    assert changed.json() == read.json()
    assert read.json()["note"].items() >= {"body": "Called", "title": "Form"}.items()
    assert deleted.json() == {"succeded": True}
    assert highlevel.http.get(note_path).status_code == 400


def test_notes_are_listed_newest_first(highlevel: HighLevel, clock: Clock) -> None:
    path = f"/contacts/{highlevel.a_contact()}/notes"
    highlevel.http.post(path, json={"body": "first"})
    clock.advance(60)
    highlevel.http.post(path, json={"body": "second"})

    notes = highlevel.http.get(path).json()["notes"]
    assert [(note["body"], note["dateAdded"]) for note in notes] == [
        ("second", "2026-09-23T12:01:00.000Z"),
        ("first", "2026-09-23T12:00:00.000Z"),
    ]


def test_a_note_needs_a_body(highlevel: HighLevel) -> None:
    answer = highlevel.http.post(f"/contacts/{highlevel.a_contact()}/notes", json={})

    assert answer.status_code == 422
    assert "body should not be empty" in answer.json()["message"]
