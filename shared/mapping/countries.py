"""Country names as HighLevel's codes."""

from functools import cache

import pycountry

from shared.highlevel.contact import COUNTRIES
from shared.mapping.aliases import folded

# What pycountry does not know: everyday names, and the largest countries in the languages of the aliases.
COMMON_NAMES: dict[str, str] = {
    "US": """
        U.S., America, United States of America, Vereinigte Staaten, Estados Unidos, États-Unis, Stati Uniti,
        Verenigde Staten
    """,
    "GB": """
        UK, U.K., England, Scotland, Wales, Northern Ireland, Great Britain, Britain, Großbritannien,
        Vereinigtes Königreich, Royaume-Uni, Reino Unido, Regno Unito
    """,
    "DE": "Deutschland, Allemagne, Alemania, Germania, Alemanha, Duitsland",
    "FR": "Frankreich, Francia, França, Frankrijk",
    "ES": "España, Spanien, Espagne, Spagna, Espanha, Spanje",
    "IT": "Italia, Italien, Italie, Itália, Italië",
    "AT": "Österreich, Autriche, Austria",
    "CH": "Schweiz, Suisse, Svizzera, Suiza",
    "NL": "Nederland, Niederlande, Pays-Bas, Países Bajos, Paesi Bassi, Holland, The Netherlands",
    "BE": "België, Belgique, Belgien, Bélgica, Belgio",
    "PT": "Portugal, Portogallo",
    "IE": "Republic of Ireland, Irland, Irlande",
    "MX": "México, Mexiko, Mexique",
    "BR": "Brasil, Brasilien, Brésil, Brasile",
    "CA": "Kanada, Canadá",
    "AU": "Australien, Australie",
    "PL": "Polen, Polska, Pologne",
    "DK": "Dänemark, Danmark",
    "SE": "Schweden, Sverige",
    "NO": "Norwegen, Norge",
    "RU": "Russia",
    "TR": "Turkey, Türkei",
    "CZ": "Czech Republic",
    "KR": "South Korea",
    "KP": "North Korea",
    "AE": "UAE, Emirates",
    "CI": "Ivory Coast",
    "CV": "Cape Verde",
    "MK": "Macedonia",
    "SZ": "Swaziland",
    "BN": "Brunei",
    "PS": "Palestine",
    "VA": "Vatican, Vatican City",
    "XK": "Kosovo",
    "AN": "Netherlands Antilles",
}


def country_code(name: str) -> str | None:
    """Return the two-letter code of a country given by code or name, if HighLevel takes it."""
    known = _codes()
    code = known.get(_key(name)) or known.get(_key(name.partition("(")[0]))  # "United States (US)"
    return code if code in COUNTRIES else None


@cache
def _codes() -> dict[str, str]:
    codes = {}
    for country in pycountry.countries:
        names = [country.alpha_2, country.alpha_3, country.name]
        names += [getattr(country, kind) for kind in ("common_name", "official_name") if hasattr(country, kind)]
        codes.update({_key(name): str(country.alpha_2) for name in names})
    codes.update({_key(name): code for code, names in COMMON_NAMES.items() for name in [code, *names.split(",")]})
    return codes


def _key(name: str) -> str:
    return "".join(folded(name))
