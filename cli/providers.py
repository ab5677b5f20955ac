"""`hookline providers`: the form builders that Hookline knows, and what proof a form's requests carry."""

import click
from pydantic import JsonValue

from cli.options import as_json
from cli.output import print_json, print_table, print_text, print_title
from cli.wiring import Wiring, pass_wiring
from shared.config import Form
from shared.providers import PROVIDERS, Provider
from shared.settings import SettingsError
from shared.tables import ConfigError, did_you_mean

URL = "https://YOUR-HOST/hooks/FORM"
URL_WITH_TOKEN = f"{URL}/TOKEN"  # where the builder can send no other proof
COLUMNS = ("provider", "builder", "proof", "recognised by", "tries again", "handled")
GRADES = {
    "signed": "a signature over the body: it comes from the sender, as it was sent",
    "token": "a secret that only the sender knows: it comes from there, and could have been changed on the way",
    "public": "a token that stands in a public page: anybody can send it",
    "none": "anybody can send it",
}


@click.command(epilog="Example: hookline providers typeform")
@click.argument("name", required=False)
@click.option("--markdown", "as_markdown", is_flag=True, help="Print the table as it stands in the README.")
@as_json
@pass_wiring
def providers(wiring: Wiring, name: str | None, as_markdown: bool, as_json: bool) -> None:
    """
    List the form builders, and what your forms' proofs prove.

    With NAME, tell how that builder is connected: where the URL and the secret go.
    """
    if as_markdown:
        click.echo(markdown())
    elif name is None:
        _list(_forms(wiring), as_json)
    elif name in PROVIDERS:
        _show(PROVIDERS[name], as_json)
    else:
        told = [f"{name!r} is not a provider; `hookline providers` lists them.", did_you_mean(name, PROVIDERS)]
        raise click.ClickException(" ".join(filter(None, told)))


def markdown() -> str:
    """Return the table of the README."""
    rows = [_row(provider) for _, provider in sorted(PROVIDERS.items())]
    head = ["| " + " | ".join(COLUMNS) + " |", "|---" * len(COLUMNS) + "|"]
    return "\n".join([*head, *("| " + " | ".join([f"`{name}`", *cells]) + " |" for name, *cells in rows)])


def _list(forms: dict[str, Form], as_json: bool) -> None:
    if as_json:
        items: list[JsonValue] = [_facts(provider) for _, provider in sorted(PROVIDERS.items())]
        proofs: list[JsonValue] = [
            {"form": name, "provider": form.provider, "proof": form.proof_grade} for name, form in forms.items()
        ]
        print_json({"items": items, "next": None, "forms": proofs})
        return
    print_table(COLUMNS, [_row(provider) for _, provider in sorted(PROVIDERS.items())])
    if forms:
        rows = [(name, form.provider, form.proof_grade, GRADES[form.proof_grade]) for name, form in forms.items()]
        print_table(("form", "provider", "proof", "meaning"), rows, "Your forms")


def _show(provider: Provider, as_json: bool) -> None:
    if as_json:
        print_json(_facts(provider))
        return
    print_text(f'{provider.title} (provider = "{provider.name}")')
    for title, text in (
        ("Connect", provider.setup.replace("{url}", URL_WITH_TOKEN if provider.carries == ("url_token",) else URL)),
        ("Proof", f"{provider.proof_grade}; it can carry: {', '.join(provider.carries) or 'nothing'}"),
        ("Recognised by", provider.recognised),
        ("Tries again", provider.retries),
        ("Handled", provider.quirks),
        ("Unverified", "" if provider.is_verified else "made without a real delivery: try it before you rely on it"),
    ):
        if text:
            print_title(title)
            print_text(text)


def _row(provider: Provider) -> tuple[str, ...]:
    title = provider.title if provider.is_verified else f"{provider.title} (unverified)"
    return (provider.name, title, provider.proof_grade, provider.recognised, provider.retries, provider.quirks)


def _facts(provider: Provider) -> dict[str, JsonValue]:
    return {
        "name": provider.name,
        "title": provider.title,
        "proof": provider.proof_grade,
        "carries": list(provider.carries),
        "recognised": provider.recognised,
        "retries": provider.retries,
        "quirks": provider.quirks,
        "setup": provider.setup,
        "verified": provider.is_verified,
    }


def _forms(wiring: Wiring) -> dict[str, Form]:
    """Return the forms of the configuration; the list of builders does not need one."""
    try:
        return dict(wiring.config.forms)
    except (ConfigError, SettingsError):
        click.echo("Your forms are not shown: the configuration has faults, which `hookline check` names.", err=True)
        return {}
