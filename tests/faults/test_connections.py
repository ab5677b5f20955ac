import threading
from pathlib import Path

import pytest

from bench.stage import a_config, a_stage, send, wait_until
from shared.local_redis import free_port

pytestmark = pytest.mark.fault

OF_A_WORKER, OF_A_WEB = 9, 5


def test_a_busy_worker_and_web_take_few_redis_connections(tmp_path: Path) -> None:
    with a_stage(tmp_path, a_config(4)) as stage:
        stage.start_sandbox("--window", "off")
        stage.program(match="", delay_ms=200)
        own = len(stage.journal.redis.client_list())
        stage.start_worker()
        port = free_port()
        stage.start_web(port)
        sender = threading.Thread(target=lambda: send([port], range(100), 4))
        sender.start()
        seen: list[int] = []

        def look_until_settled() -> bool:
            seen.append(len(stage.journal.redis.client_list()) - own)
            return not sender.is_alive() and stage.settled()

        wait_until(look_until_settled, 60)
        assert max(seen) <= OF_A_WORKER + OF_A_WEB
