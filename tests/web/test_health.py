"""What a platform asks: is the process up, and may it get requests."""

from dataclasses import replace
from typing import Any

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


def test_a_worker_is_stalled_also_while_its_unbegun_leases_are_made_anew(
    start: Start, redis: Redis, journal: Journal
) -> None:
    web = start()
    journal.accept(A_SUBMISSION)
    [job] = journal.turn("worker-1", 4).jobs
    redis.hincrby("hookline:sub:sub_1", "leased_at", -41_000)
    redis.zincrby("hookline:leased", -41_000, "sub_1")

    [again] = journal.turn("worker-1", 4).jobs
    assert again.generation == job.generation + 1
    assert (web.client.get("/readyz").json or {})["worker"] == "stalled"

    journal.begin(again, "worker-1", "nonce")
    journal.accept(replace(A_SUBMISSION, id="sub_2", idempotency_key="key 2"))
    assert (web.client.get("/readyz").json or {})["worker"] == "ok"


def test_data_that_went_away_is_said_to_be_lost_until_somebody_acknowledges_it(
    start: Start, redis: Redis, journal: Journal
) -> None:
    web, another = start(), start(stand_in=Journal(redis, Settings()))
    redis.flushall()

    answer = web.client.get("/readyz")
    assert (answer.status_code, (answer.json or {})["data"]) == (200, "lost")
    assert (another.client.get("/readyz").json or {})["data"] == "lost"

    journal.acknowledge_losses()
    assert (web.client.get("/readyz").json or {})["data"] == "ok"


def test_two_processes_on_a_new_redis_have_lost_nothing(start: Start, redis: Redis) -> None:
    first, second = start(), start(stand_in=Journal(redis, Settings()))

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
