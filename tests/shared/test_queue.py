import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from kombu.exceptions import OperationalError

from shared.journal import Job
from shared.local_redis import free_port
from shared.queue import create_celery, enqueue
from shared.settings import Settings

JOBS = [Job("sub_1", 1)]


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Give a port where connections are taken and nothing is ever answered."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize("scheme", ["redis", "rediss", "amqp"])
def test_publishing_gives_up_at_once_when_the_broker_is_away(scheme: str) -> None:
    celery = create_celery(Settings(broker_url=f"{scheme}://127.0.0.1:{free_port()}/"))

    with pytest.raises(OperationalError):
        enqueue(celery, JOBS)


def test_publishing_gives_up_when_rabbitmq_takes_connections_and_never_answers(silent_port: int) -> None:
    celery = create_celery(Settings(broker_url=f"amqp://127.0.0.1:{silent_port}/"))

    with pytest.raises(OperationalError, match="timed out"):
        enqueue(celery, JOBS)


def test_what_is_published_to_rabbitmq_and_never_confirmed_is_not_waited_for() -> None:
    options = create_celery(Settings(broker_url="amqp://localhost/")).conf.broker_transport_options

    # Its connections wait for ever unless told otherwise, also when they are closed.
    assert options["confirm_publish"]
    assert options["read_timeout"]
    assert options["write_timeout"]


@pytest.mark.parametrize("scheme", ["amqp", "amqps", "pyamqp"])
def test_with_rabbitmq_the_queue_is_a_quorum_queue_of_this_installation(scheme: str) -> None:
    celery = create_celery(Settings(broker_url=f"{scheme}://localhost/", redis_prefix="ours:"))

    [queue] = celery.amqp.queues.values()
    assert (queue.name, queue.queue_arguments) == ("ours:deliveries", {"x-queue-type": "quorum"})


def test_with_redis_the_queue_is_below_the_prefix() -> None:
    celery = create_celery(Settings(redis_prefix="ours:"))

    [queue] = celery.amqp.queues.values()
    assert (queue.name, celery.conf.broker_transport_options["global_keyprefix"]) == ("deliveries", "ours:q:")


@pytest.mark.parametrize("broker", ["redis://localhost/0", "amqp://localhost/"])
def test_no_message_waits_behind_a_busy_worker(broker: str) -> None:
    conf = create_celery(Settings(broker_url=broker)).conf

    # Redis: nothing is fetched that cannot begin. RabbitMQ: as many as run, and the rest goes to other workers.
    assert conf.worker_disable_prefetch or conf.worker_prefetch_multiplier == 1
    assert conf.task_acks_late


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        (None, {"ssl_cert_reqs": ssl.CERT_NONE}),
        (Path("ca.pem"), {"ssl_cert_reqs": ssl.CERT_REQUIRED, "ssl_ca_certs": "ca.pem"}),
    ],
)
def test_a_certificate_is_verified_only_against_a_file_that_is_named(
    file: Path | None, expected: dict[str, object]
) -> None:
    celery = create_celery(Settings(redis_url="rediss://localhost/0", redis_ca_file=file))

    assert celery.conf.broker_use_ssl == expected
