"""The APIs of the form builders that send ids only, as far as we ask them: on a port of its own, with faults."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from tests.samples import Sample


@dataclass(frozen=True)
class Fault:
    """An answer in place of the right one; `count` says to how many calls."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    count: int = 1
    hangs: bool = False  # no answer until the test is over


@dataclass
class BuildersApi:
    """What an API has, by path, what it was asked, and the only token that it takes."""

    token: str = "builder-token"
    has: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    address: str = ""
    over: threading.Event = field(default_factory=threading.Event)

    def learn(self, sample: Sample) -> None:
        """Have what a sample says that its builder has."""
        self.token = sample.form["fetch"]["token"]
        self.has |= {one["path"]: one["body"] for one in sample.fetched}

    def fail(self, status: int, body: Any = None, **more: Any) -> None:
        """Answer the next calls so."""
        fault = Fault(status, body, **more)
        self.faults += [fault] * fault.count

    def __call__(self, environ: Any, start_response: Any) -> Any:
        request = Request(environ)
        self.asked.append(request.full_path.rstrip("?"))
        return self._answer(request)(environ, start_response)

    def _answer(self, request: Request) -> Response:
        if self.faults:
            fault = self.faults.pop(0)
            if fault.hangs:
                self.over.wait()
            return _json(fault.body, fault.status, fault.headers)
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return _json({"error": {"message": "Invalid token"}}, 401)
        if request.path not in self.has:
            return _json({"message": "resource not found"}, 404)
        return _json(self.has[request.path], 200)


def _json(body: Any, status: int, headers: dict[str, str] | None = None) -> Response:
    text = body if isinstance(body, str) else json.dumps(body)
    return Response(text, status, headers, mimetype="application/json")


@contextmanager
def serving(api: BuildersApi) -> Iterator[BuildersApi]:
    """Serve an API on a free port."""
    server = make_server("127.0.0.1", 0, api, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    api.address = f"http://127.0.0.1:{server.server_port}"
    yield api
    api.over.set()
    server.shutdown()
    thread.join()
    server.server_close()
