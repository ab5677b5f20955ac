"""Connections to Redis."""

from typing import Any

from redis import BlockingConnectionPool, Redis
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import TimeoutError as NoAnswer
from redis.retry import Retry

from shared.settings import Settings


def connect(settings: Settings, connections: int, retries: int, seconds: float = 5) -> Redis:
    """
    Return a client whose pool holds at most that many connections, made when they are first needed.

    A call is repeated after a lost connection, `retries` times at up to a second: the journal's scripts allow it.
    Each wait, for a connection or an answer, takes `seconds` at most.
    """
    pool = BlockingConnectionPool.from_url(
        settings.redis_url,
        max_connections=connections,
        timeout=seconds,
        retry=Retry(ExponentialWithJitterBackoff(base=0.05, cap=1), retries, supported_errors=(NoConnection, NoAnswer)),
        socket_timeout=seconds,
        socket_connect_timeout=seconds,
        socket_keepalive=True,
        health_check_interval=25,
        **tls(settings),
    )
    return Redis(connection_pool=pool)


def tls(settings: Settings) -> dict[str, Any]:
    """Return what a rediss:// address needs: Heroku's certificates are self-signed, so only REDIS_CA_FILE verifies."""
    if not settings.redis_url.startswith("rediss://"):
        return {}
    if settings.redis_ca_file:
        return {"ssl_cert_reqs": "required", "ssl_ca_certs": str(settings.redis_ca_file)}
    return {"ssl_cert_reqs": "none", "ssl_check_hostname": False}
