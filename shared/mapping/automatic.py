"""
Maps what the configuration leaves open, from the surest sign to the weakest: an answer's type, its label, its value.

Where several answers fit a field, the one whose label says so most surely wins, then the first. An answer feeds one
field at most, and all others stay for the note.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from pydantic import JsonValue

from shared.field_names import WRITABLE_FIELDS
from shared.highlevel.values import Refused, is_national_phone
from shared.mapping.compound import is_person, take_address, take_name, take_person
from shared.mapping.draft import Draft
from shared.mapping.labels import IDENTIFIERS, Recognised, is_about_someone_else, is_plainly, nearest, recognise
from shared.mapping.mapped import Origin
from shared.mapping.normalise import normalise
from shared.mapping.phrases import ANY, ENGLISH
from shared.submission import Answer
from shared.words import folded
from shared.yes_no import said_yes

TYPED = {"email": "email", "phone": "phone", "country": "country", "address": "address1"}
INTERNATIONAL = re.compile(r"\+[0-9 ().\-/]{7,25}")
# Numbers that may be written like a phone's; beginnings of words.
_OTHER_NUMBERS = """
    order invoice account ref ticket track vat tax id passport serial policy contract case iban
    bestell auftrag rechnung konto kund vertrag ausweis commande facture compte pedido factura cuenta ordine fattura
"""
OTHER_NUMBERS = tuple(_OTHER_NUMBERS.split())
# "Company: yes" answers another question.
NO_YES_OR_NO = frozenset({"companyName", "address1", "city"})
BY_LABEL = WRITABLE_FIELDS - {"name"}
IN_PARTS = frozenset({"dateOfBirth", *IDENTIFIERS})  # may be an object
LOOKS_LIKE = {"email": "value looks like an email", "phone": "value looks like a phone number"}


class Called(NamedTuple):
    """What the label or key of an answer asks for, and how a value from it is explained."""

    asked: Recognised
    origin: Origin


UNCALLED = Called(Recognised(field="", score=0), Origin(rule=""))


def map_automatically(draft: Draft) -> None:
    """Fill the fields that are still empty with the answers that are still free."""
    called = [_called(answer) for answer in draft.answers]
    _by_type(draft, called)
    _by_person(draft)
    _by_label(draft, called)
    _full_name(draft, called)
    _by_value(draft)


def _by_type(draft: Draft, called: Sequence[Called]) -> None:
    for kind, target in TYPED.items():
        typed = [(place, answer) for place, answer in draft.free(target) if answer.type == kind]
        for place, answer in sorted(typed, key=lambda found: -_sureness(target, called[found[0]])):
            if not _is_about_someone_else(answer):
                _offer(draft, target, place, answer, Origin(answer=_name(answer), rule=f"type {kind}"))


def _by_person(draft: Draft) -> None:
    for place, answer in draft.free("name"):
        value = _single(answer.value)
        is_meant = answer.type == "contact" or is_person(answer.label) or is_person(answer.key)
        if is_meant and isinstance(value, dict) and not _is_about_someone_else(answer):
            rule = "type contact" if answer.type == "contact" else "label"
            take_person(draft, place, value, Origin(answer=_name(answer), rule=rule))


def _by_label(draft: Draft, called: Sequence[Called]) -> None:
    for place, (asked, origin) in sorted(enumerate(called), key=lambda found: _rank(draft, *found)):
        answer, target = draft.answers[place], asked.field
        if target in BY_LABEL and draft.is_free(place, target) and _may_hold(target, answer):
            _offer(draft, target, place, answer, origin)


def _rank(draft: Draft, place: int, called: Called) -> tuple[bool, float]:
    """Return what goes first: what the visitor typed before what the page knew, then the surest label."""
    return draft.answers[place].type == "hidden", -called.asked.score


def _full_name(draft: Draft, called: Sequence[Called]) -> None:
    # What the visitor typed goes before what the page knew.
    for place, answer in sorted(draft.free("name"), key=lambda found: found[1].type == "hidden"):
        asked, origin = called[place]
        if answer.type == "name" and not _is_about_someone_else(answer):
            origin = Origin(answer=_name(answer), rule="type name")
        elif asked.field != "name" or isinstance(_single(answer.value), bool | list):
            continue
        take_name(draft, place, _single(answer.value), origin, asked.bare)


def _by_value(draft: Draft) -> None:
    for target in IDENTIFIERS:
        if target not in draft.fields:
            _first_value(draft, target)


def _first_value(draft: Draft, target: str) -> None:
    for place, answer in draft.free(target):
        # A hidden field is the page's, not the visitor's: an address in it may be the shop's own.
        if answer.type != "hidden" and not _is_about_someone_else(answer) and _looks_like(draft, target, answer):
            origin = Origin(answer=_name(answer), rule=LOOKS_LIKE[target])
            draft.offer(target, place, _single(answer.value), origin)
            return


def _offer(draft: Draft, target: str, place: int, answer: Answer, origin: Origin) -> None:
    value = _single(answer.value)
    if target == "address1":
        take_address(draft, place, value, origin)
    elif target in IN_PARTS or not isinstance(value, dict):
        draft.offer(target, place, value, origin)


def _sureness(target: str, called: Called) -> float:
    """Return how surely an answer's label says that a field is meant."""
    return called.asked.score if called.asked.field == target else 0


