"""From a request that proved itself to submissions for the journal: the same step for web and for the quarantine."""

import hashlib
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from shared.config import Config, Form
from shared.ids import new_id
from shared.journal import Submission
from shared.logs import event
from shared.providers import PROVIDERS, Reading
from shared.providers.base import Provider, UnreadableBody
from shared.providers.fingerprint import fingerprint
from shared.providers.signatures import as_named
from shared.quarantine import Kept
from shared.routing import route
from shared.settings import DAY_SECONDS, Settings

FINGERPRINT_WINDOW = timedelta(minutes=10)
PARTIAL = "partial"
# More in one request is none of a form builder: Meta sends a thousand leads at most. Redis stands still meanwhile.
MOST_PARTS = 1000
MOST_BYTES = 16 * 1024 * 1024
# What senders call the id of a submission when it is not in the body, beside the header that a builder has for it.
ID_HEADERS = ("Idempotency-Key", "webhook-id", "svix-id")


class Headers(Protocol):
    """The headers of a request, whatever their case."""

    def get(self, name: str, default: str, /) -> str: ...


@dataclass(frozen=True)
class Part:
    """
    One submission of a request: its body, what it says, and whether it `is_all` that the request holds.

    What cannot be read is accepted by its bytes, without a reading: the worker, which fails on it in the same way,
    buries it with the body intact.
    """

    body: bytes
    reading: Reading | None
    is_all: bool = True


def read(form: Form, body: bytes, content_type: str) -> list[Part]:
    """Return the submissions in a request; raise UnreadableBody when nothing in it can be read."""
    provider = PROVIDERS[form.provider]
    try:
        bodies = provider.split(body, content_type) if provider.split else (body,)
    except UnreadableBody:
        raise
    except Exception as error:
        _failed(provider, error)
        return [Part(body, None)]
    if len(bodies) > MOST_PARTS or sum(map(len, bodies)) > MOST_BYTES:
        event("too_many_at_once", logging.WARNING, provider=provider.name, submissions=len(bodies))
        return [Part(body, None)]
    return _parts(provider, bodies or (body,), content_type)


def why_ignored(form: Form, reading: Reading | None) -> str:
    """Return why this is no submission of the form; nothing when it is one."""
    if reading is None:
        return ""
    return reading.ignored or (PARTIAL if reading.is_partial and form.partials == "ignore" else "")


def fell_for_honeypot(form: Form, reading: Reading | None) -> bool:
    """Say whether the field that people cannot see is filled."""
    if reading is None or not form.honeypot:
        return False
    return any(form.honeypot in (answer.key, answer.label) and answer.text.strip() for answer in reading.answers)


def to_submission(
    name: str, form: Form, part: Part, content_type: str, headers: Headers, settings: Settings, now: float
) -> Submission:
    """Return the submission that a part of a request is, with the key by which it is recognised when it comes again."""
    reading = part.reading
    kind, *parts = _identity(form, part, headers)
    window = DAY_SECONDS * settings.dedupe_days if kind in ("id", "header") else FINGERPRINT_WINDOW.total_seconds()
    return Submission(
        id=new_id("sub", now),
        form=name,
        provider=form.provider,
        location=route(form, reading.answers if reading else ()),
        idempotency_key=_digest(name, kind, *parts),
        remember_seconds=round(window),
        calls=form.calls,
        content_type=content_type,
        body=part.body,
        lead=_digest(name, "lead", reading.submission_id) if reading and _is_ordered(reading) else "",
        progress=reading.progress if reading else 0,
    )


def from_quarantine(kept: Kept, body: bytes, config: Config, settings: Settings, now: float) -> list[Submission]:
    """
    Return the submissions in a quarantined request, now that an operator vouches for it.

    Raises KeyError when its form is gone, and UnreadableBody.
    """
    form = config.forms[kept.form]
    parts = read(form, body, kept.content_type)
    causes = [why_ignored(form, part.reading) for part in parts]
    if all(causes):
        raise UnreadableBody(f"It is {causes[0]}, no submission.")
    return [
        to_submission(kept.form, form, part, kept.content_type, kept, settings, now)
        for part, cause in zip(parts, causes, strict=True)
        if not cause
    ]


def _parts(provider: Provider, bodies: tuple[bytes, ...], content_type: str) -> list[Part]:
    readings = [_read(provider, body, content_type) for body in bodies]
    problems = [reading for reading in readings if isinstance(reading, UnreadableBody)]
    if len(problems) == len(readings):
        raise problems[0]
    # One that cannot be read is taken with the others: its sender would repeat the whole for ever.
    return [
        Part(body, reading if isinstance(reading, Reading) else None, is_all=len(bodies) == 1)
        for body, reading in zip(bodies, readings, strict=True)
    ]


def _read(provider: Provider, body: bytes, content_type: str) -> Reading | UnreadableBody | None:
    try:
        return provider.read(body, content_type)
    except UnreadableBody as problem:
        return problem
    except Exception as error:
        _failed(provider, error)
        return None


def _failed(provider: Provider, error: Exception) -> None:
    # A fault of ours must not cost a lead.
    event("adapter_failed", logging.ERROR, provider=provider.name, error=type(error).__name__)


def _is_ordered(reading: Reading) -> bool:
    """Say whether this is one of several revisions that are sent of a lead, in an order."""
    return bool(reading.submission_id) and reading.progress > 0


def _identity(form: Form, part: Part, headers: Headers) -> tuple[str, ...]:
    """Return what tells one submission from another: its kind, its id and its revision."""
    reading = part.reading
    if reading and reading.submission_id:
        return "id", reading.submission_id, reading.revision
    if header := _first(text.strip() for text in _ids(form, headers)):
        # A header names the request and not what is in it.
        return "header", header, "" if part.is_all else hashlib.sha256(part.body).hexdigest()
    if reading and reading.answers:
        return "answers", fingerprint(reading.answers), ""
    return "body", hashlib.sha256(part.body).hexdigest(), ""


def _ids(form: Form, headers: Headers) -> Iterator[str]:
    """Yield the ids in the headers; before all the one that is signed, so that nobody can change it."""
    signed = as_named(form.scheme, headers) if form.scheme else headers
    yield signed.get(PROVIDERS[form.provider].id_header, "")
    yield from (headers.get(name, "") for name in ID_HEADERS)


def _first(texts: Iterable[str]) -> str:
    return next((text for text in texts if text), "")


def _digest(*parts: str) -> str:
    # NUL cannot stand in a form's name, and the kind keeps an id from passing for a fingerprint.
    return hashlib.sha256("\0".join(parts).encode("utf-8", "backslashreplace")).hexdigest()
