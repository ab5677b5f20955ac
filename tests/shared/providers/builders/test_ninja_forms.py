import pytest
from pydantic import JsonValue

from shared.providers import PROVIDERS


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("data=%7B%22email%22%3A%22ada%40example.com%22%7D", {"email": "ada@example.com"}),
        ("message=%7Bhello", {"message": "{hello"}),
        ("message=%7B%7D", {"message": "{}"}),
        ("a=%7B%22b%22%3A1%7D&c=d", {"a": '{"b":1}', "c": "d"}),
        ('{"email":"ada@example.com"}', {"email": "ada@example.com"}),
    ],
)
def test_json_is_opened_where_it_is_all_that_a_form_holds(body: str, expected: dict[str, JsonValue]) -> None:
    found = PROVIDERS["ninja_forms"].read(body.encode(), "application/x-www-form-urlencoded")

    assert {answer.key: answer.value for answer in found.answers} == expected
