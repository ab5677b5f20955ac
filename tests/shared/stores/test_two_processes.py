"""Real processes that want the same expired token at once, and one that is killed at the worst moment."""

import select
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from shared.highlevel.oauth import OAuthClient
from shared.highlevel.wire import Deadline, Wire, open_http
from shared.settings import Settings
from shared.stores.tokens import RedisTokens
from tests.shared.stores.token_endpoint import APP, TokenEndpoint, a_pair, served

ROOT = Path(__file__).parents[3]
WAIT_SECONDS = 20


class Refresher:
    """A process of refresher.py."""

    def __init__(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "tests.shared.stores.refresher", *arguments]
        pipe = subprocess.PIPE
        # Without buffers of ours, or `select` would not see a line that was read along with the one before.
        self.process = subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, bufsize=0)
        assert self.next_word() == "ready"

    def go(self) -> None:
        assert self.process.stdin
        self.process.stdin.write(b"go\n")

    def next_word(self) -> str:
        assert self.process.stdout
        assert select.select([self.process.stdout], [], [], WAIT_SECONDS)[0], "it says nothing"
        return self.process.stdout.readline().decode().strip()

    def token(self) -> str:
        while (word := self.next_word()) == "busy":
            pass
        return word

    def end(self) -> None:
        self.process.kill()
        self.process.wait(WAIT_SECONDS)
        for stream in (self.process.stdin, self.process.stdout):
            assert stream
            stream.close()


@dataclass
class Paused(TokenEndpoint):
    """An endpoint that answers when it may."""

    asked: threading.Event = field(default_factory=threading.Event)
    may_answer: threading.Event = field(default_factory=threading.Event)

    def answer(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        self.asked.set()
        assert self.may_answer.wait(WAIT_SECONDS)
        return super().answer(form)


Start = Callable[..., Refresher]


@pytest.fixture
def store(redis: Redis, settings: Settings) -> RedisTokens:
    store = RedisTokens(redis, settings)
    store.put("main", a_pair(0, datetime.now(UTC) - timedelta(hours=1)))
    return store


@pytest.fixture
def endpoint() -> Paused:
    return Paused(clock=lambda: datetime.now(UTC))


@pytest.fixture
def url(endpoint: Paused) -> Iterator[str]:
    with served(endpoint) as url:
        yield url


@pytest.fixture
def start(store: RedisTokens, settings: Settings, url: str) -> Iterator[Start]:
    started: list[Refresher] = []

    def start(*how: str) -> Refresher:
        started.append(Refresher(settings.redis_url, url, *how))
        return started[-1]

    yield start
    for refresher in started:
        refresher.end()


def test_two_processes_refresh_an_expired_token_once(start: Start, store: RedisTokens, endpoint: Paused) -> None:
    first, second = start(), start()

    first.go()
    assert endpoint.asked.wait(WAIT_SECONDS)
    second.go()
    assert second.next_word() == "busy"
    endpoint.may_answer.set()

    assert (first.token(), second.token()) == ("access-1", "access-1")
    assert len(endpoint.calls) == 1
    assert stored(store) == ("access-1", "refresh-1")


def test_a_process_killed_between_the_answer_and_the_store_loses_no_pair(
    start: Start, store: RedisTokens, endpoint: Paused, url: str
) -> None:
    endpoint.may_answer.set()
    victim, other = start("stuck"), start()

    victim.go()
    assert victim.next_word() == "answered"
    victim.process.kill()
    other.go()

    assert other.token() == "access-1"
    assert stored(store) == ("access-1", "refresh-1")
    assert [form["refresh_token"] for form in endpoint.calls] == ["refresh-0", "refresh-0"]
    assert refreshed_with(store, url) == "access-2"


def stored(store: RedisTokens) -> tuple[str, str]:
    pair = store.load("main")
    assert pair
    return pair.access_token.get_secret_value(), pair.refresh_token.get_secret_value()


def refreshed_with(store: RedisTokens, url: str) -> str:
    pair = store.load("main")
    assert pair
    with open_http(1) as http:
        refreshed = OAuthClient(Wire(http), url).refresh(APP, pair.refresh_token, Deadline.after(20))
    return refreshed.access_token.get_secret_value()
