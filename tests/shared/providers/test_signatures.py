"""The signatures of form builders: each scheme is data, and what it signs is fixed here by known answers."""

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError
from werkzeug.datastructures import Headers

from shared.config import Form
from shared.providers import PROVIDERS
from shared.providers.signatures import MISSING, STALE, WRONG, SignatureScheme, Signed, problem, verify
from tests.samples import SAMPLES, Sample

NOW = 1_790_000_000
BODY = '{"email":"ada@example.com","note":"ünïcode/slash"}'.encode()
SECRET = "demo-secret"

RECIPES = {name: provider.signature for name, provider in PROVIDERS.items() if provider.signature}

SIGNED = [sample for sample in SAMPLES if "secret" in sample.table()]


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
    "webflow_v1": {
        "X-Webflow-Timestamp": STAMP,
        "X-Webflow-Signature": digest(f"{STAMP}:".encode() + BODY).hex(),
    },
    "webflow_v2": {
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
    "basin": {"X-Basin-Signature": "sha256=" + digest(BODY).hex()},
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


@pytest.mark.parametrize("name", GOOD)
def test_a_signature_holds_for_its_secret_and_its_body_only(name: str) -> None:
    scheme, secret, headers = RECIPES[name], secret_of(name), Headers(GOOD[name])

    assert problem(scheme, [secret], Signed(headers, BODY), NOW) == ""
    assert problem(scheme, ["new", secret], Signed(headers, BODY), NOW) == ""
    assert problem(scheme, ["other"], Signed(headers, BODY), NOW) == WRONG
    assert problem(scheme, [secret], Signed(headers, BODY + b" "), NOW) == WRONG
    assert problem(scheme, [secret], Signed(Headers(), BODY), NOW) == MISSING
    assert verify(scheme, [secret], Signed(headers, BODY), NOW)


@pytest.mark.parametrize("name", [name for name in GOOD if RECIPES[name].has_timestamp])
def test_a_signature_with_a_time_is_good_for_a_while(name: str) -> None:
    scheme, headers = RECIPES[name], Headers(GOOD[name])

    assert problem(scheme, [secret_of(name)], Signed(headers, BODY), NOW + 700) == STALE
    assert problem(scheme, [secret_of(name)], Signed(headers, BODY), NOW - 1300) == STALE


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
    assert verify(RECIPES["standard_webhooks"], [secret], Signed(headers, body), 1614265330)


def test_a_delivery_that_was_captured_from_formstack_holds() -> None:
    body = b"FormID=6606394&UniqueID=1500878955&HandshakeKey=test"
    signature = "sha256=30dff7f180b6d69eab397a5d51719474df490b730514c253e8b5832d3b51b970"

    assert verify(RECIPES["formstack"], ["test1"], Signed(Headers({"x-fs-signature": signature}), body), NOW)
    assert not verify(RECIPES["formstack"], ["test"], Signed(Headers({"x-fs-signature": signature}), body), NOW)


def test_the_headers_of_svix_are_those_of_standard_webhooks_under_another_name() -> None:
    headers = {name.replace("webhook-", "svix-"): value for name, value in GOOD["standard_webhooks"].items()}
    scheme, secret = RECIPES["standard_webhooks"], secret_of("standard_webhooks")

    assert verify(scheme, [secret], Signed(Headers(headers), BODY), NOW)
    assert problem(scheme, [secret], Signed(Headers({**headers, "svix-id": "msg_2"}), BODY), NOW) == WRONG
    assert problem(scheme, [secret], Signed(Headers({**headers, "webhook-signature": "v1,AAAA"}), BODY), NOW) == STALE
    assert problem(scheme, [secret], Signed(Headers(headers), BODY), NOW + 700) == STALE


@pytest.mark.parametrize("sample", SIGNED, ids=[sample.name for sample in SIGNED])
def test_the_signature_of_each_delivery_holds(sample: Sample) -> None:
    scheme = Form.model_validate(sample.table()).scheme

    assert scheme
    signed = Signed(Headers(sample.headers), sample.body, sample.method, sample.url)
    assert problem(scheme, [sample.secret], signed, sample.signed_at) == ""
    assert problem(scheme, [b64(b"other")], signed, sample.signed_at) == WRONG
    assert problem(scheme, [sample.secret], replace(signed, body=sample.body + b" "), sample.signed_at) == WRONG


def test_every_builder_that_signs_has_a_signed_delivery() -> None:
    assert set(RECIPES) == {sample.provider for sample in SIGNED if PROVIDERS[sample.provider].signature}


# https://legacydocs.hubspot.com/docs/faq/v2-request-validation
@pytest.mark.parametrize(
    ("method", "body", "signature"),
    [
        ("GET", b"", "eee2dddcc73c94d699f5e395f4b9d454a069a6855fbfa152e91e88823087200e"),
        (
            "POST",
            b'{"example_field":"example_value"}',
            "9569219f8ba981ffa6f6f16aa0f48637d35d728c7e4d93d0d52efaa512af7900",
        ),
    ],
)
def test_the_examples_of_hubspots_second_version_hold(method: str, body: bytes, signature: str) -> None:
    headers, url = Headers({"X-HubSpot-Signature": signature}), "https://www.example.com/webhook_uri"
    scheme, secret = RECIPES["hubspot_workflow"], "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"

    assert verify(scheme, [secret], Signed(headers, body, method, url), NOW)
    assert not verify(scheme, [secret], Signed(headers, body, method, url + "/"), NOW)
    assert not verify(scheme, [secret], Signed(headers, body, "PUT", url), NOW)
    assert not verify(scheme, [""], Signed(headers, body, method, url), NOW)


def test_the_example_of_hubspots_first_version_holds() -> None:
    body = (
        b'[{"eventId":1,"subscriptionId":12345,"portalId":62515,"occurredAt":1564113600000,'
        b'"subscriptionType":"contact.creation","attemptNumber":0,"objectId":123,"changeSource":"CRM",'
        b'"changeFlag":"NEW","appId":54321}]'
    )
    signature = "232db2615f3d666fe21a8ec971ac7b5402d33b9a925784df3ca654d05f4817de"
    scheme = SignatureScheme(header="X-HubSpot-Signature", kind="hash", signed="{secret}{body}")

    headers = Headers({"X-HubSpot-Signature": signature})
    assert verify(scheme, ["yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"], Signed(headers, body), NOW)


def test_hubspot_signs_some_characters_of_an_address_as_themselves() -> None:
    scheme, stamp = RECIPES["hubspot"], f"{NOW}000"
    signed_url = "https://example.com/hooks/a?to=x@example.com&at=10:30&sum=a%26b%20c"
    text = f"POST{signed_url}".encode() + BODY + stamp.encode()
    headers = Headers({"X-HubSpot-Signature-v3": b64(digest(text)), "X-HubSpot-Request-Timestamp": stamp})

    sent = "https://example.com/hooks/a?to=x%40example.com&at=10%3a30&sum=a%26b%20c"
    assert verify(scheme, [SECRET], Signed(headers, BODY, "POST", sent), NOW)


@pytest.mark.parametrize(
    ("secret", "is_usable"),
    [
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", True),
        ("c2VjcmV0LWtleQ==", True),
        ("c2VjcmV0LWtleQ", True),  # copied without its padding
        ("plain-secret!", False),
        ("whsec_", False),
        ("ключ", False),
    ],
)
def test_a_secret_that_is_no_base64_signs_nothing(secret: str, is_usable: bool) -> None:
    scheme = SignatureScheme(header="X-Sig", key_format="base64")
    made_as_text = hmac.digest(secret.encode(), BODY, "sha256").hex()
    made_with_nothing = hmac.digest(b"", BODY, "sha256").hex()

    assert scheme.can_use(secret) is is_usable
    for forged in (made_as_text, made_with_nothing):
        assert not verify(scheme, [secret], Signed(Headers({"X-Sig": forged}), BODY), NOW)


def test_wpforms_signs_the_fields_of_a_form_as_php_writes_json() -> None:
    body = b"email=ada%40example.com&site=https%3A%2F%2Fexample.com&name=%C3%9Cla+B"
    text = '{"email":"ada@example.com","site":"https:\\/\\/example.com","name":"\\u00dcla B"}'
    headers = Headers({"X-WPForms-Webhook-Signature": f"t={STAMP},v={digest(f'{STAMP}.{text}'.encode()).hex()}"})

    assert verify(RECIPES["wpforms"], [SECRET], Signed(headers, body), NOW)


@pytest.mark.parametrize(
    "value",
    [
        jws({"sha256": SHA}, algorithm="none"),
        jws({"iss": "netlify"}),
        jws({"sha256": "0" * 64}),
        jws({"sha256": SHA})[:-2],
        f"{b64(b'[' * 12_000)}.e30.abc",
        "a.b.c",
        "..",
        ".",
        "x",
        "\xff.\u20ac.\udc80",
        base64.urlsafe_b64encode(b"[]").decode() + "..",
    ],
)
def test_a_jws_that_proves_nothing_is_refused(value: str) -> None:
    assert problem(RECIPES["netlify"], [SECRET], Signed(Headers({"X-Webhook-Signature": value}), BODY), NOW) == WRONG


@pytest.mark.parametrize("stamp", ["", "soon", "1790000000.5", "-1790000000", "\u0660" * 10, "17900000000", "\udc80"])
def test_a_timestamp_that_is_none_is_stale(stamp: str) -> None:
    headers = Headers({"x-webflow-timestamp": stamp, "x-webflow-signature": "00"})

    assert problem(RECIPES["webflow_v2"], [SECRET], Signed(headers, BODY), NOW) == STALE


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"signed": "{timestamp}"}, "signed must contain {body}"),
        ({"signed": "{timestamp}.{body}"}, "set timestamp_header"),
        ({"timestamp_header": "X-Time"}, "signed leaves {timestamp} out"),
        ({"signed": "{host}{body}"}, "signed has {host}"),
        ({"kind": "hash"}, "signed leaves {secret} out"),
        ({"signed": "{secret}{body}"}, "signed has {secret}, which belongs to kind"),
        ({"signed": "{timestamp}.{body}", "timestamp_key": "t"}, "set signature_key"),
    ],
)
def test_a_scheme_that_cannot_hold_is_refused(keys: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said.replace("{", r"\{").replace("}", r"\}")):
        SignatureScheme(header="X-Sig", **keys)
