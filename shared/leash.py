"""
A leash on what `hookline run` or the demo has started: it ends when that is killed and nobody stops it in order.

It is a pipe to which nothing is ever written. Who takes the leash alone holds its writing end, and the kernel closes
that with it, whatever ends it. A program that knows no leash gets somebody to watch it: `python -m shared.leash PID`.
"""

import os
import signal
import sys
import threading
from contextlib import suppress

VARIABLE = "HOOKLINE_LEASH"  # the number of the pipe's reading end


def take() -> int:
    """Return the reading end of a new leash, for others to inherit; it is let go when this process ends."""
    pipe, _ = os.pipe()
    return pipe


def watch(pid: int) -> None:
    """Ask a process to end once the leash is let go; do nothing in a process that is not on one."""
    if number := os.environ.get(VARIABLE):
        threading.Thread(target=_wait, args=(int(number), pid), name="leash", daemon=True).start()


def _wait(pipe: int, pid: int) -> None:
    os.read(pipe, 1)
    with suppress(ProcessLookupError):  # it was killed too
        os.kill(pid, signal.SIGTERM)


if __name__ == "__main__":
    _wait(int(os.environ[VARIABLE]), int(sys.argv[1]))
