"""What commands print: tables and text for people, JSON for programs."""

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TextIO

import click
from pydantic import BaseModel
from rich.cells import cell_len
from rich.console import Console, ConsoleDimensions
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

# Piped output is read by programs and files, which have no width: nothing may be cut or folded there.
PIPED_WIDTH = 100_000
# A column of sentences is not wrapped to less on a terminal.
NARROWEST = 20
GAP = 2
INDENT = 2


def print_json(value: BaseModel | dict[str, Any]) -> None:
    """Print a model as JSON, in ASCII: no terminal can take a submission's text for its own commands."""
    plain = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
    click.echo(json.dumps(plain, indent=2))


def print_items(items: Iterable[BaseModel], following: str | None = None) -> None:
    """Print a list in the shape that all lists have."""
    print_json({"items": [item.model_dump(mode="json") for item in items], "next": following})


@dataclass(frozen=True)
class _Column:
    name: str
    texts: Sequence[str]

    @property
    def width(self) -> int:
        return max(map(cell_len, (self.name, *self.texts)))

    @property
    def least_width(self) -> int:
        """Return how narrow it may be: an id or a time stays in one piece to be copied, sentences wrap."""
        return max(
            cell_len(text) if " " not in text else min(cell_len(text), NARROWEST) for text in (self.name, *self.texts)
        )

    @property
    def wraps(self) -> bool:
        return self.least_width < self.width


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], title: str = "") -> None:
    """
    Print a table, under a title if it has one; columns without a value in any row are left out.

    Where it is wider than the terminal, each row takes several lines.
    """
    cells = [[visible(as_cell(value)) for value in row] for row in rows]
    found = [_Column(name, [row[place] for row in cells]) for place, name in enumerate(columns)]
    shown = [column for column in found if any(column.texts)]
    if title:
        print_title(title)
    console = terminal()
    if _width(shown) <= console.width:
        console.print(_whole(shown, len(cells)))
    else:
        _print_folded(console, _lines(shown, console.width), len(cells))


def _width(columns: Sequence[_Column]) -> int:
    return sum(column.least_width for column in columns) + GAP * (len(columns) - 1)


def _whole(columns: Sequence[_Column], count: int) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, GAP, 0, 0))
    for column in columns:
        table.add_column(column.name, min_width=column.least_width, overflow="fold")
    for row in range(count):
        table.add_row(*(Text(column.texts[row]) for column in columns))
    return table


def _lines(columns: Sequence[_Column], width: int) -> list[list[_Column]]:
    """Return the columns on as few lines as they fit on, sentences last; all but the first line are indented."""
    lines: list[list[_Column]] = [[]]
    for column in sorted(columns, key=lambda column: column.wraps):
        indent = INDENT if len(lines) > 1 else 0
        if lines[-1] and indent + _width([*lines[-1], column]) > width:
            lines.append([])
        lines[-1].append(column)
    return lines


def _print_folded(console: Console, lines: list[list[_Column]], count: int) -> None:
    width = max(console.width, INDENT + max(map(_width, lines)))
    console.size = ConsoleDimensions(width, console.height)
    widths = [_widths(line, width - INDENT) for line in lines]
    for row in range(-1, count):
        for place, line in enumerate(lines):
            grid = Table.grid(padding=(0, GAP, 0, 0))
            for cell_width in widths[place]:
                grid.add_column(width=cell_width, overflow="fold")
            texts = [Text(column.texts[row]) if row >= 0 else Text(column.name, style="bold") for column in line]
            grid.add_row(*texts)
            console.print(Padding(grid, (0, 0, 0, INDENT if place else 0), expand=False))


def _widths(line: Sequence[_Column], width: int) -> list[int]:
    """Return how wide each column of a line is: those that wrap share what the others leave."""
    wrapping = sum(column.wraps for column in line)
    left = width - _width(line)
    return [
        min(column.width, column.least_width + left // wrapping) if column.wraps else column.width for column in line
    ]


def print_title(title: str) -> None:
    """Print the heading of a part."""
    terminal().print(Text(f"\n{visible(title)}", style="bold"))


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
