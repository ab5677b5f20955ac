"""One request that carries many submissions: all of them are stored or none, and each is answered for itself."""

import json
from dataclasses import replace
from typing import Any

import pytest
from redis.exceptions import ConnectionError as NoConnection

from shared import intake
from shared.journal import Accepted, Journal, Submission
from shared.providers import PROVIDERS, Reading
from tests.web.conftest import Start, Web, a_form
from tests.web.test_receiver import Failing

PLAIN = PROVIDERS["generic_json"]
ADA, GRACE, EMMY = ({"id": name, "email": f"{name}@example.com"} for name in ("ada", "grace", "emmy"))
NAMELESS = {"email": "ada@example.com"}
TEST = {"test": True}
BROKEN = 7  # no object, so no submission


def split(body: bytes, content_type: str) -> tuple[bytes, ...]:
    """Return the members of a list, as they come from builders that send many at once."""
    found = json.loads(body)
    return tuple(json.dumps(one).encode() for one in found) if isinstance(found, list) else (body,)


@pytest.fixture(autouse=True)
def sends_many(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, split=split)


def use(monkeypatch: pytest.MonkeyPatch, **more: Any) -> None:
    monkeypatch.setitem(PROVIDERS, "generic_json", replace(PLAIN, **more))


def post(web: Web, *many: Any, **more: Any) -> Any:
    return web.post("/hooks/contact", json.dumps(many).encode(), **more)


def statuses(answer: Any) -> list[str]:
    return [item["status"] for item in answer.json["items"]]


def bodies(web: Web, answer: Any) -> list[Any]:
    return [json.loads(web.journal.body(item["id"]) or b"") for item in answer.json["items"]]


# Accepting ------------------------------------------------------------------------------------------------------------


def test_each_submission_of_a_request_is_stored_by_itself(start: Start) -> None:
    web = start()

    answer = post(web, ADA, GRACE)

    assert (answer.status_code, answer.json["id"], answer.json["status"]) == (200, None, "accepted")
    assert statuses(answer) == ["accepted", "accepted"]
    assert bodies(web, answer) == [ADA, GRACE]
    assert web.journal.ledger().accepted == 2


def test_a_request_with_one_submission_is_answered_like_any_other(start: Start) -> None:
    web = start()

    answer = post(web, ADA)

    assert answer.json.keys() == {"id", "status"}
    assert json.loads(web.journal.body(answer.json["id"]) or b"") == ADA


def test_a_request_that_comes_again_is_a_duplicate_with_the_same_ids(start: Start) -> None:
    web = start()
    first = post(web, ADA, GRACE).json

    again = post(web, ADA, GRACE).json
    more = post(web, GRACE, EMMY).json

    assert again["status"] == "duplicate"
    assert [item["id"] for item in again["items"]] == [item["id"] for item in first["items"]]
    assert more["status"] == "accepted"
    assert [item["status"] for item in more["items"]] == ["duplicate", "accepted"]
    assert web.journal.ledger().accepted == 3


def test_a_submission_that_stands_twice_in_a_request_is_stored_once(start: Start) -> None:
    web = start()

    answer = post(web, ADA, ADA)

    assert statuses(answer) == ["accepted", "duplicate"]
    assert len({item["id"] for item in answer.json["items"]}) == 1
    assert web.journal.ledger().accepted == 1


def test_a_header_that_names_the_request_does_not_make_its_submissions_one(start: Start) -> None:
    web = start()
    headers = {"webhook-id": "one"}

    first = post(web, NAMELESS, {"email": "grace@example.com"}, headers=headers)
    again = post(web, NAMELESS, {"email": "grace@example.com"}, headers=headers)

    assert (statuses(first), statuses(again)) == (["accepted", "accepted"], ["duplicate", "duplicate"])


def test_a_thousand_submissions_are_stored_at_once(start: Start) -> None:
    web = start()
    many = [{"id": str(number), "email": f"{number}@example.com"} for number in range(intake.MOST_PARTS)]

    assert set(statuses(post(web, *many))) == {"accepted"}
    assert set(statuses(post(web, *many))) == {"duplicate"}
    assert web.journal.ledger().waiting == intake.MOST_PARTS
    assert web.journal.misplaced() == []


