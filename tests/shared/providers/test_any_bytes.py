"""Whatever the bytes are, each provider gives a Reading or UnreadableBody, and always the same one."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from shared.providers import PROVIDERS, UnreadableBody
from shared.providers.base import Reading
from shared.providers.fingerprint import fingerprint

TYPES = st.sampled_from(
    ["", "application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "multipart/x; y"]
) | st.text(max_size=40)
VALUES: st.SearchStrategy[JsonValue] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)
TYPEFORMS = st.fixed_dictionaries(
    {"form_response": st.fixed_dictionaries({"token": VALUES | st.just("t")}, optional={"answers": VALUES})}
)
PART = b'--b\r\nContent-Disposition: form-data; name="a"; filename="x"\r\n\r\n'
PIECES = st.sampled_from(
    [b"--b", b"--b--", b"\r\n", b"\n", b"\r", b"--", PART, b"Content-Disposition: form-data", b"="]
)
MULTIPARTS = st.lists(PIECES | st.binary(max_size=5), max_size=12).map(lambda pieces: PART + b"".join(pieces))
BODIES = (
    st.binary()
    | st.text(alphabet="a1[]=&%+;\x00é").map(str.encode)
    | VALUES.map(lambda value: json.dumps(value).encode())
    | TYPEFORMS.map(lambda value: json.dumps(value).encode())
    | MULTIPARTS
)


@pytest.mark.parametrize("provider", sorted(PROVIDERS))
@given(body=BODIES, content_type=TYPES)
def test_any_bytes_give_a_reading_or_are_unreadable(provider: str, body: bytes, content_type: str) -> None:
    found = result(provider, body, content_type)

    if found:
        stored = found.model_dump_json()
        assert Reading.model_validate_json(stored) == found
        assert fingerprint(found.answers)
        assert all(answer.text for answer in found.answers)
    assert result(provider, body, content_type) == found


def result(provider: str, body: bytes, content_type: str) -> Reading | None:
    try:
        return PROVIDERS[provider].read(body, content_type)
    except UnreadableBody as unreadable:
        if not str(unreadable):
            raise
        return None
