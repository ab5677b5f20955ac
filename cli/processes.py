"""Hookline's processes as children of a command: started, watched, and ended in order."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import httpx

from shared import leash

STOP_SECONDS = 30
STDOUT, STDERR = 1, 2
WEB = ("-m", "gunicorn", "--config", "python:web.server", "web.app:create_app()")
WORKER = ("-m", "worker")
ROOT = Path(__file__).parent.parent


class DidNotStart(Exception):
    """A process ended or did not answer when it should have been ready; the message has the end of its log."""


@dataclass
class Process:
    """One process of Hookline; its output goes to `log`, or where ours goes, and it may be on a `leash` of ours."""

    name: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    log: Path | None = None
    leash: int | None = None
    _running: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self) -> "Process":
        """Start the process in a group of its own, so that Ctrl-C reaches it through us and in order."""
        output = self.log.open("ab") if self.log else None
        leashed = {} if self.leash is None else {leash.VARIABLE: self.leash}
        self._running = subprocess.Popen(  # noqa: S603 - our own modules
            [sys.executable, *self.arguments],
            env={**self.environment, **{name: str(pipe) for name, pipe in leashed.items()}},
            cwd=ROOT,
            stdout=output,
            stderr=output,
            pass_fds=tuple(leashed.values()),
            start_new_session=True,
        )
        if output:
            output.close()
        return self

    @property
    def pid(self) -> int:
        """Return the process id."""
        if not self._running:
            raise DidNotStart(f"{self.name} has not been started")
        return self._running.pid

    def ended(self) -> int | None:
        """Return the exit status once the process has ended."""
        return self._running.poll() if self._running else None

    def stop(self) -> int | None:
        """Ask the process to end, and insist after 30 s; return its exit status."""
        if not self._running:
            return None
        self._running.terminate()
        try:
            return self._running.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            return self._running.returncode

    def kill(self) -> None:
        """End the process as a crash does."""
        if self._running:
            self._running.kill()
            self._running.wait()

    def wait_for(self, url: str, seconds: float = 30) -> None:
        """Wait until an address answers with a success; raise DidNotStart when it does not."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.ended() is None:
            if _answers(url):
                return
            time.sleep(0.1)
        status = self.ended()
        happened = f"ended with status {status}" if status is not None else f"did not answer within {seconds:.0f} s"
        raise DidNotStart(f"{self.name} {happened}\n{self.last_words()}".strip())

    def last_words(self) -> str:
        """Return the end of the log."""
        return self.log.read_text(errors="replace")[-2000:] if self.log and self.log.exists() else ""


def when_told_to_end(act: Callable[[], None]) -> None:
    """Do this at SIGTERM, at Ctrl-C, and when the terminal goes away, unless nohup lets us outlive it."""

    def told(number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGHUP:
            _mute()
        act()

    signal.signal(signal.SIGTERM, told)
    signal.signal(signal.SIGINT, told)
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        signal.signal(signal.SIGHUP, told)


def _mute() -> None:
    # The terminal is gone: what is written to it fails, and must not disturb the end.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (STDOUT, STDERR):
        os.dup2(nowhere, stream)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2, trust_env=False).is_success
    except httpx.HTTPError:
        return False
