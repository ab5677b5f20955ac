"""The path of a submission from the request to the journal, and every refusal."""

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import OutOfMemoryError, ReadOnlyError, RedisError, ResponseError

from shared.config import MAX_BODY_BYTES
from shared.intake import ID_HEADERS
from shared.journal import Accepted, Journal, Submission
from shared.providers import PROVIDERS, Reading
from shared.submission import State
from tests.web.conftest import Start, Web, a_form

TOKEN = "abcdefghijklmnopqrstuvwxyz"
ADA = b'{"email": "ada@example.com"}'
AUGUSTA = b'{"email": "augusta@example.com"}'


class Failing(Journal):
    """A journal that fails at first, or always."""

    def __init__(self, journal: Journal, error: Exception, times: int = 1_000_000) -> None:
        self.__dict__.update(journal.__dict__)
        self.error, self.times = error, times

    def accept(self, *submissions: Submission) -> Accepted:
        self.times -= 1
        if self.times >= 0:
            raise self.error
        return super().accept(*submissions)


# Accepting ------------------------------------------------------------------------------------------------------------


def test_a_submission_is_in_the_journal_before_it_is_accepted(start: Start) -> None:
    web = start()

    answer = web.post("/hooks/contact", ADA)

    assert answer.status_code == 200
    assert answer.mimetype == "application/json"
    assert answer.json is not None
    assert answer.json["status"] == "accepted"
    record = web.journal.find(answer.json["id"])
    assert record is not None
    assert (record.form, record.provider, record.location) == ("contact", "generic_json", "main")
    assert (record.state, record.content_type) == (State.WAITING, "application/json")
    assert web.journal.body(record.id) == ADA


def test_the_same_submission_again_is_a_duplicate_with_the_first_id(start: Start) -> None:
    web = start()
    first = web.post("/hooks/contact", ADA).json

    again = web.post("/hooks/contact", ADA)

    assert again.status_code == 200
    assert again.json == {**(first or {}), "status": "duplicate"}
    assert web.journal.ledger().accepted == 1


def test_the_same_answers_in_two_forms_are_two_submissions(start: Start) -> None:
    web = start({"one": a_form(), "two": a_form()})

    assert status(web.post("/hooks/one", ADA)) == "accepted"
    assert status(web.post("/hooks/two", ADA)) == "accepted"


def test_answers_without_an_id_may_come_again_after_ten_minutes(start: Start) -> None:
    web = start()
    web.post("/hooks/contact", ADA)

    [key] = list(web.redis.scan_iter("hookline:key:*"))
    assert 590 <= web.redis.ttl(key) <= 600


@pytest.mark.parametrize("header", ID_HEADERS)
def test_a_header_names_a_submission_that_has_no_id(start: Start, header: str) -> None:
    web = start()

    assert status(web.post("/hooks/contact", ADA, headers={header: "one"})) == "accepted"
    assert status(web.post("/hooks/contact", ADA, headers={header: "two"})) == "accepted"
    assert status(web.post("/hooks/contact", AUGUSTA, headers={header: "one"})) == "duplicate"


def test_the_submission_id_counts_for_days_and_goes_before_a_header(start: Start) -> None:
    web = start()
    body = b'{"submission_id": "s1", "email": "ada@example.com"}'

    assert status(web.post("/hooks/contact", body, headers={"Idempotency-Key": "one"})) == "accepted"
    assert status(web.post("/hooks/contact", body, headers={"Idempotency-Key": "two"})) == "duplicate"
    [key] = list(web.redis.scan_iter("hookline:key:*"))
    assert web.redis.ttl(key) > 6 * 24 * 60 * 60


def test_jobs_are_enqueued_after_the_answer(start: Start) -> None:
    web = start()
    web.journal.turn("worker-1", 4)

    answer = web.post("/hooks/contact", ADA)

    assert [job.submission_id for job in web.enqueued] == [(answer.json or {})["id"]]


def test_a_form_says_what_it_answers(start: Start) -> None:
    web = start({"contact": a_form(accepted_status=202)})

    assert web.post("/hooks/contact", ADA).status_code == 202


def test_a_browser_is_sent_on_to_the_page_of_the_form(start: Start) -> None:
    web = start({"contact": a_form(provider="html_form", redirect="https://example.com/thanks")})

    posted = web.post("/hooks/contact", b"email=ada%40example.com", content_type="application/x-www-form-urlencoded")
    fetched = web.post("/hooks/contact", AUGUSTA)

    assert (posted.status_code, posted.headers["Location"]) == (303, "https://example.com/thanks")
    assert fetched.status_code == 200
    assert web.journal.ledger().accepted == 2


