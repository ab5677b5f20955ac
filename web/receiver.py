"""
Receives webhooks: prove, read, store, answer.

A submission is in the journal before its sender hears 200. Refusals tell a stranger nothing: an unknown form and a
wrong proof get the same answer. What is refused for its proof or its body is kept in the quarantine.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar
from urllib.parse import parse_qsl, urlencode

from flask import Blueprint, Request, Response, request
from pydantic import JsonValue
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as NoAnswer
from werkzeug.exceptions import HTTPException

from shared import intake
from shared.config import MAX_BODY_BYTES, Config, Form
from shared.fault_points import reach
from shared.intake import Part
from shared.journal import Accepted, Job, Journal, Receipt, Submission
from shared.logs import event
from shared.providers import UnreadableBody
from shared.providers.signatures import SignatureScheme, Signed, problem
from shared.quarantine import Quarantine, Refused
from shared.settings import Settings
from web.answers import error_answer, failed, json_answer, refused
from web.handshakes import answer_to, is_handshake
from web.incoming import address, read_body
from web.limits import Limit, network_of
from web.memory import Memory
from web.proofs import Sent, is_allowed, wrong_proof
from web.redaction import without_token

RETRY_SECONDS = 3.0
RETRY_PAUSE_SECONDS = 0.1
RETRY_AFTER_SECONDS = 30
NO_PROOF = "senders without a proof"
UNAUTHORIZED = "not authorized"
FORM_POSTS = ("application/x-www-form-urlencoded", "multipart/form-data")
STRANGER = SignatureScheme(header="X-Signature")
HONEYPOT = "honeypot"

T = TypeVar("T")
Item = dict[str, JsonValue]

IGNORED: Item = {"id": None, "status": "ignored"}


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
    forms: Limit = field(default_factory=Limit)
    addresses: Limit = field(default_factory=Limit)

    def blueprint(self) -> Blueprint:
        """Return the routes under /hooks."""
        routes = Blueprint("hooks", __name__)
        # An unknown place is refused like an unknown form, never with 404.
        for rule in ("/hooks/<path:place>", "/hooks/", "/hooks"):
            routes.add_url_rule(rule, "receive", self.receive, methods=["POST"], provide_automatic_options=False)
            routes.add_url_rule(rule, "greet", self.greet, methods=["GET"], provide_automatic_options=False)
            routes.add_url_rule(rule, "preflight", self.preflight, methods=["OPTIONS"], provide_automatic_options=False)
        routes.register_error_handler(HTTPException, error_answer)
        routes.register_error_handler(Exception, self._failed)
        return routes

    def receive(self, place: str = "") -> Response:
        """Answer a POST to a form."""
        name, _, token = place.strip("/").partition("/")
        form = self.config.forms.get(name)
        body = _body(name, form)
        content_type = request.headers.get("Content-Type", "")
        sent = Sent(
            request.headers,
            token or request.args.get("token", ""),
            body,
            content_type,
            self.clock(),
            request.method,
            address(request, self.settings.public_url),
        )
        if form is None:
            _take_as_long_as_a_proof(sent)
            return self._too_much_without_proof(429) or _stranger()
        kept_body = without_token(form.body_token, body, content_type)
        arrival = Arrival(name, form, request, body, kept_body, content_type, sent.at)
        if cause := wrong_proof(form, sent):
            return self._too_much_without_proof(429) or self._refuse(arrival, 401, UNAUTHORIZED, cause)
        return _shared_with_origin(form, self._too_much(arrival) or self._read(arrival))

    def greet(self, place: str = "") -> Response:
        """Answer a probe or a handshake; every place answers alike to those who do not know its verify token."""
        if not is_handshake(request.args):
            return Response("Hookline takes form submissions here, by POST.\n", mimetype="text/plain")
        name = place.strip("/").partition("/")[0]
        said = answer_to(self.config.forms.get(name), request.args)
        if said is None:
            event("refused", logging.WARNING, status=403, cause="handshake")
            return refused(403, UNAUTHORIZED)
        event("handshake", form=name)
        return Response(said, mimetype="text/plain", headers={"X-Content-Type-Options": "nosniff"})

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

    def _too_much(self, arrival: Arrival) -> Response | None:
        """Return the answer to a request over its form's limit, of which nothing is kept."""
        name, form = arrival.name, arrival.form
        # One visitor of a public page must not use up what is for all of them. A builder sends all from few addresses.
        if form.is_open and form.comes_from_browsers and (answer := self._too_much_without_proof(form.limited)):
            return answer
        most, setting = form.limit_per_minute, "limit_per_minute"
        if most is None:
            most, setting = self.settings.form_limit_per_minute if form.is_open else 0, "FORM_LIMIT_PER_MINUTE"
        seconds = self.forms.seconds_to_wait(name, most, arrival.now, name, setting)
        return unavailable(form.limited, seconds) if seconds else None

    def _too_much_without_proof(self, status: int) -> Response | None:
        """Return the answer to an address that sends too much without showing who it is; a proof is always heard."""
        most, sender = self.settings.address_limit_per_minute, network_of(request.remote_addr)
        seconds = self.addresses.seconds_to_wait(sender, most, self.clock(), NO_PROOF, "ADDRESS_LIMIT_PER_MINUTE")
        return unavailable(status, seconds) if seconds else None

    def _read(self, arrival: Arrival) -> Response:
        try:
            parts = intake.read(arrival.form, arrival.kept_body, arrival.content_type)
        except UnreadableBody as error:
            return self._refuse(arrival, 400, str(error), "unreadable body")
        causes = [_why_ignored(arrival.form, part) for part in parts]
        for cause in filter(None, causes):
            event("ignored", form=arrival.name, cause=cause)
        answer = self._accept(arrival, parts, causes)
        return self._quarantined(arrival, HONEYPOT, answer) if HONEYPOT in causes else answer

    def _accept(self, arrival: Arrival, parts: list[Part], causes: list[str]) -> Response:
        """Store what is not ignored, all of it or nothing, and say what became of each part of the request."""
        submissions = [self._submission(arrival, part) for part, cause in zip(parts, causes, strict=True) if not cause]
        try:
            accepted = persistently(partial(self._store, submissions), self.clock, self.sleep)
        except (Full, RedisError) as error:
            # Not stored, or not known to be: the sender is told, and may send it again under the same key.
            status = arrival.form.refusal
            event("not stored", logging.ERROR, form=arrival.name, answered=status, error=type(error).__name__)
            return unavailable(status)
        reach("accepted", arrival.name)
        stored = (_noted(arrival, receipt) for receipt in accepted.receipts)
        answer = self._thanks(arrival, [IGNORED if cause else next(stored) for cause in causes])
        if accepted.jobs:
            answer.call_on_close(partial(self.enqueue, accepted.jobs))
        return answer

    def _submission(self, arrival: Arrival, part: Part) -> Submission:
        return intake.to_submission(
            arrival.name,
            arrival.form,
            part,
            arrival.content_type,
            arrival.request.headers,
            self.settings,
            arrival.now,
        )

    def _store(self, submissions: list[Submission]) -> Accepted:
        if not submissions:
            return Accepted([], [])
        self._make_sure_of_room()
        return self.journal.accept(*submissions)

    def _make_sure_of_room(self) -> None:
        if self.memory.is_full():
            raise Full

    def _thanks(self, arrival: Arrival, items: list[Item]) -> Response:
        if arrival.form.redirect and arrival.request.mimetype in FORM_POSTS:
            return Response("", 303, {"Location": arrival.form.redirect})
        return json_answer(arrival.form.accepted_status, items[0] if len(items) == 1 else _summary(items))

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


