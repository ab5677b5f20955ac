"""Senders that are too slow, too large or too many, against real gunicorn processes."""

import json
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from functools import partial

import httpx
import pytest
from redis import Redis

from shared.journal import Journal
from tests.web.conftest import Gunicorn
from tests.web.server import TOKEN, Server

HURRIED = "--worker-class tests.web.hurried.HurriedWorker"
PATH = f"/hooks/contact/{TOKEN}"
HEAD = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n".encode()
SLOW = {
    "says nothing": b"",
    "a head without an end": HEAD,
    "a body without an end": HEAD + b"Content-Length: 1000\r\n\r\n{",
    "chunks without an end": HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
    "an answer that is never closed": b"GET / HTTP/1.0\r\n\r\n",
    "answers that are never read": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 2000,
}
OF_EACH = 20  # more in all than there are threads, whichever of the kinds holds one

Connect = Callable[[Server], socket.socket]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Return a function that opens a connection."""
    with ExitStack() as ending:

        def connected(server: Server) -> socket.socket:
            port = int(server.url.rpartition(":")[2])
            return ending.enter_context(socket.create_connection(("127.0.0.1", port), timeout=20))

        yield connected


def test_slow_senders_keep_nobody_waiting(gunicorn: Gunicorn, connect: Connect, journal: Journal) -> None:
    server = gunicorn().wait_until_it_answers()
    slow = [(connect(server), piece) for piece in SLOW.values() for _ in range(OF_EACH)]
    for connection, piece in slow:
        connection.setblocking(False)
        with suppress(BlockingIOError):
            connection.send(piece)

    with httpx.Client(base_url=server.url, timeout=4, trust_env=False) as http:
        answers = [post(http, number) for number in range(10)]

    assert [answer.status_code for answer in answers] == [200] * 10
    assert journal.ledger().accepted == 10


def test_a_request_that_takes_too_long_is_told_so(gunicorn: Gunicorn, connect: Connect) -> None:
    server = gunicorn(GUNICORN_CMD_ARGS=HURRIED).wait_until_it_answers()
    slow = {kind: connect(server) for kind in SLOW if "without an end" in kind}
    silent = connect(server)
    for kind, connection in slow.items():
        connection.sendall(SLOW[kind])

    answers = [read_to_the_end(connection).partition(b"\r\n")[0] for connection in slow.values()]

    assert answers == [b"HTTP/1.1 408 Request Timeout"] * 3
    assert read_to_the_end(silent) == b""


def test_what_is_too_large_or_packed_is_refused(gunicorn: Gunicorn, connect: Connect) -> None:
    server = gunicorn().wait_until_it_answers()

    def status(sent: bytes) -> int:
        connection = connect(server)
        connection.sendall(sent)
        return int(connection.recv(4096).split()[1])

    assert status(HEAD + b"X: " + b"y" * 70_000) == 431
    assert status(HEAD + b"Content-Length: 1000000000\r\n\r\n{") == 413
    assert status(HEAD + b"Content-Length: 2000000\r\n\r\n" + b"x" * 2_000_000) == 413  # more than its form allows
    assert status(HEAD + b"Transfer-Encoding: chunked\r\n\r\nffffffff\r\n" + b"x" * 12_000_000) == 413
    assert status(HEAD + b"Content-Length: 5\r\nContent-Encoding: gzip\r\n\r\nhello") == 415


def test_a_sender_that_waits_for_a_go_ahead_gets_one(gunicorn: Gunicorn, connect: Connect) -> None:
    connection = connect(gunicorn().wait_until_it_answers())
    connection.sendall(HEAD + b"Content-Length: 9\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n")

    assert connection.recv(4096) == b"HTTP/1.1 100 Continue\r\n\r\n"
    connection.sendall(b'{"a": 12}')
    assert b"HTTP/1.1 200 OK\r\n" in read_to_the_end(connection)


def test_requests_on_one_connection_are_answered_in_their_order(
    gunicorn: Gunicorn, connect: Connect, journal: Journal
) -> None:
    connection = connect(gunicorn().wait_until_it_answers())
    requests = [HEAD + f'Content-Length: 9\r\n\r\n{{"a": 1{number}}}'.encode() for number in range(3)]
    requests.append(HEAD + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n9\r\n" + b'{"a": 20}\r\n0\r\n\r\n')
    everything = b"".join(requests)
    for at in range(0, len(everything), 100):  # no piece ends where a request does
        connection.sendall(everything[at : at + 100])

    answers = [
        json.loads(part.partition(b"\r\n\r\n")[2]) for part in read_to_the_end(connection).split(b"HTTP/1.1 ")[1:]
    ]

    assert [answer["status"] for answer in answers] == ["accepted"] * 4
    stamps = [record.accepted_at for answer in answers if (record := journal.find(answer["id"]))]
    assert stamps == sorted(stamps)


def test_a_body_is_not_taken_for_the_next_request(gunicorn: Gunicorn, connect: Connect) -> None:
    connection = connect(gunicorn().wait_until_it_answers())
    body = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    head = HEAD + f"Content-Length: {len(body):025}\r\n".encode()
    connection.sendall(head + b"Expect: 100-continue\r\n\r\n")
    connection.recv(4096)  # whatever it is: the head has been looked at by itself
    connection.sendall(body)
    connection.shutdown(socket.SHUT_WR)

    assert b"HTTP/1.1 200" not in read_to_the_end(connection)


def test_who_sends_many_requests_in_one_go_fills_no_memory(gunicorn: Gunicorn, connect: Connect) -> None:
    connection = connect(gunicorn(GUNICORN_CMD_ARGS=HURRIED).wait_until_it_answers())
    one = b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 2000
    requests = [*[one + b"\r\n\r\n"] * 300, one + b"\r\nConnection: close\r\n\r\n"]

    with ThreadPoolExecutor(1) as sender:
        sender.submit(connection.sendall, b"".join(requests))
        answers = read_to_the_end(connection)

    assert answers.count(b"HTTP/1.1 200 OK\r\n") == len(requests)


def test_half_a_body_is_refused_when_its_sender_hangs_up(
    gunicorn: Gunicorn, connect: Connect, journal: Journal
) -> None:
    connection = connect(gunicorn().wait_until_it_answers())
    connection.sendall(HEAD + b'Content-Length: 100\r\n\r\n{"a": 1}')
    connection.shutdown(socket.SHUT_WR)

    assert read_to_the_end(connection).startswith(b"HTTP/1.1 400 ")
    assert journal.ledger().accepted == 0


def test_who_finds_all_threads_busy_is_told_to_come_again_and_then_accepted_once(
    gunicorn: Gunicorn, redis: Redis, journal: Journal
) -> None:
    server = gunicorn(GUNICORN_CMD_ARGS=HURRIED).wait_until_it_answers()
    redis.client_pause(1500, all=False)  # whoever writes waits, and so does the thread

    with httpx.Client(base_url=server.url, timeout=20, trust_env=False) as http, ThreadPoolExecutor(60) as clients:
        answers = list(clients.map(partial(post, http), range(60)))
        turned_away = {number: answer for number, answer in enumerate(answers) if answer.status_code != 200}
        again = [post(http, number) for number in turned_away]

    assert {(answer.status_code, answer.headers["Retry-After"]) for answer in turned_away.values()} == {(503, "30")}
    assert {answer.json()["status"] for answer in again} == {"accepted"}
    assert journal.ledger().accepted == 60


def post(http: httpx.Client, number: int) -> httpx.Response:
    return http.post(PATH, json={"id": f"lead-{number}", "email": f"p{number}@example.com"})


def read_to_the_end(connection: socket.socket) -> bytes:
    pieces = []
    while piece := connection.recv(4096):
        pieces.append(piece)
    return b"".join(pieces)
