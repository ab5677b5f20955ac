"""What is printed: the figures of each scenario, and the table at the end."""

import os
import platform
import subprocess
from collections.abc import Sequence

from bench.faults.scenario import Outcome, Scenario

HEADINGS = (
    "scenario",
    "faults",
    "sent",
    "accepted",
    "delivered",
    "dead",
    "lost",
    "altered",
    "doubled",
    "repeats",
    "silence",
    "recovered",
    "verdict",
)


def describe(scenario: Scenario, outcome: Outcome) -> str:
    """Return the figures of one scenario in a few lines."""
    if outcome.not_run:
        return f"{scenario.name}: {scenario.sentence}\n  NOT RUN    {outcome.not_run}"
    lines = [
        f"{scenario.name}: {scenario.sentence}",
        f"  injected   {_injected(outcome)}",
        f"  sent       {outcome.sent}; {outcome.refused} gave up; {outcome.duplicates} came twice and were told so",
        f"  accepted   {outcome.accepted}",
        f"  delivered  {outcome.delivered}",
        f"  dead       {_dead(outcome)}",
        f"  lost       {_lost(outcome)}",
        f"  altered    {outcome.altered}",
        f"  doubled    {outcome.doubled}; {outcome.repeats} upserts were repeated without effect",
        f"  silence    {outcome.silence.seconds:.1f} s without a delivery while something waited",
        f"  recovered  {outcome.recovery:.1f} s after the fault all was as before",
        f"  took       {outcome.seconds:.0f} s",
        *(f"  note       {note}" for note in outcome.notes),
        *(f"  FAULT      {fault}" for fault in outcome.faults),
    ]
    return "\n".join(lines)


def table(outcomes: Sequence[Outcome]) -> str:
    """Return all outcomes as a table in Markdown, with the sums in its last row."""
    rows = [HEADINGS, tuple("---" for _ in HEADINGS), *map(_row, outcomes), _sums(outcomes)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def summary(outcomes: Sequence[Outcome], seconds: float, command: str) -> str:
    """Return in one line what was played, for how long, of what and where, and what was not."""
    played = [outcome for outcome in outcomes if not outcome.not_run]
    return (
        f"{sum(outcome.sent for outcome in played):,} submissions in {len(played)} of {len(outcomes)} scenarios, "
        f"{seconds:,.0f} s: `{command}` at commit {_commit()}, "
        f"Python {platform.python_version()}, {os.cpu_count()} cores."
        + "".join(f" NOT RUN: {outcome.scenario} ({outcome.not_run})." for outcome in outcomes if outcome.not_run)
    )


def _commit() -> str:
    try:
        name = _git("rev-parse", "--short", "HEAD")
        return f"{name} with changes" if _git("status", "--porcelain") else name
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], capture_output=True, text=True, check=True).stdout.strip()


def _row(outcome: Outcome) -> tuple[str, ...]:
    if outcome.not_run:
        return (outcome.scenario, *("-" for _ in HEADINGS[2:]), f"not run: {outcome.not_run}")
    return (
        outcome.scenario,
        str(len(outcome.injected)),
        str(outcome.sent),
        str(outcome.accepted),
        str(outcome.delivered),
        _dead(outcome),
        _lost(outcome),
        str(outcome.altered),
        str(outcome.doubled),
        str(outcome.repeats),
        f"{outcome.silence.seconds:.1f} s",
        f"{outcome.recovery:.1f} s",
        "failed" if outcome.faults else "passed",
    )


def _sums(outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    def total(name: str) -> str:
        return str(sum(getattr(outcome, name) for outcome in outcomes))

    return (
        "**all**",
        str(sum(len(outcome.injected) for outcome in outcomes)),
        *map(total, ("sent", "accepted", "delivered")),
        str(sum(outcome.dead.total() for outcome in outcomes)),
        *map(total, ("lost", "altered", "doubled", "repeats")),
        f"{max((outcome.silence.seconds for outcome in outcomes), default=0):.1f} s",
        f"{max((outcome.recovery for outcome in outcomes), default=0):.1f} s",
        _verdict(outcomes),
    )


def _verdict(outcomes: Sequence[Outcome]) -> str:
    if any(outcome.faults for outcome in outcomes):
        return "failed"
    not_run = sum(bool(outcome.not_run) for outcome in outcomes)
    return f"incomplete: {not_run} not run" if not_run else "passed"


def _injected(outcome: Outcome) -> str:
    counted: dict[str, int] = {}
    for what in outcome.injected:
        counted[what] = counted.get(what, 0) + 1
    return "; ".join(f"{number} × {what}" for what, number in counted.items()) or "nothing"


def _lost(outcome: Outcome) -> str:
    return f"{outcome.lost_with_data} with the data" if outcome.lost_with_data else str(outcome.lost)


def _dead(outcome: Outcome) -> str:
    return ", ".join(f"{number} {reason}" for reason, number in sorted(outcome.dead.items())) or "0"
