"""Several submissions of one person, in whatever order and at whatever moment they reach HighLevel."""

import threading
from typing import Any

import pytest

from shared.journal import Job
from shared.submission import Edit, State
from tests.worker.conftest import World, a_config

OLDER = {"email": "ada@example.com", "city": "London", "first_name": "Ada", "interest": "engines"}
NEWER = {"email": "ADA@example.com", "city": "Paris", "last_name": "Lovelace", "interest": "looms"}


@pytest.fixture
def forms(world: World) -> World:
    world.config = a_config(contact_us={"tags": ["{interest}"], "unmapped": "drop"})
    return world


def both(world: World) -> dict[str, Job]:
    """Accept two submissions of one person, a moment apart, and lease both."""
    names = {world.accept(**OLDER): "older", world.accept(**NEWER): "newer"}
    return {names[job.submission_id]: job for job in world.leased()}


def settle(world: World) -> None:
    for _ in range(3):
        world.work()


def assert_newest(contact: dict[str, Any]) -> None:
    assert (contact["city"], contact["firstName"], contact["lastName"]) == ("Paris", "Ada", "Lovelace")
    assert sorted(contact["tags"]) == ["engines", "looms"]


@pytest.mark.parametrize("order", [("older", "newer"), ("newer", "older")])
def test_the_contact_ends_with_the_newest_value_of_each_field(forms: World, order: tuple[str, str]) -> None:
    jobs = both(forms)
    for name in order:
        forms.deliverer().deliver(jobs[name])

    [contact] = forms.contacts()
    assert_newest(contact)


@pytest.mark.parametrize("order", [("older", "newer"), ("newer", "older")])
def test_two_workers_at_once_never_write_one_person_together(forms: World, order: tuple[str, str]) -> None:
    jobs = both(forms)
    first, second = (jobs[name] for name in order)
    arrived, answered = threading.Event(), threading.Event()
    slow = forms.deliverer()
    upsert = slow.client.upsert

    def at_its_leisure(*arguments: Any) -> Any:
        arrived.set()
        assert answered.wait(10)
        return upsert(*arguments)

    slow.client.upsert = at_its_leisure  # type: ignore[method-assign, assignment]
    thread = threading.Thread(target=slow.deliver, args=(first,))
    thread.start()
    assert arrived.wait(10)
    forms.deliverer().deliver(second)

    waiting = forms.record(second.submission_id)
    assert (waiting.state, waiting.waits_for, waiting.attempts) == (State.WAITING, "person", 0)
    answered.set()
    thread.join()
    settle(forms)
    [contact] = forms.contacts()
    assert_newest(contact)
    assert forms.record(second.submission_id).state is State.DELIVERED


def test_a_replayed_dead_letter_changes_nothing_that_was_written_since_but_by_its_edit(forms: World) -> None:
    forms.fault(match={"path": "/upsert"}, status=422, body={"message": ["city must be a string"]})
    dead = forms.deliver(**OLDER, company="Engines")
    forms.deliver(**NEWER, company="Looms")
    forms.journal.edit(dead.id, Edit(fields={"companyName": "Analytical Engines"}))
    forms.journal.replay(dead.id, dead.provider, "main", calls=2)
    settle(forms)

    [contact] = forms.contacts()
    assert_newest(contact)
    assert contact["companyName"] == "Analytical Engines"
    assert [found.field for found in forms.record(dead.id).superseded] == ["city"]


def test_the_event_of_a_delivery_says_what_was_left_to_a_newer_one(forms: World) -> None:
    jobs = both(forms)
    for name in ("newer", "older"):
        forms.deliverer().deliver(jobs[name])

    [delivered] = [event for event in forms.journal.events(jobs["older"].submission_id) if event.event == "delivered"]
    assert delivered.data["superseded"] == ["city"]
