"""A worker that runs out of memory, again and again."""

import sys

from bench.faults.fleet import APART
from bench.faults.launch import with_leak
from bench.faults.processes import wait_for_ends
from bench.faults.scenario import Scenario
from bench.faults.theatre import Theatre
from cli.processes import WORKER

SPARE_MEGABYTES = 40
STARVED = {**APART, "worker-1": with_leak(SPARE_MEGABYTES, WORKER)}


def starve_a_worker(theatre: Theatre) -> None:
    """Let a worker leak while the load goes on, about 10 s after each start: it may not stand there half dead."""
    wait_for_ends(theatre, "a worker that had no memory left has ended", lambda it: it.fleet.ends["worker-1"])


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
