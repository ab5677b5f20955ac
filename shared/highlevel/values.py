"""Values that HighLevel checks wherever they stand: emails and phone numbers."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email
from phonenumbers import (
    CountryCodeSource,
    Leniency,
    NumberParseException,
    PhoneNumber,
    PhoneNumberFormat,
    PhoneNumberMatcher,
    ValidationResult,
    country_code_for_region,
    format_number,
    is_possible_number_with_reason,
    is_valid_number,
    ndd_prefix_for_region,
    parse,
)
from pydantic import JsonValue

from shared.submission import as_text
from shared.words import folded

LONGEST_EMAIL = 320
LONGEST_PHONE = 100
LONGEST_NATIONAL = 30
# Groups of three may be an amount, or a number of a register.
THREES = re.compile(r"[1-9][0-9]{0,2}(?:[ .,'][0-9]{3})+")
E164 = re.compile(r"\+[0-9]{7,15}")
# Mexican mobiles have had no 1 behind the country code since 2019, but Meta's and WhatsApp's profiles still have it.
OLD_MEXICAN = re.compile(r"(\A\+52[ .-]?)1(?=(?:[^0-9]*[0-9]){10}\Z)")
NORTH_AMERICA = 1  # its country code
NORTH_AMERICAN = re.compile(r"[2-9][0-9]{9}")
TOO_FAR_APART = {
    ValidationResult.TOO_SHORT: "is too short for a phone number{of_region}",
    ValidationResult.TOO_LONG: "is too long for a phone number{of_region}",
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY: "has no area code",
    ValidationResult.INVALID_COUNTRY_CODE: "has a country code that does not exist",
}
# What the parts of a phone number are called where an object has them, without blanks and marks.
WHOLE_PHONES = ("e164", "international", "internationalnumber", "full", "fullnumber", "value")
COUNTRY_CODES = ("countrycode", "dialcode", "dialingcode", "callingcode", "code", "country")
AREA_CODES = ("areacode", "area")
PHONES = ("number", "phonenumber", "phone", "nationalnumber", "national")
A_PART = "only a part of it fits the field"


class Refused(Exception):
    """A value cannot stand in a field; the message says why and continues "the value …"."""


@dataclass(frozen=True)
class Normal:
    """A value in the form that HighLevel takes; `lost` says what of the original is not in it."""

    text: str
    lost: str = ""


def email_in(value: JsonValue) -> Normal:
    """Return the email address in a value, or raise Refused."""
    found = _first_that_fits(_written(value), normal_email, _emails)
    return found if not isinstance(value, dict) or len(value) == 1 else Normal(found.text, A_PART)


def phone_in(value: JsonValue, region: str) -> Normal:
    """Return the phone number in a value, or raise Refused; it may be an object of a country code and a number."""
    text, unused = _dialled(value) if isinstance(value, dict) else (_written(value), False)
    found = _first_that_fits(text, lambda candidate: normal_phone(candidate, region), _listed)
    return Normal(found.text, found.lost or A_PART) if unused else found


def normal_email(text: str) -> Normal:
    """Return an email address in lower case; whether its domain exists is not asked: that needs the network."""
    if len(text) > LONGEST_EMAIL:
        raise Refused("is too long for an email address")
    try:
        # The domains reserved for tests (.test) are allowed, so that a form can be tried out.
        found = validate_email(_visible(text), check_deliverability=False, test_environment=True)
    except (EmailNotValidError, UnicodeError) as error:
        raise Refused("is not a valid email address") from error
    return Normal(found.normalized.lower())


def normal_phone(text: str, region: str) -> Normal:
    """Return a phone number in E.164."""
    if len(text) > LONGEST_PHONE:
        raise Refused("is too long for a phone number")
    text = _visible(text)
    number = _parsed(text, region)
    # Possible, not valid: the tables of valid numbers lag behind, and fictional numbers (555) are not in them. What is
    # refused here has the wrong length, no area code or another country's form: it would be somebody else's number.
    reason = is_possible_number_with_reason(number)
    if reason != ValidationResult.IS_POSSIBLE:
        is_national = number.country_code_source == CountryCodeSource.FROM_DEFAULT_COUNTRY
        why = TOO_FAR_APART.get(reason, "is not a possible phone number")
        raise Refused(why.format(of_region=f" of {region}" if is_national else ""))
    if not (is_valid_number(number) or _is_in_form(number, _core(text), region)):
        raise Refused(f"says no country, and is not written as a phone number of {region}")
    written = format_number(number, PhoneNumberFormat.E164)
    if not E164.fullmatch(written):
        raise Refused("is not a possible phone number")
    return Normal(written, _unsaid(text, number))


def is_national_phone(text: str, region: str) -> bool:
    """Say whether a text is plainly a phone number of the region: a valid one, and grouped as people there group it."""
    plain = text.strip()
    if len(plain) > LONGEST_NATIONAL or _digits(plain) == plain or THREES.fullmatch(plain):
        return False
    found = PhoneNumberMatcher(plain, region, leniency=Leniency.EXACT_GROUPING)
    return any(match.raw_string == plain for match in found)


def _first_that_fits(whole: str, normal: Callable[[str], Normal], candidates: Callable[[str], Iterator[str]]) -> Normal:
    """Return the whole text or the first part of it that is accepted; if it is a part, say so."""
    try:
        return normal(whole)
    except Refused as refused:
        for candidate in candidates(whole):
            try:
                found = normal(candidate)
            except Refused:
                continue
            return Normal(found.text, A_PART)
        raise refused from None


def _written(value: JsonValue) -> str:
    """Return what a person would have written: a phone may arrive as a JSON number, but only as a whole one."""
    if isinstance(value, dict):
        emails = [item for item in value.values() if isinstance(item, str) and "@" in item]
        return _written(emails[0]) if len(emails) == 1 else as_text(value)
    whole = int(value) if isinstance(value, float) and value.is_integer() else value
    no_number = isinstance(whole, bool | float) or (isinstance(whole, int) and whole < 0)
    return "" if no_number else as_text(whole).strip()


def _visible(text: str) -> str:
    """Return a text without the marks that nobody sees, and with full-width letters as plain ones."""
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return "".join(letter for letter in plain if unicodedata.category(letter) != "Cf").strip()


def _dialled(value: Mapping[str, JsonValue]) -> tuple[str, bool]:
    """Return a phone number that is given in parts as it is dialled, and whether there is more than the number."""
    parts = {"".join(folded(key)): text for key, item in value.items() if (text := _written(item))}

    def said(names: tuple[str, ...]) -> str:
        return next((name for name in names if name in parts), "")

    names = [said(WHOLE_PHONES)] if said(WHOLE_PHONES) else [*map(said, (AREA_CODES, PHONES))]
    text = " ".join(parts[name] for name in names if name)
    if not names[-1]:
        raise Refused("is not a phone number")
    country = said(COUNTRY_CODES)
    code = _digits(parts.get(country, "")) or str(country_code_for_region(parts.get(country, "").upper()) or "")
    is_abroad = text.startswith(("+", "00"))
    return (text if is_abroad or not code else f"+{code} {text}"), bool(parts.keys() - {*names, country})


def _emails(text: str) -> Iterator[str]:
    """Yield what may be an email in a text: the parts of a list, and the words with an @."""
    yield from _listed(text)
    yield from (word.strip("\"'().,;:<>[]") for word in text[: 2 * LONGEST_EMAIL].split() if "@" in word)


def _listed(text: str) -> Iterator[str]:
    """Yield the parts of "a@example.com, b@example.com", "Ada <ada@example.com>" or "415 … / 212 …"."""
    for part in re.split(r"[,;/|<>\n]|\bor\b", text[: 2 * LONGEST_EMAIL]):
        candidate = part.strip().removeprefix("mailto:")
        if candidate and candidate != text:
            yield candidate


def _parsed(text: str, region: str) -> PhoneNumber:
    core = _core(text)
    # "00" opens an international number in most of the world, but the parser knows it only in some regions.
    dialled = OLD_MEXICAN.sub(r"\1", "+" + core[2:] if core.startswith("00") else core)
    try:
        number = _with_own_code(dialled, region) or parse(dialled, region, keep_raw_input=True)
    except NumberParseException as error:
        raise Refused("is not a phone number") from error
    # The parser reads letters as digits and stops at what it cannot read: between digits they may only be "ext".
    if _has_words(core) and not (number.extension and _digits(core).endswith(_dialled_digits(number))):
        raise Refused("is not only a phone number")
    return number


def _with_own_code(text: str, region: str) -> PhoneNumber | None:
    """Return a number that begins with the region's own country code in place of a zero: "49 171 1234567"."""
    code, digits = str(country_code_for_region(region)), _digits(text)
    if text.startswith("+") or ndd_prefix_for_region(region, True) != "0" or not digits.startswith(code):
        return None
    try:
        number = parse(f"+{text}", region, keep_raw_input=True)
    except NumberParseException:
        return None
    return number if is_valid_number(number) else None


def _is_in_form(number: PhoneNumber, text: str, region: str) -> bool:
    """Say whether a number names its country, or is written as people of the region write theirs."""
    if number.country_code_source != CountryCodeSource.FROM_DEFAULT_COUNTRY:
        return True
    if number.country_code == NORTH_AMERICA:
        return NORTH_AMERICAN.fullmatch(str(number.national_number)) is not None
    return _digits(text).startswith(ndd_prefix_for_region(region, True) or "")


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
