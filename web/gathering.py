"""
gunicorn's threads, which take a request only when all of it is there.

A thread that waits for a slow sender is lost to all others. Here the loop that accepts connections also reads from
them, without ever waiting for one: whoever is too slow or sends too much is turned away by it, and so is whoever would
have to wait too long for a thread.
"""

import json
import logging
import selectors
import socket
import struct
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any

from gunicorn.http import get_parser  # type: ignore[import-untyped]
from gunicorn.http.errors import NoMoreData  # type: ignore[import-untyped]
from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]

from shared.logs import event
from web.framing import Incoming, Progress

# Shorter than the time that a stopping process has, and generous: builders send a submission in one go.
REQUEST_SECONDS = 20.0
# After our answer, for its sender to take it: a connection that is closed with bytes unread is reset.
LEAVING_SECONDS = 2.0
# Nearly every request is whole by then; who is slower goes first when there are too many.
PROMPT_SECONDS = 1.0
# A sender that does not read its answer keeps a thread no longer.
SEND_SECONDS = 5
# WordPress builders wait 5 s: who has waited that long for a thread has hung up, or comes again.
MOST_WAITING_SECONDS = 5.0
MOST_WAITING = 200
MOST_HELD_BYTES = 64 * 1024 * 1024
PIECE_BYTES = 64 * 1024
# Kept free by turning away the slowest, so that the next sender can always be accepted.
SPARE_CONNECTIONS = 32
RETRY_AFTER_SECONDS = 30
TELL_SECONDS = 10.0

GO_AHEAD = b"HTTP/1.1 100 Continue\r\n\r\n"
EXCESSES = {
    Progress.LONG_HEAD: (HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "the headers are too large"),
    Progress.LONG_BODY: (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "the body is too large"),
}
SLOW = (HTTPStatus.REQUEST_TIMEOUT, "the request took too long to come")
BUSY = (HTTPStatus.SERVICE_UNAVAILABLE, "not stored; send it again")


@dataclass
class Gathering:
    """A connection that we read from, until then: a request, or what does not matter once its sender is to leave."""

    incoming: Incoming
    until: float
    is_told_to_go_ahead: bool = False
    is_leaving: bool = False


@dataclass
class Taken:
    """A whole request of that many bytes, which a thread has or is to have until then."""

    size: int
    until: float
    is_late: bool = False


