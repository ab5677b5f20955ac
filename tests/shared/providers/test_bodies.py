from urllib.parse import quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from shared.providers.base import UnreadableBody
from shared.providers.bodies import BEGINNING, MAX_DEPTH, MAX_FIELDS, is_json, read_form, read_json

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"

JSONS: list[tuple[bytes, str, JsonValue]] = [
    (b'{"a": "b"}', JSON, {"a": "b"}),
    (b'\xef\xbb\xbf{"a": "b"}', JSON, {"a": "b"}),
    (b' \r\n{"a": "b"}\n', FORM, {"a": "b"}),
    ('{"a": "Zoë"}'.encode(), JSON, {"a": "Zoë"}),
    ('{"a": "Zoë"}'.encode(), "application/json; charset=iso-8859-1", {"a": "Zoë"}),
    ('{"a": "Zoë"}'.encode("latin-1"), "application/json; charset=iso-8859-1", {"a": "Zoë"}),
    ('{"a": "Zoë"}'.encode("latin-1"), JSON, {"a": "Zoë"}),
    ('{"a": "€"}'.encode("cp1252"), "text/plain; charset=ISO-8859-1", {"a": "€"}),
    ('{"a": "Zoë"}'.encode("utf-16"), JSON, {"a": "Zoë"}),
    ('{"a": "Zoë"}'.encode("utf-16-le"), JSON, {"a": "Zoë"}),
    ('{"a": "日本"}'.encode("shift_jis"), "application/json; charset=shift_jis", {"a": "日本"}),
    (b'{"a": "b"}', "application/json; charset=zlib", {"a": "b"}),
    (b'{"a": "+AGE-"}', "application/json; charset=utf-7", {"a": "+AGE-"}),
    (b'{"a": "b"}', "application/json; charset=no-such", {"a": "b"}),
    (b'{"a": 1, "a": 2, "b": 3}', JSON, {"a": [1, 2], "b": 3}),
    (b'{"a": {"b": 1, "b": 1}}', JSON, {"a": {"b": [1, 1]}}),
    (b'{"a": NaN, "b": -Infinity, "c": 1e999}', JSON, {"a": "NaN", "b": "-Infinity", "c": "1e999"}),
    (b'{"a": 999999999999999, "b": 123456789012345678}', JSON, {"a": 999999999999999, "b": "123456789012345678"}),
    (b'{"a": 2.5, "b": 0.12345678901234567890}', JSON, {"a": 2.5, "b": "0.12345678901234567890"}),
    (b'{"a": ' + b"9" * 5000 + b"}", JSON, {"a": "9" * 5000}),
    (b'{"a": "\\ud83d\\ude00 \\ud800 \\u0000"}', JSON, {"a": "\U0001f600 \ufffd \ufffd"}),
    (b'{"\\ud800": 1, "\\ud801": 2}', JSON, {"\ufffd": [1, 2]}),
    (b'{"a": "one\\r\\ntwo"}', JSON, {"a": "one\ntwo"}),
]


@pytest.mark.parametrize(("body", "content_type", "value"), JSONS)
def test_json_is_read_whatever_its_header_says(body: bytes, content_type: str, value: JsonValue) -> None:
    assert is_json(body, content_type)
    assert read_json(body, content_type) == value


@pytest.mark.parametrize(
    "body",
    [b"", b" \n", b"{", b"a=b", b'{"a": 1} x', b"[" * 100_000, b'{"a":' * 50_000, b"[" * 40 + b"]" * 40, b"\xff\xfe{"],
)
def test_what_is_no_json_is_unreadable(body: bytes) -> None:
    with pytest.raises(UnreadableBody):
        read_json(body, JSON)


def test_json_may_be_nested_up_to_the_limit() -> None:
    depth = MAX_DEPTH - 1

    assert read_json(b"[" * depth + b"1" + b"]" * depth, JSON)


