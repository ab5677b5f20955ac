"""The pump: a thread in every worker that leases what may run now, and sleeps until the next thing is due."""

import faulthandler
import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from redis import Redis
from redis.exceptions import OutOfMemoryError, RedisError

from shared import logs
from shared.journal import Job, Journal
from shared.queue import BrokerUnavailable
from shared.redis_health import FullAlarm, Memory, memory_of

AFTER_FAILURE_SECONDS = 1.0
FORGET_SECONDS = 60.0
FORGET_AT_ONCE = 200


@dataclass
class Pump:
    """Takes turns until it is stopped; any number of pumps is safe, since each turn is one script."""

    journal: Journal
    enqueue: Callable[[list[Job]], None]
    worker: str
    threads: int
    watchdog: "Watchdog"
    prepare: Callable[[], None] = lambda: None
    full: FullAlarm = field(default_factory=FullAlarm)
    _stopped: threading.Event = field(default_factory=threading.Event)
    _forgotten_at: float = 0.0

    def start(self) -> None:
        """Begin to take turns in a thread of its own."""
        self._thread = threading.Thread(target=self._run, name="pump", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Take no more turns, and tell the others that this worker begins nothing more."""
        self._stopped.set()
        self._thread.join()
        try:
            self.journal.turn(self.worker, threads=0)
        except RedisError as error:  # the heartbeat expires by itself
            logs.event("redis unavailable", logging.WARNING, error=type(error).__name__)

    def _run(self) -> None:
        try:
            self._take_turns()
        finally:
            if not self._stopped.is_set():  # not even the failure could be told, as when there is no memory left
                self.watchdog.end()

    def _take_turns(self) -> None:
        wake = self.journal.redis.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
        while not self._stopped.is_set():
            try:
                self.prepare()
                wake.subscribe(self.journal.wake_channel())
                while not self._stopped.is_set():
                    wake.get_message(timeout=self._turn())
            except Exception as error:
                # Redis or the broker is away, mostly; whatever it is, a worker without its pump would stand still.
                self.watchdog.reset()
                self._tell(error)
                wake.reset()
                self._stopped.wait(AFTER_FAILURE_SECONDS)
        wake.close()

    def _tell(self, error: Exception) -> None:
        if isinstance(error, OutOfMemoryError):
            self.full.ring(_memory_of(self.journal.redis))
        else:
            logs.failure(_what_failed(error), error)

    def _turn(self) -> float:
        turn = self.journal.turn(self.worker, self.threads)
        self.watchdog.look(turn.unbegun)
        for submission in turn.taken_back:
            logs.event("taken back", logging.WARNING, submission=submission, cause="the lease expired")
        for submission in turn.buried:
            logs.event("buried", logging.ERROR, submission=submission, reason="crashed")
        self.enqueue(turn.jobs)
        self._forget()
        return turn.sleep_seconds

    def _forget(self) -> None:
        if time.monotonic() - self._forgotten_at > FORGET_SECONDS:
            number = self.journal.forget(FORGET_AT_ONCE)
            if number < FORGET_AT_ONCE:  # else there may be more: the next turn goes on
                self._forgotten_at = time.monotonic()
            if number:
                logs.event("forgotten", records=number)


def _memory_of(redis: Redis) -> Memory | None:
    try:
        return memory_of(redis)
    except RedisError:  # gone in the meantime, which the next turn tells
        return None


def _what_failed(error: Exception) -> str:
    match error:
        case RedisError():
            return "redis unavailable"
        case BrokerUnavailable():
            return "broker unavailable"
        case _:
            return "pump failed"


@dataclass
class Watchdog:
    """
    Ends the worker when leases wait and it takes none of them though Redis answers, so that the platform restarts it.

    What other workers do is no excuse: one that is stuck beside a healthy one would be so for ever.
    """

    seconds: float
    end: Callable[[], None] = lambda: end_at_once()
    clock: Callable[[], float] = time.monotonic
    _still_since: float | None = None

    def look(self, unbegun: int) -> None:
        """Judge by how many leases wait."""
        now, since = self.clock(), self._still_since  # read once: a thread that takes a job may reset it meanwhile
        if not unbegun:
            self._still_since = None
        elif since is None:
            self._still_since = now
        elif now - since > self.seconds:
            logs.event("watchdog", logging.CRITICAL, unbegun=unbegun, seconds=self.seconds)
            self.end()

    def reset(self) -> None:
        """Count from anew: the worker has taken a job, or Redis did not answer, so standing still proves nothing."""
        self._still_since = None


def end_at_once() -> None:
    """End the process as one that failed, after saying where each of its threads stands."""
    faulthandler.dump_traceback(file=sys.stderr)
    os._exit(1)
