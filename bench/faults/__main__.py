"""`python -m bench.faults`: play the scenarios and print what came of them."""

import argparse
import signal
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from pathlib import Path

from bench import faults
from bench.faults import highlevel, processes, redis
from bench.faults.report import describe, table
from bench.faults.scenario import Outcome, Scenario, run

SCENARIOS: tuple[Scenario, ...] = (*processes.SCENARIOS, *redis.SCENARIOS, *highlevel.SCENARIOS)
TERMINATED = 143


def main() -> None:
    """Play what is asked for; exit 1 when something was lost, doubled, unbalanced or slow to recover."""
    parser = argparse.ArgumentParser(
        prog="bin/faults", description=faults.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--list", action="store_true", help="name the scenarios and end")
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="NAME",
        help="play the scenarios with this in their name; repeatable",
    )
    parser.add_argument("--scale", type=float, default=1.0, help="1 is 100,000 submissions in all")
    parser.add_argument("--seed", type=int, default=1, help="decides who sends what, and when what breaks")
    parser.add_argument("--jobs", type=int, default=1, help="play that many scenarios at once")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the table there too")
    parser.add_argument("--logs", type=Path, metavar="FOLDER", help="keep the logs of all processes there")
    arguments = parser.parse_args()
    chosen = [scenario for scenario in SCENARIOS if _is_chosen(scenario, arguments.only)]
    if arguments.list or not chosen:
        print("\n".join(f"{scenario.name:<24} {scenario.sentence}" for scenario in SCENARIOS))
        sys.exit(0 if chosen else 2)
    with ProcessPoolExecutor(arguments.jobs) as pool:
        outcomes = [*pool.map(_play, [scenario.name for scenario in chosen], repeat(arguments))]
    print("\n" + table(outcomes))
    if arguments.markdown:
        arguments.markdown.write_text(table(outcomes) + "\n")
    sys.exit(1 if any(outcome.faults for outcome in outcomes) else 0)


def _is_chosen(scenario: Scenario, only: list[str]) -> bool:
    return not only or any(name in scenario.name for name in only)


def _play(name: str, arguments: argparse.Namespace) -> Outcome:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))  # so that what was started is ended
    scenario = next(one for one in SCENARIOS if one.name == name)
    print(f"{name} …", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        if arguments.logs:
            folder = arguments.logs / name.replace(" ", "-")
            folder.mkdir(parents=True)
        outcome = run(scenario, arguments.scale, arguments.seed, folder)
    print(describe(scenario, outcome), flush=True)
    return outcome


if __name__ == "__main__":
    main()
