"""Custom fields: what a location has declared, and which of the sent values it keeps."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

DataType = Literal[
    "TEXT",
    "LARGE_TEXT",
    "NUMERICAL",
    "PHONE",
    "EMAIL",
    "MONETORY",  # HighLevel's spelling
    "CHECKBOX",
    "SINGLE_OPTIONS",
    "MULTIPLE_OPTIONS",
    "DATE",
    "TEXTBOX_LIST",
    "FILE_UPLOAD",
    "RADIO",
]
KEY_PREFIX = "contact."
NUMBER = re.compile(r"[-+]?\d+(\.\d+)?", re.ASCII)
DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)

Entry = dict[str, Any]


class Option(BaseModel):
    """One box of a TEXTBOX_LIST."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, validate_by_name=True)

    id: str = Field(min_length=1)
    label: str = Field(min_length=1)
    prefill_value: str = ""


class CustomField(BaseModel):
    """A custom field that a location has declared."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, validate_by_name=True)

    id: str = Field(min_length=1)
    name: str = Field(min_length=1)
    field_key: str = Field(min_length=1)
    data_type: DataType = "TEXT"
    picklist_options: tuple[str | Option, ...] = ()

    def is_named(self, reference: str) -> bool:
        """Say whether an id or a key, with or without its prefix, means this field."""
        return reference == self.id or reference.removeprefix(KEY_PREFIX) == self.field_key.removeprefix(KEY_PREFIX)

    def kept(self, value: Any) -> Any:
        """Return what is stored of a value; None when nothing is."""
        # Live: what a field cannot hold is dropped from a call that succeeds.
        match self.data_type:
            case "SINGLE_OPTIONS" | "RADIO":
                return value if value in self.picklist_options else None
            case "CHECKBOX" | "MULTIPLE_OPTIONS":
                return _chosen(value, self.picklist_options)
            case "NUMERICAL" | "MONETORY":
                return value if _is_number(value) else None
            case "DATE":
                return value if _is_date(value) else None
            case "TEXTBOX_LIST":
                return _filled_boxes(value, self._box_names())
            case "FILE_UPLOAD":
                return _files(value)
            case _:
                return value if isinstance(value, str) else _as_text(value)

    def _box_names(self) -> frozenset[str]:
        named = ((box.id, box.label) if isinstance(box, Option) else (box,) for box in self.picklist_options)
        return frozenset(name for names in named for name in names)


def changes(
    entries: Iterable[Entry], declared: Sequence[CustomField], value_names: Sequence[str]
) -> Iterator[tuple[str, Any]]:
    """Yield the field id and the value to store for each entry that is kept; None clears the field."""
    for entry in entries:
        value = next((entry[name] for name in value_names if name in entry), "")
        if value != "":  # live: an empty text leaves the field as it was
            yield from _change(entry, value, declared)


def _change(entry: Entry, value: Any, declared: Sequence[CustomField]) -> Iterator[tuple[str, Any]]:
    references = [str(entry[name]) for name in ("id", "key") if entry.get(name)]
    if not declared:  # nobody has said which fields exist, so every one does
        yield from ((reference, value) for reference in references[:1])
        return
    field = next((field for reference in references for field in declared if field.is_named(reference)), None)
    if field is None:  # live: an unknown field is dropped from a call that succeeds
        return
    if value is None:
        yield field.id, None
    elif (kept := field.kept(value)) is not None:
        yield field.id, kept


def _chosen(value: Any, options: Sequence[str | Option]) -> list[str] | None:
    if not isinstance(value, list):
        return None
    return [option for option in value if option in options] or None


def _is_number(value: Any) -> bool:
    if isinstance(value, str):
        return NUMBER.fullmatch(value) is not None
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_date(value: Any) -> bool:
    if not isinstance(value, str) or not DATE.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _filled_boxes(value: Any, names: frozenset[str]) -> Mapping[str, str] | None:
    if not isinstance(value, dict):
        return None
    return {name: text for name, text in value.items() if name in names and isinstance(text, str)} or None


def _files(value: Any) -> Mapping[str, Any] | None:
    # Documented: an object of files by uuid, each with its address and its `meta`.
    if not isinstance(value, dict):
        return None
    return {uuid: file for uuid, file in value.items() if isinstance(file, dict) and file.get("url")} or None


def _as_text(value: Any) -> str | None:
    return str(value) if _is_number(value) else None
