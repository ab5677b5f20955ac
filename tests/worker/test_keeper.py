import threading

import pytest

from shared.accounts import Accounts
from shared.config import Config, Location
from tests.worker.conftest import World
from tests.worker.test_every_answer import change, connected, refreshes
from worker.keeper import Keeper


def a_keeper(world: World) -> Keeper:
    accounts = Accounts.of(world.config, world.settings, world.journal.redis, world.http)
    return Keeper(accounts, world.config.locations)


def test_a_location_is_connected_before_anything_is_delivered(world: World) -> None:
    connected(world)
    a_keeper(world).look()

    assert refreshes(world) == 1


def test_a_token_that_soon_expires_is_renewed_and_a_fresh_one_is_not(world: World) -> None:
    connected(world, expires_in=200)
    keeper = a_keeper(world)
    keeper.look()
    change(world, expires_in=86_399)
    keeper.look()
    keeper.look()

    assert refreshes(world) == 2


def test_a_location_whose_token_cannot_be_renewed_does_not_keep_it_from_the_others(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    made = connected(world)
    lost = {"location_id": "L2", "oauth": {"client_id": "other", "client_secret": "s", "refresh_token": "lost"}}
    locations = {"lost": Location.model_validate(lost), **world.config.locations}
    world.config = Config(locations=locations, forms=world.config.forms)
    a_keeper(world).look()

    assert refreshes(world) == 1
    assert "token not renewed" in caplog.messages
    assert made["refresh_token"] not in caplog.text


def test_a_keeper_with_nothing_to_look_after_starts_no_thread(world: World) -> None:
    before = threading.active_count()
    keeper = a_keeper(world)
    keeper.start()

    assert threading.active_count() == before


def test_a_keeper_that_is_stopped_makes_no_further_call(world: World) -> None:
    connected(world)
    keeper = a_keeper(world)
    keeper.stop()
    keeper.look()

    assert refreshes(world) == 0


def test_a_location_that_somebody_has_to_connect_is_left_alone_for_a_while(world: World) -> None:
    connected(world)
    change(world, revoke_refresh_token=True)
    now = 0.0
    keeper = a_keeper(world)
    keeper.clock = lambda: now
    keeper.look()
    keeper.look()
    asked = token_calls(world)
    now = 301.0
    keeper.look()

    assert (asked, token_calls(world)) == (1, 2)


def token_calls(world: World) -> int:
    return sum("token" in call for call in world.calls())
