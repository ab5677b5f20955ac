"""How much of a request has come: only where it ends is decided here, what it is worth says the server's parser."""

import re
from dataclasses import dataclass, field
from enum import Enum, auto

HEAD_END = b"\r\n\r\n"
# A platform's router allows as much, and form builders send a hundredth of it.
MOST_HEAD_BYTES = 64 * 1024
# A form may allow 10 MiB at most; a body in chunks has the lines between them on top.
MOST_BODY_BYTES = 11 * 1024 * 1024
MOST_CHUNK_LINE_BYTES = 256

LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,18})[ \t]*\r\n", re.IGNORECASE)
CHUNKED = re.compile(rb"\r\ntransfer-encoding:", re.IGNORECASE)
GO_AHEAD = re.compile(rb" HTTP/1\.1\r\n(?:.*\r\n)*expect:[ \t]*100-continue", re.IGNORECASE)


class Progress(Enum):
    """How far a request has come."""

    MORE = auto()  # there is more to come
    WHOLE = auto()  # it is all there, or what is there makes no sense
    LONG_HEAD = auto()
    LONG_BODY = auto()


@dataclass
class Incoming:
    """The bytes of one request so far, and of what its sender has sent after it."""

    data: bytearray = field(default_factory=bytearray)
    _head: bytes = b""
    _body_at: int = 0  # where the body begins, once the head is there
    _next_chunk: int = 0
    _searched: int = 0

    def add(self, piece: bytes) -> None:
        """Take what has come next."""
        self.data += piece

    def progress(self) -> Progress:
        """Say how far the request has come; what was looked at once is not looked at again."""
        if not self._body_at and not self._find_head():
            return Progress.LONG_HEAD if len(self.data) > MOST_HEAD_BYTES else Progress.MORE
        if CHUNKED.search(self._head):
            is_whole, is_long = self._has_last_chunk(), len(self.data) - self._body_at > MOST_BODY_BYTES
        else:
            length = LENGTH.search(self._head)
            body = int(length[1]) if length else 0
            is_whole, is_long = len(self.data) >= self._body_at + body, body > MOST_BODY_BYTES
        if is_long:
            return Progress.LONG_BODY
        return Progress.WHOLE if is_whole else Progress.MORE

    @property
    def waits_for_us(self) -> bool:
        """Say whether its sender sends the body only when it is told to go ahead."""
        return 0 < self._body_at == len(self.data) and bool(GO_AHEAD.search(self._head))

    def _find_head(self) -> bool:
        end = self.data.find(HEAD_END, self._searched)
        self._searched = max(0, len(self.data) - len(HEAD_END) + 1)
        if end < 0:
            return False
        self._body_at = self._next_chunk = end + len(HEAD_END)
        self._head = bytes(self.data[: self._body_at])
        return True

    def _has_last_chunk(self) -> bool:
        while self._next_chunk < len(self.data):
            end = self.data.find(b"\r\n", self._next_chunk)
            if end < 0:
                return len(self.data) - self._next_chunk > MOST_CHUNK_LINE_BYTES
            try:
                size = int(self.data[self._next_chunk : end].partition(b";")[0], 16)
            except ValueError:
                return True  # the parser refuses it
            if size <= 0:
                return HEAD_END in self.data[end:]
            self._next_chunk = end + 2 + size + 2
        return False
