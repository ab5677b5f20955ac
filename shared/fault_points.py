"""
Points at which a process can be made to end as a crash does: for the fault matrix, and for nothing else.

`HOOKLINE_FAULT_POINTS` is read once, when this module is imported. Unset, as everywhere but in the matrix, `reach` is a
function without a body: no point can ever be armed in that process, and passing one costs less than 0.1 µs. Set, it
names the points that end the process, separated by commas: `POINT`, or `POINT@SUBJECT` for deliveries of one form only,
then `/40` for every fortieth time only, then `+75` to end 75 ms later instead of at once.
"""

import os
import re
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

VARIABLE = "HOOKLINE_FAULT_POINTS"
PLAN = re.compile(r"(?P<point>[a-z-]+)(@(?P<subject>[\w-]+))?(/(?P<every>[1-9]\d*))?(\+(?P<milliseconds>\d+))?")


def _end() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@dataclass
class FaultPoint:
    """One point that ends the process, and how often it was passed."""

    point: str
    subject: str = ""
    every: int = 1
    milliseconds: int = 0
    end: Callable[[], None] = _end
    _passed: "count[int]" = field(default_factory=lambda: count(1))

    def reach(self, point: str, subject: str) -> None:
        """End the process if this is the point, the subject and the time."""
        if point != self.point or self.subject not in ("", subject) or next(self._passed) % self.every:
            return
        if self.milliseconds:
            threading.Timer(self.milliseconds / 1000, self.end).start()
        else:
            self.end()


def planned(text: str) -> list[FaultPoint]:
    """Return the fault points that a text names; raise ValueError for what is none."""
    return [_planned(part.strip()) for part in text.split(",") if part.strip()]


def _planned(text: str) -> FaultPoint:
    found = PLAN.fullmatch(text)
    if not found:
        raise ValueError(f"{VARIABLE}: {text!r} is not POINT[@SUBJECT][/EVERY][+MILLISECONDS]")
    return FaultPoint(found["point"], found["subject"] or "", int(found["every"] or 1), int(found["milliseconds"] or 0))


_POINTS = planned(os.environ.get(VARIABLE, ""))

if _POINTS:

    def reach(point: str, subject: str = "") -> None:
        """Say that the process is at a point of a delivery; it may end here."""
        for one in _POINTS:
            one.reach(point, subject)

else:

    def reach(point: str, subject: str = "") -> None:
        """Do nothing."""
