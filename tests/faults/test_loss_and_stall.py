"""What real processes tell of data that Redis has lost, and of workers that stand still."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bench.stage import Stage, a_config, a_stage, send, wait_until
from cli.processes import ROOT
from shared.local_redis import free_port

pytestmark = pytest.mark.fault

ADMIN_TOKEN = "an-admin-token-of-24-letters-and-more"
PATIENCE_SECONDS = 3


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with a_stage(tmp_path, a_config(), ADMIN_TOKEN=ADMIN_TOKEN, WATCHDOG_SECONDS=str(PATIENCE_SECONDS)) as stage:
        yield stage


def test_data_that_redis_lost_is_told_everywhere_until_somebody_acknowledges_it(stage: Stage) -> None:
    stage.start_sandbox()
    web = free_port()
    stage.start_web(web)
    stage.start_worker()
    send([web], range(5), 1)
    wait_until(stage.settled, 30)
    assert (readyz(web)["data"], metric(web, "hookline_data_lost")) == ("ok", 0)

    stage.redis.kill()
    shutil.rmtree(stage.folder / "redis")
    stage.redis.start()
    wait_until(lambda: "data lost" in log(stage, "worker"), 20)  # nobody has to ask

    assert (readyz(web)["data"], metric(web, "hookline_data_lost")) == ("lost", 1)
    assert hookline(stage, "status")[1].startswith("DATA LOST")
    assert "Of 5 accepted submissions 0 were there" in hookline(stage, "audit")[1]
    [told] = [line for line in log(stage, "web").splitlines() if "data lost" in line]
    assert "CRITICAL" in told

    later = free_port()
    stage.start_web(later)  # knows nothing of what was there before
    assert readyz(later)["data"] == "lost"
    assert hookline(stage, "audit", "--acknowledge")[0] == 0
    assert [readyz(port)["data"] for port in (web, later)] == ["ok", "ok"]


def test_workers_that_stand_still_are_told_everywhere_until_they_go_on(stage: Stage) -> None:
    web, broker = free_port(), free_port()
    stage.start_web(web)
    worker = stage.start_worker(BROKER_URL=f"redis://127.0.0.1:{broker}/0")  # where nobody answers
    send([web], range(3), 1)
    wait_until(lambda: readyz(web)["worker"] == "stalled", PATIENCE_SECONDS + 10)

    assert metric(web, "hookline_workers_stalled") == 1
    assert metric(web, "hookline_unbegun_seconds") > PATIENCE_SECONDS
    assert hookline(stage, "status")[1].startswith("Workers: stalled: 1 alive")

    worker.stop()
    stage.start_sandbox()
    stage.start_worker()
    wait_until(stage.settled, 60)
    assert (readyz(web)["worker"], metric(web, "hookline_workers_stalled")) == ("ok", 0)


def readyz(port: int) -> dict[str, str]:
    answer: dict[str, str] = httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=10, trust_env=False).json()
    return answer


def metric(port: int, name: str) -> float:
    headers = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
    answer = httpx.get(f"http://127.0.0.1:{port}/metrics", headers=headers, timeout=10, trust_env=False)
    [line] = [line for line in answer.raise_for_status().text.splitlines() if line.startswith(f"{name} ")]
    return float(line.split()[1])


def log(stage: Stage, name: str) -> str:
    return (stage.folder / f"{name}.log").read_text(errors="replace")


def hookline(stage: Stage, *arguments: str) -> tuple[int, str]:
    run = subprocess.run(
        [sys.executable, "-m", "cli", *arguments], cwd=ROOT, env=stage.environment, capture_output=True
    )
    return run.returncode, run.stdout.decode()
