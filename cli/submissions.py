"""`hookline submissions`: what happened to each."""

import click

from cli import details
from cli.options import after_option, as_json, form_option, limit_option, location_option
from cli.output import print_items, print_json, print_table
from cli.wiring import Wiring, pass_wiring
from shared.status import Page, show
from shared.status import submissions as find_submissions
from shared.submission import State

COLUMNS = ("id", "form", "location", "state", "waits_for", "accepted_at", "contact_id", "attempts", "reason", "group")
STATES = [state.value for state in State if state is not State.FORGOTTEN]


@click.group(epilog="Example: hookline submissions list --state waiting")
def submissions() -> None:
    """See what happened to submissions."""


@submissions.command("list", epilog="Example: hookline submissions list --form contact-us --state dead")
@form_option
@location_option
@click.option("--state", type=click.Choice(STATES), help="Only those in this state.")
@limit_option
@after_option
@as_json
@pass_wiring
def list_submissions(
    wiring: Wiring, form: str, location: str, state: str | None, limit: int, after: str, as_json: bool
) -> None:
    """List submissions, the one that moved last first."""
    wanted = State(state) if state else None
    page = find_submissions(wiring.journal, state=wanted, form=form, location=location, limit=limit, after=after)
    print_page(page, as_json, "No submissions match.")


@submissions.command("show", epilog="Example: hookline submissions show sub_01JD3M3GZ8QX6W5V4T3S2R1Q0P")
@click.argument("submission_id", metavar="ID")
@as_json
@pass_wiring
def show_submission(wiring: Wiring, submission_id: str, as_json: bool) -> None:
    """
    Show step by step what happened to the submission ID.

    What it became, a contact or a dead letter, is shown with it.
    """
    refusals, unfetched = wiring.field_cache.refusals(), wiring.fetch_refusals.refusals()
    detail = show(wiring.journal, submission_id, refusals, unfetched)
    if as_json:
        print_json(detail)
        return
    details.print_head(detail)
    details.print_wait(detail)
    details.print_history(detail)
    details.print_contact(detail)
    details.print_losses(detail)


def print_page(page: Page, as_json: bool, nothing: str) -> None:
    """Print the rows of a list."""
    if as_json:
        print_items(page.items, page.next)
    elif page.items:
        print_table(COLUMNS, [[getattr(row, column) for column in COLUMNS] for row in page.items])
        if page.next:
            click.echo(f"\nThere are more: --after {page.next}", err=True)
    else:
        click.echo(nothing)
