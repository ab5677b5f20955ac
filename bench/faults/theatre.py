"""Where a scenario plays: Redis and HighLevel behind wires that can be spoilt, the fleet, and the load on it."""

import random
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from redis.exceptions import RedisError

from bench.faults.fleet import Fleet, Programs
from bench.faults.proxy import Proxy
from bench.faults.senders import Lead, Load
from bench.faults.witness import Entry
from bench.stage import TOKEN, Stage, a_stage, say, wait_until
from shared.journal import Journal, connect
from shared.settings import Settings
from shared.submission import State

LOCATIONS = 50
TAGS = ("website",)
TOKENED = 'token = "${HIGHLEVEL_TOKEN}"\n'
HIGHLEVEL_SECONDS = 0.15  # for each answer, so that a fault finds deliveries under way
KILL_SECONDS, OTHER_SECONDS = 90.0, 60.0  # within which all is to be as before
PLAIN_EVENTS = {"accepted", "delivered"}
GONE_SECONDS = 5.0  # a killed process is gone at once, but for who has to be told
POISON = "poison"
PAGE = "page"
PLACES = {**{f"form-{number}": number for number in range(LOCATIONS)}, POISON: 0, PAGE: 1}  # of each form


@dataclass(frozen=True)
class Injected:
    """One fault that was put in: what it had in hand, and how soon all must be as before."""

    what: str
    began_at: float
    ended_at: float
    caught: frozenset[str]
    within_seconds: float


@dataclass(frozen=True)
class Tried:
    """One call to HighLevel, as the journal has it."""

    step: str
    at: float
    is_done: bool


@dataclass
class Theatre:
    """Everything that a scenario may break; `gone` are the submissions that went with the journal's data."""

    stage: Stage
    fleet: Fleet
    redis_wire: Proxy
    highlevel_wire: Proxy
    load: Load
    random: random.Random
    journal: Journal
    ending: ExitStack = field(repr=False)
    injected: list[Injected] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)

    # What a scenario does -----------------------------------------------------------------------------------------

    @contextmanager
    def fault(self, what: str, within_seconds: float = OTHER_SECONDS) -> Iterator[None]:
        """Put a fault in that lasts as long as the context, and keep what it had in hand."""
        say(what)
        began_at, caught = time.time(), self._leased()
        yield
        ended_at = time.time()
        self.injected.append(Injected(what, began_at, ended_at, caught | self._leased(), within_seconds))

    @contextmanager
    def kill(self, what: str) -> Iterator[None]:
        """Put in a fault that ends processes; it is none unless one of ours is gone afterwards."""
        before = self.fleet.pids()
        with self.fault(what, KILL_SECONDS):
            yield
        try:
            wait_until(lambda: not before <= self.fleet.pids(), GONE_SECONDS)
        except AssertionError:
            self.faults.append(f"{what}: no process has ended")

    def demand(self, what: str, number: int) -> None:
        """Note how often a fault has shown; one that has never shown proves nothing."""
        self.notes.append(f"{what}: {number}")
        if not number:
            self.faults.append(f"{what}: none, so nothing was tried")

    def wait_for_delivered(self, share: float, seconds: float = 120) -> None:
        """Wait until that share of the load is delivered."""
        wait_until(lambda: self._delivered() >= share * len(self.load.leads), seconds)

    def pause(self, seconds: float) -> None:
        """Let the load go on for about that long."""
        time.sleep(seconds * self.random.uniform(0.8, 1.2))

    def each_few_seconds(self, seconds: float, least: int = 3, most: int = 1000) -> Iterator[int]:
        """Yield while the load goes on, at least so often."""
        for turn in range(most):
            self.pause(seconds)
            if turn >= least and not self.load.is_running:
                return
            yield turn

    def use_up(self, program: int, count: int, seconds: float = 30) -> int:
        """Wait until HighLevel has done wrong so often; end it when it is hardly called. Return how often it has."""
        with suppress(AssertionError):
            wait_until(lambda: self.used(program) >= count, seconds)
        used = self.used(program)
        self.stage.control("DELETE", f"/_sandbox/faults/{program}")
        return used

    def used(self, program: int) -> int:
        """Return how often HighLevel has done what it was to do wrong."""
        faults = self.stage.control("GET", "/_sandbox/faults")["faults"]
        return next(int(fault["used"]) for fault in faults if fault["id"] == program)

    def answered(self, status: int) -> int:
        """Return how many calls HighLevel has answered so."""
        return int(self.stage.control("GET", "/_sandbox/calls", params={"limit": 1})["counts"].get(str(status), 0))

    def end_programs(self) -> None:
        """Let HighLevel do nothing wrong any more."""
        self.stage.control("DELETE", "/_sandbox/faults")

    def readyz(self) -> dict[str, Any]:
        """Return what the first web process says of itself."""
        port = next(iter(self.fleet.ports.values()))
        with suppress(httpx.HTTPError):
            answer: dict[str, Any] = httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=10, trust_env=False).json()
            return answer
        return {}

    # What is looked at --------------------------------------------------------------------------------------------

    def settled(self) -> bool:
        """Say whether nothing waits and nothing runs."""
        with suppress(RedisError):
            ledger = self.journal.ledger()
            return ledger.waiting == ledger.leased == 0
        return False

    def entries(self) -> dict[str, Entry]:
        """Return all that the journal has accepted."""
        found = (
            record for state in State if state is not State.FORGOTTEN for record in self.journal.submissions(state)
        )
        return {
            record.id: Entry(
                record.id,
                record.state,
                record.location,
                record.accepted_at.timestamp(),
                record.since.timestamp() if record.state not in (State.WAITING, State.LEASED) else time.time(),
                record.reason or "",
            )
            for record in found
        }

    def causes(self, submission_id: str) -> int:
        """Return how many reasons the journal shows to write a contact again: broken calls, and lost workers."""
        events = sum(one.event not in PLAIN_EVENTS for one in self.journal.events(submission_id))
        return events + sum(one.step == "upsert" and not one.is_done for one in self._calls(submission_id))

    def touched(self, fault: Injected, entries: Mapping[str, Entry]) -> set[str]:
        """
        Return what a fault had in hand, or had made to fail, and that was not settled when it ended.

        Of what a later one had in hand again, that is the cause.
        """
        ended_at = fault.ended_at
        later = {name for one in self.injected if one.ended_at > ended_at for name in one.caught}
        open_ones = {name for name, one in entries.items() if one.accepted_at <= ended_at < one.settled_at}
        return {name for name in open_ones - later if name in fault.caught or self._was_tried_before(name, ended_at)}

    def _was_tried_before(self, submission_id: str, ended_at: float) -> bool:
        return any(one.at < ended_at for one in self._calls(submission_id))

    def _calls(self, submission_id: str) -> list[Tried]:
        return [
            Tried(one.step, one.at.timestamp(), one.status is not None and one.status < 300)
            for one in self.journal.attempts(submission_id)
        ]

    def _leased(self) -> frozenset[str]:
        with suppress(RedisError):
            return frozenset(record.id for record in self.journal.submissions(State.LEASED))
        return frozenset()

    def _delivered(self) -> int:
        with suppress(RedisError):
            return self.journal.ledger().delivered
        return 0


