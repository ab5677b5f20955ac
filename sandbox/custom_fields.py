"""Custom fields: what a location has declared, and which of the sent values it keeps."""

from collections.abc import Iterable, Iterator, Sequence
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
MANY_OF_A_LIST = ("CHECKBOX", "MULTIPLE_OPTIONS")
ONE_OF_A_LIST = ("SINGLE_OPTIONS", "RADIO")
KEY_PREFIX = "contact."
# The published body takes field_value, version v3 prefers fieldValue, and `value` works on the live API.
VALUE_NAMES = ("field_value", "fieldValue", "value")

Entry = dict[str, Any]


class CustomField(BaseModel):
    """A custom field that a location has declared."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, validate_by_name=True)

    id: str = Field(min_length=1)
    name: str = Field(min_length=1)
    field_key: str = Field(min_length=1)
    data_type: DataType = "TEXT"
    picklist_options: tuple[str, ...] = ()

    def is_named(self, reference: str) -> bool:
        """Say whether an id or a key, with or without its prefix, means this field."""
        return reference == self.id or reference.removeprefix(KEY_PREFIX) == self.field_key.removeprefix(KEY_PREFIX)

    def kept(self, value: Any) -> Any:
        """Return what is stored of a value; None when nothing is."""
        # An option that is not in the picklist is dropped from a call that succeeds.
        if self.data_type in ONE_OF_A_LIST:
            return value if value in self.picklist_options else None
        if self.data_type in MANY_OF_A_LIST:
            chosen = value if isinstance(value, list) else [value]
            return [option for option in chosen if option in self.picklist_options] or None
        return value


def changes(entries: Iterable[Entry], declared: Sequence[CustomField]) -> Iterator[tuple[str, Any]]:
    """Yield the field id and the value to store for each entry that is kept; None clears the field."""
    for entry in entries:
        value = next((entry[name] for name in VALUE_NAMES if name in entry), "")
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
