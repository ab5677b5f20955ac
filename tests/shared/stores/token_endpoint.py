"""HighLevel's token endpoint, as a function and as a server: a refresh token is good once, or again within 30 s."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

import httpx
from pydantic import SecretStr

from shared.highlevel.oauth import App, Pair

SAME_PAIR = timedelta(seconds=30)
START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
APP = App("app-1", SecretStr("the-client-secret"))
SEED = "refresh-0"


@dataclass
class Clock:
    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **delta: float) -> None:
        self.now += timedelta(**delta)


@dataclass
class TokenEndpoint:
    """Gives the pairs access-1 and refresh-1, access-2 and refresh-2, and so on; refresh-0 is where it begins."""

    clock: Callable[[], datetime] = field(default_factory=Clock)
    location: str = "loc-1"
    scope: str = "contacts.readonly contacts.write locations/customFields.readonly"
    code: str = "code-1"
    refresh_token: str = SEED
    calls: list[dict[str, str]] = field(default_factory=list)
    _issued: int = 0
    _repeats: dict[str, tuple[datetime, dict[str, Any]]] = field(default_factory=dict)
    _busy: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        with self._busy:
            self.calls.append(form)
            if (form["client_id"], form["client_secret"]) != ("app-1", "the-client-secret"):
                return 401, {"statusCode": 401, "message": "Invalid client credentials!", "error": "Unauthorized"}
            if form["grant_type"] == "authorization_code":
                return (200, self._pair()) if form["code"] == self.code else invalid_grant("code is invalid")
            return self._refreshed(form["refresh_token"])

    def respond(self, request: httpx.Request) -> httpx.Response:
        status, body = self.answer(dict(parse_qsl(request.content.decode())))
        return httpx.Response(status, json=body)

    def _refreshed(self, token: str) -> tuple[int, dict[str, Any]]:
        at, pair = self._repeats.get(token, (START, {}))
        if pair and self.clock() - at <= SAME_PAIR:
            return 200, pair
        if token != self.refresh_token:
            return invalid_grant("refresh token is invalid")
        pair = self._pair()
        self._repeats[token] = (self.clock(), pair)
        return 200, pair

    def _pair(self) -> dict[str, Any]:
        self._issued += 1
        self.refresh_token = f"refresh-{self._issued}"
        return {
            "access_token": f"access-{self._issued}",
            "refresh_token": self.refresh_token,
            "expires_in": 86399,
            "scope": self.scope,
            "userType": "Location",
            **({"locationId": self.location} if self.location else {"companyId": "agency-1"}),
            "userId": "user-1",
        }


def invalid_grant(why: str) -> tuple[int, dict[str, Any]]:
    return 400, {"statusCode": 400, "message": f"Invalid grant: {why}", "error": "Bad Request"}


def a_pair(number: int = 0, expires_at: datetime = START + timedelta(days=1), **changes: Any) -> Pair:
    access, refresh = SecretStr(f"access-{number}"), SecretStr(f"refresh-{number}")
    return Pair(access_token=access, refresh_token=refresh, expires_at=expires_at, **changes)


@contextmanager
def served(endpoint: TokenEndpoint) -> Iterator[str]:
    """Serve an endpoint on a free port, and give its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = self.rfile.read(int(self.headers["Content-Length"])).decode()
            status, body = endpoint.answer(dict(parse_qsl(form)))
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Keep the tests' output clean."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join(10)
