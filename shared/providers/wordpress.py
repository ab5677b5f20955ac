"""What the form builders of WordPress have in common."""

import re

from pydantic import JsonValue

from shared.providers.fingerprint import fingerprint
from shared.providers.flat_json import as_id
from shared.providers.noise import CAPTCHAS
from shared.submission import Answer, AnswerType

NOISE = CAPTCHAS | {"_wpnonce", "_wp_http_referer"}
# A merge tag that nothing has filled, and the id of an entry that the site does not store: both are always the same.
NO_IDS = re.compile(r"0*|.*[{}\[\]].*")
UPLOAD = re.compile(r"https?://\S+(/uploads/|[?&]gf-download=)\S+")
NUMBER = re.compile(r"[-_][0-9]+$")
NAME_PARTS = frozenset({"prefix", "first", "middle", "last", "suffix", "first_name", "middle_name", "last_name"})
ADDRESS_PARTS = frozenset(
    {"address_line_1", "address_line_2", "line1", "line2", "city", "state", "zip", "country", "latitude", "longitude"}
)


def entry_id(value: JsonValue) -> str:
    """Return the id under which a site stores an entry, or nothing if a value is none."""
    text = as_id(value)
    return "" if NO_IDS.fullmatch(text) else text


def revision(answers: tuple[Answer, ...]) -> str:
    """
    Return the revision of an entry that has an id.

    Every site counts its entries from 1, and where the form's owner chose the keys it may be another id, say the
    form's: then the next submission is a new one instead of a lost lead.
    """
    return fingerprint(answers)[:16]


def base_name(key: str) -> str:
    """Return a field's name without the number that the builder gives it: `email-123` is an `email`."""
    return NUMBER.sub("", key)


def typed(answer: Answer) -> Answer:
    """Return an answer with the type that its value shows: an upload, a name or an address in parts."""
    kind = _shown_type(answer.value)
    return answer.model_copy(update={"type": kind}) if kind else answer


def single(value: JsonValue) -> JsonValue:
    """Return the only item of a list of one, which is how PHP writes one chosen option or file."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _shown_type(value: JsonValue) -> AnswerType | None:
    match value:
        case str() if UPLOAD.fullmatch(value):
            return "file"
        case [str(), *_] if all(isinstance(item, str) and UPLOAD.fullmatch(item) for item in value):
            return "file"
        case dict() if value and value.keys() <= NAME_PARTS:
            return "name"
        case dict() if value and value.keys() <= ADDRESS_PARTS:
            return "address"
        case _:
            return None