def a_config(*, oauth: bool) -> str:
    """Return a configuration with a form for each location, one whose deliveries may crash, and a public one."""
    tables = [
        f'[locations.place-{number}]\nlocation_id = "L{number}"\n' + (_app(number) if oauth else TOKENED)
        for number in range(LOCATIONS)
    ]
    tables += [
        f'[forms.{name}]\nprovider = "{"html_form" if name == PAGE else "generic_json"}"\nlocation = "place-{number}"\n'
        f'url_token = "{TOKEN}"\ntags = ["{TAGS[0]}"]\n'
        for name, number in PLACES.items()
    ]
    return "\n".join(tables)


def _app(number: int) -> str:
    return "".join([f"[locations.place-{number}.oauth]\n", *(f'{key} = "{value}"\n' for key, value in app(number))])


def app(number: int) -> list[tuple[str, str]]:
    """Return how a location's OAuth app is known."""
    return [("client_id", "app"), ("client_secret", "app-secret"), ("refresh_token", f"refresh-{number}")]


@contextmanager
def a_theatre(
    folder: Path,
    leads: list[Lead],
    seconds: float,
    seed: int,
    environment: Mapping[str, str],
    programs: Programs,
    *,
    oauth: bool,
) -> Iterator[Theatre]:
    """Set everything up, with the load not yet begun."""
    with a_stage(folder, a_config(oauth=oauth), **environment) as stage, ExitStack() as ending:
        redis_wire = Proxy(stage.redis.port, seed).start()
        highlevel_wire = Proxy(int(stage.highlevel.rpartition(":")[2]), seed, HIGHLEVEL_SECONDS).start()
        ending.callback(redis_wire.stop)
        ending.callback(highlevel_wire.stop)
        stage.start_sandbox()
        if oauth:
            _connect_apps(stage)
        wired = {
            "REDIS_URL": f"redis://127.0.0.1:{redis_wire.port}/0",
            "HIGHLEVEL_BASE_URL": f"http://127.0.0.1:{highlevel_wire.port}",
        }
        fleet = Fleet(stage, wired, programs).start()
        ending.callback(fleet.stop)
        load = Load(leads, [*fleet.ports.values()], seconds)
        ending.callback(load.stop)
        yield Theatre(
            stage, fleet, redis_wire, highlevel_wire, load, random.Random(f"{seed} faults"), stage.journal, ending
        )


def _connect_apps(stage: Stage) -> None:
    for number in range(LOCATIONS):
        stage.control("POST", "/_sandbox/oauth", json={"location": f"L{number}", **dict(app(number))})
    stage.control("POST", "/_sandbox/tokens", json={"tokens": []})


def journal_at(port: int, ending: ExitStack) -> Journal:
    """Return the journal in the Redis at a port."""
    settings = Settings(redis_url=f"redis://127.0.0.1:{port}/0")
    return Journal(ending.enter_context(connect(settings, connections=4, retries=0)), settings)
