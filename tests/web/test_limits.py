"""How much is taken in a minute, of whom, and what is said to who sends more."""

import logging
from typing import Any

import pytest

from shared.providers import PROVIDERS
from tests.web.conftest import NOW, Start, Web, a_form
from web.limits import MOST_COUNTED, Limit, network_of

TOKEN = "abcdefghijklmnopqrstuvwxyz"
ADA = b'{"email": "ada@example.com"}'
SETTING = "limit_per_minute"
HERE, ELSEWHERE = "192.0.2.1", "192.0.2.2"


# Counting -------------------------------------------------------------------------------------------------------------


def test_who_sends_too_much_waits_for_the_next_minute() -> None:
    limit = Limit()

    assert [limit.seconds_to_wait("a", 2, at, "a", SETTING) for at in (120, 121, 122.5, 179, 180)] == [0, 0, 58, 1, 0]


def test_each_is_counted_by_itself_and_0_is_no_limit() -> None:
    limit = Limit()

    assert [limit.seconds_to_wait(name, 1, 120, "all", SETTING) for name in "abab"] == [0, 0, 60, 60]
    assert {limit.seconds_to_wait("c", 0, 120, "all", SETTING) for _ in range(100)} == {0}


def test_a_clock_that_is_set_back_locks_nobody_out() -> None:
    limit = Limit()
    for _ in range(10):
        limit.seconds_to_wait("a", 1, 600, "a", SETTING)

    assert limit.seconds_to_wait("a", 1, 60, "a", SETTING) == 0


def test_a_flood_from_everywhere_fills_no_memory_and_refuses_nobody_new() -> None:
    limit = Limit()
    waits = [limit.seconds_to_wait(str(number), 1, 60, "all", SETTING) for number in range(MOST_COUNTED + 100)]

    assert set(waits) == {0}
    assert len(limit._counts) == MOST_COUNTED
    assert limit.seconds_to_wait("0", 1, 60, "all", SETTING) == 60


def test_a_limit_is_logged_once_a_minute_and_then_how_many_it_refused(caplog: pytest.LogCaptureFixture) -> None:
    limit = Limit()
    for at in (*range(60, 70), 120):
        limit.seconds_to_wait("192.0.2.1", 1, at, "contact", SETTING)

    facts = [(record.getMessage(), record.__dict__["facts"]) for record in caplog.records]
    assert facts == [
        ("limited", {"of": "contact", "per_minute": 1, "setting": "limit_per_minute"}),
        ("limit_ended", {"of": "contact", "refused": 9}),
    ]


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("192.0.2.1:4711", ""),
        ("unknown", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_an_address_stands_for_a_line(address: str | None, network: str) -> None:
    assert network_of(address) == network


# A form ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("provider", "own", "status"),
    [
        ("generic_json", {}, 503),
        ("jotform", {}, 503),
        ("typeform", {}, 429),
        ("typeform", {"unavailable_status": 500}, 500),
    ],
)
def test_a_form_over_its_limit_answers_what_its_builder_tries_again_after(
    start: Start, provider: str, own: dict[str, int], status: int
) -> None:
    web = start({"contact": a_form(provider=provider, url_token=TOKEN, limit_per_minute=1, **own)})
    web.post(f"/hooks/contact/{TOKEN}")

    answer = web.post(f"/hooks/contact/{TOKEN}")

    assert (answer.status_code, answer.headers["Retry-After"]) == (status, str(60 - int(NOW) % 60))


def test_what_is_over_the_limit_is_kept_nowhere_and_accepted_when_it_comes_again(start: Start) -> None:
    web = start({"contact": a_form(url_token=TOKEN, limit_per_minute=1), "other": a_form(url_token=TOKEN)})
    web.post(f"/hooks/contact/{TOKEN}", b'{"email": "augusta@example.com"}')

    assert web.post(f"/hooks/contact/{TOKEN}", ADA).status_code == 503
    assert (web.journal.ledger().accepted, web.kept) == (1, [])
    assert status(web.post(f"/hooks/other/{TOKEN}", ADA)) == "accepted"
    web.clock.now += 60
    assert status(web.post(f"/hooks/contact/{TOKEN}", ADA)) == "accepted"


def test_strangers_use_up_nothing_of_a_form(start: Start) -> None:
    web = start({"contact": a_form(url_token=TOKEN, limit_per_minute=1)})
    for _ in range(10):
        web.post("/hooks/contact/wrong")

    assert status(web.post(f"/hooks/contact/{TOKEN}")) == "accepted"


