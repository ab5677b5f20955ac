"""
How much of HighLevel's rate limit Hookline uses while there is work, and whether it ever goes over it.

Real processes against the local HighLevel with its true limit: 100 calls in any 10 s for each location. In the last
cases a stranger takes 60 of them, steadily or at once. Usage is the share of the calls that are left to us, in the
whole windows of the run. Exits 1 on a 429 of ours after the first answer, below 95 %, or beside a stranger below 90 %.

    python -m bench.rate_limit [--submissions 500] [--only stranger]
"""

import argparse
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from bench.stage import Stage, a_config, a_stage, send, wait_until
from shared.local_redis import free_port

LIMIT, WINDOW_MS = 100, 10_000
TAKEN_BY_A_STRANGER = 60
LEAST_USED, LEAST_USED_BESIDE = 0.95, 0.9
STRANGERS_PATH = "/contacts/a-strangers"
HEAD_START_SECONDS = 11

Wait = Callable[[int], float]  # how many seconds a stranger waits after that many calls


def steadily(_made: int) -> float:
    """Spread a stranger's calls evenly."""
    return WINDOW_MS / 1000 / TAKEN_BY_A_STRANGER


def in_bursts(made: int) -> float:
    """Let a stranger make the calls of a window at once."""
    return 0 if made % TAKEN_BY_A_STRANGER else WINDOW_MS / 1000


@dataclass(frozen=True)
class Case:
    """What is delivered, and beside whom."""

    name: str
    locations: int = 1
    calls: int = 1
    stranger: Wait | None = None
    window: str = "sliding"

    @property
    def left(self) -> int:
        """Return how many calls in a window are left to us at a location."""
        return LIMIT - TAKEN_BY_A_STRANGER if self.stranger else LIMIT


CASES = (
    Case("one call each"),
    Case("three calls each", calls=3),
    Case("one call each, two locations", locations=2),
    Case("a stranger, steadily", stranger=steadily),
    Case("a stranger, steadily, fixed windows", stranger=steadily, window="fixed"),
    Case("a stranger, in bursts", stranger=in_bursts),
    Case("a stranger, in bursts, fixed windows", stranger=in_bursts, window="fixed"),
)


def main() -> None:
    """Run the cases and print one line for each."""
    parser = argparse.ArgumentParser(
        "python -m bench.rate_limit", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--submissions", type=int, default=500, help="for each location that nobody else uses")
    parser.add_argument("--only", default="", help="run the cases with this in their name")
    arguments = parser.parse_args()
    print(f"{'case':<38} {'calls':>6} {'429':>4} {'most in 10 s':>13} {'used':>7} {'seconds':>8}")
    passed = [run(case, arguments.submissions) for case in CASES if arguments.only in case.name]
    sys.exit(0 if all(passed) else 1)


def run(case: Case, submissions: int) -> bool:
    """Run one case, print its figures, and say whether they are as promised."""
    config = a_config(case.locations) if case.calls == 3 else a_config(case.locations, tags="[]", unmapped="drop")
    number = submissions * case.left // LIMIT // case.calls
    with tempfile.TemporaryDirectory() as folder, a_stage(Path(folder), config) as stage:
        calls = measure(stage, case, number)
    made = [call for call in calls if call["path"] != STRANGERS_PATH]
    first = min(call["arrived_ms"] + call["duration_ms"] for call in made)
    refused = sum(call["status"] == 429 and call["arrived_ms"] > first for call in made)
    places = sorted({call["location"] for call in made})
    used = sum(usage(arrivals(made, place), case.left) for place in places) / case.locations
    most = max(most_in_a_window(arrivals(calls, place)) for place in places)
    seconds = max((call["arrived_ms"] - first) / 1000 for call in made)
    print(f"{case.name:<38} {len(made):>6} {refused:>4} {most:>13} {used:>7.1%} {seconds:>8.1f}", flush=True)
    if case.stranger:
        return not refused and used >= LEAST_USED_BESIDE
    return not refused and used >= LEAST_USED and most <= LIMIT


def measure(stage: Stage, case: Case, submissions: int) -> list[dict[str, Any]]:
    """Send all submissions at once and return the calls that HighLevel saw."""
    stage.start_sandbox("--window", case.window)
    stage.start_worker()
    port = free_port()
    stage.start_web(port)
    with calling(stage.highlevel, case.stranger) if case.stranger else nullcontext():
        send([port], range(submissions * case.locations), case.locations)
        wait_until(stage.settled, 600)
    calls: list[dict[str, Any]] = stage.control("GET", "/_sandbox/calls?limit=100000")["calls"]
    return calls


@contextmanager
def calling(highlevel: str, wait: Wait) -> Iterator[None]:
    """Let a stranger use the limit of the first location, from a window before to the end."""
    stopped = threading.Event()

    def call() -> None:
        made, next_at = 0, time.monotonic()
        with httpx.Client(base_url=highlevel, trust_env=False, timeout=10) as http:
            while not stopped.wait(max(0, next_at - time.monotonic())):
                http.get(STRANGERS_PATH, params={"locationId": "L0"}, headers={"Authorization": "Bearer pit-1"})
                made += 1
                next_at += wait(made)

    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    try:
        time.sleep(HEAD_START_SECONDS)
        yield
    finally:
        stopped.set()
        thread.join()


def arrivals(calls: list[dict[str, Any]], location: str) -> list[float]:
    """Return when the calls that were let in arrived at a location."""
    return sorted(call["arrived_ms"] for call in calls if call["location"] == location and call["status"] != 429)


def usage(times: list[float], permitted: int) -> float:
    """Return the share of the permitted calls that was used in the whole windows since the first call."""
    start, windows = min(times), int((max(times) - min(times)) // WINDOW_MS)
    return sum(time < start + windows * WINDOW_MS for time in times) / (permitted * windows)


def most_in_a_window(times: list[float]) -> int:
    """Return the highest number of calls that arrived within any window."""
    return max(sum(start <= time < start + WINDOW_MS for time in times) for start in times)


if __name__ == "__main__":
    main()
