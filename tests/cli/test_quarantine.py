import json
from dataclasses import replace
from pathlib import Path

import pytest
from redis import Redis

from shared.journal import Journal
from shared.local_redis import free_port
from shared.providers import PROVIDERS
from shared.quarantine import Quarantine, Refused
from shared.settings import Settings
from tests.cli.conftest import Hookline
from tests.cli.letters import a_body

FORM = "application/x-www-form-urlencoded"
NOW = 1_800_000_000


@pytest.fixture
def refused(redis: Redis, settings: Settings) -> str:
    return keep(redis, settings)


def keep(redis: Redis, settings: Settings, form: str = "contact-us", body: bytes = a_body()) -> str:
    headers = {"Content-Type": FORM, "X-Signature": "wrong"}
    request = Refused(form, "signature", "POST", "", headers, FORM, body)
    return Quarantine(redis, settings).keep(request, NOW)[0]


def test_refused_requests_are_listed(hookline: Hookline, refused: str) -> None:
    [row] = json.loads(hookline("quarantine", "list", "--json").stdout)["items"]

    assert (row["id"], row["form"], row["cause"]) == (refused, "contact-us", "signature")
    assert refused in hookline("quarantine", "list").stdout
    assert json.loads(hookline("status", "--json").stdout)["forms"]["contact-us"]["quarantined"] == 1


def test_a_refused_request_is_shown_with_its_body(hookline: Hookline, refused: str) -> None:
    plain = hookline("quarantine", "show", refused).stdout
    shown = json.loads(hookline("quarantine", "show", refused, "--json").stdout)

    assert "first_name=Ada" in plain
    assert shown["body"].startswith("first_name=Ada")
    assert shown["headers"]["X-Signature"] == "[removed]"


def test_an_accepted_request_becomes_a_submission(hookline: Hookline, journal: Journal, refused: str) -> None:
    result = hookline("quarantine", "accept", refused)

    assert result.exit_code == 0
    assert journal.ledger().accepted == 1
    assert hookline("quarantine", "list").stdout == "The quarantine is empty.\n"


def test_an_accepted_request_wakes_a_worker_at_once(
    hookline: Hookline, journal: Journal, redis: Redis, settings: Settings, refused: str
) -> None:
    journal.turn("worker", threads=1)
    hookline("quarantine", "accept", refused)

    assert redis.llen(f"{settings.redis_prefix}q:deliveries") == 1


def test_a_request_is_accepted_while_the_broker_is_away(
    hookline: Hookline, journal: Journal, refused: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal.turn("worker", threads=1)
    monkeypatch.setenv("BROKER_URL", f"redis://127.0.0.1:{free_port()}/0")

    result = hookline("quarantine", "accept", refused)

    assert result.exit_code == 0
    assert "The broker does not answer" in result.stderr
    assert journal.ledger().accepted == 1


def test_a_request_with_many_submissions_becomes_all_of_them(
    hookline: Hookline, journal: Journal, redis: Redis, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_lines = replace(PROVIDERS["html_form"], split=lambda body, _: tuple(body.splitlines()))
    monkeypatch.setitem(PROVIDERS, "html_form", by_lines)
    body = b"\n".join([a_body(), a_body(email="grace@example.com"), a_body()])

    result = hookline("quarantine", "accept", keep(redis, settings, body=body))

    assert result.stdout.count("Accepted req_") == 3
    assert result.stdout.count("which was accepted before") == 1
    assert journal.ledger().accepted == 2


def test_a_request_that_was_accepted_before_is_not_doubled(
    hookline: Hookline, journal: Journal, redis: Redis, settings: Settings
) -> None:
    first, second = keep(redis, settings), keep(redis, settings)
    hookline("quarantine", "accept", first)

    result = hookline("quarantine", "accept", second)

    assert "which was accepted before" in result.stdout
    assert journal.ledger().accepted == 1


@pytest.mark.parametrize(
    ("form", "body", "message"),
    [("removed", a_body(), "not in the configuration"), ("contact-us", b"{broken", "No submission can be read")],
)
def test_a_request_that_cannot_be_accepted_stays(
    hookline: Hookline, redis: Redis, settings: Settings, form: str, body: bytes, message: str
) -> None:
    request_id = keep(redis, settings, form, body)

    result = hookline("quarantine", "accept", request_id)

    assert result.exit_code == 1
    assert message in result.stderr
    assert request_id in hookline("quarantine", "list").stdout


def test_a_discarded_request_is_gone(hookline: Hookline, refused: str, configuration: Path) -> None:
    discarded = hookline("quarantine", "discard", refused)
    again = hookline("quarantine", "discard", refused)

    assert discarded.exit_code == 0
    assert again.exit_code == 1
    assert "There is no refused request" in again.stderr
