"""HighLevel's rate limit: so many calls in any interval and so many a day, for each location."""

from collections import defaultdict, deque
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Window = Literal["sliding", "fixed", "off"]
DAY_SECONDS = 86_400


class LimitSettings(BaseModel):
    """How strict the limit is; the defaults are the documented limits."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    # https://marketplace.gohighlevel.com/docs/Authorization/OAuth2.0 (rate limits)
    window: Window = "sliding"
    max_requests: int = Field(default=100, ge=0)
    interval_ms: int = Field(default=10_000, gt=0)
    daily_limit: int = Field(default=200_000, ge=0)


class Limits:
    """
    The calls that each caller has made.

    The documents say "100 API requests per 10 seconds" and no more. `sliding` is the strict reading: never more
    than that many accepted in any interval, wherever it begins. Refused calls do not count: otherwise a caller that
    goes on too early would never be let in again.
    """

    def __init__(self, settings: LimitSettings) -> None:
        self._given = settings
        self.clear()

    def clear(self) -> None:
        """Go back to the settings of the start, with nothing counted."""
        self.settings = self._given
        self._accepted: dict[str, deque[float]] = defaultdict(deque)
        self._today: dict[str, int] = defaultdict(int)
        self._day = 0

    def use_up(self, used_today: int, location: str | None, now: float) -> None:
        """Let a location, or every caller, have made that many calls today."""
        self._turn_day(now)
        if location is None:
            self._today = defaultdict(lambda: used_today)
        else:
            self._today[location] = used_today

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
        self._turn_day(now)
        return max(0, self.settings.daily_limit - self._today[caller])

    def _turn_day(self, now: float) -> None:
        today = int(now // DAY_SECONDS)
        if today != self._day:
            self._day = today
            self._today = defaultdict(int)
