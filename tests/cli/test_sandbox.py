import os
import sys

import pytest

from tests.cli.conftest import Hookline


def test_the_sandbox_is_started_as_a_process_with_its_own_options(
    hookline_offline: Hookline, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda path, arguments: started.append(arguments))

    hookline_offline("sandbox", "--port", "0", "--help")

    assert started == [[sys.executable, "-m", "sandbox", "--port", "0", "--help"]]
