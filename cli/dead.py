"""`hookline dead`: what could not be delivered, to be understood, mended, replayed or discarded."""

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import reduce, wraps
from itertools import combinations
from typing import Any

import click
from pydantic import JsonValue
from rich.progress import track

from cli import details
from cli.options import (
    after_option,
    as_json,
    form_option,
    limit_option,
    location_option,
    since_option,
    yes_option,
)
from cli.output import print_items, print_json, print_table, terminal, visible
from cli.preview import print_preview
from cli.submissions import print_page
from cli.wiring import Wiring, pass_wiring
from shared import dead_letters
from shared.config import Config
from shared.dead_letters import CannotReplay, DeadLetterError, Filter, NotMended
from shared.journal import Record
from shared.status import NoSuchSubmission
from shared.submission import Edit, Reason

SHOWN_FAILURES = 20


@dataclass(frozen=True)
class Act:
    """Something to do to dead letters, one after the other."""

    verb: str
    done: str
    do: Callable[[str], None]
    mends: Config | None = None  # by which configuration, if it first makes the edit that is proposed


@dataclass
class Change:
    """What an operator asks to be changed; what may be a slip of theirs is said once, and kept."""

    wiring: Wiring
    edit: Edit
    reset: bool
    said: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        if self.edit == Edit() and not self.reset:
            raise click.UsageError(
                "Say what to change: --answer LABEL=VALUE, --field NAME=VALUE, --to-note NAME, --drop NAME or --reset."
            )

    @property
    def done(self) -> str:
        """Return what to say when it is made."""
        return "The edits are taken back." if self.edit == Edit() else "The edit is kept."

    def make(self, submission_id: str) -> None:
        """Make the change to a dead letter."""
        if self.reset:
            dead_letters.take_back(self.wiring.journal, submission_id)
        if self.edit != Edit():
            self._warn(submission_id)
            dead_letters.edit(self.wiring.journal, submission_id, self.edit)

    def _warn(self, submission_id: str) -> None:
        wiring = self.wiring
        found = dead_letters.doubts(wiring.journal, wiring.config, wiring.field_cache, submission_id, self.edit)
        for doubt in found:
            if doubt not in self.said:
                self.said.add(doubt)
                click.echo(f"Warning: {visible(doubt)}", err=True)


