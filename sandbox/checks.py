"""What a property's value may be, and the words in which class-validator says that it is not."""

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


def text(name: str, value: Any) -> Iterator[str]:
    if not isinstance(value, str):
        yield f"{name} must be a string"


def filled_text(name: str, value: Any) -> Iterator[str]:
    if value in ("", None):
        yield f"{name} should not be empty"
    yield from text(name, value)


def flag(name: str, value: Any) -> Iterator[str]:
    if not isinstance(value, bool):
        yield f"{name} must be a boolean value"


def page_limit(name: str, value: Any) -> Iterator[str]:
    yield from page(name, value)
    if isinstance(value, int) and value > MAX_PAGE_LIMIT:
        yield f"{name} must not be greater than {MAX_PAGE_LIMIT}"


def page(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, bool) or not isinstance(value, int):
        yield f"{name} must be a number"
    elif value < 1:
        yield f"{name} must not be less than 1"


def array(name: str, value: Any) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{name} must be an array"


def an_object(name: str, value: Any) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{name} must be an object"


def texts(name: str, value: Any) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{name} must be an array"
    elif not all(isinstance(item, str) for item in value):
        yield f"each value in {name} must be a string"


def objects(name: str, value: Any) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{name} must be an array"
    elif not all(isinstance(item, dict) for item in value):
        yield f"each value in nested property {name} must be either object or array"


def email(name: str, value: Any) -> Iterator[str]:
    if not isinstance(value, str) or not _is_email(value):
        yield f"{name} must be an email"


def _is_email(text: str) -> bool:
    # Syntax only, as class-validator's isEmail: it wants a dot in the domain and asks no name server.
    try:
        address = validate_email(text, check_deliverability=False, globally_deliverable=False, test_environment=True)
    except EmailNotValidError:
        return False
    return re.search(r"\.[^\W\d_]{2,}$|\.xn--[a-z0-9-]+$", address.ascii_domain) is not None


def country(name: str, value: Any) -> Iterator[str]:
    if not isinstance(value, str) or value not in COUNTRY_CODES:
        yield f"{name} must be a valid enum value"


def birthday(name: str, value: Any) -> Iterator[str]:
    if not isinstance(value, str) or parse_date(value) is None:
        yield f"{name} must be a valid date"


def nullable(inner: Check) -> Check:
    def check_unless_null(name: str, value: Any) -> Iterator[str]:
        if value is not None:
            yield from inner(name, value)

    return check_unless_null


def one_of(*choices: str) -> Check:
    def check_choice(name: str, value: Any) -> Iterator[str]:
        if value not in choices:
            yield f"{name} must be one of the following values: {', '.join(choices)}"

    return check_choice


def nested(shape: Shape, required: tuple[str, ...] = ()) -> Check:
    def check_object(name: str, value: Any) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{name} must be an object"
            return
        try:
            check(value, shape, required)
        except Unprocessable as error:
            yield from (f"{name}.{message}" for message in error.message)

    return check_object
