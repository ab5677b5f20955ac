"""What Prometheus is told, by the library's own parser."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr
from redis import Redis

from shared.config import Config
from shared.journal import Job, Journal, connect
from shared.local_redis import free_port
from shared.settings import Settings, SettingsError, load_settings
from shared.stores.custom_fields import FieldCache
from shared.submission import Reason
from tests.cli.letters import accept, bury, deliver
from tests.shared.journal.factories import Bench
from tests.web.conftest import a_config
from web.app import create_app

TOKEN = "an-admin-token-of-24-letters-and-more"
BEARER = {"Authorization": f"Bearer {TOKEN}"}

Numbers = dict[tuple[str, ...], float]
Scrape = Callable[[], Numbers]


@pytest.fixture
def client(settings: Settings, journal: Journal) -> FlaskClient:
    return a_client(settings, journal)


@pytest.fixture
def scrape(client: FlaskClient) -> Scrape:
    """Return a function that gives each number by its name and its labels' values, those by the label's name."""

    def scraped() -> Numbers:
        answer = client.get("/metrics", headers=BEARER)
        assert answer.status_code == 200
        assert answer.content_type == "text/plain; version=0.0.4; charset=utf-8"
        return {
            (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
            for family in text_string_to_metric_families(answer.text)
            for sample in family.samples
        }

    return scraped


def a_client(settings: Settings, journal: Journal, token: str = TOKEN) -> FlaskClient:
    opened = settings.model_copy(update={"admin_token": SecretStr(token)})
    return create_app(opened, a_config(), journal, list[Job]().extend).test_client()


def test_every_submission_is_counted_where_it_stands(scrape: Scrape, journal: Journal) -> None:
    deliver(journal, "s1")
    bury(journal, "s2")
    bury(journal, "s3", form="other", location="north")

    found = scrape()

    assert found["hookline_form_submissions", "contact-us", "delivered"] == 1
    assert found["hookline_form_submissions", "contact-us", "dead"] == 1
    assert found["hookline_location_submissions", "north", "dead"] == 1
    assert found["hookline_location_submissions", "north", "delivered"] == 0
    assert found["hookline_form_accepted_total", "contact-us"] == 2
    assert found["hookline_location_accepted_total", "north"] == 1
    assert found[("hookline_ledger_balanced",)] == 1


def test_a_duplicate_is_counted(scrape: Scrape, journal: Journal) -> None:
    accept(journal, "s1")
    accept(journal, "s2", idempotency_key="key of s1")

    assert scrape()["hookline_form_duplicates_total", "contact-us"] == 1


def test_dead_letters_are_counted_by_reason_until_they_are_none_any_more(scrape: Scrape, journal: Journal) -> None:
    for id, reason in (("s1", Reason.REJECTED), ("s2", Reason.REJECTED), ("s3", Reason.UNMAPPABLE)):
        bury(journal, id, reason)
    assert {reason: scrape()["hookline_dead_letters", reason] for reason in Reason} == {
        **dict.fromkeys(Reason, 0),
        Reason.REJECTED: 2,
        Reason.UNMAPPABLE: 1,
    }

    journal.discard("s1")
    journal.replay("s3", "html_form", "main", 1)

    found = scrape()
    assert (found["hookline_dead_letters", "rejected"], found["hookline_dead_letters", "unmappable"]) == (1, 0)


def test_what_waits_is_told_with_its_cause_and_age(scrape: Scrape, journal: Journal, redis: Redis) -> None:
    Bench(journal).leased("s1").hold("credentials", "refused", status=401, seconds=15, token="", calls=1)

    found = scrape()

    assert found["hookline_location_waiting", "hold", "main"] == 1
    assert found["hookline_hold", "", "credentials", "main"] == 1
    assert found["hookline_location_oldest_waiting_seconds", "main"] > 0


def test_a_location_that_waits_for_custom_fields_is_among_the_holds(
    scrape: Scrape, redis: Redis, settings: Settings
) -> None:
    FieldCache(redis, settings).refuse("main", "v2 loc-1", "not now", datetime.now(UTC))

    assert scrape()["hookline_hold", "", "custom fields", "main"] == 1


def test_workers_and_a_stall_are_told(scrape: Scrape, journal: Journal, redis: Redis) -> None:
    journal.turn("worker-1", 4)
    journal.turn("worker-2", 8)
    accept(journal, "s1")
    before = scrape()
    redis.zincrby("hookline:leased", -31_000, "s1")
    stalled = scrape()

    assert (before[("hookline_workers",)], before[("hookline_worker_threads",)]) == (2, 12)
    assert (before[("hookline_unbegun_leases",)], before[("hookline_workers_stalled",)]) == (1, 0)
    assert (round(stalled[("hookline_unbegun_seconds",)]), stalled[("hookline_workers_stalled",)]) == (31, 1)


def test_lost_data_is_told_until_somebody_acknowledges_it(scrape: Scrape, journal: Journal, redis: Redis) -> None:
    accept(journal, "s1")
    redis.flushall()
    journal.look()

    assert scrape()[("hookline_data_lost",)] == 1
    journal.acknowledge_losses()
    assert scrape()[("hookline_data_lost",)] == 0


def test_refused_requests_are_counted(scrape: Scrape, client: FlaskClient) -> None:
    client.post("/hooks/contact", data=b"{broken", content_type="application/json", buffered=True)

    assert scrape()["hookline_quarantined_requests", "contact"] == 1


def test_memory_is_told_only_where_it_has_a_limit(
    scrape: Scrape, settings: Settings, journal: Journal, redis: Redis
) -> None:
    assert ("hookline_redis_memory_share",) not in scrape()

    redis.config_set("maxmemory", redis.info("memory")["used_memory"] * 2)
    try:
        answer = a_client(settings, journal).get("/metrics", headers=BEARER)
    finally:
        redis.config_set("maxmemory", 0)
    [share] = [line for line in answer.text.splitlines() if line.startswith("hookline_redis_memory_share ")]
    assert 0.3 < float(share.split()[1]) < 0.9


def test_nothing_tells_of_a_person(client: FlaskClient, journal: Journal) -> None:
    bury(journal, "s1")

    answer = client.get("/metrics", headers=BEARER).text

    assert not [word for word in ("ada", "@", "+1", "s1") if word in answer.lower()]


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {TOKEN}"}])
def test_who_does_not_know_the_token_is_told_nothing(client: FlaskClient, header: dict[str, str]) -> None:
    answer = client.get("/metrics", headers=header)

    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert "hookline_" not in answer.text


def test_without_a_token_metrics_are_off(settings: Settings, journal: Journal) -> None:
    answer = a_client(settings, journal, token="").get("/metrics", headers={"Authorization": "Bearer "})

    assert answer.status_code == 404
    assert "set ADMIN_TOKEN" in answer.text


def test_a_short_token_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADMIN_TOKEN", "short")

    with pytest.raises(SettingsError, match=r"ADMIN_TOKEN: .*24 characters at least"):
        load_settings()


def test_without_redis_there_is_no_number_at_all() -> None:
    settings = Settings(redis_url=f"redis://127.0.0.1:{free_port()}", admin_token=SecretStr(TOKEN))
    with connect(settings, connections=1, retries=0) as redis:
        app = create_app(settings, Config(), Journal(redis, settings), list[Job]().extend)

        answer = app.test_client().get("/metrics", headers=BEARER)

    assert answer.status_code == 503
    assert "hookline_" not in answer.text
