"""The signatures of form builders: each scheme is data, and what it signs is fixed here by known answers."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from pydantic import ValidationError
from werkzeug.datastructures import Headers

from shared.providers.signatures import MISSING, STALE, WRONG, SignatureScheme, problem, verify

NOW = 1_790_000_000
BODY = '{"email":"ada@example.com","note":"ünïcode/slash"}'.encode()
SECRET = "demo-secret"

RECIPES = {
    "typeform": SignatureScheme(header="Typeform-Signature", encoding="base64", prefix="sha256="),
    "tally": SignatureScheme(header="Tally-Signature", encoding="base64"),
    "webflow": SignatureScheme(
        header="x-webflow-signature", signed="{timestamp}:{body}", timestamp_header="x-webflow-timestamp"
    ),
    "formspree": SignatureScheme(
        header="Formspree-Signature", signed="{timestamp}.{body}", signature_key="v1", timestamp_key="t"
    ),
    "wpforms": SignatureScheme(
        header="X-WPForms-Webhook-Signature",
        signed="{timestamp}.{body}",
        signature_key="v",
        timestamp_key="t",
        kind="php_json",
    ),
    "netlify": SignatureScheme(header="X-Webhook-Signature", kind="jws"),
    "framer": SignatureScheme(
        header="Framer-Signature", prefix="sha256=", signed="{body}{header:Framer-Webhook-Submission-Id}"
    ),
    "formstack": SignatureScheme(header="X-FS-Signature", prefix="sha256="),
    "clickfunnels": SignatureScheme(
        header="X-Webhook-ClickFunnels-Signature",
        signed="{timestamp}.{body}",
        timestamp_header="X-Webhook-ClickFunnels-Timestamp",
        tolerance=600,
    ),
    "surveymonkey": SignatureScheme(header="Sm-Signature", algorithm="sha1", encoding="base64"),
    "standard_webhooks": SignatureScheme(
        header="webhook-signature",
        encoding="base64",
        prefix="v1,",
        signed="{header:webhook-id}.{timestamp}.{body}",
        timestamp_header="webhook-timestamp",
        key_format="base64",
    ),
}


def digest(message: bytes, algorithm: str = "sha256") -> bytes:
    return hmac.digest(SECRET.encode(), message, algorithm)


def b64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def jws(claims: dict[str, str], algorithm: str = "HS256") -> str:
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
        for part in ({"alg": algorithm}, claims)
    ]
    signed = ".".join(parts)
    return f"{signed}.{base64.urlsafe_b64encode(digest(signed.encode())).decode().rstrip('=')}"


STAMP = str(NOW)
SHA = hashlib.sha256(BODY).hexdigest()
GOOD: dict[str, dict[str, str]] = {
    "typeform": {"Typeform-Signature": "sha256=" + b64(digest(BODY))},
    "tally": {"tally-signature": b64(digest(BODY))},
    "webflow": {
        "X-Webflow-Timestamp": f"{STAMP}117",
        "X-Webflow-Signature": digest(f"{STAMP}117:".encode() + BODY).hex(),
    },
    "formspree": {"Formspree-Signature": f"t={STAMP},v1={digest(f'{STAMP}.'.encode() + BODY).hex()}"},
    "wpforms": {"X-WPForms-Webhook-Signature": f"t={STAMP}, v={digest(f'{STAMP}.'.encode() + BODY).hex()}"},
    "netlify": {"X-Webhook-Signature": jws({"iss": "netlify", "sha256": SHA})},
    "framer": {
        "Framer-Signature": "sha256=" + digest(BODY + b"sub-7").hex(),
        "Framer-Webhook-Submission-Id": "sub-7",
    },
    "formstack": {"X-FS-Signature": "sha256=" + digest(BODY).hex().upper()},
    "clickfunnels": {
        "X-Webhook-ClickFunnels-Timestamp": str(NOW - 590),
        "X-Webhook-ClickFunnels-Signature": digest(f"{NOW - 590}.".encode() + BODY).hex(),
    },
    "surveymonkey": {"Sm-Signature": b64(digest(BODY, "sha1"))},
    "standard_webhooks": {
        "webhook-id": "msg_1",
        "webhook-timestamp": STAMP,
        "webhook-signature": f"v1a,x v1,AAAA v1,{b64(digest(f'msg_1.{STAMP}.'.encode() + BODY))}",
    },
}


def secret_of(name: str) -> str:
    return "whsec_" + b64(SECRET.encode()) if name == "standard_webhooks" else SECRET


@pytest.mark.parametrize("name", RECIPES)
def test_a_signature_holds_for_its_secret_and_its_body_only(name: str) -> None:
    scheme, secret, headers = RECIPES[name], secret_of(name), Headers(GOOD[name])

    assert problem(scheme, [secret], headers, BODY, NOW) == ""
    assert problem(scheme, ["new", secret], headers, BODY, NOW) == ""
    assert problem(scheme, ["other"], headers, BODY, NOW) == WRONG
    assert problem(scheme, [secret], headers, BODY + b" ", NOW) == WRONG
    assert problem(scheme, [secret], Headers(), BODY, NOW) == MISSING
    assert verify(scheme, [secret], headers, BODY, NOW)


@pytest.mark.parametrize("name", [name for name, scheme in RECIPES.items() if scheme.has_timestamp])
def test_a_signature_with_a_time_is_good_for_a_while(name: str) -> None:
    scheme, headers = RECIPES[name], Headers(GOOD[name])

    assert problem(scheme, [secret_of(name)], headers, BODY, NOW + 700) == STALE
    assert problem(scheme, [secret_of(name)], headers, BODY, NOW - 1300) == STALE


def test_the_example_of_standard_webhooks_holds() -> None:
    headers = Headers(
        {
            "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "webhook-timestamp": "1614265330",
            "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        }
    )

    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'
    assert verify(RECIPES["standard_webhooks"], [secret], headers, body, 1614265330)


def test_wpforms_signs_the_fields_of_a_form_as_php_writes_json() -> None:
    body = b"email=ada%40example.com&site=https%3A%2F%2Fexample.com&name=%C3%9Cla+B"
    text = '{"email":"ada@example.com","site":"https:\\/\\/example.com","name":"\\u00dcla B"}'
    headers = Headers({"X-WPForms-Webhook-Signature": f"t={STAMP},v={digest(f'{STAMP}.{text}'.encode()).hex()}"})

    assert verify(RECIPES["wpforms"], [SECRET], headers, body, NOW)


@pytest.mark.parametrize(
    "value",
    [
        jws({"sha256": SHA}, algorithm="none"),
        jws({"iss": "netlify"}),
        jws({"sha256": "0" * 64}),
        jws({"sha256": SHA})[:-2],
        "a.b.c",
        "..",
        ".",
        "x",
        "\xff.\u20ac.\udc80",
        base64.urlsafe_b64encode(b"[]").decode() + "..",
    ],
)
def test_a_jws_that_proves_nothing_is_refused(value: str) -> None:
    assert problem(RECIPES["netlify"], [SECRET], Headers({"X-Webhook-Signature": value}), BODY, NOW) == WRONG


@pytest.mark.parametrize("stamp", ["", "soon", "1790000000.5", "-1790000000", "\u0660" * 10, "17900000000", "\udc80"])
def test_a_timestamp_that_is_none_is_stale(stamp: str) -> None:
    headers = Headers({"x-webflow-timestamp": stamp, "x-webflow-signature": "00"})

    assert problem(RECIPES["webflow"], [SECRET], headers, BODY, NOW) == STALE


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"signed": "{timestamp}"}, "signed must contain {body}"),
        ({"signed": "{timestamp}.{body}"}, "set timestamp_header"),
        ({"timestamp_header": "X-Time"}, "signed leaves {timestamp} out"),
        ({"signed": "{url}{body}"}, "signed has {url}"),
        ({"signed": "{timestamp}.{body}", "timestamp_key": "t"}, "set signature_key"),
    ],
)
def test_a_scheme_that_cannot_hold_is_refused(keys: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said.replace("{", r"\{").replace("}", r"\}")):
        SignatureScheme(header="X-Sig", **keys)
