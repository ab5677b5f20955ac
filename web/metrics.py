"""
What Prometheus scrapes: `GET /metrics`.

All numbers are read from Redis at the scrape, so every process gives the same. Labels hold names of the configuration
and words of ours only, so that they are few and tell of nobody.
"""

import hmac
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from flask import Blueprint, Response, request
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector
from redis.exceptions import RedisError

from shared.journal import Journal, Workforce
from shared.quarantine import Quarantine
from shared.settings import Settings
from shared.status import Queued, Standing, Status, status
from shared.stores.custom_fields import FieldCache
from shared.stores.fetches import FetchRefusals
from shared.submission import Reason
from web.answers import refused
from web.memory import Memory

STATES = ("waiting", "leased", "delivered", "dead", "discarded", "forgotten")


@dataclass
class Metrics:
    """The numbers of one installation, for those who know its ADMIN_TOKEN."""

    journal: Journal
    quarantine: Quarantine
    memory: Memory
    settings: Settings
    clock: Callable[[], float]

    def blueprint(self) -> Blueprint:
        """Return the route."""
        routes = Blueprint("metrics", __name__)
        routes.add_url_rule("/metrics", "metrics", self.metrics)
        return routes

    def metrics(self) -> Response:
        """Answer with all numbers, or with none: what cannot be read is no zero."""
        token = self.settings.admin_token.get_secret_value()
        if not token:
            return refused(404, "metrics are off: set ADMIN_TOKEN")
        if not hmac.compare_digest(request.headers.get("Authorization", "").encode(), f"Bearer {token}".encode()):
            return _unauthorized()
        try:
            return Response(generate_latest(self._registry()), content_type=CONTENT_TYPE_PLAIN_0_0_4)
        except RedisError:
            return refused(503, "Redis does not answer, and all numbers stand in it")

    def _registry(self) -> CollectorRegistry:
        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Found([*self._read()]))
        return registry

    def _read(self) -> Iterator[Metric]:
        redis = self.journal.redis
        refusals = FieldCache(redis, self.settings).refusals()
        unfetched = FetchRefusals(redis, self.settings).refusals()
        found = status(self.journal, self.quarantine.counts(), refusals, unfetched)
        yield from _populations("form", found.forms)
        yield from _populations("location", found.locations)
        yield from _waiting(found, self.clock())
        yield _dead(self.journal.dead_by_reason())
        yield from _quarantined(found, self.quarantine.dropped())
        yield from _workers(found.workers)
        yield from _data(found)
        yield from _memory(self.memory)


class _Found(Collector):
    """What was read, as the library wants it."""

    def __init__(self, metrics: list[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self._metrics


def _populations(kind: str, found: Mapping[str, Standing]) -> Iterator[Metric]:
    submissions = GaugeMetricFamily(
        f"hookline_{kind}_submissions", f"Accepted submissions of a {kind}, by their state.", labels=[kind, "state"]
    )
    accepted = CounterMetricFamily(f"hookline_{kind}_accepted", f"Submissions accepted for a {kind}.", labels=[kind])
    duplicates = CounterMetricFamily(
        f"hookline_{kind}_duplicates", f"Submissions of a {kind} that were known already.", labels=[kind]
    )
    for name, standing in found.items():
        for state in STATES:
            submissions.add_metric([name, state], getattr(standing, state))
        accepted.add_metric([name], standing.accepted)
        duplicates.add_metric([name], standing.duplicate)
    yield from (submissions, accepted, duplicates)


def _waiting(found: Status, now: float) -> Iterator[Metric]:
    causes = GaugeMetricFamily(
        "hookline_location_waiting", "Waiting submissions, by what they wait for.", labels=["location", "cause"]
    )
    oldest = GaugeMetricFamily(
        "hookline_location_oldest_waiting_seconds",
        "For how long the oldest waiting submission of a location has waited.",
        labels=["location"],
    )
    for alias, location in found.locations.items():
        for cause, number in location.waiting_for.items():
            causes.add_metric([alias, cause], number)
        oldest.add_metric([alias], _age(location, now))
    holds = GaugeMetricFamily(
        "hookline_hold", "1 while a location, or only a form, is held.", labels=["location", "form", "kind"]
    )
    for hold in found.holds:
        holds.add_metric([hold.location, hold.form, hold.kind], 1)
    yield from (causes, oldest, holds)


def _age(queue: Queued, now: float) -> float:
    return max(0.0, now - queue.oldest_waiting.timestamp()) if queue.oldest_waiting else 0.0


def _dead(reasons: Mapping[str, int]) -> Metric:
    dead = GaugeMetricFamily("hookline_dead_letters", "Dead letters, by their reason.", labels=["reason"])
    for reason in Reason:
        dead.add_metric([reason], reasons.get(reason, 0))
    return dead


def _quarantined(found: Status, dropped: Mapping[str, int]) -> Iterator[Metric]:
    kept = GaugeMetricFamily("hookline_quarantined_requests", "Refused requests that are kept.", labels=["form"])
    for name, form in found.forms.items():
        kept.add_metric([name], form.quarantined)
    gone = CounterMetricFamily(
        "hookline_quarantine_dropped", "Refused requests that went to make room.", labels=["form"]
    )
    for name, number in dropped.items():
        gone.add_metric([name], number)
    yield from (kept, gone)


def _workers(workforce: Workforce) -> Iterator[Metric]:
    yield GaugeMetricFamily("hookline_workers", "Workers alive.", workforce.alive)
    yield GaugeMetricFamily("hookline_worker_threads", "Deliveries that these run at once.", workforce.threads)
    yield GaugeMetricFamily(
        "hookline_unbegun_leases", "Deliveries handed out that no worker has begun.", workforce.unbegun
    )
    yield GaugeMetricFamily(
        "hookline_unbegun_seconds", "For how long no worker has begun any of them.", workforce.unbegun_seconds
    )
    yield GaugeMetricFamily(
        "hookline_workers_stalled", "1 when that is so long that the workers are stuck.", workforce.state == "stalled"
    )


def _data(found: Status) -> Iterator[Metric]:
    yield GaugeMetricFamily(
        "hookline_data_lost", "Losses of data that nobody has acknowledged.", len(found.data.losses)
    )
    yield GaugeMetricFamily("hookline_ledger_balanced", "1 when the ledger adds up.", found.ledger.balanced)
    if found.data.since:
        yield GaugeMetricFamily(
            "hookline_journal_since_seconds",
            "Unix time since when the journal has no gap.",
            found.data.since.timestamp(),
        )


def _memory(memory: Memory) -> Iterator[Metric]:
    share = memory.share()
    if share is not None:  # Redis has no limit, or its host does not tell
        yield GaugeMetricFamily("hookline_redis_memory_share", "Used memory of Redis, as a share of its limit.", share)


def _unauthorized() -> Response:
    answer = refused(401, "give the ADMIN_TOKEN as a bearer token")
    answer.headers["WWW-Authenticate"] = "Bearer"
    return answer
