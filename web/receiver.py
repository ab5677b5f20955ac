"""
Receives webhooks: prove, read, store, answer.

A submission is in the journal before its sender hears 200. Refusals tell a stranger nothing: an unknown form and a
wrong proof get the same answer. What is refused for its proof or its body is kept in the quarantine.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from urllib.parse import parse_qsl, urlencode

from flask import Blueprint, Request, Response, request
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as NoAnswer
from werkzeug.exceptions import HTTPException

from shared import intake
from shared.config import MAX_BODY_BYTES, Config, Form
from shared.journal import Job, Journal, Receipt, Submission
from shared.logs import event
from shared.providers import UnreadableBody
from shared.providers.signatures import SignatureScheme, problem
from shared.quarantine import Quarantine, Refused
from shared.settings import Settings
from web.answers import error_answer, failed, json_answer, refused
from web.incoming import read_body
from web.memory import Memory
from web.proofs import Sent, is_allowed, wrong_proof
from web.redaction import without_token

RETRY_SECONDS = 3.0
RETRY_PAUSE_SECONDS = 0.1
RETRY_AFTER_SECONDS = 30
UNAUTHORIZED = "not authorized"
FORM_POSTS = ("application/x-www-form-urlencoded", "multipart/form-data")
STRANGER = SignatureScheme(header="X-Signature")


class Full(Exception):
    """Redis has room for deliveries only."""


@dataclass(frozen=True)
class Arrival:
    """A request to a form that we know; `kept_body` is its body without the form's secret."""

    name: str
    form: Form
    request: Request
    body: bytes
    kept_body: bytes
    content_type: str
    now: float


