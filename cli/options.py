"""Options that several commands share."""

import re
from datetime import UTC, datetime, timedelta

import click

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def a_time(_context: click.Context, _parameter: click.Parameter, text: str | None) -> datetime | None:
    """Return the time that an option means: RFC 3339, or so long ago (90m, 2h, 3d)."""
    try:
        return _time(text) if text else None
    except (ValueError, OverflowError) as error:
        raise click.BadParameter(f"{text!r} is no time; write 90m, 2h, 3d or 2026-09-21T13:00:00Z.") from error


def _time(text: str) -> datetime:
    if ago := re.fullmatch(r"(\d+)([smhdw])", text):
        return datetime.now(UTC) - timedelta(**{UNITS[ago[2]]: int(ago[1])})
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
form_option = click.option("--form", default="", metavar="NAME", help="Only those of this form.")
location_option = click.option("--location", default="", metavar="ALIAS", help="Only those of this location.")
since_option = click.option(
    "--since", callback=a_time, metavar="TIME", help="Only those buried since then: 2h, 3d, or RFC 3339."
)
limit_option = click.option(
    "--limit", type=click.IntRange(min=1), default=50, show_default=True, help="How many to list at most."
)
after_option = click.option("--after", default="", metavar="CURSOR", help="Go on where a list ended: its `next`.")
yes_option = click.option("--yes", is_flag=True, help="Do not ask; needed where nobody can answer.")
