from collections.abc import Iterator

import click
import pytest

from cli.__main__ import hookline


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
