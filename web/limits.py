"""
How many requests are taken in a minute: of one form, and from one address that has not shown who sends.

Counted in each web process by itself. To ask Redis would cost every request a round trip, and could refuse a lead
because the limiter fails.
"""

import logging
import math
import threading
from collections import Counter
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from shared.logs import event

WINDOW_SECONDS = 60
# Beyond that many nobody else is counted, so that no flood fills the memory.
MOST_COUNTED = 10_000
IPV6_PREFIX = 64  # one customer's line has that many addresses at least


class Limit:
    """Counts the requests of each form, or from each address, in the minute that runs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._window = 0
        self._counts: Counter[str] = Counter()
        self._refused: Counter[str] = Counter()

    def seconds_to_wait(self, counted: str, most: int, now: float, logged: str, setting: str) -> int:
        """
        Count one more; return 0, or how long its sender has to wait when there are more than `most` (0: no limit).

        `logged` stands in the log for what is counted, which may be somebody's address, and `setting` for where `most`
        is set.
        """
        if not most or not counted:
            return 0
        with self._lock:
            self._begin_window(int(now // WINDOW_SECONDS))
            if counted in self._counts or len(self._counts) < MOST_COUNTED:
                self._counts[counted] += 1
            if self._counts[counted] <= most:
                return 0
            self._refused[logged] += 1
            if self._refused[logged] == 1:
                event("limited", logging.WARNING, of=logged, per_minute=most, setting=setting)
        return math.ceil(WINDOW_SECONDS - now % WINDOW_SECONDS)

    def _begin_window(self, window: int) -> None:
        if window == self._window:
            return
        for logged, number in self._refused.items():
            event("limit_ended", logging.WARNING, of=logged, refused=number)
        self._window = window
        self._counts.clear()
        self._refused.clear()


def network_of(address: str | None) -> str:
    """Return what stands for a sender's address; nothing for what is none, so that it is not counted."""
    try:
        parsed: IPv4Address | IPv6Address | None = ip_address(address or "")
    except ValueError:
        return ""
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped or IPv6Network((parsed, IPV6_PREFIX), strict=False))
    return str(parsed)
