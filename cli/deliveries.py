"""Requests to look at: a raw body, a delivery file, or a submission that is in the journal."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import click

from cli.wiring import Wiring
from shared.config import Config
from shared.ids import is_id
from shared.submission import Answer

STANDARD_INPUT = "-"


@dataclass(frozen=True)
class Delivery:
    """The body of a request, its content type as far as it is known, and the form that it came to, if that is known."""

    body: bytes
    content_type: str = ""
    form: str = ""
    fetched: tuple[Answer, ...] | None = None  # the answers, if the body holds none


def read_delivery(wiring: Wiring, source: str) -> Delivery:
    """Return what a file, standard input or a submission's id stands for; raise ClickException when it is nothing."""
    if source == STANDARD_INPUT:
        return _from_bytes(sys.stdin.buffer.read())
    if is_id("sub", source) and not Path(source).exists():
        return _from_journal(wiring, source)
    try:
        return _from_bytes(Path(source).read_bytes())
    except OSError as error:
        raise click.ClickException(f"{source}: {error.strerror}. Name a file, - or the id of a submission.") from error


def form_named(config: Config, name: str) -> str:
    """Return the name of a form that there is."""
    if name not in config.forms:
        known = ", ".join(sorted(config.forms)) or "none"
        raise click.ClickException(f"There is no form {name!r} in the configuration; known are: {known}.")
    return name


def _from_journal(wiring: Wiring, submission_id: str) -> Delivery:
    record = wiring.journal.find(submission_id)
    body = wiring.journal.body(submission_id)
    if record is None or body is None:
        why = "its body is no longer kept" if record else "there is no such submission"
        raise click.ClickException(f"{submission_id}: {why}. `hookline submissions list` shows what there is.")
    return Delivery(body, record.content_type, record.form, record.fetched)


def _from_bytes(content: bytes) -> Delivery:
    """Return a request from a delivery file, or from the body alone."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return Delivery(content)
    match document:
        case {"headers": dict(headers), "body_text": str(body)}:
            types = [str(value) for name, value in headers.items() if name.lower() == "content-type"]
            return Delivery(body.encode("utf-8", "replace"), types[0] if types else "")
        case _:
            return Delivery(content)
