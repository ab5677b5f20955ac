"""Bodies that mean harm are read and mapped with no more work and memory than their length allows."""

import json
import sys
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any
from urllib.parse import urlencode

import pytest
from pydantic import JsonValue

from shared.mapping import Unmappable, map_answers
from shared.providers import PROVIDERS, UnreadableBody
from shared.providers.base import Reading
from tests.samples import SAMPLES, Sample
from tests.shared.mapping.factories import US, a_form

MANY = 10_000
LONG = 1_000_000
CALLS_FOR_A_BYTE = 40
CALLS_FOR_AN_ANSWER = 3_000
MEMORY_FOR_A_BYTE = 60
FEW_CALLS = 100_000
LITTLE_MEMORY = 10_000_000
FORM = a_form(
    fields={"companyName": "Company?", "website": "{Site} {Page}"},
    custom_fields={"budget": "Budget"},
    tags=("a {Plan}",),
)


def as_json(value: JsonValue) -> bytes:
    return json.dumps(value).encode()


BODIES: dict[str, bytes] = {
    "ten thousand keys": as_json({f"key {number}": f"value {number}" for number in range(MANY)}),
    "ten thousand form fields": urlencode([(f"key{number}", "x") for number in range(MANY)]).encode(),
    "a thousand form fields": urlencode([(f"key{number}", "x") for number in range(1000)]).encode(),
    "emails that are none": as_json({f"email{'.' * number}": f"{number}@" for number in range(300)}),
    "phones that are none": as_json({f"phone{'-' * number}": f"1{number}" for number in range(300)}),
    "names upon names": as_json({f"name{'.' * number}": "Ada Lovelace" for number in range(300)}),
    "one key again and again": b"{" + b",".join([b'"email":"ada@example.com"'] * 1000) + b"}",
    "a long label": as_json({"your name " * (LONG // 10): "x", "email": "ada@example.com"}),
    "a long value": as_json({"name": "x y" * (LONG // 3), "email": "ada@example.com"}),
    "a long number": b'{"phone":' + b"1" * LONG + b"}",
    "an email of at signs": as_json({"email": "@" * LONG}),
    "blanks": as_json({"name": " " * LONG, "email": f"{' ' * LONG}a"}),
    "a long list": as_json({"x": ["y"] * 1000}),
    "many parts": as_json({"address": {f"line2{'.' * number}": "x" for number in range(300)}}),
    "a thousand levels": b'{"a":' * 1000 + b"1" + b"}" * 1000,
    "a thousand lists": b"[" * 1000 + b"]" * 1000,
    "thirty levels": b'{"a":' * 30 + b"1" + b"}" * 30,
    "never closed": b"[" * LONG,
    "brackets": b"a" + b"[b]" * (LONG // 3) + b"=1",
    "ampersands": b"&" * LONG + b"a=b",
    "percent signs": b"a=" + b"%41%" * MANY,
    "many boundaries": b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n' + b"\r\n--b" * MANY,
    "right to left, NUL, emoji and half of one": as_json(
        {"\u202eemail\u202c": "ada@example.com", "na\x00me": "\u202e🙂\x00" * MANY, "🙂" * MANY: "\ud83d" * MANY}
    ),
}


class TooMuchWork(BaseException):
    """More calls than a body of this length may cost."""


@pytest.mark.parametrize("name", BODIES)
def test_every_builder_reads_a_hostile_body_with_bounded_work(name: str) -> None:
    body = BODIES[name]

    for provider in PROVIDERS:
        with at_most_calls(CALLS_FOR_A_BYTE * len(body)):
            reading = read(provider, body)

        assert reading is None or sum(len(answer.text) for answer in reading.answers) <= 11 * len(body)


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("provider", ["generic_json", "html_form", "jotform", "tally"])
def test_a_hostile_body_is_read_in_bounded_memory(provider: str, name: str) -> None:
    body = BODIES[name]

    with at_most_memory(MEMORY_FOR_A_BYTE * len(body)):
        read(provider, body)


@pytest.mark.parametrize("name", BODIES)
def test_what_a_hostile_body_says_is_mapped_with_bounded_work_and_memory(name: str) -> None:
    body = BODIES[name]
    reading = longest_reading(body)

    with at_most_calls(CALLS_FOR_AN_ANSWER * len(reading.answers) + CALLS_FOR_A_BYTE * len(body)):
        note = mapped_note(reading)

    assert len(note) <= 3 * len(body)
    with at_most_memory(2 * MEMORY_FOR_A_BYTE * len(body)):
        mapped_note(reading)


@pytest.mark.parametrize("sample", SAMPLES, ids=[sample.name for sample in SAMPLES])
def test_a_list_of_twice_the_length_is_twice_the_work(sample: Sample) -> None:
    for place in lists_in(parsed(sample.body)):
        few, many = (as_json(repeated(parsed(sample.body), place, times)) for times in (100, 200))

        assert calls_to_read(sample.provider, many) <= 2.5 * calls_to_read(sample.provider, few) + 1000


def test_choosing_twice_as_many_of_twice_the_options_is_twice_the_work() -> None:
    few, many = (
        as_json(
            tally(
                options=[{"id": f"o{place}", "text": f"t{place}"} for place in range(count)],
                chosen=[f"o{place}" for place in range(count)],
            )
        )
        for count in (500, 1000)
    )

    assert calls_to_read("tally", many) <= 2.5 * calls_to_read("tally", few)


def test_a_long_text_that_many_ids_stand_for_is_refused() -> None:
    body = as_json(tally(options=[{"id": "o0", "text": "x" * 100_000}], chosen=["o0"] * MANY))

    with pytest.raises(UnreadableBody, match="far longer than the body"):
        PROVIDERS["tally"].read(body, "")


def test_a_long_label_that_many_answers_have_is_not_multiplied() -> None:
    question: JsonValue = {"id": "q", "title": "x" * 100_000, "type": "short_text"}
    answer: JsonValue = {"type": "text", "text": "y", "field": {"id": "q"}}
    response: JsonValue = {"token": "t", "definition": {"fields": [question]}, "answers": [answer] * 1000}
    body = as_json({"form_response": response})

    with at_most_calls(CALLS_FOR_A_BYTE * len(body)):
        answers = PROVIDERS["typeform"].read(body, "").answers

    assert len({answer.label for answer in answers}) == 1000
    assert sum(len(answer.label) for answer in answers) <= 11 * len(body)


def read(provider: str, body: bytes) -> Reading | None:
    try:
        return PROVIDERS[provider].read(body, "")
    except UnreadableBody:
        return None


def tally(options: list[JsonValue], chosen: list[JsonValue]) -> JsonValue:
    field: JsonValue = {"key": "q", "label": "Q", "type": "CHECKBOXES", "value": chosen, "options": options}
    return {"data": {"submissionId": "s", "fields": [field]}}


def longest_reading(body: bytes) -> Reading:
    """Return what the builder reads in a body that finds the most answers there."""
    readings = (read(provider, body) or Reading() for provider in PROVIDERS)
    return max(readings, key=lambda reading: len(reading.answers))


def mapped_note(reading: Reading) -> str:
    try:
        return map_answers(reading.answers, FORM, US).note
    except Unmappable:
        return ""


@contextmanager
def at_most_calls(most: int) -> Iterator[None]:
    """End with TooMuchWork what makes more calls than this, even if it would never end by itself."""
    left = most + FEW_CALLS

    def count(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise TooMuchWork

    sys.setprofile(count)
    try:
        yield
    finally:
        sys.setprofile(None)


@contextmanager
def at_most_memory(most: int) -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak <= most + LITTLE_MEMORY


def calls_to_read(provider: str, body: bytes) -> int:
    calls = 0

    def count(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal calls
        calls += 1

    sys.setprofile(count)
    try:
        read(provider, body)
    finally:
        sys.setprofile(None)
    return calls


def parsed(body: bytes) -> JsonValue:
    try:
        return json.loads(body)  # type: ignore[no-any-return]
    except ValueError:
        return None


def lists_in(value: JsonValue, place: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the places of the lists in a body."""
    match value:
        case dict():
            for key, item in value.items():
                yield from lists_in(item, (*place, key))
        case list():
            yield place
            for number, item in enumerate(value):
                yield from lists_in(item, (*place, number))


def repeated(value: Any, place: tuple[str | int, ...], times: int) -> JsonValue:
    """Return a body whose list at this place has its items so many times."""
    if not place:
        return list(value) * times
    inner = repeated(value[place[0]], place[1:], times)
    if isinstance(value, dict):
        return {**value, place[0]: inner}
    return [*value[: place[0]], inner, *value[int(place[0]) + 1 :]]
