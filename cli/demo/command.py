"""The demo's course: submissions arrive, HighLevel stumbles, one is refused, mended and replayed."""

import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import httpx
from redis.exceptions import RedisError
from rich.console import Console

from cli.demo.picture import Picture, View
from cli.demo.stage import LOCATION, Stage, set_up
from cli.demo.visitors import MISTYPED_END, RIGHT_END, Delivery, deliveries
from cli.processes import DidNotStart, when_told_to_end
from shared import dead_letters
from shared.config import load_config
from shared.journal import connect
from shared.local_redis import NoRedisServer
from shared.settings import Settings
from shared.submission import Edit, State

PATIENCE_SECONDS = 90
BETWEEN_VISITORS_SECONDS = 0.15
DUPLICATES = 3
OLD_TAG = "long-standing customer"


class TookTooLong(Exception):
    """Something that the demo waits for did not happen."""


@dataclass(frozen=True)
class Check:
    """One thing that the demo verified."""

    says: str
    holds: bool


def answering(_context: click.Context, _parameter: click.Parameter, url: str | None) -> str | None:
    """Return the address of a Redis that an option names, if it answers."""
    try:
        if url:
            with connect(Settings(redis_url=url), connections=1, retries=0) as redis:
                redis.ping()
    except ValueError as error:
        raise click.BadParameter(f"{url!r} is no address of a Redis, as redis://localhost:6379/0 is.") from error
    except RedisError as error:
        raise click.BadParameter(f"this Redis does not answer: {error}") from error
    return url


@click.command()
@click.option(
    "--once", is_flag=True, help="Check the outcome, print it and exit: 0 when all is as it should be, else 1."
)
@click.option(
    "--redis",
    metavar="URL",
    callback=answering,
    help="Use this Redis, with a prefix of the demo's own, and start none.",
)
def demo(once: bool, redis: str | None) -> None:
    """
    Show the whole path, from webhook to contact.

    Webhooks come in, contacts go out, a dead letter is mended and replayed. Everything runs on this machine, on ports
    that nobody else uses: a Redis, a local HighLevel, web and worker. Nothing leaves it, and nothing is left behind.

    Example: hookline demo --once
    """
    console = Console(highlight=False)
    folder = Path(tempfile.mkdtemp(prefix="hookline-demo-"))
    try:
        when_told_to_end(_interrupt)
        passed = _play(console, folder, redis, once)
    except KeyboardInterrupt:
        console.print("\nEnded; nothing is left behind.")
        passed = True
    except (NoRedisServer, DidNotStart, TookTooLong, httpx.HTTPError) as error:
        console.print(f"[red]The demo failed:[/red] {error}\nThe logs are in {folder}", soft_wrap=True)
        sys.exit(1)
    shutil.rmtree(folder, ignore_errors=True)
    sys.exit(0 if passed else 1)


def _play(console: Console, folder: Path, redis: str | None, once: bool) -> bool:
    console.print("Starting Redis, a local HighLevel, web and worker …")
    with set_up(folder, redis) as stage:
        with Picture(console) as picture:
            checks = _course(stage, picture)
        passed = _report(console, checks)
        if not once:
            _stay(console, stage)
    return passed


def _course(stage: Stage, picture: Picture) -> list[Check]:
    visitors = list(deliveries(stage.secrets))
    _prepare(stage, visitors[0])
    picture.tell(f"[bold]{len(visitors)} visitors[/bold] fill in three forms; HighLevel will stumble meanwhile.")
    for delivery in visitors:
        _post(stage, delivery)
        _look(stage, picture)
        time.sleep(BETWEEN_VISITORS_SECONDS)
    for delivery in visitors[:DUPLICATES]:
        _post(stage, delivery)
    picture.tell(f"Three builders sent a webhook twice: [bold]{DUPLICATES} duplicates[/bold] suppressed.")
    _wait(stage, picture, "the queue to empty", lambda: _settled(stage))
    _mend(stage, picture)
    _wait(stage, picture, "the replay", lambda: stage.journal.ledger().delivered == len(visitors))
    _look(stage, picture)
    return _checks(stage, visitors)


def _prepare(stage: Stage, first: Delivery) -> None:
    """Put a customer with a tag into HighLevel, and let it answer three 429s and two 503s."""
    contact = {"locationId": LOCATION, "email": first.email, "tags": [OLD_TAG]}
    stage.highlevel("POST", "/_sandbox/state", json={"contacts": [contact]})
    upsert = {"method": "POST", "path": "/contacts/upsert"}
    for fault in (
        {"match": {**upsert, "body": "carvalho"}, "status": 503, "count": 2},
        {"match": upsert, "status": 429, "count": 3, "headers": {"Retry-After": "2"}},
    ):
        stage.highlevel("POST", "/_sandbox/faults", json=fault)


def _post(stage: Stage, delivery: Delivery) -> None:
    url = stage.web + delivery.path
    answer = httpx.post(url, content=delivery.body, headers=delivery.headers, timeout=10, trust_env=False)
    answer.raise_for_status()


