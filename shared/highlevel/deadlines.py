"""
A network in which a whole call has one deadline.

httpx limits each read and write by itself, so an answer that trickles, in its headers too, would take for ever.
"""

import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import httpcore
import httpx

_ENDS: ContextVar[float] = ContextVar("ends")


@contextmanager
def ending_at(moment: float) -> Iterator[None]:
    """Let every wait of this thread on the network end at a moment of the monotonic clock."""
    token = _ENDS.set(moment)
    try:
        yield
    finally:
        _ENDS.reset(token)


def transport_with_deadlines(limits: httpx.Limits) -> httpx.HTTPTransport:
    """Return httpx's own transport on a network with deadlines."""
    transport = httpx.HTTPTransport()
    # httpx has no argument for the network (nor public access to the pool), httpcore has.
    transport._pool = httpcore.ConnectionPool(
        ssl_context=httpx.create_ssl_context(),
        max_connections=limits.max_connections,
        max_keepalive_connections=limits.max_keepalive_connections,
        keepalive_expiry=limits.keepalive_expiry,
        network_backend=_Network(),
    )
    return transport


class _Network(httpcore.NetworkBackend):
    def __init__(self) -> None:
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        wait = _left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._plain.connect_tcp(host, port, wait, local_address, socket_options))


class _Stream(httpcore.NetworkStream):
    def __init__(self, plain: httpcore.NetworkStream) -> None:
        self._plain = plain

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._plain.read(max_bytes, _left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._plain.write(buffer, _left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._plain.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        wait = _left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._plain.start_tls(ssl_context, server_hostname, wait))

    def get_extra_info(self, info: str) -> Any:
        return self._plain.get_extra_info(info)


def _left(timeout: float | None, late: type[Exception]) -> float | None:
    """Return how long a wait may take; raise when the deadline has passed."""
    ends = _ENDS.get(None)
    if ends is None:
        return timeout
    left = ends - time.monotonic()
    if left <= 0:
        raise late("the call's deadline has passed")
    return left if timeout is None else min(timeout, left)