class GatheringWorker(ThreadWorker):  # type: ignore[misc]
    """gunicorn's worker with threads; all but `handle` runs in the loop that accepts connections, and never waits."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._gathering: dict[Any, Gathering] = {}  # the oldest first
        self._taken: dict[Any, Taken] = {}
        self._turned_away: Counter[str] = Counter()
        self._told_at = time.monotonic()

    # What gunicorn calls ------------------------------------------------------------------------------------------

    def enqueue_req(self, conn: Any) -> None:
        """Gather the first or the next request of a connection, which mostly is there at once."""
        incoming = Incoming(bytearray(conn.parser.unreader.take_buffered() if conn.initialized else b""))
        if not conn.initialized:
            conn.initialized = True
            conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("@ll", SEND_SECONDS, 0))
        conn.sock.setblocking(False)
        # What its sender has sent ahead stays in the kernel until its turn comes.
        if incoming.progress() is not Progress.WHOLE:
            with suppress(OSError):  # nothing is there yet; if it is something worse, the next look tells
                incoming.add(conn.sock.recv(PIECE_BYTES))
        if incoming.progress() is Progress.WHOLE and not self._is_busy(incoming):
            self._take(conn, incoming)
            return
        self._gather(conn, Gathering(incoming, time.monotonic() + REQUEST_SECONDS))
        self._look_at(conn)

    def handle(self, conn: Any) -> bool:
        """Answer a request, in a thread; say whether its connection stays open."""
        taken = self._taken[conn]
        taken.is_late = time.monotonic() > taken.until
        return not taken.is_late and bool(super().handle(conn))

    def finish_request(self, conn: Any, done: "Future[bool]") -> None:
        """Wait for the next request of a connection, or for its sender to leave."""
        taken = self._taken.pop(conn)
        if not done.cancelled() and done.exception() is None and done.result():
            super().finish_request(conn, done)
            return
        if conn.sock.fileno() < 0:  # closed by gunicorn, when an answer broke off in its middle
            self.nr_conns -= 1
            return
        # gunicorn would wait for the sender here, and hear nobody else for up to 2 s.
        conn.sock.setblocking(False)
        self._gather(conn, Gathering(Incoming(), 0))
        if taken.is_late:
            self._turn_away(conn, "busy", *BUSY)
        else:
            self._let_leave(conn)

    def murder_pending(self) -> None:
        """Turn away who is too slow, and the slowest if there are too many, in each turn of the loop."""
        now = time.monotonic()
        for conn in [conn for conn, one in self._gathering.items() if one.until <= now]:
            self._expire(conn)
        while self._is_crowded() and (self._gathering or self.keepalived_conns):
            self._make_room()
        self._tell(now)

    # From the first byte to a thread ------------------------------------------------------------------------------

    def _gather(self, conn: Any, gathering: Gathering) -> None:
        self._gathering[conn] = gathering
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._read, conn))

    def _read(self, conn: Any, _socket: socket.socket) -> None:
        one = self._gathering[conn]
        try:
            piece = conn.sock.recv(PIECE_BYTES)
        except BlockingIOError:
            return
        except OSError:
            self._close(conn)
            return
        if piece and not one.is_leaving:
            one.incoming.add(piece)
            self._look_at(conn)
        elif not piece and one.incoming.data and not one.is_leaving:
            self._hand_over(conn)  # no more will come; what that means, the parser and the application say
        elif not piece:
            self._close(conn)

    def _look_at(self, conn: Any) -> None:
        one = self._gathering[conn]
        progress = one.incoming.progress()
        if progress is Progress.WHOLE:
            self._hand_over(conn)
        elif progress in EXCESSES:
            self._turn_away(conn, "too_large", *EXCESSES[progress])
        elif one.incoming.waits_for_us and not one.is_told_to_go_ahead:
            one.is_told_to_go_ahead = True
            self._send(conn, GO_AHEAD)

    def _hand_over(self, conn: Any) -> None:
        incoming = self._gathering[conn].incoming
        if self._is_busy(incoming):
            self._turn_away(conn, "busy", *BUSY)
        else:
            self._forget(conn)
            self._take(conn, incoming)

    def _is_busy(self, incoming: Incoming) -> bool:
        is_full = len(self._taken) >= self.cfg.threads + MOST_WAITING
        return is_full or self._taken_bytes() + len(incoming.data) > MOST_HELD_BYTES

    def _take(self, conn: Any, incoming: Incoming) -> None:
        conn.parser = get_parser(self.cfg, _only(bytes(incoming.data)), conn.client)
        self._taken[conn] = Taken(len(incoming.data), time.monotonic() + MOST_WAITING_SECONDS)
        super().enqueue_req(conn)

    # Who is not let in --------------------------------------------------------------------------------------------

    def _turn_away(self, conn: Any, cause: str, status: HTTPStatus, problem: str) -> None:
        self._turned_away[cause] += 1
        self._send(conn, _answer(status, problem))
        self._let_leave(conn)

    def _let_leave(self, conn: Any) -> None:
        """End our side of a connection, and read on for a while: one that is closed with bytes unread is reset."""
        one = self._gathering[conn]
        one.is_leaving, one.until = True, time.monotonic() + LEAVING_SECONDS
        one.incoming = Incoming()
        with suppress(OSError):  # its sender has closed it before
            conn.sock.shutdown(socket.SHUT_WR)

    def _expire(self, conn: Any) -> None:
        one = self._gathering[conn]
        if one.incoming.data:
            self._turn_away(conn, "slow", *SLOW)
        else:  # it has left, or has never said a word
            self._close(conn)

    def _make_room(self) -> None:
        """Close one connection: the slowest sender's, else the one that is idle for longest, else the oldest."""
        slowest = next(iter(self._gathering), None)
        if slowest is None or (self.keepalived_conns and not self._is_slow(slowest)):
            conn = self.keepalived_conns.popleft()
            self.poller.unregister(conn.sock)
            self._end(conn)
            return
        if self._gathering[slowest].incoming.data:
            self._turned_away["crowded_out"] += 1
            self._send(slowest, _answer(*SLOW))
        self._close(slowest)

    def _is_slow(self, conn: Any) -> bool:
        return self._gathering[conn].until < time.monotonic() + REQUEST_SECONDS - PROMPT_SECONDS

    def _send(self, conn: Any, data: bytes) -> None:
        with suppress(OSError):  # gone, or never reads: it is of no use to wait for either
            conn.sock.send(data)

    def _close(self, conn: Any) -> None:
        self._forget(conn)
        self._end(conn)

    def _forget(self, conn: Any) -> None:
        self.poller.unregister(conn.sock)
        del self._gathering[conn]

    def _end(self, conn: Any) -> None:
        self.nr_conns -= 1
        conn.close()

    def _is_crowded(self) -> bool:
        if self.nr_conns > self.worker_connections - SPARE_CONNECTIONS:
            return True
        return self._taken_bytes() + sum(len(one.incoming.data) for one in self._gathering.values()) > MOST_HELD_BYTES

    def _taken_bytes(self) -> int:
        return sum(taken.size for taken in self._taken.values())

    def _tell(self, now: float) -> None:
        if self._turned_away and now - self._told_at > TELL_SECONDS:
            event("turned_away", logging.WARNING, **self._turned_away)
            self._turned_away.clear()
            self._told_at = now


def _only(data: bytes) -> Iterator[bytes]:
    """Yield what the parser gets instead of the connection; where it wants more, the connection ends."""
    yield data
    # It would take a plain end for that of the body, and what comes later for the next request.
    raise NoMoreData


def _answer(status: HTTPStatus, problem: str) -> bytes:
    """Return an answer as it stands on the wire, after which the connection ends."""
    body = json.dumps({"error": problem}) + "\n"
    lines = [
        f"HTTP/1.1 {status.value} {status.phrase}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *([f"Retry-After: {RETRY_AFTER_SECONDS}"] if status == HTTPStatus.SERVICE_UNAVAILABLE else []),
        "Connection: close",
    ]
    return ("\r\n".join([*lines, "", ""]) + body).encode()
