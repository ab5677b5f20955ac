"""A worker that runs out of memory, again and again."""

import sys

from bench.faults.fleet import APART
from bench.faults.launch import with_leak
from bench.faults.scenario import Scenario
from bench.faults.theatre import Theatre
from cli.processes import WORKER

SPARE_MEGABYTES = 40
STARVED = {**APART, "worker-1": with_leak(SPARE_MEGABYTES, WORKER)}


def starve_a_worker(theatre: Theatre) -> None:
    """Let a worker leak while the load goes on: it may go on or end, but not stand there half dead."""
    theatre.load.join()
    theatre.notes.append(f"starts of the worker that leaks: {theatre.fleet.starts['worker-1']}")
    with theatre.kill("a worker has no memory left, about 10 s after each start"):
        theatre.fleet.heal()


SCENARIOS = (
    Scenario(
        "worker out of memory",
        "MemoryError in one of two workers, again and again",
        starve_a_worker,
        seconds=60,
        programs=STARVED,
        missing=lambda: "" if sys.platform == "linux" else "the size of a process can be limited on Linux only",
    ),
)
