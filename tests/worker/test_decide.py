from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.highlevel.errors import HighLevelError, refusal
from shared.submission import Attempt, Diagnosis, Reason
from worker.decide import Bury, History, Hold, Policy, RetryAt, backoff, decide

NOW = datetime(2026, 9, 21, 18, 0, tzinfo=UTC)
POLICY = Policy(max_attempts=30, base_seconds=2, cap_seconds=3600, probe_seconds=15)


def an_error(status: int, body: object, **headers: str) -> HighLevelError:
    attempt = Attempt(at=NOW, step="upsert", request={"email": "ada@example"}, status=status, response=body)
    return refusal(attempt, {name.replace("_", "-").lower(): value for name, value in headers.items()}, NOW)


def a_message(text: str | list[str]) -> dict[str, object]:
    return {"statusCode": 0, "message": text}


@pytest.mark.parametrize(
    ("error", "decision"),
    [
        (an_error(500, a_message("Internal server error")), RetryAt(1)),
        (an_error(503, ""), RetryAt(1)),
        (an_error(408, ""), RetryAt(1)),
        (an_error(425, ""), RetryAt(1)),
        (an_error(401, a_message("Command timed out")), RetryAt(1)),
        (an_error(403, "<html>error code: 1010</html>"), RetryAt(60)),
        (an_error(429, a_message("Too Many Requests")), Hold("rate", "Too Many Requests", 10)),
        (an_error(429, "", Retry_After="7"), Hold("rate", "HTTP 429", 7)),
        (an_error(429, "", Retry_After="0"), Hold("rate", "HTTP 429", 1)),
        (an_error(429, "", Retry_After="999999999999999"), Hold("rate", "HTTP 429", 86_400)),
        (an_error(429, "", X_RateLimit_Interval_Milliseconds="2000"), Hold("rate", "HTTP 429", 2)),
        (an_error(429, "", X_RateLimit_Daily_Remaining="0"), Hold("daily", "HTTP 429", 6 * 3600)),
        (
            an_error(429, "", X_RateLimit_Daily_Remaining="0", X_RateLimit_Daily_Reset="60000"),
            Hold("daily", "HTTP 429", 60),
        ),
        (an_error(401, a_message("Invalid JWT")), Hold("credentials", "Invalid JWT", 15)),
        (an_error(403, a_message("Forbidden resource")), Hold("credentials", "Forbidden resource", 15)),
        (an_error(404, a_message("Cannot POST /contact")), Hold("configuration", "Cannot POST /contact", 15)),
        (
            an_error(401, a_message("version header was not found.")),
            Hold("configuration", "version header was not found.", 15),
        ),
    ],
    ids=str,
)
def test_what_may_pass_waits(error: HighLevelError, decision: RetryAt | Hold) -> None:
    assert decide(error, History(), POLICY, jitter=0.5) == decision


def test_a_refused_contact_is_buried_with_a_diagnosis_for_each_field() -> None:
    error = an_error(422, a_message(["email must be an email", "property foo should not exist"]))

    decision = decide(error, History(), POLICY, jitter=0.5)

    assert isinstance(decision, Bury)
    assert decision.reason is Reason.REJECTED
    assert [(item.field, item.value) for item in decision.diagnosis] == [("email", "ada@example"), ("foo", "")]
    assert decision.is_open


@pytest.mark.parametrize(
    ("status", "body"), [(404, a_message("Not here")), (409, ""), (410, ""), (418, "teapot"), (302, "")]
)
def test_a_refusal_that_nobody_has_documented_is_buried_as_unexpected(status: int, body: object) -> None:
    decision = decide(an_error(status, body), History(), POLICY, jitter=0.5)

    assert isinstance(decision, Bury)
    assert decision.reason is Reason.UNEXPECTED


def test_the_last_attempt_is_buried_as_exhausted() -> None:
    decision = decide(an_error(503, "busy"), History(attempts=29), POLICY, jitter=0.5)

    diagnosis = (Diagnosis(field="", rule="HTTP 503: busy", fix="replay when HighLevel answers again"),)
    assert decision == Bury(Reason.EXHAUSTED, diagnosis, is_open=False)


def test_a_probe_of_a_held_location_is_never_exhausted() -> None:
    assert decide(an_error(503, "busy"), History(attempts=29, held=True), POLICY, jitter=0.5) == RetryAt(0)


@pytest.mark.parametrize(
    ("history", "reason"),
    [
        (History(forbidden=0, others_succeeded=True), None),
        (History(forbidden=1, others_succeeded=True), None),
        (History(forbidden=2, others_succeeded=False), None),
        (History(forbidden=2, others_succeeded=True), Reason.FORBIDDEN),
    ],
)
def test_only_a_submission_that_is_forbidden_alone_is_buried_for_it(history: History, reason: Reason | None) -> None:
    decision = decide(an_error(403, a_message("Forbidden resource")), history, POLICY, jitter=0.5)

    assert getattr(decision, "reason", None) == (reason or "Forbidden resource")


@given(attempts=st.integers(0, 10_000), jitter=st.floats(0, 1))
def test_backoff_stays_under_a_doubling_ceiling_and_the_cap(attempts: int, jitter: float) -> None:
    seconds = backoff(attempts, POLICY, jitter)

    assert 0 <= seconds <= min(3600, 2 * 2 ** min(attempts, 20))


@given(
    status=st.integers(300, 599),
    body=st.one_of(st.none(), st.text(), st.dictionaries(st.text(), st.text()), st.lists(st.integers())),
    attempts=st.integers(0, 40),
)
def test_every_refusal_has_a_decision(status: int, body: object, attempts: int) -> None:
    decision = decide(an_error(status, body), History(attempts=attempts), POLICY, jitter=1)

    assert isinstance(decision, RetryAt | Hold | Bury)
    assert not isinstance(decision, RetryAt) or decision.seconds <= 3600
