"""What a search finds; it is given the contacts that it may find, newest first."""

from typing import Any

from sandbox.checks import Body
from sandbox.contact import Contact
from sandbox.refusals import BadRequest, Unprocessable

DEFAULT_LIMIT, MAX_LIMIT = 20, 100


def page(contacts: list[Contact], body: Body) -> tuple[list[Contact], int]:
    """Return the page that a search asks for, and how many contacts it finds in all."""
    found = [contact for contact in contacts if _is_found(contact, body)]
    start = (body.get("page", 1) - 1) * body["pageLimit"]
    return found[start : start + body["pageLimit"]], len(found)


def listed(contacts: list[Contact], query: Body) -> tuple[list[Contact], int]:
    """Return the page that the deprecated list shows, and how many contacts there are in all."""
    found = [contact for contact in contacts if _says(contact, query.get("query", ""))]
    ids = [contact.id for contact in found]
    after = query.get("startAfterId")
    start = ids.index(after) + 1 if after in ids else 0
    return found[start : start + _limit(query)], len(found)


def _limit(query: Body) -> int:
    limit = query.get("limit", str(DEFAULT_LIMIT))
    if not limit.isdecimal() or not 1 <= int(limit) <= MAX_LIMIT:
        raise Unprocessable([f"limit must be a number from 1 to {MAX_LIMIT}"])
    return int(limit)


def _is_found(contact: Contact, body: Body) -> bool:
    return _says(contact, body.get("query", "")) and all(
        _passes(contact, condition) for condition in body.get("filters", ())
    )


def _says(contact: Contact, sought: str) -> bool:
    shown = (contact.name, contact.fields.get("email", ""), contact.fields.get("phone", ""))
    return any(sought.lower() in text.lower() for text in shown)


def _passes(contact: Contact, condition: dict[str, Any]) -> bool:
    stored = str(contact.fields.get(condition.get("field", ""), "")).lower()
    sought = str(condition.get("value", "")).lower()
    match condition.get("operator"):
        case "eq":
            return stored == sought
        case "contains":
            return sought in stored
        case operator:
            raise BadRequest(f"Operator {operator} is not supported")
