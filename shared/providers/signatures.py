"""How form builders sign their requests: one small template covers them, so a new scheme is data."""

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Iterable
from typing import Any, Literal, Protocol
from urllib.parse import parse_qsl

from pydantic import Field, model_validator

from shared.submission import Frozen

ALGORITHMS = {"sha1": hashlib.sha1, "sha256": hashlib.sha256, "sha512": hashlib.sha512}
PART = re.compile(r"\{(body|timestamp|header:[A-Za-z0-9-]+)\}")

MISSING = "missing signature header"
STALE = "stale timestamp"
WRONG = "wrong signature"


class Headers(Protocol):
    """The headers of a request, whatever their case."""

    def get(self, name: str, default: str, /) -> str: ...


class SignatureScheme(Frozen):
    """Where a signature stands and what it signs."""

    header: str = Field(min_length=1, description="The header that carries the signature.")
    algorithm: Literal["sha1", "sha256", "sha512"] = Field("sha256", description="The hash under the HMAC.")
    encoding: Literal["hex", "base64", "base64url"] = Field("hex", description="How the signature is written.")
    prefix: str = Field("", description='What stands before the signature, for example "sha256=".')
    signed: str = Field(
        "{body}", description="What is signed: a template of {body}, {timestamp} and {header:Some-Header}."
    )
    timestamp_header: str = Field("", description="The header with the time of sending, in unix seconds or ms.")
    tolerance: int = Field(300, ge=1, description="How many seconds the timestamp may differ from our clock.")
    signature_key: str = Field("", description='Set if the header is a list such as "t=…,v1=…": the key, here "v1".')
    timestamp_key: str = Field("", description='Set if that list holds the timestamp: its key, here "t".')
    key_format: Literal["text", "base64"] = Field(
        "text", description='How the secret is written; "base64" may begin with "whsec_".'
    )
    kind: Literal["hmac", "jws", "php_json"] = Field(
        "hmac",
        description="hmac; a JWS that holds the body's SHA-256; or an HMAC in which a form's fields are signed as "
        "the JSON that PHP writes.",
    )

    @model_validator(mode="after")
    def _names_what_it_signs(self) -> "SignatureScheme":
        if "{body}" not in self.signed:
            raise ValueError('signed must contain {body}, for example "{timestamp}.{body}"')
        if rest := re.search(r"\{[^}]*\}", PART.sub("", self.signed)):
            raise ValueError(f"signed has {rest[0]}, which is none of {{body}}, {{timestamp}} and {{header:Name}}")
        if "{timestamp}" in self.signed and not self.has_timestamp:
            raise ValueError("signed uses {timestamp}: set timestamp_header to the header that carries it")
        if self.has_timestamp and "{timestamp}" not in self.signed:
            raise ValueError("signed leaves {timestamp} out, so that anyone could change it: put it in")
        if self.timestamp_key and not self.signature_key:
            raise ValueError("timestamp_key names a part of the header: set signature_key to the other part")
        return self

    @property
    def has_timestamp(self) -> bool:
        """Say whether a signature is only good for a time."""
        return bool(self.timestamp_header or self.timestamp_key)


def verify(scheme: SignatureScheme, secrets: Iterable[str], headers: Headers, body: bytes, now: float) -> bool:
    """Say whether one of the live secrets made the signature in these headers; `now` is in unix seconds."""
    return not problem(scheme, secrets, headers, body, now)


def problem(scheme: SignatureScheme, secrets: Iterable[str], headers: Headers, body: bytes, now: float) -> str:
    """Return what is wrong with the signature in these headers, or nothing when a live secret made it."""
    value = headers.get(scheme.header, "").strip()
    if not value:
        return MISSING
    timestamp = _timestamp(scheme, value, headers)
    if scheme.has_timestamp and not _is_fresh(timestamp, now, scheme.tolerance):
        return STALE
    if scheme.kind == "jws":
        return "" if any(_jws_holds(value, secret, body) for secret in secrets) else WRONG
    given = _signatures(scheme, value)
    message = _message(scheme, timestamp, headers, body)
    # Every secret is tried on every signature, so that the time taken does not tell which one is live.
    expected = [_unpadded(sign(scheme, secret, message)) for secret in secrets]
    matches = [hmac.compare_digest(one, other) for one in expected for other in given]
    return "" if any(matches) else WRONG


