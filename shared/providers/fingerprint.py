"""A short name for what a visitor said, for submissions that have no id of their own."""

import hashlib
import json
from collections.abc import Iterable

from shared.submission import Answer

# What a sender changes between two tries of one submission says nothing about the visitor.
DELIVERY_KEYS = frozenset({"timestamp", "sent_at", "sentat", "delivered_at", "deliveredat", "attempt", "retry_count"})


def fingerprint(answers: Iterable[Answer]) -> str:
    """Return the SHA-256 of the answers' keys and values, whatever their order."""
    lines = sorted(
        json.dumps([answer.key, answer.value], sort_keys=True)
        for answer in answers
        if answer.key.casefold() not in DELIVERY_KEYS
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
