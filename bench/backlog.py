"""
What a backlog costs, and what becomes of it.

Real processes: Redis with its data on disk, a local HighLevel, one web process and one worker. Two locations answer
503 and so are held; the submissions wait there. Everything is measured with nothing waiting and again with the
backlog: the worker's memory, what worker and Redis do while nothing can be delivered, how long submissions of another
location take, and what commands take that ask how things stand. Then the outage ends. Both locations have to drain at
their limit, and at a third one that was held too, newly accepted submissions have to be delivered before the dead
letters that were replayed during the outage.

Exits 1 and names what is not as promised.

    python -m bench.backlog [--submissions 100000] [--json]
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, fields, replace
from hashlib import sha1
from itertools import islice
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import httpx

from bench.rate_limit import LIMIT, arrivals, most_in_a_window, usage
from bench.stage import TOKEN, Stage, a_config, a_stage, a_submission, say, wait_until
from cli.processes import ROOT, Process
from shared.journal import Limits, Record
from shared.journal.scripts import source
from shared.local_redis import free_port
from shared.queue import create_celery, enqueue
from shared.settings import Settings
from shared.submission import State

ELSEWHERE, REPLAYED, BACKLOGS = 0, 1, (2, 3)
PREFIX = "hookline:"
AT_ONCE = 100
WARM_UP = 100
LIVE_INTERVAL_SECONDS = 0.5
PROBE_PATIENCE_SECONDS = 330
TICKS = os.sysconf("SC_CLK_TCK")

MOST_GROWTH_MB = 20
MOST_LIVE_SECONDS = 2
LEAST_USED = 0.95
FLAT = 2  # times as much is still flat: larger data is colder, and the machine does other things too
FLAT_CPU_MS = 10  # of a second; less is not measured well enough to be compared
LONGEST_COMMAND_MS = 250


@dataclass(frozen=True)
class Plan:
    """How much is sent, and for how long is looked."""

    submissions: int
    idle_seconds: float = 30
    live: int = 30
    replays: int = 100
    ahead: int = 50
    newcomers: int = 20
    drain_seconds: float = 40


@dataclass(frozen=True)
class Cost:
    """What is measured with nothing waiting, and with the backlog."""

    worker_mb: float
    worker_cpu_ms: float
    redis_cpu_ms: float
    turn_us: float
    longest_command_ms: float
    live_median_s: float
    live_p95_s: float
    live_longest_s: float
    status_s: float
    list_s: float
    audit_s: float
    redis_mb: float


UNITS = {
    "worker_mb": "worker, memory (PSS), MB",
    "worker_cpu_ms": "worker, CPU while nothing can be delivered, ms a second",
    "redis_cpu_ms": "Redis, CPU meanwhile, ms a second",
    "turn_us": "Redis, one turn of the pump (median), µs",
    "longest_command_ms": "Redis, the longest command meanwhile and below, ms",
    "live_median_s": "a live submission elsewhere, median, s",
    "live_p95_s": "… 95 of 100, s",
    "live_longest_s": "… the longest, s",
    "status_s": "`hookline status`, s",
    "list_s": "`hookline submissions list`, s",
    "audit_s": "`hookline audit`, which reads every record, s",
    "redis_mb": "Redis, memory, MB",
}


@dataclass(frozen=True)
class Drain:
    """What came after the outage; the times of live submissions are those at the location without a backlog."""

    until_probe_s: float
    used: float
    most_in_10_s: int
    refused: int
    live_longest_s: float
    newcomers_longest_s: float
    overtaken: int
    worker_mb: float


@dataclass(frozen=True)
class Figures:
    """All that was measured, and what is not as promised."""

    submissions: int
    fill_s: float
    before: Cost
    during: Cost
    redis_bytes_each: float
    drain: Drain
    faults: tuple[str, ...]


def main() -> None:
    """Measure and print a table, or JSON."""
    parser = argparse.ArgumentParser(
        "python -m bench.backlog", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--submissions", type=int, default=100_000, help="how many wait")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(Plan(arguments.submissions), Path(folder))
    print(json.dumps(asdict(figures), indent=2) if arguments.json else table(figures))
    sys.exit(1 if figures.faults else 0)


def measure(plan: Plan, folder: Path) -> Figures:
    """Play it all, and say what came of it."""
    with a_stage_with_places(folder) as stage:
        return Play(stage, plan).run()


def a_stage_with_places(folder: Path, **environment: str) -> AbstractContextManager[Stage]:
    """Return a stage with a location of each kind, whose deliveries need one call each."""
    return a_stage(folder, a_config(len((ELSEWHERE, REPLAYED, *BACKLOGS)), "[]", "drop"), **environment)


class Play:
    """One run: an outage, its backlog, and its end."""

    def __init__(self, stage: Stage, plan: Plan) -> None:
        self.stage, self.plan = stage, plan
        self.journal, self.port = stage.journal, free_port()
        self.celery = create_celery(Settings(redis_url=stage.redis.url))
        self.numbers = iter(range(10**9))
        self.pump = sha1(source("pump", Limits.of(Settings())).encode()).hexdigest().encode()
        self.journal.redis.config_set("slowlog-max-len", 10_000)
        stage.start_sandbox()
        stage.start_web(self.port)
        self.worker = stage.start_worker()

    def run(self) -> Figures:
        """Measure with nothing waiting, with the backlog, and while it drains."""
        dead = self.bury(self.plan.replays)
        self.warm_up()
        say("nothing waits")
        before = self.cost()
        self.outage()
        say(f"{self.plan.submissions} are accepted")
        began = time.monotonic()
        self.fill()
        fill_s = time.monotonic() - began
        self.replay(dead)
        say("they wait")
        during = self.cost()
        say("the outage ends")
        drain = self.drain(dead)
        figures = Figures(
            submissions=self.plan.submissions,
            fill_s=fill_s,
            before=before,
            during=during,
            redis_bytes_each=(during.redis_mb - before.redis_mb) * 1e6 / self.plan.submissions,
            drain=drain,
            faults=(),
        )
        return replace(figures, faults=(*broken(figures), *self.unbalanced()))

    # Before and during ------------------------------------------------------------------------------------------

    def bury(self, number: int) -> list[str]:
        """Make dead letters: HighLevel refuses each once, and would take it later."""
        refusal = {"match": {"location": f"L{REPLAYED}"}, "status": 400, "count": number}
        refused = self.stage.program(**refusal, body={"statusCode": 400, "message": ["email must be an email"]})
        self.accept(REPLAYED for _ in range(number))
        wait_until(lambda: self.journal.ledger().dead == number, 60)
        self.stage.control("DELETE", f"/_sandbox/faults/{refused}")
        return [record.id for record in self.journal.submissions(State.DEAD)]

    def warm_up(self) -> None:
        """Let worker and web do all that they do once, such as loading libraries and opening connections."""
        self.accept(ELSEWHERE for _ in range(WARM_UP))
        self.post(ELSEWHERE)
        wait_until(self.stage.settled, 60)

    def outage(self) -> None:
        """Let HighLevel answer 503 until Hookline has seen that it is an outage."""
        places = (REPLAYED, *BACKLOGS)
        for place in places:
            self.stage.program(match={"location": f"L{place}"}, program="unavailable_503")
        self.accept(place for place in places for _ in range(10))
        wait_until(lambda: len(self.journal.holds()) == len(places), 60)

    def fill(self) -> None:
        """Let submissions wait: a few where dead letters will be replayed, the others where nothing else is."""
        ahead = min(self.plan.ahead, self.plan.submissions // 10)
        self.accept(REPLAYED for _ in range(ahead))
        self.accept(BACKLOGS[number % len(BACKLOGS)] for number in range(self.plan.submissions - ahead))

    def replay(self, dead: list[str]) -> None:
        """Replay dead letters while their location is held."""
        for submission_id in dead:
            self.journal.replay(submission_id, "generic_json", f"place-{REPLAYED}", 1)

    def cost(self) -> Cost:
        """Measure."""
        self._log(1000)
        live, slow = self.live(ELSEWHERE), self._logged()
        self._log(0)
        before = self._used()
        time.sleep(self.plan.idle_seconds)
        worker, redis, seconds = (after - before for before, after in zip(before, self._used(), strict=True))
        slow += (idle := self._logged())
        self._log(1000)
        taken = [self._seconds_of(*arguments) for arguments in (("status",), ("submissions", "list"), ("audit",))]
        slow += self._logged()
        return Cost(
            worker_mb=memory_mb(self.worker),
            worker_cpu_ms=worker / seconds * 1000,
            redis_cpu_ms=redis / seconds * 1000,
            turn_us=median(entry["duration"] for entry in idle if self.pump in entry["command"]),
            longest_command_ms=max((entry["duration"] / 1000 for entry in slow), default=0),
            live_median_s=median(live),
            live_p95_s=quantiles(live, n=20)[-1],
            live_longest_s=max(live),
            status_s=taken[0],
            list_s=taken[1],
            audit_s=taken[2],
            redis_mb=self.journal.redis.info("memory")["used_memory"] / 1e6,
        )

    def _used(self) -> tuple[float, float, float]:
        """Return the CPU seconds of worker and Redis, and the time."""
        found = self.journal.redis.info("cpu")
        return cpu_seconds(self.worker), found["used_cpu_user"] + found["used_cpu_sys"], time.monotonic()

    def _log(self, least_us: int) -> None:
        """Let Redis note each command that takes so long, or longer."""
        self.journal.redis.config_set("slowlog-log-slower-than", least_us)
        self.journal.redis.slowlog_reset()

    def _logged(self) -> list[dict[str, Any]]:
        return list(self.journal.redis.slowlog_get(-1))

    def _seconds_of(self, *arguments: str) -> float:
        """Return how long a command takes; the shortest of three, since the machine does other things too."""
        command = [sys.executable, "-m", "cli", *arguments]
        taken = []
        for _ in range(3):
            began = time.monotonic()
            subprocess.run(command, env=self.stage.environment, cwd=ROOT, capture_output=True, check=True)
            taken.append(time.monotonic() - began)
        return min(taken)

    # The end of the outage --------------------------------------------------------------------------------------

    def end_outage(self) -> float:
        """Let HighLevel answer again; return how many seconds it took until Hookline had seen that everywhere."""
        self.stage.control("DELETE", "/_sandbox/faults")
        return wait_until(lambda: not self.journal.holds(), PROBE_PATIENCE_SECONDS)

    def newcomers(self, dead: list[str]) -> list[Record]:
        """Post submissions while replays are on their way; return them when they are delivered."""
        wait_until(lambda: any(map(self._is_delivered, dead)), 60)
        sent = [self.post(REPLAYED) for _ in range(self.plan.newcomers)]
        wait_until(lambda: all(map(self._is_delivered, sent)), 60)
        return [*map(self._record, sent)]

    def drain(self, dead: list[str]) -> Drain:
        """End the outage, and look on while all drains."""
        began = time.time()
        until_probe, ends = self.end_outage(), time.time() + self.plan.drain_seconds
        newcomers = self.newcomers(dead)
        live = self.live(ELSEWHERE)
        time.sleep(max(0, ends - time.time()))
        calls = self.stage.control("GET", "/_sandbox/calls?limit=200000")["calls"]
        since = [call for call in calls if call["arrived_ms"] > began * 1000]
        return Drain(
            until_probe_s=until_probe,
            used=min(usage(arrivals(since, f"L{place}"), LIMIT) for place in BACKLOGS),
            most_in_10_s=max(most_in_a_window(arrivals(since, f"L{place}")) for place in (REPLAYED, *BACKLOGS)),
            refused=sum(call["status"] == 429 for call in calls),
            live_longest_s=max(live),
            newcomers_longest_s=max(map(_seconds_taken, newcomers)),
            overtaken=self.overtaken(newcomers, dead),
            worker_mb=memory_mb(self.worker),
        )

    def overtaken(self, newcomers: list[Record], dead: list[str]) -> int:
        """Count the new ones that waited while a replay was leased."""
        replays = [leased for one in dead if (leased := self._leased_at(one))]
        return sum(
            any(one.accepted_at.timestamp() * 1000 < at < self._leased_at(one.id) for at in replays)
            for one in newcomers
        )

    def _leased_at(self, submission_id: str) -> int:
        return int(self.journal.redis.hget(f"{PREFIX}sub:{submission_id}", "leased_at") or 0)

    def unbalanced(self) -> list[str]:
        """Name the states of which the ledger says something else than is there."""
        shelves = self.journal.shelves()
        return [
            f"{state}: the ledger says {ours}, counted are {found}" for state, ours, found in shelves if ours != found
        ]

    # Sending ----------------------------------------------------------------------------------------------------

    def accept(self, places: Iterable[int]) -> None:
        """Hand submissions to the journal as a receiver does, many at a time, and enqueue what it leases."""
        submissions = (a_submission(place, _answers(next(self.numbers))) for place in places)
        while group := tuple(islice(submissions, AT_ONCE)):
            enqueue(self.celery, self.journal.accept(*group).jobs)

    def post(self, place: int) -> str:
        """Send a submission as a form builder does; return its id."""
        url = f"http://127.0.0.1:{self.port}/hooks/form-{place}/{TOKEN}"
        answer = httpx.post(url, json=_answers(next(self.numbers)), timeout=10, trust_env=False)
        return str(answer.raise_for_status().json()["id"])

    def live(self, place: int) -> list[float]:
        """Post submissions one after the other; return how long each took until it was delivered."""
        sent = []
        for _ in range(self.plan.live):
            sent.append(self.post(place))
            time.sleep(LIVE_INTERVAL_SECONDS)
        wait_until(lambda: all(map(self._is_delivered, sent)), 60)
        return [_seconds_taken(self._record(one)) for one in sent]

    def _is_delivered(self, submission_id: str) -> bool:
        return self._record(submission_id).state is State.DELIVERED

    def _record(self, submission_id: str) -> Record:
        record = self.journal.find(submission_id)
        if record is None:
            raise AssertionError(f"{submission_id} is not in the journal")
        return record


# What is looked at ----------------------------------------------------------------------------------------------


def memory_mb(process: Process) -> float:
    """Return what a process and its children occupy, with their shares of what they share."""
    rollups = [Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in _family(process)]
    lines = [line.split() for rollup in rollups for line in rollup.splitlines()]
    return sum(int(words[1]) for words in lines if words[0] == "Pss:") * 1024 / 1e6


def cpu_seconds(process: Process) -> float:
    """Return the CPU time that a process and its children have used, those that have ended too."""
    used = [_stat(pid)[11:15] for pid in _family(process)]  # utime, stime, cutime, cstime
    return sum(map(int, (ticks for one in used for ticks in one))) / TICKS


def _family(process: Process) -> list[int]:
    """Return the processes of the group that a process leads."""
    pids = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]
    return [pid for pid in pids if (stat := _stat(pid)) and int(stat[2]) == process.pid]


def _stat(pid: int) -> list[str]:
    """Return what the kernel says of a process, from its state on; nothing when it has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return []


