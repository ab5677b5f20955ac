import threading

import pytest

from shared.journal import Job
from web.wakeups import Wakeups

JOB = Job("sub_1", 1)


def test_jobs_are_published_from_another_thread() -> None:
    published, done = list[tuple[Job, str]](), threading.Event()

    def publish(jobs: list[Job]) -> None:
        published.extend((job, threading.current_thread().name) for job in jobs)
        done.set()

    Wakeups(publish).put([JOB])

    assert done.wait(10)
    assert published == [(JOB, "wakeups")]


def test_a_broker_that_is_away_is_logged_and_the_next_job_is_tried(caplog: pytest.LogCaptureFixture) -> None:
    tries, done = list[Job](), threading.Event()

    def publish(jobs: list[Job]) -> None:
        tries.extend(jobs)
        if len(tries) == 2:
            done.set()
        raise ConnectionRefusedError

    wakeups = Wakeups(publish)
    wakeups.put([JOB])
    wakeups.put([JOB])

    assert done.wait(10)
    assert "enqueue_failed" in caplog.messages


def test_a_silent_broker_holds_nobody_up(caplog: pytest.LogCaptureFixture) -> None:
    release = threading.Event()

    def publish(_: list[Job]) -> None:
        release.wait(60)

    wakeups = Wakeups(publish)
    for _ in range(1100):
        wakeups.put([JOB])
    release.set()

    assert "enqueue_failed" in caplog.messages
