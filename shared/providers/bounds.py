"""
What a request says is about as long as the request.

Where ids stand for texts, a small hostile body could say something huge: a thousand times the id of one long text.
"""

from collections.abc import Callable

from pydantic import JsonValue

from shared.providers.base import Reading, UnreadableBody

MOST_TIMES = 10  # honest bodies stay below 3: a key, a label and a value for each field
ALLOWANCE = 64 * 1024


def bounded(read: Callable[[bytes, str], Reading]) -> Callable[[bytes, str], Reading]:
    """Return a reader that refuses what says far more than the body holds."""

    def read_within_bounds(body: bytes, content_type: str) -> Reading:
        reading = read(body, content_type)
        told = sum(len(answer.key) + len(answer.label) + _length(answer.value) for answer in reading.answers)
        if told > MOST_TIMES * len(body) + ALLOWANCE:
            raise UnreadableBody("The answers are far longer than the body that holds them; expected each text once.")
        return reading

    return read_within_bounds


def _length(value: JsonValue) -> int:
    match value:
        case str():
            return len(value)
        case list():
            return sum(map(_length, value))
        case dict():
            return sum(len(key) + _length(item) for key, item in value.items())
        case _:
            return 0
