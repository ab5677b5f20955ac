"""The real process: its one line of output, connections that stay open, resets, and a clean end."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[2]
HEADERS = {"Authorization": "Bearer pit-test", "Version": "2021-07-28"}


@pytest.fixture
def process() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "sandbox", "--port", "0", "--window", "off"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        yield process
        process.kill()


@pytest.fixture
def http(process: subprocess.Popen[str]) -> Iterator[httpx.Client]:
    assert process.stdout is not None
    url = process.stdout.readline().split()[-1]
    with httpx.Client(base_url=url, headers=HEADERS, timeout=20, limits=httpx.Limits(max_connections=32)) as http:
        yield http


def upsert(http: httpx.Client, number: int = 0) -> httpx.Response:
    return http.post("/contacts/upsert", json={"locationId": "L1", "email": f"ada{number}@example.com"})


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_cleanly_and_says_one_line_only(
    process: subprocess.Popen[str], http: httpx.Client, end: signal.Signals
) -> None:
    upsert(http)
    process.send_signal(end)
    rest, _ = process.communicate(timeout=20)

    assert process.returncode == 0
    assert rest == ""


def test_a_connection_serves_many_calls(http: httpx.Client) -> None:
    connections = set()
    for number in range(5):
        with http.stream("POST", "/contacts/upsert", json={"locationId": "L1", "email": f"a{number}@b.co"}) as answer:
            answer.read()
            connections.add(answer.extensions["network_stream"].get_extra_info("client_addr"))

    assert len(connections) == 1


def test_32_callers_at_once_are_all_answered(http: httpx.Client) -> None:
    with ThreadPoolExecutor(32) as callers:
        answers = list(callers.map(lambda number: upsert(http, number % 50), range(320)))

    assert [answer.status_code for answer in answers] == [200] * 320
    assert sum(answer.json()["new"] for answer in answers) == 50
    assert http.get("/_sandbox/contacts").json()["total"] == 50


def test_a_reset_fault_breaks_the_connection(http: httpx.Client) -> None:
    http.post("/_sandbox/faults", json={"reset": True, "after_write": True})
    with pytest.raises(httpx.ReadError):
        upsert(http)

    assert upsert(http).json()["new"] is False


def test_an_answer_of_the_edge_is_signed_by_the_edge_alone(http: httpx.Client) -> None:
    http.post("/_sandbox/faults", json={"program": "edge_html_403"})
    blocked, ordinary = upsert(http), upsert(http)

    assert blocked.headers.get_list("Server") == ["cloudflare"]
    assert "Server" not in ordinary.headers
    assert "Date" in ordinary.headers
