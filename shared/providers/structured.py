"""
JSON bodies that have a structure of their own: models of other people's data, and answers out of them.

The models are lenient: null is as good as absent, and a text may be a number. What a builder always sends stays
required, so that another sender's body is told apart.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, TypeVar
from urllib.parse import parse_qsl

from pydantic import BaseModel, BeforeValidator, ConfigDict, JsonValue, ValidationError

from shared.providers.base import UnreadableBody
from shared.providers.flat import pruned
from shared.submission import Answer, AnswerType, as_text

T = TypeVar("T")
URL_STARTS = ("https://", "http://")


def _unless_null(value: object) -> object:
    return [] if value is None else value


def _parts(value: object) -> object:
    # PHP writes an object without keys as an empty list.
    return {} if value is None or value == [] else value


Text = Annotated[str, BeforeValidator(as_text)]
Flag = Annotated[bool, BeforeValidator(bool)]
Rows = Annotated[list[T], BeforeValidator(_unless_null)]
Keyed = Annotated[dict[str, T], BeforeValidator(_parts)]
Parts = Keyed[JsonValue]


class Theirs(BaseModel):
    """A part of what a builder sends: only the fields that we use."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


Body = TypeVar("Body", bound=Theirs)


def parsed(model: type[Body], value: JsonValue, what: str) -> Body:
    """Return a JSON value as this model, or raise UnreadableBody: "Not a Tally submission: data is missing"."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        place = ".".join(str(step) for step in error.errors()[0]["loc"]) or "body"
        raise UnreadableBody(f"Not a {what}: {place} is missing or wrong.") from error


def answer(key: str, label: str, kind: AnswerType, value: JsonValue) -> Iterator[Answer]:
    """Yield one answer, or none if it says nothing; without a label, the key is the label."""
    said = pruned(value)
    if said is not None:
        yield Answer(key=key, label=label.strip() or key, type=kind, value=said)


def hidden(fields: Mapping[str, JsonValue]) -> Iterator[Answer]:
    """Yield what the page or the builder filled in."""
    for key, value in fields.items():
        yield from answer(key, key, "hidden", value)


def campaign(url: str) -> dict[str, JsonValue]:
    """Return the UTM values in the address of a page."""
    query = url.partition("#")[0].partition("?")[2]
    return {name: value for name, value in parse_qsl(query) if name.lower().startswith("utm_")}


def single(value: JsonValue) -> JsonValue:
    """Return the only item of a list of one, and anything else as it is."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def file_urls(files: JsonValue, key: str) -> JsonValue:
    """Return the URLs of uploaded files, which stand under this key; one file gives one URL."""
    found = files if isinstance(files, list) else [files]
    return single([(item.get(key) or item) if isinstance(item, dict) else item for item in found])


def are_urls(value: JsonValue) -> bool:
    """Say whether a value is a list of web addresses: uploads, where nothing else says so."""
    return isinstance(value, list) and all(isinstance(item, str) and item.startswith(URL_STARTS) for item in value)
