"""The page of this machine that HighLevel sends the browser back to, with the code of a consent."""

import hmac
import socketserver
import time
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs

HOST = "127.0.0.1"
# A browser may open connections that it never uses; there is one thread for all.
REQUEST_SECONDS = 2.0
PAGE = "<!doctype html><meta charset=utf-8><title>Hookline</title><p>{}</p>"


@dataclass(frozen=True)
class Consent:
    """What came back: a code, or why there is none."""

    code: str = ""
    denied: str = ""


class Callback(socketserver.TCPServer):
    """Listens on a port of this machine, until HighLevel's answer to the request with `state` comes."""

    allow_reuse_address = True

    def __init__(self, port: int, path: str, state: str) -> None:
        super().__init__((HOST, port), _Handler)
        self.path = path
        self.state = state
        self.consent: Consent | None = None

    def wait(self, seconds: float) -> Consent | None:
        """Return what came back, or None when nothing did for that long."""
        ends = time.monotonic() + seconds
        while self.consent is None and (left := ends - time.monotonic()) > 0:
            self.timeout = left
            self.handle_request()
        return self.consent


def consent_in(target: str, path: str, state: str) -> Consent | None:
    """Return what a request for `target` brings; None when it is not the answer to ours."""
    asked, _, query = target.partition("?")
    answers = {name: values[0] for name, values in parse_qs(query).items()}
    if asked != path or not hmac.compare_digest(answers.get("state", "").encode(), state.encode()):
        return None
    if code := answers.get("code"):
        return Consent(code=code)
    return Consent(denied=answers.get("error_description") or answers.get("error") or "no code came back")


class _Handler(BaseHTTPRequestHandler):
    server: Callback
    timeout = REQUEST_SECONDS

    def do_GET(self) -> None:
        """Take the browser's request, and tell its owner where to look."""
        consent = consent_in(self.path, self.server.path, self.server.state)
        if consent is None:
            self._answer(HTTPStatus.NOT_FOUND, "This is not the answer that `hookline oauth connect` waits for.")
            return
        self.server.consent = consent
        said = "HighLevel sent no code" if consent.denied else "Hookline has the code"
        self._answer(HTTPStatus.OK, f"{said}. Close this page and look at the terminal.")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as it is inherited
        """Say nothing: the address holds the code."""

    def _answer(self, status: HTTPStatus, text: str) -> None:
        body = PAGE.format(text).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