def _called(answer: Answer) -> Called:
    """Return what an answer's label, or else its key, asks for."""
    by_label, by_key = recognise(answer.label), recognise(answer.key)
    asked = by_label or by_key
    if asked is None or _is_about_someone_else(answer) or (not by_label and _says_otherwise(answer.label, asked)):
        return UNCALLED
    # Programmers name hidden fields, in English: there "ad" is an advertisement, and no Turkish name.
    if answer.type == "hidden" and asked.language not in (ANY, ENGLISH):
        return UNCALLED
    named = "label" if by_label else f'key "{answer.key}"'
    return Called(asked, Origin(answer=_name(answer), rule=f"{named} says {asked}"))


def _says_otherwise(label: str, asked: Recognised) -> bool:
    """Say whether a label speaks of a field among other things: "Name of the event" is no name, whatever its key is."""
    near = nearest(label)
    return near is not None and near.field == asked.field and asked.field not in IDENTIFIERS


def _name(answer: Answer) -> str:
    """Return what the configuration would call an answer."""
    return answer.label or answer.key


def _is_about_someone_else(answer: Answer) -> bool:
    return is_about_someone_else(answer.label) or is_about_someone_else(answer.key)


def _may_hold(target: str, answer: Answer) -> bool:
    """Say whether a label's field can be meant: "May we email you?" with "yes" names no address."""
    value = _single(answer.value)
    if isinstance(value, bool):
        return False
    if target in IDENTIFIERS:
        plain = is_plainly(target, answer.label) or is_plainly(target, answer.key)
        return plain or _is_attempt(target, answer.text)
    if isinstance(value, list):
        return target == "address1"  # its lines, each an item
    return not (target in NO_YES_OR_NO and said_yes(value) is not None)


def _is_attempt(target: str, text: str) -> bool:
    return "@" in text if target == "email" else sum(letter.isdecimal() for letter in text) >= 5


def _looks_like(draft: Draft, target: str, answer: Answer) -> bool:
    text = answer.text.strip()
    if target == "phone" and not (INTERNATIONAL.fullmatch(text) or _is_national(answer, draft.region)):
        return False
    try:
        return not normalise(target, _single(answer.value), draft.region).lost
    except Refused:
        return False


def _is_national(answer: Answer, region: str) -> bool:
    words = folded(_name(answer))
    return (
        answer.type == "text"
        and not any(word.startswith(OTHER_NUMBERS) for word in words)
        and is_national_phone(answer.text, region)
    )


def _single(value: JsonValue) -> JsonValue:
    """Return the only item of a list of one: some builders send every choice as a list."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value
