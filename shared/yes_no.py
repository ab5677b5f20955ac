"""Yes and no as people and form builders write them, in the languages that most forms are written in."""

import re
import unicodedata

from pydantic import JsonValue

_YES = """
    yes, y, true, on, 1, ok, okay, sure, checked, ticked, agree, agreed, i agree, yes i agree, accept, accepted,
    i accept, yes i accept, consent, i consent, yes please, yes i do, opt in, opted in, subscribe, subscribed, allow,
    granted,
    ja, ja bitte, ja gerne, ich stimme zu, ja ich stimme zu, einverstanden, ich bin einverstanden, zugestimmt,
    oui, d accord, j accepte, oui j accepte, je suis d accord, accepte,
    si, si por favor, acepto, de acuerdo, estoy de acuerdo, si acepto,
    accetto, si accetto, d accordo, acconsento, si grazie,
    sim, aceito, sim aceito, concordo, sim por favor,
    ja graag, akkoord, ik ga akkoord
"""
_NO = """
    no, n, false, off, 0, none, none of the above, never, unchecked, unticked, disagree, i disagree, do not agree,
    i do not agree, i don t agree, decline, declined, i decline, no thanks, no thank you, no i do not, opt out,
    opted out, unsubscribe, unsubscribed, denied, do not contact me,
    nein, nein danke, ich stimme nicht zu, nicht einverstanden, keine,
    non, non merci, je refuse, pas d accord, aucun,
    no gracias, no acepto, ninguno, ninguna,
    no grazie, non accetto, nessuno, nessuna,
    nao, nao obrigado, nao obrigada, nao aceito, nenhum, nenhuma,
    nee, nee bedankt, nee dank je, geen
"""
LONGEST_PHRASE = 60


def said_yes(value: JsonValue) -> bool | None:
    """Return whether a value is a yes or a no; None if it is neither."""
    if isinstance(value, bool):
        return value
    if not isinstance(value, str | int) or len(str(value)) > LONGEST_PHRASE:
        return None
    return MEANINGS.get(_phrase(str(value)))


def _phrase(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(re.findall(r"\w+", kept))


def _phrases(listed: str) -> list[str]:
    return [_phrase(phrase) for phrase in listed.split(",")]


MEANINGS = dict.fromkeys(_phrases(_YES), True) | dict.fromkeys(_phrases(_NO), False)
