"""Delivers suspects in a process of their own: a delivery that ends its process then ends that one and no other."""

import atexit
import faulthandler
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess

from shared.journal import Job

START_SECONDS = 15.0
IDLE_SECONDS = 60.0

# A fork of the worker would copy its threads' locks as they happen to be. The fork server has no threads, and has
# loaded what its forks need: they take a tenth of the time of new processes, and half their memory.
_CONTEXT = get_context("forkserver")
_CONTEXT.set_forkserver_preload(["worker.app"])

Deliver = Callable[[Job, str], None]


class NotStarted(Exception):
    """There is no process to deliver in, as when memory is short; nothing was tried."""


@dataclass
class Apart:
    """
    The processes beside the worker: one for each suspect that it delivers at the same time, kept for later ones.

    `build` is called there, and a delivery that takes longer than `seconds` is ended with its process.
    """

    build: Callable[[], Deliver]
    seconds: float
    _idle: list["Child"] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        atexit.register(self.stop)

    def deliver(self, job: Job, nonce: str) -> str:
        """
        Begin a delivery with the nonce and carry it out; return how its process has ended, or nothing if it lives.

        Raises NotStarted.
        """
        child = self._next()
        ended = child.deliver(job, nonce, self.seconds)
        if not ended:
            self._idle.append(child)
        return ended

    def stop(self) -> None:
        """Let the processes end that have nothing to do."""
        while self._idle:
            self._idle.pop().wire.close()

    def _next(self) -> "Child":
        while True:
            try:
                child = self._idle.pop()
            except IndexError:  # another thread may have taken the last one
                return start(self.build, self.seconds)
            if not child.wire.poll():  # it says nothing unasked: that would be the end of the wire
                return child
            child.end()


@dataclass(frozen=True)
class Child:
    """One process that delivers, and the wire to it."""

    process: ForkServerProcess
    wire: Connection

    def deliver(self, job: Job, nonce: str, seconds: float) -> str:
        """Deliver; return how the process has ended, or nothing if it lives, and raise NotStarted before it began."""
        try:
            self.wire.send((job, nonce))
            self.answer(START_SECONDS)
        except (OSError, EOFError) as error:
            self.end()
            raise NotStarted(str(error) or "it had nothing to do, and has just gone") from error
        try:
            self.answer(seconds)
        except TimeoutError as error:
            self.end()
            return str(error)
        except (EOFError, OSError):
            self.process.join()
            self.end()
            return in_words(self.process.exitcode or 0)
        return ""

    def answer(self, seconds: float) -> None:
        """Wait for the next word of the process; raise TimeoutError, or EOFError when it has ended."""
        if not self.wire.poll(seconds):
            raise TimeoutError(f"it gave no answer for {seconds:.0f} s")
        self.wire.recv()

    def end(self) -> None:
        """End the process, if it lives, and leave nothing of it."""
        if self.process.is_alive():  # the id of one that has ended may be another's by now
            self.process.kill()
            self.process.join()
        self.wire.close()


def start(build: Callable[[], Deliver], seconds: float) -> Child:
    """Return a process that is ready; raise NotStarted."""
    wire, theirs = _CONTEXT.Pipe()
    process = _CONTEXT.Process(target=serve, args=(theirs, build, seconds), name="apart", daemon=True)
    child = Child(process, wire)
    try:
        with theirs:
            process.start()
        child.answer(START_SECONDS)
    except (OSError, EOFError) as error:
        child.end()
        raise NotStarted(str(error) or "it ended while it started") from error
    return child


def serve(wire: Connection, build: Callable[[], Deliver], seconds: float) -> None:
    """Deliver what comes over the wire, until that is closed or nothing comes for a while."""
    # The platform tells every process to end; this one is done when its worker is.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    deliver = build()
    wire.send("ready")
    while wire.poll(IDLE_SECONDS):
        try:
            job, nonce = wire.recv()
        except EOFError:
            return
        wire.send("taken")  # from here on, what ends the process is the delivery
        # The worker ends a delivery that takes too long, unless it was killed itself.
        faulthandler.dump_traceback_later(2 * seconds, exit=True)
        deliver(job, nonce)
        faulthandler.cancel_dump_traceback_later()
        wire.send("done")


def in_words(exit_code: int) -> str:
    """Return how a process has ended."""
    if exit_code >= 0:
        return f"it ended with exit code {exit_code}"
    hint = ", as when memory runs out" if -exit_code == signal.SIGKILL else ""
    return f"it was ended by {signal.Signals(-exit_code).name}{hint}"
