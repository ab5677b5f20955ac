"""One scenario: what is broken while submissions come in, and what came of it."""

import random
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bench.faults.senders import leads
from bench.faults.theatre import LOCATIONS, TAGS, Injected, Theatre, a_theatre, say
from bench.faults.witness import NO_SILENCE, Entry, Silence, longest_silence, recovery_seconds, seen_by, verdict
from bench.stage import wait_until

LEAST_SUBMISSIONS = 60
MOST_PER_SECOND = 30.0  # about half of what two cores take, which web, workers, Redis, HighLevel and senders share
SETTLE_SECONDS = 900.0
DOUBT_SECONDS = 120.0


@dataclass(frozen=True)
class Scenario:
    """
    What is broken and how; `submissions` is how many come in at full scale.

    `dies` says how many dead letters of each reason there have to be. `loses` is set where the journal itself is taken
    away, which no program can mend: the play then says what was lost, and whether Hookline told it. Nothing may be
    delivered for `silence_seconds` at most, where neighbours of a fault have to be unharmed.
    """

    name: str
    sentence: str
    play: Callable[[Theatre], None]
    submissions: int = 3000
    seconds: float = 20.0
    environment: Mapping[str, str] = field(default_factory=dict)
    dies: Callable[[Theatre], Mapping[str, int]] = lambda _: {}
    silence_seconds: float = 0.0
    loses: bool = False
    oauth: bool = False
    is_short: bool = False


@dataclass(frozen=True)
class Outcome:
    """What came of one scenario; `faults` are the reasons why it has failed."""

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
    doubled: int = 0
    repeats: int = 0
    silence: Silence = NO_SILENCE
    recovery: float = 0.0
    doubtful: float = 0.0
    seconds: float = 0.0
    faults: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def run(scenario: Scenario, scale: float, seed: int, folder: Path) -> Outcome:
    """Play one scenario in processes of its own and judge it."""
    began = time.monotonic()
    number = max(LEAST_SUBMISSIONS, round(scenario.submissions * scale))
    forms = [f"form-{at}" for at in range(LOCATIONS)]
    people = leads(number, forms, random.Random(f"{seed} {scenario.name}"))
    seconds = max(scenario.seconds, number / MOST_PER_SECOND)
    environment = {"SECRET_KEY": "a-secret-key-of-more-than-32-characters", **scenario.environment}
    with a_theatre(folder, people, seconds, seed, environment, oauth=scenario.oauth) as theatre:
        theatre.load.start()
        scenario.play(theatre)
        theatre.load.join()
        faults = _wait_until_settled(theatre)
        outcome = _judge(scenario, theatre, faults)
    return outcome.__class__(**{**outcome.__dict__, "seconds": time.monotonic() - began})


def _wait_until_settled(theatre: Theatre) -> list[str]:
    say("waiting until all is settled")
    try:
        wait_until(theatre.settled, SETTLE_SECONDS)
    except AssertionError:
        return [f"not settled within {SETTLE_SECONDS:.0f} s"]
    return []


def _judge(scenario: Scenario, theatre: Theatre, faults: list[str]) -> Outcome:
    """Compare what the senders, the journal and the witness say."""
    load, journal = theatre.load, theatre.journal
    entries = theatre.entries()
    found = verdict(load.leads, load.told, seen_by(theatre.stage.contacts()), entries, TAGS, theatre.had_trouble)
    ledger = journal.ledger()
    doubtful = {name for name in entries if theatre.is_doubtful(name)}
    recoveries = [_recovery(theatre, one, entries, doubtful) for one in theatre.injected]
    wanted = Counter(scenario.dies(theatre))
    if not scenario.loses:
        faults += [f"{len(found.lost)} lost: {found.lost[:5]}"] if found.lost else []
        faults += [f"{len(found.unknown)} unknown to the journal: {found.unknown[:5]}"] if found.unknown else []
    faults += [f"{len(found.doubled)} doubled: {found.doubled[:5]}"] if found.doubled else []
    faults += [f"dead letters {dict(found.dead)}, expected {dict(wanted)}"] if found.dead != wanted else []
    faults += [*theatre.faults, *_unbalanced(theatre)]
    silence = longest_silence(entries.values())
    if scenario.silence_seconds and silence.seconds > scenario.silence_seconds:
        faults.append(f"{silence.seconds:.0f} s of silence, more than {scenario.silence_seconds:.0f} s")
    faults += [fault for one in recoveries for fault in one.faults]
    return Outcome(
        scenario=scenario.name,
        injected=tuple(one.what for one in theatre.injected),
        sent=len(load.leads),
        refused=len(load.refused),
        accepted=ledger.accepted,
        duplicates=ledger.duplicate,
        delivered=ledger.delivered,
        dead=found.dead,
        lost=0 if scenario.loses else len(found.lost),
        lost_with_data=len(found.lost) if scenario.loses else 0,
        doubled=len(found.doubled),
        repeats=found.repeats,
        silence=silence,
        recovery=max((one.seconds for one in recoveries), default=0.0),
        doubtful=max((one.doubtful_seconds for one in recoveries), default=0.0),
        faults=tuple(faults),
        notes=tuple(theatre.notes),
    )


@dataclass(frozen=True)
class Recovery:
    """
    How long after the end of a fault all that it had touched was settled.

    Apart from that stands what waits on purpose: when nobody can tell whether a note was written, it is looked for only
    after a time, since a note that is written twice cannot be taken back.
    """

    fault: Injected
    seconds: float
    doubtful_seconds: float

    @property
    def faults(self) -> list[str]:
        """Return what took too long."""
        limit = self.fault.within_seconds
        found = [(self.seconds, limit, "to recover"), (self.doubtful_seconds, limit + DOUBT_SECONDS, "in doubt")]
        return [
            f"{self.fault.what}: {seconds:.0f} s {what}, more than {most:.0f} s"
            for seconds, most, what in found
            if seconds > most
        ]


def _recovery(theatre: Theatre, fault: Injected, entries: Mapping[str, Entry], doubtful: set[str]) -> Recovery:
    touched = theatre.touched(fault, entries)
    doubts = touched & doubtful
    others = {name: entry for name, entry in entries.items() if name not in doubtful}
    return Recovery(
        fault,
        recovery_seconds(fault.ended_at, fault.within_seconds, touched - doubts, others),
        max((entries[name].settled_at - fault.ended_at for name in doubts), default=0.0),
    )


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
