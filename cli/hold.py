"""`hookline hold`: locations and forms that wait, and why."""

import click

from cli.options import as_json
from cli.output import print_items, print_table
from cli.wiring import Wiring, pass_wiring
from shared.status import CUSTOM_FIELDS, FETCH, waiting_locations


@click.group(epilog="Example: hookline hold list")
def hold() -> None:
    """See what is held and why, and end a hold."""


@hold.command("list", epilog="Example: hookline hold list --json")
@as_json
@pass_wiring
def list_holds(wiring: Wiring, as_json: bool) -> None:
    """
    List the locations that wait, why, and until when.

    Of a location whose custom fields cannot be read, only the submissions wait that need some. A form waits alone when
    its builder refuses the token that fetches its answers.
    """
    holds = waiting_locations(wiring.journal, wiring.field_cache.refusals(), wiring.fetch_refusals.refusals())
    if as_json:
        print_items(holds)
    elif holds:
        rows = [
            (one.location or f"form {one.form}", one.kind, one.status, one.reason, one.since, one.probe_at)
            for one in holds
        ]
        print_table(("location", "kind", "status", "reason", "since", "next probe"), rows)
    else:
        click.echo("No location is held.")


@hold.command(epilog="Example: hookline hold lift main")
@click.argument("name", metavar="LOCATION|FORM")
@pass_wiring
def lift(wiring: Wiring, name: str) -> None:
    """
    Let a location, or a form, go at once.

    A form is held alone when its builder refuses the token that fetches its answers. If the cause persists, it is soon
    held again.
    """
    # A location and a form may have the same name.
    ends = [_lift_location(wiring, name), _lift_form(wiring, name)]
    if not any(ends):
        raise click.ClickException(f"{name} is not held. See `hookline hold list`.")


def _lift_location(wiring: Wiring, location: str) -> bool:
    lifted, forgotten = wiring.journal.lift(location), wiring.field_cache.forget(location)
    if lifted:
        click.echo(f"The hold of {location} is lifted.")
    hastened = wiring.journal.hasten(location, CUSTOM_FIELDS)
    if forgotten or hastened:
        click.echo(f"HighLevel is asked again for the custom fields of {location}.")
    return lifted or forgotten or bool(hastened)


def _lift_form(wiring: Wiring, form: str) -> bool:
    forgotten = wiring.fetch_refusals.forget(form)
    if forgotten:
        for location in wiring.journal.locations():
            wiring.journal.hasten(location, FETCH)
        click.echo(f"The builder of {form} is asked again for its answers.")
    return forgotten
