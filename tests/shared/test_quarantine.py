"""Refused requests: kept without secrets, within bounds, and accepted when an operator vouches for them."""

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from redis import Redis

from shared.config import Config
from shared.intake import from_quarantine
from shared.journal import Journal, Receipt
from shared.providers import PROVIDERS, Reading, UnreadableBody
from shared.quarantine import Kept, Quarantine, Refused
from shared.quarantine import quarantine as bounds
from shared.settings import Settings

NOW = 1_790_000_000.0
CONFIG = Config.model_validate(
    {
        "locations": {"main": {"location_id": "loc1", "token": "pit-1"}},
        "forms": {"contact": {"provider": "generic_json", "location": "main", "auth": "none"}},
    }
)


@pytest.fixture
def quarantine(redis: Redis, settings: Settings) -> Quarantine:
    return Quarantine(redis, settings)


def a_request(**keys: Any) -> Refused:
    known = {"form": "contact", "cause": "wrong signature", "content_type": "application/json"}
    request = {"method": "POST", "query": "", "headers": {}, "body": b'{"email": "ada@example.com"}'}
    return Refused(**{**known, **request, **keys})


def keep(quarantine: Quarantine, *requests: Refused) -> list[str]:
    return [quarantine.keep(request, NOW + place)[0] for place, request in enumerate(requests)]


def test_a_request_is_kept_and_found_again(quarantine: Quarantine) -> None:
    body = bytes(range(256)) * 4
    [request_id] = keep(quarantine, a_request(query="utm=1", body=body, headers={"User-Agent": "Typeform"}))

    kept = quarantine.find(request_id)

    assert kept is not None
    assert (kept.form, kept.cause, kept.method, kept.query) == ("contact", "wrong signature", "POST", "utm=1")
    assert (kept.at.timestamp(), kept.size, kept.get("user-agent")) == (NOW, 1024, "Typeform")
    assert quarantine.body(request_id) == body


def test_only_harmless_headers_keep_their_value(quarantine: Quarantine) -> None:
    secret = dict.fromkeys(
        ["Authorization", "Cookie", "X-Forwarded-For", "Typeform-Signature", "X-Form-Token", "X-Whatever", "Referer"],
        "s3cret",
    )
    [request_id] = keep(quarantine, a_request(headers={**secret, "Idempotency-Key": "one"}))

    kept = quarantine.find(request_id)

    assert kept is not None
    assert kept.headers == {**dict.fromkeys(secret, "[removed]"), "Idempotency-Key": "one"}
    assert kept.get("X-Whatever") == ""


def test_requests_are_listed_newest_first_of_all_forms_or_one(quarantine: Quarantine) -> None:
    first, second = keep(quarantine, a_request(), a_request(form="other"))

    assert ids(quarantine.requests()) == {first, second}
    assert ids(quarantine.requests("other")) == {second}
    assert ids(quarantine.requests("nix")) == set()
    assert len(ids(quarantine.requests(limit=1))) == 1


def test_a_discarded_request_is_gone(quarantine: Quarantine, redis: Redis) -> None:
    [request_id] = keep(quarantine, a_request())

    assert quarantine.discard(request_id)

    assert not quarantine.discard(request_id)
    assert quarantine.find(request_id) is None
    assert quarantine.body(request_id) is None
    assert not list(quarantine.requests())
    assert set(redis.hvals("hookline:quarantine:bytes")) == {b"0"}
    assert quarantine.dropped() == {}


def test_the_oldest_of_a_form_goes_when_there_are_too_many(
    quarantine: Quarantine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "MAX_REQUESTS", 2)
    [other] = keep(quarantine, a_request(form="other"))
    first, second, third = keep(quarantine, *[a_request()] * 3)

    assert ids(quarantine.requests()) == {other, second, third}
    assert quarantine.find(first) is None
    assert quarantine.dropped() == {"contact": 1}


def test_the_oldest_of_a_form_goes_when_they_are_too_large(
    quarantine: Quarantine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "MAX_FORM_BYTES", 5000)
    first, second, third = keep(quarantine, *[a_request(body=noise(2000)) for _ in range(3)])

    assert ids(quarantine.requests()) == {second, third}
    assert quarantine.find(first) is None


