from datetime import timedelta

import pytest
from redis import Redis

from shared.highlevel.custom_fields import Catalogue
from shared.settings import Settings
from shared.stores.custom_fields import REFUSAL_LIFE, Cached, FieldCache, Refusal, worth_a_look
from tests.shared.stores.token_endpoint import START, Clock

FIELDS = Catalogue.of([{"id": "cf-1", "name": "Budget", "fieldKey": "contact.budget", "dataType": "TEXT"}])
LATER = START + timedelta(minutes=5)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cache(redis: Redis, settings: Settings, clock: Clock) -> FieldCache:
    return FieldCache(redis, settings, clock)


def lifetime(redis: Redis, settings: Settings, alias: str) -> int:
    return round(redis.pttl(f"{settings.redis_prefix}custom-fields:of:{alias}") / 1000)


def test_custom_fields_are_kept_for_an_hour(cache: FieldCache, redis: Redis, settings: Settings) -> None:
    cache.put("main", "loc-1", FIELDS, START)

    assert cache.get("main", "loc-1") == Cached(source="loc-1", catalogue=FIELDS, fetched_at=START)
    assert lifetime(redis, settings, "main") == 3600


def test_a_refusal_is_kept_for_a_minute(cache: FieldCache, redis: Redis, settings: Settings) -> None:
    cache.refuse("main", "loc-1", "not authorized for this scope", START)

    known = Cached(source="loc-1", refused="not authorized for this scope", fetched_at=START)
    assert cache.get("main", "loc-1") == known
    assert lifetime(redis, settings, "main") == 60


def test_nothing_is_known_of_another_alias_or_location(cache: FieldCache) -> None:
    cache.put("main", "loc-1", FIELDS, START)

    assert cache.get("other", "loc-1") is None
    assert cache.get("main", "loc-2") is None


def test_what_another_version_has_written_is_asked_for_again(
    cache: FieldCache, redis: Redis, settings: Settings
) -> None:
    redis.set(f"{settings.redis_prefix}custom-fields:of:main", '{"of": "another version"}')

    assert cache.get("main", "loc-1") is None


def test_refusals_are_listed_with_the_time_of_the_first(cache: FieldCache, clock: Clock) -> None:
    cache.refuse("main", "loc-1", "no scope", START)
    clock.now = LATER
    cache.refuse("main", "loc-1", "still no scope", LATER)
    cache.refuse("another", "loc-2", "no scope", LATER)

    assert cache.refusals() == [
        Refusal("another", "no scope", LATER, LATER + REFUSAL_LIFE),
        Refusal("main", "still no scope", START, LATER + REFUSAL_LIFE),
    ]


def test_a_location_that_may_read_its_custom_fields_is_no_longer_listed(cache: FieldCache) -> None:
    cache.refuse("main", "loc-1", "no scope", START)

    cache.put("main", "loc-1", FIELDS, LATER)

    assert cache.refusals() == []


def test_a_location_is_forgotten_to_be_asked_at_once(cache: FieldCache) -> None:
    cache.refuse("main", "loc-1", "no scope", START)

    assert cache.forget("main")
    assert (cache.get("main", "loc-1"), cache.refusals()) == (None, [])
    assert not cache.forget("main")


def test_a_refusal_that_nobody_has_met_for_an_hour_is_over(cache: FieldCache, clock: Clock) -> None:
    cache.refuse("main", "loc-1", "no scope", START)
    clock.advance(hours=1)

    assert cache.refusals() == []

    cache.refuse("main", "loc-1", "no scope", clock.now)
    assert cache.refusals() == [Refusal("main", "no scope", clock.now, clock.now + REFUSAL_LIFE)]


def test_an_alias_may_be_called_anything(cache: FieldCache) -> None:
    cache.put("refused", "loc-1", FIELDS, START)
    cache.refuse("of", "loc-2", "no scope", START)

    assert cache.get("refused", "loc-1")
    assert [refusal.alias for refusal in cache.refusals()] == ["of"]


KNOWN = Cached(source="loc-1", catalogue=FIELDS, fetched_at=START)
REFUSED = Cached(source="loc-1", refused="no scope", fetched_at=START)


@pytest.mark.parametrize(
    ("cached", "age", "unknown", "expected"),
    [
        (None, 0, False, True),
        (KNOWN, 3000, False, False),
        (KNOWN, 30, True, False),
        (KNOWN, 31, True, True),
        (REFUSED, 59, False, False),
        (REFUSED, 59, True, False),
    ],
)
def test_highlevel_is_asked_when_nothing_is_known_or_a_name_may_be_new(
    cached: Cached | None, age: float, unknown: bool, expected: bool
) -> None:
    assert worth_a_look(cached, START + timedelta(seconds=age), unknown) is expected
