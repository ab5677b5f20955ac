"""Clocks that differ from each other and from that of Redis."""

import time

from bench.faults.fleet import APART
from bench.faults.launch import with_clock
from bench.faults.scenario import SETTLE_SECONDS, Scenario
from bench.faults.theatre import Theatre
from bench.stage import wait_until
from cli.processes import WEB, WORKER

HOUR_SECONDS = 3600
DAY_SECONDS = 24 * HOUR_SECONDS
SKEWED = {
    **APART,
    "web-1": with_clock(HOUR_SECONDS, WEB),
    "worker-1": with_clock(-HOUR_SECONDS, WORKER),
    "worker-2": with_clock(DAY_SECONDS, WORKER),
}


def be_apart(theatre: Theatre) -> None:
    """Refresh tokens and take leases back by clocks that differ, and look whether the journal's times are Redis's."""
    began = time.time()
    theatre.wait_for_delivered(0.2)
    with theatre.kill("all access tokens expire; kill -9 of the worker that is a day ahead"):
        theatre.stage.control("PATCH", "/_sandbox/oauth/app", json={"expire_access_tokens": True})
        theatre.wait_for_delivered(0.4)
        theatre.fleet.kill("worker-2")
    theatre.load.join()
    wait_until(theatre.settled, SETTLE_SECONDS)
    _look_at_times(theatre, began)


def _look_at_times(theatre: Theatre, began: float) -> None:
    ended = time.time()
    entries = theatre.entries().values()
    wrong = [one.id for one in entries if not began <= one.accepted_at <= one.settled_at <= ended]
    theatre.notes.append(f"times of {len(entries)} submissions that are not Redis's: {len(wrong)}")
    if wrong:
        theatre.faults.append(f"accepted or settled at a time that was not: {wrong[:5]}")
    tokens = sum(call["path"] == "/oauth/token" for call in theatre.stage.control("GET", "/_sandbox/calls")["calls"])
    theatre.notes.append(f"tokens asked for: {tokens}")


SCENARIOS = (
    Scenario(
        "clocks apart",
        "web an hour ahead, one worker an hour behind, one a day ahead",
        be_apart,
        programs=SKEWED,
        silence_seconds=40,
        oauth=True,
    ),
)
