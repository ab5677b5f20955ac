"""What commands print: tables and text for people, JSON for programs."""

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, TextIO

import click
from pydantic import BaseModel
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

# Piped output is read by programs and files, which have no width: nothing may be cut or folded there.
PIPED_WIDTH = 100_000
# A column of sentences is not wrapped to less on a terminal.
NARROWEST = 20


def print_json(value: BaseModel | dict[str, Any]) -> None:
    """Print a model as JSON, in ASCII: no terminal can take a submission's text for its own commands."""
    plain = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
    click.echo(json.dumps(plain, indent=2))


def print_items(items: Iterable[BaseModel], following: str | None = None) -> None:
    """Print a list in the shape that all lists have."""
    print_json({"items": [item.model_dump(mode="json") for item in items], "next": following})


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], title: str = "") -> None:
    """Print a table, under a title if it has one; columns without a value in any row are left out."""
    cells = [[visible(as_cell(value)) for value in row] for row in rows]
    shown = [place for place in range(len(columns)) if any(row[place] for row in cells)]
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    width = 0
    for place in shown:
        texts = [row[place] for row in cells]
        least = _least_width([columns[place], *texts])
        table.add_column(columns[place], min_width=least, overflow="fold")
        width += least + table.padding[1]
    for row in cells:
        table.add_row(*(Text(row[place]) for place in shown))
    if title:
        print_title(title)
    console = terminal()
    console.width = max(console.width, width)
    console.print(table)


def _least_width(texts: list[str]) -> int:
    """Return how narrow a column may be: an id or a time stays in one piece to be copied, sentences wrap."""
    return max(cell_len(text) if " " not in text else min(cell_len(text), NARROWEST) for text in texts)


def print_title(title: str) -> None:
    """Print the heading of a part."""
    terminal().print(Text(f"\n{title}", style="bold"))


def print_text(text: str) -> None:
    """Print text that came from elsewhere."""
    click.echo(visible(text))


def terminal(stream: TextIO | None = None) -> Console:
    """Return the console: plain and as wide as its text when it is no terminal."""
    stream = stream or sys.stdout
    width = None if stream.isatty() else PIPED_WIDTH
    # What visitors wrote is no markup.
    return Console(file=stream, width=width, markup=False, highlight=False, emoji=False)


def as_cell(value: object) -> str:
    """Return a value as a table shows it."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case datetime():
            return moment(value)
        case str():
            return value
        case dict() | list() | tuple():
            return json.dumps(value, ensure_ascii=False)
        case _:
            return str(value)


def moment(at: datetime) -> str:
    """Return a time as RFC 3339 in UTC, to the second."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def visible(text: str) -> str:
    """Return text with its control characters made visible, so that a submission cannot steer a terminal."""
    return "".join(char if char.isprintable() or char in "\n\t" else repr(char)[1:-1] for char in text)