def _seconds_taken(record: Record) -> float:
    return (record.since - record.accepted_at).total_seconds()


# What is sent ---------------------------------------------------------------------------------------------------


def _answers(number: int) -> dict[str, str]:
    return {
        "id": f"lead-{number}",
        "first_name": f"Ada {number}",
        "last_name": "Lovelace",
        "email": f"ada-{number}@example.com",
        "phone": f"+1206555{number % 10000:04}",
        "message": "Please tell me more about what it costs, and when you could begin.",
    }


# What is said ---------------------------------------------------------------------------------------------------


def broken(figures: Figures) -> tuple[str, ...]:
    """Name what is not as promised."""
    before, during, drain = figures.before, figures.during, figures.drain
    grown = max(during.worker_mb, drain.worker_mb) - before.worker_mb
    live = max(during.live_longest_s, drain.live_longest_s)
    promises = {
        f"a worker takes {grown:.0f} MB more with the backlog": grown <= MOST_GROWTH_MB,
        "a worker's CPU grows with the backlog": _is_flat(before.worker_cpu_ms, during.worker_cpu_ms, FLAT_CPU_MS),
        "the CPU of Redis grows with the backlog": _is_flat(before.redis_cpu_ms, during.redis_cpu_ms, FLAT_CPU_MS),
        "a turn of the pump grows with the backlog": _is_flat(before.turn_us, during.turn_us, FLAT_CPU_MS),
        "`hookline status` grows with the backlog": _is_flat(before.status_s, during.status_s, 0),
        f"a command kept Redis for {during.longest_command_ms:.0f} ms": during.longest_command_ms <= LONGEST_COMMAND_MS,
        f"a live submission elsewhere took {live:.1f} s": live <= MOST_LIVE_SECONDS,
        f"{drain.most_in_10_s} calls in 10 s": drain.most_in_10_s <= LIMIT,
        f"{drain.refused} calls were answered 429": not drain.refused,
        f"only {drain.used:.0%} of the limit are used": drain.used >= LEAST_USED,
        f"{drain.overtaken} new submissions waited for replays": not drain.overtaken,
    }
    return tuple(fault for fault, is_kept in promises.items() if not is_kept)


