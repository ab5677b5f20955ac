"""
How much of HighLevel's rate limit Hookline uses while there is work, and whether it ever goes over it.

Real processes against the local HighLevel with its true limit: 100 calls in any 10 s for each location.
Usage is the share of the permitted calls in the whole windows of the run. Exits 1 on a 429 or below 95 %.

    python -m bench.rate_limit [--submissions 500]
"""

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

from shared.local_redis import free_port
from tests.faults.stage import Stage, a_config, a_stage, send, wait_until

LIMIT, WINDOW_MS = 100, 10_000
LEAST_USED = 0.95
RUNS = (("one call each", 1, 1), ("three calls each", 1, 3), ("one call each, two locations", 2, 1))


def main() -> None:
    """Run all cases and print one line for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--submissions", type=int, default=500, help="for each location")
    submissions = parser.parse_args().submissions
    print(f"{'case':<30} {'calls':>6} {'429':>4} {'most in 10 s':>13} {'used':>7} {'seconds':>8}")
    passed = [
        run(name, locations, calls, submissions // (calls if calls > 1 else 1)) for name, locations, calls in RUNS
    ]
    sys.exit(0 if all(passed) else 1)


def run(name: str, locations: int, calls: int, submissions: int) -> bool:
    """Run one case, print its figures, and say whether they are as promised."""
    config = a_config(locations) if calls == 3 else a_config(locations, tags="[]", unmapped="drop")
    with tempfile.TemporaryDirectory() as folder, a_stage(Path(folder), config) as stage:
        made = measure(stage, locations, submissions)
    refused = sum(call["status"] == 429 for call in made)
    arrivals = {
        place: [call["arrived_ms"] for call in made if call["location"] == place] for place in locations_of(made)
    }
    used = sum(usage(times) for times in arrivals.values()) / locations
    most = max(most_in_a_window(times) for times in arrivals.values())
    seconds = max((max(times) - min(times)) / 1000 for times in arrivals.values())
    print(f"{name:<30} {len(made):>6} {refused:>4} {most:>13} {used:>7.1%} {seconds:>8.1f}", flush=True)
    return not refused and used >= LEAST_USED and most <= LIMIT


def measure(stage: Stage, locations: int, submissions: int) -> list[dict[str, Any]]:
    """Send all submissions at once and return the calls that HighLevel saw."""
    stage.start_sandbox()
    stage.start_worker()
    port = free_port()
    stage.start_web(port)
    send([port], range(submissions * locations), locations)
    wait_until(stage.settled, 600)
    calls: list[dict[str, Any]] = stage.control("GET", "/_sandbox/calls?limit=100000")["calls"]
    return calls


def locations_of(calls: list[dict[str, Any]]) -> set[str]:
    """Return the locations that were called."""
    return {call["location"] for call in calls}


def usage(times: list[float]) -> float:
    """Return the share of the permitted calls that was used in the whole windows since the first call."""
    start, windows = min(times), int((max(times) - min(times)) // WINDOW_MS)
    return sum(time < start + windows * WINDOW_MS for time in times) / (LIMIT * windows)


def most_in_a_window(times: list[float]) -> int:
    """Return the highest number of calls that arrived within any window."""
    ordered = sorted(times)
    return max(sum(start <= time < start + WINDOW_MS for time in ordered) for start in ordered)


if __name__ == "__main__":
    main()
