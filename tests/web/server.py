"""gunicorn as the Procfile starts it, on a free port."""

import os
import signal
from pathlib import Path

from cli.processes import WEB, Process

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


class Server:
    """gunicorn as the Procfile starts it, with its output in a file."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.url = f"http://127.0.0.1:{environment['PORT']}"
        self._log = folder / "gunicorn.log"
        self.process = Process("web", WEB, environment, self._log).start()

    @property
    def log(self) -> str:
        return self._log.read_text()

    def wait_until_it_answers(self) -> "Server":
        self.process.wait_for(f"{self.url}/healthz")
        return self

    def end(self) -> None:
        if self.process.ended() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.kill()
