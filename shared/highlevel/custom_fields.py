"""The custom fields that a location has for contacts, and how they are found by name, key or id."""

from collections.abc import Iterator
from difflib import get_close_matches

from pydantic import JsonValue

from shared.field_names import KEY_PREFIX, plain_name
from shared.submission import Frozen

CONTACT = "contact"
LONGEST_NAME = 200  # what is longer is no misspelling


class LocationField(Frozen):
    """
    One custom field of a location; `type` is HighLevel's dataType, `options` are the exact labels of a picklist.

    `boxes` are the labels of a text box list, each with what HighLevel calls it; `takes_others` says that a visitor
    may add options.
    """

    id: str
    name: str = ""
    key: str = ""
    type: str = ""
    options: tuple[str, ...] = ()
    boxes: dict[str, str] = {}
    takes_others: bool = False


class Catalogue(Frozen):
    """All custom fields that a location has for contacts."""

    fields: tuple[LocationField, ...] = ()

    @classmethod
    def of(cls, listed: JsonValue) -> "Catalogue":
        """Read the list of custom fields as HighLevel answers it; what is of no use in a contact is passed over."""
        entries = listed if isinstance(listed, list) else []
        fields = [field for entry in entries if isinstance(entry, dict) and (field := _field(entry))]
        return cls(fields=tuple(fields))

    def find(self, name: str) -> LocationField | None:
        """Return the field with this id, key or name; None if there is none, or if several have the name."""
        found = self.matching(name)
        return found[0] if len(found) == 1 else None

    def matching(self, name: str) -> tuple[LocationField, ...]:
        """Return the field with this id, or else with this key, or else all fields with this name."""
        wanted, key, plain = name.strip(), _without_prefix(name.strip()), plain_name(name)
        by_id = [field for field in self.fields if field.id == wanted]
        by_key = [field for field in self.fields if key and field.key == key]
        by_name = [field for field in self.fields if plain and plain_name(field.name) == plain]
        return tuple(by_id or by_key or by_name)

    def closest(self, name: str) -> LocationField | None:
        """Return the field whose name or key is most like this one, if one is."""
        known = {plain_name(label): field for field in self.fields for label in (field.key, field.name) if label}
        near = get_close_matches(plain_name(name)[:LONGEST_NAME], known, n=1)
        return known[near[0]] if near else None


def _without_prefix(key: str) -> str:
    return key.removeprefix(KEY_PREFIX)


def _field(entry: dict[str, JsonValue]) -> LocationField | None:
    field_id, key = _text(entry, "id"), _text(entry, "fieldKey", "key")
    model = _text(entry, "model") or (key.partition(".")[0] if "." in key else CONTACT)
    if not field_id or model != CONTACT or _text(entry, "documentType") == "folder":
        return None
    listed = entry.get("picklistOptions") or entry.get("picklistImageOptions")
    options = list(_options(listed))
    return LocationField(
        id=field_id,
        name=_text(entry, "name"),
        key=_without_prefix(key),
        type=_text(entry, "dataType", "dateType"),  # the second is how the v1 pages spell it
        options=tuple(dict.fromkeys(label for label, _ in options)),
        boxes={label: box for label, box in options if box},
        takes_others=entry.get("isAllowedCustomOption") is True,
    )


def _options(listed: JsonValue) -> Iterator[tuple[str, str]]:
    """Yield the label of each option, with its id if it has one."""
    for option in listed if isinstance(listed, list) else []:
        if isinstance(option, str) and option.strip():
            yield option, ""
        elif isinstance(option, dict) and (label := _text(option, "label", "name", "value")):
            yield label, _text(option, "id")


def _text(entry: dict[str, JsonValue], *names: str) -> str:
    return next((value for name in names if isinstance(value := entry.get(name), str) and value.strip()), "")
