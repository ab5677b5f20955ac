"""Names, addresses and whole persons: one answer that fills several fields."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from pydantic import JsonValue

from shared.mapping.draft import Draft
from shared.mapping.labels import LONGEST_LABEL, field_called, recognise
from shared.mapping.mapped import Origin
from shared.mapping.names import Name, split_name
from shared.submission import Answer, as_text
from shared.words import folded

NAME_PARTS = {
    "first": "firstName",
    "given": "firstName",
    "firstname": "firstName",
    "givenname": "firstName",
    "last": "lastName",
    "family": "lastName",
    "lastname": "lastName",
    "familyname": "lastName",
    "surname": "lastName",
    "full": "name",
    "fullname": "name",
    "name": "name",
    "display": "name",
    "displayname": "name",
}
ADDRESS_PARTS = {
    "line1": "address1",
    "addrline1": "address1",
    "addressline1": "address1",
    "streetaddress": "address1",
    "streetline1": "address1",
    "postal": "postalCode",
    "postcode": "postalCode",
    "zippostal": "postalCode",
    "region": "state",
    "regioncode": "state",
    "subdivision": "state",
    "addressregion": "state",
    "stateprovince": "state",
    "locality": "city",
    "addresslocality": "city",
    "suburbcity": "city",
    "countrycode": "country",
    "addresscountry": "country",
}
PERSON_PARTS = NAME_PARTS | {"tel": "phone", "mobile": "phone", "organization": "companyName", "url": "website"}
_SECOND_LINES = """
    line2 addrline2 address2 addressline2 street2 streetaddress2 streetline2 apartment apt suite unit
"""
SECOND_LINES = frozenset(_SECOND_LINES.split())
_HOUSE_NUMBERS = """
    housenumber housenr houseno streetnumber streetnr hausnummer hausnr huisnummer huisnr husnummer husnr numerocivico
"""
HOUSE_NUMBERS = frozenset(_HOUSE_NUMBERS.split())
NUMBERS = frozenset({"number", "numero", "nummer", "nr"})  # of a house, where nothing but an address has parts
# Gravity Forms calls a part by the field's number and its own: 1.3 is the first name of field 1.
NUMBERED = re.compile(r"[0-9]+\.(?P<part>[0-9]+)")
NUMBERED_NAME_PARTS = {"2": "prefix", "3": "first", "4": "middle", "6": "last", "8": "suffix"}
NUMBERED_ADDRESS_PARTS = {"1": "street", "2": "line2", "3": "city", "4": "state", "5": "zip", "6": "country"}
NAME_FIELDS = frozenset({"firstName", "lastName", "name"})
# The initials of "family name, name, patronymic", as forms in Russian and Ukrainian ask for it.
FAMILY_FIRST_INITIALS = frozenset("".join(folded(initials)) for initials in ("ФИО", "ПИБ", "ПІБ"))
ADDRESS_FIELDS = frozenset({"address1", "city", "state", "postalCode", "country"})
PERSON_FIELDS = NAME_FIELDS | ADDRESS_FIELDS | {"email", "phone", "companyName", "website"}


# What an answer is called that is an object of the visitor's parts.
_PERSONS = """
    contact person customer client lead visitor submitter respondent contactinfo contactinformation contactdetails
    yourdetails yourinformation kontakt kontaktdaten
"""
PERSONS = frozenset(_PERSONS.split())
WRAPPER = {"value"}


class Part(NamedTuple):
    """
    A part of an answer: its key, what people call it, its field (empty if it has none) and its text.

    `change` says what else was put into the text.
    """

    key: str
    called: str
    target: str
    text: str
    change: str = ""

    def __str__(self) -> str:
        return f"{self.called}: {self.text}"


def take_name(draft: Draft, place: int, value: JsonValue, origin: Origin, bare: bool = False) -> bool:
    """
    Put a full name into first and last name, and say whether it fits beside what stands there.

    `bare` means that its label may mean either of the two.
    """
    origin = origin.model_copy(update={"taken_for": "name"})
    if isinstance(value, dict):
        parts = _named(value, NAME_PARTS, NAME_FIELDS, NUMBERED_NAME_PARTS)
        return _take_parts(draft, place, _without_repeated_name(parts), origin)
    rest = _offer_name(draft, as_text(value), origin, bare, _asks_family_first(draft.answers[place]))
    if rest is not None:
        draft.claim(place, rest)
    return rest is not None


def take_part_of_name(draft: Draft, value: JsonValue, origin: Origin) -> bool:
    """Put a part of an answer that is a full name into first and last name; say whether it fits."""
    return _offer_name(draft, as_text(value), origin.model_copy(update={"taken_for": "name"})) is not None


def take_address(draft: Draft, place: int, value: JsonValue, origin: Origin) -> None:
    """Put an address into its fields; one in free text is the street."""
    if isinstance(value, dict):
        origin = origin.model_copy(update={"taken_for": "address1"})
        parts = _named(value, ADDRESS_PARTS, ADDRESS_FIELDS, NUMBERED_ADDRESS_PARTS)
        _take_parts(draft, place, _with_one_street(parts, HOUSE_NUMBERS | NUMBERS), origin)
    else:
        draft.offer("address1", place, value, origin)


def take_person(draft: Draft, place: int, value: dict[str, JsonValue], origin: Origin) -> None:
    """Put what an answer says of a person into the fields that are still empty."""
    parts = [part for key, item in value.items() for part in _of_person(key, item)]
    _take_parts(draft, place, _with_one_street(_without_repeated_name(parts), HOUSE_NUMBERS), origin)


def _offer_name(draft: Draft, value: str, origin: Origin, bare: bool = False, family_first: bool = False) -> str | None:
    """Put a full name into the fields; return what of it has to stay in the note, or None if it does not fit."""
    text = " ".join(value.split())
    name = _completed(text, draft.fields.get("firstName"), draft.fields.get("lastName"), bare, family_first)
    if name is None:
        return None
    parts = [(target, part) for target, part in (("firstName", name.first), ("lastName", name.last)) if part]
    told = origin.changed(name.change)
    held = [draft.offer_part(target, part, origin if part == text else told) for target, part in parts]
    return "" if all(held) and not name.title else text


def _asks_family_first(answer: Answer) -> bool:
    """Say whether an answer's label asks for the family name before the given name: "Nachname, Vorname"."""
    words = folded(answer.label[:LONGEST_LABEL])
    asked = [field for word in words if (field := field_called(word)) in NAME_FIELDS]
    return (asked[:1] == ["lastName"] and set(asked) > {"lastName"}) or "".join(words) in FAMILY_FIRST_INITIALS


