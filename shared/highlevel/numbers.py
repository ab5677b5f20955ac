"""Numbers and amounts as people write them; one that can be read in two ways is refused."""

import re
import unicodedata
from functools import cache

import pycountry
from pydantic import JsonValue

from shared.highlevel.values import Refused

LONGEST_NUMBER = 40
# Where the decimals stand behind a point, and a comma parts the thousands. Elsewhere 1,234 may be either.
_POINT = """
    AU BD BW CN DO EG ET GB GH GT HK HN IE IL IN JM JP KE KR LK MM MO MT MX MY NG NI NP NZ PA PH PK PR SG SV TH TW TZ
    UG US ZW
"""
POINT_REGIONS = frozenset(_POINT.split())
# Blanks and apostrophes part thousands everywhere.
PARTED = re.compile(r"(?<=[0-9])[ \u00a0\u2009\u202f'\u2019](?=[0-9]{3}(?![0-9]))")
SIGNED = re.compile(r"([+\-\u2212]?)\s*(.+)", re.DOTALL)
AMOUNT = re.compile(r"(?P<before>[^0-9]*)(?P<number>[0-9](?:.*[0-9])?)(?P<behind>[^0-9]*)", re.DOTALL)
# The decimal mark -> how a number is written with it; India parts lakhs: 12,34,567.
WRITTEN = {
    ".": re.compile(r"(?P<whole>[0-9]+|[1-9][0-9]{0,2}(?:,[0-9]{2,3})*,[0-9]{3})(?:\.(?P<decimals>[0-9]+))?"),
    ",": re.compile(r"(?P<whole>[0-9]+|[1-9][0-9]{0,2}(?:\.[0-9]{3})+)(?:,(?P<decimals>[0-9]+))?"),
}
# What stands beside an amount, besides signs ($, €) and ISO codes.
_CURRENCIES = "dollar dollars euro euros pound pounds franken francs fr kr rs ft lei zł kč us$ a$ ca$ nz$ r$"
CURRENCIES = frozenset(_CURRENCIES.split())


def normal_number(value: JsonValue, region: str) -> int | float:
    """Return a number, or raise Refused."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    if not isinstance(value, str) or len(value) > LONGEST_NUMBER:
        raise Refused("is no number")
    sign, text = _signed(value)
    number = _unsigned(PARTED.sub("", text), region)
    return number if sign in ("", "+") else -number


def normal_amount(value: JsonValue, region: str) -> int | float:
    """Return an amount of money without its currency, or raise Refused."""
    if not isinstance(value, str) or len(value) > LONGEST_NUMBER:
        return normal_number(value, region)
    sign, text = _signed(value)
    found = AMOUNT.fullmatch(text)
    before, behind = (found["before"], found["behind"]) if found else ("", "")
    inner = before.strip()[-1:] if not sign and before.strip()[-1:] in ("-", "\u2212") else ""  # "$ -5"
    if found is None or not _is_currency(before.strip().removesuffix(inner)) or not _is_currency(behind):
        raise Refused("is no amount of money")
    return normal_number(sign + inner + found["number"], region)


def _signed(value: str) -> tuple[str, str]:
    found = SIGNED.fullmatch(value.strip())
    return (found[1], found[2]) if found else ("", "")


def _unsigned(text: str, region: str) -> int | float:
    """Return the number that a text means by the decimal mark of the region, or by whichever mark makes sense."""
    readings = {mark: number for mark in WRITTEN if (number := _read(text, mark)) is not None}
    if not readings:
        raise Refused("is no number")
    if len(set(readings.values())) == 1:
        return next(iter(readings.values()))
    if region in POINT_REGIONS:
        return readings["."]
    raise Refused("may be two numbers: write it without a mark between the thousands")


def _read(text: str, mark: str) -> int | float | None:
    found = WRITTEN[mark].fullmatch(text)
    if found is None:
        return None
    whole = re.sub("[,.]", "", found["whole"])
    return float(f"{whole}.{found['decimals']}") if found["decimals"] else int(whole)


def _is_currency(text: str) -> bool:
    word = text.strip().rstrip(".").casefold()
    return word in CURRENCIES or word in _codes() or all(unicodedata.category(sign) == "Sc" for sign in word)


@cache
def _codes() -> frozenset[str]:
    return frozenset(str(currency.alpha_3).casefold() for currency in pycountry.currencies)
