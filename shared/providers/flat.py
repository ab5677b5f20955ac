"""Answers from flat key-value bodies: the shape that simple senders share."""

from collections.abc import Iterable, Mapping

from pydantic import JsonValue

from shared.submission import Answer, AnswerType

FILE_KEYS = {"filename", "size"}
LONGEST_LABEL = 1000  # of what tells labels apart, so that a long one that is repeated does not multiply


def flat_answers(fields: Mapping[str, JsonValue], noise: Iterable[str] = ()) -> tuple[Answer, ...]:
    """Return one answer for each field that says something, in the order of sending."""
    unwanted = {name.casefold() for name in noise}
    return tuple(
        Answer(key=key, label=key, type=type_of(said), value=said)
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


def numbered(answers: Iterable[Answer]) -> tuple[Answer, ...]:
    """Return the answers with a label of their own each: the second "Name" becomes "Name (2)"; keys stay."""
    given = tuple(answers)
    taken = {_compared(answer.label[:LONGEST_LABEL]) for answer in given}
    last: dict[str, int] = {}  # the number that each label has reached
    return tuple(_with_own_label(answer, taken, last) for answer in given)


def _with_own_label(answer: Answer, taken: set[str], last: dict[str, int]) -> Answer:
    label = answer.label[:LONGEST_LABEL]
    name = _compared(label)
    number = last.get(name, 0) + 1
    while number > 1 and _compared(f"{label} ({number})") in taken:  # another question is called so
        number += 1
    last[name] = number
    return answer if number == 1 else answer.model_copy(update={"label": f"{label} ({number})"})


def _compared(label: str) -> str:
    """Return a label without what makes no difference when the configuration names it: case and blanks."""
    return " ".join(label.split()).casefold()


def type_of(value: JsonValue) -> AnswerType:
    """Return what kind of answer a value is by its looks."""
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
