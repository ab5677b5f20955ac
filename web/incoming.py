"""A request as it came: its raw body, and never more of it than the form allows, and the address it was sent to."""

import re
from typing import NoReturn

from flask import Request
from werkzeug.exceptions import HTTPException

from web.answers import refused


def read_body(incoming: Request, limit: int) -> bytes:
    """Return the raw body; one that is too large, or whose length nobody tells, ends in an HTTPException."""
    if incoming.headers.get("Content-Encoding", "").strip().lower() not in ("", "identity"):
        _refuse(415, "send the body without a Content-Encoding")
    length = incoming.content_length if incoming.environ.get("CONTENT_LENGTH") else None
    if length is None and not incoming.headers.get("Transfer-Encoding"):
        _refuse(411, "send a Content-Length")
    # A chunked body does not tell its length, so one byte more than allowed is asked for.
    body = b"" if (length or 0) > limit else _read(incoming, limit + 1)
    if max(length or 0, len(body)) > limit:
        _refuse(413, f"the body is larger than {limit} bytes")
    if length is not None and len(body) < length:  # the sender hung up: half a body may still look like a whole one
        _refuse(400, "the body ended early")
    return body


def address(incoming: Request, public_url: str) -> str:
    """Return the address that a request was sent to, by the one that we are known under."""
    # As it stands on the wire: what is signed is neither decoded nor encoded anew.
    target = incoming.environ.get("RAW_URI") or incoming.environ.get("REQUEST_URI") or incoming.full_path
    return public_url + re.sub(r"^https?://[^/]*", "", target)


def _read(incoming: Request, most: int) -> bytes:
    pieces, left = [], most
    try:
        while left and (piece := incoming.stream.read(left)):
            pieces.append(piece)
            left -= len(piece)
    except HTTPException:
        raise
    except Exception:  # each server has errors of its own for chunks that make no sense and senders that hang up
        _refuse(400, "the body could not be read to its end")
    return b"".join(pieces)


def _refuse(status: int, problem: str) -> NoReturn:
    raise HTTPException(problem, refused(status, problem))
