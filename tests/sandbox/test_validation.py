from typing import Any

import pytest

from sandbox.countries import COUNTRY_CODES
from tests.sandbox.conftest import HighLevel

ADA = "ada@example.com"
TEXTS = ("firstName", "lastName", "name", "phone", "address1", "city", "state", "website", "timezone", "companyName")
TEXTS_NEVER_NULL = ("postalCode", "gender", "source", "assignedTo")


def a_person(**fields: Any) -> dict[str, Any]:
    return {"email": ADA, **fields}


@pytest.mark.parametrize("name", TEXTS)
def test_null_is_allowed_where_the_api_says_so(highlevel: HighLevel, name: str) -> None:
    assert highlevel.upsert(**a_person(**{name: None})).status_code == 200


@pytest.mark.parametrize("name", TEXTS_NEVER_NULL)
def test_null_is_refused_where_the_api_says_so(highlevel: HighLevel, name: str) -> None:
    assert highlevel.upsert(**a_person(**{name: None})).json()["message"] == [f"{name} must be a string"]


@pytest.mark.parametrize("name", TEXTS + TEXTS_NEVER_NULL)
def test_a_number_is_no_text(highlevel: HighLevel, name: str) -> None:
    answer = highlevel.upsert(**a_person(**{name: 5}))

    assert answer.status_code == 422
    assert answer.json()["message"] == [f"{name} must be a string"]
    assert answer.json()["error"] == "Unprocessable Entity"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"foo": 1}, "property foo should not exist"),
        ({"customField": {"a": "b"}}, "property customField should not exist"),
        ({"email": ""}, "email must be an email"),
        ({"email": "not-an-email"}, "email must be an email"),
        ({"email": "ada@localhost"}, "email must be an email"),
        ({"email": " ada@example.com"}, "email must be an email"),
        ({"postalCode": None}, "postalCode must be a string"),
        ({"source": None}, "source must be a string"),
        ({"dnd": "yes"}, "dnd must be a boolean value"),
        ({"tags": "website"}, "tags must be an array"),
        ({"tags": ["website", 1]}, "each value in tags must be a string"),
        ({"customFields": {"budget": "5"}}, "customFields must be an array"),
        (
            {"customFields": ["budget"]},
            "each value in nested property customFields must be either object or array",
        ),
        ({"country": "United States"}, "country must be a valid enum value"),
        ({"country": "us"}, "country must be a valid enum value"),
        ({"country": None}, "country must be a valid enum value"),
        ({"dateOfBirth": "10 December 1815"}, "dateOfBirth must be a valid date"),
        ({"dateOfBirth": "1815-13-10"}, "dateOfBirth must be a valid date"),
        ({"dateOfBirth": "1815-12/10"}, "dateOfBirth must be a valid date"),
        ({"dndSettings": []}, "dndSettings must be an object"),
        ({"dndSettings": {"Sms": {"status": "active"}}}, "dndSettings.property Sms should not exist"),
        (
            {"dndSettings": {"SMS": {"status": "on"}}},
            "dndSettings.SMS.status must be one of the following values: active, inactive, permanent",
        ),
        (
            {"inboundDndSettings": {"all": {}}},
            "inboundDndSettings.all.status must be one of the following values: active, inactive",
        ),
        ({"createNewIfDuplicateAllowed": 1}, "createNewIfDuplicateAllowed must be a boolean value"),
    ],
)
def test_a_wrong_value_is_named(highlevel: HighLevel, fields: dict[str, Any], message: str) -> None:
    answer = highlevel.upsert(**a_person(**fields))

    assert answer.status_code == 422
    assert answer.json()["message"] == [message]


def test_every_wrong_value_is_named_at_once(highlevel: HighLevel) -> None:
    answer = highlevel.upsert(email="", tags="a", foo=1)

    assert answer.json()["message"] == [
        "property foo should not exist",
        "email must be an email",
        "tags must be an array",
    ]


@pytest.mark.parametrize(
    "fields",
    [
        {"email": "ada@example.test"},
        {"email": "ada@bücher.example"},
        {"email": None, "phone": "+14155552671"},
        {"firstName": None},
        {"dnd": True, "dndSettings": {"SMS": {"status": "active", "message": "no", "code": "1"}}},
        {"inboundDndSettings": {"all": {"status": "inactive"}}},
        {"country": "XK"},
        {"dateOfBirth": None},
    ],
)
def test_a_right_value_passes(highlevel: HighLevel, fields: dict[str, Any]) -> None:
    assert highlevel.upsert(**a_person(**fields)).status_code == 200


@pytest.mark.parametrize("written", ["{0}/{1}/{2}", "{0}-{1}-{2}", "{0}.{1}.{2}", "{0}_{1}_{2}"])
def test_a_birthday_may_begin_with_the_year_or_the_month(highlevel: HighLevel, written: str) -> None:
    for parts in (("1990", "09", "25"), ("09", "25", "1990")):
        answer = highlevel.upsert(email=ADA, dateOfBirth=written.format(*parts))

        assert answer.json()["contact"]["dateOfBirth"] == "1990-09-25"


def test_a_missing_location_is_a_422(highlevel: HighLevel) -> None:
    answer = highlevel.http.post("/contacts/upsert", json={"email": ADA})

    assert answer.status_code == 422
    assert "locationId must be a string" in answer.json()["message"]


@pytest.mark.parametrize("name", ["locationId", "gender", "createNewIfDuplicateAllowed"])
def test_update_refuses_what_only_an_upsert_takes(highlevel: HighLevel, name: str) -> None:
    answer = highlevel.http.put(f"/contacts/{highlevel.a_contact()}", json={name: "x"})

    assert answer.status_code == 422
    assert answer.json()["message"] == [f"property {name} should not exist"]


def test_update_lets_source_be_null(highlevel: HighLevel) -> None:
    answer = highlevel.http.put(f"/contacts/{highlevel.a_contact()}", json={"source": None})

    assert answer.status_code == 200


@pytest.mark.parametrize("content", [b"{", b"[1]", b'"text"'])
def test_malformed_json_is_a_400(highlevel: HighLevel, content: bytes) -> None:
    answer = highlevel.http.post("/contacts/upsert", content=content, headers={"Content-Type": "application/json"})

    assert answer.status_code == 400
    assert answer.json()["statusCode"] == 400


def test_the_country_list_is_highlevel_s() -> None:
    assert len(COUNTRY_CODES) == 247
    assert {"AN", "XK", "US"} <= COUNTRY_CODES
    assert not COUNTRY_CODES & {"BQ", "CW", "SS", "BL"}
