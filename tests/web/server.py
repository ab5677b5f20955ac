"""gunicorn as the Procfile starts it, on a free port."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[2]
TOKEN = "abcdefghijklmnopqrstuvwxyz"
CONFIG = f"""
[locations.main]
location_id = "loc1"
token = "pit-1"

[forms.contact]
provider = "generic_json"
location = "main"
url_token = "{TOKEN}"
"""
START_SECONDS = 20


class Server:
    """gunicorn as the Procfile starts it, with its output in a file."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.url = f"http://127.0.0.1:{environment['PORT']}"
        self._log = folder / "gunicorn.log"
        command = [sys.executable, "-m", "gunicorn", "-c", "python:web.server", "web.app:create_app()"]
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True
            )

    @property
    def log(self) -> str:
        return self._log.read_text()

    def wait_until_it_answers(self) -> "Server":
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                httpx.get(f"{self.url}/healthz")
            except httpx.TransportError:
                time.sleep(0.05)
            else:
                return self
        raise AssertionError(f"web did not start:\n{self.log}")

    def end(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(START_SECONDS)
