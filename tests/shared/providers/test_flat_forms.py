"""generic_json and html_form: bodies whose keys are the answers."""

import json

import pytest
from pydantic import JsonValue

from shared.providers import PROVIDERS, UnreadableBody
from shared.providers.base import Reading
from shared.providers.fingerprint import fingerprint
from shared.submission import Answer, AnswerType


def read(provider: str, body: object, content_type: str = "application/json") -> Reading:
    data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return PROVIDERS[provider].read(data, content_type)


def values(reading: Reading) -> dict[str, JsonValue]:
    return {answer.key: answer.value for answer in reading.answers}


def test_each_key_is_one_answer_in_order() -> None:
    found = read("generic_json", {"b": "x", "a": 0, "no": False, "empty": "", "null": None, "l": [], "in": {"c": ""}})

    assert list(values(found).items()) == [("b", "x"), ("a", 0), ("no", False)]
    assert (found.submission_id, found.revision) == ("", "")


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("x", "text"),
        ("x\ny", "long_text"),
        (True, "boolean"),
        (1, "number"),
        (1.5, "number"),
        (["a"], "choices"),
        ({"a": 1}, "text"),
        ({"filename": "a", "size": 1}, "file"),
        ([{"filename": "a", "size": 1}], "file"),
    ],
)
def test_the_type_of_an_answer_is_that_of_its_value(value: JsonValue, kind: AnswerType) -> None:
    [answer] = read("generic_json", {"q": value}).answers

    assert answer.type == kind


@pytest.mark.parametrize(
    ("body", "submission_id", "keys"),
    [
        ({"id": "a1", "q": 1}, "a1", ["q"]),
        ({"id": 17, "q": 1}, "17", ["q"]),
        ({"id": "a1", "submission_id": "s1", "q": 1}, "s1", ["id", "q"]),
        ({"entryId": "e1", "responseId": "r1", "q": 1}, "r1", ["entryId", "q"]),
        ({"id": True, "q": 1}, "", ["id", "q"]),
        ({"id": "", "q": 1}, "", ["q"]),
        ({"id": "x" * 300, "q": 1}, "", ["id", "q"]),
        ({"id": {"x": 1}, "q": 1}, "", ["id", "q"]),
        ({"id": "a1", "ID": "national", "q": 1}, "a1", ["ID", "q"]),
    ],
)
def test_the_id_is_the_first_of_the_known_keys_and_no_answer(
    body: dict[str, JsonValue], submission_id: str, keys: list[str]
) -> None:
    found = read("generic_json", body)

    assert found.submission_id == submission_id
    assert list(values(found)) == keys


def test_another_submission_under_the_same_id_is_another_revision() -> None:
    first = read("generic_json", {"id": "form-7", "email": "ada@example.com", "n": 1, "timestamp": 1})
    again = read("generic_json", {"n": 1, "id": "form-7", "timestamp": 2, "email": "ada@example.com"})
    other = read("generic_json", {"id": "form-7", "email": "byron@example.com", "n": 1})

    assert len(first.revision) == 16
    assert first.revision == again.revision != other.revision


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ([{"q": 1}], {"q": 1}),
        ({"data": {"q": 1}}, {"q": 1}),
        ({"event": "submitted", "fields": {"id": "s", "q": 1}}, {"event": "submitted", "q": 1}),
        ({"email": "ada@example.com", "data": {"q": 1}}, {"email": "ada@example.com", "data": {"q": 1}}),
        ({"event": "x", "data": {"event": "y"}}, {"event": "x", "data": {"event": "y"}}),
        ({"data": {"q": 1}, "fields": {"q": 2}}, {"data": {"q": 1}, "fields": {"q": 2}}),
        ({"data": "text"}, {"data": "text"}),
    ],
)
def test_one_wrapper_is_opened_if_nothing_can_be_lost(body: JsonValue, expected: dict[str, JsonValue]) -> None:
    assert values(read("generic_json", body)) == expected


def test_a_test_event_is_ignored() -> None:
    assert read("generic_json", {"test": True}).ignored == "a test event"
    assert not read("generic_json", {"test": True, "email": "ada@example.com"}).ignored


@pytest.mark.parametrize("body", ["", "a=b", "[]", "[1]", '[{"a": 1}, {"b": 2}]', "[[1]]", '"x"', "1", "null", "{"])
def test_what_is_no_single_json_object_is_unreadable(body: str) -> None:
    with pytest.raises(UnreadableBody):
        read("generic_json", body)


def test_a_form_leaves_out_what_the_page_added() -> None:
    body = "email=ada%40example.com&consent=on&Submit=Send&_next=%2F&csrf_token=x&g-recaptcha-response=y&_gotcha=&name="

    found = read("html_form", body, "application/x-www-form-urlencoded")
    assert values(found) == {"email": "ada@example.com", "consent": "on"}
    assert (found.submission_id, found.revision) == ("", "")


def test_a_filled_honeypot_stays_visible() -> None:
    assert values(read("html_form", "email=a&_gotcha=spam")) == {"email": "a", "_gotcha": "spam"}


def test_a_form_may_be_sent_as_json_by_a_script() -> None:
    found = read("html_form", {"email": "ada@example.com", "submit": "Send"}, "text/plain")

    assert values(found) == {"email": "ada@example.com"}


def test_an_uploaded_file_is_an_answer_of_its_own_type() -> None:
    body = (
        '--b\r\nContent-Disposition: form-data; name="cv"; filename="cv.txt"\r\n\r\nhello\r\n'
        '--b\r\nContent-Disposition: form-data; name="photo"; filename=""\r\n\r\n\r\n--b--\r\n'
    )

    [answer] = read("html_form", body, "multipart/form-data; boundary=b").answers
    assert (answer.key, answer.type, answer.value) == ("cv", "file", {"filename": "cv.txt", "size": 5})


def test_a_fingerprint_does_not_depend_on_the_order() -> None:
    first = [Answer(key="a", label="A", value={"x": 1, "y": 2}), Answer(key="b", label="B", value="1")]
    second = [Answer(key="b", label="b", value="1"), Answer(key="a", label="A", value={"y": 2, "x": 1})]
    other = [Answer(key="a", label="A", value={"x": 1, "y": 2}), Answer(key="b", label="B", value=1)]

    assert fingerprint(first) == fingerprint(second) != fingerprint(other)
    assert len(fingerprint([])) == 64
