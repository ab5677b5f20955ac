"""The shape of each request body: which properties may be there, and what they must be."""

from dataclasses import dataclass
from typing import Any

from sandbox.checks import (
    Body,
    Shape,
    an_object,
    array,
    birthday,
    check,
    country,
    email,
    filled_text,
    flag,
    nested,
    nullable,
    objects,
    one_of,
    page,
    page_limit,
    text,
    texts,
)
from sandbox.generations import V2, V3, Generation


def check_create(body: Body, generation: Generation) -> None:
    check(body, CONTACT[generation.name].create, required=("locationId",))


def check_upsert(body: Body, generation: Generation) -> None:
    check(body, CONTACT[generation.name].upsert, required=("locationId",))


def check_update(body: Body, generation: Generation) -> None:
    check(body, CONTACT[generation.name].update)


def check_tags(body: Body) -> None:
    check(body, TAGS, required=("tags",))


def check_bulk_tags(body: Body) -> None:
    check(body, BULK_TAGS, required=("contacts", "tags", "locationId"))


def check_new_note(body: Body) -> None:
    check(body, NOTE, required=("body",))


def check_note_changes(body: Body) -> None:
    check(body, NOTE)


def check_search(body: Body) -> None:
    check(body, SEARCH, required=("locationId", "pageLimit"))


def check_list_query(query: Body) -> None:
    check(query, LIST_QUERY, required=("locationId",))


def check_duplicate_query(query: Body) -> None:
    check(query, DUPLICATE_QUERY, required=("locationId",))


def check_seeded_emails(emails: Any) -> None:
    check({"additionalEmails": emails}, {"additionalEmails": texts})


_DND_CHANNEL = nested(
    {"status": one_of("active", "inactive", "permanent"), "message": text, "code": text}, required=("status",)
)
_INBOUND_DND = nested({"status": one_of("active", "inactive"), "message": text}, required=("status",))

_COMMON: Shape = {
    "firstName": nullable(text),
    "lastName": nullable(text),
    "name": nullable(text),
    "email": nullable(email),
    "phone": nullable(text),
    "address1": nullable(text),
    "city": nullable(text),
    "state": nullable(text),
    "postalCode": text,
    "website": nullable(text),
    "timezone": nullable(text),
    "dnd": flag,
    "inboundDndSettings": nested({"all": _INBOUND_DND}),
    "tags": texts,
    "customFields": objects,
    "dateOfBirth": nullable(birthday),
    "country": country,
    # Missing from the published shape of an update, but accepted:
    # https://github.com/GoHighLevel/highlevel-api-docs/issues/314
    "companyName": nullable(text),
}


@dataclass(frozen=True, slots=True)
class ContactShapes:
    """The bodies that write a contact, in one generation."""

    create: Shape
    upsert: Shape
    update: Shape


def _contact_shapes(generation: Generation) -> ContactShapes:
    common = {**_COMMON, "dndSettings": nested(dict.fromkeys(generation.channels.values(), _DND_CHANNEL))}
    create = {**common, "locationId": filled_text, "gender": text, "source": text, "assignedTo": text}
    return ContactShapes(
        create,
        upsert={**create, "createNewIfDuplicateAllowed": flag},
        update={**common, "source": nullable(text), "assignedTo": nullable(text)},
    )


CONTACT = {generation.name: _contact_shapes(generation) for generation in (V2, V3)}
TAGS: Shape = {"tags": texts}
BULK_TAGS: Shape = {"contacts": texts, "tags": texts, "locationId": filled_text, "removeAllTags": flag}
NOTE: Shape = {"userId": text, "body": filled_text, "title": text, "color": text, "pinned": flag}
SEARCH: Shape = {
    "locationId": filled_text,
    "pageLimit": page_limit,
    "page": page,
    "query": text,
    "filters": objects,
    "sort": objects,
    "searchAfter": array,
}
LIST_QUERY: Shape = dict.fromkeys(("limit", "query", "startAfter", "startAfterId"), text) | {"locationId": filled_text}
DUPLICATE_QUERY: Shape = {"locationId": filled_text, "number": text, "email": text}
# v1 knew the properties below and passed over all others.
V1_CONTACT: Shape = {
    **dict.fromkeys(("firstName", "lastName", "name", "phone", "address1", "city", "state"), text),
    **dict.fromkeys(("postalCode", "companyName", "website", "timezone", "source"), text),
    "email": email,
    "country": country,
    "dateOfBirth": birthday,
    "dnd": flag,
    "tags": texts,
    "customField": an_object,
}
