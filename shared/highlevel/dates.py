"""
Dates: every format that HighLevel documents, and ISO date-times, as YYYY-MM-DD.

A date that can be read in two ways is refused: HighLevel takes 03/04/1990 for the fourth of March, whoever wrote it.
"""

import re
from datetime import date

from shared.highlevel.values import Refused

# Where a date is written month first. Everywhere else, 03/04/1990 may be either.
_MONTH_FIRST = "US AS GU MP PR UM VI FM MH PH PW"
MONTH_FIRST_REGIONS = frozenset(_MONTH_FIRST.split())
# Where it is written year first, so that a day in front is nothing that a person there would write.
_YEAR_FIRST = "CN HU JP KP KR LT MN TW"
YEAR_FIRST_REGIONS = frozenset(_YEAR_FIRST.split())

MARK = r"(?P<mark>[-/._])"
TIME = r"(?:[T ][0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?\s?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?"
YEAR_FIRST = re.compile(rf"(?P<year>[0-9]{{4}}){MARK}(?P<month>[0-9]{{1,2}})(?P=mark)(?P<day>[0-9]{{1,2}}){TIME}")
YEAR_LAST = re.compile(rf"(?P<one>[0-9]{{1,2}}){MARK}(?P<two>[0-9]{{1,2}})(?P=mark)(?P<year>[0-9]{{4}})")
MONTHS = 12


def normal_date(text: str, region: str) -> str:
    """Return a date as YYYY-MM-DD, or raise Refused; `region` says in which order people write."""
    if found := YEAR_FIRST.fullmatch(text):
        return _written(found["year"], found["month"], found["day"])
    if found := YEAR_LAST.fullmatch(text):
        month, day = _in_order(int(found["one"]), int(found["two"]), region)
        return _written(found["year"], month, day)
    raise Refused("is no date in a format that HighLevel documents, such as 1990-12-25")


def _in_order(one: int, two: int, region: str) -> tuple[int, int]:
    """Return the month and the day of two numbers that stand before the year."""
    if one == two or region in MONTH_FIRST_REGIONS or two > MONTHS:
        return one, two
    if one <= MONTHS:
        raise Refused("may be two dates: write it year first, such as 1990-12-25")
    if region in YEAR_FIRST_REGIONS:
        raise Refused("has its day in front, which nobody writes there: write it year first, such as 1990-12-25")
    return two, one


def _written(year: str, month: str | int, day: str | int) -> str:
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError as error:
        raise Refused("is no date of the calendar") from error