def filtered(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that choose dead letters, as one `wanted`."""

    @form_option
    @location_option
    @click.option("--reason", type=click.Choice([reason.value for reason in Reason]), help="Only those with it.")
    @since_option
    @click.option("--group", default="", metavar="GROUP", help="Only those of this group; see --groups of `dead list`.")
    @wraps(command)
    def chosen(*args: Any, form: str, location: str, reason: str | None, since: Any, group: str, **kwargs: Any) -> None:
        why = Reason(reason) if reason else None
        wanted = Filter(form=form, location=location, reason=why, since=since, group=group)
        command(*args, wanted=wanted, **kwargs)

    return chosen


ids_argument = click.argument("ids", nargs=-1, metavar="[ID]...")
all_option = click.option("--all", "everything", is_flag=True, help="Every dead letter.")


@click.group(epilog="Example: hookline dead list --groups")
def dead() -> None:
    """Understand, mend, replay and discard dead letters."""


@dead.command("list", epilog="Example: hookline dead list --reason rejected --since 2d")
@filtered
@click.option("--groups", is_flag=True, help="One line for all that share a cause.")
@limit_option
@after_option
@as_json
@pass_wiring
def list_dead(wiring: Wiring, wanted: Filter, groups: bool, limit: int, after: str, as_json: bool) -> None:
    """List dead letters, the one that was buried last first."""
    if groups:
        _print_groups(wiring, wanted, as_json)
    else:
        print_page(dead_letters.listed(wiring.journal, wanted, limit, after), as_json, "No dead letters match.")


@dead.command(epilog="Example: hookline dead show sub_01JD3M3GZ8QX6W5V4T3S2R1Q0P")
@click.argument("submission_id", metavar="ID")
@as_json
@pass_wiring
def show(wiring: Wiring, submission_id: str, as_json: bool) -> None:
    """Show why ID became a dead letter, and how to mend it."""
    detail = dead_letters.show(wiring.journal, submission_id)
    if as_json:
        print_json(detail)
        return
    details.print_head(detail)
    details.print_diagnosis(detail)
    details.print_answers(detail)
    details.print_contact(detail)
    details.print_losses(detail)
    details.print_edit(detail)
    details.print_history(detail)
    details.print_attempts(detail)
    details.print_body(detail)


@dead.command(epilog="Example: hookline dead edit sub_01JD… --field phone=+12065550161 --replay")
@ids_argument
@filtered
@all_option
@click.option("--answer", "answers", multiple=True, metavar="LABEL=VALUE", help="Correct what the visitor filled in.")
@click.option("--field", "fields", multiple=True, metavar="NAME=VALUE", help="Set a field of the contact.")
@click.option("--to-note", multiple=True, metavar="NAME", help="Put a field's value into the note instead.")
@click.option("--drop", multiple=True, metavar="NAME", help="Leave a field of the contact out.")
@click.option("--reset", is_flag=True, help="Take all earlier edits back first.")
@click.option("--replay", "and_replay", is_flag=True, help="Replay it, if a contact can be made of it now.")
@yes_option
@pass_wiring
def edit(
    wiring: Wiring,
    ids: tuple[str, ...],
    wanted: Filter,
    everything: bool,
    answers: tuple[str, ...],
    fields: tuple[str, ...],
    to_note: tuple[str, ...],
    drop: tuple[str, ...],
    reset: bool,
    and_replay: bool,
    yes: bool,
) -> None:
    """
    Change what a replay sends.

    That of the dead letter with ID, of several, or of all that the options choose. For one, the contact that a replay
    would send now is shown. Later edits go on top of earlier ones.
    """
    change = Change(wiring, _edit_of(answers, fields, to_note, drop), reset)
    act = _editing(wiring, change, and_replay)
    chosen = list(_chosen(wiring, act, ids, wanted, everything, yes))
    if ids and len(chosen) == 1:
        _edit_one(wiring, chosen[0], change, and_replay)
    else:
        _carry_out(act, chosen)


@dead.command(epilog="Example: hookline dead replay --group rejected-3fa94c --fix --yes")
@ids_argument
@filtered
@all_option
@click.option("--fix", is_flag=True, help="First make the edit that each one's diagnosis proposes.")
@yes_option
@pass_wiring
def replay(wiring: Wiring, ids: tuple[str, ...], wanted: Filter, everything: bool, fix: bool, yes: bool) -> None:
    """
    Deliver dead letters again, by today's configuration.

    Either those that are named by ID, or those that the options choose. With --fix, those without a proposed edit stay
    dead letters and are named.
    """
    act = _mending(wiring) if fix else _replaying(wiring)
    _carry_out(act, _chosen(wiring, act, ids, wanted, everything, yes))


@dead.command(epilog="Example: hookline dead discard sub_01JD3M3GZ8QX6W5V4T3S2R1Q0P")
@ids_argument
@filtered
@all_option
@yes_option
@pass_wiring
def discard(wiring: Wiring, ids: tuple[str, ...], wanted: Filter, everything: bool, yes: bool) -> None:
    """
    Drop dead letters for good.

    Either those that are named by ID, or those that the options choose.
    """
    act = Act("discard", "Discarded", lambda submission_id: dead_letters.discard(wiring.journal, submission_id))
    _carry_out(act, _chosen(wiring, act, ids, wanted, everything, yes))


def _replaying(wiring: Wiring) -> Act:
    config = wiring.config
    return Act("replay", "Replayed", lambda submission_id: dead_letters.replay(wiring.journal, config, submission_id))


def _mending(wiring: Wiring) -> Act:
    replaying = _replaying(wiring)

    def mend_and_replay(submission_id: str) -> None:
        if not dead_letters.mend(wiring.journal, wiring.config, submission_id):
            raise NotMended(submission_id, "no fix is proposed: replay it without --fix, or edit it")
        replaying.do(submission_id)

    return Act("mend and replay", "Mended and replayed", mend_and_replay, mends=wiring.config)


def _editing(wiring: Wiring, change: Change, and_replay: bool) -> Act:
    replaying = _replaying(wiring)

    def edit_and_replay(submission_id: str) -> None:
        change.make(submission_id)
        if not dead_letters.preview_replay(wiring.journal, wiring.config, wiring.field_cache, submission_id).is_mapped:
            raise NotMended(submission_id, "the edit is kept, but still no contact can be made of it")
        replaying.do(submission_id)

    if and_replay:
        return Act("edit and replay", "Edited and replayed", edit_and_replay)
    return Act("edit", "Edited", change.make)


def _edit_one(wiring: Wiring, submission_id: str, change: Change, and_replay: bool) -> None:
    """Edit a dead letter and show what a replay of it would send."""
    config = wiring.config
    change.make(submission_id)
    try:
        found = dead_letters.preview_replay(wiring.journal, config, wiring.field_cache, submission_id)
    except CannotReplay as error:
        raise click.ClickException(f"{change.done} But {error}") from error
    print_preview(found)
    if not found.is_mapped:
        click.echo(f"\n{change.done} But still no contact can be made of it: edit it again.", err=True)
        raise click.exceptions.Exit(1 if and_replay else 0)
    if and_replay:
        dead_letters.replay(wiring.journal, config, submission_id)
        click.echo(f"\nReplayed {submission_id}.")
    else:
        click.echo(f"\n{change.done} To send it: hookline dead replay {submission_id}")


def _print_groups(wiring: Wiring, wanted: Filter, as_json: bool) -> None:
    groups = dead_letters.groups(dead_letters.matching(wiring.journal, wanted))
    if as_json:
        print_items(groups)
    elif groups:
        rows = [(one.group, one.count, one.reason, one.rule, one.oldest, one.newest) for one in groups]
        print_table(("group", "count", "reason", "rule", "oldest", "newest"), rows)
    else:
        click.echo("No dead letters match.")


def _edit_of(
    answers: tuple[str, ...], fields: tuple[str, ...], to_note: tuple[str, ...], drop: tuple[str, ...]
) -> Edit:
    corrected: dict[str, JsonValue] = {}
    corrected.update(_pair("--answer", text) for text in answers)
    parts = (
        Edit(fields=dict(_pair("--field", text) for text in fields)),
        Edit(to_note=to_note),
        Edit(drop=drop),
    )
    for one, other in combinations(parts, 2):
        if twice := [name for name in one.names if other.mentions(name)]:
            raise click.UsageError(f"{twice[0]!r} is given two ways; choose one of --field, --to-note and --drop.")
    return reduce(Edit.merged, parts, Edit(answers=corrected))


def _pair(option: str, text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name.strip() and equals):
        raise click.UsageError(f"{option} {text!r} is no pair; write NAME=VALUE.")
    return name, value


def _chosen(
    wiring: Wiring, act: Act, ids: tuple[str, ...], wanted: Filter, everything: bool, yes: bool
) -> Iterable[str]:
    """Return the ids to act on; those chosen by options only after their plan was shown and agreed to."""
    by_options = everything or wanted != Filter()
    if bool(ids) == by_options:
        neither = "Name dead letters by ID, or choose them by options such as --group or --all."
        raise click.UsageError("Name dead letters by ID, or choose them by options, not both." if ids else neither)
    if ids:
        return dict.fromkeys(ids)
    names: list[str] = []
    plan = _plan(act, _noting(dead_letters.matching(wiring.journal, wanted), names))
    if not names:
        raise click.ClickException("No dead letters match. See `hookline dead list`.")
    click.echo(f"To {act.verb}: {len(names)}")
    print_table(*plan)
    _agree(act, len(names), yes)
    return names


def _noting(records: Iterable[Record], names: list[str]) -> Iterator[Record]:
    """Yield records and keep their ids alone: there may be very many."""
    for record in records:
        names.append(record.id)
        yield record


def _plan(act: Act, records: Iterable[Record]) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
    """Return the table of what is to be done to how many."""
    if act.mends:
        mended = sorted(dead_letters.plan_of_mending(records, act.mends).items())
        rows = [(*key[:-1], key[-1] or "nothing: it stays", count) for key, count in mended]
        return ("form", "reason", "group", "change", "count"), [*rows]
    plain = [(*key, count) for key, count in sorted(dead_letters.plan(records).items())]
    return ("form", "reason", "group", "count"), [*plain]


def _agree(act: Act, count: int, yes: bool) -> None:
    if yes:
        return
    if not is_terminal():
        raise click.UsageError(f"Nobody can be asked here: add --yes to {act.verb} these {count}.")
    click.confirm(f"{act.verb.capitalize()} {count}?", abort=True)


def is_terminal() -> bool:
    """Say whether somebody can answer."""
    return sys.stdin.isatty()


def _carry_out(act: Act, ids: Iterable[str]) -> None:
    names = list(ids)
    console = terminal(sys.stderr)
    hidden = len(names) == 1 or not console.is_terminal
    failures = []
    for name in track(names, act.done, console=console, transient=True, disable=hidden):
        try:
            act.do(name)
        except (DeadLetterError, NoSuchSubmission) as error:
            failures.append(str(error))
    click.echo(f"{act.done} {len(names) - len(failures)} of {len(names)}.")
    if failures:
        more = len(failures) - SHOWN_FAILURES
        shown = failures[:SHOWN_FAILURES] + ([f"… and {more} more."] if more > 0 else [])
        click.echo("\n".join(shown), err=True)
        raise click.exceptions.Exit(1)
