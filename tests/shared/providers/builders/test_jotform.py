import json
from urllib.parse import urlencode

import pytest
from pydantic import JsonValue

from shared.providers import PROVIDERS, UnreadableBody
from shared.submission import Answer, AnswerType

FORM = "application/x-www-form-urlencoded"
read = PROVIDERS["jotform"].read


def answers(**fields: JsonValue) -> tuple[Answer, ...]:
    body = urlencode({"submissionID": "1", "rawRequest": json.dumps(fields)})
    return read(body.encode(), FORM).answers


VALUES: list[tuple[JsonValue, AnswerType, JsonValue]] = [
    ({"first": "Ada"}, "name", {"first": "Ada"}),
    ({"country": "44", "area": "20", "phone": "7946 0123"}, "phone", "+44 (20) 7946 0123"),
    ({"country": "+1", "full": "+1 206 555 0161"}, "phone", "+1 206 555 0161"),
    ({"area": "", "phone": "555-0117"}, "phone", "555-0117"),
    ({"addr_line1": "1 High St", "country": "France"}, "address", {"addr_line1": "1 High St", "country": "France"}),
    ({"month": "2", "day": "30", "year": "2026"}, "date", {"month": "2", "day": "30", "year": "2026"}),
    ({"year": "2026", "month": "2", "day": "3", "hour": "12", "min": "5", "ampm": "AM"}, "date", "2026-02-03T00:05"),
    ({"hour": "17", "min": "00"}, "text", "17:00"),
    ({"timeInput": "07:30", "ampm": "PM"}, "text", "19:30"),
    ({"hour": "soon", "min": "00"}, "text", {"hour": "soon", "min": "00"}),
    ({"other": "Else"}, "choices", ["Else"]),
    ({"0": "Row one", "2": "Row three"}, "text", {"0": "Row one", "2": "Row three"}),
    ("{not JSON", "text", "{not JSON"),
    ("[1]", "text", "[1]"),
    ("one\r\ntwo", "long_text", "one\r\ntwo"),
]


@pytest.mark.parametrize(("sent", "kind", "value"), VALUES)
def test_compound_values_are_read_by_the_names_of_their_parts(
    sent: JsonValue, kind: AnswerType, value: JsonValue
) -> None:
    [answer] = answers(q7_thing=sent)

    assert (answer.key, answer.label, answer.type, answer.value) == ("q7_thing", "thing", kind, value)


def test_uploads_are_kept_even_under_a_name_of_the_form_s_own_keys() -> None:
    [upload] = answers(path=["https://files.example.com/a.pdf"], slug="submit/1")

    assert (upload.key, upload.type, upload.value) == ("path", "file", ["https://files.example.com/a.pdf"])


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("submissionID=1&rawRequest={broken", "rawRequest is no valid JSON"),
        ("submissionID=1&rawRequest=[]", "rawRequest is no JSON object"),
        ("email=ada@example.com", "neither rawRequest nor submissionID"),
        ("[]", "expected form fields"),
    ],
)
def test_a_body_without_readable_answers_is_unreadable(body: str, said: str) -> None:
    with pytest.raises(UnreadableBody, match=said):
        read(body.encode(), FORM)
