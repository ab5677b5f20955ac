"""Ids that sort by the time they were made: a prefix and 26 characters of Crockford's base 32, as in a ULID."""

import re
import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_id(prefix: str, now: float) -> str:
    """Return a new id, for example sub_01JD3M3GZ8QX…; `now` is in unix seconds."""
    number = round(now * 1000) << 80 | secrets.randbits(80)
    return f"{prefix}_" + "".join(ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))


def is_id(prefix: str, text: str) -> bool:
    """Say whether a text is such an id."""
    return re.fullmatch(f"{prefix}_[{ALPHABET}]{{26}}", text) is not None
