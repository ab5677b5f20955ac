"""
What of a contact HighLevel has stored, by the contact in its answer.

HighLevel may take a value with a 200 and not store it. It also stores values in its own way (phones in E.164, dates in
three forms, numbers as text), which is no loss. Tags are not compared: they are added with a call of their own.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from phonenumbers import MatchType, is_number_match
from pydantic import JsonValue

from shared.highlevel.contact import Contact
from shared.highlevel.custom_fields import Catalogue, LocationField
from shared.submission import NotStored, as_text

IDENTIFIERS = ("email", "phone")
# These have their own comparison, and these no answer shows.
COMPARED_BY_PARTS = frozenset({"customFields", "dndSettings"})
NEVER_SHOWN = frozenset({"inboundDndSettings", "createNewIfDuplicateAllowed"})
# The answer to a create is not documented to show these.
NOT_SHOWN_WHEN_NEW = frozenset({"gender", "timezone"})
# Where an answer leaves a field out, it may still show it in lower case.
LOWER_CASE = {
    "name": "fullNameLowerCase",
    "firstName": "firstNameLowerCase",
    "lastName": "lastNameLowerCase",
    "email": "emailLowerCase",
}

# https://github.com/GoHighLevel/highlevel-api-docs/issues/313
KEEPS_GENDER = "HighLevel does not change the gender of an existing contact"
# https://github.com/GoHighLevel/highlevel-api-docs/issues/37
ANOTHERS = "it may belong to another contact: HighLevel then keeps it there, and updates only one of the two"
UNKNOWN_FIELD = "the location has no such custom field"
NO_OPTION = "it is not in the field's list of options"
UNKNOWN_FIELD_OR_OPTION = "the location may have no such custom field, or its list of options not this one"

YEAR_FIRST = re.compile(r"(\d{4})[-/._](\d{1,2})[-/._](\d{1,2})", re.ASCII)
MONTH_FIRST = re.compile(r"(\d{1,2})[-/._](\d{1,2})[-/._](\d{4})", re.ASCII)
EPOCH_MILLISECONDS = re.compile(r"-?\d{1,15}", re.ASCII)
# A midnight is shown in UTC, and may be that of any place on earth.
FARTHEST_MIDNIGHT = timedelta(hours=14)
NUMBER = re.compile(r"[+-]?\d{1,14}(\.\d{1,12})?", re.ASCII)


def not_stored(
    sent: Contact, echoed: Mapping[str, JsonValue], *, is_new: bool, catalogue: Catalogue | None = None
) -> tuple[NotStored, ...]:
    """Return what of a contact is not in the answer as it was sent; `is_new` says that the call made the contact."""
    body = sent.body()
    fields = {name: value for name, value in body.items() if name not in COMPARED_BY_PARTS | NEVER_SHOWN}
    return (
        *_lost_fields(fields, echoed, is_new),
        *_lost_channels(body.get("dndSettings"), echoed.get("dndSettings")),
        *_lost_custom_fields(sent, echoed, catalogue),
    )


def identity_changes(found: tuple[NotStored, ...]) -> tuple[NotStored, ...]:
    """Return the identifiers of which the contact has another one than was sent."""
    return tuple(lost for lost in found if lost.field in IDENTIFIERS and lost.stored)


def identifiers_at_stake(contact: Contact, shown: Mapping[str, JsonValue]) -> tuple[NotStored, ...]:
    """Return the identifiers that a known contact, as an answer shows it, has and that this one would replace."""
    sent = {"email": contact.email, "phone": contact.phone}
    return tuple(
        NotStored(field=name, sent=value, stored=there, why="the contact has another one")
        for name, value in sent.items()
        if value and (there := as_text(shown.get(name)).strip()) and not SAME[name](value, there)
    )


def same_phone(sent: JsonValue, stored: JsonValue) -> bool:
    """Say whether two phones are one number, however they are written."""
    match = is_number_match(as_text(sent), as_text(stored))
    return match in (MatchType.EXACT_MATCH, MatchType.NSN_MATCH) or _same_text(sent, stored)


def _lost_fields(fields: Mapping[str, JsonValue], echoed: Mapping[str, JsonValue], is_new: bool) -> Iterator[NotStored]:
    for name, value in fields.items():
        shown = _shown(name, echoed)
        if is_new and name in NOT_SHOWN_WHEN_NEW and not shown:
            continue
        same = SAME.get(name, _same_text)
        if any(same(value, stored) for stored in shown or [None]) or (
            not shown and _is_in_lower_case(value, name, echoed)
        ):
            continue
        stored = as_text(shown[0]) if shown else ""
        yield NotStored(field=name, sent=as_text(value), stored=stored, why=_why(name, is_new))


def _shown(name: str, echoed: Mapping[str, JsonValue]) -> list[JsonValue]:
    """Return what an answer shows of a field; a full name may also stand in it in parts."""
    parts = [text for part in ("firstName", "lastName") if (text := as_text(echoed.get(part)))]
    return [
        value for value in (echoed.get(name), " ".join(parts) if name == "name" else None) if value not in (None, "")
    ]


def _is_in_lower_case(value: JsonValue, name: str, echoed: Mapping[str, JsonValue]) -> bool:
    return _same_text(as_text(value).lower(), echoed.get(LOWER_CASE.get(name, "")))


def _why(name: str, is_new: bool) -> str:
    if is_new:
        return ""
    return KEEPS_GENDER if name == "gender" else ANOTHERS if name in IDENTIFIERS else ""


def _lost_channels(sent: JsonValue, stored: JsonValue) -> Iterator[NotStored]:
    # v2 writes Call and WhatsApp, v3 call and whatsApp.
    shown = {name.casefold(): setting for name, setting in stored.items()} if isinstance(stored, dict) else {}
    for name, setting in sent.items() if isinstance(sent, dict) else ():
        wanted, there = _status(setting), _status(shown.get(name.casefold()))
        if wanted != there:
            yield NotStored(field=f"dndSettings.{name}", sent=wanted, stored=there)


def _status(setting: JsonValue) -> str:
    # A channel that is not shown is open.
    return as_text(setting.get("status")) if isinstance(setting, dict) else "inactive"


def _lost_custom_fields(
    sent: Contact, echoed: Mapping[str, JsonValue], catalogue: Catalogue | None
) -> Iterator[NotStored]:
    stored = _custom_values(echoed)
    for item in sent.custom_fields:
        known = catalogue.find(item.id or item.key or "") if catalogue else None
        field_id = item.id or (known.id if known else "")
        if not field_id or not _plain(item.field_value):  # answers show ids only; an empty value changes nothing
            continue
        value = stored.get(field_id)
        if not _same_custom(item.field_value, value, known):
            name = (known.name if known else "") or field_id
            why = _why_custom(item.field_value, known, catalogue)
            yield NotStored(
                field=f"customFields.{name}", sent=as_text(item.field_value), stored=as_text(value), why=why
            )


def _custom_values(echoed: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Return the custom fields of an answer by id; v1 calls their list `customField`."""
    listed = echoed.get("customFields", echoed.get("customField"))
    if isinstance(listed, dict):
        return listed
    entries = [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []
    return {str(entry.get("id")): _value_of(entry) for entry in entries}


def _value_of(entry: dict[str, JsonValue]) -> JsonValue:
    # Beside `value` there are field_value, fieldValue and fieldValueString, by version and call.
    names = (name for name in entry if name.replace("_", "").lower().startswith(("value", "fieldvalue")))
    return next((entry[name] for name in names), None)


def _same_custom(sent: JsonValue, stored: JsonValue, known: LocationField | None) -> bool:
    kind = known.type if known else ""
    if kind == "FILE_UPLOAD" or isinstance(sent, dict) or isinstance(stored, dict):
        return bool(stored)  # files come back with other ids, names and addresses
    if _plain(sent) == _plain(stored):
        return True
    if kind in ("", "DATE") and _same_date(sent, stored):
        return True
    return kind in SAME_OF_KIND and SAME_OF_KIND[kind](sent, stored)


def _why_custom(sent: JsonValue, known: LocationField | None, catalogue: Catalogue | None) -> str:
    if catalogue is None:
        return UNKNOWN_FIELD_OR_OPTION
    if known is None:
        return UNKNOWN_FIELD
    chosen = sent if isinstance(sent, list) else [sent]
    is_listed = not known.options or known.boxes or all(as_text(option) in known.options for option in chosen)
    return "" if is_listed or known.takes_others else NO_OPTION


def _plain(value: JsonValue) -> list[str]:
    """Return the texts in a value, without what does not matter: order, blanks, and how a number is written."""
    items = value if isinstance(value, list) else [value]
    return sorted(text for item in items if (text := _plain_text(item)))


def _plain_text(value: JsonValue) -> str:
    text = " ".join(unicodedata.normalize("NFC", as_text(value)).split())
    return f"{Decimal(text).normalize() + 0:f}" if NUMBER.fullmatch(text) else text


def _same_text(sent: JsonValue, stored: JsonValue) -> bool:
    return " ".join(as_text(sent).split()) == " ".join(as_text(stored).split())


def _same_but_for_case(sent: JsonValue, stored: JsonValue) -> bool:
    return _same_text(as_text(sent).casefold(), as_text(stored).casefold())


def _same_website(sent: JsonValue, stored: JsonValue) -> bool:
    return _bare_address(sent) == _bare_address(stored)


def _bare_address(value: JsonValue) -> str:
    return re.sub(r"^https?://|/+$", "", as_text(value).strip().casefold())


def _same_flag(sent: JsonValue, stored: JsonValue) -> bool:
    return bool(sent) == bool(stored)


def _same_date(sent: JsonValue, stored: JsonValue) -> bool:
    day, moment = _day(as_text(sent).strip()), _moment(stored)
    if day is None or moment is None:
        return _same_text(sent, stored)
    return abs(day - moment) <= FARTHEST_MIDNIGHT


def _moment(value: JsonValue) -> datetime | None:
    """Return the time that a stored date means: a date, a date-time, or milliseconds since 1970."""
    text = as_text(value).strip()
    try:
        if EPOCH_MILLISECONDS.fullmatch(text):
            return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(text))
        moment = _day(text) or datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _day(text: str) -> datetime | None:
    """Return the midnight of a date in one of the documented formats, year first or month first."""
    if found := YEAR_FIRST.fullmatch(text):
        year, month, day = found.groups()
    elif found := MONTH_FIRST.fullmatch(text):
        month, day, year = found.groups()
    else:
        return None
    try:
        return datetime(int(year), int(month), int(day), tzinfo=UTC)
    except ValueError:
        return None


SAME: Mapping[str, Callable[[JsonValue, JsonValue], bool]] = {
    "email": _same_but_for_case,
    "phone": same_phone,
    "gender": _same_but_for_case,
    "country": _same_but_for_case,
    "website": _same_website,
    "dateOfBirth": _same_date,
    "dnd": _same_flag,
}
SAME_OF_KIND: Mapping[str, Callable[[JsonValue, JsonValue], bool]] = {"EMAIL": _same_but_for_case, "PHONE": same_phone}