@pytest.mark.parametrize(
    ("keys", "statuses"),
    [
        ({"auth": "none"}, [200, 200, 503]),
        ({"auth": "none", "limit_per_minute": 0}, [200, 200, 200]),
        ({"url_token": TOKEN}, [200, 200, 200]),
    ],
)
def test_without_a_limit_of_its_own_only_a_form_has_one_to_which_anybody_could_post(
    start: Start, keys: dict[str, Any], statuses: list[int]
) -> None:
    web = start({"contact": a_form(**keys)}, form_limit_per_minute=2)

    assert [web.post(f"/hooks/contact?token={TOKEN}").status_code for _ in range(3)] == statuses


# An address -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["contact/wrong", "nix"])
def test_an_address_without_a_proof_is_soon_refused_alike_and_kept_no_more(start: Start, place: str) -> None:
    web = start({"contact": a_form(url_token=TOKEN)}, address_limit_per_minute=2)

    answers = [from_address(web, HERE, place) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [401, 401, 429]
    assert answers[-1].json == {"error": "not stored; send it again"}
    assert len(web.kept) == (0 if place == "nix" else 2)
    assert from_address(web, ELSEWHERE, place).status_code == 401


def test_a_proof_is_heard_wherever_it_comes_from(start: Start) -> None:
    # A builder sends for all its customers from the same few addresses, and one of them may have the secret wrong.
    web = start({"contact": a_form(url_token=TOKEN)}, address_limit_per_minute=1)
    for _ in range(10):
        from_address(web, HERE, "contact/wrong")

    assert status(from_address(web, HERE, f"contact/{TOKEN}")) == "accepted"


def test_one_visitor_of_a_page_uses_up_only_their_own_share(start: Start) -> None:
    web = start({"contact": a_form(provider="html_form", url_token=TOKEN)}, address_limit_per_minute=2)

    visitor = [from_address(web, HERE, f"contact/{TOKEN}", number).status_code for number in range(3)]
    other = from_address(web, ELSEWHERE, f"contact/{TOKEN}", 9)

    assert visitor == [200, 200, 429]
    assert status(other) == "accepted"


@pytest.mark.parametrize(("proxies", "statuses"), [(0, [401, 429]), (1, [401, 429]), (2, [401, 401])])
def test_only_what_our_own_proxies_say_of_the_address_counts(start: Start, proxies: int, statuses: list[int]) -> None:
    web = start(address_limit_per_minute=1, trusted_proxies=proxies)

    answers = [
        web.post("/hooks/nix", headers={"X-Forwarded-For": f"203.0.113.{number}, {HERE}"}).status_code
        for number in range(2)
    ]

    assert answers == statuses


def test_no_address_is_logged(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    web = start(address_limit_per_minute=1)
    for seconds in (0, 0, 0, 60):
        web.clock.now += seconds
        from_address(web, HERE, "nix")

    lines = "\n".join(f"{record.message} {getattr(record, 'facts', '')}" for record in caplog.records)
    assert {"limited", "limit_ended"} <= set(caplog.messages)
    assert HERE not in lines


@pytest.mark.parametrize(
    ("form", "setting"),
    [
        ({"auth": "none", "limit_per_minute": 1}, "limit_per_minute"),
        ({"auth": "none"}, "FORM_LIMIT_PER_MINUTE"),
        ({"url_token": TOKEN}, "ADDRESS_LIMIT_PER_MINUTE"),
    ],
)
def test_the_log_names_the_setting_of_a_limit(
    start: Start, caplog: pytest.LogCaptureFixture, form: dict[str, Any], setting: str
) -> None:
    web = start({"contact": a_form(**form)}, form_limit_per_minute=1, address_limit_per_minute=1)
    for number in range(2):
        from_address(web, HERE, "contact", number)

    [facts] = [record.__dict__["facts"] for record in caplog.records if record.getMessage() == "limited"]
    assert facts["setting"] == setting


def test_only_a_builder_that_is_known_to_come_again_after_429_gets_one() -> None:
    assert {name for name, provider in PROVIDERS.items() if provider.limited_status == 429} == {
        "formbricks",
        "html_form",
        "standard_webhooks",
        "typeform",
    }


def from_address(web: Web, address: str, place: str, number: int = 0) -> Any:
    body = f'{{"email": "p{number}@example.com"}}'.encode()
    return web.post(f"/hooks/{place}", body, headers={"X-Forwarded-For": address})


def status(answer: Any) -> str:
    return str((answer.json or {})["status"])
