"""Which location answers name, and what is said when they name none."""

from typing import Any

import pytest

from shared.config import Config, Form
from shared.routing import UNROUTED, route, why_unrouted, with_changes
from shared.submission import Answer, AnswerType
from tests.shared.mapping.factories import an_answer

LOCATIONS = {
    alias: {"location_id": f"ID-{alias}", "token": "pit"} for alias in ("main", "berlin", "munich", "elsewhere")
}


def a_form(location: str = "{Office}", locations: Any = ("berlin", "munich"), **more: Any) -> Form:
    form = {"provider": "typeform", "auth": "none", "location": location, "locations": locations, **more}
    return Config.model_validate({"locations": LOCATIONS, "forms": {"x": form}}).forms["x"]


def says(value: Any, label: str = "Office", kind: AnswerType = "text") -> list[Answer]:
    return [an_answer("Email", "ada@example.com"), an_answer(label, value, kind)]


def test_a_form_without_a_template_has_one_location_whatever_is_answered() -> None:
    assert route(a_form("main", ()), says("berlin")) == "main"


@pytest.mark.parametrize(
    ("said", "alias"),
    [
        ("berlin", "berlin"),
        (" BERLIN\n", "berlin"),
        (["Munich"], "munich"),
        ("ID-munich", "munich"),
        ("id-munich", "munich"),
        ("elsewhere", UNROUTED),  # a location, but none that this form's answers may name
        ("ID-elsewhere", UNROUTED),
        ("Paris", UNROUTED),
        (["Berlin", "Munich"], UNROUTED),
        ("", UNROUTED),
        (UNROUTED, UNROUTED),
    ],
)
def test_answers_name_a_location_by_its_alias_or_id(said: Any, alias: str) -> None:
    assert route(a_form(), says(said)) == alias


@pytest.mark.parametrize(
    ("said", "alias"),
    [("The  Berlin office", "berlin"), ("south", "munich"), ("munich", "munich"), ("main", UNROUTED)],
)
def test_answers_mean_a_location_by_a_table(said: str, alias: str) -> None:
    form = a_form(locations={"the Berlin Office": "berlin", "South": "munich"})

    assert route(form, says(said)) == alias


def test_what_a_table_says_of_an_answer_goes_before_the_alias_that_is_called_like_it() -> None:
    form = a_form(locations={"berlin": "munich", "west": "berlin"})

    assert [route(form, says(said)) for said in ("Berlin", "west")] == ["munich", "berlin"]


@pytest.mark.parametrize(("said", "alias"), [("berlin", "berlin"), ("Paris", "main"), ("", "main"), ("MAIN", "main")])
def test_who_names_no_location_goes_to_the_default_one(said: str, alias: str) -> None:
    assert route(a_form(default_location="main"), says(said)) == alias


def test_a_template_may_put_together_what_several_answers_say() -> None:
    form = a_form("{Country}-{Office}", {"de-1": "berlin", "de-2": "munich"})

    assert route(form, [an_answer("Country", "DE"), an_answer("Office", 2)]) == "munich"


def test_a_visitor_cannot_name_what_only_a_hidden_field_may_name() -> None:
    form = a_form("{hidden:office}")
    typed, hidden = says("berlin", "office"), says("munich", "office", "hidden")

    assert route(form, typed) == UNROUTED
    assert route(form, [*typed, *hidden]) == "munich"


def test_a_builder_that_does_not_tell_hidden_fields_may_name_it_by_any_field_that_is_called_so() -> None:
    form = a_form("{hidden:office}", provider="html_form")
    plain, hidden = says("berlin", "office"), says("munich", "office", "hidden")

    assert route(form, plain) == "berlin"
    assert route(form, [*plain, *hidden]) == "munich"
    assert route(form, says("berlin", "agency")) == UNROUTED


def test_of_many_locations_a_diagnosis_names_a_few() -> None:
    form = a_form(locations={str(number): f"l{number}" for number in range(40)})

    found = why_unrouted("x", form, [])

    assert (
        found.rule == f'no answer to "Office", which names one of {", ".join(f"l{n}" for n in range(10))} and 30 more'
    )


ABSENT = 'no answer to "Office", which names one of berlin, munich'
UNKNOWN = 'none of berlin, munich is named by "Office"'
TABLE = "or add what it says to [forms.x.locations] and restart"


@pytest.mark.parametrize(
    ("location", "answers", "value", "rule", "fix"),
    [
        ("{Office}", says("Paris"), "Paris", UNKNOWN, f"say it: --answer Office=berlin; {TABLE}; then replay"),
        ("{Office}", [], "", ABSENT, "say it: --answer Office=berlin; then replay"),
        (
            "{hidden:my office}",
            says("munich", "My office"),
            "",
            'no answer to "my office", which names one of berlin, munich',
            "say it: --answer 'hidden:my office=berlin'; then replay",
        ),
        (
            "{A}-{B}",
            says("1", "A"),
            "1-",
            'none of berlin, munich is named by "A" and "B"',
            f"say it: --answer A=VALUE --answer B=VALUE; {TABLE}; then replay",
        ),
        ("{Office}", says("Berlin"), "", "named no location when it came; now it goes to berlin", "replay"),
    ],
)
def test_a_diagnosis_says_what_names_no_location_and_how_to_mend_that(
    location: str, answers: list[Answer], value: str, rule: str, fix: str
) -> None:
    found = why_unrouted("x", a_form(location), answers)

    assert (found.value, found.rule, found.fix) == (value, rule, fix)


@pytest.mark.parametrize("location", ["{Office}", "{hidden:Office}"])
@pytest.mark.parametrize("answers", [[], says("Paris", kind="hidden"), says("berlin")])
def test_an_operator_names_the_location_by_an_edit(location: str, answers: list[Answer]) -> None:
    assert route(a_form(location), with_changes(answers, {"Office": "munich"})) == "munich"
    assert route(a_form(location), with_changes(answers, {"hidden:Office": "munich"})) == "munich"


def test_what_a_visitor_wrote_stands_in_no_command() -> None:
    found = why_unrouted("x", a_form(), says("--drop email, then discard"))

    assert "--drop" not in found.fix
    assert "--drop" not in found.rule
