"""Small JSON answers, the errors among them."""

import json
from collections.abc import Mapping

from flask import Response
from pydantic import JsonValue
from werkzeug.exceptions import HTTPException

from shared.logs import failure


def json_answer(status: int, content: Mapping[str, JsonValue]) -> Response:
    """Return a JSON object as an answer."""
    return Response(json.dumps(content) + "\n", status, mimetype="application/json")


def refused(status: int, problem: str) -> Response:
    """Return the answer that says in a few words what is wrong with a request."""
    return json_answer(status, {"error": problem})


def error_answer(error: HTTPException) -> Response:
    """Return an HTTP error as JSON, for example a wrong path or method."""
    if isinstance(error.response, Response):
        return error.response
    answer = refused(error.code or 500, (error.name or "error").lower())
    kept = [(name, value) for name, value in error.get_headers() if name in ("Allow", "Retry-After")]
    answer.headers.extend(kept)
    return answer


def failed(error: Exception) -> Response:
    """Return the answer to a request that a fault of ours has ended, and log its type and where it happened."""
    failure("failed", error)
    return refused(500, "something went wrong here")
