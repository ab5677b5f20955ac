"""`hookline quarantine`: requests that were refused but kept."""

import base64
import time

import click

from cli.options import as_json, form_option, limit_option
from cli.output import print_items, print_json, print_table, print_text, print_title
from cli.wiring import Wiring, pass_wiring
from shared.intake import from_quarantine
from shared.journal import Job, Submission
from shared.logs import event
from shared.providers import UnreadableBody
from shared.quarantine import Kept
from shared.queue import BrokerUnavailable, create_celery, enqueue

KNOWN = {
    "accepted": "",
    "duplicate": ", which was accepted before",
    "superseded": ", a newer revision of it that was accepted before",
}


@click.group(epilog="Example: hookline quarantine list")
def quarantine() -> None:
    """See, accept and discard requests that were refused."""


@quarantine.command("list", epilog="Example: hookline quarantine list --form contact-us")
@form_option
@limit_option
@as_json
@pass_wiring
def list_quarantined(wiring: Wiring, form: str, limit: int, as_json: bool) -> None:
    """List refused requests, newest first."""
    kept = list(wiring.quarantine.requests(form, limit))
    if as_json:
        print_items(kept)
    elif kept:
        rows = [(one.id, one.form, one.cause, one.at, one.content_type, one.size) for one in kept]
        print_table(("id", "form", "cause", "at", "content type", "size"), rows)
    else:
        click.echo("The quarantine is empty.")
    for name, dropped in wiring.quarantine.dropped().items():
        click.echo(f"{name}: {dropped} older requests went to make room.", err=True)


@quarantine.command(epilog="Example: hookline quarantine show req_01JD3M3GZ8QX6W5V4T3S2R1Q0P")
@click.argument("request_id", metavar="ID")
@as_json
@pass_wiring
def show(wiring: Wiring, request_id: str, as_json: bool) -> None:
    """Show the refused request ID, without the secrets in it."""
    kept, body = _find(wiring, request_id)
    text, encoding = _readable(body)
    if as_json:
        print_json({**kept.model_dump(mode="json"), "body": text, "body_encoding": encoding})
        return
    print_text(f"{kept.method} for {kept.form}, refused: {kept.cause}")
    print_table(("header", "value"), kept.headers.items())
    print_title("Body in base64" if encoding == "base64" else "Body")
    print_text(text)


@quarantine.command(epilog="Example: hookline quarantine accept req_01JD3M3GZ8QX6W5V4T3S2R1Q0P")
@click.argument("request_id", metavar="ID")
@pass_wiring
def accept(wiring: Wiring, request_id: str) -> None:
    """
    Vouch for the refused request ID.

    It becomes a submission, or as many as it holds, unless they are known already, and leaves the quarantine.
    """
    kept, body = _find(wiring, request_id)
    # Accept before removing: a crash in between makes a duplicate, which is none.
    accepted = wiring.journal.accept(*_submissions(wiring, kept, body))
    wiring.quarantine.discard(request_id)
    for receipt in accepted.receipts:
        event("accepted", form=kept.form, submission=receipt.id, request=request_id)
        click.echo(f"Accepted {request_id} as {receipt.id}{KNOWN[receipt.status]}.")
    _wake_workers(wiring, accepted.jobs)


@quarantine.command(epilog="Example: hookline quarantine discard req_01JD3M3GZ8QX6W5V4T3S2R1Q0P")
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@pass_wiring
def discard(wiring: Wiring, ids: tuple[str, ...]) -> None:
    """Drop refused requests for good."""
    gone = [request_id for request_id in dict.fromkeys(ids) if not wiring.quarantine.discard(request_id)]
    for request_id in gone:
        click.echo(_unknown(request_id), err=True)
    click.echo(f"Discarded {len(set(ids)) - len(gone)} of {len(set(ids))}.")
    if gone:
        raise click.exceptions.Exit(1)


def _find(wiring: Wiring, request_id: str) -> tuple[Kept, bytes]:
    kept, body = wiring.quarantine.find(request_id), wiring.quarantine.body(request_id)
    if kept is None or body is None:
        raise click.ClickException(_unknown(request_id))
    return kept, body


def _unknown(request_id: str) -> str:
    return f"There is no refused request {request_id!r}: see `hookline quarantine list`."


def _submissions(wiring: Wiring, kept: Kept, body: bytes) -> list[Submission]:
    try:
        return from_quarantine(kept, body, wiring.config, wiring.settings, time.time())
    except KeyError as error:
        message = f"The form {kept.form!r} of {kept.id} is not in the configuration: add it, or discard the request."
        raise click.ClickException(message) from error
    except UnreadableBody as error:
        message = f"No submission can be read from {kept.id}: {error} Look at it with `quarantine show`."
        raise click.ClickException(message) from error


def _wake_workers(wiring: Wiring, jobs: list[Job]) -> None:
    try:
        with create_celery(wiring.settings) as app:
            enqueue(app, jobs)
    except BrokerUnavailable:
        click.echo("The broker does not answer: delivery begins some seconds after it does again.", err=True)


def _readable(body: bytes) -> tuple[str, str]:
    try:
        return body.decode(), "text"
    except UnicodeDecodeError:
        return base64.b64encode(body).decode(), "base64"
