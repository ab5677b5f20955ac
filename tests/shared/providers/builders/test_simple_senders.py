"""Formstack, Wufoo, Google Forms, Forminit, Basin and Standard Webhooks: what their samples do not show."""

import json
from urllib.parse import urlencode

import pytest
from pydantic import JsonValue

from shared.providers import PROVIDERS
from shared.providers.base import Reading
from shared.providers.builders.google_forms import APPS_SCRIPT


def read(provider: str, body: JsonValue) -> Reading:
    return PROVIDERS[provider].read(json.dumps(body).encode(), "application/json")


def posted(provider: str, fields: dict[str, str]) -> Reading:
    return PROVIDERS[provider].read(urlencode(fields).encode(), "application/x-www-form-urlencoded")


def values(reading: Reading) -> dict[str, JsonValue]:
    return {answer.label: answer.value for answer in reading.answers}


@pytest.mark.parametrize(
    ("text", "value", "kind"),
    [
        ("first = Ada\nlast = King", {"first": "Ada", "last": "King"}, "name"),
        ("first = Ada\nlast = ", {"first": "Ada"}, "name"),
        ("city = Paris\ncountry = France", {"city": "Paris", "country": "France"}, "address"),
        ("value = +1 415 555 0133\nfield_type = phone", "+1 415 555 0133", "phone"),
        ("value = x\nfield_type = rating", "x", "text"),
        ("first = Ada\nsecond = no part", "first = Ada\nsecond = no part", "long_text"),
        ("first", "first", "text"),
        ("ada@example.com\nfield_type = email", "ada@example.com", "email"),
        ("field_type = name", "field_type = name", "text"),
        ("value = 5", "value = 5", "text"),
        ({"first": "Ada", "last": "King"}, {"first": "Ada", "last": "King"}, "name"),
        ({"first": "Ada", "other": "x"}, {"first": "Ada", "other": "x"}, "text"),
    ],
)
def test_lines_of_formstack_are_parts_only_if_all_of_them_are(text: JsonValue, value: JsonValue, kind: str) -> None:
    [answer] = read("formstack", {"UniqueID": "1", "Q": text}).answers

    assert (answer.value, answer.type) == (value, kind)


def test_a_name_of_formstack_without_any_part_is_no_answer() -> None:
    assert values(read("formstack", {"Name": "first = \nlast =", "Email": "ada@example.com"})) == {
        "Email": "ada@example.com"
    }


def test_the_parts_of_a_wufoo_field_are_told_by_their_order_in_any_language() -> None:
    parts: JsonValue = [{"ID": "Field1", "Label": "Prénom"}, {"ID": "Field2", "Label": "Nom"}]
    structure = json.dumps({"Fields": [{"ID": "Field1", "Title": "Nom", "Type": "shortname", "SubFields": parts}]})

    found = posted("wufoo", {"Field1": "Zoé", "Field2": "Petit", "Field9": "new", "FieldStructure": structure})

    assert values(found) == {"Nom": {"first": "Zoé", "last": "Petit"}, "Field9": "new"}


@pytest.mark.parametrize("structure", ["", "{", "[]", '{"Fields": 7}', '{"Fields": [{"Title": "no id"}]}'])
def test_a_structure_of_wufoo_that_is_none_leaves_the_answers_with_their_ids(structure: str) -> None:
    found = posted("wufoo", {"Field1": "Ada", "EntryId": "7", "FieldStructure": structure})

    assert (found.submission_id, values(found)) == ("7", {"Field1": "Ada"})


def test_a_field_of_wufoo_that_the_structure_names_twice_is_one_answer() -> None:
    question: JsonValue = {"ID": "Field1", "Title": "Name", "Type": "text"}

    found = posted("wufoo", {"Field1": "Ada", "FieldStructure": json.dumps({"Fields": [question, question]})})

    assert values(found) == {"Name": "Ada"}


