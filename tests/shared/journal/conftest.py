"""A journal on a real server whose scripts read a clock of ours instead of the server's."""

from dataclasses import dataclass

import pytest
from redis import Redis

from shared.journal import Journal, Limits
from shared.journal.scripts import Scripts
from shared.settings import Settings
from tests.shared.journal.factories import Bench

START = 1_800_000_000_000


@dataclass
class Clock:
    redis: Redis
    now: int = START

    def __post_init__(self) -> None:
        self.set(self.now)

    def set(self, milliseconds: int) -> None:
        self.now = milliseconds
        self.redis.set("clock", milliseconds)

    def advance(self, seconds: float) -> None:
        self.set(self.now + round(seconds * 1000))


@pytest.fixture
def clock(redis: Redis) -> Clock:
    return Clock(redis)


@pytest.fixture
def journal(redis: Redis, settings: Settings, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Journal:
    return journal_with(redis, settings, Limits(), monkeypatch)


@pytest.fixture
def bench(journal: Journal, clock: Clock) -> Bench:
    return Bench(journal)


def journal_with(redis: Redis, settings: Settings, limits: Limits, monkeypatch: pytest.MonkeyPatch) -> Journal:
    original = Scripts.__init__

    def with_our_clock(self: Scripts, redis: Redis, prefix: str, limits: Limits) -> None:
        original(self, redis, prefix, limits)
        for name, source in self._sources.items():
            assert source.count("local now = clock()") == 1
            ours = "local now = tonumber(redis.call('GET', 'clock'))"
            self._sources[name] = source.replace("local now = clock()", ours)

    monkeypatch.setattr(Scripts, "__init__", with_our_clock)
    return Journal(redis, settings, limits)
