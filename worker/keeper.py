"""The keeper: a thread in every worker that keeps OAuth tokens fresh, so that deliveries find them so."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from redis.exceptions import RedisError

from shared import logs
from shared.accounts import Accounts
from shared.config import Location
from shared.highlevel.errors import BadCredentials, HighLevelError
from shared.highlevel.oauth import LocationInactive, TokenBusy
from shared.highlevel.wire import Deadline, OutOfTime

# A worker that is killed between HighLevel's answer and the store leaves its successors 30 s to hear that answer again;
# its lock takes 15 of them (shared/highlevel/oauth.py).
EVERY_SECONDS = 10.0
CALL_SECONDS = 10.0
REST_SECONDS = 300.0


@dataclass
class Keeper:
    """Looks after the tokens of all locations until it is stopped; any number of keepers is safe."""

    accounts: Accounts
    locations: Mapping[str, Location]
    clock: Callable[[], float] = time.monotonic
    _stopped: threading.Event = field(default_factory=threading.Event)
    _rest: dict[str, float] = field(default_factory=dict)

    def start(self) -> None:
        """Begin to look, in a thread of its own, if there is anything to look after."""
        if any(location.oauth for location in self.locations.values()):
            threading.Thread(target=self._run, name="keeper", daemon=True).start()

    def stop(self) -> None:
        """Look no more. A refresh that is under way is not waited for: it ends by itself, or is repeated elsewhere."""
        self._stopped.set()

    def look(self) -> None:
        """Renew the tokens that soon expire."""
        for alias, location in self.locations.items():
            if location.oauth and not self._stopped.is_set() and self.clock() >= self._rest.get(alias, 0):
                self._renew(alias, location)

    def _run(self) -> None:
        self.look()
        while not self._stopped.wait(EVERY_SECONDS):
            self.look()

    def _renew(self, alias: str, location: Location) -> None:
        try:
            self.accounts.open(alias, location, Deadline.after(CALL_SECONDS, self._stopped.is_set))
        except (TokenBusy, OutOfTime):  # another worker is at it, or this one is on its way out
            return
        except (HighLevelError, RedisError) as error:
            # Deliveries meet the same and hold the location; without any, the log is the only one to tell.
            status = error.status if isinstance(error, HighLevelError) else None
            if isinstance(error, BadCredentials | LocationInactive):  # somebody has to act, and that takes a while
                self._rest[alias] = self.clock() + REST_SECONDS
            logs.event("token not renewed", logging.WARNING, location=alias, error=type(error).__name__, status=status)
        except Exception as error:  # whatever it is, the keeper goes on with the others
            logs.failure("keeper failed", error, location=alias)
