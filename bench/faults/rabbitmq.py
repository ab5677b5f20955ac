"""A RabbitMQ node of our own, on free ports and in its own folder, with whoever runs this as its user."""

import os
import shutil
import socket
import subprocess
from contextlib import suppress
from pathlib import Path

from bench.stage import wait_until
from shared.local_redis import free_port

# Debian's command on PATH insists on root or a user of its own; the script that it wraps does not.
SERVERS = ("/usr/lib/rabbitmq/bin/rabbitmq-server", "rabbitmq-server")
AMQP = b"AMQP\x00\x00\x09\x01"  # how a connection begins
START_SECONDS = 60
STOP_SECONDS = 20


def missing() -> str:
    """Return what is missing to start a node, and the way out; nothing when all is there."""
    if _server() and shutil.which("epmd"):
        return ""
    return "there is no RabbitMQ here: install rabbitmq-server"


def _server() -> str | None:
    return next((found for name in SERVERS if (found := shutil.which(name))), None)


class RabbitMQ:
    """One node that keeps its queues in a folder, so that `kill` followed by `start` loses nothing confirmed."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"amqp://guest:guest@127.0.0.1:{self.port}//"
        self._folder = folder
        self._epmd_port = free_port()
        self._epmd: subprocess.Popen[bytes] | None = None
        self._node: subprocess.Popen[bytes] | None = None

    def start(self) -> "RabbitMQ":
        """Start the node and wait until it answers."""
        self._folder.mkdir(parents=True, exist_ok=True)
        if not self._epmd:
            # The node would start one that outlives it.
            self._epmd = self._run("epmd", "-port", str(self._epmd_port), "-address", "127.0.0.1")
        self._node = self._run(str(_server()))
        try:
            wait_until(self._answers, START_SECONDS)
        except AssertionError:
            self.stop()
            raise
        return self

    def kill(self) -> None:
        """End the node as a crash does."""
        if self._node:
            self._node.kill()
            self._node.wait()

    def stop(self) -> None:
        """End the node in good order, and what it needed."""
        if self._node:
            self._node.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._node.wait(STOP_SECONDS)
            self.kill()
        if self._epmd:
            self._epmd.kill()
            self._epmd.wait()
            self._epmd = None

    def _run(self, *command: str) -> subprocess.Popen[bytes]:
        with (self._folder / "rabbitmq.log").open("ab") as log:
            return subprocess.Popen(
                command,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _environment(self) -> dict[str, str]:
        folder = str(self._folder)
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("RABBITMQ_")},
            "HOME": folder,  # for the cookie by which Erlang's nodes know each other
            "ERL_CRASH_DUMP": f"{folder}/crash.dump",
            "ERL_EPMD_PORT": str(self._epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": "hookline@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-noinput -kernel inet_dist_use_interface {127,0,0,1}",
            # One process instead of a shell before it, so that a kill reaches the node.
            "RABBITMQ_ALLOW_INPUT": "1",
            "RABBITMQ_BASE": folder,
            "RABBITMQ_MNESIA_BASE": f"{folder}/mnesia",
            "RABBITMQ_LOG_BASE": f"{folder}/log",
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_GENERATED_CONFIG_DIR": f"{folder}/config",
            "RABBITMQ_CONFIG_FILE": f"{folder}/none",
            "RABBITMQ_ADVANCED_CONFIG_FILE": f"{folder}/none-advanced",
            "RABBITMQ_CONF_ENV_FILE": f"{folder}/none-env",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{folder}/plugins",
        }

    def _answers(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
            connection.sendall(AMQP)
            return bool(connection.recv(1))
        return False
