"""HighLevel's rate limit: so many calls in any interval and so many a day, for each location."""

from collections import defaultdict, deque
from dataclasses import dataclass
from typing import Literal

Window = Literal["sliding", "fixed", "off"]
DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class LimitSettings:
    """How strict the limit is; the defaults are the documented limits."""

    # https://marketplace.gohighlevel.com/docs/Authorization/OAuth2.0 (rate limits)
    window: Window = "sliding"
    max_requests: int = 100
    interval_ms: int = 10_000
    daily_limit: int = 200_000


class Limits:
    """
    The calls that each caller has made.

    The documents say "100 API requests per 10 seconds" and no more. `sliding` is the strict reading: never more
    than that many accepted in any interval, wherever it begins. Refused calls do not count: otherwise a caller that
    goes on too early would never be let in again.
    """

    def __init__(self, settings: LimitSettings) -> None:
        self.settings = settings
        self.clear()

    def clear(self) -> None:
        self._accepted: dict[str, deque[float]] = defaultdict(deque)
        self._today: dict[str, int] = defaultdict(int)
        self._day = 0

    def admit(self, caller: str, now: float) -> bool:
        """Count a call if there is room for it, and say whether there was."""
        if self.settings.window == "off":
            return True
        if self._remaining(caller, now) == 0 or self._remaining_today(caller, now) == 0:
            return False
        self._accepted[caller].append(now)
        self._today[caller] += 1
        return True

    def headers(self, caller: str, now: float) -> dict[str, str]:
        """Return the headers that every answer carries."""
        return {
            "X-RateLimit-Limit-Daily": str(self.settings.daily_limit),
            "X-RateLimit-Daily-Remaining": str(self._remaining_today(caller, now)),
            "X-RateLimit-Interval-Milliseconds": str(self.settings.interval_ms),
            "X-RateLimit-Max": str(self.settings.max_requests),
            "X-RateLimit-Remaining": str(self._remaining(caller, now)),
            # Undocumented, and read by the official JavaScript SDK as a number of milliseconds.
            "X-RateLimit-Daily-Reset": str(round((DAY_SECONDS - now % DAY_SECONDS) * 1000)),
        }

    def _remaining(self, caller: str, now: float) -> int:
        accepted = self._accepted[caller]
        while accepted and self._is_past(accepted[0], now):
            accepted.popleft()
        return max(0, self.settings.max_requests - len(accepted))

    def _is_past(self, at: float, now: float) -> bool:
        interval = self.settings.interval_ms / 1000
        if self.settings.window == "fixed":
            return at < now - now % interval
        return at <= now - interval

    def _remaining_today(self, caller: str, now: float) -> int:
        today = int(now // DAY_SECONDS)
        if today != self._day:
            self._day = today
            self._today.clear()
        return max(0, self.settings.daily_limit - self._today[caller])
