"""`python -m bench.faults`: play the scenarios and print what came of them."""

import argparse
import multiprocessing
import os
import shlex
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from pathlib import Path

from bench import faults
from bench.faults import brokers, clocks, door, highlevel, memory, processes, redis, stalls
from bench.faults.report import describe, summary, table
from bench.faults.scenario import Outcome, Scenario, broken_off, run

SCENARIOS: tuple[Scenario, ...] = (
    *processes.SCENARIOS,
    *memory.SCENARIOS,
    *clocks.SCENARIOS,
    *stalls.SCENARIOS,
    *redis.SCENARIOS,
    *brokers.SCENARIOS,
    *highlevel.SCENARIOS,
    *door.SCENARIOS,
)
INTERRUPTED = 130
TERMINATED = 143
INCOMPLETE = 3


def main() -> None:
    """
    Play what is asked for.

    It exits 1 when something was lost, altered, doubled, unbalanced or slow to recover, or was not broken at all, and 3
    when something else could not be played here.
    """
    signal.signal(signal.SIGTERM, _terminate)
    arguments = _arguments()
    chosen = [scenario for scenario in SCENARIOS if _is_chosen(scenario, arguments.only)]
    if arguments.list:
        print("\n".join(f"{scenario.name:<24} {scenario.sentence}" for scenario in chosen))
        return
    began = time.monotonic()
    outcomes: dict[str, Outcome] = {}
    try:
        for outcome in _outcomes(chosen, arguments):
            outcomes[outcome.scenario] = outcome
            report = _report([outcomes[one.name] for one in chosen if one.name in outcomes], arguments, began)
            if arguments.markdown:  # each time, so that nothing is lost that took hours
                arguments.markdown.write_text(report)
    except KeyboardInterrupt:
        print(f"\nInterrupted: {len(outcomes)} of {len(chosen)} scenarios were played.", file=sys.stderr)
        sys.exit(INTERRUPTED)
    print("\n" + report, end="")
    if any(outcome.faults for outcome in outcomes.values()):
        sys.exit(1)
    sys.exit(INCOMPLETE if any(outcome.not_run for outcome in outcomes.values()) else 0)


def play(name: str, arguments: argparse.Namespace) -> Outcome:
    """Play one scenario in a folder of its own."""
    scenario = next(one for one in SCENARIOS if one.name == name)
    print(f"{name} …", file=sys.stderr, flush=True)
    try:
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            if arguments.logs:
                folder = arguments.logs / name.replace(" ", "-")
                folder.mkdir(parents=True)
            return run(scenario, arguments.scale, arguments.seed, folder)
    except (KeyboardInterrupt, SystemExit):  # all is ended by now, and the pool would begin another scenario here
        os._exit(TERMINATED)
    except Exception as error:  # one that fails must not take the others with it
        traceback.print_exc()
        return broken_off(scenario, error)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bin/faults", description=faults.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--list", action="store_true", help="name the scenarios and end")
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        type=_part_of_a_name,
        metavar="NAME",
        help="play the scenarios with this in their name; repeatable",
    )
    parser.add_argument(
        "--scale", type=_above_zero, default=1.0, help="1 (unless set) is over 100,000 submissions in all"
    )
    parser.add_argument("--seed", type=int, default=1, help="decides who sends what, and when what breaks")
    parser.add_argument("--jobs", type=int, default=1, help="play that many scenarios at once")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the table there too")
    parser.add_argument("--logs", type=Path, metavar="FOLDER", help="keep the logs of all processes there")
    return parser.parse_args()


def _part_of_a_name(text: str) -> str:
    if not any(text in scenario.name for scenario in SCENARIOS):
        raise argparse.ArgumentTypeError(f"no scenario has {text!r} in its name; --list names them")
    return text


def _above_zero(text: str) -> float:
    if not (number := float(text)) > 0:
        raise argparse.ArgumentTypeError("it has to be above 0")
    return number


def _is_chosen(scenario: Scenario, only: list[str]) -> bool:
    return not only or any(name in scenario.name for name in only)


def _outcomes(chosen: Sequence[Scenario], arguments: argparse.Namespace) -> Iterator[Outcome]:
    """Play scenarios, and yield what came of each as it ends."""
    with ProcessPoolExecutor(arguments.jobs, initializer=_end_in_order) as pool:
        plays = {pool.submit(play, one.name, arguments): one for one in _longest_first(chosen, arguments.scale)}
        try:
            for ended in as_completed(plays):
                outcome = _outcome_of(ended, plays[ended])
                print(describe(plays[ended], outcome), flush=True)
                yield outcome
        except (KeyboardInterrupt, SystemExit):
            for process in multiprocessing.active_children():
                process.terminate()
            raise


def _longest_first(chosen: Sequence[Scenario], scale: float) -> list[Scenario]:
    return sorted(chosen, key=lambda one: one.at(scale).least_seconds(scale), reverse=True)


def _outcome_of(ended: "Future[Outcome]", scenario: Scenario) -> Outcome:
    error = ended.exception()  # its process has ended, as when memory is short
    return broken_off(scenario, error) if error else ended.result()


def _report(outcomes: Sequence[Outcome], arguments: argparse.Namespace, began: float) -> str:
    told = summary(outcomes, time.monotonic() - began, _command(arguments))
    return f"{table(outcomes)}\n\n{told}\n"


def _command(arguments: argparse.Namespace) -> str:
    """Return the command that plays the same again."""
    only = [word for name in arguments.only for word in ("--only", name)]
    how = ("--scale", f"{arguments.scale:g}", "--seed", str(arguments.seed), "--jobs", str(arguments.jobs))
    return shlex.join(["bin/faults", *only, *how])


def _end_in_order() -> None:
    """Let a process of the pool end what it has started when it is told to end, by whomever and how often."""
    signal.signal(signal.SIGTERM, _terminate)
    signal.signal(signal.SIGINT, _terminate)


def _terminate(*_: object) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    sys.exit(TERMINATED)


if __name__ == "__main__":
    main()
