"""How everything stands: `hookline status` and `hookline audit`."""

from collections import Counter

import click

from cli.options import as_json
from cli.output import moment, print_json, print_table, print_text, print_title
from cli.wiring import Wiring, pass_wiring
from shared.journal import Hold
from shared.status import Queued, Standing, Status
from shared.status import status as find_status

STATES = ("accepted", "waiting", "leased", "delivered", "dead", "discarded", "forgotten", "duplicate", "not_stored")
CAUSES = {
    "worker": "for a worker to live",
    "hold": "for the hold to end",
    "person": "for another submission of the same person",
    "configuration": "for a configuration that knows them",
    "retry": "to be tried again",
    "turn": "for their turn",
}


@click.command(epilog="Example: hookline status --json")
@as_json
@pass_wiring
def status(wiring: Wiring, as_json: bool) -> None:
    """Show what was accepted, delivered and buried, and what waits."""
    quarantined = Counter(kept.form for kept in wiring.quarantine.requests())
    found = find_status(wiring.journal, quarantined)
    if as_json:
        print_json(found)
    else:
        _print_status(found)


@click.command(epilog="Example: hookline audit")
@as_json
@pass_wiring
def audit(wiring: Wiring, as_json: bool) -> None:
    """
    Count the submissions of each state beside the ledger.

    Exits with 1 when one differs.
    """
    shelves = wiring.journal.shelves()
    # SCAN may name a key twice.
    misplaced = sorted(set(wiring.journal.misplaced()))
    balanced = not misplaced and all(ledger == counted for _, ledger, counted in shelves)
    rows = [(state, ledger, counted, ledger == counted) for state, ledger, counted in shelves]
    if as_json:
        states = [dict(zip(("state", "ledger", "counted", "ok"), row, strict=True)) for row in rows]
        print_json({"balanced": balanced, "states": states, "misplaced": misplaced})
    else:
        print_table(("state", "ledger", "counted", "ok"), rows)
        _print_verdict(shelves, misplaced)
    if not balanced:
        raise click.exceptions.Exit(1)


def _print_status(found: Status) -> None:
    click.echo(f"Workers alive: {found.workers}")
    if not found.ledger.balanced:
        click.echo("The ledger is not balanced: run `hookline audit`.")
    print_table(STATES, [_counts(found.ledger)], "All")
    if found.forms:
        rows = [(name, *_counts(form), form.quarantined) for name, form in found.forms.items()]
        print_table(("form", *STATES, "quarantined"), rows, "Forms")
    if found.locations:
        print_table(
            ("location", *STATES), [(name, *_counts(one)) for name, one in found.locations.items()], "Locations"
        )
    queues: dict[str, Queued] = {f"form {name}": form for name, form in found.forms.items()}
    queues |= {f"location {name}": one for name, one in found.locations.items()}
    lines = [f"{name}: {_waiting(queue)}" for name, queue in queues.items() if queue.oldest_waiting]
    lines += [f"location {hold.location} is held: {held(hold)}" for hold in found.holds]
    if lines:
        print_title("Waiting")
        print_text("\n".join(lines))


def held(hold: Hold) -> str:
    """Return why a location waits, and until when."""
    status = f" (HTTP {hold.status})" if hold.status else ""
    return f"{hold.kind}: {hold.reason}{status}; next probe at {moment(hold.probe_at)}"


def _counts(standing: Standing) -> list[object]:
    return [getattr(standing, state) for state in STATES]


def _waiting(queue: Queued) -> str:
    causes = ", ".join(
        f"{number} wait {CAUSES.get(cause, f'for {cause}')}" for cause, number in queue.waiting_for.items()
    )
    since = f"; the oldest since {moment(queue.oldest_waiting)}" if queue.oldest_waiting else ""
    return causes + since


def _print_verdict(shelves: list[tuple[str, int, int]], misplaced: list[str]) -> None:
    differing = [
        f"{state}: the ledger says {ledger}, counted are {counted}"
        for state, ledger, counted in shelves
        if ledger != counted
    ]
    wrong = [f"{submission_id} does not stand where its record says" for submission_id in misplaced]
    click.echo("\n" + ("\n".join(differing + wrong) or "The ledger is balanced."))
