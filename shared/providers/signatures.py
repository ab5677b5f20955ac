"""How form builders sign their requests: one small template covers them, so a new scheme is data."""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol
from urllib.parse import parse_qsl

from pydantic import Field, JsonValue, model_validator

from shared.providers.brackets import nested
from shared.submission import Frozen

ALGORITHMS = {"sha1": hashlib.sha1, "sha256": hashlib.sha256, "sha512": hashlib.sha512}
PART = re.compile(r"\{(body|timestamp|method|url|secret|header:[A-Za-z0-9-]+)\}")
PARTS = "{body}, {timestamp}, {method}, {url}, {secret} and {header:Name}"
UNIX_TIME = re.compile(r"[0-9]{1,10}")
ESCAPED = re.compile(r"%([0-9A-Fa-f]{2})")

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
        "{body}",
        description="What is signed: a template of {body}, {timestamp}, {method}, {url}, {secret} and "
        "{header:Some-Header}.",
    )
    plain_in_url: str = Field(
        "", description="The characters that stand as themselves in {url}, although the request has them as %XX."
    )
    timestamp_header: str = Field("", description="The header with the time of sending, in unix seconds or ms.")
    tolerance: int = Field(300, ge=1, description="How many seconds the timestamp may differ from our clock.")
    signature_key: str = Field("", description='Set if the header is a list such as "t=…,v1=…": the key, here "v1".')
    timestamp_key: str = Field("", description='Set if that list holds the timestamp: its key, here "t".')
    key_format: Literal["text", "base64"] = Field(
        "text", description='How the secret is written; "base64" may begin with "whsec_".'
    )
    header_synonym: tuple[str, str] | None = Field(
        None,
        description='Two beginnings of header names of which a sender uses either, such as ["webhook-", "svix-"].',
    )
    kind: Literal["hmac", "hash", "jws", "php_json"] = Field(
        "hmac",
        description="hmac; a plain hash of what is signed, {secret} included; a JWS that holds the body's SHA-256; or "
        "an HMAC in which a form's fields are signed as the JSON that PHP writes.",
    )

    @model_validator(mode="after")
    def _names_what_it_signs(self) -> "SignatureScheme":
        if "{body}" not in self.signed:
            raise ValueError('signed must contain {body}, for example "{timestamp}.{body}"')
        if rest := re.search(r"\{[^}]*\}", PART.sub("", self.signed)):
            raise ValueError(f"signed has {rest[0]}, which is none of {PARTS}")
        if "{timestamp}" in self.signed and not self.has_timestamp:
            raise ValueError("signed uses {timestamp}: set timestamp_header to the header that carries it")
        if self.has_timestamp and "{timestamp}" not in self.signed:
            raise ValueError("signed leaves {timestamp} out, so that anyone could change it: put it in")
        if self.timestamp_key and not self.signature_key:
            raise ValueError("timestamp_key names a part of the header: set signature_key to the other part")
        if self.kind == "hash" and "{secret}" not in self.signed:
            raise ValueError(
                'signed leaves {secret} out, so that anyone could make the hash of kind = "hash": put it in'
            )
        if self.kind != "hash" and "{secret}" in self.signed:
            raise ValueError('signed has {secret}, which belongs to kind = "hash": an HMAC has it as its key')
        return self

    @property
    def has_timestamp(self) -> bool:
        """Say whether a signature is only good for a time."""
        return bool(self.timestamp_header or self.timestamp_key)

    @property
    def has_url(self) -> bool:
        """Say whether the request's address is signed too."""
        return "{url}" in self.signed

    def can_use(self, secret: str) -> bool:
        """Say whether a secret is written as its `key_format` says."""
        return self.key_format == "text" or bool(_decoded(secret))


@dataclass(frozen=True)
class Signed:
    """What a signature may be about: a request as it came, `url` being its address as its sender knows it."""

    headers: Headers
    body: bytes
    method: str = "POST"
    url: str = ""


def verify(scheme: SignatureScheme, secrets: Iterable[str], signed: Signed, now: float) -> bool:
    """Say whether one of the live secrets made the signature of this request; `now` is in unix seconds."""
    return not problem(scheme, secrets, signed, now)


