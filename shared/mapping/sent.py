"""A contact field by field, under flat names: what it sends, and the same contact without some of it."""

from collections.abc import Collection, Iterator

from pydantic import JsonValue

from shared.highlevel.contact import Contact
from shared.mapping.draft import custom

NESTED = ("dndSettings", "inboundDndSettings")
NO_FIELD = "createNewIfDuplicateAllowed"  # says how to write, and is nothing that a contact has


def sent_fields(contact: Contact) -> dict[str, JsonValue]:
    """Return what a contact sends: `email`, `customFields.<id>`, `dndSettings.<Channel>` and so on."""
    return dict(_flat(contact.body()))


def without(contact: Contact, names: Collection[str]) -> Contact:
    """Return the same contact without some of its fields, by their flat names."""
    body = contact.model_dump(mode="json", by_alias=True, exclude_none=True)
    kept: dict[str, JsonValue] = {}
    for name, value in body.items():
        if name == "customFields":
            kept[name] = [entry for entry in value if _custom_name(entry) not in names]
        elif name in NESTED:
            kept[name] = {part: item for part, item in value.items() if f"{name}.{part}" not in names} or None
        elif name not in names:
            kept[name] = value
    return Contact.model_validate(kept)


def _flat(body: dict[str, JsonValue]) -> Iterator[tuple[str, JsonValue]]:
    for name, value in body.items():
        if name == "customFields" and isinstance(value, list):
            yield from ((_custom_name(entry), entry["field_value"]) for entry in value if isinstance(entry, dict))
        elif name in NESTED and isinstance(value, dict):
            yield from ((f"{name}.{part}", item) for part, item in value.items())
        elif name != NO_FIELD:
            yield name, value


def _custom_name(entry: dict[str, JsonValue]) -> str:
    return custom(str(entry.get("id") or entry.get("key")))
