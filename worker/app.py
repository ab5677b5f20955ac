"""Wires a worker together: Celery, the journal, HighLevel's client, the pump."""

import os
import socket
import threading
import uuid
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

from celery import Celery, bootsteps
from celery.exceptions import CPendingDeprecationWarning, SecurityWarning
from celery.signals import celeryd_after_setup, celeryd_init, setup_logging, worker_shutting_down

from shared import logs
from shared.accounts import Accounts
from shared.checks import checked_config
from shared.config import Config
from shared.highlevel.client import Client
from shared.highlevel.wire import Wire, open_http
from shared.journal import Job, Journal, connect
from shared.queue import DELIVER, create_celery, enqueue
from shared.settings import Settings, load_settings
from shared.stores.custom_fields import FieldCache
from shared.stores.fetches import FetchRefusals
from worker.apart import Apart, Deliver
from worker.catalogues import Catalogues
from worker.consumer import Consumer
from worker.deliverer import Deliverer
from worker.fetching import Fetcher
from worker.keeper import Keeper
from worker.pump import Pump, Watchdog, end_at_once

# With Celery's four that makes 9 a worker, for Redis plans with few connections.
DELIVERY_CONNECTIONS = 3
PUMP_CONNECTIONS = 2
# A delivery tries for about 5 s to settle while Redis refuses connections; the pump must see each failure.
DELIVERY_RETRIES = 10
# A delivery looks at the clock itself; one that takes longer than this besides is stuck.
APART_MARGIN_SECONDS = 5


def create_worker(settings: Settings | None = None, config: Config | None = None, app: Celery | None = None) -> Celery:
    """Return the Celery app of a worker: real things by default, others by argument."""
    settings = settings or load_settings()
    config = config or checked_config(settings.hookline_config)
    app = app or create_celery(settings)
    stopping = threading.Event()
    worker = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
    apart = Apart(partial(deliver_apart, settings, config, worker), settings.delivery_seconds + APART_MARGIN_SECONDS)
    deliverer = create_deliverer(settings, config, worker, stopping.is_set, apart)
    watchdog = Watchdog(settings.watchdog_seconds)
    pump = Pump(
        Journal(connect(settings, PUMP_CONNECTIONS, retries=0), settings),
        lambda jobs: enqueue(app, jobs),
        worker=worker,
        threads=settings.worker_concurrency,
        watchdog=watchdog,
        prepare=deliverer.announce_tokens,
    )

    @app.task(name=DELIVER)  # type: ignore[untyped-decorator]
    def deliver(submission_id: str, generation: int) -> None:
        watchdog.reset()
        try:
            deliverer.deliver(Job(submission_id, generation))
        except MemoryError:
            # What else has failed for want of it, nobody knows: the lease expires, and the platform starts us anew.
            end_at_once()

    app.conf.worker_consumer = Consumer
    app.steps["worker"].add(_step_of(pump, Keeper(deliverer.accounts, config.locations)))
    # Signals are kept by weak reference unless asked otherwise.
    worker_shutting_down.connect(lambda **_: stopping.set(), weak=False)
    setup_logging.connect(lambda **_: logs.configure(settings), weak=False)
    for signal in (celeryd_init, celeryd_after_setup):  # the second undoes that Celery's logging shows them all again
        signal.connect(hush_celery)
    return app


def create_deliverer(
    settings: Settings, config: Config, worker: str, is_stopping: Callable[[], bool], apart: Apart | None
) -> Deliverer:
    """Return what delivers, with connections of its own."""
    redis = connect(settings, DELIVERY_CONNECTIONS, DELIVERY_RETRIES)
    journal = Journal(redis, settings)
    http = open_http(settings.worker_concurrency + 1)  # the keeper makes calls too
    client = Client(str(settings.highlevel_base_url), http)
    return Deliverer(
        journal,
        config,
        client,
        Accounts.of(config, settings, redis, http),
        Catalogues(FieldCache(redis, settings), client, journal),
        Fetcher(Wire(http), FetchRefusals(redis, settings), journal, settings.secret_key),
        settings,
        worker,
        is_stopping,
        apart=apart,
    )


def deliver_apart(settings: Settings, config: Config, worker: str) -> Deliver:
    """Return what delivers suspects, in the process that this is called in."""
    logs.configure(settings)
    return create_deliverer(settings, config, worker, is_stopping=lambda: False, apart=None).deliver


def hush_celery(**_: object) -> None:
    """Leave out the warnings of Celery that are about what Hookline has decided, or does not have."""
    # At each loss of the broker: that a setting of ours, which queue.py gives the reason for, has another default soon.
    warnings.filterwarnings("ignore", r"\s*In Celery 5\.1 we introduced", CPendingDeprecationWarning)
    # At each start as root: advice to use an option that Hookline does not have.
    warnings.filterwarnings("ignore", "You're running the worker with superuser privileges", SecurityWarning)


def _step_of(pump: Pump, keeper: Keeper) -> type[Any]:
    class Step(bootsteps.StartStopStep):  # type: ignore[misc]
        """Starts pump and keeper once there are threads, and stops them before those are waited for."""

        requires = ("celery.worker.components:Pool",)

        def start(self, _worker: Any) -> None:
            keeper.start()
            pump.start()

        def stop(self, _worker: Any) -> None:
            pump.stop()
            keeper.stop()

    return Step