def problem(scheme: SignatureScheme, secrets: Iterable[str], signed: Signed, now: float) -> str:
    """Return what is wrong with the signature of this request, or nothing when a live secret made it."""
    signed = replace(signed, headers=as_named(scheme, signed.headers))
    value = signed.headers.get(scheme.header, "").strip()
    if not value:
        return MISSING
    timestamp = _timestamp(scheme, value, signed.headers)
    if scheme.has_timestamp and not _is_fresh(timestamp, now, scheme.tolerance):
        return STALE
    if scheme.kind == "jws":
        return "" if any(_jws_holds(value, secret, signed.body) for secret in secrets) else WRONG
    given = _signatures(scheme, value)
    # Every secret is tried on every signature, so that the time taken does not tell which one is live.
    keys = [secret for secret in secrets if scheme.can_use(secret)]
    expected = [_unpadded(sign(scheme, secret, signed, timestamp)) for secret in keys]
    matches = [hmac.compare_digest(one, other) for one in expected for other in given]
    return "" if any(matches) else WRONG


def as_named(scheme: SignatureScheme, headers: Headers) -> Headers:
    """Return the headers under the names of the scheme, where the sender uses their synonyms."""
    # All or none of them: parts of two signatures would never make one, and need not be tried.
    if scheme.header_synonym is None or headers.get(scheme.header, "").strip():
        return headers
    return _Renamed(headers, *scheme.header_synonym)


def sign(scheme: SignatureScheme, secret: str, signed: Signed, timestamp: str = "") -> bytes:
    """Return the encoded signature of a request, without the prefix."""
    message, algorithm = _message(scheme, secret, signed, timestamp), ALGORITHMS[scheme.algorithm]
    if scheme.kind == "hash":
        digest = algorithm(message).digest()
    else:
        digest = hmac.new(_key(scheme, secret), message, algorithm).digest()
    match scheme.encoding:
        case "hex":
            return digest.hex().encode()
        case "base64":
            return base64.b64encode(digest)
        case "base64url":
            return base64.urlsafe_b64encode(digest)


@dataclass(frozen=True)
class _Renamed:
    """The same headers, whose names begin otherwise."""

    headers: Headers
    ours: str
    theirs: str

    def get(self, name: str, default: str, /) -> str:
        theirs = self.theirs + name.removeprefix(self.ours) if name.startswith(self.ours) else name
        return self.headers.get(theirs, default)


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


def _message(scheme: SignatureScheme, secret: str, signed: Signed, timestamp: str) -> bytes:
    def part(name: str) -> bytes:
        match name:
            case "body":
                return _content(scheme, signed.body)
            case "secret":
                return secret.encode()
            case "timestamp":
                return _bytes(timestamp)
            case "method":
                return _bytes(signed.method)
            case "url":
                return _bytes(_as_signed(signed.url, scheme.plain_in_url))
            case _:
                return _bytes(signed.headers.get(name.removeprefix("header:"), ""))

    # Splitting at the parts leaves literal text at even places and the names of parts at odd ones.
    pieces = PART.split(scheme.signed)
    return b"".join(part(piece) if place % 2 else piece.encode() for place, piece in enumerate(pieces))


def _content(scheme: SignatureScheme, body: bytes) -> bytes:
    return _php_json(body) if scheme.kind == "php_json" and not body.lstrip().startswith(b"{") else body


def _as_signed(url: str, plain: str) -> str:
    """Return an address in which these characters stand as themselves."""
    return ESCAPED.sub(lambda found: letter if (letter := chr(int(found[1], 16))) in plain else found[0], url)


def _key(scheme: SignatureScheme, secret: str) -> bytes:
    return secret.encode() if scheme.key_format == "text" else _decoded(secret)


def _decoded(secret: str) -> bytes:
    """Return the bytes that a secret in base64 stands for; none if it is no base64."""
    text = secret.removeprefix("whsec_").rstrip("=")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError:
        return b""


def _php_json(body: bytes) -> bytes:
    """Return a form's fields as PHP's json_encode writes them."""
    fields = nested(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    typed = {name: _php_date(value) for name, value in fields.items()}
    return json.dumps(typed, separators=(",", ":")).replace("/", "\\/").encode()


def _php_date(value: JsonValue) -> JsonValue:
    """Return a date with its unix time as the number that it was before it went through the form."""
    if not isinstance(value, dict) or not isinstance(unix := value.get("unix"), str) or not UNIX_TIME.fullmatch(unix):
        return value
    return {**value, "unix": int(unix)}


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
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _bytes(text: str) -> bytes:
    # A hostile header may hold anything; comparing it must never raise. A server hands headers over as Latin-1.
    return text.encode("latin-1", "backslashreplace")


def _unpadded(signature: bytes) -> bytes:
    return signature.rstrip(b"=")
