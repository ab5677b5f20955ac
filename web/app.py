"""Puts the web process together: real things by default, others by argument."""

import sys
import time
from collections.abc import Callable
from functools import partial

from flask import Flask, Response
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from shared import logs, queue
from shared.checks import checked_config
from shared.config import Config
from shared.journal import Job, Journal, connect
from shared.quarantine import Quarantine
from shared.redis_health import look_at_start
from shared.settings import Settings, SettingsError, load_settings
from shared.tables import ConfigError
from web.answers import error_answer, failed
from web.health import Health
from web.memory import Memory
from web.metrics import Metrics
from web.receiver import Receiver
from web.wakeups import Wakeups

# Eight threads share them: a request holds one for the millisecond that accepting takes.
REDIS_CONNECTIONS = 3
# WordPress builders wait 5 s for an answer, and a 503 in time is better than none.
REDIS_SECONDS = 2

Enqueue = Callable[[list[Job]], None]


def create_app(
    settings: Settings | None = None,
    config: Config | None = None,
    journal: Journal | None = None,
    enqueue: Enqueue | None = None,
    clock: Callable[[], float] = time.time,
    sleep: Callable[[float], None] = time.sleep,
) -> Flask:
    """Return the WSGI application; a fault in the environment or the configuration ends the process."""
    if settings is None:
        settings = load_settings_or_exit()
        logs.configure(settings)
    config = config or load_config_or_exit(settings)
    journal = journal or Journal(connect(settings, REDIS_CONNECTIONS, retries=0, seconds=REDIS_SECONDS), settings)
    enqueue = enqueue or Wakeups(partial(queue.enqueue, queue.create_celery(settings))).put
    memory = Memory(journal.redis, clock)
    quarantine = Quarantine(journal.redis, settings)

    app = Flask(__name__, static_folder=None)
    # A doubled slash must not become a redirect, which no form builder follows.
    app.url_map.merge_slashes = False
    # The sender's address and nothing else: what a proxy says of scheme and host, PUBLIC_URL says better.
    app.wsgi_app = ProxyFix(app.wsgi_app, settings.trusted_proxies, x_proto=0, x_host=0)  # type: ignore[method-assign]
    app.register_blueprint(Receiver(config, settings, journal, quarantine, memory, enqueue, clock, sleep).blueprint())
    app.register_blueprint(Health(journal, memory).blueprint())
    app.register_blueprint(Metrics(journal, quarantine, memory, settings, clock).blueprint())
    app.add_url_rule("/", "front", front)
    app.register_error_handler(HTTPException, error_answer)
    app.register_error_handler(Exception, failed)
    return app


def front() -> Response:
    """Say what answers here."""
    return Response("Hookline is running.\n", mimetype="text/plain")


def load_settings_or_exit() -> Settings:
    """Read the environment; with a fault in it, say what to mend and end the process."""
    try:
        return load_settings()
    except SettingsError as error:
        sys.exit(f"Hookline cannot start:\n{error}")


def load_config_or_exit(settings: Settings) -> Config:
    """Read the configuration; with a fault in it, say what to mend and end the process."""
    try:
        return checked_config(settings.hookline_config)
    except ConfigError as error:
        sys.exit(f"Hookline cannot start:\n{error}")


def look_at_redis_or_exit(settings: Settings) -> None:
    """Look whether Redis keeps what it is given; where it must and does not, say what to mend and end the process."""
    try:
        look_at_start(settings)
    except SettingsError as error:
        sys.exit(f"Hookline cannot start:\n{error}")
