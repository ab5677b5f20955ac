"""
A leash on what `hookline run` has started, so that it ends when that is killed and nobody stops it in order.

It is a pipe to which nothing is ever written. `hookline run` alone holds its writing end, and the kernel closes that
with it, whatever ends it.
"""

import os
import signal
import threading
from contextlib import suppress

VARIABLE = "HOOKLINE_LEASH"  # the number of the pipe's reading end


def watch(pid: int) -> None:
    """Ask a process to end once the leash is let go; do nothing in a process that is not on one."""
    if number := os.environ.get(VARIABLE):
        threading.Thread(target=_wait, args=(int(number), pid), name="leash", daemon=True).start()


def _wait(pipe: int, pid: int) -> None:
    os.read(pipe, 1)
    with suppress(ProcessLookupError):  # it was killed too
        os.kill(pid, signal.SIGTERM)
