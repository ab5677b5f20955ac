"""Values of the standard fields as HighLevel takes them; a value that does not fit its field is refused, never sent."""

import re
from collections.abc import Callable
from functools import cache
from zoneinfo import available_timezones

from pydantic import JsonValue

from shared.highlevel.dates import date_in
from shared.highlevel.values import Normal, Refused, email_in, phone_in
from shared.mapping.countries import country_code
from shared.mapping.lengths import LONGEST_FIELD, cut, cut_at
from shared.submission import as_text

LONGEST_COUNTRY = 100
LONGEST_TIMEZONE = 60
LONGEST_WEBSITE = 2000
# A host with a dot in it, with or without a scheme and what may follow a host.
WEBSITE = re.compile(r"(?:https?://)?(?:[\w-]{1,63}\.)+[^\W\d_][\w-]{1,62}(?::[0-9]{1,5})?(?:[/?#]\S*)?", re.IGNORECASE)
GENDERS = frozenset({"male", "female"})  # as HighLevel's documents write them; any other text is taken as it is


def normalise(field: str, value: JsonValue, region: str) -> Normal:
    """Return a value as a HighLevel field takes it, or raise Refused."""
    match field:
        case "email":
            return email_in(value)
        case "phone":
            return phone_in(value, region)
        case "dateOfBirth":
            return Normal(date_in(value, region))
    text = TEXTS.get(field, str)(as_text(value).strip())
    most = LONGEST_WEBSITE if field == "website" else LONGEST_FIELD
    return Normal(cut(text, most), cut_at(most) if len(text) > most else "")


def normal_country(text: str) -> str:
    """Return a country's code, from its code or its name."""
    code = country_code(text) if len(text) <= LONGEST_COUNTRY else None
    if code is None:
        raise Refused("is no country that HighLevel knows")
    return code


def normal_timezone(text: str) -> str:
    """Return the IANA name of a time zone, such as Europe/Berlin."""
    name = _timezones().get("_".join(text.split()).casefold()) if len(text) <= LONGEST_TIMEZONE else None
    if name is None:
        raise Refused("is no time zone by its IANA name, such as America/New_York")
    return name


def normal_website(text: str) -> str:
    """Return an address of a website as it was typed."""
    if text and (len(text) > LONGEST_WEBSITE or not WEBSITE.fullmatch(text)):
        raise Refused("is no address of a website")
    return text


def normal_gender(text: str) -> str:
    """Return a gender, in lower case where HighLevel's documents name it."""
    return text.casefold() if text.casefold() in GENDERS else text


@cache
def _timezones() -> dict[str, str]:
    # Names without a place are abbreviations and leftovers: EST, GB, Factory, localtime.
    names = [name for name in available_timezones() if "/" in name]
    return {name.casefold(): name for name in [*names, "UTC"]}


TEXTS: dict[str, Callable[[str], str]] = {
    "country": normal_country,
    "timezone": normal_timezone,
    "website": normal_website,
    "gender": normal_gender,
}
