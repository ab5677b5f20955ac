import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from shared.highlevel.custom_fields import Catalogue, LocationField

SPEC = Path(__file__).parents[4] / "shared" / "spec" / "highlevel-locations-customfields-tags.openapi.json"

LISTED: list[JsonValue] = [
    {"id": "f1", "name": "Budget", "fieldKey": "contact.budget", "dataType": "MONETORY", "model": "contact"},
    {"id": "f2", "name": "Favourite Colour", "fieldKey": "contact.colour", "dataType": "RADIO"},
    {"id": "f3", "name": "Size", "fieldKey": "contact.size", "dataType": "TEXT"},
    {"id": "f4", "name": "size ", "fieldKey": "contact.size_2", "dataType": "TEXT"},
]


def listed_field(**about: JsonValue) -> LocationField:
    [field] = Catalogue.of([{"id": "f", **about}]).fields
    return field


@pytest.mark.parametrize(
    ("name", "field_id"),
    [
        ("f1", "f1"),
        ("F1", None),
        ("budget", "f1"),
        ("contact.budget", "f1"),
        (" BUDGET ", "f1"),
        ("favouritecolour", "f2"),
        (" favourite  colour", "f2"),
        ("size_2", "f4"),
        ("size", "f3"),  # a key is sure, where a name is not
        ("Size", None),
        ("nothing", None),
        ("", None),
        ("contact.", None),
    ],
)
def test_a_field_is_found_by_id_key_or_name(name: str, field_id: str | None) -> None:
    found = Catalogue.of(LISTED).find(name)

    assert (found.id if found else None) == field_id


def test_fields_that_share_a_name_are_told() -> None:
    assert [field.id for field in Catalogue.of(LISTED).matching("SIZE")] == ["f3", "f4"]


@pytest.mark.parametrize(("name", "field_id"), [("Budgit", "f1"), ("favorite color", "f2"), ("zzz", None), ("", None)])
def test_the_closest_name_is_proposed(name: str, field_id: str | None) -> None:
    found = Catalogue.of(LISTED).closest(name)

    assert (found.id if found else None) == field_id


def test_fields_of_other_models_folders_and_what_has_no_id_are_passed_over() -> None:
    others: list[JsonValue] = [
        {"id": "o1", "name": "Deal", "model": "opportunity"},
        {"id": "o2", "name": "Deal", "fieldKey": "opportunity.deal"},
        {"id": "o3", "name": "Folder", "documentType": "folder"},
        {"name": "No id"},
        {"id": 5},
        "text",
        None,
    ]

    assert Catalogue.of(others) == Catalogue()
    assert Catalogue.of({"customFields": []}) == Catalogue()


@pytest.mark.parametrize(
    ("about", "options"),
    [
        ({"picklistOptions": ["a", "b", "a", " "]}, ("a", "b")),
        ({"picklistOptions": [{"label": "a", "id": "x"}, {"name": "b"}, {"value": "c"}, {}, 5]}, ("a", "b", "c")),
        ({"picklistImageOptions": [{"label": "a", "src": "https://example.com/a.png"}]}, ("a",)),
        ({"picklistOptions": None}, ()),
        ({"picklistOptions": "a"}, ()),
    ],
)
def test_options_are_read_in_every_shape(about: dict[str, JsonValue], options: tuple[str, ...]) -> None:
    assert listed_field(**about).options == options


def test_what_a_field_does_not_say_is_empty() -> None:
    assert listed_field() == LocationField(id="f")
    assert listed_field(dataType="HOLOGRAM", isAllowedCustomOption=True).takes_others
    assert listed_field(dateType="TEXT").type == "TEXT"  # as HighLevel's v1 pages spell it


def test_a_catalogue_survives_json() -> None:
    catalogue = Catalogue.of([*LISTED, {"id": "t", "picklistOptions": [{"label": "Box", "id": "b1"}]}])

    assert Catalogue.model_validate_json(catalogue.model_dump_json()) == catalogue


@pytest.mark.skipif(not SPEC.exists(), reason="HighLevel's description is not beside the clone")
def test_the_documented_example_is_read() -> None:
    properties = json.loads(SPEC.read_text())["components"]["schemas"]["CustomFieldSchema"]["properties"]
    example = {name: about["example"] for name, about in properties.items()} | {"model": "contact"}

    [field] = Catalogue.of([example]).fields

    assert (field.name, field.key, field.type, field.options) == ("pincode", "pincode", "TEXT", ("first option",))


@given(st.recursive(st.none() | st.text(max_size=5), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_any_answer_is_read(listed: JsonValue) -> None:
    assert isinstance(Catalogue.of(listed), Catalogue)
