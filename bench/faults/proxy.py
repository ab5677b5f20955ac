"""A wire that can be spoilt: a TCP proxy between our processes and Redis, or HighLevel."""

import asyncio
import random
import socket
import struct
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from contextlib import suppress
from enum import Enum, auto
from typing import Any, TypeVar

from shared.local_redis import free_port

T = TypeVar("T")

CHUNK_BYTES = 64 * 1024
LATENCY_SECONDS = 0.1
DRIP_SECONDS = 0.1
DRIP_BYTES = 4
CLOSE_WITH_RESET = struct.pack("ii", 1, 0)  # SO_LINGER on, with no time to linger


class Mode(Enum):
    """What the wire does to what passes."""

    PASS = auto()
    SLOW = auto()  # each answer comes late
    SILENT = auto()  # half-open: what is sent arrives nowhere, and nobody says so, even after the fault
    CUT = auto()  # the connection is reset in the middle of an answer
    DRIP = auto()  # an answer comes a few bytes at a time


class Link:
    """One connection through the proxy."""

    def __init__(self, client: asyncio.StreamWriter, server: asyncio.StreamWriter) -> None:
        self.ends = (client, server)
        self.is_dead = False

    def reset(self) -> None:
        """Break both ends as a crash or a firewall does."""
        for end in self.ends:
            connection: socket.socket | None = end.get_extra_info("socket")
            if connection is not None:
                with suppress(OSError):  # closed already
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, CLOSE_WITH_RESET)
            end.transport.abort()


class Proxy:
    """
    Listens on a free port and passes bytes to `target`, which may change.

    Each answer takes `latency` seconds; `share` of them suffers while the wire is CUT or DRIPs. `spoilt` counts what
    has suffered: answers, connections that were reset or led nowhere, and what was sent in vain.
    """

    def __init__(self, target: int, seed: int = 0, latency: float = 0.0, share: float = 0.2) -> None:
        self.port = free_port()
        self.target = target
        self.mode = Mode.PASS
        self.spoilt = 0
        self._latency = latency
        self._share = share
        self._random = random.Random(seed)
        self._links: set[Link] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)

    def start(self) -> "Proxy":
        """Listen."""
        self._thread.start()
        self._do(self._listen())
        return self

    def stop(self) -> None:
        """Break what is connected and listen no more."""
        self._do(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def switch(self, mode: Mode) -> None:
        """Treat the wire otherwise from now on."""
        self._do(self._switch(mode))

    def reset(self) -> None:
        """Reset every connection that there is."""
        self._do(self._reset())

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        future: Future[T] = asyncio.run_coroutine_threadsafe(work, self._loop)
        return future.result()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def _close(self) -> None:
        self._server.close()
        await self._reset()
        while others := asyncio.all_tasks() - {asyncio.current_task()}:
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)
        await asyncio.sleep(0)  # what was reset is closed in the next turn of the loop

    async def _switch(self, mode: Mode) -> None:
        self.mode = mode
        if mode is Mode.SILENT:
            for link in self._links:
                link.is_dead = True

    async def _reset(self) -> None:
        links = [*self._links]
        for link in links:
            link.reset()
        self.spoilt += len(links)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            answers, server = await asyncio.open_connection("127.0.0.1", self.target)
        except (OSError, asyncio.CancelledError):  # nobody listens there, or all is over
            writer.transport.abort()
            self.spoilt += 1
            return
        link = Link(writer, server)
        link.is_dead = self.mode is Mode.SILENT
        self._links.add(link)
        try:
            await asyncio.gather(self._pass(link, reader, server), self._answer(link, answers, writer))
        except (OSError, asyncio.CancelledError):
            link.reset()  # one end went, so the other goes
        finally:
            self._links.discard(link)

    async def _pass(self, link: Link, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(CHUNK_BYTES):
            if link.is_dead:
                self.spoilt += 1
                continue
            writer.write(chunk)
            await writer.drain()
        writer.close()

    async def _answer(self, link: Link, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(CHUNK_BYTES):
            if not link.is_dead:
                await self._spoil(link, chunk, writer)
        writer.close()

    async def _spoil(self, link: Link, chunk: bytes, writer: asyncio.StreamWriter) -> None:
        mode = self.mode if self.mode is Mode.SLOW or self._random.random() < self._share else Mode.PASS
        self.spoilt += mode is not Mode.PASS
        await asyncio.sleep(LATENCY_SECONDS if mode is Mode.SLOW else self._latency)
        if mode is Mode.DRIP:
            await self._drip(chunk, writer)
            return
        writer.write(chunk[: len(chunk) // 2] if mode is Mode.CUT else chunk)
        await writer.drain()
        if mode is Mode.CUT:
            await asyncio.sleep(0)  # so that the half leaves before the reset
            link.reset()

    async def _drip(self, chunk: bytes, writer: asyncio.StreamWriter) -> None:
        for start in range(0, len(chunk), DRIP_BYTES):
            writer.write(chunk[start : start + DRIP_BYTES])
            await writer.drain()
            if self.mode is Mode.DRIP:
                await asyncio.sleep(DRIP_SECONDS)
