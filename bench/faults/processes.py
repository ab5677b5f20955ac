"""Faults of our own processes: they are killed, restarted and frozen."""

import time
from collections.abc import Callable

from bench.faults.fleet import LOOK_SECONDS, SERVERS, TOGETHER, WEBS, WORKERS, children, family, is_alive, kill
from bench.faults.scenario import Scenario
from bench.faults.senders import Load, leads
from bench.faults.theatre import KILL_SECONDS, POISON, Theatre
from bench.stage import wait_until
from shared.fault_points import VARIABLE

POISONED = 2
POISON_NUMBERS = 1_000_000  # so that they are nobody else's
POISON_PATIENCE_SECONDS = 600
FROZEN_SECONDS = 50.0  # a lease lasts 40
RUN_STARTS = {"the worker of hookline run": "m worker$", "the web process of hookline run": "gunicorn"}
START_SECONDS = 60.0  # `hookline run` waits longer each time for what ends soon
ORPHAN_SECONDS = 40.0  # longer than a process takes that ends in good order


def kill_a_worker(theatre: Theatre) -> None:
    theatre.wait_for_delivered(0.1)
    with theatre.kill("kill -9 of a worker"):
        theatre.fleet.kill("worker-1")


def kill_both_workers(theatre: Theatre) -> None:
    theatre.wait_for_delivered(0.1)
    with theatre.kill("kill -9 of both workers"):
        for name in WORKERS:
            theatre.fleet.kill(name)


def kill_web(theatre: Theatre) -> None:
    theatre.wait_for_delivered(0.05)
    for turn in theatre.each_few_seconds(4, most=6):
        name = WEBS[turn % 2]
        with theatre.kill(f"kill -9 of the {'server' if turn % 3 else 'child'} of {name}"):
            (theatre.fleet.kill if turn % 3 else theatre.fleet.kill_children)(name)


def restart_in_turn(theatre: Theatre) -> None:
    names = (*WORKERS, *WEBS)
    for turn in theatre.each_few_seconds(3, least=8):
        name = names[turn % len(names)]
        with theatre.kill(f"SIGTERM to {name}"):
            theatre.fleet.terminate([name])


def restart_all(theatre: Theatre) -> None:
    theatre.wait_for_delivered(0.1)
    for _ in theatre.each_few_seconds(8, least=2, most=4):
        with theatre.kill("SIGTERM to all processes at once"):
            theatre.fleet.terminate((*WORKERS, *WEBS))


def kill_run(theatre: Theatre) -> None:
    """Kill `hookline run`, whose web and worker must not stay behind, and each of the two, which it starts again."""
    theatre.wait_for_delivered(0.05)
    for turn in theatre.each_few_seconds(8, least=3, most=6):
        name, what = SERVERS[turn % 2], ("hookline run", *RUN_STARTS)[turn % 3]
        pid, started = _wait_for_run(theatre, name)
        orphans = [] if what in started else family(pid)[1:]
        with theatre.kill(f"kill -9 of {what}"):
            kill(started.get(what, pid))
        if orphans:
            _wait_for_orphans(theatre, orphans)


def _wait_for_run(theatre: Theatre, name: str) -> tuple[int, dict[str, int]]:
    """Wait until `hookline run` has started both; return its id and theirs."""

    def started() -> dict[str, int]:
        pid = theatre.fleet.pid(name)
        return {what: child for what, command in RUN_STARTS.items() for child in children(pid, command)}

    wait_until(lambda: started().keys() == RUN_STARTS.keys(), START_SECONDS)
    return theatre.fleet.pid(name), started()


def _wait_for_orphans(theatre: Theatre, pids: list[int]) -> None:
    try:
        seconds = wait_until(lambda: not any(map(is_alive, pids)), ORPHAN_SECONDS)
        theatre.notes.append(f"its {len(pids)} children ended {seconds:.1f} s after it")
    except AssertionError:
        left = [pid for pid in pids if is_alive(pid)]
        theatre.faults.append(f"{len(left)} of {len(pids)} children still run {ORPHAN_SECONDS:.0f} s after it")
        for pid in left:
            kill(pid)


def kill_a_dyno(theatre: Theatre) -> None:
    """Kill web and worker at once, as a platform does with what takes too much memory."""
    theatre.wait_for_delivered(0.1)
    with theatre.kill("SIGKILL of a web process and a worker at once"):
        theatre.fleet.kill_whole(SERVERS[:1])
    theatre.pause(5)
    with theatre.kill("SIGKILL of all processes at once"):
        theatre.fleet.kill_whole(SERVERS)


