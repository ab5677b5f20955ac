"""`hookline`, also `python -m cli`."""

import tomllib
from importlib import metadata
from pathlib import Path

import click

from cli.configuration import check, schema
from cli.dead import dead
from cli.demo import demo
from cli.doctor import doctor
from cli.errors import SafeGroup
from cli.hold import hold
from cli.oauth import oauth
from cli.preview import preview
from cli.providers import providers
from cli.quarantine import quarantine
from cli.run import run
from cli.sandbox import sandbox
from cli.status import audit, status
from cli.submissions import submissions
from cli.suggest import suggest
from cli.wiring import Wiring

PYPROJECT = Path(__file__).parent.parent / "pyproject.toml"


@click.group(
    cls=SafeGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Example: hookline dead list --groups",
)
@click.pass_context
def hookline(context: click.Context) -> None:
    """Turn web-form submissions into HighLevel contacts: none lost, none doubled, none silently altered."""
    context.ensure_object(Wiring)


@hookline.command(epilog="Example: hookline version")
def version() -> None:
    """Print the version."""
    click.echo(_version())


READING = (status, submissions, dead, quarantine, hold, audit)
OFFLINE = (check, preview, suggest, providers, schema)
CONNECTING = (doctor, oauth)
PROCESSES = (demo, run, sandbox)
for command in (*READING, *OFFLINE, *CONNECTING, *PROCESSES):
    hookline.add_command(command)


def main() -> None:
    """Run the command line."""
    hookline(prog_name="hookline")


def _version() -> str:
    try:
        return metadata.version("hookline")
    except metadata.PackageNotFoundError:  # Heroku installs the requirements only
        project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
        return str(project["version"])


if __name__ == "__main__":
    main()
