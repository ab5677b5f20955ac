import pytest

from shared.mapping.lookup import Names, find, is_template, is_unclosed, only_placeholder, placeholders
from tests.shared.mapping.factories import an_answer

ANSWERS = [
    an_answer("Which plan?", "", key="plan_old"),
    an_answer("Which plan?", "Growth", key="plan"),
    an_answer("Topic", ["Pottery", "Weaving"], key="topics"),
    an_answer("plan", "labelled plan", key="other"),
    an_answer("utm", {"source": "google", "medium": "cpc"}),
    an_answer("Name", {"1.3": "Ada", "1.6": "Lovelace"}, key="1"),
    an_answer("Address", {"City": "Berlin", "geo": {"lat.long": "52.5", "floor": 0}}),
    an_answer("Office", "Berlin", key="office"),
    an_answer("office", "munich", "hidden"),
    an_answer("page", {"office": "main"}, "hidden"),
    an_answer("seen", "https://example.com/a?utm_source=news%20letter&office=", "hidden"),
]


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("Which plan?", 1),
        (" which  PLAN? ", 1),
        ("topics", 2),
        ("Topics", 2),
        ("plan", 3),  # a label wins over a key
        ("plan_old", None),  # an answer that says nothing is not there
        ("nothing", None),
        ("utm.source", 4),
        ("utm.term", None),
        ("Topic.source", None),
        ("1.3", 5),
        ("1.1.3", 5),
        ("1.4", None),
        ("address.city", 6),
        ("Address.geo.lat.long", 6),
        ("Address.geo.floor", 6),  # 0 says something
        ("Address.geo.none", None),
        ("office", 7),
        ("hidden:office", 8),
        ("hidden: Office ", 8),
        ("hidden:page.office", 9),
        ("hidden:Which plan?", None),
        ("seen.utm_source", 10),
        ("seen.office", None),
        ("seen.path", None),
        ("", None),
        (".", None),
    ],
)
def test_an_answer_is_found_by_label_then_by_key_then_by_dotted_name(name: str, place: int | None) -> None:
    found = find(ANSWERS, name)

    assert (found.place if found else None) == place


@pytest.mark.parametrize(
    ("template", "text", "complete"),
    [
        ("{Which plan?}", "Growth", True),
        ("Plan {plan_old}", "", False),
        ("{Which plan?} - {Topic}", "Growth - Pottery, Weaving", True),
        ("{Which plan?} ({nothing})", "Growth ()", False),
        ("from {utm.source}", "from google", True),
        ("{1.3} {1.1.6}", "Ada Lovelace", True),
        ("{hidden:office}", "munich", True),
        ("{hidden:utm}", "", False),
        ("{{{Which plan?}}} is {{Which plan?}}", "{Growth} is {Which plan?}", True),
        ("no {{placeholder}}", "no {placeholder}", True),
    ],
)
def test_a_template_is_filled_with_answers(template: str, text: str, complete: bool) -> None:
    filled = Names(ANSWERS).fill(template)

    assert (filled.text, filled.complete) == (text, complete)


def test_a_text_with_a_placeholder_is_a_template() -> None:
    assert is_template("a {b} c")
    assert not is_template("a b c")
    assert not is_template("{}")
    assert not is_template("a {{b}} c")
    assert only_placeholder(" {b} ") == "b"
    assert not only_placeholder("a {b}")


@pytest.mark.parametrize(
    ("text", "unclosed"),
    [("{a", True), ("{a {b}", True), ("{{{a", True), ("a}", False), ("{{a", False), ("{a} {{b}}", False)],
)
def test_a_placeholder_that_is_not_closed_is_seen(text: str, unclosed: bool) -> None:
    assert is_unclosed(text) == unclosed


def test_each_placeholder_is_named_once() -> None:
    assert placeholders("{a}{{b}}{hidden:c}{a}") == ("a", "hidden:c")


def test_a_part_is_the_value_that_its_name_leads_to() -> None:
    assert [found.value for name in ("1.3", "1.1.6", "address.geo.floor") if (found := find(ANSWERS, name))] == [
        "Ada",
        "Lovelace",
        0,
    ]


def test_what_a_template_writes_is_not_read_as_a_template() -> None:
    answers = [an_answer("a", "{b}"), an_answer("b", "secret")]

    assert Names(answers).fill("{a}").text == "{b}"
