from typing import Any

import pytest

from tests.sandbox.conftest import LOCATION, Clock, HighLevel

ADA = "ada@example.com"
PHONE = "+14155552671"


def test_upsert_of_an_unknown_person_makes_a_contact(highlevel: HighLevel) -> None:
    answer = highlevel.upsert(email=ADA, firstName="Ada", lastName="Lovelace")

    assert answer.status_code == 200
    assert answer.json()["new"] is True
    assert answer.json()["traceId"]
    assert answer.json()["contact"].items() >= {"email": ADA, "name": "Ada Lovelace", "locationId": LOCATION}.items()


def test_upsert_of_a_known_person_updates_the_contact(highlevel: HighLevel) -> None:
    first = highlevel.upsert(email=ADA, firstName="Ada").json()
    second = highlevel.upsert(email="ADA@example.com", firstName="Augusta").json()

    [contact] = highlevel.contacts()
    assert (first["new"], second["new"]) == (True, False)
    assert first["contact"]["id"] == second["contact"]["id"]
    assert contact["firstName"] == "Augusta"
    assert contact["written"] == 2


def test_the_same_email_in_two_locations_is_two_contacts(highlevel: HighLevel) -> None:
    highlevel.upsert(email=ADA)
    highlevel.upsert(location="another", email=ADA)

    assert len(highlevel.contacts()) == 2


def test_upsert_finds_a_person_by_phone_however_it_is_written(highlevel: HighLevel) -> None:
    highlevel.upsert(phone="(415) 555-2671")

    assert highlevel.upsert(phone=PHONE).json()["new"] is False


def test_upsert_that_finds_a_person_by_phone_replaces_the_email(highlevel: HighLevel) -> None:
    highlevel.upsert(email="old@example.com", phone=PHONE)
    answer = highlevel.upsert(email="new@example.com", phone=PHONE)

    assert answer.json()["contact"]["email"] == "new@example.com"
    assert highlevel.upsert(email="old@example.com").json()["new"] is True


@pytest.mark.parametrize(
    ("priority", "winner", "kept"),
    [(["email", "phone"], "Ada", ("phone", None)), (["phone", "email"], "Grace", ("email", None))],
)
def test_the_first_field_of_the_order_wins_when_two_contacts_match(
    highlevel: HighLevel, priority: list[str], winner: str, kept: tuple[str, Any]
) -> None:
    highlevel.configure(duplicate_priority=priority)
    highlevel.upsert(email=ADA, firstName="Ada")
    highlevel.upsert(phone=PHONE, firstName="Grace")
    answer = highlevel.upsert(email=ADA, phone=PHONE, city="London")

    contact = answer.json()["contact"]
    assert answer.status_code == 200
    assert contact["firstName"] == winner
    assert contact["city"] == "London"
    assert contact.get(kept[0]) == kept[1]


@pytest.mark.parametrize("identifiers", [{}, {"email": None, "phone": None}])
def test_upsert_needs_an_email_or_a_phone(highlevel: HighLevel, identifiers: dict[str, Any]) -> None:
    answer = highlevel.upsert(name="Ada Lovelace", **identifiers)

    assert answer.status_code == 400
    assert answer.json()["message"] == "Pass at least one of number, email query parameter"
    assert answer.json()["error"] == "Bad Request"


def test_create_answers_201_and_a_birthday_with_a_time(highlevel: HighLevel) -> None:
    answer = highlevel.create(email=ADA, dateOfBirth="12/10/1815")

    assert answer.status_code == 201
    assert answer.json()["contact"]["dateOfBirth"] == "1815-12-10T00:00:00.000Z"


def test_create_needs_somebody(highlevel: HighLevel) -> None:
    answer = highlevel.create(name="Ada Lovelace")

    assert answer.status_code == 422
    assert answer.json()["message"] == ["Contacts without email, phone, firstName and lastName are not allowed."]


def test_create_of_a_known_person_is_refused_with_the_contact_it_hit(highlevel: HighLevel) -> None:
    known = highlevel.a_contact(phone=PHONE, firstName="Ada", lastName="Lovelace")
    answer = highlevel.create(email=ADA, phone=PHONE)

    assert answer.status_code == 400
    assert answer.json()["message"] == "This location does not allow duplicated contacts."
    assert answer.json()["meta"] == {"contactId": known, "contactName": "Ada Lovelace", "matchingField": "phone"}


def test_create_adds_a_duplicate_where_the_location_allows_it(highlevel: HighLevel) -> None:
    highlevel.configure(allow_duplicates=True)
    highlevel.a_contact(email=ADA)

    assert highlevel.create(email=ADA).status_code == 201


@pytest.mark.parametrize(("allowed", "is_new"), [(True, True), (False, False)])
def test_create_new_if_duplicate_allowed_needs_a_location_that_allows_it(
    highlevel: HighLevel, allowed: bool, is_new: bool
) -> None:
    highlevel.configure(allow_duplicates=allowed)
    highlevel.upsert(email=ADA)
    answer = highlevel.upsert(email=ADA, createNewIfDuplicateAllowed=True)

    assert answer.json()["new"] is is_new


