"""The log of the calls that the sandbox has answered."""

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sandbox.answers import timestamp

KEPT_CALLS = 200_000
RESET = "reset"


@dataclass(slots=True)
class Call:
    """One call; its status is empty until it is answered, and stays so if the connection was reset."""

    arrived: float
    method: str
    path: str
    location: str | None
    contact_id: str | None = None
    fault: int | None = None
    status: int | None = None
    duration_ms: float = 0.0

    def shown(self) -> dict[str, Any]:
        return {
            "at": timestamp(self.arrived),
            "arrived_ms": self.arrived * 1000,
            "method": self.method,
            "path": self.path,
            "location": self.location,
            "status": self.status,
            "fault": self.fault,
            "contact_id": self.contact_id,
            "duration_ms": round(self.duration_ms, 3),
        }


class Calls:
    """The last calls in the order of their arrival, and how many of each status there were."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self._calls: deque[Call] = deque(maxlen=KEPT_CALLS)
        self.counts: Counter[str] = Counter()

    def open(self, call: Call) -> None:
        self._calls.append(call)

    def close(self, call: Call, status: int | None, now: float) -> None:
        call.status = status
        call.duration_ms = (now - call.arrived) * 1000
        self.counts[str(status or RESET)] += 1

    def newest_first(self, limit: int | None = None) -> Iterator[Call]:
        return islice(reversed(self._calls), limit)
