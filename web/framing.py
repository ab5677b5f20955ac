"""How much of a request has come: only where it ends is decided here, what it is worth says the server's parser."""

import re
import sys
from dataclasses import dataclass, field
from enum import Enum, auto

HEAD_END = b"\r\n\r\n"
# A platform's router allows as much, and form builders send a hundredth of it.
MOST_HEAD_BYTES = 64 * 1024
# A form may allow 10 MiB at most; a body in chunks has the lines between them on top.
MOST_BODY_BYTES = 11 * 1024 * 1024
MOST_CHUNK_LINE_BYTES = 256

# Python turns no more than 4,300 digits into a number, and nobody needs that many.
LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)[ \t]*\r\n", re.IGNORECASE)
MOST_DIGITS = 18
CHUNKED = re.compile(rb"\r\ntransfer-encoding:", re.IGNORECASE)
GO_AHEAD = re.compile(rb"\r\nexpect:[ \t]*100-continue", re.IGNORECASE)


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
            body = _length(self._head)
            is_whole, is_long = len(self.data) >= self._body_at + body, body > MOST_BODY_BYTES
        if is_long:
            return Progress.LONG_BODY
        return Progress.WHOLE if is_whole else Progress.MORE

    @property
    def waits_for_us(self) -> bool:
        """Say whether its sender sends the body only when it is told to go ahead."""
        is_at_the_body = 0 < self._body_at == len(self.data)
        return is_at_the_body and _speaks_http_1_1(self._head) and bool(GO_AHEAD.search(self._head))

    def _find_head(self) -> bool:
        end = self.data.find(HEAD_END, self._searched)
        self._searched = max(0, len(self.data) - len(HEAD_END) + 1)
        if end < 0:
            return False
        self._body_at = self._next_chunk = self._searched = end + len(HEAD_END)
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
                return self._has_trailer(end)
            self._next_chunk = end + 2 + size + 2
        return False

    def _has_trailer(self, begin: int) -> bool:
        begin = max(begin, self._searched)
        if self.data.find(HEAD_END, begin) >= 0:
            return True
        self._searched = max(begin, len(self.data) - len(HEAD_END) + 1)
        return False


def _length(head: bytes) -> int:
    found = LENGTH.search(head)
    digits = found[1].lstrip(b"0") if found else b""
    return int(digits or b"0") if len(digits) <= MOST_DIGITS else sys.maxsize


def _speaks_http_1_1(head: bytes) -> bool:
    return head.lstrip(b"\r\n").partition(b"\r\n")[0].endswith(b" HTTP/1.1")
