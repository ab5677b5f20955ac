"""`hookline preview`: what would become of a request's body, without Redis and without HighLevel."""

import json
from typing import BinaryIO

import click

from cli.details import print_answers, print_contact
from cli.options import as_json
from cli.output import print_json, print_table, print_text, print_title
from cli.wiring import Wiring, pass_wiring
from shared.config import Config
from shared.dead_letters import Destination, Preview
from shared.dead_letters import preview as preview_body

NOT_CHECKED = (
    "custom fields are not checked offline: `hookline doctor` looks whether they exist, "
    "and a value that does not fit makes a dead letter."
)


@click.command(epilog="Example: hookline preview contact-us delivery.json")
@click.argument("form")
@click.argument("file", type=click.File("rb"))
@click.option("--content-type", default="", help="What the body is; without it, what the delivery file says.")
@as_json
@pass_wiring
def preview(wiring: Wiring, form: str, file: BinaryIO, content_type: str, as_json: bool) -> None:
    """
    Show the contact that FILE would become at the form FORM.

    Each value is shown with where it came from. Exits with 1 when there can be no contact.

    FILE is a request's body as it came, or a JSON file with its `headers` and its `body_text`; - is standard input.
    """
    body, declared = _delivery(file.read())
    found = preview_body(body, content_type or declared, _destination(wiring.config, form))
    if as_json:
        print_json(found)
    else:
        print_preview(found)
    if not found.is_mapped:
        raise click.exceptions.Exit(1)


def print_preview(found: Preview) -> None:
    """Print what a body would become."""
    click.echo(f"Status: {found.status}")
    if found.diagnosis:
        print_table(
            ("field", "value", "rule", "fix"), [(d.field, d.value, d.rule, d.fix) for d in found.diagnosis], "Why"
        )
    print_answers(found)
    print_contact(found)
    if found.unchecked:
        print_title("Not checked")
        print_text(f"{', '.join(found.unchecked)}: {NOT_CHECKED}")


def _delivery(content: bytes) -> tuple[bytes, str]:
    """Return a request's body and its content type, from a delivery file or from the body alone."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return content, ""
    match document:
        case {"headers": dict(headers), "body_text": str(body)}:
            types = [str(value) for name, value in headers.items() if name.lower() == "content-type"]
            return body.encode("utf-8", "replace"), types[0] if types else ""
        case _:
            return content, ""


def _destination(config: Config, name: str) -> Destination:
    form = config.forms.get(name)
    if form is None:
        known = ", ".join(sorted(config.forms)) or "none"
        raise click.ClickException(f"There is no form {name!r} in the configuration; known are: {known}.")
    return Destination(form, config.locations[form.location])