def _completed(text: str, first: str | None, last: str | None, bare: bool, family_first: bool) -> Name | None:
    """Return the first and last name that a full name gives beside the ones already known; None if it does not fit."""
    if not text:
        return None
    if first is None and last is None:
        return split_name(text, family_first=family_first)
    if text.casefold() in {part.casefold() for part in (first, last, f"{first} {last}") if part}:
        return Name(first or "", last or "")
    if first is not None and last is not None:
        return None
    if first is not None and text[: len(first) + 1].casefold() == f"{first} ".casefold():
        return Name(first, text[len(first) :].strip())
    if last is not None and text[-len(last) - 1 :].casefold() == f" {last}".casefold():
        return Name(text[: -len(last)].strip(), last)
    if not bare:
        return None
    return Name(first, text) if first is not None else Name(text, last or "")


def is_person(name: str) -> bool:
    """Say whether an answer that is called so is the visitor as a whole."""
    return "".join(folded(name)) in PERSONS


def _of_person(name: str, value: JsonValue) -> list[Part]:
    """Return a part of a person, or the parts of its name or address."""
    if isinstance(value, dict) and value.keys() != WRAPPER:
        parts = _named(value, PERSON_PARTS | ADDRESS_PARTS, PERSON_FIELDS, {})
        return [part._replace(key=f"{name}.{part.key}") for part in parts]
    plain = value["value"] if isinstance(value, dict) else value
    return _named({name: plain}, PERSON_PARTS | ADDRESS_PARTS, PERSON_FIELDS, {})


def _named(
    value: Mapping[str, JsonValue], names: Mapping[str, str], fields: frozenset[str], numbered: Mapping[str, str]
) -> list[Part]:
    """Return the parts of an answer that say something."""
    parts = []
    for key, item in value.items():
        number = NUMBERED.fullmatch(key.strip())
        called = numbered.get(number["part"], key) if number else key
        target = names.get("".join(folded(called))) or field_called(called) or ""
        if text := as_text(_country_of(item) if target == "country" else item).strip():
            parts.append(Part(key, called, target if target in fields else "", text))
    return parts


def _country_of(value: JsonValue) -> JsonValue:
    """Return the code, or else the name, out of an object that says nothing but what a country is called."""
    if not isinstance(value, dict) or not value.keys() <= {"code", "name"}:
        return value
    return value.get("code") or value.get("name")


def _without_repeated_name(parts: list[Part]) -> list[Part]:
    """Return the parts without a full name that says no more than the others do."""
    said = {word.casefold() for part in parts if part.target != "name" for word in part.text.split()}
    split = any(part.target in ("firstName", "lastName") for part in parts)
    whole = [part for part in parts if part.target == "name" and split]
    repeated = {part for part in whole if {word.casefold() for word in part.text.split()} <= said}
    kept = [part for part in parts if part not in repeated]
    return [part._replace(target="") if split and part.target == "name" else part for part in kept]


def _with_one_street(parts: list[Part], numbers: frozenset[str]) -> list[Part]:
    """Return the parts with the house's number and the second address line in the first: HighLevel has only one."""
    first = next((part for part in parts if part.target == "address1"), None)
    if first is None:
        return parts
    number = next((part for part in parts if "".join(folded(part.called)) in numbers), None)
    # It stands before the street or behind it as in the answer: that is how people there write it.
    line = [part.text for part in parts if part in (first, number)]
    second = {part: None for part in parts if part not in (first, number) and _is_second_line(part.called)}
    more = [part.called for part in parts if part is number or part in second]
    street = first._replace(
        text=", ".join([" ".join(line), *(part.text for part in second)]),
        change=f"with {' and '.join(more)}" if more else "",
    )
    return [street if part is first else part for part in parts if part is not number and part not in second]


def _is_second_line(name: str) -> bool:
    asked = recognise(name)
    return "".join(folded(name)) in SECOND_LINES or (asked is not None and asked.field == "address2")


def _take_parts(draft: Draft, place: int, parts: list[Part], origin: Origin) -> bool:
    rest = [part for part in parts if not part.target or not _offer_part(draft, part, origin)]
    if len(rest) < len(parts):
        draft.claim(place, ", ".join(map(str, rest)))
    return len(rest) < len(parts)


def _offer_part(draft: Draft, part: Part, origin: Origin) -> bool:
    if part.target == "name" and not origin.taken_for:  # of a person: a full name within the answer
        of_name = origin.model_copy(update={"answer": f"{origin.answer}.{part.key}", "taken_for": "name"})
        return _offer_name(draft, part.text, of_name) == ""
    of_part = origin.model_copy(update={"part": part.key, "change": part.change})
    if part.target == "name":
        return _offer_name(draft, part.text, of_part) == ""
    return draft.offer_part(part.target, part.text, of_part)