def test_upsert_updates_where_duplicates_are_allowed_but_not_asked_for(highlevel: HighLevel) -> None:
    highlevel.configure(allow_duplicates=True)
    highlevel.upsert(email=ADA)

    assert highlevel.upsert(email=ADA).json()["new"] is False


def test_upsert_with_tags_replaces_them_all(highlevel: HighLevel) -> None:
    highlevel.upsert(email=ADA, tags=["Customer", "VIP"])
    answer = highlevel.upsert(email=ADA, tags=["Website"])

    assert answer.json()["contact"]["tags"] == ["website"]


def test_upsert_without_tags_leaves_them(highlevel: HighLevel) -> None:
    highlevel.upsert(email=ADA, tags=["Customer"])
    answer = highlevel.upsert(email=ADA)

    assert answer.json()["contact"]["tags"] == ["customer"]


def test_gender_of_a_known_person_is_silently_ignored(highlevel: HighLevel) -> None:
    highlevel.upsert(email=ADA, gender="female")
    answer = highlevel.upsert(email=ADA, gender="male")

    assert answer.status_code == 200
    assert answer.json()["contact"]["gender"] == "female"


def test_source_is_overwritten_by_each_upsert(highlevel: HighLevel) -> None:
    highlevel.upsert(email=ADA, source="Advert")
    answer = highlevel.upsert(email=ADA, source="Contact form")

    assert answer.json()["contact"]["source"] == "Contact form"


def test_omitted_fields_stay_and_null_clears(highlevel: HighLevel) -> None:
    highlevel.upsert(email=ADA, city="London", state="England")
    contact = highlevel.upsert(email=ADA, city=None).json()["contact"]

    assert "city" not in contact
    assert contact["state"] == "England"


def test_a_full_name_is_taken_apart(highlevel: HighLevel) -> None:
    contact = highlevel.upsert(email=ADA, name="Ada King Lovelace").json()["contact"]

    assert (contact["firstName"], contact["lastName"]) == ("Ada", "King Lovelace")


def test_a_new_last_name_changes_the_full_name(highlevel: HighLevel) -> None:
    highlevel.upsert(email=ADA, name="Ada Byron")
    contact = highlevel.upsert(email=ADA, lastName="Lovelace").json()["contact"]

    assert contact["name"] == "Ada Lovelace"


@pytest.mark.parametrize(
    ("phone", "message"),
    [
        ("call me", "The string supplied did not seem to be a phone number"),
        ("", "The string supplied did not seem to be a phone number"),
        ("+1415555267100000000", "The string supplied is too long to be a phone number"),
        ("+999123456", "Invalid country calling code"),
        ("+49 1", "The string supplied is too short to be a phone number"),
    ],
)
def test_a_malformed_phone_fails_the_whole_call(highlevel: HighLevel, phone: str, message: str) -> None:
    answer = highlevel.upsert(email=ADA, phone=phone)

    assert answer.status_code == 400
    assert answer.json()["message"] == message
    assert highlevel.contacts() == []


def test_national_numbers_are_read_in_the_location_s_region(highlevel: HighLevel) -> None:
    highlevel.configure(default_region="GB")

    assert highlevel.upsert(phone="020 7183 8750").json()["contact"]["phone"] == "+442071838750"


def test_update_changes_what_it_names(highlevel: HighLevel) -> None:
    contact_id = highlevel.a_contact(email=ADA, city="London")
    answer = highlevel.http.put(f"/contacts/{contact_id}", json={"companyName": "Analytical Engines"})

    assert answer.status_code == 200
    assert answer.json()["succeded"] is True
    assert answer.json()["contact"].items() >= {"city": "London", "companyName": "Analytical Engines"}.items()


def test_update_may_not_take_another_s_email(highlevel: HighLevel) -> None:
    highlevel.a_contact(email=ADA)
    grace = highlevel.a_contact(email="grace@example.com")
    answer = highlevel.http.put(f"/contacts/{grace}", json={"email": ADA})

    assert answer.status_code == 400
    assert answer.json()["meta"]["matchingField"] == "email"


def test_a_deleted_contact_is_gone(highlevel: HighLevel) -> None:
    contact_id = highlevel.a_contact(email=ADA)

    assert highlevel.http.delete(f"/contacts/{contact_id}").json() == {"succeded": True}
    assert highlevel.http.get(f"/contacts/{contact_id}").json()["message"] == f"Contact with id {contact_id} not found"
    assert highlevel.upsert(email=ADA).json()["new"] is True


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/contacts/nobody", None),
        ("PUT", "/contacts/nobody", {}),
        ("DELETE", "/contacts/nobody", None),
        ("POST", "/contacts/nobody/tags", {"tags": ["a"]}),
        ("POST", "/contacts/nobody/notes", {"body": "a"}),
    ],
)
def test_an_unknown_contact_is_a_400(highlevel: HighLevel, method: str, path: str, body: Any) -> None:
    answer = highlevel.http.request(method, path, json=body)

    assert answer.status_code == 400
    assert answer.json()["message"] == "Contact with id nobody not found"


