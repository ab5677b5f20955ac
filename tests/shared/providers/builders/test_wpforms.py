import json
from typing import Any

import pytest
from pydantic import JsonValue
from werkzeug.datastructures import Headers

from shared.providers import PROVIDERS
from shared.providers.base import Reading
from shared.providers.signatures import Signed, verify
from tests.samples import SAMPLES


def reading(fields: dict[str, Any]) -> Reading:
    return PROVIDERS["wpforms"].read(json.dumps(fields).encode(), "application/json")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Design||Hosting", ["Design", "Hosting"]),
        ("a || b", "a || b"),
        ("a||b\nc", "a||b\nc"),
        ("||", "||"),
        ("a||", "a||"),
        ({"value": "10/14/2026", "unix": 1791970200}, "10/14/2026"),
        ({"value": "10/14/2026", "unix": ""}, "10/14/2026"),
        ({"unix": 1791970200}, {"unix": 1791970200}),
        ({"value": "x", "more": "y"}, {"value": "x", "more": "y"}),
    ],
)
def test_only_what_wpforms_itself_has_joined_is_taken_apart(value: JsonValue, expected: JsonValue) -> None:
    [answer] = reading({"q": value}).answers

    assert answer.value == expected


@pytest.mark.parametrize("entry", ["0", 0, "", "{entry_id}", None, ["588"]])
def test_an_entry_that_is_not_stored_has_no_id(entry: JsonValue) -> None:
    found = reading({"q": "a", "entry_id": entry})

    assert found.submission_id == ""
    assert [answer.key for answer in found.answers] == ["q"]


def test_dates_and_lists_in_form_mode_are_signed_as_the_json_that_they_were() -> None:
    [sample] = [one for one in SAMPLES if one.name == "wpforms"]
    scheme = PROVIDERS["wpforms"].signature
    assert scheme
    assert b"%5Bunix%5D" in sample.body

    signed = Signed(Headers(sample.headers), sample.body)
    other = Signed(Headers(sample.headers), sample.body.replace(b"1791970200", b"1791970201"))
    assert verify(scheme, [sample.secret], signed, sample.signed_at)
    assert not verify(scheme, [sample.secret], other, sample.signed_at)
