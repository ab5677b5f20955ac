import pytest

from shared.providers.flat import numbered
from shared.submission import Answer


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["Name", "Email"], ["Name", "Email"]),
        (["Name", "Name", "Name"], ["Name", "Name (2)", "Name (3)"]),
        (["Name", "Name", "Name (2)"], ["Name", "Name (3)", "Name (2)"]),
        (["Name (2)", "Name", "Name (2)", "Name"], ["Name (2)", "Name", "Name (2) (2)", "Name (3)"]),
        (["Name", " name", "NAME"], ["Name", " name (2)", "NAME (3)"]),  # the configuration cannot tell them apart
    ],
)
def test_a_repeated_label_gets_a_number_that_no_other_label_has(labels: list[str], expected: list[str]) -> None:
    answers = [Answer(key=f"k{place}", label=label, value="x") for place, label in enumerate(labels)]

    found = numbered(answers)
    assert [answer.label for answer in found] == expected
    assert [answer.key for answer in found] == [answer.key for answer in answers]
