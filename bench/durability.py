"""
What it costs an accept how Redis keeps its data, and what each way loses when Redis is killed.

Submissions are posted to a real web process, or given to the journal alone, by one sender and by eight. All ways take
turns in one run, so that their ratios hold whatever else the machine does. Then Redis is killed under load and started
again, and what had been confirmed is looked for. Where the server knows WAITAOF, each accept is also followed by one.

    python -m bench.durability [--seconds 2] [--rounds 3]
"""

import argparse
import itertools
import os
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles

import httpx
from redis.exceptions import RedisError, ResponseError

from bench.stage import TOKEN, a_config, a_submission
from cli.processes import WEB, Process
from shared.journal import Journal, connect
from shared.local_redis import LocalRedis, free_port
from shared.settings import Settings

Accept = Callable[[], str]  # returns the id of what was accepted
Door = Callable[["Way"], AbstractContextManager[Accept]]
SENDERS = (1, 8)
KILL_AFTER_SECONDS = 2.0
WAITAOF_MS = 5000
TEXT = "A sentence of what a visitor fills in. " * 10  # so that a body has about 500 bytes
NUMBERS = itertools.count()


@dataclass
class Way:
    """A way to keep the data: the options of a Redis, and whether each accept is followed by WAITAOF."""

    name: str
    options: tuple[str, ...]
    waits: bool = False

    def start(self, folder: Path, ending: ExitStack) -> None:
        """Start a Redis, and a web process before it."""
        folder.mkdir()
        self.redis = LocalRedis(folder / "redis", 0, *self.options).start()
        ending.callback(self.redis.stop)
        self.settings = Settings(redis_url=self.redis.url)
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        (folder / "hookline.toml").write_text(a_config())
        ours = {
            "REDIS_URL": self.redis.url,
            "HOOKLINE_CONFIG": str(folder / "hookline.toml"),
            "HIGHLEVEL_TOKEN": "pit-1",
            "PORT": str(port),
            "LOG_LEVEL": "WARNING",
        }
        web = Process("web", WEB, {**os.environ, **ours}, folder / "web.log").start()
        ending.callback(web.stop)
        web.wait_for(f"{self.url}/readyz")


WAYS = (
    Way("nothing on disk", ("--appendonly", "no")),
    Way("everysec", ("--appendfsync", "everysec")),
    Way("always", ("--appendfsync", "always")),
    Way("everysec + WAITAOF", ("--appendfsync", "everysec"), waits=True),
)


def main() -> None:
    """Measure, and print two tables in Markdown."""
    parser = argparse.ArgumentParser(
        "python -m bench.durability", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=2.0, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3, help="in which all ways take turns")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary, ExitStack() as ending:
        for number, way in enumerate(WAYS):
            way.start(Path(temporary) / str(number), ending)
        version, ways = known(WAYS)
        print(f"{version}; {arguments.rounds} rounds of {arguments.seconds} s\n")
        print("| accepted by | senders | Redis keeps | accepts/s | p50 | p95 |\n|---|---|---|---|---|---|", flush=True)
        for title, door in (("web", at_web), ("the journal alone", at_the_journal)):
            for senders in SENDERS:
                # Web does not wait for WAITAOF.
                chosen = [way for way in ways if door is at_the_journal or not way.waits]
                compare(title, door, senders, chosen, arguments.rounds, arguments.seconds)
        print("\n| Redis keeps | confirmed before kill -9 | lost |\n|---|---|---|")
        for way in ways:
            confirmed, lost = kill(way)
            print(f"| {way.name} | {confirmed} | {lost} |", flush=True)


def known(ways: tuple[Way, ...]) -> tuple[str, list[Way]]:
    """Return what the server is, and the ways that it knows."""
    with connect(ways[0].settings, connections=1, retries=0) as redis:
        info = redis.info("server")
        version = f"{info.get('server_name', 'redis')} {info.get('valkey_version', info['redis_version'])}"
        try:
            redis.waitaof(0, 0, WAITAOF_MS)
        except ResponseError:
            return f"{version}, without WAITAOF", [way for way in ways if not way.waits]
    return version, [*ways]


def compare(title: str, door: Door, senders: int, ways: list[Way], rounds: int, seconds: float) -> None:
    """Let each way accept in turn, and print a line for each."""
    took: dict[str, list[float]] = defaultdict(list)
    for _, way in itertools.product(range(rounds), ways):
        took[way.name] += [one for _, one in accept_all(door, way, senders, seconds)]
    for way in ways:
        p50, p95 = (quantiles(took[way.name], n=20)[at] * 1000 for at in (9, 18))
        rate = len(took[way.name]) / (rounds * seconds)
        print(f"| {title} | {senders} | {way.name} | {rate:.0f} | {p50:.2f} ms | {p95:.2f} ms |", flush=True)


def kill(way: Way) -> tuple[int, int]:
    """Kill Redis under load and start it again; return how many accepts it had confirmed, and how many it lost."""
    accepted = accept_all(at_the_journal, way, max(SENDERS), KILL_AFTER_SECONDS, then=way.redis.kill)
    confirmed = [name for name, _ in accepted]
    way.redis.start()
    with connect(way.settings, connections=1, retries=0) as redis:
        journal = Journal(redis, way.settings)
        return len(confirmed), sum(journal.find(name) is None for name in confirmed)


def accept_all(
    door: Door, way: Way, senders: int, seconds: float, then: Callable[[], None] = lambda: None
) -> list[tuple[str, float]]:
    """Let senders accept one after the other until something happens; return each id and how long it took."""
    timer = threading.Timer(seconds, then)

    def accept_in_turn(_: int) -> list[tuple[str, float]]:
        accepted = []
        with door(way) as accept, suppress(RedisError):  # once Redis is killed
            while timer.is_alive():
                began = time.monotonic()
                accepted.append((accept(), time.monotonic() - began))
        return accepted

    timer.start()
    with ThreadPoolExecutor(senders) as pool:
        accepted = [*itertools.chain.from_iterable(pool.map(accept_in_turn, range(senders)))]
    timer.join()
    return accepted


@contextmanager
def at_web(way: Way) -> Iterator[Accept]:
    """Post submissions, as a form builder does."""
    with httpx.Client(timeout=10, trust_env=False) as http:

        def accept() -> str:
            answer = http.post(f"{way.url}/hooks/form-0/{TOKEN}", json=some_answers())
            return str(answer.raise_for_status().json()["id"])

        yield accept


@contextmanager
def at_the_journal(way: Way) -> Iterator[Accept]:
    """Give submissions to the journal, as web does when it has read them."""
    # One connection: WAITAOF waits for what its own has written.
    with connect(way.settings, connections=1, retries=0) as redis:
        journal = Journal(redis, way.settings)

        def accept() -> str:
            submission = a_submission(0, some_answers())
            journal.accept(submission)
            if way.waits:
                redis.waitaof(1, 0, WAITAOF_MS)
            return submission.id

        yield accept


def some_answers() -> dict[str, str]:
    """Return what nobody has answered before."""
    return {"id": f"lead-{next(NUMBERS)}", "email": "ada@example.com", "tea": TEXT}


if __name__ == "__main__":
    main()
