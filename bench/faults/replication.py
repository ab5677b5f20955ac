"""A replica of Redis and a Sentinel that makes it the primary when the first one is gone."""

import subprocess
from contextlib import ExitStack
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from bench.stage import wait_until
from shared.local_redis import LocalRedis, free_port, server_binary

NAME = "journal"
DOWN_AFTER_MS = 2000
CONFIG = """
port {port}
bind 127.0.0.1
dir {folder}
sentinel monitor {name} 127.0.0.1 {primary} 1
sentinel down-after-milliseconds {name} {down_after}
sentinel failover-timeout {name} 10000
"""


class Replication:
    """A replica and a Sentinel beside a primary; a host has three Sentinels, but for one failover one will do."""

    def __init__(self, folder: Path, primary: int) -> None:
        self.replica = LocalRedis(folder / "replica", 0, "--replicaof", f"127.0.0.1 {primary}")
        self._port = free_port()
        self._folder = folder / "sentinel"
        self._primary = primary

    def start(self, ending: ExitStack) -> "Replication":
        """Start both, and wait until the replica has everything."""
        ending.callback(self.replica.stop)
        self.replica.start()
        wait_until(self._is_in_step, 30)
        self._folder.mkdir()
        file = self._folder / "sentinel.conf"
        file.write_text(
            CONFIG.format(
                port=self._port, folder=self._folder, name=NAME, primary=self._primary, down_after=DOWN_AFTER_MS
            )
        )
        with (self._folder / "sentinel.log").open("ab") as log:
            sentinel = subprocess.Popen(
                [server_binary(), str(file), "--sentinel"], stdout=log, stderr=log, start_new_session=True
            )
        ending.callback(sentinel.wait)
        ending.callback(sentinel.terminate)
        wait_until(lambda: self.primary() == self._primary, 30)
        return self

    def primary(self) -> int:
        """Return the port of the primary by the Sentinel's word; 0 when it gives none."""
        try:
            with Redis(port=self._port, socket_timeout=1) as sentinel:
                found = sentinel.sentinel_get_master_addr_by_name(NAME)
        except RedisError:
            return 0
        return int(found[1]) if found else 0

    def _is_in_step(self) -> bool:
        with Redis(port=self.replica.port) as replica:
            info = replica.info("replication")
        return bool(info.get("master_link_status") == "up")
