"""The proofs that a request comes from whom the form names: all that are configured must hold."""

import base64
import binascii
import hmac
from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import SecretStr

from shared.config import Form
from shared.providers import UnreadableBody
from shared.providers.bodies import is_json, read_form, read_json
from shared.providers.signatures import Headers, Signed, problem
from shared.submission import as_text


@dataclass(frozen=True)
class Sent:
    """
    What a sender shows: headers, the token in the path or the query, and the body; `at` is in unix seconds.

    `url` is the address that the sender called, as far as we know under which one it calls us.
    """

    headers: Headers
    url_token: str
    body: bytes
    content_type: str
    at: float
    method: str = "POST"
    url: str = ""


def wrong_proof(form: Form, sent: Sent) -> str:
    """Return what is wrong with the first proof that does not hold, or nothing when all of them do."""
    checks = (_origin, _signature, _url_token, _header_token, _bearer, _basic, _body_token)
    return next((cause for check in checks if (cause := check(form, sent))), "")


def is_allowed(form: Form, origin: str) -> bool:
    """Say whether a page of this origin may post to the form."""
    return origin.lower() in (allowed.lower() for allowed in form.origins)


def _origin(form: Form, sent: Sent) -> str:
    # Only browsers send an origin; others are held back by the other proofs.
    origin = sent.headers.get("Origin", "")
    return "origin not allowed" if form.origins and origin and not is_allowed(form, origin) else ""


def _signature(form: Form, sent: Sent) -> str:
    if form.secret is None or form.scheme is None:
        return ""
    return problem(form.scheme, _texts(form.secret), Signed(sent.headers, sent.body, sent.method, sent.url), sent.at)


def _url_token(form: Form, sent: Sent) -> str:
    if form.url_token is None:
        return ""
    if not sent.url_token:
        return "missing url token"
    return "" if _is_among(_utf8(sent.url_token), form.url_token) else "wrong url token"


def _header_token(form: Form, sent: Sent) -> str:
    if form.header_token is None:
        return ""
    value = sent.headers.get(form.header_token.name, "").strip()
    if not value:
        return "missing header token"
    return "" if _is_among(_latin1(value), form.header_token.value) else "wrong header token"


def _bearer(form: Form, sent: Sent) -> str:
    if form.bearer is None:
        return ""
    token = _authorization(sent, "bearer")
    if not token:
        return "missing bearer token"
    return "" if _is_among(_latin1(token), form.bearer) else "wrong bearer token"


def _basic(form: Form, sent: Sent) -> str:
    if form.basic is None:
        return ""
    credentials = _authorization(sent, "basic")
    if not credentials:
        return "missing basic credentials"
    try:
        given = base64.b64decode(_latin1(credentials), validate=True)
    except binascii.Error:
        return "wrong basic credentials"
    pairs = [SecretStr(f"{form.basic.username}:{text}") for text in _texts(form.basic.password)]
    return "" if _is_among(given, pairs) else "wrong basic credentials"


def _body_token(form: Form, sent: Sent) -> str:
    if form.body_token is None:
        return ""
    given = _field(form.body_token.field, sent)
    if not given:
        return "missing body token"
    return "" if _is_among(_utf8(given), form.body_token.value) else "wrong body token"


def _field(name: str, sent: Sent) -> str:
    reader = read_json if is_json(sent.body, sent.content_type) else read_form
    try:
        fields = reader(sent.body, sent.content_type)
    except UnreadableBody:
        return ""
    value = fields.get(name) if isinstance(fields, dict) else None
    return as_text(value) if isinstance(value, str | int) else ""


def _authorization(sent: Sent, scheme: str) -> str:
    given, _, credentials = sent.headers.get("Authorization", "").strip().partition(" ")
    return credentials.strip() if given.lower() == scheme else ""


def _is_among(given: bytes, secrets: Iterable[SecretStr]) -> bool:
    # Every secret is compared, so that the time taken does not tell which one is live.
    matches = [hmac.compare_digest(given, text.encode()) for text in _texts(secrets)]
    return any(matches)


def _texts(secrets: Iterable[SecretStr]) -> list[str]:
    return [secret.get_secret_value() for secret in secrets]


# Whatever a hostile request holds, comparing it must never raise: hence the error handlers.


def _latin1(header: str) -> bytes:
    """Return the bytes of a header, which a WSGI server hands over as Latin-1."""
    return header.encode("latin-1", "backslashreplace")


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")
