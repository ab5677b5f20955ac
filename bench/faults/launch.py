"""
Run a program in a process with something wrong in it.

    python -m bench.faults.launch clock SECONDS -m MODULE [ARGUMENT …]    its clock is ahead, or behind
    python -m bench.faults.launch memory MEGABYTES -m MODULE [ARGUMENT …] it loses memory until there is none left

Children that it forks have the same clock.
"""

import resource
import runpy
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import time_machine

LEAK_AFTER_SECONDS = 10.0
PATIENCE_SECONDS = 0.02
SMALLEST_BYTES = 256
MEGABYTE = 1024 * 1024


def with_clock(seconds: int, program: tuple[str, ...]) -> tuple[str, ...]:
    """Return a program whose clock is wrong by that many seconds."""
    return ("-m", "bench.faults.launch", "clock", str(seconds), *program)


def with_leak(megabytes: int, program: tuple[str, ...]) -> tuple[str, ...]:
    """Return a program that may take that much memory more than at its start, and loses all of it."""
    return ("-m", "bench.faults.launch", "memory", str(megabytes), *program)


def main() -> None:
    """Run what the command line names."""
    _, wrong, number, _, module, *arguments = sys.argv
    sys.argv = [module, *arguments]
    if wrong == "clock":
        with time_machine.travel(datetime.now(UTC) + timedelta(seconds=int(number)), tick=True):
            runpy.run_module(module, run_name="__main__", alter_sys=True)
    else:
        threading.Thread(target=leak, args=(int(number) * MEGABYTE,), daemon=True).start()
        runpy.run_module(module, run_name="__main__", alter_sys=True)


def leak(spare: int) -> None:
    """Take all memory that the process may have, a while after its start, and whatever is given back."""
    time.sleep(LEAK_AFTER_SECONDS)
    resource.setrlimit(resource.RLIMIT_AS, (taken_bytes() + spare, resource.RLIM_INFINITY))
    lost: tuple[object, ...] = ()  # a chain, which grows without being moved
    size = MEGABYTE
    while True:
        try:
            lost = (lost, bytearray(size))
        except MemoryError:
            size = max(SMALLEST_BYTES, size // 2)
            time.sleep(PATIENCE_SECONDS)


def taken_bytes() -> int:
    """Return how large the process's memory is, as far as its limit goes."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


if __name__ == "__main__":
    main()
