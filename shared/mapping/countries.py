"""Country names as HighLevel's codes, in the languages that most forms are written in."""

from collections.abc import Mapping, Sequence
from functools import cache
from gettext import translation
from typing import Any

import pycountry

from shared.highlevel.contact import COUNTRIES
from shared.once import once
from shared.words import folded

# The languages of pycountry's translations that names are read in. More would be slower, and some hold mistakes.
_LANGUAGES = """
    ar bg ca cs da de el es et fi fr he hi hr hu id it ja ko lt lv ms nb_NO nl pl pt pt_BR ro ru sk sl sr sv th tr uk vi
    zh_CN zh_TW
"""
# What pycountry does not know: everyday names.
COMMON_NAMES: dict[str, str] = {
    "US": "U.S., America, United States of America, Vereinigte Staaten von Amerika, États-Unis d'Amérique, EUA, EE.UU.",
    "GB": "UK, U.K., England, Scotland, Wales, Northern Ireland, Great Britain, Britain, Großbritannien, Gran Bretaña",
    "NL": "Holland, The Netherlands, Holanda",
    "IE": "Republic of Ireland",
    "RU": "Russia, Russland, Russie, Rusia, Rússia, Rusland, Россия",
    "TR": "Turkey, Türkei, Turquie, Turquía, Turchia, Turquia, Turkije",
    "CZ": "Czech Republic, Tschechische Republik, République tchèque, República Checa, Repubblica Ceca",
    "VN": "Việt Nam",
    "KR": "South Korea",
    "KP": "North Korea",
    "AE": "UAE, Emirates",
    "SA": "KSA, Saudi",
    "CN": "PRC, Mainland China",
    "BA": "Bosnia",
    "MX": "Méjico",
    "CI": "Ivory Coast",
    "CV": "Cape Verde",
    "MK": "Macedonia",
    "SK": "Slovenská republika",
    "SZ": "Swaziland",
    "BN": "Brunei",
    "PS": "Palestine",
    "VA": "Vatican, Vatican City",
    "XK": "Kosovo",
    "AN": "Netherlands Antilles",
}


def country_code(name: str) -> str | None:
    """Return the two-letter code of a country given by code or name, if HighLevel takes it."""
    keys = (_key(name), _key(name.partition("(")[0]))  # "United States (US)"
    # The translations take half a second to read, once, and most forms do without.
    code = _first(_codes(), keys) or _first(_translated(), keys)
    return code if code in COUNTRIES else None


def _first(known: Mapping[str, str], keys: Sequence[str]) -> str | None:
    return next((known[key] for key in keys if key in known), None)


@cache
def _codes() -> dict[str, str]:
    codes = {}
    for country in pycountry.countries:
        names = [country.alpha_2, country.alpha_3, *_names(country)]
        codes.update({_key(name): str(country.alpha_2) for name in names})
    codes.update({_key(name): code for code, names in COMMON_NAMES.items() for name in [code, *names.split(",")]})
    return codes


@once
def _translated() -> dict[str, str]:
    """Return the codes by the countries' names in other languages; a name of two countries is none."""
    found: dict[str, set[str]] = {}
    for language in _LANGUAGES.split():
        catalogue = translation("iso3166-1", pycountry.LOCALES_DIR, languages=[language])
        for country in pycountry.countries:
            for name in _names(country):
                found.setdefault(_key(catalogue.gettext(name)), set()).add(str(country.alpha_2))
    return {name: codes.pop() for name, codes in found.items() if name and len(codes) == 1}


def _names(country: Any) -> list[str]:
    return [getattr(country, kind) for kind in ("name", "common_name", "official_name") if kind in dir(country)]


def _key(name: str) -> str:
    return "".join(folded(name))
