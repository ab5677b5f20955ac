"""The journal's Lua scripts: one file each, with a shared prelude and the constants in front, loaded once."""

from collections.abc import Callable
from importlib.resources import files
from typing import Any, cast

from redis import Redis
from redis.client import Pipeline
from redis.exceptions import NoScriptError

from shared.journal.limits import Limits
from shared.submission import TRANSITIONS

FOLDER = files("shared.journal") / "scripts"
NAMES = sorted(
    path.name.removesuffix(".lua")
    for path in FOLDER.iterdir()
    if path.name.endswith(".lua") and path.name != "prelude.lua"
)


class Scripts:
    """Every script by its file's name, as calls on one Redis."""

    def __init__(self, redis: Redis, prefix: str, limits: Limits) -> None:
        self._redis = redis
        self._prefix = prefix
        self._sources = {name: source(name, limits) for name in NAMES}
        self._hashes: dict[str, str] = {}

    def run(self, name: str, *arguments: str | bytes | int) -> Any:
        """Run one script."""
        return self._loaded(lambda: self._redis.evalsha(self._hash(name), 0, self._prefix, *map(_argument, arguments)))

    def run_all(self, *calls: tuple[str | bytes | int, ...]) -> list[Any]:
        """Run several scripts in one round trip, each atomic by itself; the answer of one that fails is its error."""

        def send() -> Any:
            pipeline: Pipeline = self._redis.pipeline(transaction=False)
            for name, *arguments in calls:
                pipeline.evalsha(self._hash(str(name)), 0, self._prefix, *map(_argument, arguments))
            answers = pipeline.execute(raise_on_error=False)
            for answer in answers:
                if isinstance(answer, NoScriptError):
                    raise answer
            return answers

        return cast(list[Any], self._loaded(send))

    def _loaded(self, send: Callable[[], Any]) -> Any:
        try:
            return send()
        except NoScriptError:  # a Redis that has been restarted or replaced has forgotten them
            self._hashes.clear()
            return send()

    def _hash(self, name: str) -> str:
        if name not in self._hashes:
            self._hashes[name] = _text(self._redis.script_load(self._sources[name]))
        return self._hashes[name]


def source(name: str, limits: Limits) -> str:
    """Return the whole text of a script: constants, prelude, and the script itself."""
    parts = [
        _legal(),
        limits.lua(),
        *((FOLDER / f"{part}.lua").read_text(encoding="utf-8") for part in ("prelude", name)),
    ]
    return "\n".join(parts)


def _legal() -> str:
    rows = [
        f"{state} = {{ {', '.join(f'{after} = true' for after in sorted(followers))} }}"
        for state, followers in TRANSITIONS.items()
    ]
    return f"local LEGAL = {{ {', '.join(rows)} }}"


def _argument(value: str | bytes | int) -> str | bytes:
    return value if isinstance(value, bytes) else str(value)


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
