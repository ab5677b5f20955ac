"""A threaded HTTP/1.1 server that keeps connections alive."""

import signal
from types import FrameType

from flask import Flask
from werkzeug.serving import BaseWSGIServer, ThreadedWSGIServer, WSGIRequestHandler
from werkzeug.test import run_wsgi_app

WRITE_BUFFER_BYTES = 64 * 1024


class QuietHandler(WSGIRequestHandler):
    """Answers any number of requests on one connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = WRITE_BUFFER_BYTES  # head and body leave in one packet

    def run_wsgi(self) -> None:
        # werkzeug's own closes the connection after each answer. This one may keep it, since the sandbox reads each
        # body to its end.
        if self.headers.get("Expect", "").lower().strip() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.wfile.flush()
        self.environ = self.make_environ()
        try:
            chunks, status, headers = run_wsgi_app(self.server.app, self.environ, buffered=True)
        except ConnectionResetError:  # a fault has closed the connection
            self.close_connection = True
            return
        self._send(b"".join(chunks), status, headers.to_wsgi_list())

    def _send(self, body: bytes, status: str, headers: list[tuple[str, str]]) -> None:
        code, _, phrase = status.partition(" ")
        # Not send_response: it would say that this is werkzeug, where an answer may say that it is from Cloudflare.
        self.log_request(code)
        self.send_response_only(int(code), phrase)
        self.send_header("Date", self.date_time_string())
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


class VerboseHandler(QuietHandler):
    """Logs each request."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        WSGIRequestHandler.log_request(self, code, size)


def create_server(app: Flask, host: str, port: int, *, verbose: bool = False) -> BaseWSGIServer:
    """Return a server that listens; port 0 takes a free one."""
    return ThreadedWSGIServer(host, port, app, VerboseHandler if verbose else QuietHandler)


def serve(server: BaseWSGIServer) -> None:
    """Serve until SIGTERM or SIGINT."""
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGINT, _interrupt)
    server.serve_forever()


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
