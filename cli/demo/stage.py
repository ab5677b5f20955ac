"""The demo's stage: Redis, a local HighLevel, web and worker, on ports that nobody else uses."""

import os
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from cli.demo.visitors import Secrets
from cli.processes import ROOT, WEB, WORKER, Process
from shared import leash
from shared.journal import Journal, connect
from shared.local_redis import LocalRedis, free_port
from shared.settings import Settings

LOCATION = "demo-location"


@dataclass(frozen=True)
class Stage:
    """Everything that runs, and where."""

    journal: Journal
    web: str
    sandbox: str
    secrets: Secrets
    environment: dict[str, str]
    folder: Path

    def highlevel(self, method: str, path: str, **more: Any) -> Any:
        """Ask the local HighLevel's control endpoints."""
        return httpx.request(method, self.sandbox + path, timeout=10, trust_env=False, **more).raise_for_status().json()


@contextmanager
def set_up(folder: Path, redis_url: str | None) -> Iterator[Stage]:
    """Start everything, yield the stage, and end everything in order."""
    with ExitStack() as ending:
        held = leash.take()
        redis_url = redis_url or _redis(folder, held, ending)
        environment = _environment(redis_url)
        (folder / "environment").write_text(
            "".join(f"export {name}='{value}'\n" for name, value in environment.items())
        )
        sandbox, web = environment["HIGHLEVEL_BASE_URL"], f"http://127.0.0.1:{environment['PORT']}"
        everything = {**os.environ, **environment}
        ready = [
            (Process("sandbox", _sandbox(sandbox), everything, folder / "sandbox.log"), f"{sandbox}/_sandbox/faults"),
            (Process("worker", WORKER, everything, folder / "worker.log", held), ""),
            (Process("web", WEB, everything, folder / "web.log", held), f"{web}/readyz"),
        ]
        settings = Settings(redis_url=redis_url, redis_prefix=environment["REDIS_PREFIX"])
        journal = Journal(ending.enter_context(connect(settings, connections=2, retries=3)), settings)
        ending.callback(_clean_up, journal, settings)
        for process, url in ready:
            process.start()
            ending.callback(process.stop)
            if process.leash is None:
                _watch(process.pid, held, ending)
            if url:
                process.wait_for(url)
        shared = Secrets(
            environment["TYPEFORM_SECRET"], environment["QUOTE_SECRET"], environment["NEWSLETTER_URL_TOKEN"]
        )
        yield Stage(journal, web, sandbox, shared, environment, folder)


def _redis(folder: Path, held: int, ending: ExitStack) -> str:
    redis = LocalRedis(folder / "redis").start()
    ending.callback(redis.stop)
    _watch(redis.pid, held, ending)
    return redis.url


def _watch(pid: int, held: int, ending: ExitStack) -> None:
    """Put a process on our leash that knows nothing of it; nobody watches it any more once it is to end in order."""
    watcher = Process("leash", ("-m", "shared.leash", str(pid)), os.environ, leash=held).start()
    ending.callback(watcher.stop)


def _environment(redis_url: str) -> dict[str, str]:
    """Return what the demo's processes read; a prefix of its own keeps it apart from whatever else is in that Redis."""
    return {
        "REDIS_URL": redis_url,
        "BROKER_URL": "",
        "REDIS_PREFIX": f"hookline-demo-{secrets.token_hex(4)}:",
        "HOOKLINE_CONFIG": str(ROOT / "hookline.toml"),
        "HOOKLINE_TOKENS_FILE": "",
        "HIGHLEVEL_BASE_URL": f"http://127.0.0.1:{free_port()}",
        "HIGHLEVEL_LOCATION_ID": LOCATION,
        "HIGHLEVEL_TOKEN": f"pit-{secrets.token_hex(8)}",
        "TYPEFORM_SECRET": secrets.token_urlsafe(24),
        "QUOTE_SECRET": secrets.token_urlsafe(24),
        "NEWSLETTER_URL_TOKEN": secrets.token_urlsafe(24),
        "SECRET_KEY": secrets.token_urlsafe(32),
        "PORT": str(free_port()),
        # A demo is watched, so it knocks sooner than a server would.
        "HOLD_PROBE_SECONDS": "2",
        "BACKOFF_BASE_SECONDS": "1",
    }


def _sandbox(url: str) -> tuple[str, ...]:
    return ("-m", "sandbox", "--port", url.rpartition(":")[2])


def _clean_up(journal: Journal, settings: Settings) -> None:
    """Remove the demo's keys, which matters when the Redis is not our own."""
    for name in journal.redis.scan_iter(match=f"{settings.redis_prefix}*", count=1000):
        journal.redis.delete(name)
