from collections.abc import Iterator

import click
import pytest

from cli.__main__ import hookline
from cli.oauth import AUTHORIZE_URL
from tests.cli.conftest import Hookline


def commands(group: click.Group, path: str) -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        yield f"{path} {name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")


@pytest.mark.parametrize(("name", "command"), [*commands(hookline, "hookline")])
def test_every_command_explains_itself_with_an_example(name: str, command: click.Command) -> None:
    text = f"{command.help}\n{command.epilog}"

    assert command.help
    assert f"Example: {name}" in text


@pytest.mark.parametrize("path", [(), *((group,) for group in ("submissions", "dead", "quarantine", "hold", "oauth"))])
def test_no_summary_is_cut_on_a_narrow_terminal(hookline_offline: Hookline, path: tuple[str, ...]) -> None:
    assert "..." not in hookline_offline(*path, "--help").stdout.partition("Commands:")[2]


def test_the_page_of_consent_stays_one_word(hookline_offline: Hookline) -> None:
    assert AUTHORIZE_URL in hookline_offline("oauth", "connect", "--help").stdout.split()
