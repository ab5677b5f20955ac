import json
from typing import Any

import pytest

from shared.providers import UnreadableBody
from shared.providers.builders.surveymonkey import read, read_response, resources

JSON = "application/json"


def a_webhook(kind: str = "response_completed", **more: Any) -> bytes:
    event = {"event_type": kind, "event_id": "77", "object_id": "11", "resources": {"survey_id": "22"}, **more}
    return json.dumps(event).encode()


def a_response(*questions: Any, **more: Any) -> dict[str, Any]:
    return {"pages": [{"questions": list(questions)}], **more}


def said(response: dict[str, Any], survey: dict[str, Any] | None = None) -> dict[str, Any]:
    return {answer.label: answer.value for answer in read_response([response, survey or {"pages": []}])}


def test_a_change_is_a_revision_and_a_beginning_is_partial() -> None:
    done, changed, begun = (read(a_webhook(f"response_{kind}"), JSON) for kind in ("completed", "updated", "created"))

    assert {done.submission_id, changed.submission_id, begun.submission_id} == {"11"}
    assert len({done.revision, changed.revision, begun.revision}) == 3
    assert (done.is_partial, changed.is_partial, begun.is_partial) == (False, False, True)


def test_the_time_of_the_event_orders_the_revisions() -> None:
    early, late, odd = (
        read(a_webhook(event_datetime=moment), JSON).progress
        for moment in ("2026-09-21T13:33:20.182613+00:00", "2026-09-21T15:33:20.182713+02:00", "yesterday")
    )

    assert 0 == odd < early <= late


@pytest.mark.parametrize("kind", ["response_disqualified", "response_deleted", "collector_created", "survey_updated"])
def test_what_completes_no_response_is_ignored(kind: str) -> None:
    assert read(b'{"event_type": "%s"}' % kind.encode(), JSON).ignored


@pytest.mark.parametrize(
    "more", [{"object_id": "../1"}, {"object_id": None}, {"resources": {}}, {"resources": {"survey_id": "x"}}]
)
def test_what_names_no_response_is_unreadable(more: dict[str, Any]) -> None:
    with pytest.raises(UnreadableBody, match="Not a SurveyMonkey webhook"):
        read(a_webhook(**more), JSON)


def test_numbers_may_stand_for_ids() -> None:
    paths = [resource.path for resource in resources(a_webhook(object_id=11, resources={"survey_id": 22}), JSON, ())]

    assert paths == ["surveys/22/responses/11/details", "surveys/22/details"]


def test_what_the_survey_does_not_know_any_more_keeps_its_ids() -> None:
    response = a_response({"id": "1", "answers": [{"choice_id": "12"}]}, {"id": "2", "answers": [{"text": "Hi"}]})

    assert said(response) == {"1": "12", "2": "Hi"}


def test_a_menu_in_a_matrix_names_row_and_column() -> None:
    options = {
        "rows": [{"id": "r", "text": "Monday"}],
        "cols": [{"id": "c", "text": "Lunch", "choices": [{"id": "x", "text": "Soup"}]}],
    }
    survey = {
        "pages": [
            {"questions": [{"id": "1", "family": "matrix", "headings": [{"heading": "Menu"}], "answers": options}]}
        ]
    }
    response = a_response({"id": "1", "answers": [{"row_id": "r", "col_id": "c", "choice_id": "x"}]})

    assert said(response, survey) == {"Menu": {"Monday": "Lunch: Soup"}}


def test_an_upload_is_its_address_and_a_checked_email_is_one() -> None:
    questions = [
        {"id": "1", "family": "file_upload", "headings": [{"heading": "Photo"}]},
        {"id": "2", "family": "open_ended", "headings": [{"heading": "Where?"}], "validation": {"type": "email"}},
    ]
    response = a_response(
        {"id": "1", "answers": [{"text": "a.jpg", "download_url": "https://example.com/a.jpg"}]},
        {"id": "2", "answers": [{"text": "ada@example.com"}]},
    )

    survey: dict[str, Any] = {"pages": [{"questions": questions}]}
    photo, email = read_response([response, survey])

    assert (photo.type, photo.value) == ("file", "https://example.com/a.jpg")
    assert (email.type, email.value) == ("email", "ada@example.com")


def test_who_was_invited_stands_behind_the_answers() -> None:
    contact = {"email": {"type": "string", "value": "ada@example.net"}, "first_name": {"value": ""}, "last_name": 7}
    response = a_response(
        {"id": "1", "answers": [{"text": "Hi"}]}, metadata={"contact": contact}, custom_variables=None
    )

    assert list(said(response)) == ["1", "email"]


@pytest.mark.parametrize("found", [[{}, []], [[], {}], [{"pages": 7}, {}], [None, None]])
def test_what_is_no_response_is_unreadable(found: list[Any]) -> None:
    with pytest.raises(UnreadableBody):
        read_response(found)
