"""
Values as a location's custom fields take them, by the type of the field.

HighLevel drops what does not fit (an option that the list does not have, a date in another form) from a call that
succeeds, so it has to be known before the call.
"""

import mimetypes
import re
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from functools import lru_cache
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit
from uuid import NAMESPACE_URL, uuid5

from pydantic import JsonValue

from shared.highlevel.custom_fields import LocationField
from shared.highlevel.dates import date_in
from shared.highlevel.numbers import normal_amount, normal_number
from shared.highlevel.values import Normal, Refused, email_in, phone_in
from shared.submission import as_text
from shared.yes_no import said_yes

SHOWN_OPTIONS = 8
LONGEST_OPTION = 1000  # what is longer is a text, and no option
LONGEST_LIST = 10_000
URL = re.compile(r"https?://\S+", re.IGNORECASE)
BETWEEN_URLS = re.compile(r"(?:[,;]\s*|\s+)(?=https?://)", re.IGNORECASE)
BETWEEN_OPTIONS = re.compile(r"[,;\n]")
BETWEEN_PROPOSED = ("; ", ", ")
FILE_URLS = ("url", "link", "href", "file_url", "fileUrl")
FILE_NAMES = ("name", "filename", "fileName", "file_name", "originalname")
FILE_TYPES = ("mimetype", "mimeType", "mime_type", "content_type", "contentType", "type")
FILE_SIZES = ("size", "fileSize", "file_size")


class WrongValue(Exception):
    """A value does not fit a custom field: the rule it breaks, a way out, and the nearest value that fits."""

    def __init__(self, rule: str, fix: str = "", proposal_value: str | None = None) -> None:
        super().__init__(rule)
        self.rule = rule
        self.fix = fix
        self.proposal_value = proposal_value


def converted(field: LocationField, value: JsonValue, region: str) -> JsonValue:
    """Return a value as a custom field takes it, or raise WrongValue; an empty one need not be sent."""
    try:
        if convert := FROM_ONE.get(field.type):
            return convert(_single(value), region)
        fit = BY_FIELD.get(field.type)
        return fit(field, value) if fit else untyped(value)
    except Refused as refused:
        raise WrongValue(f"the value {refused}") from refused


def untyped(value: JsonValue) -> JsonValue:
    """Return a value for a field of unknown type: numbers and lists as they are, all else as text."""
    match value:
        case list():
            return [text for item in value if (text := as_text(item).strip())]
        case int() | float() if not isinstance(value, bool):
            return value
        case _:
            return as_text(value).strip()


def _single(value: JsonValue) -> JsonValue:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _whole(found: Normal) -> str:
    if found.lost:
        raise WrongValue(f"the value does not fit as it is: {found.lost}", proposal_value=found.text)
    return found.text


# Options


def _chosen(field: LocationField, value: JsonValue) -> JsonValue:
    """Return the options that are chosen, by their exact labels."""
    meant = said_yes(_single(value))
    if len(field.options) == 1 and meant is not None and _option(field, _single(value)) is None:
        return list(field.options) if meant else []
    items = value if isinstance(value, list) else [value]
    wanted = [piece for item in items for piece in _pieces(field, item)]
    known = [_option(field, piece) for piece in wanted]
    if not field.options or field.takes_others:
        return [option or as_text(piece).strip() for piece, option in zip(wanted, known, strict=True)]
    if None in known:
        near = [option or _closest(field, as_text(piece)) for piece, option in zip(wanted, known, strict=True)]
        options = [option for option in dict.fromkeys(near) if option]
        raise _no_option(field, None if None in near else _on_one_line(field, options))
    return [option for option in dict.fromkeys(known) if option]


def _one_chosen(field: LocationField, chosen: JsonValue) -> JsonValue:
    """Return the option that is chosen, by its exact label."""
    value = _single(chosen)
    option = _option(field, value)
    if option is not None:
        return option
    if isinstance(value, list) and field.options:
        raise WrongValue("the field takes one option, and the value has several", _list_of(field))
    if not field.options or field.takes_others:
        return as_text(value).strip()
    raise _no_option(field, _closest(field, as_text(value)))


def _option(field: LocationField, value: JsonValue) -> str | None:
    """Return the option that a value names; a yes is the option that says so."""
    if not isinstance(value, bool):
        text = as_text(value)
        option = _by_label(field.options).get(_plain(text)) if len(text) <= LONGEST_OPTION else None
        if option is not None:
            return option
    meant = said_yes(value)
    saying = [option for option in field.options if meant is not None and said_yes(option) is meant]
    return saying[0] if len(saying) == 1 else None


def _pieces(field: LocationField, value: JsonValue) -> Iterator[JsonValue]:
    """Yield what a value names: itself if it is an option, else the parts of a text; an option may have commas too."""
    is_list = isinstance(value, str) and field.options and len(value) <= LONGEST_LIST
    if not isinstance(value, str) or not is_list or _option(field, value) is not None:
        yield value
        return
    marks = list(BETWEEN_OPTIONS.finditer(value))
    starts = [0, *(mark.end() for mark in marks)]
    ends = [*(mark.start() for mark in marks), len(value)]
    most = max((len(BETWEEN_OPTIONS.findall(option)) for option in field.options), default=0) + 1
    place = 0
    while place < len(starts):
        runs = range(min(most, len(starts) - place), 0, -1)
        fitting = (size for size in runs if _option(field, value[starts[place] : ends[place + size - 1]]) is not None)
        size = next(fitting, 1)
        if piece := value[starts[place] : ends[place + size - 1]].strip():
            yield piece
        place += size


