"""Every builder's deliveries at the door: taken when they prove themselves, refused when one byte is another."""

import base64
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import pytest

from shared.config import Form
from shared.providers.signatures import SignatureScheme
from tests.samples import SAMPLES, Sample
from tests.web.conftest import Start, Web

SIGNED = [sample for sample in SAMPLES if "secret" in sample.table()]
SECRETS = [sample for sample in SAMPLES if sample.scheme != "none"]
POSTED = [sample for sample in SAMPLES if sample.method == "POST"]
each = pytest.mark.parametrize("sample", POSTED, ids=lambda sample: sample.name)
each_signed = pytest.mark.parametrize("sample", SIGNED, ids=lambda sample: sample.name)


@each
def test_a_delivery_is_taken(start: Start, sample: Sample) -> None:
    web = started(start, sample, partials="deliver")

    status = post(web, sample)

    assert status == 200
    assert not web.kept
    assert web.journal.ledger().accepted == (0 if sample.expect.action == "ignored" else sample.events)


@each
def test_a_delivery_that_comes_again_is_a_duplicate(start: Start, sample: Sample) -> None:
    web = started(start, sample, partials="deliver")
    post(web, sample)
    once = web.journal.ledger()

    status = post(web, sample)

    assert status == 200
    assert web.journal.ledger().accepted == once.accepted
    assert web.journal.ledger().duplicate == once.accepted


@pytest.mark.parametrize("name", ["standard_webhooks_svix", "framer"])
def test_the_id_that_is_signed_names_a_submission_whatever_stands_beside_it(start: Start, name: str) -> None:
    [sample] = [sample for sample in SAMPLES if sample.name == name]
    web = started(start, sample)
    post(web, sample)

    post(web, sample, headers={**sample.headers, "webhook-id": "another", "Idempotency-Key": "another"})

    assert (web.journal.ledger().accepted, web.journal.ledger().duplicate) == (1, 1)


@each_signed
def test_a_signed_delivery_with_one_byte_changed_is_refused_and_kept(start: Start, sample: Sample) -> None:
    web = started(start, sample)
    changes = list(changed(sample, scheme_of(sample)))

    answers = [post(web, sample, body, headers) for body, headers in changes]

    assert answers == [401] * len(changes)
    assert len(web.kept) == len(changes)
    assert web.journal.ledger().accepted == 0


@each_signed
def test_a_hostile_signature_is_no_fault_of_ours(start: Start, sample: Sample) -> None:
    web, header = started(start, sample), sent_as(sample, scheme_of(sample).header)

    answers = [post(web, sample, headers={**without(sample.headers, header), header: value}) for value in HOSTILE]

    assert answers == [401] * len(HOSTILE)
    assert len(web.kept) == len(HOSTILE)


@each_signed
def test_a_signed_delivery_without_its_signature_is_refused(start: Start, sample: Sample) -> None:
    web = started(start, sample)

    assert post(web, sample, headers=without(sample.headers, sent_as(sample, scheme_of(sample).header))) == 401


@each_signed
def test_a_signature_with_a_time_is_refused_when_it_is_old(start: Start, sample: Sample) -> None:
    web, scheme = started(start, sample), scheme_of(sample)
    web.clock.now += scheme.tolerance + 1

    assert post(web, sample) == (401 if scheme.has_timestamp else 200)


@pytest.mark.parametrize("sample", SECRETS, ids=lambda sample: sample.name)
def test_a_secret_may_be_rotated_and_another_by_one_byte_is_refused(start: Start, sample: Sample) -> None:
    other = altered(sample.secret, len(sample.secret) - 3)

    during = post(started(start, sample, **with_secrets(sample, other, sample.secret)), sample)
    after = post(started(start, sample, **with_secrets(sample, other)), sample)

    assert (during, after) == (200, 401)


HOSTILE = (
    "\xff\xfe\u00e9",
    "a" * 10_240,
    "sha256=" + "\xe9" * 64,
    "t=1790000000,v1=\xff,v=\xff",
    "v1,\xff" * 50,
    "..",
    "\x80.\x80.\x80",
    f"{base64.b64encode(b'[' * 12_000).decode()}.e30.abc",
)


def started(start: Start, sample: Sample, **more: Any) -> Web:
    web = start({name_of(sample): sample.table(**more)})
    web.clock.now = float(sample.signed_at)
    return web


def post(web: Web, sample: Sample, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> int:
    path = f"/hooks/{name_of(sample)}" + (f"/{sample.url_token}" if sample.url_token else "")
    query = urlsplit(sample.url).query
    answer = web.post(
        f"{path}?{query}" if query else path,
        sample.body if body is None else body,
        headers=dict(headers or sample.headers),
        content_type=None,
    )
    return answer.status_code


def name_of(sample: Sample) -> str:
    return sample.provider.replace("_", "-")


def scheme_of(sample: Sample) -> SignatureScheme:
    scheme = Form.model_validate(sample.table()).scheme
    assert scheme is not None
    return scheme


def changed(sample: Sample, scheme: SignatureScheme) -> Iterator[tuple[bytes, dict[str, str]]]:
    """Yield the delivery with one byte changed: in its body, and in each header that has to do with its proof."""
    middle = next(found.start() for found in re.finditer(r"[a-z]", sample.body_text) if found.start() > 20)
    yield altered(sample.body_text, middle).encode(), sample.headers
    signed = re.findall(r"\{header:([^}]+)\}", scheme.signed)
    for name in (sent_as(sample, one) for one in (scheme.header, scheme.timestamp_header, *signed) if one):
        value = header(sample, name)
        yield sample.body, {**without(sample.headers, name), name: altered(value, len(value) - 5)}
    if scheme.timestamp_key:
        value = header(sample, sent_as(sample, scheme.header))
        place = value.index(f"{scheme.timestamp_key}=") + len(scheme.timestamp_key) + 10
        yield sample.body, {**without(sample.headers, scheme.header), scheme.header: altered(value, place)}


def altered(text: str, place: int) -> str:
    """Return a text with one character changed to another of its kind."""
    letter = text[place]
    other = ("1" if letter == "0" else "0") if letter.isdigit() else "b" if letter == "a" else "a"
    return text[:place] + other + text[place + 1 :]


def sent_as(sample: Sample, name: str) -> str:
    """Return what a header is called in a delivery: Standard Webhooks has two names for each."""
    return name if name.lower() in map(str.lower, sample.headers) else name.replace("webhook-", "svix-")


def header(sample: Sample, wanted: str) -> str:
    return next(value for name, value in sample.headers.items() if name.lower() == wanted.lower())


def without(headers: Mapping[str, str], unwanted: str) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() != unwanted.lower()}


def with_secrets(sample: Sample, *secrets: str) -> dict[str, Any]:
    """Return the form's proof with these secrets in place of its own."""
    table = sample.table()
    if "url_token" in table:
        return {"url_token": [secret.ljust(len(sample.url_token), "0") for secret in secrets]}
    for key, inner in (("header_token", "value"), ("body_token", "value"), ("basic", "password")):
        if key in table:
            plain = [secret.partition(":")[2] if key == "basic" else secret for secret in secrets]
            return {key: {**table[key], inner: plain}}
    return {"bearer" if "bearer" in table else "secret": list(secrets)}
