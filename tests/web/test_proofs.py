"""Every kind of proof: who gets in, who does not, and why."""

import base64
import hmac
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import Headers

from shared.config import Form
from tests.web.conftest import NOW, a_form
from web.proofs import Sent, wrong_proof

BODY = b'{"email": "ada@example.com", "HandshakeKey": "body-secret"}'
TOKEN = "abcdefghijklmnopqrstuvwxyz"
OLD_TOKEN = "zyxwvutsrqponmlkjihgfedcba"
JSON = "application/json"
URLENCODED = "application/x-www-form-urlencoded"


def typeform(secret: str, body: bytes = BODY) -> str:
    return "sha256=" + base64.b64encode(hmac.digest(secret.encode(), body, "sha256")).decode()


def stamped(secret: str, timestamp: str, body: bytes = BODY) -> str:
    return hmac.digest(secret.encode(), timestamp.encode() + b"." + body, "sha256").hex()


def basic(credentials: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(credentials.encode()).decode()}


SIGNED = {"provider": "typeform", "secret": ["new", "old"]}
STAMPED = {
    "secret": "new",
    "signature": {"header": "X-Sig", "signed": "{timestamp}.{body}", "timestamp_header": "X-Time", "tolerance": 300},
}
URL = {"url_token": [TOKEN, OLD_TOKEN]}
HEADER = {"header_token": {"name": "X-Key", "value": ["header-secret", "old"]}}
BEARER = {"bearer": ["bearer-secret", "old"]}
BASIC = {"basic": {"username": "ada", "password": ["pa:ss é", "old"]}}
IN_BODY = {"body_token": {"field": "HandshakeKey", "value": ["body-secret", "old"]}}
ORIGIN = {"origins": ["https://example.com"]}
NOW_TEXT = str(int(NOW))


@dataclass(frozen=True)
class Case:
    form: dict[str, Any]
    cause: str
    headers: dict[str, str] = field(default_factory=dict)
    url_token: str = ""
    body: bytes = BODY
    content_type: str = JSON


