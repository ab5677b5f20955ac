"""`hookline hold`: locations that wait, and why."""

import click

from cli.options import as_json
from cli.output import print_items, print_table
from cli.wiring import Wiring, pass_wiring
from shared.status import CUSTOM_FIELDS, waiting_locations


@click.group(epilog="Example: hookline hold list")
def hold() -> None:
    """See which locations wait, and end a wait."""


@hold.command("list", epilog="Example: hookline hold list --json")
@as_json
@pass_wiring
def list_holds(wiring: Wiring, as_json: bool) -> None:
    """
    List the locations that wait, why, and until when.

    Of a location whose custom fields cannot be read, only the submissions wait that need some.
    """
    holds = waiting_locations(wiring.journal, wiring.field_cache.refusals())
    if as_json:
        print_items(holds)
    elif holds:
        rows = [(one.location, one.kind, one.status, one.reason, one.since, one.probe_at) for one in holds]
        print_table(("location", "kind", "status", "reason", "since", "next probe"), rows)
    else:
        click.echo("No location is held.")


@hold.command(epilog="Example: hookline hold lift main")
@click.argument("location")
@pass_wiring
def lift(wiring: Wiring, location: str) -> None:
    """
    Let the submissions of LOCATION go at once.

    If the cause persists, it is soon held again.
    """
    lifted, forgotten = wiring.journal.lift(location), wiring.field_cache.forget(location)
    if lifted:
        click.echo(f"The hold of {location} is lifted.")
    hastened = wiring.journal.hasten(location, CUSTOM_FIELDS)
    if forgotten or hastened:
        click.echo(f"HighLevel is asked again for the custom fields of {location}.")
    elif not lifted:
        raise click.ClickException(f"{location} is not held. See `hookline hold list`.")