def _is_flat(before: float, during: float, negligible: float) -> bool:
    return during <= max(FLAT * before, before + negligible)


def table(figures: Figures) -> str:
    """Return the figures as text."""
    number, before, during, drain = figures.submissions, figures.before, figures.during, figures.drain
    rows = [f"{'':<56} {'none waits':>12} {f'{number} wait':>14} {'ratio':>7}"]
    for field in fields(Cost):
        one, other = getattr(before, field.name), getattr(during, field.name)
        rows.append(f"{UNITS[field.name]:<56} {one:>12.3g} {other:>14.3g} {other / max(one, 1e-9):>7.2f}")
    rows += [
        "",
        f"accepted in {figures.fill_s:.0f} s; each takes {figures.redis_bytes_each:.0f} bytes in Redis",
        f"the outage was seen to be over after {drain.until_probe_s:.0f} s; then",
        f"{drain.used:.1%} of the limit were used, at most {drain.most_in_10_s} calls in 10 s; 429s: {drain.refused}",
        f"meanwhile a live submission elsewhere took at most {drain.live_longest_s:.2f} s, and one at a location with"
        f" replays {drain.newcomers_longest_s:.2f} s; {drain.overtaken} were overtaken by replays",
        f"the worker took {drain.worker_mb:.0f} MB then",
        "",
        *(figures.faults or ("All is as promised.",)),
    ]
    return "\n".join(rows)


if __name__ == "__main__":
    main()
