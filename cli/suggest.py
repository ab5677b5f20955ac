"""`hookline suggest`: the configuration that would pin a mapping, so that no later answer is mapped by guess."""

import click
import tomli_w

from cli.options import as_json
from cli.output import print_json
from cli.preview import preview_of
from cli.wiring import Wiring, pass_wiring
from shared.mapping import suggested


@click.command(epilog="Example: hookline suggest contact-us delivery.json")
@click.argument("form")
@click.argument("source", required=False)
@click.option("--content-type", default="", help="What the body is; without it, what the delivery file says.")
@as_json
@pass_wiring
def suggest(wiring: Wiring, form: str, source: str | None, content_type: str, as_json: bool) -> None:
    """
    Print the TOML that would pin a mapping.

    Each field of the contact that SOURCE would become at the form FORM is given the answer that it has now, by name.
    What the form names already stays in it: put these tables in the place of the form's own.

    SOURCE is what `hookline preview` takes: a body, a delivery file, - or the id of a submission.
    """
    name, found = preview_of(wiring, form, source, content_type, is_accepted=True)
    tables = suggested(found.provenance, wiring.config.forms[name])
    if not tables:
        why = found.diagnosis[0].rule if found.diagnosis else "no answer has a field"
        raise click.ClickException(f"There is nothing to pin: {why}. See `hookline preview {form} {source or ''}`.")
    document = {"forms": {name: tables}}
    if as_json:
        print_json(document)
    else:
        click.echo(tomli_w.dumps(document), nl=False)
