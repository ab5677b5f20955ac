import json
from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr

from shared.config import Config, Location
from shared.journal import Job
from shared.providers import PROVIDERS
from shared.submission import Edit, Reason, State
from tests.worker.conftest import World, a_config
from worker.apart import Apart, NotStarted


def test_a_submission_becomes_a_contact_with_tags_and_a_note(world: World) -> None:
    record = world.deliver(first_name="Ada", email="ada@example.com", favourite_tea="Earl Grey")

    [contact] = world.contacts()
    assert record.state is State.DELIVERED
    assert (contact["firstName"], contact["email"], contact["tags"]) == ("Ada", "ada@example.com", ["website"])
    assert contact["notes"][0]["body"] == f"favourite_tea: Earl Grey\n\n(contact-us, {record.id})"
    assert world.calls() == ["POST upsert 200", "POST tags 201", "POST notes 201"]


def test_the_tags_that_a_contact_had_are_still_there(world: World) -> None:
    contact = {"locationId": "L1", "email": "ada@example.com", "tags": ["vip", "website"]}
    world.http.post("/_sandbox/state", json={"contacts": [contact]}).raise_for_status()
    world.config = a_config(contact_us={"tags": ["Website", "autumn"]})

    world.deliver(first_name="Ada", email="ada@example.com")

    assert world.contacts()[0]["tags"] == ["vip", "website", "autumn"]


def test_no_call_is_made_for_tags_that_are_there_already(world: World) -> None:
    world.deliver(first_name="Ada", email="ada@example.com")
    world.deliver(first_name="Augusta", email="ada@example.com")

    assert world.calls() == ["POST upsert 200", "POST tags 201", "POST upsert 200"]
    assert world.contacts()[0]["firstName"] == "Augusta"


def test_a_second_delivery_begins_where_the_first_one_failed(world: World) -> None:
    world.fault(match={"path": "/tags"}, status=503)
    record = world.deliver(email="ada@example.com", tea="Earl Grey")
    assert (record.state, record.attempts) == (State.WAITING, 1)
    world.hurry(record.id)
    world.work()

    assert world.record(record.id).state is State.DELIVERED
    assert world.calls() == ["POST upsert 200", "POST tags 503", "POST tags 201", "POST notes 201"]


def test_an_upsert_whose_answer_was_lost_is_repeated_without_harm(world: World) -> None:
    world.fault(match={"path": "/upsert"}, reset=True, after_write=True)
    record = world.deliver(email="ada@example.com")
    world.hurry(record.id)
    world.work()

    assert world.record(record.id).state is State.DELIVERED
    assert len(world.contacts()) == 1


def test_a_note_whose_answer_was_lost_is_not_written_twice(world: World) -> None:
    world.fault(match={"path": "/notes", "method": "POST"}, reset=True, after_write=True)
    record = world.deliver(email="ada@example.com", tea="Earl Grey")
    world.hurry(record.id)
    world.work()

    assert world.record(record.id).state is State.DELIVERED
    assert len(world.contacts()[0]["notes"]) == 1


def test_a_note_that_was_answered_with_a_page_of_html_is_not_written_twice(world: World) -> None:
    fault = {"match": {"path": "/notes", "method": "POST"}, "status": 200, "body": "<html>", "after_write": True}
    world.fault(**fault)
    record = world.deliver(email="ada@example.com", tea="Earl Grey")
    world.hurry(record.id)
    world.work()

    assert world.record(record.id).state is State.DELIVERED
    assert len(world.contacts()[0]["notes"]) == 1


def test_a_cut_emoji_in_an_answer_of_highlevel_stops_nothing(world: World) -> None:
    body = '{"statusCode": 422, "message": ["broken \\ud83d must be text"]}'
    world.fault(match={"path": "/upsert"}, status=422, body=body)

    record = world.deliver(email="ada@example.com")

    assert (record.state, record.reason) == (State.DEAD, Reason.REJECTED)
    assert record.diagnosis[0].rule == "broken ? must be text"


def test_a_submission_whose_body_is_gone_is_buried(world: World) -> None:
    submission = world.accept(email="ada@example.com")
    world.journal.redis.delete(f"hookline:body:{submission}")
    world.work()

    assert world.record(submission).reason is Reason.UNMAPPABLE


