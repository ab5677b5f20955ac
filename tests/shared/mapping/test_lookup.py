import pytest

from shared.mapping.lookup import fill, find, is_template, only_placeholder
from tests.shared.mapping.factories import an_answer

ANSWERS = [
    an_answer("Which plan?", "", key="plan_old"),
    an_answer("Which plan?", "Growth", key="plan"),
    an_answer("Topic", ["Pottery", "Weaving"], key="topics"),
    an_answer("plan", "labelled plan", key="other"),
    an_answer("utm", {"source": "google", "medium": "cpc"}),
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
    ],
)
def test_a_template_is_filled_with_answers(template: str, text: str, complete: bool) -> None:
    filled = fill(template, ANSWERS)

    assert (filled.text, filled.complete) == (text, complete)


def test_a_text_with_a_placeholder_is_a_template() -> None:
    assert is_template("a {b} c")
    assert not is_template("a b c")
    assert not is_template("{}")
    assert only_placeholder(" {b} ") == "b"
    assert not only_placeholder("a {b}")
