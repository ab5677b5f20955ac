"""All builders of WordPress: whatever values stand where their own would, they give a Reading or UnreadableBody."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from shared.providers import PROVIDERS, UnreadableBody
from shared.providers.base import Reading

BUILDERS = (
    "contact_form_7",
    "elementor",
    "fluent_forms",
    "formidable",
    "gravity_forms",
    "ninja_forms",
    "wpforms",
)
# Keys and texts that mean something to one of them.
THEIRS = """
    id, form_id, form_name, date_created, created_at, is_draft, item_key, item_id, entry_id, 1, 1.1, 1.2, 1.3, 1.6, 5.5,
    fields, value, raw_value, title, type, unix, __submission, name, description, User Agent, Remote IP, Page URL, tel-1
"""
KEYS = st.sampled_from([key.strip() for key in THEIRS.split(",")])
TEXTS = st.sampled_from(
    ["", " ", "1", "a||b", '["a", 1]', '["', '{"a": 1}', "Mozilla/5.0", "203.0.113.9", "https://x/uploads/y", "upload"]
)
VALUES: st.SearchStrategy[JsonValue] = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=12,
)


@pytest.mark.parametrize("provider", BUILDERS)
@given(fields=st.dictionaries(KEYS, VALUES, max_size=14))
def test_any_values_give_a_reading_with_labels_of_their_own_or_are_unreadable(
    provider: str, fields: dict[str, JsonValue]
) -> None:
    found = result(provider, fields)

    if found:
        assert Reading.model_validate_json(found.model_dump_json()) == found
        assert all(answer.text for answer in found.answers)
        assert len({answer.label for answer in found.answers}) == len(found.answers)


def result(provider: str, fields: dict[str, JsonValue]) -> Reading | None:
    try:
        return PROVIDERS[provider].read(json.dumps(fields).encode(), "application/json")
    except UnreadableBody as unreadable:
        if not str(unreadable):
            raise
        return None