FORMS: list[tuple[str, dict[str, JsonValue]]] = [
    ("a=1&b=2", {"a": "1", "b": "2"}),
    ("a=1&a=2&b=3&a=4", {"a": ["1", "2", "4"], "b": "3"}),
    ("a[]=1", {"a": ["1"]}),
    ("a%5B%5D=1&a%5B%5D=2", {"a": ["1", "2"]}),
    ("a[b]=1&a[c]=2", {"a": {"b": "1", "c": "2"}}),
    ("a[b][c]=1&a[b][d][]=2", {"a": {"b": {"c": "1", "d": ["2"]}}}),
    ("a[0]=x&a[1]=y", {"a": ["x", "y"]}),
    ("a[5]=x", {"a": {"5": "x"}}),
    ("a=1&a[b]=2", {"a": ["1", {"b": "2"}]}),
    ("a[b]=2&a=1", {"a": ["1", {"b": "2"}]}),
    ("a[b]=1&a[b][c]=2", {"a": {"b": ["1", {"c": "2"}]}}),
    ("a[][b]=1&a[][b]=2", {"a": {"b": ["1", "2"]}}),
    ("[a]=1&b]=2&c[=3&d[e=4&f[g]h=5", {"[a]": "1", "b]": "2", "c[": "3", "d[e": "4", "f[g]h": "5"}),
    ("a" + "[b]" * 40 + "=1", {"a" + "[b]" * 40: "1"}),
    ("t=one%0D%0Atwo", {"t": "one\ntwo"}),
    ("t=1+1%2B1&u=%zz&v=%", {"t": "1 1+1", "u": "%zz", "v": "%"}),
    ("=x&&a=1&b", {"": "x", "a": "1", "b": ""}),
    ("a=b=c", {"a": "b=c"}),
    ("n=%00", {"n": "\ufffd"}),
]


@pytest.mark.parametrize(("body", "fields"), FORMS)
def test_a_form_keeps_every_value(body: str, fields: dict[str, JsonValue]) -> None:
    assert read_form(body.encode(), FORM) == fields
    assert read_form(body.encode(), "text/plain") == fields


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1", "windows-1252"])
def test_a_form_is_read_in_its_charset(charset: str) -> None:
    body = f"name={quote_plus('Zoë', encoding=charset)}".encode()

    assert read_form(body, f"{FORM}; charset={charset}") == {"name": "Zoë"}


@pytest.mark.parametrize("body", [b"", b"hello", b"&&", b"&".join([b"a=1"] * (MAX_FIELDS + 1))])
def test_what_is_no_form_is_unreadable(body: bytes) -> None:
    with pytest.raises(UnreadableBody):
        read_form(body, FORM)


MULTIPART = "multipart/form-data; boundary=xyz"


def a_multipart(*parts: tuple[str, bytes], end: bytes = b"--xyz--\r\n") -> bytes:
    return b"".join(f"--xyz\r\n{head}\r\n\r\n".encode() + data + b"\r\n" for head, data in parts) + end


def a_field(name: str, more: str = "") -> str:
    return f'Content-Disposition: form-data; name="{name}"{more}'


def test_a_multipart_form_is_read_in_order_and_files_by_name_and_size() -> None:
    body = a_multipart(
        (a_field("first"), b"Ada"),
        (a_field("cv", '; filename="cv.pdf"\r\nContent-Type: application/pdf'), b"\x00\xff--xy" * 10),
        (a_field("photo", '; filename=""'), b""),
        (a_field("topic[]"), b"one"),
        (a_field("topic[]"), b"two"),
        (a_field("note"), "Zoë\r\nLine".encode("latin-1")),
    )

    expected: dict[str, JsonValue] = {
        "first": "Ada",
        "cv": {"filename": "cv.pdf", "size": 60},
        "photo": "",
        "topic": ["one", "two"],
        "note": "Zoë\nLine",
    }
    for content_type in (MULTIPART, "multipart/form-data", "application/octet-stream"):
        assert read_form(body, content_type) == expected
        assert list(read_form(body, content_type)) == list(expected)


@pytest.mark.parametrize(
    "body",
    [
        a_multipart((a_field("a"), b"1"), end=b""),
        a_multipart((a_field("a"), b"1"))[:-12],
        a_multipart(*[(a_field("a"), b"1")] * (MAX_FIELDS + 1)),
        b"--other\r\n" + a_field("a").encode() + b"\r\n\r\n1\r\n--other--",
        a_multipart((a_field("a"), b"1")).replace(b'"a"', b'"\xff"'),
        a_multipart(("Content-Type: text/plain\r\nX: content-disposition:", b"1")),
        b"--xyz--\r\n",
    ],
)
def test_a_broken_multipart_form_is_unreadable(body: bytes) -> None:
    with pytest.raises(UnreadableBody):
        read_form(body, MULTIPART)


@given(st.lists(st.tuples(st.text(st.characters(exclude_characters="[]")), st.text()), min_size=1))
def test_a_form_gives_back_what_was_sent(pairs: list[tuple[str, str]]) -> None:
    fields = read_form(urlencode(pairs, errors="surrogatepass").encode(), FORM)

    assert {value for values in fields.values() for value in (values if isinstance(values, list) else [values])} == {
        value.replace("\r\n", "\n").replace("\0", "\ufffd") for _, value in pairs
    }


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_json_is_known_by_its_beginning_wherever_that_is_cut(encoding: str) -> None:
    for padding in range(6):
        body = ('{"a": "' + "x" * padding + "é𝄞" * BEGINNING + '"}').encode(encoding)

        assert is_json(body, "")
