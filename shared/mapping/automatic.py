"""
Maps what the configuration leaves open, from the surest sign to the weakest: an answer's type, its label, its value.

The first answer that fits a field wins, an answer feeds one field at most, and all others stay for the note.
"""

import re

from pydantic import JsonValue

from shared.highlevel.values import Refused
from shared.mapping.aliases import IDENTIFIERS, field_called, is_about_someone_else, is_bare_name, is_plainly
from shared.mapping.compound import take_address, take_name
from shared.mapping.draft import Draft
from shared.mapping.normalise import normalise
from shared.submission import Answer

TYPED = {"email": "email", "phone": "phone", "country": "country", "address": "address1"}
INTERNATIONAL = re.compile(r"\+[0-9 ().\-/]{7,25}")
LOOKS_LIKE = {"email": "value looks like an email", "phone": "value looks like a phone number"}


def map_automatically(draft: Draft) -> None:
    """Fill the fields that are still empty with the answers that are still free."""
    _by_type(draft)
    _by_label(draft)
    _full_name(draft)
    _by_value(draft)


def _by_type(draft: Draft) -> None:
    for kind, target in TYPED.items():
        for place, answer in draft.free(target):
            if answer.type == kind and not _is_about_someone_else(answer):
                _offer(draft, target, place, answer, f'answer "{answer.label}" (type {kind})')


def _by_label(draft: Draft) -> None:
    for place, answer in enumerate(draft.answers):
        target, origin = _called(answer)
        if target and target != "name" and draft.is_free(place, target) and _may_hold(target, answer):
            _offer(draft, target, place, answer, origin)


def _full_name(draft: Draft) -> None:
    for place, answer in draft.free("name"):
        target, origin = _called(answer)
        if answer.type == "name" and not _is_about_someone_else(answer):
            origin = f'answer "{answer.label}" (type name)'
        elif target != "name" or isinstance(_single(answer.value), bool | list):
            continue
        bare = is_bare_name(answer.label) or is_bare_name(answer.key)
        take_name(draft, place, _single(answer.value), origin, bare)


def _by_value(draft: Draft) -> None:
    for target in IDENTIFIERS:
        if target not in draft.fields:
            _first_value(draft, target)


def _first_value(draft: Draft, target: str) -> None:
    for place, answer in draft.free(target):
        # A hidden field is the page's, not the visitor's: an address in it may be the shop's own.
        if answer.type != "hidden" and not _is_about_someone_else(answer) and _looks_like(draft, target, answer):
            draft.offer(target, place, _single(answer.value), f'{LOOKS_LIKE[target]} (answer "{answer.label}")')
            return


def _offer(draft: Draft, target: str, place: int, answer: Answer, origin: str) -> None:
    value = _single(answer.value)
    if target == "address1":
        take_address(draft, place, value, origin)
    elif not isinstance(value, dict):
        draft.offer(target, place, value, origin)


def _called(answer: Answer) -> tuple[str, str]:
    """Return the field that an answer's label, or else its key, names."""
    if _is_about_someone_else(answer):
        return "", ""
    if target := field_called(answer.label):
        return target, f'label alias "{answer.label}"'
    return field_called(answer.key) or "", f'key alias "{answer.key}"'


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
    return not isinstance(value, list)


def _is_attempt(target: str, text: str) -> bool:
    return "@" in text if target == "email" else sum(letter.isdecimal() for letter in text) >= 5


def _looks_like(draft: Draft, target: str, answer: Answer) -> bool:
    text = answer.text.strip()
    if target == "phone" and not INTERNATIONAL.fullmatch(text):
        return False
    try:
        return not normalise(target, _single(answer.value), draft.region).lost
    except Refused:
        return False


def _single(value: JsonValue) -> JsonValue:
    """Return the only item of a list of one: some builders send every choice as a list."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value
