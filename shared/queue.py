"""
The Celery app and the names of its jobs: the only door to the broker.

A message is a wake-up and carries a submission's id and its lease's generation only. It may be lost, doubled or late
without effect: the journal decides. So nothing here uses countdown, eta or retry, which with Redis live in a worker's
memory, hang behind each other and run again past the visibility timeout.
"""

import ssl
from collections.abc import Iterable
from typing import Any

from celery import Celery
from kombu.exceptions import OperationalError as BrokerUnavailable

from shared.journal import Job
from shared.settings import VISIBILITY_SECONDS, Settings

__all__ = ["DELIVER", "BrokerUnavailable", "create_celery", "enqueue"]

DELIVER = "hookline.deliver"
QUEUE = "deliveries"
REDIS, TLS_REDIS = "redis://", "rediss://"
RABBITMQ = ("amqp://", "amqps://", "pyamqp://")
RABBITMQ_SECONDS = 3


def create_celery(settings: Settings) -> Celery:
    """Return the Celery app."""
    app = Celery("hookline", broker=settings.broker, set_as_current=False)
    app.conf.update(
        task_default_queue=QUEUE,
        task_ignore_result=True,
        task_serializer="json",
        accept_content=["json"],
        # A message is acknowledged once its job has ended; doubled messages are harmless.
        task_acks_late=True,
        # Threads: deliveries wait for the network. A plain SIGTERM lets the running ones finish.
        worker_pool="threads",
        worker_concurrency=settings.worker_concurrency,
        # A thread cannot be cancelled, so there is nothing to do about running jobs when the broker goes away.
        worker_cancel_long_running_tasks_on_connection_loss=False,
        # Each of these costs Redis connections, and health comes from the journal instead.
        worker_enable_remote_control=False,
        worker_send_task_events=False,
        broker_heartbeat=0,
        # Boot before the broker is up, and never give up on it.
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        # One producer connection a process.
        broker_pool_limit=1,
        # Publishing never waits for a broker that is away: the journal enqueues again. The consumer has its own
        # patience.
        broker_transport_options={"max_retries": 0},
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
    )
    if settings.broker.startswith((REDIS, TLS_REDIS)):
        app.conf.update(_of_redis(settings))
    elif settings.broker.startswith(RABBITMQ):
        app.conf.update(_of_rabbitmq(settings))
    return app


def enqueue(app: Celery, jobs: Iterable[Job]) -> None:
    """
    Publish a wake-up for each job, once.

    Raises BrokerUnavailable; the caller may give up, since an unbegun lease expires and is leased again.
    """
    for job in jobs:
        app.send_task(DELIVER, args=(job.submission_id, job.generation), retry=False)


def _of_redis(settings: Settings) -> dict[str, Any]:
    options = {
        "max_retries": 0,
        # Broker keys cannot collide with the journal's, nor with those of another Hookline.
        "global_keyprefix": f"{settings.redis_prefix}q:",
        # Longer than any delivery (20 s), short enough to be a second net; the lease of 40 s is the first.
        "visibility_timeout": VISIBILITY_SECONDS,
        "unacked_restore_interval": 10,
        "unacked_restore_throttle": 1,
        # A short socket timeout loses messages that Redis hands to a connection which has just been dropped.
        "socket_timeout": 15,
        "socket_connect_timeout": 5,
        "socket_keepalive": True,
        # A connection that never answers any more is dropped after some 20 s (measured), before the watchdog ends the
        # worker. What it had been sent is lost with it, and the journal enqueues that again.
        "health_check_interval": 5,
    }
    return {
        # The textbook setting (late acks, multiplier 1, prefetch on) hangs for ever when Redis restarts while all
        # slots are busy: the acks fail, their credits never come back, and no message is fetched again. Without
        # prefetch a worker fetches only what it can start, and the multiplier leaves spare credits.
        "worker_disable_prefetch": True,
        "worker_prefetch_multiplier": 4,
        "broker_transport_options": options,
        **({"broker_use_ssl": _ssl(settings)} if settings.broker.startswith(TLS_REDIS) else {}),
    }


def _of_rabbitmq(settings: Settings) -> dict[str, Any]:
    options = {
        "max_retries": 0,
        # A broker that takes connections and no messages (out of memory or disk) must not hold up the pump. A
        # publication then fails, which the log tells, after three of these waits: its own and two for closing.
        "confirm_publish": True,
        "read_timeout": RABBITMQ_SECONDS,
        "write_timeout": RABBITMQ_SECONDS,
    }
    return {
        # One queue each, where several Hooklines share a virtual host.
        "task_default_queue": f"{settings.redis_prefix}{QUEUE}",
        "task_default_queue_type": "quorum",
        # RabbitMQ counts what is not acknowledged, which is what runs: no message waits behind a busy worker, and a
        # connection that is lost takes its count with it.
        "worker_prefetch_multiplier": 1,
        "broker_transport_options": options,
    }


def _ssl(settings: Settings) -> dict[str, Any]:
    # kombu takes a plain rediss:// without verifying and only logs it, so say what is wanted.
    if settings.redis_ca_file:
        return {"ssl_cert_reqs": ssl.CERT_REQUIRED, "ssl_ca_certs": str(settings.redis_ca_file)}
    return {"ssl_cert_reqs": ssl.CERT_NONE}
