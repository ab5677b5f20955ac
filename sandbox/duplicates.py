"""What becomes of emails and phones that somebody in the location has already."""

from sandbox.checks import Body
from sandbox.contact import Contact
from sandbox.locations import IDENTIFIERS, Location
from sandbox.refusals import BadRequest

DUPLICATE = "This location does not allow duplicated contacts."


def refuse_duplicate(location: Location, values: Body, writer: Contact | None = None) -> None:
    """Refuse an email or phone of somebody other than the writer."""
    if location.settings.allow_duplicates:
        return
    for matching_field in location.settings.duplicate_priority:
        owner = location.owner(matching_field, values.get(matching_field))
        if owner and owner is not writer:
            meta = {"contactId": owner.id, "contactName": owner.name, "matchingField": matching_field}
            raise BadRequest(DUPLICATE, meta)


def without_other_people(values: Body, contact: Contact, location: Location) -> Body:
    """Return the values without an email or phone of another contact than this one."""
    # When email and phone belong to two contacts, the first in the location's order is updated and the other
    # value silently ignored: https://github.com/GoHighLevel/highlevel-api-docs/issues/37
    taken = [
        identifier
        for identifier in IDENTIFIERS
        if (owner := location.owner(identifier, values.get(identifier))) and owner is not contact
    ]
    return {name: value for name, value in values.items() if name not in taken}


def take_over(contact: Contact, email: str | None) -> None:
    """Let an email that a contact has be its first one."""
    # A further email that is sent becomes the first one, and the one that was first is lost:
    # https://github.com/GoHighLevel/highlevel-api-docs/issues/337
    if email:
        contact.additional_emails = [known for known in contact.additional_emails if known.lower() != email.lower()]
