"""
Request bodies as plain values, read by what they hold: the content type is often wrong, so it only breaks ties.

Whatever the bytes are, these functions return a value or raise UnreadableBody.
"""

import codecs
import json
import math
from collections.abc import Callable, Iterator
from urllib.parse import unquote_to_bytes

from pydantic import JsonValue
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder

from shared.providers.base import UnreadableBody
from shared.providers.brackets import nested
from shared.providers.text import cleaned, decoded

BEGINNING = 1024  # bytes in which a body shows whether it is JSON
MAX_FIELDS = 1000
MAX_DEPTH = 32
PART_HEAD = 2048  # the first part's headers are found within so many bytes
# Beyond 15 digits JavaScript and Redis round a number: it is kept as the text that was sent.
EXACT_DIGITS = 15


def is_json(body: bytes, content_type: str) -> bool:
    """Say whether a body holds a JSON object or list, whatever its content type says."""
    wide = json.detect_encoding(body[:4])
    if wide.startswith(("utf-16", "utf-32")):
        beginning = body[:BEGINNING].decode(wide, "ignore")
    else:
        beginning = decoded(body.removeprefix(codecs.BOM_UTF8)[:BEGINNING], _charset(body, content_type))
    return beginning.lstrip("\ufeff \t\r\n")[:1] in ("{", "[")


def read_json(body: bytes, content_type: str, clean: Callable[[str], str] = cleaned) -> JsonValue:
    """Read a JSON body, its texts cleaned; a key that an object repeats becomes the list of its values."""
    text = decoded(body, _charset(body, content_type)).lstrip("\ufeff")
    if not text.strip():
        raise UnreadableBody("The body is empty; expected JSON.")
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_decimal,
            parse_constant=str,  # NaN and Infinity are no JSON: they are kept as text
        )
    except (ValueError, RecursionError) as error:
        raise UnreadableBody("The body is not valid JSON.") from error
    return _storable(value, MAX_DEPTH, clean)


def read_form(body: bytes, content_type: str) -> dict[str, JsonValue]:
    """Read an urlencoded or multipart body; a file is told by its name and size."""
    return nested(read_pairs(body, content_type))


def read_pairs(body: bytes, content_type: str) -> list[tuple[str, JsonValue]]:
    """Read an urlencoded or multipart body as it was sent: brackets in a name may be part of a label."""
    return _multipart(body, content_type) if _is_multipart(body) else _urlencoded(body, content_type)


def _charset(body: bytes, content_type: str) -> str:
    declared = parse_options_header(content_type)[1].get("charset", "")
    guessed = json.detect_encoding(body[:4])
    return declared or ("" if guessed.startswith("utf-8") else guessed)


def _object(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    found: dict[str, list[JsonValue]] = {}
    for key, value in pairs:
        found.setdefault(cleaned(key), []).append(value)
    return {key: values[0] if len(values) == 1 else values for key, values in found.items()}


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= EXACT_DIGITS else digits


def _decimal(digits: str) -> float | str:
    number = float(digits)
    return number if math.isfinite(number) and len(digits) <= EXACT_DIGITS + 2 else digits


def _storable(value: JsonValue, depth: int, clean: Callable[[str], str]) -> JsonValue:
    if depth == 0:
        raise UnreadableBody(f"The JSON is nested deeper than {MAX_DEPTH} levels.")
    match value:
        case str():
            return clean(value)
        case list():
            return [_storable(item, depth - 1, clean) for item in value]
        case dict():
            return {key: _storable(item, depth - 1, clean) for key, item in value.items()}
        case _:
            return value


def _urlencoded(body: bytes, content_type: str) -> list[tuple[str, JsonValue]]:
    pieces = [piece for piece in body.strip().split(b"&") if piece]
    _limit(len(pieces))
    if not any(b"=" in piece for piece in pieces):
        raise UnreadableBody("The body is empty or no form; expected name=value pairs.")
    charset = _charset(b"", content_type)
    return [(_unquoted(name, charset), _unquoted(value, charset)) for name, _, value in map(_halves, pieces)]


def _halves(piece: bytes) -> tuple[bytes, bytes, bytes]:
    return piece.partition(b"=")


def _unquoted(text: bytes, charset: str) -> str:
    return cleaned(decoded(unquote_to_bytes(text.replace(b"+", b" ")), charset))


def _is_multipart(body: bytes) -> bool:
    return body.lstrip().startswith(b"--") and b"content-disposition:" in body[:PART_HEAD].lower()


def _multipart(body: bytes, content_type: str) -> list[tuple[str, JsonValue]]:
    try:
        return list(_parts(body, content_type))
    except (ValueError, RequestEntityTooLarge) as error:
        raise UnreadableBody("The multipart body is broken, cut short or has too many parts.") from error


def _parts(body: bytes, content_type: str) -> Iterator[tuple[str, JsonValue]]:
    decoder = MultipartDecoder(_boundary(body, content_type), max_parts=MAX_FIELDS)
    decoder.receive_data(body)
    decoder.receive_data(None)
    part: Field | File | None = None
    data = b""
    while not isinstance(event := decoder.next_event(), Epilogue):
        if isinstance(event, Field | File):
            part, data = event, b""
        elif isinstance(event, Data) and part:
            data += event.data
            if not event.more_data:
                yield _part(part, data)


def _part(part: Field | File, data: bytes) -> tuple[str, JsonValue]:
    name = cleaned(part.name or "")
    if isinstance(part, File):
        return name, {"filename": cleaned(part.filename), "size": len(data)} if part.filename else ""
    return name, cleaned(decoded(data, parse_options_header(part.headers.get("content-type"))[1].get("charset", "")))


def _boundary(body: bytes, content_type: str) -> bytes:
    declared = parse_options_header(content_type)[1].get("boundary", "")
    return declared.encode() if declared else body.lstrip().splitlines()[0].strip()[2:]


def _limit(fields: int) -> None:
    if fields > MAX_FIELDS:
        raise UnreadableBody(f"The form has {fields} fields; at most {MAX_FIELDS} are read.")
