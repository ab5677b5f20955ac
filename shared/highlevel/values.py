"""Values that HighLevel checks wherever they stand: emails and phone numbers."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email
from phonenumbers import (
    NumberParseException,
    PhoneNumber,
    PhoneNumberFormat,
    ValidationResult,
    format_number,
    is_possible_number_with_reason,
    parse,
)
from pydantic import JsonValue

from shared.submission import as_text

LONGEST_EMAIL = 320
LONGEST_PHONE = 100
E164 = re.compile(r"\+[0-9]{7,15}")
TOO_FAR_APART = {
    ValidationResult.TOO_SHORT: "is too short for a phone number",
    ValidationResult.TOO_LONG: "is too long for a phone number",
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY: "has no area code",
    ValidationResult.INVALID_COUNTRY_CODE: "has a country code that does not exist",
}


class Refused(Exception):
    """A value cannot stand in a field; the message says why and continues "the value …"."""


@dataclass(frozen=True)
class Normal:
    """A value in the form that HighLevel takes; `lost` says what of the original is not in it."""

    text: str
    lost: str = ""


def email_in(value: JsonValue) -> Normal:
    """Return the email address in a value, or raise Refused."""
    return _first_that_fits(value, normal_email)


def phone_in(value: JsonValue, region: str) -> Normal:
    """Return the phone number in a value, or raise Refused."""
    return _first_that_fits(value, lambda text: normal_phone(text, region))


def normal_email(text: str) -> Normal:
    """Return an email address in lower case; whether its domain exists is not asked: that needs the network."""
    if len(text) > LONGEST_EMAIL:
        raise Refused("is too long for an email address")
    try:
        # The domains reserved for tests (.test) are allowed, so that a form can be tried out.
        found = validate_email(text, check_deliverability=False, test_environment=True)
    except (EmailNotValidError, UnicodeError) as error:
        raise Refused("is not a valid email address") from error
    return Normal(found.normalized.lower())


def normal_phone(text: str, region: str) -> Normal:
    """Return a phone number in E.164."""
    if len(text) > LONGEST_PHONE:
        raise Refused("is too long for a phone number")
    number = _parsed(text, region)
    # Possible, not valid: the tables of valid numbers lag behind, and fictional numbers (555) are not in them. What is
    # refused here has the wrong length, or no area code, which would make it somebody else's number.
    reason = is_possible_number_with_reason(number)
    if reason != ValidationResult.IS_POSSIBLE:
        raise Refused(TOO_FAR_APART.get(reason, "is not a possible phone number"))
    written = format_number(number, PhoneNumberFormat.E164)
    if not E164.fullmatch(written):
        raise Refused("is not a possible phone number")
    return Normal(written, _unsaid(text, number))


def _first_that_fits(value: JsonValue, normal: Callable[[str], Normal]) -> Normal:
    """Return the first candidate that is accepted; if there are others, say so."""
    whole = _written(value)
    try:
        return normal(whole)
    except Refused as refused:
        for candidate in _candidates(whole):
            try:
                found = normal(candidate)
            except Refused:
                continue
            return Normal(found.text, "only a part of it fits the field")
        raise refused from None


def _written(value: JsonValue) -> str:
    """Return what a person would have written: a phone may arrive as a JSON number, but only as a whole one."""
    whole = int(value) if isinstance(value, float) and value.is_integer() else value
    no_number = isinstance(whole, bool | float) or (isinstance(whole, int) and whole < 0)
    return "" if no_number else as_text(whole).strip()


def _candidates(text: str) -> Iterator[str]:
    """Yield the parts of "a@example.com, b@example.com", "Ada <ada@example.com>" or "415 … / 212 …"."""
    for part in re.split(r"[,;/|<>\n]|\bor\b", text[: 2 * LONGEST_EMAIL]):
        candidate = part.strip().removeprefix("mailto:")
        if candidate and candidate != text:
            yield candidate


def _parsed(text: str, region: str) -> PhoneNumber:
    core = _core(text)
    # "00" opens an international number in most of the world, but the parser knows it only in some regions.
    dialled = "+" + core[2:] if core.startswith("00") else core
    try:
        number = parse(dialled, region)
    except NumberParseException as error:
        raise Refused("is not a phone number") from error
    # The parser reads letters as digits and stops at what it cannot read: between digits they may only be "ext".
    if _has_words(core) and not (number.extension and _digits(core).endswith(_dialled_digits(number))):
        raise Refused("is not only a phone number")
    return number


def _core(text: str) -> str:
    """Return the text from its first digit to its last, with the plus or bracket before it."""
    places = [place for place, letter in enumerate(text) if letter.isdecimal()]
    if not places:
        return text
    start, end = places[0], places[-1] + 1
    while start > 0 and text[start - 1] in "+(":
        start -= 1
    return text[start:end]


def _unsaid(text: str, number: PhoneNumber) -> str:
    if number.extension:
        return f"the extension {number.extension} is not part of the number"
    return "the words around the number are not part of it" if _has_words(text) else ""


def _has_words(text: str) -> bool:
    return any(letter.isalpha() for letter in text)


def _digits(text: str) -> str:
    return re.sub(r"[^0-9]", "", text)


def _dialled_digits(number: PhoneNumber) -> str:
    return f"{number.national_number}{number.extension}"