def _mend(stage: Stage, picture: Picture) -> None:
    """Understand the dead letter, mend it, and replay it, as an operator would."""
    [letter] = list(stage.journal.submissions(State.DEAD))
    [diagnosis] = letter.diagnosis
    picture.tell(
        f"[red]Dead letter[/red] {letter.id}: HighLevel says “{diagnosis.rule}”, sent was “{diagnosis.value}”."
    )
    mended = diagnosis.value.removesuffix(MISTYPED_END) + RIGHT_END
    picture.tell(f"  $ hookline dead edit {letter.id} --field {diagnosis.field}={mended}")
    picture.tell(f"  $ hookline dead replay {letter.id}")
    dead_letters.edit(stage.journal, letter.id, Edit(fields={diagnosis.field: mended}))
    config = load_config(Path(stage.environment["HOOKLINE_CONFIG"]), stage.environment)
    dead_letters.replay(stage.journal, config, letter.id)


def _settled(stage: Stage) -> bool:
    ledger = stage.journal.ledger()
    return ledger.waiting == ledger.leased == 0


def _wait(stage: Stage, picture: Picture, what: str, happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    was_held = False
    while not happened():
        held = _look(stage, picture)
        if held and not was_held:
            picture.tell(
                "[yellow]429[/yellow]: the location waits as long as HighLevel asks; nobody's attempt is spent."
            )
        was_held = held
        if time.monotonic() > deadline:
            raise TookTooLong(f"waited {PATIENCE_SECONDS} s for {what}; ledger: {stage.journal.ledger()}")
        time.sleep(0.1)


def _look(stage: Stage, picture: Picture) -> bool:
    """Draw what is to be seen now; return whether the location is held."""
    holds = stage.journal.holds()
    answers = stage.highlevel("GET", "/_sandbox/calls?limit=1")["counts"]
    contacts = stage.highlevel("GET", "/_sandbox/contacts?limit=0")["total"]
    picture.show(View(stage.journal.ledger(), answers, contacts, holds))
    return bool(holds)


def _checks(stage: Stage, visitors: list[Delivery]) -> list[Check]:
    ledger, journal = stage.journal.ledger(), stage.journal
    found = stage.highlevel("GET", "/_sandbox/contacts")["contacts"]
    answers: dict[str, int] = stage.highlevel("GET", "/_sandbox/calls?limit=1")["counts"]
    events = [event.event for record in journal.submissions(State.DELIVERED) for event in journal.events(record.id)]
    names = {f"{contact.get('firstName')} {contact.get('lastName')}" for contact in found}
    first: dict[str, Any] = next((contact for contact in found if contact.get("email") == visitors[0].email), {})
    spent_rightly = sum(record.attempts for record in journal.submissions(State.DELIVERED)) <= answers.get("503", 0)
    shelves = all(by_ledger == counted for _, by_ledger, counted in journal.shelves()) and not journal.misplaced()
    return [
        Check(f"{ledger.accepted} submissions accepted", ledger.accepted == len(visitors)),
        Check(f"{len(found)} contacts, each with its name", names == {visitor.name for visitor in visitors}),
        Check(f"{ledger.duplicate} duplicates suppressed", ledger.duplicate == DUPLICATES),
        Check(
            f"{answers.get('429', 0)} × 429 survived, no attempt spent", answers.get("429", 0) >= 1 and spent_rightly
        ),
        Check(f"{answers.get('503', 0)} × 503 survived", answers.get("503", 0) >= 1),
        Check(f"{answers.get('422', 0)} × 422 buried", answers.get("422") == 1 and events.count("buried") == 1),
        Check("the dead letter mended and replayed", events.count("edited") == events.count("replayed") == 1),
        Check("the tags that a contact had are still there", {OLD_TAG, "website"} <= set(first.get("tags", []))),
        Check("the ledger balances, and every record is counted", ledger.balanced and shelves),
        Check("nothing waits, nothing is dead", ledger.delivered == ledger.accepted),
    ]


def _report(console: Console, checks: list[Check]) -> bool:
    for check in checks:
        mark = "[green]✓[/green]" if check.holds else "[red]✗[/red]"
        console.print(f"{mark} {check.says}")
    passed = all(check.holds for check in checks)
    console.print("[green]All as it should be.[/green]" if passed else "[red]Something is wrong.[/red]")
    return passed


def _stay(console: Console, stage: Stage) -> None:
    console.print("\nEverything stays up until Ctrl-C. Look around:")
    console.print(f"  the contacts      {stage.sandbox}/", soft_wrap=True)
    console.print(f"  is it well?       {stage.web}/readyz", soft_wrap=True)
    console.print("From another terminal, in this folder:")
    console.print(f"  . {stage.folder / 'environment'}", soft_wrap=True)
    console.print("  bin/hookline status")
    console.print("  bin/hookline submissions list")
    post = f'curl {stage.web}/hooks/newsletter/"$NEWSLETTER_URL_TOKEN" -d first_name=You -d email=you@example.com'
    console.print(f"  {post}", soft_wrap=True)
    while True:
        time.sleep(3600)


def _interrupt() -> None:
    when_told_to_end(lambda: None)  # being told again, as by a shell that ends, must not disturb the end
    raise KeyboardInterrupt
