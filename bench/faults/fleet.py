"""What a platform does for Hookline: runs its processes, and starts each again that has ended."""

import os
import signal
import subprocess
import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from bench.stage import Stage, wait_until
from cli.processes import WEB, WORKER, Process
from shared.fault_points import VARIABLE
from shared.local_redis import free_port

LOOK_SECONDS = 0.2
RESTART_SECONDS = 1.0
WEBS = ("web-1", "web-2")
WORKERS = ("worker-1", "worker-2")


@dataclass
class Fleet:
    """Two web processes and two workers; `starts` counts how often each was started."""

    stage: Stage
    environment: dict[str, str]
    ports: dict[str, int] = field(default_factory=lambda: {name: free_port() for name in WEBS})
    starts: Counter[str] = field(default_factory=Counter)
    _processes: dict[str, Process] = field(default_factory=dict)
    _stopped: threading.Event = field(default_factory=threading.Event)

    def start(self) -> "Fleet":
        """Start all, wait until they are ready, and look after them from then on."""
        for name in (*WORKERS, *WEBS):
            self._processes[name] = self._start(name)
        wait_until(lambda: self.stage.journal.workers() == len(WORKERS), 30)
        for name, port in self.ports.items():
            self._processes[name].wait_for(f"http://127.0.0.1:{port}/readyz")
        self._thread = threading.Thread(target=self._look_after, name="fleet", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Start nothing again, and end what runs: all is seen by now."""
        self._stopped.set()
        self._thread.join()
        for process in self._processes.values():
            process.kill()

    def kill(self, name: str) -> None:
        """End a process as a crash does."""
        self._processes[name].kill()

    def kill_children(self, name: str) -> None:
        """End the processes that a process has started, as a crash of theirs does."""
        found = subprocess.run(["pgrep", "-P", str(self._processes[name].pid)], capture_output=True, text=True)
        for pid in found.stdout.split():
            os.kill(int(pid), signal.SIGKILL)

    def freeze(self, name: str) -> None:
        """Stop a process in its tracks, as a machine does that swaps or is moved."""
        os.kill(self._processes[name].pid, signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        """Let a frozen process go on."""
        os.kill(self._processes[name].pid, signal.SIGCONT)

    def terminate(self, names: Iterable[str]) -> None:
        """Ask processes to end, all at once, and kill those that still run after 30 s, as a deploy does."""
        threads = [threading.Thread(target=self._processes[name].stop) for name in names]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def heal(self) -> None:
        """Start no process with fault points any more, and let those that have some end in good order."""
        self.environment[VARIABLE] = ""
        self.terminate(self._processes)

    def _start(self, name: str) -> Process:
        self.starts[name] += 1
        arguments = WORKER if name in WORKERS else WEB
        port = {"PORT": str(self.ports[name])} if name in WEBS else {}
        return self.stage.start(name, arguments, **self.environment, **port)

    def _look_after(self) -> None:
        while not self._stopped.wait(LOOK_SECONDS):
            ended = [name for name, process in self._processes.items() if process.ended() is not None]
            if ended and self._stopped.wait(RESTART_SECONDS):
                return
            for name in ended:
                self._processes[name] = self._start(name)
