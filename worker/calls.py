"""Calls to HighLevel as a delivery makes them: with a permit, within its deadline, and with a live token."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from shared.accounts import Accounts
from shared.config import Location
from shared.fault_points import reach
from shared.highlevel.client import Account
from shared.highlevel.errors import BadCredentials
from shared.highlevel.wire import Deadline
from shared.journal import Lease

T = TypeVar("T")


class NoPermit(Exception):
    """The rate limit lets no further call through for `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


@dataclass
class Calls:
    """The calls of one delivery to one location."""

    lease: Lease
    location: Location
    accounts: Accounts
    deadline: Deadline
    _account: Account | None = field(default=None, init=False)
    _renewed: bool = field(default=False, init=False)

    def make(self, call: Callable[[Account], T], *, permitted: bool = False) -> T:
        """Make a call, after its permit unless that was had before; a refused token is renewed once."""
        if not permitted:
            self.permit()
        try:
            return self._made(call)
        except BadCredentials as error:
            if not error.refreshable or not self._renew(error):
                raise
        self.permit()
        return self._made(call)

    def permit(self) -> None:
        """Take the permit for the next call; raise OutOfTime or NoPermit when none may start now."""
        self._open()
        self.deadline.for_a_call()  # a call that may not start takes no permit
        if seconds := self.lease.permit():
            raise NoPermit(seconds)

    def _made(self, call: Callable[[Account], T]) -> T:
        account = self._open()
        reach("before-call", self.lease.record.form)
        answer = call(account)
        reach("answered", self.lease.record.form)
        return answer

    def _open(self) -> Account:
        if self._account is None:
            self._account = self.accounts.open(self.lease.record.location, self.location, self.deadline)
        return self._account

    def _renew(self, error: BadCredentials) -> bool:
        if self._renewed or self._account is None or self.location.oauth is None:
            return False
        self._renewed = True
        self.lease.store(error.attempt)
        alias = self.lease.record.location
        self._account = self.accounts.reopen(alias, self.location, self._account, self.deadline)
        return self._account is not None
