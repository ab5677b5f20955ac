import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from shared.highlevel.custom_fields import LocationField
from shared.highlevel.custom_values import BY_FIELD, FROM_ONE, WrongValue, converted

COLOURS = ("Red", "Sea Green", "Black, or nearly so")


def a_field(kind: str, *options: str, takes_others: bool = False) -> LocationField:
    return LocationField(id="f1", name="Field", key="field", type=kind, options=options, takes_others=takes_others)


ONE_VALUE: list[tuple[str, JsonValue, JsonValue]] = [
    ("TEXT", " a ", "a"),
    ("TEXT", 5, "5"),
    ("TEXT", ["a", "b"], "a, b"),
    ("TEXT", True, "yes"),
    ("LARGE_TEXT", "a\nb", "a\nb"),
    ("NUMERICAL", 5, 5),
    ("NUMERICAL", 1.5, 1.5),
    ("NUMERICAL", ["1,234.50"], 1234.5),
    ("NUMERICAL", "12 apples", None),
    ("FLOAT", "1.5", 1.5),
    ("MONETORY", "$1,234.50", 1234.5),
    ("MONETORY", "a lot", None),
    ("DATE", "2026-12-25T10:00:00Z", "2026-12-25"),
    ("DATE", "12/25/2026", "2026-12-25"),
    ("DATE", "tomorrow", None),
    ("PHONE", "(206) 555-0161", "+12065550161"),
    ("PHONE", "12", None),
    ("EMAIL", "Ada@Example.com", "ada@example.com"),
    ("EMAIL", "ada", None),
    ("HOLOGRAM", ["a", 5], ["a", "5"]),
    ("", 5, 5),
    ("", {"a": 1}, "a: 1"),
]


@pytest.mark.parametrize(("kind", "value", "expected"), ONE_VALUE)
def test_a_value_becomes_one_of_the_fields_type(kind: str, value: JsonValue, expected: JsonValue) -> None:
    assert result(a_field(kind), value) == expected


@pytest.mark.parametrize(
    ("kind", "value", "near"),
    [("PHONE", "206 555 0161 ext. 5", "+12065550161"), ("EMAIL", "Ada <ada@example.com>", "ada@example.com")],
)
def test_a_value_that_fits_in_part_is_wrong_and_the_part_is_proposed(kind: str, value: str, near: str) -> None:
    assert wrong(a_field(kind), value).proposal_value == near


CHOSEN: list[tuple[JsonValue, JsonValue]] = [
    ("red", ["Red"]),
    (" SEAGREEN ", ["Sea Green"]),
    (["Red", "sea green", "RED"], ["Red", "Sea Green"]),
    ("red, sea green", ["Red", "Sea Green"]),
    ("red; sea green\n", ["Red", "Sea Green"]),
    ("Black, or nearly so", ["Black, or nearly so"]),
    ("red, black, or nearly so, sea green", ["Red", "Black, or nearly so", "Sea Green"]),
    (["red, sea green"], ["Red", "Sea Green"]),
    (",", []),
    ("black", None),
    (["Red", "blue"], None),
    (True, None),
]


@pytest.mark.parametrize("kind", ["CHECKBOX", "MULTIPLE_OPTIONS"])
@pytest.mark.parametrize(("value", "expected"), CHOSEN)
def test_choices_become_the_exact_options(kind: str, value: JsonValue, expected: JsonValue) -> None:
    assert result(a_field(kind, *COLOURS), value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, ["I agree to the terms"]),
        ("on", ["I agree to the terms"]),
        (["yes"], ["I agree to the terms"]),
        ("i agree to the terms", ["I agree to the terms"]),
        (False, []),
        ("no", []),
        ("maybe", None),
    ],
)
def test_a_single_box_is_ticked_by_a_yes(value: JsonValue, expected: JsonValue) -> None:
    assert result(a_field("CHECKBOX", "I agree to the terms"), value) == expected


@pytest.mark.parametrize("kind", ["SINGLE_OPTIONS", "RADIO"])
@pytest.mark.parametrize(
    ("options", "value", "expected"),
    [
        (COLOURS, "sea  green", "Sea Green"),
        (COLOURS, ["red"], "Red"),
        (COLOURS, ["red", "sea green"], None),
        (COLOURS, "blue", None),
        (COLOURS, True, None),
        (("Yes", "No"), True, "Yes"),
        (("Yes", "No"), False, "No"),
        (("Ja", "Nein"), "yes", "Ja"),
        (("1", "2"), 2, "2"),
        ((), "anything", "anything"),
    ],
)
def test_a_choice_becomes_the_exact_option(
    kind: str, options: tuple[str, ...], value: JsonValue, expected: JsonValue
) -> None:
    assert result(a_field(kind, *options), value) == expected


def test_an_open_list_takes_other_options() -> None:
    assert result(a_field("CHECKBOX", *COLOURS, takes_others=True), "red, blue") == ["Red", "blue"]
    assert result(a_field("RADIO", *COLOURS, takes_others=True), "blue") == "blue"