def sign(scheme: SignatureScheme, secret: str, message: bytes) -> bytes:
    """Return the encoded signature of a message, without the prefix."""
    digest = hmac.new(_key(scheme, secret), message, ALGORITHMS[scheme.algorithm]).digest()
    match scheme.encoding:
        case "hex":
            return digest.hex().encode()
        case "base64":
            return base64.b64encode(digest)
        case "base64url":
            return base64.urlsafe_b64encode(digest)


def _timestamp(scheme: SignatureScheme, value: str, headers: Headers) -> str:
    if scheme.timestamp_key:
        return next(iter(_listed(value, scheme.timestamp_key)), "")
    return headers.get(scheme.timestamp_header, "").strip() if scheme.timestamp_header else ""


def _is_fresh(timestamp: str, now: float, tolerance: int) -> bool:
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) in (10, 13)):
        return False
    seconds = int(timestamp) / (1000 if len(timestamp) == 13 else 1)
    return abs(now - seconds) <= tolerance


def _signatures(scheme: SignatureScheme, value: str) -> list[bytes]:
    """Return the signatures that a header holds: one, or several of which any may match."""
    found = _listed(value, scheme.signature_key) if scheme.signature_key else value.split()
    texts = [text.removeprefix(scheme.prefix) for text in found if text.startswith(scheme.prefix)]
    return [_bytes(text.lower() if scheme.encoding == "hex" else text).rstrip(b"=") for text in texts]


def _listed(value: str, key: str) -> list[str]:
    pairs = (pair.strip().partition("=") for pair in value.split(","))
    return [text for name, _, text in pairs if name == key]


def _message(scheme: SignatureScheme, timestamp: str, headers: Headers, body: bytes) -> bytes:
    content = _php_json(body) if scheme.kind == "php_json" and not body.lstrip().startswith(b"{") else body

    def part(name: str) -> bytes:
        if name == "body":
            return content
        return _bytes(timestamp if name == "timestamp" else headers.get(name.removeprefix("header:"), ""))

    # Splitting at the parts leaves literal text at even places and the names of parts at odd ones.
    pieces = PART.split(scheme.signed)
    return b"".join(part(piece) if place % 2 else piece.encode() for place, piece in enumerate(pieces))


def _key(scheme: SignatureScheme, secret: str) -> bytes:
    if scheme.key_format == "text":
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        return secret.encode()


def _php_json(body: bytes) -> bytes:
    """Return a form's fields as PHP's json_encode writes them."""
    fields = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    return json.dumps(fields, separators=(",", ":")).replace("/", "\\/").encode()


def _jws_holds(value: str, secret: str, body: bytes) -> bool:
    """Say whether a compact JWS (HS256) was made with the secret, for this body."""
    signed, _, signature = value.rpartition(".")
    digest = hmac.new(secret.encode(), _bytes(signed), hashlib.sha256).digest()
    head, claims = (_jws_part(part) for part in (f"{signed}.").split(".")[:2])
    return (
        hmac.compare_digest(_unpadded(base64.urlsafe_b64encode(digest)), _bytes(signature))
        and head.get("alg") == "HS256"
        and claims.get("sha256") == hashlib.sha256(body).hexdigest()
    )


def _jws_part(part: str) -> dict[str, Any]:
    try:
        value = json.loads(base64.urlsafe_b64decode(_bytes(part) + b"=="))
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _bytes(text: str) -> bytes:
    # A hostile header may hold anything; comparing it must never raise. A server hands headers over as Latin-1.
    return text.encode("latin-1", "backslashreplace")


def _unpadded(signature: bytes) -> bytes:
    return signature.rstrip(b"=")
