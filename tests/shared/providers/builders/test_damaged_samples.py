"""Builders change what they send without a word: a damaged delivery is read or unreadable, it never fails."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from shared.providers import PROVIDERS, UnreadableBody
from shared.providers.base import Reading
from tests.samples import SAMPLES, Sample

JSON_SAMPLES = [pytest.param(sample, id=sample.name) for sample in SAMPLES if sample.body_text.startswith(("{", "["))]
REPLACEMENTS: list[JsonValue] = [None, "", "x", 0, True, [], {}, [None], ["x"], {"x": "y"}, [{"x": 1}], [[]], 10**30]


@pytest.mark.parametrize("sample", JSON_SAMPLES)
@given(data=st.data())
def test_a_damaged_delivery_gives_a_reading_or_is_unreadable(sample: Sample, data: st.DataObject) -> None:
    body = json.loads(sample.body_text)
    damage(body, data)

    found = result(sample, json.dumps(body).encode())

    if found:
        assert all(answer.text for answer in found.answers)
        assert found.progress >= 0


def damage(body: Any, data: st.DataObject) -> None:
    """Replace or remove one part, at any depth."""
    places = list(_places(body))
    holder, key = places[data.draw(st.integers(0, len(places) - 1))]
    if data.draw(st.booleans()):
        holder[key] = data.draw(st.sampled_from(REPLACEMENTS))
    else:
        del holder[key]


def _places(value: Any) -> Any:
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from _places(value[key])


def result(sample: Sample, body: bytes) -> Reading | None:
    try:
        return PROVIDERS[sample.provider].read(body, "application/json")
    except UnreadableBody as unreadable:
        if not str(unreadable):
            raise
        return None
