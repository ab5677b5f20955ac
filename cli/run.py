"""`hookline run`: web and worker together, for one small server."""

import os
import signal
import threading
from types import FrameType

import click

from cli.processes import WEB, WORKER, Process
from shared.checks import checked_config
from shared.settings import load_settings

RESTART_SECONDS = 1.0


@click.command()
def run() -> None:
    """
    Run web and worker together.

    They run in one process group, until SIGTERM or Ctrl-C. One that ends by itself is started again: the worker's
    watchdog counts on that.

    Example: hookline run
    """
    checked_config(load_settings().hookline_config)  # a fault in it would end both again and again
    stopping = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    # The worker is started first and stopped last, so that what web accepts meets a worker.
    processes = [Process("worker", WORKER, os.environ), Process("web", WEB, os.environ)]
    for process in processes:
        process.start()
    while not stopping.wait(RESTART_SECONDS):
        for process in processes:
            if (status := process.ended()) is not None:
                click.echo(f"{process.name} ended with status {status}: starting it again", err=True)
                process.start()
    for process in reversed(processes):
        process.stop()
