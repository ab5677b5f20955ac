import pytest

from web.framing import MOST_BODY_BYTES, MOST_HEAD_BYTES, Incoming, Progress

HEAD = b"POST /hooks/contact HTTP/1.1\r\nHost: x\r\n"
LENGTH = HEAD + b"Content-Length: 5\r\n\r\n"
CHUNKED = HEAD + b"transfer-encoding: chunked\r\n\r\n"

WHOLE = {
    "without a body": HEAD + b"\r\n",
    "with a length": LENGTH + b"hello",
    "with a length, oddly written": HEAD + b"CONTENT-LENGTH:\t 5 \r\nX: y\r\n\r\nhello",
    "with a length, in very many digits": HEAD + b"Content-Length: 0000000000000000000005\r\n\r\nhello",
    "in chunks": CHUNKED + b"5\r\nhello\r\n1;name=value\r\n!\r\n0\r\n\r\n",
    "in chunks with a trailer": CHUNKED + b"5\r\nhello\r\n000\r\nX-Sum: 1\r\n\r\n",
    "in chunks that look like an end": CHUNKED + b"9\r\n\r\n0\r\n\r\n__\r\n0\r\n\r\n",
}
SENSELESS = {
    "a chunk of no size": CHUNKED + b"hello\r\n",
    "a chunk of negative size": CHUNKED + b"-5\r\n\r\n",
    "a chunk whose size never ends": CHUNKED + b"0" * 300,
}


@pytest.mark.parametrize("request_bytes", WHOLE.values(), ids=WHOLE)
def test_a_request_is_whole_with_its_last_byte_and_not_before(request_bytes: bytes) -> None:
    incoming = Incoming()
    seen = []
    for at in range(len(request_bytes)):
        incoming.add(request_bytes[at : at + 1])
        seen.append(incoming.progress())

    assert set(seen[:-1]) == {Progress.MORE}
    assert seen[-1] is Progress.WHOLE
    assert incoming.progress() is Progress.WHOLE  # whoever asks again hears the same


@pytest.mark.parametrize("request_bytes", WHOLE.values(), ids=WHOLE)
def test_what_comes_after_a_request_changes_nothing(request_bytes: bytes) -> None:
    assert Incoming(bytearray(request_bytes + HEAD)).progress() is Progress.WHOLE


@pytest.mark.parametrize("request_bytes", SENSELESS.values(), ids=SENSELESS)
def test_what_makes_no_sense_is_left_to_the_parser(request_bytes: bytes) -> None:
    assert Incoming(bytearray(request_bytes)).progress() is Progress.WHOLE


@pytest.mark.parametrize(
    ("request_bytes", "progress"),
    [
        (HEAD + b"X: " + b"y" * MOST_HEAD_BYTES, Progress.LONG_HEAD),
        (HEAD + f"Content-Length: {MOST_BODY_BYTES + 1}\r\n\r\n".encode(), Progress.LONG_BODY),
        (HEAD + f"Content-Length: {'9' * 18}\r\n\r\n".encode(), Progress.LONG_BODY),
        (HEAD + f"Content-Length: {'9' * 5000}\r\n\r\n".encode(), Progress.LONG_BODY),
        (CHUNKED + b"ffffffff\r\n" + b"x" * MOST_BODY_BYTES, Progress.LONG_BODY),
    ],
)
def test_what_is_too_large_is_told_before_it_is_there(request_bytes: bytes, progress: Progress) -> None:
    assert Incoming(bytearray(request_bytes)).progress() is progress


@pytest.mark.parametrize(
    ("request_bytes", "waits"),
    [
        (LENGTH.replace(b"Host", b"Expect: 100-Continue\r\nHost"), True),
        (LENGTH.replace(b"Host", b"Expect: 100-continue\r\nHost") + b"h", False),
        (LENGTH.replace(b"Host", b"Expect: 100-continue\r\nHost").replace(b"HTTP/1.1", b"HTTP/1.0"), False),
        (LENGTH.replace(b"1.1", b"1.0").replace(b"Host", b"X: HTTP/1.1\r\nExpect: 100-continue\r\nHost"), False),
        (LENGTH, False),
    ],
)
def test_a_sender_that_waits_for_us_says_so(request_bytes: bytes, waits: bool) -> None:
    incoming = Incoming(bytearray(request_bytes))

    assert incoming.progress() is Progress.MORE
    assert incoming.waits_for_us is waits
