import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from bench.faults.fleet import family, is_alive
from bench.stage import wait_until
from cli.demo import demo
from cli.processes import Process

ROOT = Path(__file__).parents[2]


@pytest.mark.fault
def test_the_demo_verifies_the_whole_path() -> None:
    # What a shell exports is for Hookline, and may be what visitors' submissions go through.
    environment = {**os.environ, "REDIS_URL": "redis://127.0.0.1:1/0", "BROKER_URL": "redis://127.0.0.1:1/0"}
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


@pytest.mark.parametrize("url", ["localhost", "redis://127.0.0.1:1/0"])
def test_the_demo_starts_nothing_without_the_redis_that_is_named(url: str) -> None:
    result = CliRunner().invoke(demo, ["--redis", url])

    assert result.exit_code == 2
    assert "Invalid value for '--redis'" in result.stderr


@pytest.mark.fault
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGHUP])
def test_all_that_the_demo_has_started_ends_with_it(how: signal.Signals, tmp_path: Path) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    process = Process("demo", ("-m", "cli", "demo"), environment, tmp_path / "demo.log").start()
    wait_until(lambda: "24 visitors" in process.last_words(), 40)
    started = family(process.pid)[1:]
    os.kill(process.pid, how)
    wait_until(lambda: process.ended() is not None, 40)

    assert len(started) >= 4
    wait_until(lambda: not any(is_alive(pid) for pid in started), 40)
    assert how == signal.SIGKILL or [path.name for path in tmp_path.iterdir()] == ["demo.log"]
