"""All that the sandbox remembers."""

import time
from collections.abc import Callable, Iterable, Mapping
from threading import RLock

from sandbox.calls import Calls
from sandbox.contacts import Contacts
from sandbox.faults import Faults
from sandbox.limits import Limits, LimitSettings
from sandbox.locations import LocationSettings
from sandbox.tokens import Token, Tokens

STARTED_AT = time.time() - time.monotonic()


def steady_clock() -> float:
    """Return the time of day in seconds; unlike the system's it never runs backwards."""
    return STARTED_AT + time.monotonic()


class State:
    """Contacts, calls, faults, limits and tokens, behind one lock."""

    def __init__(
        self,
        *,
        limits: LimitSettings,
        tokens: Iterable[str | Token] | None,
        locations: Mapping[str, LocationSettings] | None,
        clock: Callable[[], float],
        wait: Callable[[float], None],
    ) -> None:
        self.lock = RLock()
        self.clock = clock
        self.wait = wait
        self.contacts = Contacts(clock, locations)
        self.limits = Limits(limits)
        self.tokens = Tokens(tokens)
        self.faults = Faults()
        self.calls = Calls()

    def clear(self) -> None:
        """Go back to the state of the start."""
        for part in (self.contacts, self.limits, self.tokens, self.faults, self.calls):
            part.clear()
