"""What can be said offline: whether the configuration is right, and its schema."""

import click

from cli.options import as_json
from cli.output import print_json
from shared.checks import checked_config
from shared.config import json_schema
from shared.settings import SettingsError, load_settings
from shared.tables import ConfigError


@click.command(epilog="Example: hookline check --json")
@as_json
def check(as_json: bool) -> None:
    """Validate the configuration, offline, and name every fault."""
    try:
        config = checked_config(load_settings().hookline_config)
    except (SettingsError, ConfigError) as error:
        if not as_json:
            raise
        print_json({"ok": False, "faults": _faults(error), "forms": 0, "locations": 0})
        raise click.exceptions.Exit(1) from error
    forms, locations = len(config.forms), len(config.locations)
    if as_json:
        print_json({"ok": True, "faults": [], "forms": forms, "locations": locations})
    else:
        click.echo(f"The configuration is fine: {_count(forms, 'form')}, {_count(locations, 'location')}.")


@click.command(epilog="Example: hookline schema > hookline.schema.json")
def schema() -> None:
    """Print the JSON Schema of hookline.toml, for editors."""
    print_json(json_schema())


def _faults(error: SettingsError | ConfigError) -> list[dict[str, str]]:
    if isinstance(error, ConfigError):
        return [
            {"file": str(f.file or ""), "table": f.table, "key": f.key, "problem": f.problem, "remedy": f.remedy}
            for f in error.faults
        ]
    lines = str(error).splitlines()
    return [{"file": "", "table": "environment", "key": "", "problem": line, "remedy": ""} for line in lines]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
