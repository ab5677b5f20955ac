"""What a platform does for Hookline: runs its processes, and starts each again that has ended."""

import os
import signal
import subprocess
import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from bench.stage import Stage, wait_until
from cli.processes import WEB, WORKER, Process
from shared.fault_points import VARIABLE
from shared.local_redis import free_port

LOOK_SECONDS = 0.2
RESTART_SECONDS = 1.0
WEBS = ("web-1", "web-2")
WORKERS = ("worker-1", "worker-2")
SERVERS = ("server-1", "server-2")  # each is web and worker
RUN = ("-m", "cli", "run")

Programs = Mapping[str, tuple[str, ...]]  # what runs in each process, by its name
APART: Programs = {**dict.fromkeys(WORKERS, WORKER), **dict.fromkeys(WEBS, WEB)}
TOGETHER: Programs = dict.fromkeys(SERVERS, RUN)


@dataclass
class Fleet:
    """The processes that are looked after; `ends` counts how often each has ended."""

    stage: Stage
    environment: dict[str, str]
    programs: Programs = field(default_factory=lambda: APART)
    ports: dict[str, int] = field(init=False)
    ends: Counter[str] = field(default_factory=Counter)
    _processes: dict[str, Process] = field(default_factory=dict)
    _stopped: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.ports = {name: free_port() for name in self.programs if name not in WORKERS}

    def start(self) -> "Fleet":
        """Start all, wait until they are ready, and look after them from then on."""
        for name in self.programs:
            self._processes[name] = self._start(name)
        wait_until(lambda: self.stage.journal.workforce().alive == len(self._deliverers), 30)
        for name, port in self.ports.items():
            self._processes[name].wait_for(f"http://127.0.0.1:{port}/readyz")
        self._thread = threading.Thread(target=self._look_after, name="fleet", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Start nothing again, and end what still runs."""
        self._stopped.set()
        self._thread.join()
        self.kill_whole(self._processes)

    def end(self) -> None:
        """Start nothing again, and let all who deliver end in good order, so that nothing is under way any more."""
        self._stopped.set()
        self._thread.join()
        self.terminate(self._deliverers)

    def pid(self, name: str) -> int:
        """Return the id under which a process runs."""
        return self._processes[name].pid

    def pids(self) -> set[int]:
        """Return the ids of all that runs."""
        running = [process.pid for process in self._processes.values() if process.ended() is None]
        return {pid for one in running for pid in family(one)}

    def kill(self, name: str) -> None:
        """End a process as a crash does."""
        self._processes[name].kill()

    def kill_children(self, name: str) -> None:
        """End the processes that a process has started, as a crash of theirs does."""
        for pid in children(self.pid(name)):
            kill(pid)

    def kill_whole(self, names: Iterable[str]) -> None:
        """End processes with all that they have started, at once, as a platform does that runs out of memory."""
        processes = [self._processes[name] for name in names]
        for pid in [pid for process in processes for pid in family(process.pid)]:
            kill(pid)
        for process in processes:
            process.kill()

    def freeze(self, name: str) -> None:
        """Stop a process in its tracks, as a machine does that swaps or is moved."""
        os.kill(self.pid(name), signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        """Let a frozen process go on."""
        os.kill(self.pid(name), signal.SIGCONT)

    def terminate(self, names: Iterable[str]) -> None:
        """Ask processes to end, all at once, and kill those that still run after 30 s, as a deploy does."""
        threads = [threading.Thread(target=self._processes[name].stop) for name in names]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def heal(self) -> None:
        """Start sound processes only from now on, and let those that run end in good order."""
        self.environment[VARIABLE] = ""
        self.programs = {**self.programs, **{name: APART[name] for name in self.programs if name in APART}}
        self.terminate(self._processes)

    @property
    def _deliverers(self) -> list[str]:
        return [name for name in self.programs if name not in WEBS]

    def _start(self, name: str) -> Process:
        port = {"PORT": str(self.ports[name])} if name in self.ports else {}
        return self.stage.start(name, self.programs[name], **self.environment, **port)

    def _look_after(self) -> None:
        while not self._stopped.wait(LOOK_SECONDS):
            ended = [name for name, process in self._processes.items() if process.ended() is not None]
            self.ends.update(ended)
            if ended and self._stopped.wait(RESTART_SECONDS):
                return
            for name in ended:
                self._processes[name] = self._start(name)


def children(pid: int, command: str = "") -> list[int]:
    """Return the processes that a process has started, or those of them whose command has this in it."""
    found = subprocess.run(["pgrep", "-P", str(pid), "-f", command], capture_output=True, text=True)
    return [int(child) for child in found.stdout.split()]


def family(pid: int) -> list[int]:
    """Return a process with all that it and they have started, the oldest first."""
    return [pid, *(one for child in children(pid) for one in family(child))]


def kill(pid: int) -> None:
    """End a process as a crash does, if it still runs."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def is_alive(pid: int) -> bool:
    """Say whether a process runs."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
