import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.fault
def test_the_demo_verifies_the_whole_path() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "REDIS_URL"}
    command = [sys.executable, "-m", "cli", "demo", "--once"]

    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=150)

    assert done.returncode == 0, done.stdout + done.stderr
    for promise in (
        "24 submissions accepted",
        "24 contacts",
        "3 duplicates suppressed",
        "429 survived",
        "503 survived",
        "422 buried",
        "mended and replayed",
        "ledger balances",
    ):
        assert re.search(rf"✓ .*{promise}", done.stdout), done.stdout
