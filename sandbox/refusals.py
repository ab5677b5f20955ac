"""
How HighLevel says no:

* Refused
  - BadRequest      400: a rule about the contact is broken
  - Unauthorized    401: token, scope, Version header or location
  - Forbidden       403: a token of another location
  - NotFound        404: no such path
  - Unprocessable   422: the body has the wrong shape; the message is a list
"""

from typing import Any, ClassVar
from uuid import uuid4


class Refused(Exception):
    """A call that HighLevel refuses."""

    status: ClassVar[int]
    error: ClassVar[str]

    def __init__(self, message: str | list[str], meta: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.meta = meta

    def body(self) -> dict[str, Any]:
        """Return the error as HighLevel writes it."""
        body: dict[str, Any] = {"statusCode": self.status, "message": self.message, "error": self.error}
        if self.meta:
            body["meta"] = self.meta
        return body | {"traceId": str(uuid4())}


class BadRequest(Refused):
    status = 400
    error = "Bad Request"


class Unauthorized(Refused):
    status = 401
    error = "Unauthorized"


class Forbidden(Refused):
    status = 403
    error = "Forbidden"


class NotFound(Refused):
    status = 404
    error = "Not Found"

    def body(self) -> dict[str, Any]:
        """Return the error as HighLevel's router writes it."""
        return {"message": self.message, "error": self.error, "statusCode": self.status}


class Unprocessable(Refused):
    status = 422
    error = "Unprocessable Entity"
