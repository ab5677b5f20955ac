"""One scenario: what is broken while submissions come in, and what came of it."""

import math
import random
import time
import traceback
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from bench.faults.fleet import APART, Programs
from bench.faults.senders import Load, leads
from bench.faults.theatre import LOCATIONS, PLACES, TAGS, Injected, Theatre, a_theatre
from bench.faults.witness import (
    NO_SILENCE,
    Entry,
    Silence,
    Verdict,
    longest_silence,
    recovery_seconds,
    seen_by,
    verdict,
)
from bench.stage import say, wait_until

LEAST_SUBMISSIONS = 60
# Web, workers, Redis, HighLevel and senders share the machine, and three scenarios at once leave two cores some rest.
MOST_PER_SECOND = 18.0
SETTLE_SECONDS = 900.0


@dataclass(frozen=True)
class Scenario:
    """
    What is broken and how; `submissions` is how many come in at full scale.

    `dies` says how many dead letters of each reason there have to be. Nothing may be delivered for `silence_seconds` at
    most, where neighbours of a fault have to be unharmed. `missing` says what a machine lacks that the play needs.
    `in_full` takes its place at full scale, where time does not matter.
    """

    name: str
    sentence: str
    play: Callable[[Theatre], None]
    submissions: int = 2200
    seconds: float = 20.0
    environment: Mapping[str, str] = field(default_factory=dict)
    programs: Programs = field(default_factory=lambda: APART)
    dies: Callable[[Theatre], Mapping[str, int]] = lambda _: {}
    silence_seconds: float = 0.0
    oauth: bool = False
    is_short: bool = False
    missing: Callable[[], str] = lambda: ""
    in_full: "Scenario | None" = None

    def at(self, scale: float) -> "Scenario":
        """Return what is played at a scale."""
        return self.in_full if self.in_full and scale >= 1 else self

    def number(self, scale: float) -> int:
        """Return how many submissions come in at a scale."""
        return max(LEAST_SUBMISSIONS, round(self.submissions * scale))

    def least_seconds(self, scale: float) -> float:
        """Return how long they take to come in."""
        return max(self.seconds, self.number(scale) / MOST_PER_SECOND)


@dataclass(frozen=True)
class Outcome:
    """What came of one scenario; `faults` are the reasons why it has failed, `not_run` why it was not even begun."""

    scenario: str
    injected: tuple[str, ...] = ()
    sent: int = 0
    refused: int = 0
    accepted: int = 0
    duplicates: int = 0
    delivered: int = 0
    dead: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    lost_with_data: int = 0
    altered: int = 0
    doubled: int = 0
    repeats: int = 0
    silence: Silence = NO_SILENCE
    recovery: float = 0.0
    seconds: float = 0.0
    faults: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    not_run: str = ""


def broken_off(scenario: Scenario, error: BaseException) -> Outcome:
    """Return what came of a scenario that could not be played to its end."""
    return Outcome(scenario.name, faults=(_why_broken_off(error),))


def run(scenario: Scenario, scale: float, seed: int, folder: Path) -> Outcome:
    """Play one scenario in processes of its own and judge it."""
    scenario = scenario.at(scale)
    if missing := scenario.missing():
        return Outcome(scenario.name, not_run=missing)
    began = time.monotonic()
    forms = [f"form-{at}" for at in range(LOCATIONS)]
    people = leads(scenario.number(scale), forms, random.Random(f"{seed} {scenario.name}"))
    seconds = scenario.least_seconds(scale)
    environment = {"SECRET_KEY": "a-secret-key-of-more-than-32-characters", **scenario.environment}
    with a_theatre(folder, people, seconds, seed, environment, scenario.programs, oauth=scenario.oauth) as theatre:
        theatre.load.start()
        _play(scenario, theatre)
        theatre.load.join()
        faults = _wait_until_settled(theatre)
        theatre.fleet.end()
        outcome = _judge(scenario, theatre, faults)
    return replace(outcome, seconds=time.monotonic() - began)


def _play(scenario: Scenario, theatre: Theatre) -> None:
    """Play; what came in until a play breaks off is judged all the same."""
    try:
        scenario.play(theatre)
    except Exception as error:
        traceback.print_exc()
        theatre.faults.append(_why_broken_off(error))


def _why_broken_off(error: BaseException) -> str:
    return f"broken off: {type(error).__name__}: {error}"


