"""What an examination finds."""

from typing import Literal

from shared.submission import Frozen

Level = Literal["ok", "warning", "fault"]


class Finding(Frozen):
    """
    One thing that was examined: what it is, what was found, and the way out if it is not as it should be.

    `location` is a location's alias, or "redis", or "hookline" for workers and data.
    """

    location: str
    check: str
    level: Level
    says: str
    remedy: str = ""
