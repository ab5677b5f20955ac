import io
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout

import pytest

from cli.output import print_table

ID = "sub_01JD3M3GZ8QX6W5V4T3S2R1Q0P"
COLUMNS = ("id", "form", "state", "accepted_at", "contact_id", "why")
ROW = (
    ID,
    "contact-us",
    "waiting",
    "2026-09-21T12:00:00Z",
    "contact0000000000001",
    "a cause that takes more than a line",
)


Printed = Callable[..., list[str]]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> Printed:
    """Return a function that gives the lines of a table on a terminal of 80 columns."""
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("COLUMNS", "80")

    def lines(columns: Sequence[str], *rows: Sequence[object]) -> list[str]:
        with redirect_stdout(Terminal()) as stream:
            print_table(columns, rows)
        return [line.rstrip() for line in stream.getvalue().splitlines()]

    return lines


def test_a_row_that_is_wider_than_the_terminal_takes_several_lines_and_keeps_ids_whole(printed: Printed) -> None:
    assert printed(COLUMNS, ROW, ROW) == [
        "id                              form        state    accepted_at",
        "  contact_id            why",
        *2
        * [
            f"{ID}  contact-us  waiting  2026-09-21T12:00:00Z",
            "  contact0000000000001  a cause that takes more than a line",
        ],
    ]


def test_a_sentence_wraps_within_its_column(printed: Printed) -> None:
    lines = printed(COLUMNS, (*ROW[:-1], "word " * 30))

    assert max(map(len, lines)) <= 80
    assert "\n".join(lines).count("word") == 30
    assert lines[-1].startswith(" " * 24 + "word")


def test_a_table_that_fits_has_one_line_for_each_row(printed: Printed) -> None:
    lines = printed(("id", "why"), (ID, "short"), (ID, "a cause that is only a little longer"))

    assert len(lines) == 3


def test_what_is_wider_than_the_terminal_by_itself_stays_whole(printed: Printed) -> None:
    address = "https://example.com/" + "x" * 100

    assert printed(("id", "address"), (ID, address))[-1] == f"  {address}"


def test_piped_output_is_not_wrapped(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(COLUMNS, [(*ROW[:-1], "word " * 30)])

    assert len(capsys.readouterr().out.splitlines()) == 2
