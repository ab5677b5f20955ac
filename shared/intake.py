"""From a request that proved itself to a submission for the journal: the same step for web and for the quarantine."""

import hashlib
import logging
from collections.abc import Iterable
from datetime import timedelta
from typing import Protocol

from shared.config import Config, Form
from shared.ids import new_id
from shared.journal import Submission
from shared.logs import event
from shared.providers import PROVIDERS, Reading
from shared.providers.base import UnreadableBody
from shared.providers.fingerprint import fingerprint
from shared.quarantine import Kept
from shared.settings import DAY_SECONDS, Settings

FINGERPRINT_WINDOW = timedelta(minutes=10)
# What senders call the id of a submission when it is not in the body.
ID_HEADERS = ("Idempotency-Key", "webhook-id", "svix-id", "Framer-Webhook-Submission-Id")


class Headers(Protocol):
    """The headers of a request, whatever their case."""

    def get(self, name: str, default: str, /) -> str: ...


def read(form: Form, body: bytes, content_type: str) -> Reading | None:
    """Return what a request says, or None when our own adapter fails on it; raise UnreadableBody."""
    try:
        return PROVIDERS[form.provider].read(body, content_type)
    except UnreadableBody:
        raise
    except Exception as error:
        # A fault of ours must not cost a lead: it is accepted by its bytes, and the worker, which fails on it in the
        # same way, buries it with the body intact.
        event("adapter_failed", logging.ERROR, provider=form.provider, error=type(error).__name__)
        return None


def fell_for_honeypot(form: Form, reading: Reading | None) -> bool:
    """Say whether the field that people cannot see is filled."""
    if reading is None or not form.honeypot:
        return False
    return any(form.honeypot in (answer.key, answer.label) and answer.text.strip() for answer in reading.answers)


def to_submission(
    name: str,
    form: Form,
    reading: Reading | None,
    body: bytes,
    content_type: str,
    headers: Headers,
    settings: Settings,
    now: float,
) -> Submission:
    """Return the submission that a request is, with the key by which it is recognised when it comes again."""
    kind, *parts = _identity(reading, body, headers)
    window = DAY_SECONDS * settings.dedupe_days if kind in ("id", "header") else FINGERPRINT_WINDOW.total_seconds()
    return Submission(
        id=new_id("sub", now),
        form=name,
        provider=form.provider,
        location=form.location,
        idempotency_key=_digest(name, kind, *parts),
        remember_seconds=round(window),
        calls=form.calls,
        content_type=content_type,
        body=body,
    )


def from_quarantine(kept: Kept, body: bytes, config: Config, settings: Settings, now: float) -> Submission:
    """
    Return the submission that a quarantined request is, now that an operator vouches for it.

    Raises KeyError when its form is gone, and UnreadableBody.
    """
    form = config.forms[kept.form]
    reading = read(form, body, kept.content_type)
    if reading and reading.ignored:
        raise UnreadableBody(f"It is {reading.ignored}, no submission.")
    return to_submission(kept.form, form, reading, body, kept.content_type, kept, settings, now)


def _identity(reading: Reading | None, body: bytes, headers: Headers) -> tuple[str, ...]:
    """Return what tells one submission from another: its kind, its id and its revision."""
    if reading and reading.submission_id:
        return "id", reading.submission_id, reading.revision
    if header := _first(headers.get(name, "").strip() for name in ID_HEADERS):
        return "header", header, ""
    if reading and reading.answers:
        return "answers", fingerprint(reading.answers), ""
    return "body", hashlib.sha256(body).hexdigest(), ""


def _first(texts: Iterable[str]) -> str:
    return next((text for text in texts if text), "")


def _digest(*parts: str) -> str:
    # NUL cannot stand in a form's name, and the kind keeps an id from passing for a fingerprint.
    return hashlib.sha256("\0".join(parts).encode("utf-8", "backslashreplace")).hexdigest()
