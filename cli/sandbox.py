"""`hookline sandbox`: a local HighLevel, as a process of its own."""

import os
import sys

import click

# The sandbox is no part of ours to import, but its usage is to name the command that was typed.
PROGRAM = "from sandbox.__main__ import main; main(prog_name='hookline sandbox', help_option_names=['-h', '--help'])"


@click.command(
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    add_help_option=False,
    epilog="Example: hookline sandbox --port 4010",
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def sandbox(arguments: tuple[str, ...]) -> None:
    """Run a local HighLevel to try things against."""
    command = [sys.executable, "-c", PROGRAM, *arguments]
    os.execv(sys.executable, command)  # noqa: S606 - no shell is wanted
