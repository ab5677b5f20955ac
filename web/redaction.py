"""Takes the secret of a form out of a body before it is kept, and changes nothing else."""

import json
import re
from collections.abc import Callable
from urllib.parse import quote_plus, unquote_to_bytes

from shared.config import BodyToken
from shared.providers.bodies import is_json

# A secret of this length does not occur in a body by accident, so every other copy of it goes as well.
SECRET_LENGTH = 16
WIDE_ENCODINGS = ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")


def without_token(token: BodyToken | None, body: bytes, content_type: str) -> bytes:
    """Return the body with the live secret emptied; an empty field is no answer, so none is made of it."""
    if token is None:
        return body
    for secret in token.value:
        text = secret.get_secret_value()
        body = _emptied(token.field, text, body, content_type)
        for wide in WIDE_ENCODINGS if json.detect_encoding(body[:4]) not in ("utf-8", "utf-8-sig") else ():
            body = body.replace(text.encode(wide), b"")
        if len(text) >= SECRET_LENGTH:
            body = _removed(text, body)
    return body


def _emptied(field: str, secret: str, body: bytes, content_type: str) -> bytes:
    if is_json(body, content_type):
        return _json(field, secret, body)
    return _multipart(field, secret, body) if body.lstrip().startswith(b"--") else _urlencoded(field, secret, body)


def _json(field: str, secret: str, body: bytes) -> bytes:
    value = rb'"?(?:%s)"?(?=\s*[,}])' % _any(secret, _json_spellings)
    pattern = rb'("(?:%s)"\s*:\s*)%s' % (_any(field, _json_spellings), value)
    return re.sub(pattern, rb'\1""', body)


def _urlencoded(field: str, secret: str, body: bytes) -> bytes:
    def emptied(piece: bytes) -> bytes:
        name, _, value = piece.partition(b"=")
        given = (_decoded(name.strip()), _decoded(value.strip()))
        return name + b"=" if given == (field.encode(), secret.encode()) else piece

    return b"&".join(emptied(piece) for piece in body.split(b"&"))


def _multipart(field: str, secret: str, body: bytes) -> bytes:
    # Bounded, so that a body made to be slow, of many such names and no end of a head, is searched in linear time.
    head = rb'(name="?%s"?[^\r\n]{0,200}\r?\n(?:[^\r\n]{1,400}\r?\n){0,8}\r?\n)' % re.escape(field.encode())
    return re.sub(head + re.escape(secret.encode()) + rb"(?=\r?\n--)", rb"\1", body)


def _removed(secret: str, body: bytes) -> bytes:
    for spelling in (*_json_spellings(secret), quote_plus(secret).encode()):
        body = body.replace(spelling, b"")
    return body


def _any(text: str, spellings: Callable[[str], list[bytes]]) -> bytes:
    return b"|".join(re.escape(spelling) for spelling in spellings(text))


def _json_spellings(text: str) -> list[bytes]:
    plain = [json.dumps(text, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False)]
    escaped = [spelling.replace("/", "\\/") for spelling in plain]
    return [spelling.encode() for spelling in dict.fromkeys([*plain, *escaped, text])]


def _decoded(text: bytes) -> bytes:
    return unquote_to_bytes(text.replace(b"+", b" "))
