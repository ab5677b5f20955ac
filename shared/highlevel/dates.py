"""
Dates: every format that HighLevel documents, ISO date-times, and dates with the month's name, as YYYY-MM-DD.

A date that can be read in two ways is refused: HighLevel takes 03/04/1990 for the fourth of March, whoever wrote it.
With dots, 03.04.1990, the day stands first, except where the month always does.
"""

import re
from datetime import date

from pydantic import JsonValue

from shared.highlevel.values import Refused
from shared.submission import as_text

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
EAST_ASIAN = re.compile(
    r"(?P<year>[0-9]{4})\s?[年년]\s?(?P<month>[0-9]{1,2})\s?[月월]\s?(?P<day>[0-9]{1,2})\s?[日일号號]?"
)
NAMED_MONTH = r"(?P<name>[^\W\d_]{3,12})"
DAY = r"(?P<day>[0-9]{1,2})(?:st|nd|rd|th|er|º|ª)?"
YEAR = r"(?P<year>[0-9]{4})"
# "1 May 1990", "1. Mai 1990", "1 de mayo de 1990", "1-May-1990", "May 1st, 1990", "1990 May 1"
WITH_A_NAME = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"{DAY}(?:\.?\s|[-/.])\s?(?:de\s|of\s)?{NAMED_MONTH}(?:[.,]?\s|[-/.])(?:de\s|del\s)?{YEAR}",
        rf"{NAMED_MONTH}[.,]?\s{DAY}(?:,\s?|\s){YEAR}",
        rf"{YEAR}[\s/-]{NAMED_MONTH}[\s/-]{DAY}",
    )
)
MONTHS = 12
# English, German, French, Spanish, Italian, Portuguese, Dutch.
_MONTH_NAMES = """
    january jan januar jänner janvier enero ene gennaio gen janeiro januari
    february feb februar février févr fév febrero febbraio febbr fevereiro fev februari
    march mar märz mär mars marzo março maart mrt
    april apr avril avr abril abr aprile
    may mai mayo maggio mag maio mei
    june jun juni juin junio giugno giu junho
    july jul juli juillet juil julio luglio lug julho
    august aug août agosto ago augustus
    september sept sep septembre septiembre settembre set setembro
    october oct oktober okt octobre octubre ottobre ott outubro out
    november nov novembre noviembre novembro
    december dec dezember dez décembre déc diciembre dic dicembre dezembro
"""
MONTH_NAMES = {
    name: number for number, names in enumerate(_MONTH_NAMES.strip().splitlines(), 1) for name in names.split()
}
PARTS = (("year", "yyyy", "y"), ("month", "mm", "m"), ("day", "dd", "d"))


def date_in(value: JsonValue, region: str) -> str:
    """Return the date in a value as YYYY-MM-DD, or raise Refused; it may be an object of year, month and day."""
    if not isinstance(value, dict):
        return normal_date(as_text(value).strip(), region)
    parts = {key.casefold(): as_text(item).strip() for key, item in value.items()}
    found = [next((parts[key] for key in keys if parts.get(key)), "") for keys in PARTS]
    if len(parts) != len(PARTS) or not all(found) or len(found[0]) != len("1990"):
        raise Refused("is no date in a format that HighLevel documents, such as 1990-12-25")
    year, month, day = found
    return _written(year, month if month.isdecimal() else _month_called(month), day)


def normal_date(text: str, region: str) -> str:
    """Return a date as YYYY-MM-DD, or raise Refused; `region` says in which order people write."""
    if found := YEAR_FIRST.fullmatch(text):
        return _written(found["year"], found["month"], found["day"])
    if found := YEAR_LAST.fullmatch(text):
        month, day = _in_order(int(found["one"]), int(found["two"]), region, dotted=found["mark"] == ".")
        return _written(found["year"], month, day)
    if found := EAST_ASIAN.fullmatch(text):
        return _written(found["year"], found["month"], found["day"])
    if found := next((found for form in WITH_A_NAME if (found := form.fullmatch(text))), None):
        return _written(found["year"], _month_called(found["name"]), found["day"])
    raise Refused("is no date in a format that HighLevel documents, such as 1990-12-25")


def _month_called(name: str) -> int:
    """Return the number of a month by its name, in the languages that most forms are written in."""
    month = MONTH_NAMES.get(name.casefold())
    if month is None:
        raise Refused("is no date: its month is not one that is known by this name")
    return month


def _in_order(one: int, two: int, region: str, *, dotted: bool) -> tuple[int, int]:
    """Return the month and the day of two numbers that stand before the year."""
    if one == two or region in MONTH_FIRST_REGIONS or two > MONTHS:
        return one, two
    # Nobody puts dots behind the month first, except where everything is written so.
    if one <= MONTHS and not (dotted and region not in YEAR_FIRST_REGIONS):
        raise Refused("may be two dates: write it year first, such as 1990-12-25")
    if region in YEAR_FIRST_REGIONS:
        raise Refused("has its day in front, which nobody writes there: write it year first, such as 1990-12-25")
    return two, one


def _written(year: str, month: str | int, day: str | int) -> str:
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError as error:
        raise Refused("is no date of the calendar") from error