CASES = [
    Case({"auth": "none"}, ""),
    #
    Case(SIGNED, "", {"Typeform-Signature": typeform("new")}),
    Case(SIGNED, "", {"typeform-signature": typeform("old")}),
    Case(SIGNED, "missing signature header"),
    Case(SIGNED, "wrong signature", {"Typeform-Signature": typeform("other")}),
    Case(SIGNED, "wrong signature", {"Typeform-Signature": typeform("new")}, body=BODY + b" "),
    Case(SIGNED, "wrong signature", {"Typeform-Signature": typeform("new").removeprefix("sha256=")}),
    Case(SIGNED, "wrong signature", {"Typeform-Signature": "sha256="}),
    Case(SIGNED, "wrong signature", {"Typeform-Signature": "sha256=\xff\u20ac\udc80"}),
    #
    Case(STAMPED, "", {"X-Sig": stamped("new", NOW_TEXT), "X-Time": NOW_TEXT}),
    Case(STAMPED, "", {"X-Sig": stamped("new", NOW_TEXT + "000").upper(), "X-Time": NOW_TEXT + "000"}),
    Case(STAMPED, "wrong signature", {"X-Sig": stamped("new", NOW_TEXT), "X-Time": str(int(NOW) + 1)}),
    Case(STAMPED, "stale timestamp", {"X-Sig": stamped("new", "1700000000"), "X-Time": "1700000000"}),
    Case(STAMPED, "stale timestamp", {"X-Sig": stamped("new", "")}),
    Case(STAMPED, "stale timestamp", {"X-Sig": stamped("new", "soon"), "X-Time": "soon"}),
    Case(STAMPED, "missing signature header", {"X-Time": NOW_TEXT}),
    #
    Case(URL, "", url_token=TOKEN),
    Case(URL, "", url_token=OLD_TOKEN),
    Case(URL, "missing url token"),
    Case(URL, "wrong url token", url_token=TOKEN + "x"),
    Case(URL, "wrong url token", url_token="\udc80\u20ac"),
    #
    Case(HEADER, "", {"x-key": "header-secret"}),
    Case(HEADER, "", {"X-Key": " old "}),
    Case(HEADER, "missing header token"),
    Case(HEADER, "wrong header token", {"X-Key": "header-secre"}),
    Case(HEADER, "wrong header token", {"X-Key": "\xff\u20ac\udc80"}),
    #
    Case(BEARER, "", {"Authorization": "Bearer bearer-secret"}),
    Case(BEARER, "", {"Authorization": "bearer  old"}),
    Case(BEARER, "missing bearer token"),
    Case(BEARER, "missing bearer token", {"Authorization": "bearer-secret"}),
    Case(BEARER, "missing bearer token", basic("bearer-secret")),
    Case(BEARER, "wrong bearer token", {"Authorization": "Bearer \xff"}),
    #
    Case(BASIC, "", basic("ada:pa:ss é")),
    Case(BASIC, "", basic("ada:old")),
    Case(BASIC, "missing basic credentials"),
    Case(BASIC, "wrong basic credentials", basic("ada")),
    Case(BASIC, "wrong basic credentials", basic("ada:")),
    Case(BASIC, "wrong basic credentials", basic("eve:old")),
    Case(BASIC, "wrong basic credentials", {"Authorization": "Basic \xff\u20ac"}),
    Case(BASIC, "wrong basic credentials", {"Authorization": "Basic x"}),
    #
    Case(IN_BODY, ""),
    Case(IN_BODY, "", body=b"HandshakeKey=old&a=b", content_type=URLENCODED),
    Case(IN_BODY, "missing body token", body=b"a=body-secret", content_type=URLENCODED),
    Case(IN_BODY, "missing body token", body=b'{"form": {"HandshakeKey": "body-secret"}}'),
    Case(IN_BODY, "missing body token", body=b'["body-secret"]'),
    Case(IN_BODY, "missing body token", body=b"{broken"),
    Case(IN_BODY, "missing body token", body=b""),
    Case(IN_BODY, "missing body token", body=b'{"HandshakeKey": ["body-secret"]}'),
    Case(IN_BODY, "wrong body token", body=b'{"HandshakeKey": "\\ud800"}'),
    Case(IN_BODY, "wrong body token", body=b'{"HandshakeKey": 7}'),
    #
    Case({"auth": "none", **ORIGIN}, ""),
    Case({"auth": "none", **ORIGIN}, "", {"Origin": "https://example.com"}),
    Case({"auth": "none", **ORIGIN}, "origin not allowed", {"Origin": "https://example.com.evil.example"}),
    Case({"auth": "none", **ORIGIN}, "origin not allowed", {"Origin": "null"}),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{'+'.join(case.form)}: {case.cause or 'holds'}")
def test_a_proof_holds_or_says_why_not(case: Case) -> None:
    assert wrong_proof(form(case.form), sent(case)) == case.cause


@pytest.mark.parametrize("missing", ["signature", "url", "header", "bearer", "body", ""])
def test_all_configured_proofs_must_hold(missing: str) -> None:
    headers = {"Typeform-Signature": typeform("new"), "X-Key": "header-secret", "Authorization": "Bearer old"}
    headers.pop({"signature": "Typeform-Signature", "header": "X-Key", "bearer": "Authorization"}.get(missing, ""), "")
    body = BODY
    if missing == "body":
        body = b"{}"
        headers["Typeform-Signature"] = typeform("new", body)
    case = Case({**SIGNED, **URL, **HEADER, **BEARER, **IN_BODY}, "", headers, "" if missing == "url" else TOKEN, body)

    assert bool(wrong_proof(form(case.form), sent(case))) == bool(missing)


@given(text=st.text(max_size=40), body=st.binary(max_size=80))
def test_no_hostile_value_raises_or_gets_in(text: str, body: bytes) -> None:
    line = quote(text) if "\r" in text or "\n" in text else text
    names = ("Typeform-Signature", "X-Sig", "X-Time", "X-Key", "Origin", "Authorization")
    headers = [dict.fromkeys(names, f"{start}{line}") for start in ("", "Bearer ", "Basic ", "sha256=", "t=1,v1=")]
    forms = [form(keys) for keys in (SIGNED, STAMPED, URL, HEADER, BEARER, BASIC, IN_BODY)]

    for each in headers:
        case = Case({}, "", each, text, body, line)
        assert all(wrong_proof(one, sent(case)) for one in forms)


def test_a_signature_over_the_raw_bytes_does_not_care_what_they_mean() -> None:
    body = bytes(range(256))
    case = Case(SIGNED, "", {"Typeform-Signature": typeform("new", body)}, body=body)

    assert wrong_proof(form(case.form), sent(case)) == ""


def form(keys: dict[str, Any]) -> Form:
    return Form.model_validate(a_form(**keys))


def sent(case: Case) -> Sent:
    return Sent(Headers(case.headers), case.url_token, case.body, case.content_type, NOW)
