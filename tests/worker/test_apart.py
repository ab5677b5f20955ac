import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import pytest

from shared.journal import Job
from worker.apart import Apart, Deliver, NotStarted, in_words, serve

JOB = Job("s1", 1)


def writing(path: Path) -> Deliver:
    """Return a delivery that tells who made it."""

    def deliver(job: Job, nonce: str) -> None:
        with path.open("a") as file:
            file.write(f"{job.submission_id} {job.generation} {nonce} {os.getpid()}\n")

    return deliver


def leaving_soon(path: Path) -> Deliver:
    """Return a delivery after which its process ends, as after a while without another one."""

    def deliver(job: Job, nonce: str) -> None:
        writing(path)(job, nonce)
        threading.Timer(0.2, os._exit, (0,)).start()

    return deliver


def ending(by: signal.Signals) -> Deliver:
    """Return a delivery that ends its process."""
    return lambda job, nonce: os.kill(os.getpid(), by)


def leaving() -> Deliver:
    """Return a delivery that leaves its process by the door."""
    return lambda job, nonce: os._exit(3)


def hanging() -> Deliver:
    """Return a delivery without an end."""
    return lambda job, nonce: time.sleep(60)


def meeting(folder: Path) -> Deliver:
    """Return a delivery that ends once four are under way, each in a process of its own."""

    def deliver(job: Job, nonce: str) -> None:
        (folder / str(os.getpid())).touch()
        deadline = time.monotonic() + 15
        while len(list(folder.iterdir())) < 4 and time.monotonic() < deadline:
            time.sleep(0.05)

    return deliver


def failing() -> Deliver:
    """Fail before there is a delivery."""
    raise OSError("no memory")


@pytest.fixture
def aparts() -> Iterator[list[Apart]]:
    made: list[Apart] = []
    yield made
    for apart in made:
        apart.stop()


def test_deliveries_are_made_in_one_other_process(tmp_path: Path, aparts: list[Apart]) -> None:
    apart = Apart(partial(writing, tmp_path / "told"), seconds=20)
    aparts.append(apart)

    assert [apart.deliver(JOB, "first"), apart.deliver(Job("s2", 4), "second")] == ["", ""]

    first, second = (tmp_path / "told").read_text().split("\n")[:2]
    assert first.startswith("s1 1 first ")
    assert second.startswith("s2 4 second ")
    [pid] = {line.split()[-1] for line in (first, second)}
    assert int(pid) != os.getpid()


def test_what_ends_the_process_is_told_and_the_next_one_gets_a_new_process(aparts: list[Apart]) -> None:
    apart = Apart(partial(ending, signal.SIGKILL), seconds=20)
    aparts.append(apart)

    assert apart.deliver(JOB, "first") == "it was ended by SIGKILL, as when memory runs out"
    assert apart.deliver(JOB, "second") == "it was ended by SIGKILL, as when memory runs out"


def test_a_delivery_without_an_end_is_ended_with_its_process(aparts: list[Apart]) -> None:
    apart = Apart(hanging, seconds=0.2)
    aparts.append(apart)

    assert apart.deliver(JOB, "nonce") == "it gave no answer for 0 s"


def test_a_delivery_without_an_end_ends_though_its_worker_was_killed() -> None:
    context = get_context("spawn")
    wire, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs, hanging, 0.2), daemon=True)
    process.start()
    theirs.close()
    wire.recv()
    wire.send((JOB, "nonce"))
    wire.recv()
    wire.close()

    process.join(10)
    assert process.exitcode == 1


def test_four_threads_have_a_process_each(tmp_path: Path, aparts: list[Apart]) -> None:
    apart = Apart(partial(meeting, tmp_path), seconds=20)
    aparts.append(apart)
    with ThreadPoolExecutor(4) as threads:
        ended = list(threads.map(apart.deliver, [Job(f"s{number}", 1) for number in range(4)], "abcd"))

    assert ended == [""] * 4
    assert len(list(tmp_path.iterdir())) == 4


def test_the_platforms_word_to_end_does_not_end_a_delivery(tmp_path: Path, aparts: list[Apart]) -> None:
    apart = Apart(partial(ending, signal.SIGTERM), seconds=20)
    aparts.append(apart)

    assert apart.deliver(JOB, "nonce") == ""


def test_a_process_that_cannot_start_is_no_crash(aparts: list[Apart]) -> None:
    with pytest.raises(NotStarted, match="it ended while it started"):
        Apart(failing, seconds=20).deliver(JOB, "nonce")


def test_a_process_that_leaves_is_told_too(aparts: list[Apart]) -> None:
    apart = Apart(leaving, seconds=20)
    aparts.append(apart)

    assert apart.deliver(JOB, "nonce") == "it ended with exit code 3"


def test_a_process_that_has_left_meanwhile_is_replaced(tmp_path: Path, aparts: list[Apart]) -> None:
    apart = Apart(partial(leaving_soon, tmp_path / "told"), seconds=20)
    aparts.append(apart)
    apart.deliver(JOB, "first")
    wait_for_the_end_of(pid_in(tmp_path / "told"))

    assert apart.deliver(JOB, "second") == ""


def test_a_process_that_ends_before_it_has_begun_is_no_crash(tmp_path: Path, aparts: list[Apart]) -> None:
    apart = Apart(partial(writing, tmp_path / "told"), seconds=20)
    aparts.append(apart)
    apart.deliver(JOB, "first")
    pid = pid_in(tmp_path / "told")
    os.kill(pid, signal.SIGSTOP)
    threading.Timer(1.0, os.kill, (pid, signal.SIGKILL)).start()

    with pytest.raises(NotStarted):
        apart.deliver(JOB, "second")


def test_a_signal_has_its_name() -> None:
    assert in_words(-signal.SIGSEGV) == "it was ended by SIGSEGV"


def pid_in(path: Path) -> int:
    return int(path.read_text().split()[-1])


def wait_for_the_end_of(pid: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    raise AssertionError("the process goes on")
