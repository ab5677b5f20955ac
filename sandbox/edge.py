"""What stands in front of the API: tokens, the rate limit, faults, and the log of calls."""

import os
import re
import socket
import struct
from collections.abc import Iterable
from io import BytesIO
from typing import TYPE_CHECKING, Any

from flask import json
from werkzeug.wrappers import Request, Response

from sandbox.calls import Call
from sandbox.faults import Arrival, Fault, PlannedFault, emails_of
from sandbox.refusals import Refused
from sandbox.scopes import scope_of
from sandbox.state import State
from sandbox.tokens import bearer

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

CONTROL_PATH = "/_sandbox"
CALL_KEY = "sandbox.call"  # where the API finds the call that it answers
V1_PATH = re.compile(r"(?:/[^/]+)?/v1(?=/(?:contacts|custom-fields)\b)")
OAUTH_PATH = re.compile(r"(?:/v2)?/oauth/")
CONTACT_PATH = re.compile(r"/contacts/([^/]+)")
LOCATION_PATH = re.compile(r"/locations/([^/]+)")
V1_UNAUTHORIZED = {"msg": "Unauthorized"}
TOO_MANY = {"statusCode": 429, "message": "Too Many Requests"}
CLOSE_WITH_RESET = struct.pack("ii", 1, 0)  # SO_LINGER on, with no time to linger


class Edge:
    """The gateway before the API; the page and the control endpoints pass untouched."""

    def __init__(self, app: "WSGIApplication", state: State) -> None:
        self._app = app
        self._state = state

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        request = _buffered(environ)
        if request.path == "/" or request.path.startswith(CONTROL_PATH):
            response = self._carry_out(environ)
        else:
            response = self._answer(request)
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        with self._state.lock:
            visit = Visit(request, self._state)
            # 1. Who calls, and is there room?  2. Is something to go wrong?  3. Carry it out.
            refusal = visit.refusal()
            planned = None if refusal else visit.take_fault()
            response = refusal or self._respond(request, planned)
            if visit.is_limited and not (planned and planned.fault.without_rate_headers):
                response.headers.extend(self._state.limits.headers(visit.caller, self._state.clock()))
        if planned:
            self._suffer(planned.fault, response, request, visit)
        visit.close(response.status_code)
        return response

    def _respond(self, request: Request, planned: PlannedFault | None) -> Response:
        if planned is None:
            return self._carry_out(request.environ)
        fault = planned.fault
        if fault.replaces_answer and not fault.after_write:
            return fault.answer()
        if fault.drop_field:
            _drop_field(request, fault.drop_field)
        response = self._carry_out(request.environ)
        return fault.answer() if fault.replaces_answer else response

    def _carry_out(self, environ: "WSGIEnvironment") -> Response:
        with self._state.lock:
            return Response.from_app(self._app, environ, buffered=True)

    def _suffer(self, fault: Fault, response: Response, request: Request, visit: "Visit") -> None:
        response.headers.update(fault.headers)
        if fault.delay_ms:
            self._state.wait(fault.delay_ms / 1000)
        if fault.reset:
            visit.close(None)
            _reset_connection(request.environ)


class Visit:
    """One call on its way through the edge."""

    def __init__(self, request: Request, state: State) -> None:
        self._request = request
        self._state = state
        self._body = _json_object(request.get_data())
        self._is_v1 = V1_PATH.match(request.path) is not None
        # The tokens come from here: the caller has none yet, and the limit is for each token's location.
        self.is_limited = OAUTH_PATH.match(request.path) is None
        self._path = V1_PATH.sub("", request.path, count=1) if self._is_v1 else request.path
        named = CONTACT_PATH.match(self._path)
        self._contact = state.contacts.find(named[1]) if named else None
        self._token = bearer(request.headers.get("Authorization", ""))
        location = self._location()
        # A call that names no location is counted for its token: the real limit is for each app and location.
        self.caller = location or f"token {self._token}"
        contact_id = self._contact.id if self._contact else None
        self.call = Call(state.clock(), request.method, request.path, location, contact_id)
        state.calls.open(self.call)
        request.environ[CALL_KEY] = self.call

    def refusal(self) -> Response | None:
        """Return the answer to a caller without a good token, or with too many calls; None lets it pass."""
        if not self.is_limited:
            return None
        try:
            self._check_access()
        except Refused as error:
            return _json_answer(V1_UNAUTHORIZED if self._is_v1 else error.body(), error.status)
        if not self._state.limits.admit(self.caller, self.call.arrived):
            return _json_answer(TOO_MANY, 429)
        return None

    def take_fault(self) -> PlannedFault | None:
        email = self._contact.fields.get("email") if self._contact else None
        planned = self._state.faults.take(
            Arrival(
                method=self._request.method,
                path=self._request.path,
                body=self._request.get_data(as_text=True),
                location=self.call.location,
                emails=emails_of(self._body, email),
            )
        )
        self.call.fault = planned.id if planned else None
        return planned

    def close(self, status: int | None) -> None:
        with self._state.lock:
            self._state.calls.close(self.call, status, self._state.clock())

    def _check_access(self) -> None:
        access = self._state.access(self._token)
        if not self._is_v1:  # a key of v1 says itself which location is meant, and opens all of it
            access.check(scope_of(self._request.method, self._path), self.call.location)

    def _location(self) -> str | None:
        if self._is_v1:
            return self._state.v1_location(self._token)
        if self._contact:
            return self._contact.location_id
        if named := LOCATION_PATH.match(self._path):
            return named[1]
        sent = self._body.get("locationId") or self._request.args.get("locationId")
        return sent if isinstance(sent, str) else None


def _buffered(environ: "WSGIEnvironment") -> Request:
    request = Request(environ)
    _replace_body(environ, request.get_data())
    return request


def _replace_body(environ: "WSGIEnvironment", body: bytes) -> None:
    environ["wsgi.input"] = BytesIO(body)
    environ["CONTENT_LENGTH"] = str(len(body))
    environ.pop("HTTP_TRANSFER_ENCODING", None)


def _drop_field(request: Request, name: str) -> None:
    body = _json_object(request.get_data())
    if name in body:
        del body[name]
        _replace_body(request.environ, json.dumps(body).encode())


def _json_object(data: bytes) -> dict[str, Any]:
    try:
        body = json.loads(data) if data else {}
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _json_answer(body: dict[str, Any], status: int) -> Response:
    return Response(json.dumps(body), status, content_type="application/json")


def _reset_connection(environ: "WSGIEnvironment") -> None:
    connection: socket.socket | None = environ.get("werkzeug.socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, CLOSE_WITH_RESET)
        os.close(connection.detach())  # close() alone would wait for the streams that the server made of it
    raise ConnectionResetError("A fault resets this connection")