def _wait_until_settled(theatre: Theatre) -> list[str]:
    say("waiting until all is settled")
    try:
        wait_until(theatre.settled, SETTLE_SECONDS)
    except AssertionError:
        return [f"not settled within {SETTLE_SECONDS:.0f} s"]
    return []


def _judge(scenario: Scenario, theatre: Theatre, faults: list[str]) -> Outcome:
    """Compare what the senders, the journal and the witness say."""
    load, entries = theatre.load, theatre.entries()
    places = {form: f"L{number}" for form, number in PLACES.items()}
    found = verdict(load.leads, load.told, seen_by(theatre.stage.contacts()), entries, places, TAGS, theatre.causes)
    lost, gone = set(found.lost) - theatre.gone, set(found.lost) & theatre.gone
    ledger = theatre.journal.ledger()
    following = [*(one.began_at for one in theatre.injected), math.inf][1:]
    recoveries = [
        (one, _recovery(theatre, one, at, entries)) for one, at in zip(theatre.injected, following, strict=True)
    ]
    silence = longest_silence(entries.values())
    faults = [
        *faults,
        *_unsent(load),
        *_unlike(found, theatre.gone, Counter(scenario.dies(theatre))),
        *theatre.faults,
        *_unbalanced(theatre),
        *_too_silent(scenario, silence),
        *(slow for fault, seconds in recoveries for slow in _too_slow(fault, seconds)),
    ]
    return Outcome(
        scenario=scenario.name,
        injected=tuple(one.what for one in theatre.injected),
        sent=len(load.leads),
        refused=len(load.refused),
        accepted=ledger.accepted,
        duplicates=ledger.duplicate,
        delivered=ledger.delivered,
        dead=found.dead,
        lost=len(lost),
        lost_with_data=len(gone),
        altered=len(found.altered),
        doubled=len(found.doubled),
        repeats=found.repeats,
        silence=silence,
        recovery=max((seconds for _, seconds in recoveries), default=0.0),
        faults=tuple(faults),
        notes=tuple(theatre.notes),
    )


def _recovery(theatre: Theatre, fault: Injected, next_began_at: float, entries: Mapping[str, Entry]) -> float:
    """Return how long a fault has lasted on; of what begins after the next one, that is the cause."""
    ended_at = fault.ended_at
    until = min(ended_at + fault.within_seconds, next_began_at)
    refused = [at for at in theatre.load.failed_at if ended_at < at < next_began_at]
    return recovery_seconds(ended_at, until, theatre.touched(fault, entries), entries, refused)


def _unsent(load: Load) -> list[str]:
    """Return what is wrong with the load itself: a sender that broke down sends nothing more."""
    missing = len(load.leads) - len(load.told) - len(load.refused)
    return [f"{missing} submissions were not sent"] if missing else []


def _unlike(found: Verdict, gone: Collection[str], dead: Counter[str]) -> list[str]:
    """
    Return in what a verdict differs from what has to come of it: all delivered, but for those dead letters.

    What is `gone` with the journal's data no program can deliver: the play says how much, and whether it was told.
    """
    wrong = {
        "lost": [name for name in found.lost if name not in gone],
        "unknown to the journal": [name for name in found.unknown if name not in gone],
        "altered": found.altered,
        "doubled": found.doubled,
    }
    faults = [f"{len(names)} {what}: {names[:5]}" for what, names in wrong.items() if names]
    return faults + ([f"dead letters {dict(found.dead)}, expected {dict(dead)}"] if found.dead != dead else [])


def _too_silent(scenario: Scenario, silence: Silence) -> list[str]:
    limit = scenario.silence_seconds
    return [f"{silence.seconds:.0f} s of silence, more than {limit:.0f} s"] if 0 < limit < silence.seconds else []


def _too_slow(fault: Injected, seconds: float) -> list[str]:
    limit = fault.within_seconds
    return [f"{fault.what}: {seconds:.0f} s to recover, more than {limit:.0f} s"] if seconds > limit else []


def _unbalanced(theatre: Theatre) -> list[str]:
    """Return what the audit finds: a ledger that does not add up, or a record that stands where it should not."""
    ledger = theatre.journal.ledger()
    faults = [] if ledger.balanced else [f"the ledger does not add up: {ledger}"]
    faults += [
        f"{state}: the ledger says {ours}, counted are {counted}"
        for state, ours, counted in theatre.journal.shelves()
        if ours != counted
    ]
    return faults + [f"{name} is misplaced" for name in sorted(set(theatre.journal.misplaced()))]