def test_the_oldest_of_all_goes_when_all_are_too_large(quarantine: Quarantine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MAX_BYTES", 5000)
    _, second, third = keep(quarantine, *[a_request(form=form, body=noise(2000)) for form in ("a", "b", "c")])

    assert ids(quarantine.requests()) == {second, third}
    assert quarantine.dropped() == {"a": 1}


def test_a_request_that_is_too_large_by_itself_drives_no_other_out(
    quarantine: Quarantine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "MAX_FORM_BYTES", 5000)
    [first] = keep(quarantine, a_request())

    too_large, dropped = quarantine.keep(a_request(body=noise(6000)), NOW)

    assert (quarantine.find(too_large), dropped) == (None, 1)
    assert ids(quarantine.requests()) == {first}


def test_bounds_hold_whatever_comes(quarantine: Quarantine, redis: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MAX_REQUESTS", 4)
    monkeypatch.setattr(bounds, "MAX_FORM_BYTES", 6000)
    monkeypatch.setattr(bounds, "MAX_BYTES", 9000)
    chance = random.Random(7)

    for place in range(200):
        request = a_request(form=chance.choice("abc"), body=noise(chance.randrange(3000)))
        quarantine.keep(request, NOW + place)
        if chance.random() < 0.2:
            quarantine.discard(chance.choice(list(quarantine.requests())).id)

    sizes = {name: int(size) for name, size in redis.hgetall("hookline:quarantine:bytes").items()}
    assert sizes[b""] == sum(size for form, size in sizes.items() if form) <= 9000
    assert sum(map(int, redis.hvals("hookline:quarantine:sizes"))) == sizes[b""]
    assert all(len(list(quarantine.requests(form))) <= 4 and sizes[form.encode()] <= 6000 for form in "abc")
    assert len(list(redis.scan_iter("hookline:quarantine:request:*"))) == redis.zcard("hookline:quarantine:index")


def test_a_request_is_forgotten_after_its_time(quarantine: Quarantine, redis: Any) -> None:
    old, new = keep(quarantine, a_request(), a_request())
    assert 6 * 24 * 3600 < redis.ttl(f"hookline:quarantine:request:{old}") <= 7 * 24 * 3600

    redis.zincrby("hookline:quarantine:index", -8 * 24 * 3600 * 1000, old)
    [newest] = keep(quarantine, a_request())

    assert ids(quarantine.requests()) == {new, newest}
    assert quarantine.find(old) is None
    assert quarantine.dropped() == {}


def test_a_request_that_has_expired_is_not_listed(quarantine: Quarantine, redis: Redis) -> None:
    [request_id] = keep(quarantine, a_request())
    redis.delete(f"hookline:quarantine:request:{request_id}")

    assert list(quarantine.requests()) == []


def test_a_kept_request_can_be_accepted_once(quarantine: Quarantine, journal: Journal, settings: Settings) -> None:
    [request_id] = keep(quarantine, a_request(headers={"Idempotency-Key": "one"}))
    kept, body = quarantine.find(request_id), quarantine.body(request_id)
    assert kept is not None
    assert body is not None

    accepted = [journal.accept(*from_quarantine(kept, body, CONFIG, settings, NOW + n)) for n in range(2)]

    [first], [again] = (one.receipts for one in accepted)
    assert (first.status, again) == ("accepted", Receipt(first.id, "duplicate"))
    record = journal.find(first.id)
    assert record is not None
    assert (record.form, record.content_type) == ("contact", "application/json")
    assert journal.body(record.id) == body


def test_what_a_form_ignores_is_not_accepted_either(
    quarantine: Quarantine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    readings = iter([Reading(ignored="a test event"), Reading(is_partial=True)] * 2 + [Reading(), Reading()])
    many = replace(
        PROVIDERS["generic_json"], read=lambda body, _: next(readings), split=lambda body, _: (b"first", b"second")
    )
    monkeypatch.setitem(PROVIDERS, "generic_json", many)
    [request_id] = keep(quarantine, a_request())
    kept = quarantine.find(request_id)
    assert kept is not None

    with pytest.raises(UnreadableBody, match="a test event"):
        from_quarantine(kept, b"", CONFIG, settings, NOW)
    eager = CONFIG.forms["contact"].model_copy(update={"partials": "deliver"})
    config = CONFIG.model_copy(update={"forms": {"contact": eager}})
    assert [one.body for one in from_quarantine(kept, b"", config, settings, NOW)] == [b"second"]
    assert [one.body for one in from_quarantine(kept, b"", CONFIG, settings, NOW)] == [b"first", b"second"]


def test_what_cannot_be_accepted_is_said(quarantine: Quarantine, settings: Settings) -> None:
    [unreadable, orphan] = keep(quarantine, a_request(), a_request(form="gone"))
    first, second = quarantine.find(unreadable), quarantine.find(orphan)
    assert first is not None
    assert second is not None

    with pytest.raises(UnreadableBody):
        from_quarantine(first, b"{broken", CONFIG, settings, NOW)
    with pytest.raises(KeyError):
        from_quarantine(second, b"{}", CONFIG, settings, NOW)


def ids(requests: Iterator[Kept]) -> set[str]:
    return {kept.id for kept in requests}


def noise(size: int) -> bytes:
    return random.Random(size).randbytes(size)
