"""`hookline run`: web and worker together, for one small server."""

import errno
import os
import socket
import threading
import time
from dataclasses import dataclass

import click

from cli.processes import WEB, WORKER, Process, when_told_to_end
from shared import leash, logs
from shared.checks import checked_config
from shared.redis_health import look_at_start
from shared.settings import load_settings

LOOK_SECONDS = 1.0
# What ends sooner than this may do so for ever: it waits twice as long each time.
SOON_SECONDS = 10.0
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 1.0, 30.0


@click.command()
def run() -> None:
    """
    Run web and worker together.

    They run until SIGTERM, Ctrl-C or the end of the terminal (unless started with nohup). One that ends by itself is
    started again: the worker's watchdog counts on that. When this command is killed, they end too.

    Example: hookline run
    """
    settings = load_settings()
    # What follows would end both again and again.
    checked_config(settings.hookline_config)
    if settings.require_durable:
        logs.configure(settings)
        look_at_start(settings)
    make_sure_that_it_is_free(settings.port)
    stopping = threading.Event()
    when_told_to_end(stopping.set)
    # The worker is started first and stopped last, so that what web accepts meets a worker.
    pipe = leash.take()
    kept = [Kept(Process(name, what, os.environ, leash=pipe)) for name, what in (("worker", WORKER), ("web", WEB))]
    while not stopping.is_set():
        for one in kept:
            one.keep(time.monotonic())
        stopping.wait(LOOK_SECONDS)
    for one in reversed(kept):
        one.process.stop()


def make_sure_that_it_is_free(port: int) -> None:
    """Raise a ClickException when web could not listen on a port."""
    try:
        socket.create_server(("0.0.0.0", port)).close()  # noqa: S104 - as web does
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise click.ClickException(f"port {port}: {error.strerror}. Set PORT to another one.") from error
        way_out = "set PORT to a free one, or end what listens there (is Hookline running already?)"
        raise click.ClickException(f"port {port} is taken: {way_out}.") from error


@dataclass
class Kept:
    """A process that is started whenever it does not run."""

    process: Process
    _started_at: float = 0.0
    _wait: float = 0.0
    _due_at: float | None = 0.0  # None while it runs

    def keep(self, now: float) -> None:
        """Start the process if it is time to."""
        if self._due_at is None and (status := self.process.ended()) is not None:
            self._wait = wait_after(now - self._started_at, self._wait)
            self._due_at = now + self._wait
            again = f"starting it again in {self._wait:.0f} s"
            click.echo(f"{self.process.name} ended with status {status}: {again}", err=True)
        if self._due_at is not None and now >= self._due_at:
            self.process.start()
            self._started_at, self._due_at = now, None


def wait_after(lived: float, last_wait: float) -> float:
    """Return how many seconds a process waits that has lived so long, after such a wait."""
    if lived >= SOON_SECONDS:
        return FIRST_WAIT_SECONDS
    return min(max(2 * last_wait, FIRST_WAIT_SECONDS), LONGEST_WAIT_SECONDS)
