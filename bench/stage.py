"""Real processes to break: Redis with its data on disk, a local HighLevel, web and workers."""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
from redis.exceptions import RedisError

from cli.processes import WEB, WORKER, Process
from shared.ids import new_id
from shared.journal import Journal, Ledger, Submission, connect
from shared.local_redis import LocalRedis, free_port
from shared.settings import DAY_SECONDS, Settings

TOKEN = "url-token-of-the-fault-matrix"
SENDERS = 8
RESEND_SECONDS = 0.5


def a_config(locations: int = 1, tags: str = '["website"]', unmapped: str = "note") -> str:
    """Return a configuration with one flat JSON form, `form-N`, for each location."""
    tables = []
    for number in range(locations):
        tables.append(f'[locations.place-{number}]\nlocation_id = "L{number}"\ntoken = "${{HIGHLEVEL_TOKEN}}"\n')
        tables.append(
            f'[forms.form-{number}]\nprovider = "generic_json"\nlocation = "place-{number}"\nurl_token = "{TOKEN}"\n'
            f'tags = {tags}\nunmapped = "{unmapped}"\n'
        )
    return "\n".join(tables)


@dataclass
class Stage:
    """Everything that runs, and what a test does to it."""

    redis: LocalRedis
    journal: Journal
    environment: dict[str, str]
    folder: Path
    _ending: ExitStack = field(repr=False)

    @property
    def highlevel(self) -> str:
        return self.environment["HIGHLEVEL_BASE_URL"]

    def start(self, name: str, arguments: tuple[str, ...], **environment: str) -> Process:
        process = Process(name, arguments, {**self.environment, **environment}, self.folder / f"{name}.log")
        self._ending.callback(process.stop)
        return process.start()

    def start_sandbox(self, *options: str) -> Process:
        sandbox = self.start("sandbox", ("-m", "sandbox", "--port", self.highlevel.rpartition(":")[2], *options))
        sandbox.wait_for(f"{self.highlevel}/_sandbox/faults")
        return sandbox

    def start_worker(self, *arguments: str, **environment: str) -> Process:
        worker = self.start("worker", arguments or WORKER, **environment)
        wait_until(lambda: self.journal.workforce().alive > 0, 20)
        return worker

    def start_web(self, port: int) -> Process:
        web = self.start("web", WEB, PORT=str(port))
        web.wait_for(f"http://127.0.0.1:{port}/healthz")
        return web

    def control(self, method: str, path: str, **more: Any) -> Any:
        return (
            httpx.request(method, self.highlevel + path, timeout=10, trust_env=False, **more).raise_for_status().json()
        )

    def program(self, **fault: Any) -> int:
        """Let HighLevel do something wrong, until it is ended unless `count` says how often; return the fault's id."""
        return int(self.control("POST", "/_sandbox/faults", json={"count": 0, **fault})["id"])

    def contacts(self) -> list[dict[str, Any]]:
        contacts: list[dict[str, Any]] = self.control("GET", "/_sandbox/contacts")["contacts"]
        return contacts

    def ledger(self) -> Ledger | None:
        try:
            return self.journal.ledger()
        except RedisError:
            return None

    def settled(self) -> bool:
        ledger = self.ledger()
        return bool(ledger and ledger.accepted and ledger.waiting == ledger.leased == 0)


def send(ports: list[int], numbers: range, forms: int) -> dict[str, str]:
    """Post submissions as a builder does that sends again until it gets a 200; return the id of each person's."""

    def deliver(number: int) -> tuple[str, str]:
        body = {"id": f"lead-{number}", "name": f"Person {number}", "email": f"p{number}@example.com", "tea": "green"}
        while True:
            url = f"http://127.0.0.1:{ports[number % len(ports)]}/hooks/form-{number % forms}/{TOKEN}"
            try:
                answer = http.post(url, json=body)
                if answer.status_code == 200:
                    return body["email"], answer.json()["id"]
            except httpx.HTTPError:
                pass  # the sender cannot tell whether it was accepted, so it sends again
            time.sleep(RESEND_SECONDS)

    with httpx.Client(timeout=10, trust_env=False) as http, ThreadPoolExecutor(SENDERS) as pool:
        return dict(pool.map(deliver, numbers))


def a_submission(place: int, answers: dict[str, str]) -> Submission:
    """Return a submission as a receiver hands it to the journal."""
    body = json.dumps(answers).encode()
    return Submission(
        id=new_id("sub", time.time()),
        form=f"form-{place}",
        provider="generic_json",
        location=f"place-{place}",
        idempotency_key=sha256(body).hexdigest(),
        remember_seconds=7 * DAY_SECONDS,
        calls=1,
        content_type="application/json",
        body=body,
    )


def say(what: str) -> None:
    """Tell on standard error how far we are."""
    print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)


def wait_until(happened: Callable[[], bool], seconds: float) -> float:
    """Wait for something; return how long it took, or fail."""
    began = time.monotonic()
    while not happened():
        if time.monotonic() - began > seconds:
            raise AssertionError(f"it did not happen within {seconds} s")
        time.sleep(0.05)
    return time.monotonic() - began


@contextmanager
def a_stage(folder: Path, config: str, **environment: str) -> Iterator[Stage]:
    (folder / "hookline.toml").write_text(config)
    with ExitStack() as ending:
        redis = LocalRedis(folder / "redis")
        ending.callback(redis.stop)
        redis.start()
        settings = Settings(redis_url=redis.url)
        journal = Journal(ending.enter_context(connect(settings, connections=4, retries=0)), settings)
        ours = {
            "REDIS_URL": redis.url,
            "HOOKLINE_CONFIG": str(folder / "hookline.toml"),
            "HIGHLEVEL_BASE_URL": f"http://127.0.0.1:{free_port()}",
            "HIGHLEVEL_TOKEN": "pit-1",
            "BACKOFF_BASE_SECONDS": "0.5",
            **environment,
        }
        yield Stage(redis, journal, {**os.environ, **ours}, folder, ending)
