import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from redis import Redis

from bench.faults.fleet import is_alive
from bench.stage import a_config, wait_until
from cli.processes import Process
from shared.local_redis import free_port
from shared.settings import Settings


@pytest.fixture
def running(redis: Redis, settings: Settings, tmp_path: Path) -> Iterator[tuple[Process, str]]:
    (tmp_path / "hookline.toml").write_text(a_config())
    port = str(free_port())
    environment = {
        **os.environ,
        "REDIS_URL": settings.redis_url,
        "HOOKLINE_CONFIG": str(tmp_path / "hookline.toml"),
        "HIGHLEVEL_TOKEN": "pit-1",
        "PORT": port,
    }
    process = Process("run", ("-m", "cli", "run"), environment, tmp_path / "run.log").start()
    process.wait_for(f"http://127.0.0.1:{port}/readyz")
    yield process, f"http://127.0.0.1:{port}/readyz"
    process.stop()


def test_run_starts_a_worker_again_that_ended_and_ends_in_order(running: tuple[Process, str], tmp_path: Path) -> None:
    process, url = running
    wait_until(lambda: worker_is(url, "ok"), 20)
    [worker] = children(process, "worker")
    os.kill(worker, signal.SIGKILL)
    wait_until(lambda: children(process, "worker") not in ([], [worker]), 20)

    assert "worker ended with status -9: starting it again" in (tmp_path / "run.log").read_text()
    started = children(process, "worker") + children(process, "gunicorn")
    assert process.stop() == 0
    assert not any(is_alive(child) for child in started)


def test_what_run_has_started_ends_when_run_is_killed(running: tuple[Process, str]) -> None:
    process, url = running
    wait_until(lambda: worker_is(url, "ok"), 20)
    started = children(process, "worker") + children(process, "gunicorn")
    process.kill()

    assert len(started) == 2
    wait_until(lambda: not any(is_alive(child) for child in started), 40)


def worker_is(url: str, state: str) -> bool:
    return bool(httpx.get(url, trust_env=False).json()["worker"] == state)


def children(process: Process, name: str) -> list[int]:
    found = subprocess.run(["pgrep", "-P", str(process.pid), "-f", name], capture_output=True, text=True, check=False)
    return [int(pid) for pid in found.stdout.split()]
