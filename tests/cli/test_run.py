import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from redis import Redis

from bench.faults.fleet import is_alive
from bench.stage import a_config, wait_until
from cli.processes import ROOT, Process, when_told_to_end
from cli.run import SOON_SECONDS, Kept, wait_after
from shared.local_redis import free_port
from shared.settings import Settings
from tests.cli.conftest import Hookline


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


def test_run_ends_in_order_when_its_terminal_goes_away(running: tuple[Process, str]) -> None:
    process, _ = running
    started = children(process, "worker") + children(process, "gunicorn")
    os.kill(process.pid, signal.SIGHUP)
    wait_until(lambda: process.ended() is not None, 40)

    assert process.ended() == 0
    assert not any(is_alive(child) for child in started)


def test_run_under_nohup_outlives_its_terminal() -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT)}
    try:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        when_told_to_end(lambda: None)

        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def test_run_starts_nothing_while_its_port_is_taken(
    hookline_offline: Hookline, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        monkeypatch.setenv("PORT", str(port))
        result = hookline_offline("run")

    assert result.exit_code == 1
    assert result.stderr == (
        f"Error: port {port} is taken: set PORT to a free one, or end what listens there "
        "(is Hookline running already?).\n"
    )


def test_run_starts_nothing_with_a_redis_that_may_lose_what_is_accepted(
    settings: Settings, configuration: Path
) -> None:
    ours = {"HOOKLINE_CONFIG": str(configuration), "REDIS_URL": settings.redis_url, "REQUIRE_DURABLE": "1"}
    environment = {**os.environ, **ours, "PORT": str(free_port())}

    ended = subprocess.run(
        [sys.executable, "-m", "cli", "run"], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=30
    )

    assert ended.returncode == 1
    assert ended.stderr.count("Error: REQUIRE_DURABLE is set, but what is accepted could be lost.\n") == 1
    assert "ended with status" not in ended.stderr


def test_what_ends_soon_each_time_waits_longer_each_time() -> None:
    waits = [0.0]
    for _ in range(7):
        waits.append(wait_after(lived=SOON_SECONDS - 1, last_wait=waits[-1]))

    assert waits[1:] == [1, 2, 4, 8, 16, 30, 30]
    assert wait_after(lived=SOON_SECONDS, last_wait=30) == 1


def test_what_has_ended_is_started_again_once_it_has_waited(tmp_path: Path) -> None:
    process = Process("hopeless", ("-c", "print('tried')"), os.environ, tmp_path / "log")
    kept = Kept(process)
    for now in (100.0, 101.0, 101.9, 102.0, 103.0, 104.9):
        kept.keep(now)
        wait_until(lambda: process.ended() is not None, 20)

    assert (tmp_path / "log").read_text() == "tried\ntried\n"


def worker_is(url: str, state: str) -> bool:
    return bool(httpx.get(url, trust_env=False).json()["worker"] == state)


def children(process: Process, name: str) -> list[int]:
    found = subprocess.run(["pgrep", "-P", str(process.pid), "-f", name], capture_output=True, text=True, check=False)
    return [int(pid) for pid in found.stdout.split()]
