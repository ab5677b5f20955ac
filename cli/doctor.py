"""`hookline doctor`: examines the real thing."""

import time
from collections.abc import Iterator
from itertools import groupby
from operator import attrgetter

import click
from redis.exceptions import RedisError
from rich.text import Text

from cli.options import as_json
from cli.output import print_items, terminal, visible
from cli.wiring import Wiring, pass_wiring
from shared import vitals
from shared.config import Config
from shared.doctor import Doctor, Patient, time_of
from shared.findings import Finding
from shared.highlevel.client import Client
from shared.highlevel.wire import open_http
from shared.journal import Journal
from shared.redis_health import examine, state_of, unreachable
from shared.settings import Settings

MARKS = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "fault": ("✗", "red")}


@click.command(epilog="Example: hookline doctor main --write")
@click.argument("aliases", nargs=-1, metavar="[LOCATION]...")
@click.option("--write", is_flag=True, help="Also create, read, update, search and delete a throwaway contact.")
@as_json
@pass_wiring
def doctor(wiring: Wiring, aliases: tuple[str, ...], write: bool, as_json: bool) -> None:
    """
    Examine Redis, workers, and each location: token, fields.

    Locations that are named are examined alone. It makes a few reading calls at each. Exits 1 on any fault.
    """
    redis = [] if aliases else _redis(wiring, as_json)
    patients = list(_patients(wiring.config, aliases))
    with open_http(connections=2) as http:
        client = Client(str(wiring.settings.highlevel_base_url), http)
        examiner = Doctor(client, wiring.accounts(http), time_of(http))
        findings = redis + [one for patient in patients for one in _told(examiner, patient, write, as_json)]
    faults = sum(one.level == "fault" for one in findings)
    if as_json:
        print_items(findings)
    else:
        click.echo(f"\n{faults} to mend." if faults else "\nAll well.")
    raise click.exceptions.Exit(1 if faults else 0)


def _patients(config: Config, aliases: tuple[str, ...]) -> Iterator[Patient]:
    for alias in aliases or config.locations:
        if alias not in config.locations:
            known = ", ".join(config.locations)
            raise click.UsageError(f"{alias!r} is not a location of the configuration; known are {known}.")
        forms = {name: form for name, form in config.forms.items() if alias in form.aliases}
        yield Patient(alias, config.locations[alias], forms)


def _redis(wiring: Wiring, silent: bool) -> list[Finding]:
    """Return what is found of Redis, and of what stands in it, and print it."""
    try:
        findings = list(examine(state_of(wiring.journal.redis), wiring.settings, time.time()))
        findings += _vitals(wiring.journal, wiring.settings)
    except RedisError as error:
        findings = [unreachable(error)]
    if not silent:
        for title, group in groupby(findings, attrgetter("location")):
            terminal().print(Text(title, style="bold"))
            for found in group:
                _print(found)
    return findings


def _vitals(journal: Journal, settings: Settings) -> Iterator[Finding]:
    ledger = journal.ledger()
    yield from vitals.examine(journal.data(), journal.workforce(), ledger.waiting + ledger.leased)
    yield vitals.secret_key(settings.secret_key)


def _told(examiner: Doctor, patient: Patient, write: bool, silent: bool) -> Iterator[Finding]:
    """Yield the findings of a location, and print each as it is found: an examination takes a while."""
    if not silent:
        terminal().print(Text(patient.alias, style="bold"))
    for found in examiner.examine(patient, write=write):
        if not silent:
            _print(found)
        yield found


def _print(found: Finding) -> None:
    mark, colour = MARKS[found.level]
    line = Text.assemble("  ", (mark, colour), f" {found.check:<13} {visible(found.says)}")
    if found.remedy:
        line.append(f"\n    {visible(found.remedy)}")
    terminal().print(line, soft_wrap=True)
