"""Handshakes: some builders ask by GET whether a URL is ours before they send anything there."""

import hmac
from collections.abc import Mapping

from shared.config import Form
from shared.providers import PROVIDERS

CHALLENGES = tuple(provider.challenge for provider in PROVIDERS.values() if provider.challenge)
NAMES = frozenset(name for one in CHALLENGES for name in (one.asks[0], one.token, one.answer))


def is_handshake(query: Mapping[str, str]) -> bool:
    """Say whether a query asks for more than a probe does, whatever the form."""
    return not NAMES.isdisjoint(query)


def answer_to(form: Form | None, query: Mapping[str, str]) -> str | None:
    """Return what the form's builder wants to hear; None unless it knows the form's verify token."""
    challenge = PROVIDERS[form.provider].challenge if form else None
    if form is None or form.verify_token is None or challenge is None:
        return None
    name, value = challenge.asks
    is_known = hmac.compare_digest(_bytes(query.get(challenge.token, "")), _bytes(form.verify_token.get_secret_value()))
    return query.get(challenge.answer, "") if is_known and query.get(name) == value else None


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")
