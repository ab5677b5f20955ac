"""Whatever is sent: a documented answer, and every accepted submission in the journal."""

from json import dumps
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.providers import PROVIDERS
from tests.web.conftest import Start, Web, a_form

DOCUMENTED = {200, 303, 400, 401, 405, 411, 413, 415}
TOKEN = "abcdefghijklmnopqrstuvwxyz"
FORMS = {
    **{name.replace("_", "-"): a_form(provider=name, max_body=2048) for name in PROVIDERS},
    "tokened": a_form(url_token=TOKEN, bearer="secret", body_token={"field": "key", "value": "secret"}),
    "signed": a_form(provider="typeform", secret="secret"),
    "page": a_form(provider="html_form", redirect="https://example.com/", honeypot="h", origins=["https://a.example"]),
}

words = st.sampled_from(
    ["email", "name", "answers", "data", "form_response", "h", "key", "id", "é", "\x00", "[a]", "%"]
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4),
    max_leaves=12,
)
header_text = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=40)
content_types = header_text | st.sampled_from(
    [
        "application/json",
        "application/json; charset=utf-16",
        "application/x-www-form-urlencoded; charset=latin-1",
        "multipart/form-data; boundary=x",
        "text/plain",
        "",
    ]
)


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """Return bytes: random ones, JSON, form fields, multipart, or any of these cut short."""

    body: bytes = draw(
        st.one_of(
            st.binary(max_size=3000),
            st.dictionaries(words, values, max_size=6).map(lambda value: dumps(value).encode()),
            values.map(lambda value: dumps(value).encode("utf-16")),
            st.lists(st.tuples(words, st.text(max_size=20)), max_size=6).map(lambda pairs: urlencode(pairs).encode()),
            st.lists(st.tuples(words, st.binary(max_size=20)), max_size=4).map(_multipart),
        )
    )
    return body[: draw(st.integers(0, len(body)))] if draw(st.booleans()) else body


@pytest.fixture
def web(start: Start) -> Web:
    return start(FORMS)


@settings(max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    method=st.sampled_from(["POST"] * 20 + ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"]),
    place=st.sampled_from([*FORMS, f"tokened/{TOKEN}", "nix", "tokened/%ff", "page?token=%00"]),
    body=bodies(),
    content_type=content_types,
    headers=st.dictionaries(
        st.sampled_from(["Origin", "Authorization", "Typeform-Signature", "Idempotency-Key", "X-Other", "Accept"]),
        header_text,
        max_size=3,
    ),
    length=st.sampled_from(["true"] * 20 + ["", "0", "x", "-1", "99999", "chunked"]),
)
def test_no_request_fails_and_no_accepted_one_is_missing(
    web: Web, method: str, place: str, body: bytes, content_type: str, headers: dict[str, str], length: str
) -> None:
    web.clock.now += 1  # or one address would soon send too much
    before = web.journal.ledger().accepted

    answer = web.client.open(
        f"/hooks/{place}",
        method=method,
        data=body,
        headers=[*headers.items(), *_transfer(length)],
        environ_overrides={"CONTENT_TYPE": content_type, **_length(length)},
        buffered=True,
    )

    assert answer.status_code in DOCUMENTED
    accepted = web.journal.ledger().accepted - before
    if answer.status_code == 200 and method == "POST":
        content: dict[str, Any] = answer.get_json()
        assert content["status"] in ("accepted", "duplicate", "ignored")
        assert accepted == (content["status"] == "accepted")
        assert content["status"] == "ignored" or web.journal.find(content["id"])
    elif answer.status_code != 303:
        assert accepted == 0


def _multipart(parts: list[tuple[str, bytes]]) -> bytes:
    head = 'Content-Disposition: form-data; name="{}"'
    return b"".join(
        b"--x\r\n" + head.format(name).encode() + b"\r\n\r\n" + value + b"\r\n" for name, value in parts
    ) + (b"--x--\r\n")


def _transfer(length: str) -> list[tuple[str, str]]:
    return [("Transfer-Encoding", "chunked")] if length == "chunked" else []


def _length(length: str) -> dict[str, Any]:
    match length:
        case "true":
            return {}
        case "chunked":
            return {"CONTENT_LENGTH": "", "wsgi.input_terminated": True}
        case _:
            return {"CONTENT_LENGTH": length}
