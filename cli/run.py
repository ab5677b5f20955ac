"""`hookline run`: web and worker together, for one small server."""

import os
import signal
import threading
from types import FrameType

import click

from cli.processes import WEB, WORKER, Process
from shared import leash
from shared.checks import checked_config
from shared.settings import load_settings

RESTART_SECONDS = 1.0


@click.command()
def run() -> None:
    """
    Run web and worker together.

    They run until SIGTERM or Ctrl-C. One that ends by itself is started again: the worker's watchdog counts on that.
    When this command is killed, they end too.

    Example: hookline run
    """
    checked_config(load_settings().hookline_config)  # a fault in it would end both again and again
    stopping = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    # The worker is started first and stopped last, so that what web accepts meets a worker.
    pipe, _ = os.pipe()  # the other end is ours alone, and stays open as long as we run
    environment = {**os.environ, leash.VARIABLE: str(pipe)}
    processes = [Process(name, what, environment, pipes=(pipe,)) for name, what in (("worker", WORKER), ("web", WEB))]
    for process in processes:
        process.start()
    while not stopping.wait(RESTART_SECONDS):
        for process in processes:
            if (status := process.ended()) is not None:
                click.echo(f"{process.name} ended with status {status}: starting it again", err=True)
                process.start()
    for process in reversed(processes):
        process.stop()
