"""Names and addresses: one answer that fills several fields."""

from pydantic import JsonValue

from shared.mapping.aliases import field_called, folded
from shared.mapping.draft import Draft
from shared.submission import as_text

NAME_PARTS = {"first": "firstName", "given": "firstName", "last": "lastName", "family": "lastName"}
ADDRESS_PARTS = {"line1": "address1", "addrline1": "address1", "postal": "postalCode", "postcode": "postalCode"}
SECOND_LINES = frozenset(
    {"line2", "addrline2", "address2", "addressline2", "street2", "streetaddress2", "apartment", "suite", "unit"}
)
NAME_FIELDS = frozenset({"firstName", "lastName"})
ADDRESS_FIELDS = frozenset({"address1", "city", "state", "postalCode", "country"})


def take_name(draft: Draft, place: int, value: JsonValue, origin: str, bare: bool = False) -> None:
    """Put a full name into first and last name; `bare` means that its label may mean either of the two."""
    if isinstance(value, dict):
        _take_parts(draft, place, _named(value, NAME_PARTS, NAME_FIELDS), origin)
        return
    text = " ".join(as_text(value).split())
    first, last = draft.fields.get("firstName"), draft.fields.get("lastName")
    given, family = _completed(text, first, last, bare)
    if text and given + family:
        draft.put("firstName", given, origin)
        draft.put("lastName", family, origin)
        draft.claim(place)


def take_address(draft: Draft, place: int, value: JsonValue, origin: str) -> None:
    """Put an address into its fields; one in free text is the street."""
    if isinstance(value, dict):
        _take_parts(draft, place, _with_one_street(_named(value, ADDRESS_PARTS, ADDRESS_FIELDS)), origin)
    else:
        draft.offer("address1", place, value, origin)


def _completed(text: str, first: str | None, last: str | None, bare: bool) -> tuple[str, str]:
    """Return the first and last name that a full name gives beside the ones already known; empty if it does not fit."""
    if first is None and last is None:
        given, _, family = text.partition(" ")
        return given, family
    if text.casefold() in {part.casefold() for part in (first, last, f"{first} {last}") if part}:
        return first or "", last or ""
    if first is not None and last is not None:
        return "", ""
    if first is not None:
        begins = text[: len(first) + 1].casefold() == f"{first} ".casefold()
        return (first, text[len(first) :].strip()) if begins else (first, text) if bare else ("", "")
    family = last or ""
    ends = text[-len(family) - 1 :].casefold() == f" {family}".casefold()
    return (text[: -len(family)].strip(), family) if ends else (text, family) if bare else ("", "")


def _named(value: dict[str, JsonValue], names: dict[str, str], fields: frozenset[str]) -> list[tuple[str, str, str]]:
    """Return key, field and text of each part; a part that belongs to none of the fields has an empty one."""
    parts = []
    for key, item in value.items():
        compact = "".join(folded(key))
        target = names.get(compact) or field_called(key) or ""
        if text := as_text(item).strip():
            parts.append((key, target if target in fields else "", text))
    return parts


def _with_one_street(parts: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """Return the parts with the second address line behind the first: HighLevel has only one."""
    second = [part for part in parts if "".join(folded(part[0])) in SECOND_LINES]
    if not second or not any(target == "address1" for _, target, _ in parts):
        return parts
    joined = ", ".join(text for _, _, text in second)
    rest = [part for part in parts if part not in second]
    return [(key, target, f"{text}, {joined}" if target == "address1" else text) for key, target, text in rest]


def _take_parts(draft: Draft, place: int, parts: list[tuple[str, str, str]], origin: str) -> None:
    known = [part for part in parts if part[1]]
    rest = [part for part in parts if not part[1]]
    rest += [part for part in known if not draft.offer_part(part[1], part[2], origin)]
    if len(rest) < len(parts):
        draft.claim(place, ", ".join(f"{key}: {text}" for key, _, text in rest))
