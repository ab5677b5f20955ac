from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.diagnosis import group_of
from shared.highlevel.errors import HighLevelError, refusal
from shared.highlevel.oauth import LocationInactive
from shared.submission import Attempt, Diagnosis, NotStored, Reason
from worker.decide import (
    Bury,
    Failure,
    History,
    Hold,
    IdentityChanged,
    OutcomeUnknown,
    Policy,
    RetryAt,
    backoff,
    decide,
)
from worker.fetching import BuilderUnavailable, FetchError, FetchForbidden, FetchRefused, NotFound

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
        (an_error(403, "<html>error code: 1010</html>"), RetryAt(30)),
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


def test_the_last_attempt_is_buried_as_exhausted() -> None:
    decision = decide(an_error(503, "busy"), History(attempts=29), POLICY, jitter=0.5)

    diagnosis = (Diagnosis(field="", rule="HTTP 503: busy", fix="replay when HighLevel answers again"),)
    assert decision == Bury(Reason.EXHAUSTED, diagnosis, is_open=False)


def test_an_exhausted_500_may_be_about_a_value() -> None:
    decision = decide(an_error(500, "Internal server error"), History(attempts=29), POLICY, jitter=0.5)

    assert isinstance(decision, Bury)
    assert "a value that HighLevel cannot read" in decision.diagnosis[0].fix


@pytest.mark.parametrize("error", [an_error(503, "busy"), an_error(403, "<html>error code: 1010</html>")])
@pytest.mark.parametrize("history", [History(doubt_seconds=120), History(doubt_seconds=120, held=True)])
def test_a_call_that_must_not_be_made_twice_waits_until_its_outcome_can_be_found(
    error: HighLevelError, history: History
) -> None:
    assert decide(error, history, POLICY, jitter=0.5) == RetryAt(120)


@pytest.mark.parametrize(
    ("attempts", "jitter", "decision"),
    [
        (4, 0.5, RetryAt(16)),
        (20, 0.0, RetryAt(0)),
        (20, 0.5, RetryAt(25, free_seconds=1800)),
        (20, 1, RetryAt(30, free_seconds=3600)),
    ],
)
def test_a_long_backoff_does_not_keep_us_from_looking_whether_an_outage_is_over(
    attempts: int, jitter: float, decision: RetryAt
) -> None:
    assert decide(an_error(503, ""), History(attempts=attempts), POLICY, jitter) == decision


def test_looking_spends_nothing_and_is_never_the_last_attempt() -> None:
    decision = decide(an_error(503, ""), History(attempts=29, is_free=True), POLICY, jitter=0.5)

    assert decision == RetryAt(25, is_free=True)


def test_nobody_looks_before_the_outcome_of_a_call_can_be_found() -> None:
    history = History(attempts=20, doubt_seconds=120)

    assert decide(an_error(503, ""), history, POLICY, jitter=0.5) == RetryAt(120, free_seconds=1800)


def test_a_paused_sub_account_holds_its_location() -> None:
    error = LocationInactive("Location is not active", Attempt(at=NOW, step="token", status=400))

    assert decide(error, History(), POLICY, jitter=0.5) == Hold("inactive", "Location is not active", 15)


def test_a_duplicate_names_the_contact_and_how_to_update_it() -> None:
    meta = {"contactId": "c1", "matchingField": "email"}
    error = an_error(400, {"message": "This location does not allow duplicated contacts.", "meta": meta})

    decision = decide(error, History(), POLICY, jitter=0.5)

    assert isinstance(decision, Bury)
    assert decision.reason is Reason.REJECTED
    [found] = decision.diagnosis
    assert (found.field, found.value, found.proposal) == ("email", "ada@example", None)
    assert "c1" in found.fix
    assert 'on_duplicate = "update"' in found.fix


def test_an_unknown_outcome_names_the_contacts_that_may_have_come_of_it() -> None:
    decision = decide(OutcomeUnknown(("c1", "c2")), History(), POLICY, jitter=0.5)

    assert isinstance(decision, Bury)
    assert decision.reason is Reason.OUTCOME_UNKNOWN
    assert decision.diagnosis[0].value == "c1, c2"
    assert "replay to make it" in decision.diagnosis[0].fix


def test_each_identifier_that_would_change_is_shown_with_what_is_there() -> None:
    changes = (
        NotStored(field="email", sent="new@example.com", stored="old@example.com"),
        NotStored(field="phone", sent="+12065550161", stored="+12065550162"),
    )

    decision = decide(IdentityChanged(changes), History(), POLICY, jitter=0.5)

    assert isinstance(decision, Bury)
    assert decision.reason is Reason.IDENTITY_CHANGED
    assert [(found.field, found.value) for found in decision.diagnosis] == [
        ("email", "new@example.com (HighLevel has old@example.com)"),
        ("phone", "+12065550161 (HighLevel has +12065550162)"),
    ]
    assert decision.diagnosis[1].fix == "replay to write it anyway, or put it into the note: --to-note phone"


def test_letters_of_one_cause_are_one_group_whoever_they_are_about() -> None:
    def group(error: Failure) -> str:
        decision = decide(error, History(), POLICY, jitter=0.5)
        assert isinstance(decision, Bury)
        return group_of(decision.reason, decision.diagnosis)

    def duplicate(contact_id: str) -> HighLevelError:
        return an_error(400, {"message": "No duplicates", "meta": {"contactId": contact_id}})

    def changed(email: str) -> IdentityChanged:
        return IdentityChanged((NotStored(field="email", sent=email, stored=f"old {email}"),))

    assert group(duplicate("c1")) == group(duplicate("c2"))
    assert group(OutcomeUnknown(("c1",))) == group(OutcomeUnknown(("c2", "c3")))
    assert group(changed("a@example.com")) == group(changed("b@example.com"))
    assert "@" not in f"{changed('a@example.com')} {OutcomeUnknown(('c1',))}"


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

    assert isinstance(decision, Bury if reason else Hold)
    assert reason in (None, decision.reason)


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


def a_fetch_error(kind: type[FetchError], status: int | None = 404) -> FetchError:
    return kind("said", Attempt(at=NOW, step="fetch", status=status), "Meta")


@pytest.mark.parametrize(
    ("error", "history", "decision"),
    [
        (a_fetch_error(BuilderUnavailable), History(), RetryAt(1)),
        (a_fetch_error(BuilderUnavailable), History(held=True), RetryAt(1)),
        (a_fetch_error(NotFound), History(), RetryAt(30)),
        (a_fetch_error(NotFound), History(attempts=20, missing=4), RetryAt(1800)),
        (a_fetch_error(NotFound), History(missing=5), Reason.UNEXPECTED),
        (a_fetch_error(NotFound), History(attempts=29), Reason.UNEXPECTED),
        (a_fetch_error(FetchForbidden, 403), History(missing=1), RetryAt(30)),
        (a_fetch_error(FetchForbidden, 403), History(missing=2), Reason.FORBIDDEN),
        (a_fetch_error(BuilderUnavailable, None), History(attempts=29), Reason.EXHAUSTED),
        (a_fetch_error(FetchRefused, 400), History(), Reason.UNEXPECTED),
    ],
)
def test_what_a_builder_does_not_give_away_is_asked_for_again_or_buried(
    error: FetchError, history: History, decision: RetryAt | Reason
) -> None:
    found = decide(error, history, POLICY, jitter=0.5)

    assert found == decision or (isinstance(found, Bury) and found.reason is decision and not found.is_open)
