"""Every way in which HighLevel is known to say no, and what becomes of the submission then: one table."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from pydantic import JsonValue

from shared.highlevel.errors import (
    BadCredentials,
    ContactGone,
    ContactRejected,
    Duplicate,
    Garbled,
    HighLevelError,
    HighLevelUnavailable,
    Misconfigured,
    MissingScope,
    RateLimited,
    Unexpected,
    WrongLocation,
    refusal,
)
from shared.submission import Attempt
from worker.decide import Bury, History, Hold, Policy, RetryAt, decide

NOW = datetime(2026, 9, 21, 18, 0, tzinfo=UTC)
POLICY = Policy(max_attempts=30, base_seconds=2, cap_seconds=3600, probe_seconds=15)
SENT: JsonValue = {
    "locationId": "L1",
    "email": "ada@example.com",
    "phone": "+12065550161",
    "country": "Austria",
    "customFields": [{"id": "f1", "field_value": "Bleu"}],
}
DUPLICATE: JsonValue = {
    "statusCode": 400,
    "message": "This location does not allow duplicated contacts.",
    "meta": {"contactId": "c1", "contactName": "Ada", "matchingField": "phone"},
}
DAY_IS_OVER = {"X-RateLimit-Daily-Remaining": "0", "X-RateLimit-Daily-Reset": "60000"}


@dataclass(frozen=True)
class Row:
    """An answer, the error that it is, the decision by its kind, and the field of the diagnosis, if there is one."""

    id: str
    status: int
    body: JsonValue
    error: type[HighLevelError]
    decision: str
    about: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def says(text: JsonValue) -> dict[str, JsonValue]:
    return {"statusCode": 0, "message": text, "traceId": "t"}


def of_v3(text: str) -> dict[str, JsonValue]:
    return {"error": {"code": "INVALID", "message": text, "details": [], "resolution": "Mend it"}}


V1_UNIDENTIFIED: JsonValue = {
    "email or phone": {"message": "The email or phone field is mandatory.", "rule": "required"}
}
PROPERTY = says(["property foobar should not exist"])

# fmt: off
ANSWERS = [
    # The payload
    Row("unknown property", 422, PROPERTY, ContactRejected, "rejected", "foobar"),
    Row("bad email", 422, says(["email must be an email"]), ContactRejected, "rejected", "email"),
    Row("message as a text", 422, says("email must be an email"), ContactRejected, "rejected", "email"),
    Row("bad country", 422, says(["country must be a valid enum value"]), ContactRejected, "rejected", "country"),
    Row("bad birthday", 422, says(["dateOfBirth must be a valid date"]), ContactRejected, "rejected", "dateOfBirth"),
    Row("custom fields", 422, says(["customFields must be an array"]), ContactRejected, "rejected", "customFields"),
    Row("custom field", 422, says(["customFields.0.field_value must be a string"]), ContactRejected, "rejected",
        "customFields.f1"),
    Row("do not disturb", 422, says(["dndSettings.SMS.status must be one of the following values: active"]),
        ContactRejected, "rejected", "dndSettings.SMS.status"),
    Row("tags", 422, says(["each value in tags must be a string"]), ContactRejected, "rejected", "tags"),
    Row("location in the body", 422, says(["locationId should not be empty"]), ContactRejected, "rejected",
        "locationId"),
    Row("unidentified upsert", 400, says("Pass at least one of number, email query parameter"), ContactRejected,
        "rejected", "email"),
    Row("unidentified create", 422, says(["Contacts without email, phone, firstName and lastName are not allowed."]),
        ContactRejected, "rejected", "email"),
    Row("unidentified in v1", 422, V1_UNIDENTIFIED, ContactRejected, "rejected", "email"),
    Row("phone too long", 400, says("The string supplied is too long to be a phone number"), ContactRejected,
        "rejected", "phone"),
    Row("phone too short", 400, says("The string supplied is too short to be a phone number"), ContactRejected,
        "rejected", "phone"),
    Row("no phone", 400, says("The string supplied did not seem to be a phone number"), ContactRejected,
        "rejected", "phone"),
    Row("no such country code", 400, says("Invalid country calling code"), ContactRejected, "rejected", "phone"),
    Row("v3 envelope", 400, of_v3("email must be an email"), ContactRejected, "rejected", "email"),
    Row("empty 400", 400, {}, ContactRejected, "rejected", ""),
    Row("empty 422", 422, "", ContactRejected, "rejected", ""),
    # The person
    Row("duplicate 400", 400, DUPLICATE, Duplicate, "rejected", "phone"),
    Row("duplicate 409", 409, DUPLICATE, Duplicate, "rejected", "phone"),
    Row("duplicate 422", 422, DUPLICATE, Duplicate, "rejected", "phone"),
    Row("conflict", 409, says("Conflict"), Unexpected, "unexpected", ""),
    Row("contact gone 400", 400, says("Contact with id c1 not found"), ContactGone, "unexpected", ""),
    Row("contact gone 404", 404, says("Contact with id c1 not found"), ContactGone, "unexpected", ""),
    # The path
    Row("wrong path", 404, says("Cannot POST /contact"), Misconfigured, "hold configuration"),
    Row("path not in version", 400, says("Endpoint /contacts/ is not available in API version v3"),
        Misconfigured, "hold configuration"),
    Row("no version", 401, says("version header was not found."), Misconfigured, "hold configuration"),
    Row("unknown version", 401, says("version header is invalid"), Misconfigured, "hold configuration"),
    # The token
    Row("wrong access token", 401, says("Invalid JWT"), BadCredentials, "hold credentials"),
    Row("wrong private token", 401, says("Invalid Private Integration token"), BadCredentials, "hold credentials"),
    Row("revoked token", 401, says("Invalid token: access token is invalid"), BadCredentials, "hold credentials"),
    Row("wrong key of v1", 401, {"msg": "Unauthorized"}, BadCredentials, "hold credentials"),
    Row("v3 refuses the token", 401, of_v3("Invalid JWT"), BadCredentials, "hold credentials"),
    Row("missing scope", 401, says("The token is not authorized for this scope."), MissingScope, "hold credentials"),
    Row("wrong location 401", 401, says("This location is not accessible from this token!"), WrongLocation,
        "hold credentials"),
    Row("wrong location 403", 403, says("The token does not have access to this location."), WrongLocation,
        "hold credentials"),
    Row("forbidden", 403, says("Forbidden resource"), BadCredentials, "hold credentials"),
    # The edge and the server
    Row("timeout as a 401", 401, says("Command timed out"), HighLevelUnavailable, "retry 1"),
    Row("edge refuses in HTML", 403, "<html>Just a moment...</html>", Garbled, "retry 30"),
    Row("edge refuses in text", 403, "error code: 1010", Garbled, "retry 30"),
    Row("request timeout", 408, "", HighLevelUnavailable, "retry 1"),
    Row("too early", 425, "", HighLevelUnavailable, "retry 1"),
    Row("server error", 500, says("Internal server error"), HighLevelUnavailable, "retry 1"),
    Row("bad gateway", 502, "<html>", HighLevelUnavailable, "retry 1"),
    Row("unavailable", 503, "", HighLevelUnavailable, "retry 1"),
    Row("gateway timeout", 504, "", HighLevelUnavailable, "retry 1"),
    Row("edge cannot connect", 522, "", HighLevelUnavailable, "retry 1"),
    # The rate limit
    Row("burst", 429, says("Too Many Requests"), RateLimited, "hold rate 10"),
    Row("burst with a time", 429, "", RateLimited, "hold rate 7", headers={"Retry-After": "7"}),
    Row("burst with an interval", 429, "", RateLimited, "hold rate 2",
        headers={"X-RateLimit-Interval-Milliseconds": "2000"}),
    Row("day", 429, says("Too Many Requests"), RateLimited, "hold daily 60", headers=DAY_IS_OVER),
    Row("day without a reset", 429, "", RateLimited, "hold daily 21600",
        headers={"X-RateLimit-Daily-Remaining": "0"}),
    # What nobody has documented
    Row("nothing there", 404, says("Not here"), Unexpected, "unexpected", ""),
    Row("gone", 410, "", Unexpected, "unexpected", ""),
    Row("teapot", 418, "teapot", Unexpected, "unexpected", ""),
    Row("too large", 413, "<html>", Unexpected, "unexpected", ""),
    Row("moved", 302, "", Unexpected, "unexpected", ""),
]
# fmt: on


@pytest.mark.parametrize("row", ANSWERS, ids=lambda row: row.id)
def test_an_answer_has_its_error_its_decision_and_its_diagnosis(row: Row) -> None:
    attempt = Attempt(at=NOW, step="upsert", request=SENT, status=row.status, response=row.body)

    error = refusal(attempt, row.headers, NOW)
    decision = decide(error, History(), POLICY, jitter=0.5)

    assert type(error) is row.error
    assert error.attempt is attempt
    assert row.decision in named(decision)
    assert diagnosed(decision) == row.about


def named(decision: RetryAt | Hold | Bury) -> tuple[str, ...]:
    """Return what a decision is called in the table, shortly and in full."""
    match decision:
        case RetryAt(seconds):
            return (f"retry {seconds:g}",)
        case Hold(kind, _, seconds):
            return f"hold {kind}", f"hold {kind} {seconds:g}"
        case Bury():
            return (str(decision.reason),)


def diagnosed(decision: RetryAt | Hold | Bury) -> str | None:
    if not isinstance(decision, Bury):
        return None
    [found] = decision.diagnosis
    assert found.fix
    return found.field
