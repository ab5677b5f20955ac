"""What is stored of a body that writes a contact."""

from collections.abc import Iterable

from sandbox.checks import Body, parse_date
from sandbox.generations import Generation
from sandbox.phones import to_e164

SAID_ELSEWHERE = ("locationId", "createNewIfDuplicateAllowed", "tags", "customFields")


def stored_values(body: Body, region: str, generation: Generation) -> Body:
    """Return a body's plain fields as they are stored; None clears one."""
    values = {name: value for name, value in body.items() if name not in SAID_ELSEWHERE}
    if "dndSettings" in values:
        values["dndSettings"] = generation.stored(values["dndSettings"])
    if values.get("phone") is not None:
        values["phone"] = to_e164(values["phone"], region)
    if values.get("dateOfBirth") is not None:
        values["dateOfBirth"] = str(parse_date(values["dateOfBirth"]))
    return values | _names(values)


def as_tags(texts: Iterable[str]) -> list[str]:
    """Return tags as they are stored: once each."""
    # Live: tags come back in lower case.
    return list(dict.fromkeys(text.strip().lower() for text in texts if text.strip()))


def _names(values: Body) -> Body:
    parts_given = "firstName" in values or "lastName" in values
    if values.get("name") and not parts_given:
        first, _, last = values["name"].strip().partition(" ")
        return {"firstName": first, "lastName": last.strip() or None}
    if parts_given and "name" not in values:
        return {"name": None}  # the full name follows its parts again
    return {}
