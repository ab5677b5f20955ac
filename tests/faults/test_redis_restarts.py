import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis.exceptions import RedisError

from bench.stage import Stage, a_config, a_stage, a_submission, wait_until

pytestmark = pytest.mark.fault

SLOTS = 4
# Longer than a delivery tries to settle, so that its acknowledgement fails too: that is what hangs textbook workers.
DOWN_SECONDS = 8
CONSUMES_AGAIN_SECONDS = 10


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with a_stage(tmp_path, a_config(tags="[]", unmapped="drop"), WORKER_CONCURRENCY=str(SLOTS)) as stage:
        stage.start_sandbox("--window", "off")
        stage.program(match="upsert", delay_ms=1000)
        for number in range(150):
            stage.journal.accept(a_submission(0, {"email": f"p{number}@example.com"}))
        yield stage


def test_a_worker_consumes_again_each_time_redis_comes_back_while_all_slots_are_busy(stage: Stage) -> None:
    stage.start_worker()
    seconds = [round(crash_redis_under_load(stage), 1) for _ in range(5)]

    assert max(seconds) < CONSUMES_AGAIN_SECONDS, seconds


def test_with_the_textbook_settings_a_worker_hangs(stage: Stage) -> None:
    """This is why the settings are as they are: when it fails, Celery has been mended and they may go."""
    stage.start_worker("-m", "bench.faults.textbook_worker", WATCHDOG_SECONDS="1000")

    with pytest.raises(AssertionError, match="did not happen"):
        crash_redis_repeatedly(stage)


def crash_redis_repeatedly(stage: Stage) -> None:
    for _ in range(3):
        crash_redis_under_load(stage)


def crash_redis_under_load(stage: Stage) -> float:
    """Kill Redis while all slots are busy, start it again, and return the seconds until a delivery is begun."""
    wait_until(lambda: begun(stage) >= SLOTS, 30)
    stage.redis.kill()
    time.sleep(DOWN_SECONDS)
    stage.redis.start()
    before = delivered(stage)
    # A running delivery settles by itself; one more than there are slots can only have been consumed anew.
    return wait_until(lambda: delivered(stage) > before + SLOTS, CONSUMES_AGAIN_SECONDS + 5)


def begun(stage: Stage) -> int:
    try:
        redis = stage.journal.redis
        return redis.zcard("hookline:leased") - redis.zcard("hookline:unbegun")
    except RedisError:
        return 0


def delivered(stage: Stage) -> int:
    ledger = stage.ledger()
    return ledger.delivered if ledger else 0
