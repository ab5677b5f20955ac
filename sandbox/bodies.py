"""The JSON body of a request, as HighLevel's server reads it."""

from typing import Any

from flask import request
from werkzeug.exceptions import BadRequest as UnreadableBody

from sandbox.checks import Body
from sandbox.refusals import BadRequest


def json_body() -> Body:
    """Return the JSON object that was sent."""
    if not request.is_json:  # a body of another type is not read, as with Express
        return {}
    try:
        body: Any = request.get_json()
    except UnreadableBody as error:
        raise BadRequest("Unexpected token in JSON") from error
    if not isinstance(body, dict):
        raise BadRequest("The body is not a JSON object")
    return body
