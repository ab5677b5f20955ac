"""Delivers suspects in a process of their own: a delivery that ends its process then ends that one and no other."""

import atexit
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess

from shared.journal import Job

START_SECONDS = 15.0
IDLE_SECONDS = 60.0

# A fork would copy the threads' locks as they happen to be.
_CONTEXT = get_context("spawn")

Deliver = Callable[[Job, str], None]


class NotStarted(Exception):
    """There is no process to deliver in, as when memory is short; nothing was tried."""


@dataclass
class Apart:
    """
    The process beside the worker: started for the first suspect, and again for the next one after it has ended.

    `build` is called there, and a delivery that takes longer than `seconds` is ended with its process.
    """

    build: Callable[[], Deliver]
    seconds: float
    _process: SpawnProcess | None = field(default=None, init=False)
    _wire: Connection = field(init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def __post_init__(self) -> None:
        atexit.register(self.stop)

    def deliver(self, job: Job, nonce: str) -> str:
        """
        Deliver what this worker has begun with the nonce; return how the process has ended, or nothing if it lives.

        Raises NotStarted.
        """
        with self._lock:
            process = self._running() or self._start()
            try:
                self._wire.send((job, nonce))
                self._answer(START_SECONDS)
            except (OSError, EOFError) as error:  # it had nothing to do, and has just gone
                process.kill()
                self.stop()
                raise NotStarted("it has ended") from error
            ended = self._how_it_ends(process)
            if ended:
                self.stop()
            return ended

    def stop(self) -> None:
        """Let the process end once it is done."""
        if self._process:
            self._process = None
            self._wire.close()

    def _running(self) -> SpawnProcess | None:
        if self._process and self._wire.poll():  # it says nothing unasked: that is the end of the wire
            self.stop()
        return self._process

    def _start(self) -> SpawnProcess:
        self._wire, theirs = _CONTEXT.Pipe()
        process = _CONTEXT.Process(target=serve, args=(theirs, self.build), name="apart", daemon=True)
        try:
            process.start()
            theirs.close()
            self._answer(START_SECONDS)
        except (OSError, EOFError) as error:
            self._wire.close()
            if process.pid:
                process.kill()
            raise NotStarted(str(error) or "it ended while it started") from error
        self._process = process
        return process

    def _how_it_ends(self, process: SpawnProcess) -> str:
        try:
            self._answer(self.seconds)
        except TimeoutError as error:
            process.kill()
            process.join()
            return str(error)
        except (EOFError, OSError):
            process.join()
            return in_words(process.exitcode or 0)
        return ""

    def _answer(self, seconds: float) -> None:
        if not self._wire.poll(seconds):
            raise TimeoutError(f"it gave no answer for {seconds:.0f} s")
        self._wire.recv()


def serve(wire: Connection, build: Callable[[], Deliver]) -> None:
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
        deliver(job, nonce)
        wire.send("done")


def in_words(exit_code: int) -> str:
    """Return how a process has ended."""
    if exit_code >= 0:
        return f"it ended with exit code {exit_code}"
    hint = ", as when memory runs out" if -exit_code == signal.SIGKILL else ""
    return f"it was ended by {signal.Signals(-exit_code).name}{hint}"