def persistently(accept: Callable[[], T], clock: Callable[[], float], sleep: Callable[[float], None]) -> T:
    """Call again while the connection to Redis is lost, for a few seconds; accepting twice stores once."""
    deadline = clock() + RETRY_SECONDS
    while True:
        try:
            return accept()
        except (NoConnection, NoAnswer):
            if clock() >= deadline:
                raise
            sleep(RETRY_PAUSE_SECONDS)


def unavailable(status: int, seconds: int = RETRY_AFTER_SECONDS) -> Response:
    """Return the answer that tells a sender to come again."""
    answer = refused(status, "not stored; send it again")
    answer.headers["Retry-After"] = str(seconds)
    return answer


def _why_ignored(form: Form, part: Part) -> str:
    """Return why this is no submission, or only of a robot; nothing when it is one."""
    return intake.why_ignored(form, part.reading) or (HONEYPOT if intake.fell_for_honeypot(form, part.reading) else "")


def _noted(arrival: Arrival, receipt: Receipt) -> Item:
    """Log what became of a submission, and return what its sender is told."""
    if receipt.status == "superseded":  # what the visitor has changed since was here before it
        event("ignored", form=arrival.name, submission=receipt.id, cause="older revision")
        return {**IGNORED, "id": receipt.id}
    event(receipt.status, form=arrival.name, submission=receipt.id)
    return {"id": receipt.id, "status": receipt.status}


def _summary(items: list[Item]) -> dict[str, JsonValue]:
    """Return the answer to a request with many submissions."""
    statuses = [item["status"] for item in items]
    status = next(one for one in ("accepted", "duplicate", "ignored") if one in statuses)
    return {"id": None, "status": status, "items": [*items]}


def _take_as_long_as_a_proof(sent: Sent) -> None:
    problem(STRANGER, ["stranger"], Signed({"X-Signature": "stranger"}, sent.body), sent.at)


def _body(name: str, form: Form | None) -> bytes:
    limit = form.max_body if form else MAX_BODY_BYTES
    try:
        return read_body(request, limit)
    except HTTPException as error:
        # Nothing of it is kept, so that this line is all that tells of a lost lead.
        length, status = request.content_length, error.get_response().status_code
        known = name if form else None
        cause = error.description
        event("refused", logging.WARNING, form=known, status=status, cause=cause, bytes=length, max_body=limit)
        raise


def _stranger() -> Response:
    # The form's name, which may be anything, is not logged.
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