def test_a_response_of_google_forms_that_was_edited_is_a_newer_revision() -> None:
    first = response("2026-09-21T13:13:20.000Z", "Ada")
    again = response("2026-09-21T13:13:20.000Z", "Ada")
    edited = response("2026-09-21T13:14:00.000Z", "Ada")
    untimed, changed = response("", "Ada"), response("", "Augusta")

    assert first == again
    assert (first.revision, first.progress) < (edited.revision, edited.progress)
    assert untimed.revision != changed.revision
    assert untimed.progress == changed.progress == 0


def response(timestamp: str, name: str) -> Reading:
    answers: JsonValue = [{"title": "Name", "type": "TEXT", "value": name}]
    return read("google_forms", {"responseId": "r1", "timestamp": timestamp, "answers": answers})


@pytest.mark.parametrize(
    "body",
    [
        {"namedValues": {"Timestamp": ["1"], "Name": ["Ada"], "Days": ["Mon", "Fri"]}, "values": ["x"]},
        {"Timestamp": ["1"], "Name": ["Ada"], "Days": ["Mon", "Fri"]},
        {"formId": "f", "answers": {"Name": "Ada", "Days": ["Mon", "Fri"]}},
        {"Name": "Ada", "Days": ["Mon", "Fri"]},
    ],
)
def test_what_other_scripts_of_google_forms_post_is_read_too(body: JsonValue) -> None:
    assert values(read("google_forms", body)) == {"Name": "Ada", "Days": ["Mon", "Fri"]}


def test_the_setup_of_google_forms_holds_the_script_and_where_its_url_goes() -> None:
    setup = PROVIDERS["google_forms"].setup

    assert setup.endswith(APPS_SCRIPT)
    assert setup.count("{url}") == 1
    for name in ("HOOKLINE_URL", "HOOKLINE_TOKEN", "responseId", "timestamp", "email", "answers", "title", "value"):
        assert name in APPS_SCRIPT


def test_an_old_flat_body_of_getform_is_read_as_such() -> None:
    assert values(read("getform", {"name": "Ada", "submissionDate": "x"})) == {"name": "Ada"}


def test_an_attachment_of_basin_without_a_public_address_keeps_what_it_has() -> None:
    attachments: JsonValue = [{"attachment_proxy_url": "https://files.example.com/1"}, {"name": "x"}, "y"]

    [answer] = read("basin", {"attachments": attachments}).answers

    assert (answer.type, answer.value) == ("file", ["https://files.example.com/1", {"name": "x"}, "y"])


@pytest.mark.parametrize(
    ("kind", "is_test"),
    [
        ("test", True),
        ("webhook.ping", True),
        ("form.test", True),
        ("Test.event", True),
        ("contest.entered", False),
        ("test.completed", False),
        ("latest", False),
        ("form.submitted", False),
    ],
)
def test_a_standard_webhook_is_a_test_only_if_its_type_ends_so(kind: str, is_test: bool) -> None:
    found = read("standard_webhooks", {"type": kind, "data": {"email": "ada@example.com"}})

    assert bool(found.ignored) == is_test


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"type": "a", "timestamp": "t", "data": {"id": "1", "formId": "f", "fields": {"q": 1}}}, {"q": 1}),
        ({"type": "a", "timestamp": "t", "data": {"id": "1", "q": 1}}, {"q": 1}),
        ({"type": "a", "account": "x", "data": {"q": 1}}, {"account": "x", "q": 1}),
        ({"type": "a", "timestamp": "t", "q": 1}, {"q": 1}),
        ({"data": {"name": "Ada", "fields": {"q": 1}}}, {"name": "Ada", "fields": {"q": 1}}),
    ],
)
def test_the_fields_of_a_standard_webhook_stand_in_data_or_one_level_deeper(
    body: JsonValue, expected: dict[str, JsonValue]
) -> None:
    found = read("standard_webhooks", body)

    assert values(found) == expected
    assert (found.submission_id, found.revision) == ("", "")
