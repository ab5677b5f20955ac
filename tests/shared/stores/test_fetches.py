"""Which forms cannot fetch their answers, and that one submission at a time asks again."""

from datetime import UTC, datetime, timedelta

import pytest
from redis import Redis

from shared.settings import Settings
from shared.stores.custom_fields import Refusal
from shared.stores.fetches import REMEMBERED, FetchRefusals

START = datetime(2026, 9, 21, 12, tzinfo=UTC)


class Clock:
    now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def refusals(redis: Redis, settings: Settings, clock: Clock) -> FetchRefusals:
    return FetchRefusals(redis, settings, clock)


def test_a_refused_form_waits_and_others_do_not(refusals: FetchRefusals) -> None:
    refusals.refuse("lead-ads", "token 1", "expired")

    assert 1 <= refusals.wait("lead-ads", "token 1") <= 60
    assert refusals.wait("another", "token 1") == 0
    assert refusals.wait("lead-ads", "token 2") == 0  # a new token


def test_when_the_wait_is_over_one_submission_asks_and_the_others_wait_on(
    refusals: FetchRefusals, redis: Redis
) -> None:
    refusals.refuse("lead-ads", "token 1", "expired")
    redis.delete("hookline:fetch:asked:lead-ads")

    assert [refusals.wait("lead-ads", "token 1") > 0 for _ in range(3)] == [False, True, True]


def test_a_refusal_is_told_since_when_it_lasts(refusals: FetchRefusals, clock: Clock) -> None:
    refusals.refuse("lead-ads", "token 1", "expired")
    clock.now += timedelta(minutes=5)
    refusals.refuse("lead-ads", "token 1", "still expired", 90)

    assert refusals.refusals() == [
        Refusal("lead-ads", "still expired", START, clock.now + timedelta(seconds=90)),
    ]


def test_a_refusal_of_another_token_begins_anew(refusals: FetchRefusals, clock: Clock) -> None:
    refusals.refuse("lead-ads", "token 1", "expired")
    clock.now += timedelta(minutes=5)
    refusals.refuse("lead-ads", "token 2", "expired too")

    assert refusals.refusals()[0].since == clock.now


def test_what_is_forgotten_or_long_past_is_told_no_more(refusals: FetchRefusals, clock: Clock) -> None:
    refusals.refuse("lead-ads", "token 1", "expired")
    assert refusals.forget("lead-ads")
    assert not refusals.forget("lead-ads")
    assert refusals.refusals() == []

    refusals.refuse("lead-ads", "token 1", "expired")
    clock.now += REMEMBERED
    assert refusals.refusals() == []
    assert refusals.wait("lead-ads", "token 1") == 0


def test_what_another_version_has_written_is_passed_over(refusals: FetchRefusals, redis: Redis) -> None:
    redis.hset("hookline:fetch:refused", "lead-ads", "{}")

    assert refusals.refusals() == []
    assert refusals.wait("lead-ads", "token 1") == 0
