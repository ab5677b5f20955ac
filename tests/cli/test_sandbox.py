import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli.sandbox import PROGRAM
from tests.cli.conftest import Hookline


def test_the_sandbox_is_started_as_a_process_with_its_own_options(
    hookline_offline: Hookline, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda path, arguments: started.append(arguments))

    hookline_offline("sandbox", "--port", "0", "--help")

    assert started == [[sys.executable, "-c", PROGRAM, "--port", "0", "--help"]]


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_the_sandbox_shows_its_usage_as_the_command_that_was_typed(option: str) -> None:
    root = Path(__file__).parents[2]
    shown = subprocess.run([sys.executable, "-m", "cli", "sandbox", option], cwd=root, capture_output=True, text=True)

    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.startswith("Usage: hookline sandbox [OPTIONS]")
    # A command to copy, in one piece.
    assert "\n  curl 127.0.0.1:4010/_sandbox/faults -H" in shown.stdout
