"""The shape of each request body: which properties may be there and what they must be, in class-validator's words."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from email_validator import EmailNotValidError, validate_email

from sandbox.countries import COUNTRY_CODES
from sandbox.refusals import Unprocessable

Body = dict[str, Any]
Check = Callable[[str, Any], Iterator[str]]
Shape = Mapping[str, Check]

MAX_PAGE_LIMIT = 500
DND_CHANNELS = ("Call", "Email", "SMS", "WhatsApp", "GMB", "FB")


def check_create(body: Body) -> None:
    check(body, CREATE, required=("locationId",))


def check_upsert(body: Body) -> None:
    check(body, UPSERT, required=("locationId",))


def check_update(body: Body) -> None:
    check(body, UPDATE)


def check_tags(body: Body) -> None:
    check(body, TAGS, required=("tags",))


def check_new_note(body: Body) -> None:
    check(body, NOTE, required=("body",))


def check_note_changes(body: Body) -> None:
    check(body, NOTE)


def check_search(body: Body) -> None:
    check(body, SEARCH, required=("locationId", "pageLimit"))


def check_duplicate_query(query: Body) -> None:
    check(query, DUPLICATE_QUERY, required=("locationId",))


def check(body: Body, shape: Shape, required: tuple[str, ...] = ()) -> None:
    """Refuse a body that has an unknown property, lacks a required one, or has a value of the wrong kind."""
    # The live API refuses unknown properties although its published schema allows them:
    # https://github.com/GoHighLevel/highlevel-api-docs/issues/314
    faults = [f"property {name} should not exist" for name in body if name not in shape]
    for name, check_value in shape.items():
        if name in body or name in required:
            faults += check_value(name, body.get(name))
    if faults:
        raise Unprocessable(faults)


def parse_date(text: str) -> date | None:
    """Return the date if it is in one of the documented formats, year first or month first."""
    for pattern in (YEAR_FIRST, MONTH_FIRST):
        found = pattern.fullmatch(text)
        if found:
            return _a_date(found["year"], found["month"], found["day"])
    return None


def _a_date(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


YEAR_FIRST = re.compile(r"(?P<year>\d{4})(?P<mark>[-/._])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})", re.ASCII)
MONTH_FIRST = re.compile(r"(?P<month>\d{1,2})(?P<mark>[-/._])(?P<day>\d{1,2})(?P=mark)(?P<year>\d{4})", re.ASCII)


def _text(name: str, value: Any) -> Iterator[str]:
    if not isinstance(value, str):
        yield f"{name} must be a string"


def _filled_text(name: str, value: Any) -> Iterator[str]:
    if value in ("", None):
        yield f"{name} should not be empty"
    yield from _text(name, value)


def _flag(name: str, value: Any) -> Iterator[str]:
    if not isinstance(value, bool):
        yield f"{name} must be a boolean value"


def _page_limit(name: str, value: Any) -> Iterator[str]:
    yield from _page(name, value)
    if isinstance(value, int) and value > MAX_PAGE_LIMIT:
        yield f"{name} must not be greater than {MAX_PAGE_LIMIT}"


def _page(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, bool) or not isinstance(value, int):
        yield f"{name} must be a number"
    elif value < 1:
        yield f"{name} must not be less than 1"


def _array(name: str, value: Any) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{name} must be an array"


def _texts(name: str, value: Any) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{name} must be an array"
    elif not all(isinstance(item, str) for item in value):
        yield f"each value in {name} must be a string"


def _objects(name: str, value: Any) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{name} must be an array"
    elif not all(isinstance(item, dict) for item in value):
        yield f"each value in nested property {name} must be either object or array"


def _email(name: str, value: Any) -> Iterator[str]:
    if not isinstance(value, str) or not _is_email(value):
        yield f"{name} must be an email"


def _is_email(text: str) -> bool:
    # Syntax only, as class-validator's isEmail: it wants a dot in the domain and asks no name server.
    try:
        address = validate_email(text, check_deliverability=False, globally_deliverable=False, test_environment=True)
    except EmailNotValidError:
        return False
    return re.search(r"\.[^\W\d_]{2,}$|\.xn--[a-z0-9-]+$", address.ascii_domain) is not None


def _country(name: str, value: Any) -> Iterator[str]:
    if not isinstance(value, str) or value not in COUNTRY_CODES:
        yield f"{name} must be a valid enum value"


def _birthday(name: str, value: Any) -> Iterator[str]:
    if not isinstance(value, str) or parse_date(value) is None:
        yield f"{name} must be a valid date"


def _nullable(inner: Check) -> Check:
    def check_unless_null(name: str, value: Any) -> Iterator[str]:
        if value is not None:
            yield from inner(name, value)

    return check_unless_null


def _one_of(*choices: str) -> Check:
    def check_choice(name: str, value: Any) -> Iterator[str]:
        if value not in choices:
            yield f"{name} must be one of the following values: {', '.join(choices)}"

    return check_choice


def _nested(shape: Shape, required: tuple[str, ...] = ()) -> Check:
    def check_object(name: str, value: Any) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{name} must be an object"
            return
        try:
            check(value, shape, required)
        except Unprocessable as error:
            yield from (f"{name}.{message}" for message in error.message)

    return check_object


_DND_CHANNEL = _nested(
    {"status": _one_of("active", "inactive", "permanent"), "message": _text, "code": _text}, required=("status",)
)
_INBOUND_DND = _nested({"status": _one_of("active", "inactive"), "message": _text}, required=("status",))

_COMMON: Shape = {
    "firstName": _nullable(_text),
    "lastName": _nullable(_text),
    "name": _nullable(_text),
    "email": _nullable(_email),
    "phone": _nullable(_text),
    "address1": _nullable(_text),
    "city": _nullable(_text),
    "state": _nullable(_text),
    "postalCode": _text,
    "website": _nullable(_text),
    "timezone": _nullable(_text),
    "dnd": _flag,
    "dndSettings": _nested(dict.fromkeys(DND_CHANNELS, _DND_CHANNEL)),
    "inboundDndSettings": _nested({"all": _INBOUND_DND}),
    "tags": _texts,
    "customFields": _objects,
    "dateOfBirth": _nullable(_birthday),
    "country": _country,
    # Missing from the published shape of an update, but accepted:
    # https://github.com/GoHighLevel/highlevel-api-docs/issues/314
    "companyName": _nullable(_text),
}
CREATE: Shape = {**_COMMON, "locationId": _filled_text, "gender": _text, "source": _text, "assignedTo": _text}
UPSERT: Shape = {**CREATE, "createNewIfDuplicateAllowed": _flag}
UPDATE: Shape = {**_COMMON, "source": _nullable(_text), "assignedTo": _nullable(_text)}
TAGS: Shape = {"tags": _texts}
NOTE: Shape = {"userId": _text, "body": _filled_text, "title": _text, "color": _text, "pinned": _flag}
SEARCH: Shape = {
    "locationId": _filled_text,
    "pageLimit": _page_limit,
    "page": _page,
    "query": _text,
    "filters": _objects,
    "sort": _objects,
    "searchAfter": _array,
}
DUPLICATE_QUERY: Shape = {"locationId": _filled_text, "number": _text, "email": _text}
