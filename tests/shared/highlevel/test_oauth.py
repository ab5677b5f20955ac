"""The token endpoint's answers, and who refreshes when; the store is a dictionary."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from shared.highlevel.errors import (
    BadCredentials,
    Garbled,
    HighLevelError,
    HighLevelUnavailable,
    Misconfigured,
    RateLimited,
)
from shared.highlevel.oauth import LocationInactive, OAuthClient, Pair, Reconnect, TokenBusy, Tokens
from shared.highlevel.wire import Deadline, OutOfTime, Wire
from tests.shared.stores.token_endpoint import APP, SEED, START, Clock, TokenEndpoint, a_pair, invalid_grant

SEEDED = replace(APP, refresh_token=SecretStr(SEED))
HIDDEN = ("the-client-secret", SEED, "refresh-", "access-", "code-1")
Handler = Callable[[httpx.Request], httpx.Response]


class StoreAway(Exception):
    """The store does not answer."""


@dataclass
class DictStore:
    """A TokenStore for one process; `away` makes as many swaps fail."""

    pairs: dict[str, Pair] = field(default_factory=dict)
    locked: set[str] = field(default_factory=set)
    away: int = 0

    def load(self, alias: str) -> Pair | None:
        return self.pairs.get(alias)

    def swap(self, alias: str, replaced: Pair | None, pair: Pair) -> bool:
        if self.away:
            self.away -= 1
            raise StoreAway
        if alias in self.pairs and self.pairs[alias] != replaced:
            return False
        self.pairs[alias] = pair
        return True

    def put(self, alias: str, pair: Pair) -> None:
        self.pairs[alias] = pair

    def lock(self, alias: str, seconds: float) -> str | None:
        if alias in self.locked:
            return None
        self.locked.add(alias)
        return "owner"

    def unlock(self, alias: str, owner: str) -> None:
        self.locked.discard(alias)

    def fingerprint(self, secret: SecretStr) -> str:
        return f"fingerprint of {secret.get_secret_value()}"


@dataclass
class Bench:
    """A client, a store and an endpoint that go by one clock."""

    clock: Clock = field(default_factory=Clock)
    store: DictStore = field(default_factory=DictStore)
    answer: Handler | None = None

    def __post_init__(self) -> None:
        self.endpoint = TokenEndpoint(self.clock)
        self.tokens = Tokens(self.client(), self.store, self.clock)

    def client(self) -> OAuthClient:
        transport = httpx.MockTransport(lambda request: (self.answer or self.endpoint.respond)(request))
        return OAuthClient(Wire(httpx.Client(transport=transport)), "https://highlevel.test/", self.clock)

    def access(self, app: Any = APP) -> str:
        return self.tokens.access("main", app, Deadline.after(20)).get_secret_value()

    def renewed(self, refused: str, app: Any = APP) -> str:
        return self.tokens.renewed("main", app, SecretStr(refused), Deadline.after(20)).get_secret_value()


@pytest.fixture
def bench() -> Bench:
    return Bench()


# The call ----------------------------------------------------------------------------------------------------------


def test_a_refresh_is_asked_for_with_a_form_in_v2_names(bench: Bench) -> None:
    seen: list[httpx.Request] = []

    def record(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return bench.endpoint.respond(request)

    bench.answer = record
    pair = bench.client().refresh(APP, SecretStr(SEED), Deadline.after(20))

    [request] = seen
    assert (request.method, str(request.url)) == ("POST", "https://highlevel.test/oauth/token")
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert request.headers["Version"] == "2021-07-28"
    assert bench.endpoint.calls == [
        {
            "client_id": "app-1",
            "client_secret": "the-client-secret",
            "user_type": "Location",
            "grant_type": "refresh_token",
            "refresh_token": SEED,
        }
    ]
    assert pair == a_pair(1, START + timedelta(seconds=86399), location_id="loc-1", scope=bench.endpoint.scope)


def test_a_code_is_exchanged_with_the_redirect_that_it_came_by(bench: Bench) -> None:
    pair = bench.client().exchange(APP, "code-1", "http://localhost:8722/oauth/callback", Deadline.after(20))

    [form] = bench.endpoint.calls
    assert (form["grant_type"], form["code"]) == ("authorization_code", "code-1")
    assert form["redirect_uri"] == "http://localhost:8722/oauth/callback"
    assert pair.access_token.get_secret_value() == "access-1"


def test_an_answer_in_v3_names_is_no_lost_pair(bench: Bench) -> None:
    answer = {"accessToken": "access-1", "refreshToken": "refresh-1", "expiresIn": 60, "locationId": "loc-1"}
    bench.answer = lambda _: httpx.Response(200, json=answer)

    pair = bench.client().refresh(APP, SecretStr(SEED), Deadline.after(20))

    assert pair == a_pair(1, START + timedelta(seconds=60), location_id="loc-1")


def test_without_a_new_refresh_token_the_used_one_stays(bench: Bench) -> None:
    bench.answer = lambda _: httpx.Response(200, json={"access_token": "access-1"})

    pair = bench.client().refresh(APP, SecretStr(SEED), Deadline.after(20))

    assert pair.refresh_token.get_secret_value() == SEED


def test_a_connection_without_a_refresh_token_is_none(bench: Bench) -> None:
    bench.answer = lambda _: httpx.Response(200, json={"access_token": "access-1"})

    with pytest.raises(Garbled):
        bench.client().exchange(APP, "code-1", "http://localhost:8722/oauth/callback", Deadline.after(20))


AIP = {"error": {"code": "INVALID_ARGUMENT", "message": "Invalid grant: it is used", "details": {}, "resolution": ""}}


@pytest.mark.parametrize(
    ("status", "body", "kind", "said"),
    [
        (400, {"message": "Invalid grant: refresh token is invalid"}, Reconnect, "hookline oauth connect ALIAS"),
        (400, AIP, Reconnect, "hookline oauth connect ALIAS"),
        (400, {"error": "invalid_grant"}, Reconnect, "hookline oauth connect ALIAS"),
        (400, {"message": "Location is not active"}, LocationInactive, "billing"),
        (400, {"error": {"message": "Location is not active"}}, LocationInactive, "billing"),
        (400, {"message": "Missing parameter: client_id"}, BadCredentials, "Missing parameter: client_id"),
        (400, {"message": "Missing parameter: refresh_token"}, BadCredentials, "Missing parameter: refresh_token"),
        (422, {"message": ["client_id must be a string"]}, BadCredentials, "look at client_id and client_secret"),
        (401, {"message": "Invalid client credentials!"}, BadCredentials, "look at client_id and client_secret"),
        (403, {"message": "Forbidden resource"}, BadCredentials, "look at client_id and client_secret"),
        (403, None, Garbled, "the edge refused"),
        (404, {"message": "Cannot POST /oauth/token"}, Misconfigured, "base_url"),
        (418, {"message": "No tea"}, BadCredentials, "No tea"),
        (429, {"message": "Too Many Requests"}, RateLimited, "Too Many Requests"),
        (503, {"message": "Down for a moment"}, HighLevelUnavailable, "Down for a moment"),
        (200, {"access_token": ""}, Garbled, "without the tokens"),
        (200, None, Garbled, "without the tokens"),
    ],
)
def test_a_refusal_says_what_to_do_about_it(
    bench: Bench, status: int, body: object, kind: type[HighLevelError], said: str
) -> None:
    bench.answer = lambda _: httpx.Response(status, json=body) if body else httpx.Response(status, text="<html>")

    with pytest.raises(HighLevelError, match=said) as caught:
        bench.client().refresh(APP, SecretStr(SEED), Deadline.after(20))

    assert type(caught.value) is kind
    assert caught.value.attempt.step == "token"
    assert "contact" not in str(caught.value)
    assert "replace it by a new one" not in str(caught.value)


@pytest.mark.parametrize("status", [200, 400, 401, 429, 500])
def test_an_error_names_no_secret_although_the_answer_does(bench: Bench, status: int) -> None:
    answer = {"message": "Invalid grant: refresh-0 of the-client-secret", "refresh_token": "refresh-1"}
    bench.answer = lambda _: httpx.Response(status, json=answer)

    with pytest.raises(HighLevelError) as caught:
        bench.client().refresh(APP, SecretStr(SEED), Deadline.after(20))

    error = caught.value
    told = [repr(error), error.attempt.model_dump_json(), repr(error.__cause__), str(vars(error))]
    assert not [secret for secret in HIDDEN for text in told if secret in text]
    assert error.__cause__ is None
    assert error.__suppress_context__


def test_no_token_shows_in_a_pair_or_an_app() -> None:
    assert not [secret for secret in HIDDEN if secret in f"{a_pair()!r} {SEEDED!r} {a_pair().model_dump_json()}"]


def test_a_pair_of_another_version_is_read() -> None:
    stored = {"access_token": "access-1", "refresh_token": "refresh-1", "expires_at": START.isoformat(), "later": 1}

    assert Pair.model_validate(stored) == a_pair(1, START)


def test_no_answer_is_worth_another_try(bench: Bench) -> None:
    def silent(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("late", request=request)

    bench.answer = silent

    with pytest.raises(HighLevelUnavailable, match="no answer: ReadTimeout"):
        bench.client().refresh(APP, SecretStr(SEED), Deadline.after(20))


# Who refreshes when ------------------------------------------------------------------------------------------------


def test_a_token_that_is_good_for_long_is_used_as_it_is(bench: Bench) -> None:
    bench.store.put("main", a_pair(7, START + timedelta(minutes=6)))

    assert bench.access() == "access-7"
    assert bench.endpoint.calls == []


def test_a_token_that_soon_expires_is_refreshed_and_stored_before_it_is_used(bench: Bench) -> None:
    bench.store.put("main", a_pair(0, START + timedelta(minutes=4)))

    token = bench.access()

    assert token == "access-1"
    assert bench.store.pairs["main"].refresh_token.get_secret_value() == "refresh-1"
    assert bench.store.locked == set()
    assert bench.access() == "access-1"
    assert len(bench.endpoint.calls) == 1


def test_a_refused_token_is_refreshed_however_long_it_was_good_for(bench: Bench) -> None:
    bench.store.put("main", a_pair(0))

    assert bench.renewed("access-0") == "access-1"


def test_a_refused_token_that_another_has_refreshed_meanwhile_is_not_refreshed_again(bench: Bench) -> None:
    bench.store.put("main", a_pair(5))

    assert bench.renewed("access-4") == "access-5"
    assert bench.endpoint.calls == []


def test_who_does_not_get_the_lock_uses_the_old_token_while_it_is_good(bench: Bench) -> None:
    bench.store.put("main", a_pair(0, START + timedelta(minutes=4)))
    bench.store.lock("main", 15)

    assert bench.access() == "access-0"

    bench.clock.advance(minutes=4)
    with pytest.raises(TokenBusy) as caught:
        bench.access()
    assert 0 < caught.value.seconds < 15
    assert bench.endpoint.calls == []


def test_who_does_not_get_the_lock_never_uses_a_refused_token(bench: Bench) -> None:
    bench.store.put("main", a_pair(0))
    bench.store.lock("main", 15)

    with pytest.raises(TokenBusy):
        bench.renewed("access-0")


def test_the_store_is_read_again_under_the_lock(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.store.put("main", a_pair(0, START))

    def lock_after_another(alias: str, seconds: float) -> str:
        bench.store.put("main", a_pair(9))
        return "owner"

    monkeypatch.setattr(bench.store, "lock", lock_after_another)

    assert bench.access() == "access-9"
    assert bench.endpoint.calls == []


def test_a_slow_refresh_does_not_overwrite_a_newer_pair(bench: Bench) -> None:
    bench.store.put("main", a_pair(0, START))

    def answer_late(request: httpx.Request) -> httpx.Response:
        bench.store.put("main", a_pair(9))
        return bench.endpoint.respond(request)

    bench.answer = answer_late

    assert bench.access() == "access-9"
    assert bench.store.pairs["main"] == a_pair(9)


def test_a_refresh_token_that_another_has_used_up_long_ago_is_no_failure(bench: Bench) -> None:
    bench.store.put("main", a_pair(0, START))

    def refuse_late(_: httpx.Request) -> httpx.Response:
        bench.store.put("main", a_pair(9))
        return httpx.Response(400, json=invalid_grant("refresh token is invalid")[1])

    bench.answer = refuse_late

    assert bench.access() == "access-9"


def test_a_failed_refresh_leaves_the_old_token_in_use_while_it_is_good(bench: Bench) -> None:
    bench.store.put("main", a_pair(0, START + timedelta(minutes=4)))
    bench.answer = lambda _: httpx.Response(503)

    assert bench.access() == "access-0"

    bench.clock.advance(minutes=4)
    with pytest.raises(HighLevelUnavailable):
        bench.access()
    assert bench.store.locked == set()


def test_a_refresh_without_an_answer_is_asked_for_again_at_once(bench: Bench) -> None:
    bench.store.put("main", a_pair(0, START))

    def lose_the_first(request: httpx.Request) -> httpx.Response:
        response = bench.endpoint.respond(request)
        if len(bench.endpoint.calls) == 1:
            raise httpx.RemoteProtocolError("gone", request=request)
        return response

    bench.answer = lose_the_first

    assert bench.access() == "access-1"
    assert bench.store.pairs["main"].refresh_token.get_secret_value() == bench.endpoint.refresh_token


def test_no_call_starts_without_time_and_the_lock_is_given_back(bench: Bench) -> None:
    bench.store.put("main", a_pair(0, START))

    with pytest.raises(OutOfTime):
        bench.tokens.access("main", APP, Deadline.after(1))

    assert bench.store.locked == set()


def test_a_pair_that_could_not_be_stored_is_stored_at_the_next_chance(bench: Bench) -> None:
    bench.store.put("main", a_pair(0, START))
    bench.store.away = 1
    with pytest.raises(StoreAway):
        bench.access()
    bench.clock.advance(hours=1)

    token = bench.access()

    assert token == "access-1"
    assert len(bench.endpoint.calls) == 1


def test_a_pair_that_could_not_be_stored_gives_way_to_a_new_connection(bench: Bench) -> None:
    bench.store.put("main", a_pair(0, START))
    bench.store.away = 1
    with pytest.raises(StoreAway):
        bench.access()
    bench.store.put("main", a_pair(9))

    assert bench.access() == "access-9"


# Where it begins ---------------------------------------------------------------------------------------------------


def test_the_configured_refresh_token_begins_the_chain_and_is_used_once(bench: Bench) -> None:
    first = bench.access(SEEDED)
    bench.clock.advance(days=1)
    second = bench.access(SEEDED)

    assert (first, second) == ("access-1", "access-2")
    assert [form["refresh_token"] for form in bench.endpoint.calls] == [SEED, "refresh-1"]


def test_without_a_pair_and_a_configured_refresh_token_the_location_has_to_be_connected(bench: Bench) -> None:
    with pytest.raises(Reconnect, match=r"not connected yet.*`hookline oauth connect main`"):
        bench.access()


def test_a_refresh_token_that_is_refused_names_the_location_to_connect(bench: Bench) -> None:
    bench.store.put("main", a_pair(99, START))

    with pytest.raises(Reconnect, match=r"does not take the refresh token.*`hookline oauth connect main`"):
        bench.access()


def test_another_configured_refresh_token_replaces_the_pair_of_the_former(bench: Bench) -> None:
    bench.access(SEEDED)
    bench.endpoint.refresh_token = "another-seed"
    another = replace(APP, refresh_token=SecretStr("another-seed"))

    assert bench.access(another) == "access-2"
    assert bench.access(another) == "access-2"
    assert bench.endpoint.calls[-1]["refresh_token"] == "another-seed"


def test_a_process_with_the_former_configuration_uses_the_pair_of_the_new_one(bench: Bench) -> None:
    bench.access(SEEDED)
    bench.endpoint.refresh_token = "another-seed"
    bench.access(replace(APP, refresh_token=SecretStr("another-seed")))

    assert bench.access(SEEDED) == "access-2"
    assert len(bench.endpoint.calls) == 2


def test_a_connection_takes_the_place_of_the_configured_refresh_token(bench: Bench) -> None:
    bench.tokens.connect("main", SEEDED, a_pair(9))

    assert bench.access(SEEDED) == "access-9"
    assert bench.endpoint.calls == []


def test_a_configured_refresh_token_that_was_removed_changes_nothing(bench: Bench) -> None:
    bench.access(SEEDED)

    assert bench.access(APP) == "access-1"
