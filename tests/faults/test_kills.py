import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.stage import Stage, a_config, a_stage, send, wait_until
from shared.local_redis import free_port

pytestmark = pytest.mark.fault

PEOPLE = 200
LOCATIONS = 4
WITHIN_SECONDS = 90


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with a_stage(tmp_path, a_config(LOCATIONS)) as stage:
        stage.start_sandbox()
        stage.program(match="", delay_ms=150)
        yield stage


def test_a_killed_worker_loses_and_doubles_nothing(stage: Stage) -> None:
    port = free_port()
    stage.start_web(port)
    worker = stage.start_worker()
    sent = send([port], range(PEOPLE), LOCATIONS)
    wait_until(lambda: delivered(stage) > PEOPLE // 4, 60)
    worker.kill()
    assert delivered(stage) < PEOPLE
    stage.start_worker()

    wait_until(stage.settled, WITHIN_SECONDS)
    assert_each_is_delivered_once_in_effect(stage, sent)


def test_killed_web_worker_and_redis_lose_and_double_nothing(stage: Stage) -> None:
    ports = [free_port(), free_port()]
    webs = [stage.start_web(port) for port in ports]
    worker = stage.start_worker()
    sent: dict[str, str] = {}
    sender = threading.Thread(target=lambda: sent.update(send(ports, range(PEOPLE), LOCATIONS)))
    sender.start()
    for delivered_before in (PEOPLE // 10, PEOPLE // 4):
        wait_until(lambda least=delivered_before: delivered(stage) > least, 60)  # type: ignore[misc]
        for kill in (*(web.kill for web in webs), worker.kill, stage.redis.kill):
            kill()
        time.sleep(1)
        stage.redis.start()
        webs = [stage.start_web(port) for port in ports]
        worker = stage.start_worker()
    began = time.monotonic()
    sender.join()

    wait_until(stage.settled, WITHIN_SECONDS - (time.monotonic() - began))
    assert_each_is_delivered_once_in_effect(stage, sent)


def test_a_worker_told_to_end_finishes_what_it_runs(stage: Stage) -> None:
    port = free_port()
    stage.start_web(port)
    worker = stage.start_worker()
    send([port], range(40), LOCATIONS)
    wait_until(lambda: delivered(stage) > 5, 60)

    assert worker.stop() == 0
    redis = stage.journal.redis
    assert redis.zcard("hookline:leased") == redis.zcard("hookline:unbegun")
    assert stage.journal.workforce().alive == 0
    assert stage.journal.ledger().balanced


def delivered(stage: Stage) -> int:
    ledger = stage.ledger()
    return ledger.delivered if ledger else 0


def assert_each_is_delivered_once_in_effect(stage: Stage, sent: dict[str, str]) -> None:
    contacts = stage.contacts()
    assert len(sent) == PEOPLE
    assert {contact["email"] for contact in contacts} == set(sent)
    assert len(contacts) == PEOPLE
    for contact in contacts:
        assert contact["tags"] == ["website"]
        assert [sent[contact["email"]] in note["body"] for note in contact["notes"]] == [True]
    ledger = stage.journal.ledger()
    assert (ledger.accepted, ledger.delivered, ledger.dead) == (PEOPLE, PEOPLE, 0)
    assert all(by_ledger == counted for _, by_ledger, counted in stage.journal.shelves())
    assert stage.journal.misplaced() == []
