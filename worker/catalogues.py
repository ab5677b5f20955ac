"""The custom fields of a location, from the cache that all processes share, or from HighLevel."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from shared.highlevel.client import Client
from shared.highlevel.custom_fields import Catalogue
from shared.highlevel.errors import (
    ContactGone,
    ContactRejected,
    Garbled,
    HighLevelUnavailable,
    Misconfigured,
    MissingScope,
    Unexpected,
)
from shared.journal import Journal
from shared.status import CUSTOM_FIELDS
from shared.stores.custom_fields import CATALOGUE_LIFE, REFUSAL_LIFE, FieldCache, source_of, worth_a_look
from worker.calls import Calls

REFUSALS = (MissingScope, ContactRejected, ContactGone, Unexpected)  # none says anything of a contact


class FieldsUnreadable(Exception):
    """The token may not read the location's custom fields, so forms that name some have to wait."""


@dataclass(frozen=True)
class Catalogues:
    """Gives the catalogue of a location; one is shared by all threads of a worker."""

    cache: FieldCache
    client: Client
    journal: Journal
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def of(self, calls: Calls, *, unknown: bool = False) -> Catalogue:
        """Return the catalogue; `unknown` says that a name was not found in the one of before."""
        alias, source = calls.lease.record.location, source_of(calls.location)
        cached = self.cache.get(alias, source)
        if cached and not worth_a_look(cached, self.clock(), unknown):
            if cached.catalogue is None:
                raise FieldsUnreadable(cached.refused)
            return cached.catalogue
        return self._fetched(calls, alias, source)

    def if_readable(self, calls: Calls) -> Catalogue | None:
        """Return the catalogue for values that nobody has named a field for; without it they go into the note."""
        alias, source = calls.lease.record.location, source_of(calls.location)
        if cached := self.cache.get(alias, source):
            return cached.catalogue
        if self.cache.is_passed_over(alias, source):
            return None
        try:
            return self._asked(calls, alias, source)
        except (*REFUSALS, Misconfigured) as error:
            calls.lease.store(error.attempt)
            self.cache.pass_over(alias, source, CATALOGUE_LIFE)
        except (HighLevelUnavailable, Garbled) as error:  # an outage says nothing of the next hour
            calls.lease.store(error.attempt)
            self.cache.pass_over(alias, source, REFUSAL_LIFE)
        return None

    def forget(self, alias: str) -> None:
        """Ask anew next time: HighLevel has not stored a field that is in the catalogue."""
        self.cache.forget(alias)

    def _fetched(self, calls: Calls, alias: str, source: str) -> Catalogue:
        try:
            return self._asked(calls, alias, source)
        except REFUSALS as error:
            calls.lease.store(error.attempt)
            self.cache.refuse(alias, source, str(error), self.clock())
            raise FieldsUnreadable(str(error)) from error

    def _asked(self, calls: Calls, alias: str, source: str) -> Catalogue:
        catalogue, attempt = calls.make(lambda account: self.client.custom_fields(account, calls.deadline))
        calls.lease.store(attempt)
        if self.cache.put(alias, source, catalogue, self.clock()):
            self.journal.hasten(alias, CUSTOM_FIELDS)  # what waits for them need not wait out its minute
        return catalogue
