from typing import cast

import pytest
from pydantic import SecretStr
from redis import Redis

from shared.highlevel.oauth import Reconnect
from shared.settings import Settings, SettingsError
from shared.stores.tokens import RedisTokens
from tests.shared.stores.token_endpoint import a_pair


@pytest.fixture
def store(redis: Redis, settings: Settings) -> RedisTokens:
    return RedisTokens(redis, settings)


def test_a_pair_comes_back_as_it_was_stored(store: RedisTokens) -> None:
    pair = a_pair(1, location_id="loc-1", scope="contacts.write", seeds=("one", "two"))

    store.put("main", pair)

    assert store.load("main") == pair
    assert store.load("other") is None


def test_no_token_is_readable_in_redis(store: RedisTokens, redis: Redis, settings: Settings) -> None:
    store.put("main", a_pair(1))
    store.swap("main", a_pair(1), a_pair(2))

    kept = cast("dict[bytes, bytes]", redis.hgetall(f"{settings.redis_prefix}oauth:main"))
    assert set(kept) == {b"refresh", b"pair"}
    assert not [value for value in kept.values() for token in (b"access-", b"refresh-") if token in value]


def test_a_pair_takes_the_place_of_the_one_that_it_replaces(store: RedisTokens) -> None:
    store.put("main", a_pair(1))

    assert store.swap("main", a_pair(1), a_pair(2))
    assert store.load("main") == a_pair(2)


def test_a_pair_does_not_take_the_place_of_a_newer_one(store: RedisTokens) -> None:
    store.put("main", a_pair(2))

    assert not store.swap("main", a_pair(1), a_pair(3))
    assert not store.swap("main", None, a_pair(3))
    assert store.load("main") == a_pair(2)


@pytest.mark.parametrize("replaced", [None, a_pair(1)])
def test_where_no_pair_is_stored_any_may_be(store: RedisTokens, replaced: None) -> None:
    assert store.swap("main", replaced, a_pair(2))
    assert store.load("main") == a_pair(2)


def test_only_one_has_the_lock_of_a_location(store: RedisTokens) -> None:
    owner = store.lock("main", 15)

    assert owner
    assert store.lock("main", 15) is None
    assert store.lock("other", 15)


def test_a_lock_that_was_given_back_can_be_taken_again(store: RedisTokens) -> None:
    store.unlock("main", store.lock("main", 15) or "")

    assert store.lock("main", 15)


def test_a_lock_expires(store: RedisTokens, redis: Redis, settings: Settings) -> None:
    store.lock("main", 15)

    assert 14_000 < redis.pttl(f"{settings.redis_prefix}oauth:main:lock") <= 15_000


def test_who_comes_late_does_not_take_the_lock_from_another(
    store: RedisTokens, redis: Redis, settings: Settings
) -> None:
    late = store.lock("main", 15) or ""
    redis.delete(f"{settings.redis_prefix}oauth:main:lock")  # it has expired
    store.lock("main", 15)

    store.unlock("main", late)

    assert store.lock("main", 15) is None


def test_another_secret_key_cannot_read_the_pair_and_says_so(
    store: RedisTokens, redis: Redis, settings: Settings
) -> None:
    store.put("main", a_pair(1))
    another = RedisTokens(redis, settings.model_copy(update={"secret_key": SecretStr("x" * 32)}))

    with pytest.raises(Reconnect, match=r"SECRET_KEY is not the one .*`hookline oauth connect main`"):
        another.load("main")


def test_a_pair_of_another_secret_key_is_replaced_by_a_new_connection(
    store: RedisTokens, redis: Redis, settings: Settings
) -> None:
    store.put("main", a_pair(1))
    another = RedisTokens(redis, settings.model_copy(update={"secret_key": SecretStr("x" * 32)}))

    another.put("main", a_pair(2))

    assert another.load("main") == a_pair(2)


@pytest.mark.parametrize(("secret_key", "said"), [("", "is not set"), ("x" * 31, "has 31 characters")])
def test_without_a_long_secret_key_nothing_is_stored(
    redis: Redis, settings: Settings, secret_key: str, said: str
) -> None:
    with pytest.raises(SettingsError, match=rf"SECRET_KEY {said}.*README"):
        RedisTokens(redis, settings.model_copy(update={"secret_key": SecretStr(secret_key)}))


def test_a_secret_is_recognised_by_the_same_secret_key_only(
    store: RedisTokens, redis: Redis, settings: Settings
) -> None:
    another = RedisTokens(redis, settings.model_copy(update={"secret_key": SecretStr("x" * 32)}))
    seed = SecretStr("refresh-0")

    assert store.fingerprint(seed) == store.fingerprint(SecretStr("refresh-0"))
    assert store.fingerprint(seed) != another.fingerprint(seed)
    assert "refresh-0" not in store.fingerprint(seed)
