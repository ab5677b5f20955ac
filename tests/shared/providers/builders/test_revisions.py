"""What a builder sends again: the same submission, or a newer state of it."""

import json
from typing import Any

from pydantic import JsonValue

from shared.providers import PROVIDERS
from shared.providers.base import Reading
from tests.samples import SAMPLES

BODIES: dict[str, Any] = {sample.name: sample for sample in SAMPLES}


def reading(sample: str, **changes: JsonValue) -> Reading:
    """Read a sample, some of its values replaced by their paths, with `__` for a dot."""
    body = json.loads(BODIES[sample].body_text)
    for path, value in changes.items():
        *steps, last = path.split("__")
        holder = body
        for step in steps:
            holder = holder[step]
        holder[last] = value
    return PROVIDERS[BODIES[sample].provider].read(json.dumps(body).encode(), "application/json")


def test_an_edited_fillout_submission_is_a_newer_revision() -> None:
    first = reading("fillout", submission__lastUpdatedAt="2026-10-02T09:00:00.000Z")
    edited = reading("fillout")

    assert (first.submission_id, first.revision) == (edited.submission_id, "")
    assert edited.revision
    assert first.progress < edited.progress


def test_an_updated_cognito_entry_is_a_newer_revision() -> None:
    submitted, updated = reading("cognito_forms"), reading("cognito_forms_update")

    assert submitted.submission_id == updated.submission_id
    assert submitted.revision != updated.revision
    assert submitted.progress < updated.progress


def test_a_cognito_entry_without_an_id_is_known_by_its_form_and_number() -> None:
    assert reading("cognito_forms", Id=None).submission_id == "12-40"


def test_a_cognito_entry_that_is_saved_for_later_is_partial() -> None:
    assert reading("cognito_forms", Entry__Status="Incomplete").is_partial


def test_an_edited_opnform_submission_is_a_revision_of_its_own() -> None:
    first, again = reading("opnform"), reading("opnform", edit_link="")
    edited = reading("opnform", data={"f2": {"name": "Email", "value": "new@example.com"}})

    assert (first.submission_id, first.revision) == (again.submission_id, again.revision)
    assert edited.submission_id == first.submission_id
    assert edited.revision != first.revision


def test_an_old_opnform_body_is_read_by_its_labels() -> None:
    [answer] = reading("opnform", data=[], submission={"Email": "ada@example.com"}).answers

    assert (answer.key, answer.label, answer.value) == ("Email", "Email", "ada@example.com")


def test_a_partial_paperform_submission_stands_below_the_finished_one() -> None:
    partial = reading("paperform", trigger="partial_submission", created_at="2026-10-02 22:00:00")
    finished = reading("paperform")

    assert (partial.is_partial, finished.is_partial) == (True, False)
    assert partial.revision
    assert not finished.revision
    assert partial.progress < finished.progress


def test_heyflow_names_the_flow_in_two_ways() -> None:
    body = {"flowId": "f", "id": "r1", "created": "2026-10-02", "fields": {"Email": "ada@example.com"}}

    found = PROVIDERS["heyflow"].read(json.dumps(body).encode(), "application/json")
    assert found.submission_id == "r1"
    assert [answer.label for answer in found.answers] == ["Email"]
