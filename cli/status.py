"""How everything stands: `hookline status` and `hookline audit`."""

from collections.abc import Iterable, Mapping, Sequence

import click

from cli.options import as_json
from cli.output import moment, print_json, print_table, print_text, print_title
from cli.waiting import held, waits
from cli.wiring import Wiring, pass_wiring
from shared.findings import Finding
from shared.journal import Workforce
from shared.logs import event
from shared.redis_health import room
from shared.status import FormStatus, Queued, Standing, Status
from shared.status import status as find_status
from shared.vitals import examine, lost

STATES = ("accepted", "waiting", "leased", "delivered", "dead", "discarded", "forgotten", "duplicate", "not_stored")
# Left out where they are zero for everything: most are, and a terminal is narrow.
RARE = ("discarded", "forgotten", "duplicate", "not_stored")


@click.command(epilog="Example: hookline status --json")
@as_json
@pass_wiring
def status(wiring: Wiring, as_json: bool) -> None:
    """Show what was accepted, delivered and buried, and what waits."""
    refusals, unfetched = wiring.field_cache.refusals(), wiring.fetch_refusals.refusals()
    found = find_status(wiring.journal, wiring.quarantine.counts(), refusals, unfetched)
    if as_json:
        print_json(found)
    else:
        _print_status(found)


@click.command(epilog="Example: hookline audit")
@click.option("--acknowledge", is_flag=True, help="Tell no more of the data that Redis has lost until now.")
@as_json
@pass_wiring
def audit(wiring: Wiring, as_json: bool, acknowledge: bool) -> None:
    """
    Count the submissions of each state beside the ledger.

    Exits with 1 when one differs, or when Redis has lost data and nobody has acknowledged that.
    """
    if acknowledge:
        _acknowledge(wiring)
    losses = wiring.journal.data().losses
    shelves = wiring.journal.shelves()
    # SCAN may name a key twice.
    misplaced = sorted(set(wiring.journal.misplaced()))
    balanced = not misplaced and all(ledger == counted for _, ledger, counted in shelves)
    rows = [(state, ledger, counted, ledger == counted) for state, ledger, counted in shelves]
    if as_json:
        states = [dict(zip(("state", "ledger", "counted", "ok"), row, strict=True)) for row in rows]
        told = [loss.model_dump(mode="json") for loss in losses]
        print_json({"balanced": balanced, "states": states, "misplaced": misplaced, "losses": told})
    else:
        print_table(("state", "ledger", "counted", "ok"), rows)
        _print_verdict(shelves, misplaced)
        _print_trouble(map(lost, losses))
    if losses or not balanced:
        raise click.exceptions.Exit(1)


def _acknowledge(wiring: Wiring) -> None:
    for loss in wiring.journal.acknowledge_losses():
        event("loss acknowledged", noticed_at=loss.at.isoformat(timespec="seconds"))
        click.echo(f"Acknowledged: the loss of data that was noticed at {moment(loss.at)}.", err=True)


def _print_status(found: Status) -> None:
    memory = [room(found.memory)] if found.memory else []
    vitals = examine(found.data, found.workers, found.ledger.waiting + found.ledger.leased)
    _print_trouble([*memory, *vitals])
    click.echo(f"Workers alive: {found.workers.alive}, with {found.workers.threads} threads{_heartbeat(found.workers)}")
    if found.data.since:
        click.echo(f"Journal since: {moment(found.data.since)}")
    if not found.ledger.balanced:
        click.echo("The ledger is not balanced: run `hookline audit`.")
    columns = [state for state in STATES if state not in RARE or getattr(found.ledger, state)]
    print_table(columns, [_counts(found.ledger, columns)], "All")
    _print_forms(found.forms, columns)
    if found.locations:
        rows = [(name, *_counts(one, columns)) for name, one in found.locations.items()]
        print_table(("location", *columns), rows, "Locations")
    queues: dict[str, Queued] = {f"form {name}": form for name, form in found.forms.items()}
    queues |= {f"location {name}": one for name, one in found.locations.items()}
    lines = [f"{name}: {waits(queue)}" for name, queue in queues.items() if queue.oldest_waiting]
    lines += [held(hold) for hold in found.holds]
    if lines:
        print_title("Waiting")
        print_text("\n".join(lines))


def _print_trouble(findings: Iterable[Finding]) -> None:
    for found in findings:
        if found.level == "fault":
            click.secho(f"Workers: {found.says}" if found.check == "workers" else found.says, fg="red", bold=True)
            click.echo(found.remedy)


def _heartbeat(workers: Workforce) -> str:
    return f"; last heartbeat {moment(workers.last_heartbeat)}" if workers.last_heartbeat else ""


def _print_forms(forms: Mapping[str, FormStatus], columns: Sequence[str]) -> None:
    if not forms:
        return
    refused = any(form.quarantined for form in forms.values())
    rows = [(name, *_counts(form, columns), *([form.quarantined] if refused else [])) for name, form in forms.items()]
    print_table(("form", *columns, *(["quarantined"] if refused else [])), rows, "Forms")


def _counts(standing: Standing, columns: Sequence[str]) -> list[object]:
    return [getattr(standing, state) for state in columns]


def _print_verdict(shelves: list[tuple[str, int, int]], misplaced: list[str]) -> None:
    differing = [
        f"{state}: the ledger says {ledger}, counted are {counted}"
        for state, ledger, counted in shelves
        if ledger != counted
    ]
    wrong = [f"{submission_id} does not stand where its record says" for submission_id in misplaced]
    click.echo("\n" + ("\n".join(differing + wrong) or "The ledger is balanced."))
