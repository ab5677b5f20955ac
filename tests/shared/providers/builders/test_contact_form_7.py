import json

import pytest

from shared.providers import PROVIDERS
from shared.submission import AnswerType


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("tel-123", "phone"),
        ("email-4", "email"),
        ("your-email", "email"),
        ("acceptance-9", "consent"),
        ("telescope", "choice"),
        ("my-tel-1", "choice"),
        ("_url", "hidden"),
    ],
)
def test_the_names_that_the_editor_proposes_tell_the_type(key: str, kind: AnswerType) -> None:
    [answer] = PROVIDERS["contact_form_7"].read(json.dumps({key: ["x"]}).encode(), "").answers

    assert (answer.key, answer.type, answer.value) == (key, kind, "x")


def test_an_id_among_the_tags_is_an_answer() -> None:
    found = PROVIDERS["contact_form_7"].read(b'{"id":"passport 7","_wpcf7":"5","_wpnonce":"x"}', "")

    assert found.submission_id == ""
    assert [answer.key for answer in found.answers] == ["id"]