def test_duplicate_search_finds_by_email_or_number(highlevel: HighLevel) -> None:
    contact_id = highlevel.a_contact(email=ADA, phone=PHONE)
    path = "/contacts/search/duplicate"
    by_email = highlevel.http.get(path, params={"locationId": LOCATION, "email": ADA})
    by_number = highlevel.http.get(path, params={"locationId": LOCATION, "number": PHONE})
    nobody = highlevel.http.get(path, params={"locationId": LOCATION, "email": "grace@example.com"})

    assert by_email.json()["contact"]["id"] == by_number.json()["contact"]["id"] == contact_id
    assert nobody.json() == {"contact": None}


def test_search_shows_a_page_and_the_total_in_its_own_shape(highlevel: HighLevel) -> None:
    for number in range(3):
        highlevel.upsert(email=f"a{number}@example.com", address1="1 Main St", dateOfBirth="1970-01-02")
    answer = highlevel.http.post("/contacts/search", json={"locationId": LOCATION, "pageLimit": 2, "page": 2})

    [contact] = answer.json()["contacts"]
    assert answer.json()["total"] == 3
    assert contact["address"] == "1 Main St"
    assert contact["dateOfBirth"] == 86_400_000


def test_search_needs_a_location_and_a_page_limit(highlevel: HighLevel) -> None:
    answer = highlevel.http.post("/contacts/search", json={})

    assert answer.status_code == 422
    assert answer.json()["message"] == [
        "locationId should not be empty",
        "locationId must be a string",
        "pageLimit must be a number",
    ]


def test_search_filters_by_a_field(highlevel: HighLevel) -> None:
    highlevel.upsert(email=ADA)
    highlevel.upsert(email="grace@example.com")
    condition = {"field": "email", "operator": "eq", "value": ADA}
    answer = highlevel.http.post(
        "/contacts/search", json={"locationId": LOCATION, "pageLimit": 10, "filters": [condition]}
    )

    assert [contact["email"] for contact in answer.json()["contacts"]] == [ADA]


def test_a_write_is_searchable_only_after_the_lag(highlevel: HighLevel, clock: Clock) -> None:
    highlevel.configure(search_lag_ms=12_000)
    highlevel.upsert(email=ADA)
    seen = []
    for _ in range(2):
        seen.append(_search(highlevel))
        clock.advance(12)
    seen.append(_search(highlevel))
    highlevel.upsert(email=ADA)

    assert seen == [[], [ADA], [ADA]]
    assert _search(highlevel) == []


def test_an_upsert_that_finds_a_further_email_loses_the_first(highlevel: HighLevel) -> None:
    john = _seeded(highlevel, email="john@doe.mail", additionalEmails=["Jane@doe.mail", "jd@doe.mail"])
    before = highlevel.contact(john)["additionalEmails"]
    answer = highlevel.upsert(email="jane@doe.mail").json()

    assert before == [{"email": "Jane@doe.mail"}, {"email": "jd@doe.mail"}]
    assert (answer["new"], answer["contact"]["id"]) == (False, john)
    assert answer["contact"]["email"] == "jane@doe.mail"
    assert answer["contact"]["additionalEmails"] == [{"email": "jd@doe.mail"}]
    assert highlevel.upsert(email="john@doe.mail").json()["new"] is True


def test_a_further_email_makes_a_create_a_duplicate(highlevel: HighLevel) -> None:
    john = _seeded(highlevel, email="john@doe.mail", additionalEmails=["jane@doe.mail"])
    answer = highlevel.create(email="jane@doe.mail")

    assert answer.json()["meta"]["contactId"] == john


def test_further_emails_are_not_writable(highlevel: HighLevel) -> None:
    for answer in (
        highlevel.upsert(email=ADA, additionalEmails=["jane@doe.mail"]),
        highlevel.create(email=ADA, additionalEmails=["jane@doe.mail"]),
        highlevel.http.put(f"/contacts/{highlevel.a_contact()}", json={"additionalEmails": []}),
    ):
        assert answer.status_code == 422
        assert answer.json()["message"] == ["property additionalEmails should not exist"]


def test_further_emails_are_seeded_as_a_list_of_texts(highlevel: HighLevel) -> None:
    contact = {"locationId": LOCATION, "email": ADA, "additionalEmails": "jane@doe.mail"}

    assert highlevel.http.post("/_sandbox/state", json={"contacts": [contact]}).status_code == 422


def _search(highlevel: HighLevel) -> list[str]:
    answer = highlevel.http.post("/contacts/search", json={"locationId": LOCATION, "pageLimit": 10})
    return [contact["email"] for contact in answer.json()["contacts"]]


def _seeded(highlevel: HighLevel, **contact: Any) -> str:
    answer = highlevel.http.post("/_sandbox/state", json={"contacts": [{"locationId": LOCATION, **contact}]})
    return str(answer.raise_for_status().json()["contacts"][0]["id"])
