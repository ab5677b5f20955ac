"""Tags of many contacts at once; what goes wrong with one is said of that one, and the call succeeds."""

from typing import Any

from sandbox import validation
from sandbox.checks import Body
from sandbox.contact import Contact
from sandbox.contacts import Contacts
from sandbox.refusals import BadRequest

Response = dict[str, Any]


def change(contacts: Contacts, kind: str, body: Body) -> list[Response]:
    """Add or remove tags, and say for each contact what became of it."""
    if kind not in ("add", "remove"):
        raise BadRequest("type must be one of the following values: add, remove")
    validation.check_bulk_tags(body)
    return [_change_one(contacts, contact_id, kind, body) for contact_id in body["contacts"]]


def _change_one(contacts: Contacts, contact_id: str, kind: str, body: Body) -> Response:
    contact = contacts.find(contact_id)
    if contact is None:
        return {"contactId": contact_id, "message": "contact is deleted", "type": "error"}
    if contact.location_id != body["locationId"]:
        return {"contactId": contact_id, "message": "contact does not belong to location", "type": "error"}
    before = contact.tags
    if kind == "add":
        contacts.add_tags(contact_id, {"tags": body["tags"]})
    else:
        contacts.remove_tags(contact_id, {"tags": before if body.get("removeAllTags") else body["tags"]})
    return _changed(contact, before)


def _changed(contact: Contact, before: list[str]) -> Response:
    return {
        "contactId": contact.id,
        "message": "Tags updated",
        "type": "success",
        "oldTags": before,
        "tagsAdded": [tag for tag in contact.tags if tag not in before],
        "tagsRemoved": [tag for tag in before if tag not in contact.tags],
    }
