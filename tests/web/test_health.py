"""What a platform asks: is the process up, and may it get requests."""

from typing import Any

import pytest
from redis import Redis

from shared.config import Config
from shared.journal import Job, Journal, Submission, connect
from shared.local_redis import free_port
from shared.settings import Settings
from tests.web.conftest import Start
from web.app import create_app

A_SUBMISSION = Submission("sub_1", "contact", "generic_json", "main", "key", 600, 1, "", b"{}")


def test_the_process_is_up(start: Start) -> None:
    assert start().client.get("/healthz").json == {"status": "ok"}


def test_redis_that_takes_a_write_is_ready_even_without_a_worker(start: Start) -> None:
    web = start()

    answer = web.client.get("/readyz")

    assert (answer.status_code, answer.json) == (200, {"redis": "ok", "worker": "missing", "data": "ok"})


def test_a_worker_that_begins_nothing_is_stalled(start: Start, redis: Redis, journal: Journal) -> None:
    web = start()
    journal.turn("worker-1", 4)
    assert web.client.get("/readyz").json == {"redis": "ok", "worker": "ok", "data": "ok"}

    journal.accept(A_SUBMISSION)
    assert (web.client.get("/readyz").json or {})["worker"] == "ok"

    redis.zincrby("hookline:leased", -31_000, "sub_1")
    answer = web.client.get("/readyz")
    assert (answer.status_code, (answer.json or {})["worker"]) == (200, "stalled")


@pytest.mark.parametrize("marker", [None, b"another"])
def test_data_that_went_away_is_said_to_be_lost(start: Start, redis: Redis, marker: bytes | None) -> None:
    web = start()
    redis.flushall()
    if marker:
        redis.set("hookline:instance", marker)

    answer = web.client.get("/readyz")

    assert (answer.status_code, (answer.json or {})["data"]) == (200, "lost")


def test_two_processes_share_one_marker(start: Start) -> None:
    first, second = start(), start()

    assert (first.client.get("/readyz").json or {})["data"] == "ok"
    assert (second.client.get("/readyz").json or {})["data"] == "ok"


def test_a_redis_without_room_is_not_ready(start: Start, redis: Any) -> None:
    web = start()
    try:
        redis.config_set("maxmemory", redis.info("memory")["used_memory"])
        answer = web.client.get("/readyz")
    finally:
        redis.config_set("maxmemory", 0)

    assert (answer.status_code, (answer.json or {})["redis"]) == (503, "full")


def test_a_redis_that_does_not_answer_is_not_ready() -> None:
    settings = Settings(redis_url=f"redis://127.0.0.1:{free_port()}")
    with connect(settings, connections=1, retries=0) as redis:
        app = create_app(settings, Config(), Journal(redis, settings), list[Job]().extend)

        answer = app.test_client().get("/readyz")

    content = {"redis": "unreachable", "worker": "unknown", "data": "unknown"}
    assert (answer.status_code, answer.json) == (503, content)
