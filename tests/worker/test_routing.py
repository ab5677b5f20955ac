"""What becomes of submissions whose answers name their location, and of those whose answers do not."""

import json
from dataclasses import replace

import pytest
from pydantic import SecretStr

from shared import dead_letters, intake
from shared.config import Config, Location
from shared.dead_letters import CannotReplay
from shared.journal import Record
from shared.providers import PROVIDERS
from shared.routing import UNROUTED
from shared.status import show, status
from shared.stores.custom_fields import FieldCache
from shared.submission import Edit, Reason, State
from tests.worker.conftest import World, a_config

FORM = {"location": "{office}", "locations": ["berlin", "munich"], "unmapped": "drop"}
NOW = 1_789_999_999.0


@pytest.fixture
def routed(world: World) -> World:
    world.config = offices(**FORM)
    return world


def offices(**form: object) -> Config:
    locations = {
        alias: Location(location_id=f"L-{alias}", token=SecretStr("pit-1")) for alias in ("main", "berlin", "munich")
    }
    return Config(locations=locations, forms=a_config(contact_us={**form}).forms)


def accept(world: World, **answers: object) -> str:
    """Accept a submission as web does, and return its id."""
    form, body = world.config.forms["contact-us"], json.dumps({"email": "ada@example.com", **answers}).encode()
    [part] = intake.read(form, body, "application/json")
    submission = intake.to_submission("contact-us", form, part, "application/json", {}, world.settings, NOW)
    accepted = world.journal.accept(submission)
    world.jobs += accepted.jobs
    return submission.id


def deliver(world: World, **answers: object) -> Record:
    submission = accept(world, **answers)
    world.work()
    return world.record(submission)


def test_answers_name_the_location_that_gets_the_contact(routed: World) -> None:
    record = deliver(routed, office="Munich")

    [contact] = routed.contacts()
    assert (record.state, record.location, contact["locationId"]) == (State.DELIVERED, "munich", "L-munich")


def test_the_location_is_settled_when_a_submission_is_accepted(routed: World) -> None:
    submission = accept(routed, office="munich")
    routed.config = offices(**{**FORM, "location": "{another question}"})
    routed.work()

    assert (routed.record(submission).state, routed.record(submission).location) == (State.DELIVERED, "munich")


def test_a_submission_that_names_no_location_is_buried_at_its_first_look(routed: World) -> None:
    record = deliver(routed, office="Paris")

    [diagnosis] = record.diagnosis
    assert (record.state, record.reason, record.location) == (State.DEAD, Reason.CONFIGURATION, UNROUTED)
    assert (diagnosis.value, diagnosis.rule) == ("Paris", 'none of berlin, munich is named by "office"')
    assert routed.calls() == []
    assert routed.journal.body(record.id)
    assert routed.journal.holds() == []


def test_many_that_name_no_location_are_buried_one_after_the_other(routed: World) -> None:
    submissions = [accept(routed, office=f"Paris {number}") for number in range(30)]
    for _ in range(30):
        routed.work()
        for submission in submissions:
            if routed.record(submission).state is State.WAITING:
                routed.hurry(submission)
                routed.journal.redis.delete(f"hookline:pace:{UNROUTED}")

    assert {routed.record(submission).state for submission in submissions} == {State.DEAD}
    assert len({routed.record(submission).group for submission in submissions}) == 1


def test_the_books_balance_when_a_letter_finds_its_location(routed: World) -> None:
    record = deliver(routed, office="Paris")
    dead_letters.edit(routed.journal, record.id, Edit(answers={"office": "berlin"}))
    before = status(routed.journal, {}).locations
    dead_letters.replay(routed.journal, routed.config, record.id)
    routed.work()

    found = status(routed.journal, {})
    assert (before[UNROUTED].accepted, before[UNROUTED].dead) == (1, 1)
    assert routed.record(record.id).state is State.DELIVERED
    assert routed.contacts()[0]["locationId"] == "L-berlin"
    assert (set(found.locations), found.locations["berlin"].delivered) == ({"berlin"}, 1)
    assert all(ledger == counted for _, ledger, counted in routed.journal.shelves())
    assert routed.journal.misplaced() == []


def test_the_command_that_a_letter_shows_mends_it(routed: World) -> None:
    routed.config = offices(**{**FORM, "location": "{hidden:my office}"})
    record = deliver(routed, office="Paris")

    [diagnosis] = dead_letters.show(routed.journal, record.id).diagnosis

    assert dead_letters.commands(diagnosis.fix) == [
        f"hookline dead edit {record.id} --answer 'my office=berlin'",
        f"hookline dead replay {record.id}",
    ]
    dead_letters.edit(routed.journal, record.id, Edit(answers={"my office": "berlin"}))
    assert dead_letters.destination(routed.journal, routed.config, routed.record(record.id)).alias == "berlin"


def test_a_letter_whose_answers_still_name_no_location_stays(routed: World) -> None:
    record = deliver(routed, office="Paris")
    dead_letters.edit(routed.journal, record.id, Edit(answers={"office": "Rome"}))
    cache = FieldCache(routed.journal.redis, routed.settings)

    with pytest.raises(CannotReplay, match='stays a dead letter: none of berlin, munich is named by "office"'):
        dead_letters.replay(routed.journal, routed.config, record.id)

    found = dead_letters.preview_replay(routed.journal, routed.config, cache, record.id)
    assert (found.status, found.location, found.diagnosis[0].value) == ("unrouted", "", "Rome")
    assert routed.record(record.id).state is State.DEAD


def test_an_alias_that_is_added_lets_a_letter_go(routed: World) -> None:
    record = deliver(routed, office="Paris")
    routed.config = offices(**{**FORM, "locations": {"Paris": "munich"}})
    dead_letters.replay(routed.journal, routed.config, record.id)
    routed.work()

    assert routed.record(record.id).location == "munich"
    assert routed.record(record.id).state is State.DELIVERED


def test_a_location_that_the_answers_name_by_now_is_said_to_be_so(routed: World) -> None:
    submission = accept(routed, office="Paris")
    routed.config = offices(location="main")
    routed.work()

    [diagnosis] = routed.record(submission).diagnosis
    assert (diagnosis.rule, diagnosis.fix) == ("named no location when it came; now it goes to main", "replay")


def test_what_a_form_that_is_unknown_here_could_not_route_waits(routed: World) -> None:
    submission = accept(routed, office="Paris")
    routed.config = Config(locations=routed.config.locations)
    routed.work()

    record = routed.record(submission)
    assert (record.state, show(routed.journal, submission).waits_for) == (State.WAITING, "configuration")


def test_answers_that_nobody_can_read_name_no_location(routed: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(body: bytes, content_type: str) -> None:
        raise ZeroDivisionError

    broken = replace(PROVIDERS["generic_json"], read=read)  # type: ignore[arg-type]
    monkeypatch.setitem(PROVIDERS, "generic_json", broken)

    record = deliver(routed, office="munich")

    assert (record.state, record.reason) == (State.DEAD, Reason.UNMAPPABLE)
    with pytest.raises(CannotReplay, match="ZeroDivisionError while reading the answers"):
        dead_letters.replay(routed.journal, routed.config, record.id)


def test_who_names_no_location_goes_to_the_default_one(routed: World) -> None:
    routed.config = offices(**FORM, default_location="main")

    assert [deliver(routed, office=said, n=said).location for said in ("Paris", "", "berlin")] == [
        "main",
        "main",
        "berlin",
    ]
