"""What is printed: the figures of each scenario, and the table at the end."""

from collections.abc import Sequence

from bench.faults.scenario import Outcome, Scenario

HEADINGS = (
    "scenario",
    "injected",
    "sent",
    "accepted",
    "delivered",
    "dead",
    "lost",
    "doubled",
    "repeats",
    "silence",
    "recovered after",
    "doubtful after",
    "verdict",
)


def describe(scenario: Scenario, outcome: Outcome) -> str:
    """Return the figures of one scenario in a few lines."""
    lines = [
        f"{scenario.name}: {scenario.sentence}",
        f"  injected   {_injected(outcome)}",
        f"  sent       {outcome.sent}; {outcome.refused} gave up; {outcome.duplicates} came twice and were told so",
        f"  accepted   {outcome.accepted}",
        f"  delivered  {outcome.delivered}",
        f"  dead       {_dead(outcome)}",
        f"  lost       {_lost(outcome)}",
        f"  doubled    {outcome.doubled}; {outcome.repeats} upserts were repeated without effect",
        f"  silence    {outcome.silence.seconds:.1f} s without a delivery while something waited",
        f"  recovered  {outcome.recovery:.1f} s after the fault, but for notes of which nobody knew",
        f"  in doubt   {outcome.doubtful:.1f} s after the fault the last of those notes was settled",
        f"  took       {outcome.seconds:.0f} s",
        *(f"  note       {note}" for note in outcome.notes),
        *(f"  FAULT      {fault}" for fault in outcome.faults),
    ]
    return "\n".join(lines)


def table(outcomes: Sequence[Outcome]) -> str:
    """Return all outcomes as a table in Markdown, with the sums in its last row."""
    rows = [HEADINGS, tuple("---" for _ in HEADINGS), *map(_row, outcomes), _sums(outcomes)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _row(outcome: Outcome) -> tuple[str, ...]:
    return (
        outcome.scenario,
        str(len(outcome.injected)),
        str(outcome.sent),
        str(outcome.accepted),
        str(outcome.delivered),
        _dead(outcome),
        _lost(outcome),
        str(outcome.doubled),
        str(outcome.repeats),
        f"{outcome.silence.seconds:.1f} s",
        f"{outcome.recovery:.1f} s",
        f"{outcome.doubtful:.1f} s" if outcome.doubtful else "-",
        "failed" if outcome.faults else "passed",
    )


def _sums(outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    numbers = ("sent", "accepted", "delivered")
    return (
        "**all**",
        str(sum(len(outcome.injected) for outcome in outcomes)),
        *(str(sum(getattr(outcome, name) for outcome in outcomes)) for name in numbers),
        str(sum(outcome.dead.total() for outcome in outcomes)),
        *(str(sum(getattr(outcome, name) for outcome in outcomes)) for name in ("lost", "doubled", "repeats")),
        f"{max((outcome.silence.seconds for outcome in outcomes), default=0):.1f} s",
        f"{max((outcome.recovery for outcome in outcomes), default=0):.1f} s",
        f"{max((outcome.doubtful for outcome in outcomes), default=0):.1f} s",
        "failed" if any(outcome.faults for outcome in outcomes) else "passed",
    )


def _injected(outcome: Outcome) -> str:
    counted: dict[str, int] = {}
    for what in outcome.injected:
        counted[what] = counted.get(what, 0) + 1
    return "; ".join(f"{number} × {what}" for what, number in counted.items()) or "nothing"


def _lost(outcome: Outcome) -> str:
    return f"{outcome.lost_with_data} with the data" if outcome.lost_with_data else str(outcome.lost)


def _dead(outcome: Outcome) -> str:
    return ", ".join(f"{number} {reason}" for reason, number in sorted(outcome.dead.items())) or "0"