def test_a_test_event_is_ignored_and_kept_nowhere(start: Start) -> None:
    web = start()

    answer = web.post("/hooks/contact", b'{"test": true}')

    assert answer.status_code == 200
    assert answer.json == {"id": None, "status": "ignored"}
    assert (web.journal.ledger().accepted, web.kept) == (0, [])


def test_a_filled_honeypot_is_ignored_but_kept(start: Start) -> None:
    web = start({"contact": a_form(provider="html_form", honeypot="website")})
    form = {"content_type": "application/x-www-form-urlencoded"}

    robot = web.post("/hooks/contact", b"email=a%40example.com&website=spam", **form)
    person = web.post("/hooks/contact", b"email=ada%40example.com&website=", **form)

    assert (robot.status_code, status(robot), status(person)) == (200, "ignored", "accepted")
    assert [kept.cause for kept in web.kept] == ["honeypot"]


def test_a_submission_that_our_adapter_fails_on_is_accepted_by_its_bytes(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(body: bytes, content_type: str) -> Reading:
        raise KeyError("a fault of ours")

    monkeypatch.setitem(PROVIDERS, "generic_json", replace(PROVIDERS["generic_json"], read=read))
    web = start()

    first, again = web.post("/hooks/contact", b"\x00 whatever"), web.post("/hooks/contact", b"\x00 whatever")

    assert (status(first), status(again)) == ("accepted", "duplicate")
    assert web.journal.body((first.json or {})["id"]) == b"\x00 whatever"


# Refusing -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/hooks", "/hooks/", "/hooks/nope/token"])
def test_no_place_under_hooks_is_ever_not_found(start: Start, path: str) -> None:
    assert start().post(path).status_code == 401


def test_an_unknown_form_gets_the_very_answer_of_a_wrong_proof(start: Start) -> None:
    web = start({"contact": a_form(url_token=TOKEN)})
    wrong = web.post("/hooks/contact/wrong")

    for place in ("nix", "nix/" + TOKEN, "contact/a/b", "contact", "Contact/" + TOKEN, "%F0%9F", "..", "contact%2F"):
        unknown = web.post(f"/hooks/{place}")
        assert unknown.status_code == wrong.status_code == 401
        assert unknown.data == wrong.data == b'{"error": "not authorized"}\n'
        assert list(unknown.headers) == list(wrong.headers)
    assert web.journal.ledger().accepted == 0


def test_a_wrong_proof_is_kept_without_what_it_showed(start: Start) -> None:
    web = start({"contact": a_form(url_token=TOKEN)})

    web.post("/hooks/contact/wrong-token?token=wrong-token&utm=1", ADA, headers={"Authorization": "Bearer wrong-token"})

    [kept] = web.kept
    assert (kept.form, kept.cause, kept.method, kept.query) == ("contact", "wrong url token", "POST", "utm=1")
    assert web.quarantine.body(kept.id) == ADA
    assert "wrong-token" not in kept.model_dump_json()


def test_an_unreadable_body_is_told_and_kept(start: Start) -> None:
    web = start()

    answer = web.post("/hooks/contact", b"{broken")

    assert answer.status_code == 400
    assert answer.json == {"error": "The body is not valid JSON."}
    [kept] = web.kept
    assert (kept.cause, web.quarantine.body(kept.id)) == ("unreadable body", b"{broken")


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_over_the_limit_is_refused_and_not_kept(start: Start, chunked: bool) -> None:
    web = start({"contact": a_form(max_body=1024)})
    body = b'{"a":"' + b"x" * 1016 + b'"}'

    assert send(web, body, chunked).status_code == 200
    assert send(web, body + b" ", chunked).status_code == 413
    assert (web.journal.ledger().accepted, web.kept) == (1, [])


def test_what_is_refused_for_its_size_or_encoding_leaves_one_line_in_the_log(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    web = start({"contact": a_form(max_body=1024)})
    web.post("/hooks/contact", b"x" * 1025)
    web.post("/hooks/contact", b"x", headers={"Content-Encoding": "gzip"})
    web.post(f"/hooks/{TOKEN}", b"x", headers={"Content-Encoding": "gzip"})

    facts = [record.__dict__["facts"] for record in caplog.records if record.getMessage() == "refused"]
    too_large, packed = "the body is larger than 1024 bytes", "send the body without a Content-Encoding"
    assert facts == [
        {"form": "contact", "status": 413, "cause": too_large, "bytes": 1025, "max_body": 1024},
        {"form": "contact", "status": 415, "cause": packed, "bytes": 1, "max_body": 1024},
        {"status": 415, "cause": packed, "bytes": 1, "max_body": MAX_BODY_BYTES},
    ]


def test_a_body_that_ended_early_is_refused(start: Start) -> None:
    web = start({"contact": a_form(provider="html_form")})

    answer = web.post("/hooks/contact", b"email=ada", environ_overrides={"CONTENT_LENGTH": "100"})

    assert answer.status_code == 400
    assert web.journal.ledger().accepted == 0


def test_a_body_of_unknown_length_or_encoding_is_refused(start: Start) -> None:
    web = start()

    assert web.post("/hooks/contact", environ_overrides={"CONTENT_LENGTH": ""}).status_code == 411
    assert web.post("/hooks/contact", headers={"Content-Encoding": "gzip"}).status_code == 415


@pytest.mark.parametrize("error", [OutOfMemoryError("OOM"), ReadOnlyError("READONLY"), ResponseError("any other")])
def test_a_write_that_redis_refuses_is_not_accepted(start: Start, journal: Journal, error: RedisError) -> None:
    web = start({"contact": a_form(unavailable_status=429)}, Failing(journal, error))

    answer = web.post("/hooks/contact", ADA)

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "30")
    assert list(web.redis.scan_iter("hookline:key:*")) == []


def test_what_redis_does_not_take_is_logged_as_not_stored(
    start: Start, journal: Journal, caplog: pytest.LogCaptureFixture
) -> None:
    web = start({"contact": a_form(unavailable_status=429)}, Failing(journal, NoConnection()))
    web.post("/hooks/contact", ADA)

    [facts] = [record.__dict__["facts"] for record in caplog.records if record.getMessage() == "not stored"]
    assert facts == {"form": "contact", "answered": 429, "error": "ConnectionError"}


def test_a_lost_connection_is_tried_again_for_three_seconds(start: Start, journal: Journal) -> None:
    flickering = start(stand_in=Failing(journal, NoConnection(), times=20))
    assert status(flickering.post("/hooks/contact", ADA)) == "accepted"

    gone = start(stand_in=Failing(journal, NoConnection()))
    begin = gone.clock.now
    assert gone.post("/hooks/contact", AUGUSTA).status_code == 503
    assert 3 <= gone.clock.now - begin < 3.5


def test_a_redis_that_is_nearly_full_takes_no_submissions(
    start: Start, redis: Any, caplog: pytest.LogCaptureFixture
) -> None:
    web = start()
    used = redis.info("memory")["used_memory"]
    try:
        redis.config_set("maxmemory", int(used / 0.86))
        assert web.post("/hooks/contact", ADA).status_code == 503
        redis.config_set("maxmemory", int(used / 0.5))
        assert web.post("/hooks/contact", ADA).status_code == 503
        web.clock.now += 1
        assert web.post("/hooks/contact", ADA).status_code == 200
    finally:
        redis.config_set("maxmemory", 0)
    assert caplog.messages.count("not stored") == 2
    assert caplog.messages.count("redis full") == 1


def test_a_fault_of_ours_asks_the_sender_to_come_again(
    start: Start, journal: Journal, caplog: pytest.LogCaptureFixture
) -> None:
    web = start(stand_in=Failing(journal, RuntimeError("ada@example.com")))

    answer = web.post("/hooks/contact", ADA)

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert "ada@example.com" not in caplog.text


# Other methods, other paths -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/hooks/contact", "/hooks/nix", f"/hooks/contact/{TOKEN}", "/"])
def test_get_and_head_are_answered_with_one_line(start: Start, path: str) -> None:
    web = start()

    got, head = web.client.get(path), web.client.head(path)

    assert (got.status_code, head.status_code) == (200, 200)
    assert got.text.count("\n") == 1


def test_other_methods_and_paths_are_refused_as_json(start: Start) -> None:
    web = start()

    wrong_method, wrong_path = web.client.delete("/hooks/contact"), web.client.get("/nix")

    assert (wrong_method.status_code, wrong_method.json) == (405, {"error": "method not allowed"})
    assert "POST" in wrong_method.headers["Allow"]
    assert (wrong_path.status_code, wrong_path.json) == (404, {"error": "not found"})


def test_a_doubled_slash_is_no_redirect(start: Start) -> None:
    web = start()

    assert web.post("//hooks//contact").status_code in (401, 404)
    assert web.post("/hooks/contact/").status_code == 200


def test_only_a_listed_origin_may_post_from_a_page(start: Start) -> None:
    web = start({"contact": a_form(origins=["https://example.com"])})

    ours = web.post("/hooks/contact", ADA, headers={"Origin": "https://example.com"})
    theirs = web.post("/hooks/contact", ADA, headers={"Origin": "https://evil.example"})
    server = web.post("/hooks/contact", ADA)

    assert (status(ours), ours.headers["Access-Control-Allow-Origin"]) == ("accepted", "https://example.com")
    assert (theirs.status_code, "Access-Control-Allow-Origin" in theirs.headers) == (401, False)
    assert [kept.cause for kept in web.kept] == ["origin not allowed"]
    assert status(server) == "duplicate"


def test_a_preflight_is_answered_for_a_listed_origin_only(start: Start) -> None:
    web = start({"contact": a_form(origins=["https://example.com"])})

    ours = web.client.options("/hooks/contact", headers={"Origin": "https://example.com"})
    theirs = web.client.options("/hooks/contact", headers={"Origin": "https://evil.example"})

    assert ours.headers["Access-Control-Allow-Origin"] == "https://example.com"
    assert ours.headers["Access-Control-Allow-Methods"] == "POST"
    assert (theirs.status_code, "Access-Control-Allow-Origin" in theirs.headers) == (200, False)


# Secrets and people ---------------------------------------------------------------------------------------------------

BODIES = {
    "application/json": b'{"HandshakeKey": "s3cret/key\xc3\xa9+long", "email": "a@b.example", "n": {"HandshakeKey":1}}',
    "application/x-www-form-urlencoded": f"email=a&HandshakeKey={quote('s3cret/keyé+long', safe='')}&x=1".encode(),
    'multipart/form-data; boundary="x"': (
        b'--x\r\nContent-Disposition: form-data; name="HandshakeKey"\r\n\r\ns3cret/key\xc3\xa9+long\r\n'
        b'--x\r\nContent-Disposition: form-data; name="email"\r\n\r\nada@example.com\r\n--x--\r\n'
    ),
}


@pytest.mark.parametrize("content_type", BODIES)
def test_a_token_in_the_body_is_not_stored_and_nothing_else_is_changed(start: Start, content_type: str) -> None:
    token = {"field": "HandshakeKey", "value": "s3cret/keyé+long"}
    provider = "generic_json" if "json" in content_type else "html_form"
    web = start({"contact": a_form(provider=provider, body_token=token)})

    answer = web.post("/hooks/contact", BODIES[content_type], content_type=content_type)

    body = web.journal.body((answer.json or {})["id"])
    secrets = ["s3cret/keyé+long".encode(), quote("s3cret/keyé+long", safe="").encode()]
    expected = BODIES[content_type]
    for secret in secrets:
        expected = expected.replace(secret, b"")
    assert body == expected
    answers = PROVIDERS[provider].read(body or b"", content_type).answers
    assert "HandshakeKey" not in [answer.key for answer in answers]


def test_no_log_line_names_a_token_or_a_person(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    web = start({"contact": a_form(url_token=TOKEN, header_token={"name": "X-Key", "value": "header-secret"})})
    headers = {"X-Key": "header-secret", "Idempotency-Key": "ada@example.com"}

    web.post(f"/hooks/contact/{TOKEN}", ADA, headers=headers)
    web.post(f"/hooks/contact?token={TOKEN}", ADA, headers=headers)
    web.post(f"/hooks/contact/{TOKEN}", ADA)
    web.post(f"/hooks/{TOKEN}", ADA)
    web.post(f"/hooks/contact/{TOKEN}", b"ada@example.com", headers=headers)

    lines = "\n".join(f"{record.message} {getattr(record, 'facts', '')}" for record in caplog.records)
    assert {"accepted", "duplicate", "refused", "quarantined"} <= set(caplog.messages)
    for secret in (TOKEN, "header-secret", "ada@example.com"):
        assert secret not in lines


def status(answer: Any) -> str:
    return str((answer.json or {})["status"])


def failing(error: type[Exception]) -> Callable[[Any], None]:
    def fail(_: Any) -> None:
        raise error

    return fail


def send(web: Web, body: bytes, chunked: bool) -> Any:
    more: dict[str, Any] = {}
    if chunked:
        more = {
            "headers": {"Transfer-Encoding": "chunked"},
            "environ_overrides": {"CONTENT_LENGTH": "", "wsgi.input_terminated": True},
        }
    return web.post("/hooks/contact", body, **more)
