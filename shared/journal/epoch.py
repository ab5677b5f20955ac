"""
Whether Redis still has what it was given.

Redis cannot tell that itself: one that lost its data looks like a new one. So every process that reads and writes it
remembers the epoch, which is a history without a gap, and the mark that it left there last. Whoever misses one of them
writes the loss into the Redis that is there now, where it stays until an operator acknowledges it. Only when all
processes were restarted too, nobody remembers: then `since` alone tells that the journal is young.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from secrets import token_hex
from threading import Lock
from typing import Any, Literal

from pydantic import computed_field

from shared import logs
from shared.journal.records import Stored, Time


class Loss(Stored):
    """Data that Redis lost: when that was noticed, and how many submissions had been accepted before and were there."""

    at: Time
    accepted_before: int
    accepted_after: int


class Data(Stored):
    """Since when the journal is without a gap, and the losses that nobody has acknowledged, oldest first."""

    since: Time | None = None
    losses: tuple[Loss, ...] = ()

    @computed_field  # type: ignore[prop-decorator]
    @property
    def state(self) -> Literal["ok", "lost"]:
        """Say whether anything was lost that nobody has acknowledged."""
        return "lost" if self.losses else "ok"


@dataclass(frozen=True)
class _Known:
    epoch: str = ""
    mark: int = 0
    accepted: int = 0


@dataclass
class Epoch:
    """What one process remembers, and the losses that it has told of in its log."""

    process: str = field(default_factory=lambda: token_hex(8))
    _known: _Known = _Known()
    _told: set[str] = field(default_factory=set)
    _lock: Lock = field(default_factory=Lock)

    def arguments(self) -> tuple[str | int, ...]:
        """Return what the script compares with what is there."""
        return self.process, self._known.epoch, self._known.mark, self._known.accepted, token_hex(4)

    def learn(self, answer: list[Any]) -> Data:
        """Remember what is there, and tell once of each loss."""
        epoch, mark, accepted, *lost = answer
        self._remember(_Known(epoch.decode(), mark, accepted))
        losses = losses_of(dict(zip(lost[::2], lost[1::2], strict=True)))
        for name, loss in losses.items():
            if name not in self._told:
                self._told.add(name)
                _tell(loss)
        return data_of(epoch.decode(), losses.values())

    def _remember(self, seen: _Known) -> None:
        # Threads hear in another order than Redis has answered: an earlier mark says nothing of what was written later.
        with self._lock:
            if seen.epoch != self._known.epoch or seen.mark > self._known.mark:
                self._known = seen


def losses_of(stored: dict[bytes, bytes]) -> dict[str, Loss]:
    """Return the losses that nobody has acknowledged, by the epoch that they have ended."""
    return {epoch.decode(): Loss.model_validate_json(loss) for epoch, loss in stored.items() if loss}


def data_of(epoch: str, losses: Iterable[Loss]) -> Data:
    """Return how the data stands; the name of an epoch begins with the time when it began."""
    since = epoch.partition("-")[0] or None
    return Data(since=since, losses=tuple(sorted(losses, key=lambda loss: loss.at)))


def _tell(loss: Loss) -> None:
    logs.event(
        "data lost",
        logging.CRITICAL,
        noticed_at=loss.at.isoformat(timespec="seconds"),
        accepted_before=loss.accepted_before,
        accepted_after=loss.accepted_after,
        remedy="see `hookline audit`",
    )