def freeze_a_worker(theatre: Theatre) -> None:
    theatre.wait_for_delivered(0.1)
    with theatre.fault(f"a worker stands still for {FROZEN_SECONDS:.0f} s, longer than a lease"):
        theatre.fleet.freeze("worker-1")
        time.sleep(FROZEN_SECONDS)
        theatre.fleet.thaw("worker-1")


def poison(theatre: Theatre) -> None:
    """Send submissions whose delivery ends its worker each time, between those of everybody else."""
    theatre.wait_for_delivered(0.1)
    with theatre.kill(f"{POISONED} submissions that end their worker each time"):
        ports = [*theatre.fleet.ports.values()]
        for lead in leads(POISONED, [POISON], theatre.random, first=POISON_NUMBERS):
            Load([lead], ports, 0).start().join()
        wait_until(lambda: theatre.journal.ledgers_of_forms()[POISON].dead == POISONED, POISON_PATIENCE_SECONDS)
    theatre.notes.append(f"workers ended: {sum(theatre.fleet.ends[name] for name in WORKERS)}")


def wait_for_ends(theatre: Theatre, what: str, ends: Callable[[Theatre], int]) -> None:
    """Let the load go on, and take each end of a process for a fault; then let none end by itself any more."""
    seen = 0
    while theatre.load.is_running:
        time.sleep(LOOK_SECONDS)
        for _ in range(seen, ends(theatre)):
            with theatre.fault(what, KILL_SECONDS):
                seen += 1
    theatre.demand(what, seen)
    with theatre.kill("restart of all, none of which ends by itself any more"):
        theatre.fleet.heal()


def end_workers(theatre: Theatre) -> None:
    wait_for_ends(theatre, "a worker has ended by itself", lambda it: it.fleet.ends.total())


def end_web(theatre: Theatre) -> None:
    """Let children of gunicorn end, each of which shows by the request that it leaves without an answer."""
    wait_for_ends(theatre, "web has broken a request off", lambda it: it.load.answers.get(0, 0))


def _ends_at(name: str, sentence: str, point: str, play: Callable[[Theatre], None] = end_workers) -> Scenario:
    return Scenario(name, sentence, play, submissions=2000, environment={VARIABLE: point})


def do_nothing(_theatre: Theatre) -> None:
    """Break nothing: so it looks when all is well."""


SCENARIOS = (
    Scenario("calm", "nothing is broken, for comparison", do_nothing),
    Scenario("worker killed", "kill -9 of one of two workers", kill_a_worker, is_short=True),
    Scenario("both workers killed", "kill -9 of both workers at once", kill_both_workers),
    Scenario("web killed", "kill -9 of gunicorn or its child, again and again", kill_web),
    Scenario("rolling restart", "SIGTERM to one process after the other, every 3 s", restart_in_turn),
    Scenario("restart of all", "SIGTERM to all processes at once, several times", restart_all),
    Scenario("run killed", "kill -9 of `hookline run`, of its worker, of its web", kill_run, programs=TOGETHER),
    Scenario("dyno killed", "SIGKILL of web and worker at once, then of all", kill_a_dyno, programs=TOGETHER),
    Scenario("worker frozen", "a worker stands still for longer than its leases last", freeze_a_worker),
    Scenario(
        "poison",
        "submissions whose delivery ends its worker each time",
        poison,
        submissions=2700,
        seconds=150,  # so that neighbours come in all the time
        silence_seconds=60,
        environment={VARIABLE: f"begun@{POISON}"},
        dies=lambda _: {"crashed": POISONED},
    ),
    _ends_at("killed at begin", "a worker ends when it has begun a delivery", "begun/120"),
    _ends_at("killed before a call", "a worker ends when it has the permit for a call", "before-call/300"),
    _ends_at("killed in a call", "a worker ends when a call is carried out and not answered", "before-call/300+75"),
    _ends_at("killed after a call", "a worker ends when a call is answered and nothing stored", "answered/300"),
    _ends_at("killed before settling", "a worker ends when all is done and not yet settled", "before-settle/120"),
    _ends_at("web killed after accept", "web ends when it has accepted and not yet answered", "accepted/40", end_web),
)
