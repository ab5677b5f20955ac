from collections.abc import Callable

import httpx

from tests.sandbox.conftest import LOCATION, Clock, HighLevel

Make = Callable[..., HighLevel]


def statuses(highlevel: HighLevel, calls: int, location: str = LOCATION) -> list[int]:
    return [highlevel.upsert(location=location, email="ada@example.com").status_code for _ in range(calls)]


def remaining(answer: httpx.Response) -> str:
    return str(answer.headers["X-RateLimit-Remaining"])


def test_the_101st_call_in_ten_seconds_is_refused(highlevel: HighLevel) -> None:
    assert statuses(highlevel, 101) == [200] * 100 + [429]


def test_a_refused_call_writes_nothing_and_has_the_headers(a_sandbox: Make) -> None:
    highlevel = a_sandbox(max_requests=1)
    highlevel.upsert(email="ada@example.com")
    answer = highlevel.upsert(email="grace@example.com")

    assert answer.json() == {"statusCode": 429, "message": "Too Many Requests"}
    assert remaining(answer) == "0"
    assert len(highlevel.contacts()) == 1


def test_a_sliding_window_frees_each_call_ten_seconds_after_it(a_sandbox: Make, clock: Clock) -> None:
    highlevel = a_sandbox(max_requests=2)
    highlevel.upsert(email="ada@example.com")
    clock.advance(6)
    highlevel.upsert(email="ada@example.com")
    clock.advance(4)

    assert statuses(highlevel, 2) == [200, 429]


def test_refused_calls_do_not_count_as_arrivals(a_sandbox: Make, clock: Clock) -> None:
    highlevel = a_sandbox(max_requests=1)
    highlevel.upsert(email="ada@example.com")
    clock.advance(9)
    assert statuses(highlevel, 3) == [429] * 3
    clock.advance(1)

    assert statuses(highlevel, 1) == [200]


def test_a_fixed_window_frees_all_calls_at_its_end(a_sandbox: Make, clock: Clock) -> None:
    highlevel = a_sandbox(window="fixed", max_requests=2)
    clock.advance(9)
    assert statuses(highlevel, 3) == [200, 200, 429]
    clock.advance(1)

    assert statuses(highlevel, 3) == [200, 200, 429]


def test_without_a_window_nothing_is_refused(a_sandbox: Make) -> None:
    highlevel = a_sandbox(window="off", max_requests=2)

    assert statuses(highlevel, 5) == [200] * 5


def test_each_location_has_a_limit_of_its_own(a_sandbox: Make) -> None:
    highlevel = a_sandbox(max_requests=1)

    assert statuses(highlevel, 2) == [200, 429]
    assert statuses(highlevel, 2, location="another") == [200, 429]


def test_a_call_about_a_contact_counts_for_the_contact_s_location(a_sandbox: Make) -> None:
    highlevel = a_sandbox(max_requests=1)
    contact_id = highlevel.a_contact()

    assert highlevel.tag(contact_id, "website").status_code == 429


def test_every_answer_has_the_six_headers(highlevel: HighLevel) -> None:
    answer = highlevel.upsert(email="not-an-email")

    headers = {name: value for name, value in answer.headers.items() if name.startswith("x-ratelimit")}
    assert headers == {
        "x-ratelimit-limit-daily": "200000",
        "x-ratelimit-daily-remaining": "199999",
        "x-ratelimit-interval-milliseconds": "10000",
        "x-ratelimit-max": "100",
        "x-ratelimit-remaining": "99",
        "x-ratelimit-daily-reset": "43200000",
    }


def test_an_exhausted_day_refuses_until_midnight(a_sandbox: Make, clock: Clock) -> None:
    highlevel = a_sandbox(daily_limit=2)
    assert statuses(highlevel, 2) == [200, 200]
    clock.advance(60)
    refused = highlevel.upsert(email="ada@example.com")
    clock.advance(12 * 3600)

    assert refused.status_code == 429
    assert refused.headers["X-RateLimit-Daily-Remaining"] == "0"
    assert remaining(refused) == "100"
    assert statuses(highlevel, 1) == [200]


def test_control_calls_are_never_limited(a_sandbox: Make) -> None:
    highlevel = a_sandbox(max_requests=1)
    highlevel.upsert(email="ada@example.com")

    assert highlevel.http.get("/_sandbox/contacts").status_code == 200
    assert "X-RateLimit-Max" not in highlevel.http.get("/_sandbox/contacts").headers


def test_the_limit_changes_while_it_runs(highlevel: HighLevel) -> None:
    changed = highlevel.http.post("/_sandbox/limits", json={"max_requests": 1, "window": "fixed"})
    after = statuses(highlevel, 2)
    highlevel.http.post("/_sandbox/limits", json={"window": "off"})

    assert changed.json() == {"window": "fixed", "max_requests": 1, "interval_ms": 10_000, "daily_limit": 200_000}
    assert after == [200, 429]
    assert statuses(highlevel, 2) == [200, 200]


def test_a_day_may_be_nearly_used_up(highlevel: HighLevel, clock: Clock) -> None:
    highlevel.http.post("/_sandbox/limits", json={"used_today": 199_998})
    today = statuses(highlevel, 3)
    clock.advance(12 * 3600)

    assert today == [200, 200, 429]
    assert highlevel.upsert(email="ada@example.com").headers["X-RateLimit-Daily-Remaining"] == "199999"


def test_the_day_of_one_location_may_be_used_up(highlevel: HighLevel) -> None:
    highlevel.http.post("/_sandbox/limits", json={"used_today": 200_000, "location": LOCATION})

    assert statuses(highlevel, 1) == [429]
    assert statuses(highlevel, 1, location="another") == [200]


def test_limits_that_make_no_sense_are_refused(highlevel: HighLevel) -> None:
    for wrong in ({"window": "round"}, {"max_requests": -1}, {"interval_ms": 0}, {"used_today": -1}, {"foo": 1}):
        assert highlevel.http.post("/_sandbox/limits", json=wrong).status_code == 422


def test_the_limits_go_back_to_the_start_with_the_state(a_sandbox: Make) -> None:
    highlevel = a_sandbox(max_requests=7)
    highlevel.http.post("/_sandbox/limits", json={"max_requests": 1})
    highlevel.http.delete("/_sandbox/state")

    assert highlevel.http.get("/_sandbox/limits").json()["max_requests"] == 7
