"""Wires the sandbox together."""

import time
from collections.abc import Callable, Iterable, Mapping

from flask import Blueprint, Flask, Response, jsonify, request
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException

from sandbox.api import create_api
from sandbox.control import create_control
from sandbox.edge import Edge
from sandbox.limits import LimitSettings, Window
from sandbox.locations import LocationSettings
from sandbox.oauth_paths import create_oauth
from sandbox.pages import create_pages
from sandbox.refusals import NotFound, Refused
from sandbox.state import State, steady_clock
from sandbox.tokens import Token
from sandbox.v1 import create_v1


def create_app(
    *,
    window: Window = "sliding",
    max_requests: int = 100,
    interval_ms: int = 10_000,
    daily_limit: int = 200_000,
    tokens: Iterable[str | Token] | None = None,
    locations: Mapping[str, LocationSettings] | None = None,
    clock: Callable[[], float] = steady_clock,
    wait: Callable[[float], None] = time.sleep,
) -> Flask:
    """Return a local HighLevel; without tokens every bearer token is accepted."""
    state = State(
        limits=LimitSettings(
            window=window, max_requests=max_requests, interval_ms=interval_ms, daily_limit=daily_limit
        ),
        tokens=tokens,
        locations=locations,
        clock=clock,
        wait=wait,
    )
    app = Flask(__name__, static_url_path="/_sandbox/static")
    app.url_map.strict_slashes = False
    app.json.sort_keys = False  # type: ignore[attr-defined]
    for blueprint in (create_api(state), create_oauth(state), create_control(state), create_pages(state)):
        app.register_blueprint(blueprint)
    _add_v1(app, create_v1(state))
    _add_error_handlers(app)
    app.wsgi_app = Edge(app.wsgi_app, state)  # type: ignore[method-assign]
    return app


def _add_v1(app: Flask, v1: Blueprint) -> None:
    app.register_blueprint(v1, url_prefix="/v1")
    # Mirrors of v1 keep its paths behind a name of their own, such as /go-high-level/v1/contacts/.
    app.register_blueprint(v1, url_prefix="/<mirror>/v1", name="v1_behind_a_mirror")


def _add_error_handlers(app: Flask) -> None:
    @app.errorhandler(Refused)
    def refused(error: Refused) -> tuple[Response, int]:
        return jsonify(error.body()), error.status

    @app.errorhandler(404)
    @app.errorhandler(405)
    def no_such_path(_: HTTPException) -> tuple[Response, int]:
        missing = NotFound(f"Cannot {request.method} {request.full_path.removesuffix('?')}")
        return jsonify(missing.body()), missing.status

    @app.errorhandler(ValidationError)
    def wrong_control_body(error: ValidationError) -> tuple[Response, int]:
        faults = [f"{'.'.join(map(str, fault['loc'])) or 'body'}: {fault['msg']}" for fault in error.errors()]
        return jsonify(statusCode=422, message=faults, error="Unprocessable Entity"), 422

    @app.errorhandler(HTTPException)
    def other(error: HTTPException) -> tuple[Response, int]:
        status = error.code or 500
        return jsonify(statusCode=status, message=error.description, error=error.name), status
