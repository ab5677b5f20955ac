"""The journal's real scripts, with a clock of ours, answers that get lost, and faults that a test puts into them."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast

from redis import Redis

from shared.journal import Journal, Limits
from shared.journal.scripts import Scripts
from shared.settings import Settings

PREFIX = "hookline:"

# Redis's clock, and all that expires by it, as the scripts see them. Each look at the clock takes 5 microseconds.
OUR_TIME = """
local server = redis
local function expires(key, milliseconds)
  server.call('ZADD', 'expiries', server.call('GET', 'clock') + milliseconds, key)
end
local ours = {
  TIME = function()
    local milliseconds, looks = tonumber(server.call('GET', 'clock')), server.call('INCR', 'looks')
    assert(looks < 200, 'set the clock more often: it is late by a millisecond')
    return { math.floor(milliseconds / 1000), milliseconds % 1000 * 1000 + looks * 5 }
  end,
  SET = function(key, value, unit, life)
    server.call('ZREM', 'expiries', key)
    if unit then
      expires(key, life * (unit == 'EX' and 1000 or 1))
    end
    return server.call('SET', key, value)
  end,
  EXPIRE = function(key, seconds)
    if server.call('EXISTS', key) == 1 then
      expires(key, seconds * 1000)
    end
  end,
  PEXPIRE = function(key, milliseconds)
    if server.call('EXISTS', key) == 1 then
      expires(key, milliseconds)
    end
  end,
  PERSIST = function(key)
    server.call('ZREM', 'expiries', key)
  end,
  DEL = function(...)
    server.call('ZREM', 'expiries', ...)
    return server.call('DEL', ...)
  end,
}
local redis = {
  call = function(name, ...)
    return (ours[name] or function(...) return server.call(name, ...) end)(...)
  end,
}
"""

SET_CLOCK = """
redis.call('SET', 'clock', ARGV[1])
redis.call('SET', 'looks', 0)
for _, key in ipairs(redis.call('ZRANGEBYSCORE', 'expiries', '-inf', ARGV[1])) do
  redis.call('DEL', key)
  redis.call('ZREM', 'expiries', key)
end
"""

# Bodies are compressed and lists long: only how many bytes and items they have.
DUMP = """
local found = {}
for _, key in ipairs(redis.call('KEYS', ARGV[1] .. '*')) do
  local type = redis.call('TYPE', key).ok
  local value
  if type == 'hash' then
    value = redis.call('HGETALL', key)
  elseif type == 'zset' then
    value = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')
  elseif type == 'list' then
    value = redis.call('LLEN', key)
  elseif type == 'set' then
    value = redis.call('SCARD', key)
  elseif string.find(key, ARGV[1] .. 'body:', 1, true) then
    value = redis.call('STRLEN', key)
  else
    value = redis.call('GET', key)
  end
  found[string.sub(key, #ARGV[1] + 1)] = value
end
return cjson.encode(found)
"""


@dataclass(frozen=True)
class Fault:
    """A line of the scripts, prelude included, and what stands there instead of it."""

    line: str
    instead: str


class TamperedScripts(Scripts):
    """
    The scripts by our clock.

    The answers to the next `lost_answers` calls get lost, so that each call is made again, as the client does.
    """

    def __init__(self, redis: Redis, limits: Limits, faults: tuple[Fault, ...] = ()) -> None:
        super().__init__(redis, PREFIX, limits)
        self.lost_answers = 0
        self.made = 0
        for fault in faults:
            assert any(fault.line in source for source in self._sources.values()), f"no script has {fault.line!r}"
            self._sources = {name: text.replace(fault.line, fault.instead) for name, text in self._sources.items()}
        self._sources = {name: OUR_TIME + text for name, text in self._sources.items()}

    def run(self, name: str, *arguments: str | bytes | int) -> Any:
        """Run one script, or twice when its answer gets lost."""
        self.made += 1
        for _ in range(self._lost()):
            super().run(name, *arguments)
        return super().run(name, *arguments)

    def run_all(self, *calls: tuple[str | bytes | int, ...]) -> list[Any]:
        """Run several scripts, or twice when their answers get lost."""
        for _ in range(self._lost()):
            super().run_all(*calls)
        answers = super().run_all(*calls)
        for answer in answers:
            if isinstance(answer, Exception):
                raise answer
        return answers

    def _lost(self) -> int:
        lost, self.lost_answers = self.lost_answers, 0
        return lost


@dataclass(frozen=True)
class Dump:
    """All that the journal keeps, by the names of its keys."""

    found: Mapping[str, Any]

    def names(self, beginning: str) -> list[str]:
        """Return what follows this beginning in the names of keys, sorted."""
        return sorted(name.removeprefix(beginning) for name in self.found if name.startswith(beginning))

    def text(self, name: str) -> str:
        """Return a string, empty where there is none."""
        return cast(str, self.found.get(name, ""))

    def hash(self, name: str) -> dict[str, str]:
        """Return a hash."""
        return dict(_pairs(self.found.get(name, [])))

    def scores(self, name: str) -> dict[str, int]:
        """Return the members of a sorted set, lowest first, with their scores."""
        return {member: int(float(score)) for member, score in _pairs(self.found.get(name, []))}

    @cached_property
    def records(self) -> dict[str, dict[str, str]]:
        """Return every submission's record by its id."""
        return {id: self.hash(f"sub:{id}") for id in self.names("sub:")}


@dataclass
class Server:
    """A Redis that holds nothing but one journal, and whose clock stands still unless it is set."""

    redis: Redis
    settings: Settings
    limits: Limits
    faults: tuple[Fault, ...] = ()
    journal: Journal = field(init=False)
    scripts: TamperedScripts = field(init=False)

    def __post_init__(self) -> None:
        assert self.settings.redis_prefix == PREFIX
        self.scripts = TamperedScripts(self.redis, self.limits, self.faults)
        self.journal = Journal(self.redis, self.settings, self.limits)
        self.journal._scripts = self.scripts
        self._set_clock = self.redis.register_script(SET_CLOCK)
        self._dump = self.redis.register_script(DUMP)

    def empty(self, now: int) -> None:
        """Begin anew, at this time in milliseconds."""
        self.redis.flushdb()
        self.scripts.lost_answers = 0
        self.set_clock(now)

    def set_clock(self, milliseconds: int) -> None:
        """Let the time go on; what expires until then is gone."""
        self._set_clock(args=[milliseconds])

    def dump(self) -> Dump:
        """Read everything in one instant."""
        return Dump(json.loads(cast(bytes, self._dump(args=[PREFIX]))))


def _pairs(flat: list[str]) -> Iterable[tuple[str, str]]:
    return zip(flat[::2], flat[1::2], strict=True)