def test_without_known_options_a_text_is_not_taken_apart() -> None:
    assert result(a_field("CHECKBOX"), "Black, or nearly so") == ["Black, or nearly so"]


def test_an_unknown_option_names_the_options_and_the_closest() -> None:
    numbers = [f"Number {number}" for number in range(20)]

    error = wrong(a_field("RADIO", *numbers), "Numbr 7")

    assert error.rule == "the value is none of the field's options"
    assert error.fix.startswith('The options are "Number 0", "Number 1"')
    assert error.fix.endswith("and 12 more.")
    assert error.proposal_value == "Number 7"


def test_the_proposal_for_several_options_fits_the_field() -> None:
    field = a_field("CHECKBOX", *COLOURS)

    near = wrong(field, ["rd", "black or nearly so"]).proposal_value

    assert near == "Red; Black, or nearly so"
    assert result(field, near) == ["Red", "Black, or nearly so"]
    assert wrong(field, ["rd", "quite something else"]).proposal_value is None


def test_a_long_text_is_no_option() -> None:
    assert wrong(a_field("CHECKBOX", *COLOURS), "red," * 250_000).proposal_value is None
    assert wrong(a_field("RADIO", *COLOURS), "red " * 250_000).proposal_value is None


BOXES = LocationField(id="f1", type="TEXTBOX_LIST", options=("First pet", "Second pet"), boxes={"First pet": "b1"})


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"first pet": "Rex", "Second pet": ""}, {"b1": "Rex"}),
        ({"b1": "Rex"}, {"b1": "Rex"}),
        (["Rex", "Tom"], {"b1": "Rex", "Second pet": "Tom"}),
        ("Rex\n\nTom\n", {"b1": "Rex", "Second pet": "Tom"}),
        ("Rex", {"b1": "Rex"}),
        (["Rex", "Tom", "Joe"], None),
        ({"Third pet": "Joe"}, None),
    ],
)
def test_a_text_box_list_is_an_object_of_boxes(value: JsonValue, expected: JsonValue) -> None:
    assert result(BOXES, value) == expected


def test_a_text_box_list_of_unknown_boxes_takes_only_an_object() -> None:
    assert result(a_field("TEXTBOX_LIST"), {"a": 1}) == {"a": "1"}
    assert result(a_field("TEXTBOX_LIST"), "a") is None


URL = "https://files.example.com/f/my%20plan.pdf?x=1"


@pytest.mark.parametrize(
    "value", [URL, [URL], {"url": URL}, [{"link": URL, "name": "my plan.pdf"}], {"url": URL, "type": "application/pdf"}]
)
def test_a_file_is_an_object_under_an_id_of_its_own(value: JsonValue) -> None:
    sent = result(a_field("FILE_UPLOAD"), value)

    assert isinstance(sent, dict)
    [(uuid, entry)] = sent.items()
    meta = {"fieldname": "f1", "originalname": "my plan.pdf", "mimetype": "application/pdf", "uuid": uuid}
    assert entry == {"meta": meta, "url": URL}
    assert sent == result(a_field("FILE_UPLOAD"), value)


def test_several_files_are_sent_together_with_what_is_known_of_them() -> None:
    other: JsonValue = {"url": "https://example.com/", "size": 5}
    sent = result(a_field("FILE_UPLOAD"), [URL, other])

    assert isinstance(sent, dict)
    assert [entry["url"] for entry in sent.values() if isinstance(entry, dict)] == [URL, "https://example.com/"]
    assert '"size": 5' in str(sent).replace("'", '"')
    in_a_text = result(a_field("FILE_UPLOAD"), f"{URL}, https://example.com/")
    assert isinstance(in_a_text, dict)
    assert in_a_text.keys() == sent.keys()


def test_a_file_as_highlevel_documents_it_stays_as_it_is() -> None:
    documented: JsonValue = {"f311": {"meta": {"uuid": "f311"}, "url": URL, "documentId": "w2M9"}}

    assert result(a_field("FILE_UPLOAD"), documented) == documented


@pytest.mark.parametrize("value", ["plan.pdf", ["https://"], {"name": "plan.pdf"}, 5, True])
def test_what_is_no_address_is_no_file(value: JsonValue) -> None:
    assert result(a_field("FILE_UPLOAD"), value) is None


VALUES: st.SearchStrategy[JsonValue] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from([*FROM_ONE, *BY_FIELD, "HOLOGRAM"]), VALUES, st.sampled_from([(), COLOURS, ("Yes",)]))
def test_any_value_fits_or_is_wrong(kind: str, value: JsonValue, options: tuple[str, ...]) -> None:
    sent = result(a_field(kind, *options), value)

    if options and isinstance(sent, list) and kind in ("CHECKBOX", "MULTIPLE_OPTIONS"):
        assert set(map(str, sent)) <= set(options)


def result(field: LocationField, value: JsonValue) -> JsonValue:
    try:
        return converted(field, value, "US")
    except WrongValue:
        return None


def wrong(field: LocationField, value: JsonValue) -> WrongValue:
    with pytest.raises(WrongValue) as caught:
        converted(field, value, "US")
    return caught.value
