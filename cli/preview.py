"""`hookline preview`: what would become of a request's body, without Redis and without HighLevel."""

import click

from cli.deliveries import form_named, read_delivery
from cli.details import print_answers, print_contact
from cli.options import as_json
from cli.output import print_json, print_table, print_text, print_title
from cli.wiring import Wiring, pass_wiring
from shared.dead_letters import Preview
from shared.dead_letters import preview as preview_body

NOT_CHECKED = (
    "custom fields are not checked offline: `hookline doctor` looks whether they exist, "
    "and a value that does not fit makes a dead letter."
)
IF_THERE = "goes to the custom field of that name, if the location has one, and else into the note."


@click.command(epilog="Example: hookline preview contact-us delivery.json")
@click.argument("form")
@click.argument("source", required=False)
@click.option("--content-type", default="", help="What the body is; without it, what the delivery file says.")
@as_json
@pass_wiring
def preview(wiring: Wiring, form: str, source: str | None, content_type: str, as_json: bool) -> None:
    """
    Show the contact that SOURCE would become at the form FORM.

    Each value is shown with where it came from: the answer, the rule that gave it its field, and what was done to it.
    Exits with 1 when there can be no contact.

    SOURCE is a request's body as it came, a JSON file with its `headers` and its `body_text`, - for standard input, or
    the id of a submission. An id alone is looked at with its own form.
    """
    _, found = preview_of(wiring, form, source, content_type)
    if as_json:
        print_json(found)
    else:
        print_preview(found)
    if not found.is_mapped:
        raise click.exceptions.Exit(1)


def preview_of(
    wiring: Wiring, form: str, source: str | None, content_type: str, *, is_accepted: bool = False
) -> tuple[str, Preview]:
    """Return the name of the form that is meant, and what the request would become there, or if it is accepted."""
    delivery = read_delivery(wiring, source or form)
    name = form_named(wiring.config, form if source else delivery.form or form)
    found = preview_body(
        delivery.body,
        content_type or delivery.content_type,
        wiring.config,
        name,
        fetched=delivery.fetched,
        is_accepted=is_accepted or bool(delivery.form),
    )
    return name, found


def print_preview(found: Preview) -> None:
    """Print what a body would become."""
    click.echo(f"Status: {found.status}")
    if found.location:
        click.echo(f"Location: {found.location}")
    if found.diagnosis:
        print_table(
            ("field", "value", "rule", "fix"), [(d.field, d.value, d.rule, d.fix) for d in found.diagnosis], "Why"
        )
    print_answers(found)
    print_contact(found)
    if found.unchecked or found.if_there:
        print_title("Not checked")
    if found.unchecked:
        print_text(f"{', '.join(found.unchecked)}: {NOT_CHECKED}")
    if found.if_there:
        print_text(f"{', '.join(found.if_there)}: {IF_THERE}")
