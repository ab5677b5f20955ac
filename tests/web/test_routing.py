"""Submissions that name their location are stored there; those that name none are stored as well."""

from dataclasses import replace
from typing import Any

import pytest
from redis.exceptions import OutOfMemoryError
from werkzeug.test import TestResponse

from shared.journal import Accepted, Journal, Record, Submission
from shared.providers import PROVIDERS
from shared.routing import UNROUTED
from shared.submission import State
from tests.web.conftest import Start, Web, a_form

ROUTED = a_form(location="{office}", locations=["berlin", "munich"])


class Full(Journal):
    """A journal that takes nothing."""

    def accept(self, *submissions: Submission) -> Accepted:
        raise OutOfMemoryError


def stored(web: Web, answer: TestResponse) -> Record:
    said: Any = answer.json
    assert (answer.status_code, said["status"]) == (200, "accepted")
    record = web.journal.find(said["id"])
    assert record
    return record


def test_a_submission_is_stored_at_the_location_that_it_names(start: Start) -> None:
    web = start({"contact": ROUTED})

    record = stored(web, web.post("/hooks/contact", b'{"email": "ada@example.com", "office": "Munich"}'))

    assert record.location == "munich"
    assert web.journal.ledgers_of_locations()["munich"].waiting == 1


@pytest.mark.parametrize("body", [b'{"email": "ada@example.com", "office": "Paris"}', b'{"email": "ada@example.com"}'])
def test_a_submission_that_names_no_location_is_stored_as_well(start: Start, body: bytes) -> None:
    web = start({"contact": ROUTED})

    record = stored(web, web.post("/hooks/contact", body))

    assert (record.state, record.location) == (State.WAITING, UNROUTED)
    assert web.journal.body(record.id) == body


def test_the_same_submission_is_a_duplicate_wherever_it_goes(start: Start) -> None:
    web = start({"contact": ROUTED})
    headers = {"Idempotency-Key": "1"}
    first = web.post("/hooks/contact", b'{"email": "ada@example.com", "office": "Paris"}', headers=headers)

    again = web.post("/hooks/contact", b'{"email": "ada@example.com", "office": "berlin"}', headers=headers)

    assert again.json == {"id": stored(web, first).id, "status": "duplicate"}


@pytest.mark.parametrize(("own", "status"), [({}, 429), ({"unavailable_status": 500}, 500)])
def test_what_cannot_be_stored_is_refused_as_the_builder_or_the_form_wants(
    start: Start, journal: Journal, monkeypatch: pytest.MonkeyPatch, own: dict[str, int], status: int
) -> None:
    full = Full.__new__(Full)
    full.__dict__.update(journal.__dict__)
    monkeypatch.setitem(PROVIDERS, "generic_json", replace(PROVIDERS["generic_json"], unavailable_status=429))

    assert start({"contact": a_form(**own)}, full).post("/hooks/contact").status_code == status
