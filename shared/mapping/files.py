"""
Files that stand in answers themselves, as base64: no field or note could hold them, so they are only mentioned.

Also the address of a file that an answer describes by name, type and size.
"""

import re
from base64 import b64decode
from binascii import Error
from codecs import getincrementaldecoder

from pydantic import JsonValue

from shared.highlevel.custom_values import FILE_NAMES, FILE_SIZES, FILE_TYPES, FILE_URLS
from shared.submission import Answer

SHORTEST_BLOB = 1000  # shorter base64 may be a word, a code or a token
SNIFFED = 4096  # characters of base64: enough to tell a binary
DATA_URL = re.compile(
    r"data:(?P<type>[\w.+-]+/[\w.+-]+)?(?:;[\w.+-]+=[\w.+%-]*)*;base64,(?P<data>[A-Za-z0-9+/_=%-]*)", re.IGNORECASE
)
WRAPPED_DATA_URL = re.compile(DATA_URL.pattern.replace("_=%-]", r"_=%\s-]"), re.IGNORECASE)
BASE64 = re.compile(r"[A-Za-z0-9+/_-]+={0,2}")
LOOKS_RANDOM = tuple(re.compile(kind) for kind in ("[a-z]", "[A-Z]", "[0-9]", "[+/_-]"))
BEGINNINGS = {
    b"\x89PNG": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
    b"%PDF": "application/pdf",
    b"PK\x03\x04": "application/zip",
}
A_FILE = "a file"
KB = 1000
FILE_KEYS = frozenset({*FILE_URLS, *FILE_NAMES, *FILE_TYPES, *FILE_SIZES})
WEB_ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)


def without_files(answer: Answer) -> tuple[Answer, tuple[str, ...]]:
    """Return an answer without the files that stand in it, and a mention of each of them."""
    mentions: list[str] = []
    value = _without(answer.value, mentions)
    return (answer.model_copy(update={"value": value}) if mentions else answer), tuple(mentions)


def file_address(value: JsonValue) -> JsonValue:
    """Return the address of a file that is described with name, type or size; any other value as it is."""
    match value:
        case dict() if value.keys() <= FILE_KEYS:
            addresses = [text for key in FILE_URLS if isinstance(text := value.get(key), str)]
            return addresses[0] if addresses and WEB_ADDRESS.fullmatch(addresses[0]) else value
        case list():
            return [file_address(item) for item in value]
        case _:
            return value


def _without(value: JsonValue, mentions: list[str]) -> JsonValue:
    match value:
        case str():
            return _without_blobs(value, mentions)
        case list():
            kept = [(item, _without(item, mentions)) for item in value]
            return [found for item, found in kept if found is not None or item is None]
        case dict():
            found_by_key = {key: (item, _without(item, mentions)) for key, item in value.items()}
            return {key: found for key, (item, found) in found_by_key.items() if found is not None or item is None}
        case _:
            return value


def _without_blobs(text: str, mentions: list[str]) -> str | None:
    """Return a text with mentions in place of data URLs; nothing of a text that is all file."""
    if len(text) < SHORTEST_BLOB and ";base64," not in text.casefold():
        return text
    if whole := WRAPPED_DATA_URL.fullmatch(text.strip()) if len(text) >= SHORTEST_BLOB else DATA_URL.fullmatch(text):
        mentions.append(_mention(whole["type"] or A_FILE, whole["data"]))
        return None
    if kind := _kind_of_base64(text):
        mentions.append(_mention(kind, text))
        return None
    if ";base64," not in text.casefold():
        return text
    mentions.extend(_mention(found["type"] or A_FILE, found["data"]) for found in DATA_URL.finditer(text))
    return DATA_URL.sub("(a file)", text)


def _kind_of_base64(text: str) -> str:
    """Return what kind of file a text is in base64; nothing if it is none."""
    packed = "".join(text.split())
    one_piece = len(text) - len(packed) <= len(text) // 20  # line ends, not the blanks of a text
    if len(packed) < SHORTEST_BLOB or not one_piece or not BASE64.fullmatch(packed):
        return ""
    head = packed[:SNIFFED].rstrip("=").replace("-", "+").replace("_", "/")
    try:
        content = b64decode(head[: len(head) // 4 * 4])
    except Error:
        return ""
    known = next((kind for beginning, kind in BEGINNINGS.items() if content.startswith(beginning)), "")
    is_random = all(letters.search(packed) for letters in LOOKS_RANDOM) and not _is_text(content)
    return known or (A_FILE if is_random else "")


def _is_text(content: bytes) -> bool:
    try:
        return "\0" not in getincrementaldecoder("utf-8")().decode(content)
    except UnicodeDecodeError:
        return False


def _mention(kind: str, data: str) -> str:
    size = len(data) * 3 // 4
    return f"{kind}, {f'{round(size / KB)} kB' if size >= KB else f'{size} bytes'}, not kept"