def test_jobs_of_all_locations_are_enqueued(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    web = start()
    web.journal.turn("worker-1", 4)
    to_submission = intake.to_submission

    def routed(name: str, form: Any, part: intake.Part, *more: Any) -> Submission:
        north = b"grace" in part.body
        return replace(to_submission(name, form, part, *more), location="north" if north else "main")

    monkeypatch.setattr(intake, "to_submission", routed)
    answer = post(web, ADA, GRACE)

    assert {job.submission_id for job in web.enqueued} == {item["id"] for item in answer.json["items"]}


def test_submissions_whose_connection_is_lost_are_stored_once(start: Start, journal: Journal) -> None:
    web = start(stand_in=Forgetful(journal))

    answer = post(web, ADA, GRACE)

    assert statuses(answer) == ["accepted", "accepted"]
    assert bodies(web, answer) == [ADA, GRACE]
    assert (web.journal.ledger().accepted, web.journal.ledger().duplicate) == (2, 0)


def test_nothing_is_stored_when_not_all_can_be(start: Start, journal: Journal) -> None:
    web = start(stand_in=Failing(journal, NoConnection()))

    assert post(web, ADA, GRACE).status_code == 503
    assert journal.ledger().accepted == 0


class Forgetful(Journal):
    """A journal whose first answer is lost after it has stored what it was handed."""

    def __init__(self, journal: Journal) -> None:
        self.__dict__.update(journal.__dict__)
        self.lost = False

    def accept(self, *submissions: Submission) -> Accepted:
        accepted = super().accept(*submissions)
        if not self.lost:
            self.lost = True
            raise NoConnection
        return accepted


# What is no submission ------------------------------------------------------------------------------------------------


def test_what_is_ignored_stands_among_what_is_not(start: Start) -> None:
    web = start()

    some, all_of_it = post(web, TEST, ADA), post(web, TEST, TEST)

    assert (some.json["status"], statuses(some)) == ("accepted", ["ignored", "accepted"])
    assert (all_of_it.json["status"], statuses(all_of_it)) == ("ignored", ["ignored", "ignored"])
    assert (web.journal.ledger().accepted, web.kept) == (1, [])


def test_a_robot_among_people_costs_nobody_else(start: Start) -> None:
    web = start({"contact": a_form(honeypot="website")})

    answer = post(web, {**ADA, "website": "spam"}, GRACE)

    assert statuses(answer) == ["ignored", "accepted"]
    assert [kept.cause for kept in web.kept] == ["honeypot"]


@pytest.mark.parametrize("order", [(ADA, BROKEN), (BROKEN, ADA), (TEST, BROKEN)])
def test_what_cannot_be_read_is_stored_with_what_can(start: Start, order: tuple[Any, ...]) -> None:
    web = start()

    answer = post(web, *order)

    broken = answer.json["items"][order.index(BROKEN)]
    assert (answer.status_code, broken["status"]) == (200, "accepted")
    assert web.journal.body(broken["id"]) == b"7"


def test_a_request_in_which_nothing_can_be_read_is_refused_whole(start: Start) -> None:
    web = start()

    answer = post(web, BROKEN, BROKEN)

    assert answer.status_code == 400
    [kept] = web.kept
    assert (kept.cause, web.quarantine.body(kept.id)) == ("unreadable body", b"[7, 7]")
    assert web.journal.ledger().accepted == 0


def test_an_empty_list_is_read_as_it_is(start: Start) -> None:
    assert post(start()).status_code == 400


def fails(_: bytes, __: str) -> Any:
    raise KeyError("a fault of ours")


def test_a_request_that_our_adapter_cannot_split_is_stored_as_one(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, split=fails)
    web = start()

    first, again = post(web, ADA, GRACE), post(web, ADA, GRACE)

    assert (first.json["status"], again.json["status"]) == ("accepted", "duplicate")
    assert json.loads(web.journal.body(first.json["id"]) or b"") == [ADA, GRACE]


def test_submissions_that_our_adapter_cannot_read_are_stored_by_their_bytes(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, split=split, read=fails)
    web = start()

    assert bodies(web, post(web, ADA, GRACE)) == [ADA, GRACE]


@pytest.mark.parametrize("limit", ["MOST_PARTS", "MOST_BYTES"])
def test_too_many_at_once_are_stored_as_one(start: Start, monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    monkeypatch.setattr(intake, limit, 1)
    web = start()

    answer = post(web, ADA, GRACE)

    assert answer.json["status"] == "accepted"
    assert json.loads(web.journal.body(answer.json["id"]) or b"") == [ADA, GRACE]


# Revisions of one lead ------------------------------------------------------------------------------------------------


def reads_revisions(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(body: bytes, content_type: str) -> Reading:
        said = json.loads(body)
        ordered = {"progress": said["at"], "revision": str(said["at"]), "is_partial": not said.get("finished", True)}
        return PLAIN.read(body, content_type).model_copy(update=ordered)

    use(monkeypatch, split=split, read=read)


def test_what_is_unfinished_is_ignored_unless_the_form_wants_it(
    start: Start, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    reads_revisions(monkeypatch)
    web = start({"contact": a_form(), "eager": a_form(partials="deliver")})
    body = json.dumps({**ADA, "at": 1, "finished": False}).encode()

    ignored, delivered = web.post("/hooks/contact", body), web.post("/hooks/eager", body)

    assert (ignored.status_code, ignored.json) == (200, {"id": None, "status": "ignored"})
    assert (delivered.json or {})["status"] == "accepted"
    assert {"form": "contact", "cause": "partial"} in [getattr(record, "facts", {}) for record in caplog.records]


def test_an_older_revision_that_comes_late_is_ignored_for_the_newer_one(
    start: Start, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    reads_revisions(monkeypatch)
    web = start()
    newer = web.post("/hooks/contact", json.dumps({**ADA, "at": 2}).encode()).json or {}

    older = web.post("/hooks/contact", json.dumps({**ADA, "at": 1}).encode())

    facts = {"form": "contact", "submission": newer["id"], "cause": "older revision"}
    assert (older.status_code, older.json) == (200, {"id": newer["id"], "status": "ignored"})
    assert facts in [getattr(record, "facts", {}) for record in caplog.records]
    assert web.journal.ledger().accepted == 1


@pytest.mark.parametrize(("order", "expected"), [((1, 2), "accepted"), ((2, 1), "ignored")])
def test_two_revisions_in_one_request_are_taken_in_their_order(
    start: Start, monkeypatch: pytest.MonkeyPatch, order: tuple[int, int], expected: str
) -> None:
    reads_revisions(monkeypatch)
    web = start()

    answer = post(web, *({**ADA, "at": at} for at in order))

    assert statuses(answer) == ["accepted", expected]