def _on_one_line(field: LocationField, options: list[str]) -> str | None:
    """Return options as one text that is read as just these; None when the field has options that prevent it."""
    for text in (separator.join(options) for separator in BETWEEN_PROPOSED):
        if "\n" not in text and [_option(field, piece) for piece in _pieces(field, text)] == options:
            return text
    return None


def _no_option(field: LocationField, proposal: str | None) -> WrongValue:
    return WrongValue("the value is none of the field's options", _list_of(field), proposal)


def _list_of(field: LocationField) -> str:
    shown, more = field.options[:SHOWN_OPTIONS], len(field.options) - SHOWN_OPTIONS
    listed = ", ".join(f'"{option}"' for option in shown)
    return f"The options are {listed}" + (f" and {more} more." if more > 0 else ".")


def _closest(field: LocationField, text: str) -> str | None:
    known = _by_label(field.options)
    near = get_close_matches(_plain(text), known, n=1) if len(text) <= LONGEST_OPTION else []
    return known[near[0]] if near else None


@lru_cache(maxsize=256)
def _by_label(options: tuple[str, ...]) -> dict[str, str]:
    return {_plain(option): option for option in reversed(options)}


def _plain(text: str) -> str:
    return "".join(text.split()).casefold()


# Text box lists and files


def _boxes(field: LocationField, value: JsonValue) -> JsonValue:
    """Return the object of a text box list: what stands in each box."""
    if isinstance(value, dict):
        return {_box(field, name): text for name, item in value.items() if (text := as_text(item).strip())}
    items = value if isinstance(value, list) else as_text(value).splitlines()
    texts = [text for item in items if (text := as_text(item).strip())]
    if len(texts) > len(field.options):
        rule = "the value has more lines than the field has boxes" if field.options else "the field takes an object"
        raise WrongValue(rule, _boxes_of(field))
    return {_box(field, label): text for label, text in zip(field.options, texts, strict=False)}


def _box(field: LocationField, name: str) -> str:
    """Return what HighLevel calls a box, given by its label or by that."""
    if not field.options or name in field.boxes.values():
        return name
    for label in field.options:
        if _plain(label) == _plain(name):
            return field.boxes.get(label, label)
    raise WrongValue("the field has no box of this name", _boxes_of(field))


def _boxes_of(field: LocationField) -> str:
    return f"The boxes are {', '.join(field.options)}." if field.options else ""


def _files(field: LocationField, value: JsonValue) -> JsonValue:
    """Return the object of a file field: each file under an id of its own, the same whenever it is sent."""
    if isinstance(value, dict) and value and all(_is_file_entry(entry) for entry in value.values()):
        return value
    items = (
        value if isinstance(value, list) else BETWEEN_URLS.split(value.strip()) if isinstance(value, str) else [value]
    )
    return dict(_file(field, item) for item in items if as_text(item).strip())


def _is_file_entry(entry: JsonValue) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("url"), str) and "meta" in entry


def _file(field: LocationField, item: JsonValue) -> tuple[str, JsonValue]:
    about = item if isinstance(item, dict) else {}
    url = _first(about, FILE_URLS) if about else as_text(item).strip()
    if not URL.fullmatch(url):
        raise WrongValue("the value is no address of a file", "A file has to be given as its https address.")
    name = _first(about, FILE_NAMES) or unquote(PurePosixPath(urlsplit(url).path).name) or "file"
    # HighLevel makes up the id at random; one of the address is the same when a delivery is tried again.
    uuid = str(uuid5(NAMESPACE_URL, url))
    kind = _first(about, FILE_TYPES) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    size = next((about[key] for key in FILE_SIZES if isinstance(about.get(key), int)), None)
    meta: dict[str, JsonValue] = {"fieldname": field.id, "originalname": name, "mimetype": kind, "uuid": uuid}
    return uuid, {"meta": meta | ({"size": size} if size is not None else {}), "url": url}


def _first(about: dict[str, JsonValue], names: tuple[str, ...]) -> str:
    return next((value.strip() for name in names if isinstance(value := about.get(name), str)), "")


# How a value becomes one of the type: those that look at one value only, and those that look at the field.
FROM_ONE: dict[str, Callable[[JsonValue, str], JsonValue]] = {
    "NUMERICAL": normal_number,
    "FLOAT": normal_number,
    "MONETORY": normal_amount,  # HighLevel's spelling
    "DATE": date_in,
    "PHONE": lambda value, region: _whole(phone_in(value, region)),
    "EMAIL": lambda value, _: _whole(email_in(value)),
}
BY_FIELD: dict[str, Callable[[LocationField, JsonValue], JsonValue]] = {
    "TEXT": lambda _, value: as_text(value).strip(),
    "LARGE_TEXT": lambda _, value: as_text(value).strip(),
    "CHECKBOX": _chosen,
    "MULTIPLE_OPTIONS": _chosen,
    "SINGLE_OPTIONS": _one_chosen,
    "RADIO": _one_chosen,
    "TEXTBOX_LIST": _boxes,
    "FILE_UPLOAD": _files,
}
