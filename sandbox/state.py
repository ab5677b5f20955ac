"""All that the sandbox remembers."""

import time
from collections.abc import Callable, Iterable, Mapping
from threading import RLock

from sandbox.calls import Calls
from sandbox.contacts import Contacts
from sandbox.faults import Faults
from sandbox.limits import Limits, LimitSettings
from sandbox.locations import LocationSettings
from sandbox.oauth import OAuth
from sandbox.refusals import Unauthorized
from sandbox.tokens import Access, Token, Tokens

STARTED_AT = time.time() - time.monotonic()


def steady_clock() -> float:
    """Return the time of day in seconds; unlike the system's it never runs backwards."""
    return STARTED_AT + time.monotonic()


class State:
    """Contacts, calls, faults, limits, tokens and apps, behind one lock."""

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
        self.oauth = OAuth(clock)
        self.faults = Faults()
        self.calls = Calls()

    def access(self, token: str) -> Access:
        """Return what a bearer token opens; refuse one that is missing, unknown or expired."""
        if not token:
            raise Unauthorized("Invalid JWT")
        return self.oauth.access(token) or self.tokens.access(token)

    def v1_location(self, key: str) -> str:
        """Return the location that a key of v1 is for; one that nobody has named is made of the key."""
        return self.tokens.location(key) or f"v1:{key}"

    def clear(self) -> None:
        """Go back to the state of the start."""
        for part in (self.contacts, self.limits, self.tokens, self.oauth, self.faults, self.calls):
            part.clear()
