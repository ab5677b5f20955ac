from typing import Any

import pytest

from tests.sandbox.conftest import LOCATION, HighLevel

ADA = "ada@example.com"
BUDGET = {"id": "f1", "name": "Budget", "fieldKey": "contact.budget"}
SIZE = {**BUDGET, "id": "f2", "fieldKey": "contact.size", "dataType": "RADIO", "picklistOptions": ["S", "L"]}
NEEDS = {**BUDGET, "id": "f3", "fieldKey": "contact.needs", "dataType": "CHECKBOX", "picklistOptions": ["SEO", "Ads"]}


FILE = {
    "f31175d4-2b06-4fc6-b7bc-74cd814c68cb": {
        "meta": {"originalname": "cv.pdf", "mimetype": "application/pdf", "size": 12},
        "url": "https://services.leadconnectorhq.com/documents/download/w2M9qTZ0ZJz8rGt02jdJ",
        "documentId": "w2M9qTZ0ZJz8rGt02jdJ",
    }
}
BOXES = [{"id": "b1", "label": "First"}, {"id": "b2", "label": "Second"}]


@pytest.fixture
def declared(highlevel: HighLevel) -> HighLevel:
    highlevel.configure(custom_fields=[BUDGET, SIZE, NEEDS])
    return highlevel


def stored(highlevel: HighLevel, *entries: dict[str, Any]) -> dict[str, Any]:
    answer = highlevel.upsert(email=ADA, customFields=entries)
    assert answer.status_code == 200
    return {field["id"]: field["value"] for field in answer.json()["contact"]["customFields"]}


@pytest.mark.parametrize(
    "entry",
    [
        {"id": "f1", "field_value": "5"},
        {"id": "f1", "fieldValue": "5"},
        {"id": "f1", "value": "5"},
        {"key": "contact.budget", "field_value": "5"},
        {"key": "budget", "field_value": "5"},
        {"id": "f1", "key": "budget", "field_value": "5"},
    ],
)
def test_a_declared_field_is_stored_under_its_id(declared: HighLevel, entry: dict[str, Any]) -> None:
    assert stored(declared, entry) == {"f1": "5"}


@pytest.mark.parametrize(
    "entry",
    [
        {"id": "f9", "field_value": "5"},
        {"key": "contact.unknown", "field_value": "5"},
        {"key": "size", "field_value": "XL"},
        {"key": "needs", "field_value": ["Nope"]},
        {"field_value": "5"},
    ],
)
def test_what_the_location_does_not_know_is_dropped_with_a_200(declared: HighLevel, entry: dict[str, Any]) -> None:
    assert stored(declared, entry) == {}


def test_only_the_options_of_the_picklist_are_kept(declared: HighLevel) -> None:
    assert stored(declared, {"id": "f3", "field_value": ["Ads", "Nope"]}) == {"f3": ["Ads"]}


@pytest.mark.parametrize(
    ("data_type", "value"),
    [
        ("TEXT", "5"),
        ("LARGE_TEXT", "two\nlines"),
        ("PHONE", "+14155552671"),
        ("EMAIL", ADA),
        ("SINGLE_OPTIONS", "S"),
        ("RADIO", "L"),
        ("CHECKBOX", ["S", "L"]),
        ("MULTIPLE_OPTIONS", ["S"]),
        ("DATE", "2026-02-28"),
        ("NUMERICAL", 5),
        ("NUMERICAL", "-5.5"),
        ("MONETORY", 100.5),
        ("MONETORY", "100.50"),
        ("FILE_UPLOAD", FILE),
    ],
)
def test_a_value_of_the_field_s_kind_is_stored_as_it_was_sent(highlevel: HighLevel, data_type: str, value: Any) -> None:
    highlevel.configure(custom_fields=[{**BUDGET, "dataType": data_type, "picklistOptions": ["S", "L"]}])

    assert stored(highlevel, {"id": "f1", "field_value": value}) == {"f1": value}


@pytest.mark.parametrize(
    ("data_type", "value"),
    [
        ("TEXT", ["a"]),
        ("TEXT", {"a": "b"}),
        ("TEXT", True),
        ("SINGLE_OPTIONS", "s"),
        ("SINGLE_OPTIONS", ["S"]),
        ("RADIO", "XL"),
        ("CHECKBOX", "S"),
        ("CHECKBOX", ["XL"]),
        ("MULTIPLE_OPTIONS", {"S": True}),
        ("DATE", "02/28/2026"),
        ("DATE", "2026-02-30"),
        ("DATE", "2026-2-3"),
        ("DATE", 20260228),
        ("NUMERICAL", "five"),
        ("NUMERICAL", True),
        ("NUMERICAL", [5]),
        ("MONETORY", "$5"),
        ("MONETORY", "1,000"),
        ("TEXTBOX_LIST", "S"),
        ("TEXTBOX_LIST", ["S"]),
        ("TEXTBOX_LIST", {"XL": "a"}),
        ("TEXTBOX_LIST", {"S": 5}),
        ("FILE_UPLOAD", "https://example.com/cv.pdf"),
        ("FILE_UPLOAD", ["https://example.com/cv.pdf"]),
        ("FILE_UPLOAD", {"url": "https://example.com/cv.pdf"}),
        ("FILE_UPLOAD", {"uuid": {"meta": {}}}),
    ],
)
def test_a_value_of_another_kind_is_dropped_with_a_200(highlevel: HighLevel, data_type: str, value: Any) -> None:
    highlevel.configure(custom_fields=[{**BUDGET, "dataType": data_type, "picklistOptions": ["S", "L"]}])

    assert stored(highlevel, {"id": "f1", "field_value": value}) == {}


def test_a_number_in_a_text_field_is_stored_as_text(declared: HighLevel) -> None:
    assert stored(declared, {"id": "f1", "field_value": 5}) == {"f1": "5"}


def test_the_boxes_of_a_list_are_named_by_id_or_label(highlevel: HighLevel) -> None:
    highlevel.configure(custom_fields=[{**BUDGET, "dataType": "TEXTBOX_LIST", "picklistOptions": BOXES}])
    value = {"b1": "one", "Second": "two", "Third": "three"}

    assert stored(highlevel, {"id": "f1", "field_value": value}) == {"f1": {"b1": "one", "Second": "two"}}


def test_other_fields_are_untouched(declared: HighLevel) -> None:
    stored(declared, {"id": "f1", "field_value": "5"})

    assert stored(declared, {"id": "f2", "field_value": "L"}) == {"f1": "5", "f2": "L"}


def test_null_clears_a_field_and_an_empty_text_does_not(declared: HighLevel) -> None:
    stored(declared, {"id": "f1", "field_value": "5"}, {"id": "f2", "field_value": "L"})

    assert stored(declared, {"id": "f1", "field_value": None}, {"id": "f2", "field_value": ""}) == {"f2": "L"}


def test_everything_is_stored_while_nothing_is_declared(highlevel: HighLevel) -> None:
    entries = ({"id": "any", "field_value": 5}, {"key": "other", "field_value": "x"})

    assert stored(highlevel, *entries) == {"any": 5, "other": "x"}


def test_declared_fields_are_listed(declared: HighLevel) -> None:
    answer = declared.http.get(f"/locations/{LOCATION}/customFields", params={"model": "contact"})

    first, *others = answer.json()["customFields"]
    assert len(others) == 2
    assert first == {
        **BUDGET,
        "dataType": "TEXT",
        "picklistOptions": [],
        "locationId": LOCATION,
        "model": "contact",
        "position": 0,
    }
