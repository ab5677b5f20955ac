"""Answers from flat key-value bodies: the shape that simple senders share."""

from collections.abc import Iterable, Mapping

from pydantic import JsonValue

from shared.submission import Answer, AnswerType

FILE_KEYS = {"filename", "size"}


def flat_answers(fields: Mapping[str, JsonValue], noise: Iterable[str] = ()) -> tuple[Answer, ...]:
    """Return one answer for each field that says something, in the order of sending."""
    unwanted = {name.casefold() for name in noise}
    return tuple(
        Answer(key=key, label=key, type=_type(said), value=said)
        for key, value in fields.items()
        if key.casefold() not in unwanted and (said := pruned(value)) is not None
    )


def pruned(value: JsonValue) -> JsonValue:
    """Return a value without its empty parts, or None if nothing is left; 0 and false are answers."""
    match value:
        case str():
            return value if value.strip() else None
        case list():
            return [said for item in value if (said := pruned(item)) is not None] or None
        case dict():
            return {key: said for key, item in value.items() if (said := pruned(item)) is not None} or None
        case _:
            return value


def _type(value: JsonValue) -> AnswerType:
    match value:
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str() if "\n" in value:
            return "long_text"
        case dict() if value.keys() == FILE_KEYS:
            return "file"
        case list() if all(isinstance(item, dict) and item.keys() == FILE_KEYS for item in value):
            return "file"
        case list():
            return "choices"
        case _:
            return "text"