def test_a_fault_while_a_failure_is_settled_buries_too(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker.deliverer.decide", lambda *_: 1 / 0)
    world.fault(match={"path": "/upsert"}, status=503)

    assert world.deliver(email="ada@example.com").reason is Reason.UNEXPECTED


def test_no_log_line_holds_what_a_visitor_wrote(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def run(_: object) -> None:
        raise ValueError("ada@example.com")

    monkeypatch.setattr("worker.delivery.Delivery.run", run)
    world.deliver(email="ada@example.com")

    assert "delivery failed" in caplog.messages
    assert "ada@example.com" not in caplog.text + repr([vars(record) for record in caplog.records])


def test_a_note_that_was_not_written_is_written_then(world: World) -> None:
    world.fault(match={"path": "/notes", "method": "POST"}, reset=True)
    record = world.deliver(email="ada@example.com", tea="Earl Grey")
    world.hurry(record.id)
    world.work()

    assert world.calls()[-3:] == ["POST notes None", "GET notes 200", "POST notes 201"]
    assert len(world.contacts()[0]["notes"]) == 1


def test_a_contact_deleted_between_two_calls_is_upserted_again_once(world: World) -> None:
    gone = {"statusCode": 400, "message": "Contact with id c1 not found"}
    world.fault(match={"path": "/tags"}, status=400, body=gone)

    assert world.deliver(email="ada@example.com").state is State.DELIVERED
    assert world.calls() == ["POST upsert 200", "POST tags 400", "POST upsert 200", "POST tags 201"]


def test_a_contact_that_vanishes_twice_is_buried(world: World) -> None:
    world.fault(match={"path": "/tags"}, status=404, body={"message": "Contact not found"}, count=2)

    record = world.deliver(email="ada@example.com")

    assert (record.state, record.reason) == (State.DEAD, Reason.UNEXPECTED)


def test_a_refused_phone_is_left_out_when_there_is_an_email_and_the_note_keeps_it(world: World) -> None:
    refusal = {"statusCode": 400, "message": "The string supplied is too long to be a phone number"}
    world.fault(match={"path": "/upsert"}, status=400, body=refusal)

    record = world.deliver(email="ada@example.com", phone="+14155550142")

    [contact] = world.contacts()
    assert record.salvaged == ("phone",)
    assert contact.get("phone") is None
    assert "Phone (refused by HighLevel): +14155550142" in contact["notes"][0]["body"]


def test_a_refused_contact_is_buried_with_a_diagnosis(world: World) -> None:
    record = world.deliver(email="ada@example.c")

    assert (record.state, record.reason) == (State.DEAD, Reason.REJECTED)
    [diagnosis] = record.diagnosis
    assert (diagnosis.field, diagnosis.value) == ("email", "ada@example.c")
    [attempt] = world.journal.attempts(record.id)
    assert attempt.status == 422


def test_a_mended_dead_letter_is_delivered_on_replay(world: World) -> None:
    record = world.deliver(email="ada@example.c")
    edit = Edit(fields={"email": "ada@example.com"})
    world.journal.edit(record.id, edit)
    world.journal.replay(record.id, record.provider, "main", calls=2)
    world.work()

    assert world.record(record.id).state is State.DELIVERED
    assert world.contacts()[0]["email"] == "ada@example.com"


def test_a_submission_without_email_and_phone_is_buried_before_anything_is_sent(world: World) -> None:
    record = world.deliver(first_name="Ada")

    assert (record.state, record.reason) == (State.DEAD, Reason.UNMAPPABLE)
    assert world.calls() == []


def test_an_adapter_that_breaks_buries_the_submission_with_its_body(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(body: bytes, content_type: str) -> None:
        raise ZeroDivisionError

    broken = replace(PROVIDERS["generic_json"], read=read)  # type: ignore[arg-type]
    monkeypatch.setitem(PROVIDERS, "generic_json", broken)

    record = world.deliver(email="ada@example.com")

    assert (record.state, record.reason) == (State.DEAD, Reason.UNMAPPABLE)
    assert world.journal.body(record.id) == json.dumps({"email": "ada@example.com"}).encode()


def test_a_fault_of_ours_buries_and_does_not_lose(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker.delivery.Delivery.run", lambda _: 1 / 0)

    record = world.deliver(email="ada@example.com")

    assert (record.state, record.reason) == (State.DEAD, Reason.UNEXPECTED)
    assert record.diagnosis[0].rule == "ZeroDivisionError in Hookline"


@pytest.mark.parametrize("place", ["read", "map", "deliver"])
def test_want_of_memory_buries_nothing(world: World, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    def fail(*_: object) -> Any:
        raise MemoryError

    submission = world.accept()
    if place == "read":
        monkeypatch.setitem(PROVIDERS, "generic_json", replace(PROVIDERS["generic_json"], read=fail))
    else:
        monkeypatch.setattr(
            {"map": "worker.delivery.map_answers", "deliver": "worker.delivery.Delivery.run"}[place], fail
        )
    with pytest.raises(MemoryError):
        world.work()

    assert world.record(submission).state == State.LEASED


def test_a_wrong_token_holds_a_hundred_submissions_and_spends_no_attempt(world: World) -> None:
    world.http.post("/_sandbox/tokens", json={"tokens": ["pit-2"]})
    world.deliverer().announce_tokens()
    submissions = [world.accept() for _ in range(100)]
    world.work()

    records = [world.record(submission) for submission in submissions]
    assert {(record.state, record.attempts) for record in records} == {(State.WAITING, 0)}
    [hold] = world.journal.holds()
    assert hold.kind == "credentials"
    assert len(world.calls()) <= 10


def test_a_worker_with_the_mended_token_goes_on_at_once(world: World) -> None:
    world.http.post("/_sandbox/tokens", json={"tokens": ["pit-2"]})
    world.deliverer().announce_tokens()
    record = world.deliver()
    mended = Location(location_id="L1", token=SecretStr("pit-2"))
    world.config = Config(locations={"main": mended}, forms=world.config.forms)
    world.deliverer().announce_tokens()
    world.work()

    assert world.record(record.id).state is State.DELIVERED


def test_a_form_that_is_unknown_here_waits_for_the_configuration(world: World) -> None:
    record = world.deliver(form="new-form", email="ada@example.com")

    assert (record.state, record.attempts) == (State.WAITING, 0)
    assert record.unknown_since


def test_a_form_that_stays_unknown_for_an_hour_is_buried(world: World) -> None:
    submission = world.accept(form="old-form", email="ada@example.com")
    world.journal.redis.hset(f"hookline:sub:{submission}", "unknown_since", "1600000000000")
    world.work()

    record = world.record(submission)
    assert (record.state, record.reason) == (State.DEAD, Reason.CONFIGURATION)
    assert "'old-form'" in record.diagnosis[0].rule


def test_a_worker_that_stops_starts_no_more_calls_and_spends_nothing(world: World) -> None:
    world.stopping.append(True)

    record = world.deliver(email="ada@example.com")

    assert (record.state, record.attempts) == (State.WAITING, 0)
    assert world.calls() == []


def test_a_doubled_message_delivers_once(world: World) -> None:
    world.accept(email="ada@example.com")
    [job] = world.leased()
    for _ in range(3):
        world.deliverer().deliver(job)

    assert world.calls() == ["POST upsert 200", "POST tags 201"]


def test_html_from_the_edge_is_no_success(world: World) -> None:
    world.fault(match={"path": "/upsert"}, status=200, body="<html>Just a moment…</html>")

    record = world.deliver(email="ada@example.com")

    assert (record.state, record.attempts) == (State.WAITING, 1)
    assert world.contacts() == []


class Elsewhere(Apart):
    """Stands for the process beside the worker: says how it ended, or delivers here."""

    def __init__(self, world: World, *ends: str | NotStarted) -> None:
        self.world, self.ends = world, list(ends)

    def deliver(self, job: Job, nonce: str) -> str:
        end = self.ends.pop(0) if self.ends else ""
        if isinstance(end, NotStarted):
            raise end
        if not end:
            replace(self.world.deliverer(), apart=None).deliver(job, nonce)
        return end


def test_a_suspect_is_delivered_apart_from_the_others(world: World) -> None:
    world.apart = Elsewhere(world)
    suspect = world.suspect(email="ada@example.com")
    world.work()

    assert world.record(suspect).state is State.DELIVERED
    assert len(world.contacts()) == 1


def test_a_suspect_is_begun_by_its_process_and_not_before_that_is_there(world: World) -> None:
    class Watching(Elsewhere):
        def deliver(self, job: Job, nonce: str) -> str:
            unbegun.append(self.world.journal.workforce().unbegun)
            return super().deliver(job, nonce)

    unbegun: list[int] = []
    world.apart = Watching(world)
    world.suspect(email="ada@example.com")

    world.work()

    assert unbegun == [1]
    assert world.journal.workforce().unbegun == 0


def test_what_is_no_suspect_is_delivered_here(world: World) -> None:
    world.apart = Elsewhere(world, "it was ended by SIGKILL")

    assert world.deliver(email="ada@example.com").state is State.DELIVERED


def test_a_suspect_whose_process_ends_is_tried_again_after_a_while(world: World) -> None:
    world.apart = Elsewhere(world, "it was ended by SIGKILL")
    suspect = world.suspect(email="ada@example.com")
    world.work()

    record = world.record(suspect)
    assert (record.state, record.suspect, record.crashes, record.attempts) == (State.WAITING, True, 1, 0)


def test_a_suspect_stays_one_when_no_process_can_be_started(world: World) -> None:
    world.apart = Elsewhere(world, NotStarted("no memory"))
    suspect = world.suspect(email="ada@example.com")
    world.work()

    record = world.record(suspect)
    assert (record.state, record.suspect, record.crashes, record.attempts) == (State.WAITING, True, 0, 0)


def test_looking_whether_an_outage_is_over_costs_an_attempt_only_when_its_time_has_come(world: World) -> None:
    world.fault(match={"path": "/upsert"}, status=503, count=0)
    submission = world.accept(email="ada@example.com")
    world.journal.redis.hset(f"hookline:sub:{submission}", "attempts", "12")
    world.work()
    assert world.record(submission).attempts == 13
    for _ in range(2):
        world.hurry(submission)
        world.work()
    assert world.record(submission).attempts == 13

    world.journal.redis.hset(f"hookline:sub:{submission}", "free_until", "1")
    world.hurry(submission)
    world.work()

    assert world.record(submission).attempts == 14
