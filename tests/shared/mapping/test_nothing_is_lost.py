"""Whatever the answers are: a contact or Unmappable, and each answer is somewhere."""

import re

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from shared.config import Form
from shared.mapping import Mapped, Unmappable, map_answers
from shared.mapping.normalise import Refused, normalise
from shared.submission import Answer, Edit, as_text
from tests.shared.mapping.factories import US, a_form

_LABELS = "Email,Phone,Name,First name,Last name,Country,Address,City,Date of birth,Company,Message,Topic,,utm"
LABELS = st.sampled_from([*_LABELS.split(","), "What is your e-mail?", "Friend's email"])
TEXTS = st.text(max_size=30) | st.sampled_from(
    [
        "ada@example.com",
        "Ada <ada@example.com>",
        "+1 206 555 0161",
        "206 555 0161 x5",
        "US",
        "Ada Lovelace",
        "1990-01-02",
    ]
)
SCALARS: st.SearchStrategy[JsonValue] = (
    st.none()
    | st.booleans()
    | st.integers(-(10**15), 10**15)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS
)
KEYS = st.sampled_from(["first", "last", "street", "line2", "city", "country", "zip", "other"]) | st.text(max_size=5)
VALUES: st.SearchStrategy[JsonValue] = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=6
)
TYPES = st.sampled_from(["text", "email", "phone", "name", "address", "country", "choices", "hidden", "boolean"])
ANSWERS = st.lists(
    st.builds(Answer, key=LABELS, label=LABELS | st.text(max_size=8), type=TYPES, value=VALUES), max_size=8
)
FORMS = st.sampled_from(
    [
        a_form(),
        a_form(fields={"companyName": "Topic", "name": "Name", "address1": "utm"}, custom_fields={"a": "Message"}),
        a_form(fields={"email": "{Topic}", "city": "{City} {utm.city}"}, tags=("{Topic}", "x {utm}")),
        a_form(custom_fields={"copy": "Email", "t": "{Phone}"}, source="{utm}", unmapped="custom_field:rest"),
    ]
)
EDITS = st.just(Edit()) | st.builds(
    Edit,
    answers=st.dictionaries(LABELS, VALUES, max_size=2),
    fields=st.dictionaries(st.sampled_from(["email", "name", "city", "a", "tags"]), TEXTS, max_size=2),
    drop=st.lists(st.sampled_from(["phone", "email", "a"]), max_size=1).map(tuple),
)


@given(ANSWERS, FORMS, EDITS)
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_mapping_gives_a_clean_contact_or_says_why_not(answers: list[Answer], form: Form, edit: Edit) -> None:
    found = result(answers, form, edit)

    if found:
        body = found.contact.body()
        assert body.get("email") or body.get("phone")
        assert all(value not in ("", [], {}, None) for value in body.values())
        assert all(field.field_value not in ("", [], None) for field in found.contact.custom_fields)
        assert found.contact.phone is None or re.fullmatch(r"\+\d{7,15}", found.contact.phone)
        assert all(tag.strip() for tag in found.tags)


@given(ANSWERS, FORMS)
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_each_answer_is_somewhere(answers: list[Answer], form: Form) -> None:
    found = result(answers, form, Edit())

    if found:
        lost = [text for answer in answers for text in texts(answer.value) if not is_kept(text, found)]
        assert lost == []


@given(ANSWERS, FORMS, EDITS)
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_mapping_is_deterministic(answers: list[Answer], form: Form, edit: Edit) -> None:
    assert result(answers, form, edit) == result(answers, form, edit)


def result(answers: list[Answer], form: Form, edit: Edit) -> Mapped | None:
    try:
        return map_answers(answers, form, US, edit)
    except Unmappable:
        return None


def texts(value: JsonValue) -> list[str]:
    """Return the texts of all parts of a value."""
    match value:
        case list():
            return [text for item in value for text in texts(item)]
        case dict():
            return [text for item in value.values() for text in texts(item)]
        case _:
            return [as_text(value)]


def is_kept(text: str, found: Mapped) -> bool:
    """Say whether a text is found again, whole or in words, or as the normal form that a field holds."""
    body = found.contact.body()
    written = [as_text(value) for value in body.values()] + [left.value for left in found.left_out]
    everything = letters(" ".join([*written, found.note]))
    return all(word in everything for word in letters(text).split()) or any(
        normal(field, text) == body.get(field) for field in ("email", "phone", "country")
    )


def normal(field: str, text: str) -> str:
    try:
        return normalise(field, text, US.default_region).text
    except Refused:
        return ""


def letters(text: str) -> str:
    return " ".join(text.casefold().split())
