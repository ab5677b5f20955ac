"""Workers that stay connected and consume nothing: what Celery's textbook settings come to after a restart of Redis."""

import time

from bench.faults.fleet import APART, WORKERS
from bench.faults.scenario import Scenario
from bench.faults.theatre import KILL_SECONDS, Theatre
from bench.stage import wait_until

TEXTBOOK = ("-m", "bench.faults.textbook_worker")
SLOTS = 3
BACKLOG = 2 * SLOTS * len(WORKERS)  # keeps all slots busy for a while, whatever the load
CALL_MILLISECONDS = 1000
# Longer than a delivery tries to settle, so that its acknowledgement fails too, and with it a slot is gone for good:
# when all are, the worker hangs.
DOWN_SECONDS = 20.0
STALL_SECONDS = 15.0
TRIES = 4


def stall_the_workers(theatre: Theatre) -> None:
    """Kill Redis while all slots are busy until both workers stand still; their watchdogs must end them."""
    for _ in range(TRIES):
        theatre.stage.program(match={"path": "/upsert$"}, delay_ms=CALL_MILLISECONDS)
        _wait_for_busy_slots(theatre)
        with theatre.fault(f"kill -9 of Redis for {DOWN_SECONDS:.0f} s, with all slots busy", KILL_SECONDS):
            theatre.stage.redis.kill()
            theatre.redis_wire.reset()
            theatre.end_programs()  # for those that come later
            time.sleep(DOWN_SECONDS)
            theatre.stage.redis.start()
        if since := _standstill(theatre):
            _wait_for_the_watchdog(theatre, since)
            break
    else:
        theatre.faults.append(f"Redis was killed {TRIES} times, and the workers did not stand still")


def _wait_for_busy_slots(theatre: Theatre) -> None:
    """Let submissions gather while the workers stand, and wait until they have all hands full."""
    for name in WORKERS:
        theatre.fleet.freeze(name)
    try:
        wait_until(lambda: _open(theatre) >= BACKLOG, 60)
    finally:
        for name in WORKERS:
            theatre.fleet.thaw(name)
    time.sleep(CALL_MILLISECONDS / 1000)


def _standstill(theatre: Theatre) -> float:
    """Return when the workers' last delivery was, once they have made none for a while; 0 if they go on moving."""
    ends = time.monotonic() + 2 * STALL_SECONDS
    seen, since = _delivered(theatre), time.monotonic()
    while time.monotonic() < ends:
        if seen != (now := _delivered(theatre)):
            seen, since = now, time.monotonic()
        elif time.monotonic() - since > STALL_SECONDS:
            return since
        time.sleep(0.2)
    return 0.0


def _wait_for_the_watchdog(theatre: Theatre, since: float) -> None:
    """Show that the workers run, are connected and have work, and wait until they deliver again without a hand."""
    seen, waiting = _delivered(theatre), theatre.journal.ledger().waiting
    clients = len(theatre.journal.redis.client_list())
    theatre.notes.append(
        f"stalled: no process ended, {clients} connections to Redis, {waiting} wait, "
        f"{theatre.journal.workforce().unbegun} leased and not begun"
    )
    wait_until(lambda: theatre.readyz().get("worker") == "stalled", KILL_SECONDS)
    theatre.notes.append(f"readyz said stalled after {time.monotonic() - since:.0f} s")
    wait_until(lambda: _delivered(theatre) > seen, KILL_SECONDS)
    seconds = time.monotonic() - since
    theatre.notes.append(f"first delivery {seconds:.0f} s after the last one before the stall")
    if seconds > KILL_SECONDS:
        theatre.faults.append(f"the stall lasted {seconds:.0f} s, more than {KILL_SECONDS:.0f} s")


def _open(theatre: Theatre) -> int:
    ledger = theatre.journal.ledger()
    return ledger.waiting + ledger.leased


def _delivered(theatre: Theatre) -> int:
    return theatre.journal.ledger().delivered


SCENARIOS = (
    Scenario(
        "worker stalled",
        "workers with Celery's textbook settings, which hang when Redis restarts",
        stall_the_workers,
        submissions=400,  # what few slots and a silence of a minute leave time for
        seconds=80,
        environment={"WORKER_CONCURRENCY": str(SLOTS)},
        programs={**APART, **dict.fromkeys(WORKERS, TEXTBOOK)},
    ),
)
