from datetime import UTC, datetime

import pytest
from pydantic import JsonValue

from shared.highlevel.errors import (
    BadCredentials,
    ContactRejected,
    Duplicate,
    HighLevelError,
    MissingScope,
    Unexpected,
    WrongLocation,
    messages_of,
    refusal,
)
from shared.submission import Attempt

NOW = datetime(2026, 9, 21, 18, 0, tzinfo=UTC)


def an_error(status: int, body: JsonValue) -> HighLevelError:
    return refusal(Attempt(at=NOW, step="upsert", status=status, response=body), {}, NOW)


@pytest.mark.parametrize(
    ("body", "messages"),
    [
        ({"message": "Bad Request"}, ["Bad Request"]),
        ({"message": ["email must be an email", "bad"]}, ["email must be an email", "bad"]),
        ({"msg": "Unauthorized"}, ["Unauthorized"]),
        (
            {"email or phone": {"message": "The email or phone field is mandatory.", "rule": "required"}},
            ["email or phone: The email or phone field is mandatory."],
        ),
        ({"error": {"code": 3, "message": "Bad name", "details": [], "resolution": "Mend it"}}, ["Bad name"]),
        ({"error": "Unauthorized"}, ["Unauthorized"]),
        ("teapot\n", ["teapot"]),
        ({}, []),
        ([1], []),
        (None, []),
    ],
)
def test_every_known_envelope_gives_its_messages(body: JsonValue, messages: list[str]) -> None:
    assert messages_of(body) == messages


@pytest.mark.parametrize("status", [400, 409, 422])
def test_a_duplicate_names_the_contact_that_is_there(status: int) -> None:
    meta: JsonValue = {"contactId": "c1", "contactName": "Ada", "matchingField": "phone"}
    error = an_error(status, {"message": "This location does not allow duplicated contacts.", "meta": meta})

    assert isinstance(error, Duplicate)
    assert (error.contact_id, error.matching_field) == ("c1", "phone")


@pytest.mark.parametrize("meta", [None, "c1", {}, {"contactId": ""}, {"contactId": 5}])
def test_a_duplicate_without_the_contact_is_only_a_refusal(meta: JsonValue) -> None:
    body: JsonValue = {"message": "This location does not allow duplicated contacts.", "meta": meta}

    assert isinstance(an_error(400, body), ContactRejected)
    assert isinstance(an_error(409, body), Unexpected)


@pytest.mark.parametrize(
    "message",
    [
        "Invalid JWT",
        "Invalid token: access token is invalid",
        "Invalid Private Integration token",
        "Unauthorized",
    ],
)
def test_another_token_may_help_against_a_refused_one(message: str) -> None:
    error = an_error(401, {"message": message})

    assert type(error) is BadCredentials
    assert error.refreshable
    assert str(error) == f"{message}. The token is wrong, revoked or expired: replace it, or connect the app again."


@pytest.mark.parametrize(
    ("status", "message", "kind", "way_out"),
    [
        (401, "The token is not authorized for this scope.", MissingScope, "Add the missing scope"),
        (401, "This location is not accessible from this token!", WrongLocation, "do not rotate the token"),
        (403, "The token does not have access to this location.", WrongLocation, "another sub-account"),
        (403, "Forbidden resource", BadCredentials, "look at the token's scopes"),
    ],
)
def test_no_other_token_helps_against_a_wrong_scope_or_location(
    status: int, message: str, kind: type[BadCredentials], way_out: str
) -> None:
    error = an_error(status, {"message": message})

    assert type(error) is kind
    assert not error.refreshable
    assert way_out in str(error)
