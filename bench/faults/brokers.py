"""Other brokers: RabbitMQ instead of Redis, and Redis over TLS. A running installation is moved there under load."""

import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import httpx
from redis import Redis
from redis.exceptions import RedisError

from bench.faults import processes, rabbitmq, tls
from bench.faults.fleet import WEBS, WORKERS
from bench.faults.proxy import Proxy
from bench.faults.rabbitmq import RabbitMQ
from bench.faults.scenario import Scenario
from bench.faults.theatre import KILL_SECONDS, OTHER_SECONDS, Theatre
from bench.stage import wait_until
from shared.local_redis import free_port
from shared.queue import create_celery
from shared.settings import Settings
from shared.submission import State

MOVE_SECONDS = 60


def kill_a_worker(theatre: Theatre) -> None:
    move_to_rabbitmq(theatre)
    processes.kill_a_worker(theatre)


def restart_all(theatre: Theatre) -> None:
    move_to_rabbitmq(theatre)
    processes.restart_all(theatre)


def kill_rabbitmq(theatre: Theatre) -> None:
    node = move_to_rabbitmq(theatre)
    for _ in theatre.each_few_seconds(6, least=2, most=3):
        with theatre.fault("kill -9 of RabbitMQ, 3 s away, started again with its queue"):
            node.kill()
            theatre.pause(3)
            node.start()


def take_rabbitmq_away(theatre: Theatre) -> None:
    """Accept without a broker, let a worker end and start without it, and deliver all when it is back."""
    node = move_to_rabbitmq(theatre)
    before = Counter(theatre.load.answers)
    with theatre.fault("RabbitMQ is away for 30 s, and a worker ends and starts meanwhile"):
        node.kill()
        theatre.fleet.terminate(["worker-2"])
        theatre.pause(30)
        node.start()
    answers = Counter(theatre.load.answers) - before
    theatre.notes.append(f"answers without RabbitMQ: {dict(answers)}; open when it was back: {len(_open(theatre))}")
    if set(answers) != {200}:
        theatre.faults.append(f"not everything was accepted without RabbitMQ: {dict(answers)}")
    try:
        theatre.notes.append(f"all of that was settled {settle(theatre, OTHER_SECONDS):.1f} s later")
    except AssertionError:
        theatre.faults.append(f"not all of that was settled {OTHER_SECONDS:.0f} s after RabbitMQ was back")


def settle(theatre: Theatre, seconds: float) -> float:
    """Wait until all is settled that is open now; return how long it took, or fail."""
    open_ones = _open(theatre)
    return wait_until(lambda: not open_ones & _open(theatre), seconds)


def _open(theatre: Theatre) -> set[str]:
    return {one.id for state in (State.WAITING, State.LEASED) for one in theatre.journal.submissions(state)}


def move_to_rabbitmq(theatre: Theatre) -> RabbitMQ:
    """Let all processes publish to RabbitMQ and consume from it; what Redis has in its queue is lost by that."""
    node = RabbitMQ(theatre.stage.folder / "rabbitmq")
    theatre.ending.callback(node.stop)
    node.start()
    theatre.wait_for_delivered(0.05)
    move(theatre, "restart of all with RabbitMQ as their broker instead of Redis", BROKER_URL=node.url)
    wait_until(lambda: consumers(node.url) == len(WORKERS), MOVE_SECONDS)
    return node


def consumers(url: str) -> int:
    """Return how many workers consume from the queue at a RabbitMQ."""
    celery = create_celery(Settings(broker_url=url))
    with celery.connection_for_read() as connection:
        queue = celery.amqp.queues[celery.conf.task_default_queue](connection.default_channel)
        return int(queue.queue_declare().consumer_count)


def use_tls(theatre: Theatre) -> None:
    """Move Redis to TLS, without verifying its certificate and then with it, and kill a worker and Redis each time."""
    certificate = tls.a_certificate(theatre.stage.folder / "tls")
    port = free_port()
    wire = Proxy(port, seed=1).start()
    theatre.ending.callback(wire.stop)
    serve_tls(theatre.stage.redis.port, port, certificate)
    theatre.wait_for_delivered(0.05)
    for how, file in (("without verifying", ""), ("verifying", str(certificate))):
        what, url = f"restart of all with Redis over TLS, {how} its certificate", f"rediss://127.0.0.1:{wire.port}/0"
        move(theatre, what, REDIS_URL=url, REDIS_CA_FILE=file)
        with theatre.fault(f"kill -9 of Redis, 3 s away, over TLS, {how}"):
            before = wire.spoilt
            theatre.stage.redis.kill()
            wire.reset()
            theatre.pause(3)
            theatre.stage.redis.start()
            serve_tls(theatre.stage.redis.port, port, certificate)
        theatre.demand(f"connections broken over TLS, {how}", wire.spoilt - before)
        settle(theatre, OTHER_SECONDS)
        with theatre.kill(f"kill -9 of a worker, over TLS, {how}"):
            theatre.fleet.kill("worker-1")
        settle(theatre, KILL_SECONDS)


def serve_tls(plain_port: int, port: int, certificate: Path) -> None:
    """Let a Redis that runs listen with TLS too."""
    with Redis(port=plain_port) as redis:
        redis.config_set("tls-cert-file", str(certificate))
        redis.config_set("tls-key-file", str(certificate.with_name("key.pem")))
        redis.config_set("tls-auth-clients", "no")
        redis.config_set("tls-port", port)


def move(theatre: Theatre, what: str, **environment: str) -> None:
    """Restart all processes with other settings, and wait until they are up."""
    theatre.fleet.environment.update(environment)
    with theatre.kill(what):
        theatre.fleet.terminate((*WORKERS, *WEBS))
    time.sleep(1)  # longer than the fleet takes to see that they have ended
    wait_until(lambda: _is_up(theatre), MOVE_SECONDS)


def _is_up(theatre: Theatre) -> bool:
    with suppress(RedisError, httpx.HTTPError):
        answers = [
            httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=5, trust_env=False)
            for port in theatre.fleet.ports.values()
        ]
        return theatre.journal.workforce().alive == len(WORKERS) and all(answer.is_success for answer in answers)
    return False


SCENARIOS = (
    Scenario(
        "RabbitMQ worker killed",
        "with RabbitMQ: kill -9 of a worker",
        kill_a_worker,
        missing=rabbitmq.missing,
        seconds=40,
    ),
    Scenario(
        "RabbitMQ restart of all",
        "with RabbitMQ: SIGTERM to all processes at once",
        restart_all,
        missing=rabbitmq.missing,
    ),
    Scenario("RabbitMQ killed", "kill -9 of RabbitMQ, again and again", kill_rabbitmq, missing=rabbitmq.missing),
    Scenario(
        "RabbitMQ away",
        "no RabbitMQ for 30 s: all is accepted",
        take_rabbitmq_away,
        missing=rabbitmq.missing,
        seconds=80,
    ),
    Scenario("Redis over TLS", "rediss:// with a self-signed certificate", use_tls, missing=tls.missing, seconds=120),
)
