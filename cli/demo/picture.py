"""The live picture of the demo: what is accepted, where it stands, what HighLevel answered, what just happened."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from shared.journal import Hold, Ledger

STATES = (("waiting", "yellow"), ("leased", "cyan"), ("delivered", "green"), ("dead", "red"))
BAR_WIDTH = 30
STORY_LINES = 12


@dataclass(frozen=True)
class View:
    """What is to be seen at one moment."""

    ledger: Ledger
    answers: dict[str, int]
    contacts: int
    holds: list[Hold]


@dataclass
class Picture:
    """Draws the view on a terminal; elsewhere only the story is printed, a line at a time."""

    console: Console
    story: deque[str] = field(default_factory=lambda: deque(maxlen=STORY_LINES))
    _live: Live | None = None
    _view: View | None = None

    def __enter__(self) -> "Picture":
        if self.console.is_terminal:
            self._live = Live(console=self.console, refresh_per_second=8, get_renderable=self._render)
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.stop()

    def tell(self, line: str) -> None:
        """Add a line to the story."""
        self.story.append(line)
        if not self._live:
            self.console.print(line, soft_wrap=True)

    def show(self, view: View) -> None:
        """Draw a new view."""
        self._view = view

    def _render(self) -> RenderableType:
        lines = Text.from_markup("\n".join(self.story))
        if not self._view:
            return Panel(lines, title="Hookline")
        return Group(Panel(_table(self._view), title="Hookline"), Panel(lines, title="What happens"))


def _table(view: View) -> Table:
    table = Table.grid(padding=(0, 2))
    ledger = view.ledger
    table.add_row("accepted", str(ledger.accepted), f"[dim]and {ledger.duplicate} duplicates suppressed[/dim]")
    for state, colour in STATES:
        number: int = getattr(ledger, state)
        width = round(BAR_WIDTH * number / max(1, ledger.accepted))
        table.add_row(state, str(number), f"[{colour}]{'█' * width}[/]")
    table.add_row("contacts", str(view.contacts), "[dim]in the local HighLevel[/dim]")
    table.add_row("answers", str(sum(view.answers.values())), _answers(view.answers))
    for hold in view.holds:
        table.add_row("[yellow]hold[/]", hold.location, f"{hold.reason}; nobody's attempt is spent")
    return table


def _answers(answers: dict[str, Any]) -> str:
    good = {"200", "201"}
    return "  ".join(
        f"[{'green' if status in good else 'red'}]{status}[/] × {count}" for status, count in answers.items()
    )