@dataclass(frozen=True)
class Receiver:
    """What receiving needs; `enqueue` has wake-ups published and never fails, `clock` and `sleep` are for tests."""

    config: Config
    settings: Settings
    journal: Journal
    quarantine: Quarantine
    memory: Memory
    enqueue: Callable[[list[Job]], None]
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep

    def blueprint(self) -> Blueprint:
        """Return the routes under /hooks."""
        routes = Blueprint("hooks", __name__)
        # An unknown place is refused like an unknown form, never with 404.
        for rule in ("/hooks/<path:place>", "/hooks/", "/hooks"):
            routes.add_url_rule(rule, "receive", self.receive, methods=["POST"], provide_automatic_options=False)
            routes.add_url_rule(rule, "greet", greet, methods=["GET"], provide_automatic_options=False)
            routes.add_url_rule(rule, "preflight", self.preflight, methods=["OPTIONS"], provide_automatic_options=False)
        routes.register_error_handler(HTTPException, error_answer)
        routes.register_error_handler(Exception, self._failed)
        return routes

    def receive(self, place: str = "") -> Response:
        """Answer a POST to a form."""
        name, _, token = place.strip("/").partition("/")
        form = self.config.forms.get(name)
        body = read_body(request, form.max_body if form else MAX_BODY_BYTES)
        content_type = request.headers.get("Content-Type", "")
        sent = Sent(request.headers, token or request.args.get("token", ""), body, content_type, self.clock())
        if form is None:
            return _stranger(sent)
        kept_body = without_token(form.body_token, body, content_type)
        arrival = Arrival(name, form, request, body, kept_body, content_type, sent.at)
        if cause := wrong_proof(form, sent):
            return self._refuse(arrival, 401, UNAUTHORIZED, cause)
        return _shared_with_origin(form, self._read(arrival))

    def preflight(self, place: str = "") -> Response:
        """Tell a browser whether a page of its origin may post."""
        form = self.config.forms.get(place.strip("/").partition("/")[0])
        answer = Response("", 200)
        if form and is_allowed(form, request.headers.get("Origin", "")):
            _shared_with_origin(form, answer)
            answer.headers["Access-Control-Allow-Methods"] = "POST"
            answer.headers["Access-Control-Allow-Headers"] = "Content-Type, Idempotency-Key"
            answer.headers["Access-Control-Max-Age"] = "600"
        return answer

    def _read(self, arrival: Arrival) -> Response:
        try:
            reading = intake.read(arrival.form, arrival.kept_body, arrival.content_type)
        except UnreadableBody as error:
            return self._refuse(arrival, 400, str(error), "unreadable body")
        if reading and reading.ignored:
            event("ignored", form=arrival.name, cause=reading.ignored)
            return json_answer(200, {"id": None, "status": "ignored"})
        if intake.fell_for_honeypot(arrival.form, reading):
            event("ignored", form=arrival.name, cause="honeypot")
            return self._quarantined(arrival, "honeypot", self._thanks(arrival, None, "ignored"))
        submission = intake.to_submission(
            arrival.name,
            arrival.form,
            reading,
            arrival.kept_body,
            arrival.content_type,
            request.headers,
            self.settings,
            arrival.now,
        )
        return self._accept(arrival, submission)

    def _accept(self, arrival: Arrival, submission: Submission) -> Response:
        try:
            receipt = persistently(partial(self._store, submission), self.clock, self.sleep)
        except (Full, RedisError) as error:
            # Not stored, or not known to be: the sender is told, and may send it again under the same key.
            event("unavailable", logging.ERROR, form=arrival.name, error=type(error).__name__)
            return unavailable(arrival.form.unavailable_status)
        status = "accepted" if receipt.is_new else "duplicate"
        event(status, form=arrival.name, submission=receipt.id)
        answer = self._thanks(arrival, receipt.id, status)
        if receipt.jobs:
            answer.call_on_close(partial(self.enqueue, receipt.jobs))
        return answer

    def _store(self, submission: Submission) -> Receipt:
        self._make_sure_of_room()
        return self.journal.accept(submission)

    def _make_sure_of_room(self) -> None:
        if self.memory.is_full():
            raise Full

    def _thanks(self, arrival: Arrival, submission_id: str | None, status: str) -> Response:
        if arrival.form.redirect and arrival.request.mimetype in FORM_POSTS:
            return Response("", 303, {"Location": arrival.form.redirect})
        return json_answer(arrival.form.accepted_status, {"id": submission_id, "status": status})

    def _refuse(self, arrival: Arrival, status: int, problem: str, cause: str) -> Response:
        event("refused", logging.WARNING, form=arrival.name, status=status, cause=cause)
        return self._quarantined(arrival, cause, refused(status, problem))

    def _quarantined(self, arrival: Arrival, cause: str, answer: Response) -> Response:
        # Kept once the answer has gone out, so that its time does not tell a known form from an unknown one.
        kept = Refused(
            form=arrival.name,
            cause=cause,
            method=arrival.request.method,
            query=_without_token(arrival.request.query_string),
            headers=dict(arrival.request.headers),
            content_type=arrival.content_type,
            body=arrival.kept_body,
        )
        answer.call_on_close(partial(self._keep, kept, arrival.now))
        return answer

    def _keep(self, refused: Refused, now: float) -> None:
        try:
            self._make_sure_of_room()
            request_id, dropped = self.quarantine.keep(refused, now)
        except (Full, RedisError) as error:
            event("quarantine_failed", logging.ERROR, form=refused.form, error=type(error).__name__)
            return
        event("quarantined", form=refused.form, request=request_id, cause=refused.cause)
        if dropped:
            event("quarantine_dropped", logging.WARNING, form=refused.form, requests=dropped)

    def _failed(self, error: Exception) -> Response:
        """Answer a fault of ours: the sender is told to come again, which a 500 does not say."""
        failed(error)
        return unavailable(503)


def greet(**_: str) -> Response:
    """Answer a probe or a handshake; every place answers alike."""
    return Response("Hookline takes form submissions here, by POST.\n", mimetype="text/plain")


def persistently(accept: Callable[[], Receipt], clock: Callable[[], float], sleep: Callable[[float], None]) -> Receipt:
    """Call again while the connection to Redis is lost, for a few seconds; accepting twice stores once."""
    deadline = clock() + RETRY_SECONDS
    while True:
        try:
            return accept()
        except (NoConnection, NoAnswer):
            if clock() >= deadline:
                raise
            sleep(RETRY_PAUSE_SECONDS)


def unavailable(status: int) -> Response:
    """Return the answer that tells a sender to come again."""
    answer = refused(status, "not stored; send it again")
    answer.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return answer


def _stranger(sent: Sent) -> Response:
    # The hash takes about as long as a proof would, and the form's name, which may be anything, is not logged.
    problem(STRANGER, ["stranger"], {"X-Signature": "stranger"}, sent.body, sent.at)
    event("refused", logging.WARNING, status=401, cause="unknown form")
    return refused(401, UNAUTHORIZED)


def _shared_with_origin(form: Form, answer: Response) -> Response:
    origin = request.headers.get("Origin", "")
    if origin and is_allowed(form, origin):
        answer.headers["Access-Control-Allow-Origin"] = origin
        answer.headers["Vary"] = "Origin"
    return answer


def _without_token(query: bytes) -> str:
    pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    return urlencode([(name, value) for name, value in pairs if name != "token"])
