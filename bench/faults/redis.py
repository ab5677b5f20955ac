"""Faults of Redis, and of the wire to it."""

import shutil
import time

from bench.faults.fleet import WEBS, WORKERS
from bench.faults.proxy import Mode
from bench.faults.replication import Replication
from bench.faults.scenario import Scenario
from bench.faults.theatre import Theatre, journal_at
from bench.stage import wait_until
from shared.journal import Job
from shared.queue import QUEUE, create_celery, enqueue
from shared.settings import Settings
from shared.submission import State
from shared.vitals import examine

PREFIX = "hookline:"
ANSWER_SECONDS = 1.0  # in which a sender hears of what was accepted


def kill(theatre: Theatre) -> None:
    theatre.wait_for_delivered(0.1)
    for _ in theatre.each_few_seconds(6, least=2, most=3):
        with theatre.fault("kill -9 of Redis, 3 s away, started again with its append-only file"):
            theatre.stage.redis.kill()
            theatre.redis_wire.reset()
            theatre.pause(3)
            theatre.stage.redis.start()


def reset_connections(theatre: Theatre) -> None:
    for _ in theatre.each_few_seconds(3):
        with theatre.fault("reset of all connections to Redis"):
            theatre.redis_wire.reset()
    theatre.demand("connections reset", theatre.redis_wire.spoilt)


def slow(theatre: Theatre) -> None:
    theatre.wait_for_delivered(0.1)
    with theatre.fault("each answer of Redis comes 100 ms late, for 20 s"):
        theatre.redis_wire.switch(Mode.SLOW)
        theatre.pause(20)
        theatre.redis_wire.switch(Mode.PASS)
    theatre.demand("late answers", theatre.redis_wire.spoilt)


def half_open(theatre: Theatre) -> None:
    theatre.wait_for_delivered(0.1)
    with theatre.fault("connections to Redis stay open and never answer; new ones do so again after 10 s"):
        theatre.redis_wire.switch(Mode.SILENT)
        theatre.pause(10)
        theatre.redis_wire.switch(Mode.PASS)
    theatre.demand("commands never answered", theatre.redis_wire.spoilt)


def fill_up(theatre: Theatre) -> None:
    """Take Redis all its memory, so that it refuses every write."""
    theatre.wait_for_delivered(0.1)
    redis = theatre.journal.redis
    with theatre.fault("Redis has no memory left for 15 s, with noeviction"):
        redis.config_set("maxmemory", redis.info("memory")["used_memory"] // 2)
        theatre.pause(15)
        redis.config_set("maxmemory", 0)
    theatre.demand("answered 503", theatre.load.answers.get(503, 0))


def nearly_full(theatre: Theatre) -> None:
    """Leave Redis so little memory that web turns submissions away while deliveries are still recorded."""
    theatre.wait_for_delivered(0.1)
    redis = theatre.journal.redis
    with theatre.fault("Redis uses 90 % of its memory for 15 s"):
        redis.config_set("maxmemory", int(redis.info("memory")["used_memory"] / 0.9))
        theatre.pause(15)
        redis.config_set("maxmemory", 0)
    theatre.demand("answered 503", theatre.load.answers.get(503, 0))


def fail_over(theatre: Theatre) -> None:
    """Lose the primary; a replica takes its place, and the wire, as a host's address does, leads there."""
    first = theatre.stage.redis
    replication = Replication(theatre.stage.folder, first.port).start(theatre.ending)
    theatre.wait_for_delivered(0.2)
    with theatre.fault("kill -9 of the primary; Sentinel makes the replica the primary"):
        first.kill()
        theatre.redis_wire.reset()
        wait_until(lambda: replication.primary() == replication.replica.port, 60)
        theatre.redis_wire.target = replication.replica.port
        theatre.redis_wire.reset()
        theatre.journal = journal_at(replication.replica.port, theatre.ending)
    missing = [name for name in [*theatre.load.told.values()] if theatre.journal.find(name) is None]
    theatre.notes.append(f"accepted, but not replicated before the primary went: {len(missing)}")
    if missing:
        theatre.pause(3)
        _demand_that_the_loss_is_told(theatre)


def lose_the_data(theatre: Theatre) -> None:
    """Start Redis again with nothing in it: what waits is gone, which nobody can mend, so it must be said."""
    theatre.wait_for_delivered(0.2)
    redis = theatre.stage.redis
    waiting = {entry.id for entry in theatre.entries().values() if entry.state in ("waiting", "leased")}
    with theatre.fault("kill -9 of Redis, started again without its data"):
        redis.kill()
        theatre.redis_wire.reset()
        time.sleep(ANSWER_SECONDS)
        theatre.gone.update(theatre.load.told.values())
        shutil.rmtree(theatre.stage.folder / "redis")
        redis.start()
    theatre.pause(3)
    theatre.notes.append(f"waited when the data went: {len(waiting)}")
    _demand_that_the_loss_is_told(theatre)
    silent = [
        name for name in (*WEBS, *WORKERS) if "data lost" not in (theatre.stage.folder / f"{name}.log").read_text()
    ]
    if silent:
        theatre.faults.append(f"the data is lost, and the log of {', '.join(silent)} does not say so")


def _demand_that_the_loss_is_told(theatre: Theatre) -> None:
    ready, status = theatre.readyz(), examine(theatre.journal.data(), theatre.journal.workforce(), 0)
    told = [found.says for found in status if found.level == "fault"]
    theatre.notes.append(f"readyz says {ready}; status says {'; '.join(told)}")
    if ready.get("data") != "lost" or not any("DATA LOST" in says for says in told):
        theatre.faults.append(f"the data is lost, and not both say so: readyz {ready}, status {told}")


def double_the_messages(theatre: Theatre) -> None:
    """Publish the message of every lease again, whether it has been begun or not."""
    celery = create_celery(Settings(redis_url=theatre.stage.redis.url))
    number = 0
    with theatre.fault("every message comes several times, for 15 s"):
        for _ in theatre.each_few_seconds(0.2, least=75, most=75):
            jobs = [Job(one.id, one.generation) for one in theatre.journal.submissions(State.LEASED)]
            enqueue(celery, jobs)
            number += len(jobs)
    theatre.demand("messages published again", number)


def lose_the_messages(theatre: Theatre) -> None:
    """Take messages off the broker's queue before the workers do, and drop them."""
    taken, ends = 0, time.monotonic() + 15
    with theatre.fault("messages are taken from the queue and dropped, for 15 s"):
        while time.monotonic() < ends:
            taken += theatre.journal.redis.brpop([f"{PREFIX}q:{QUEUE}"], timeout=1) is not None
    theatre.demand("messages dropped", taken)


SCENARIOS = (
    Scenario("Redis killed", "kill -9 of Redis, again and again; it comes back with its data", kill, is_short=True),
    Scenario("Redis resets", "all connections to Redis are reset every 3 s", reset_connections),
    Scenario("Redis slow", "100 ms latency", slow, seconds=40),
    Scenario("Redis half-open", "connections that never answer", half_open, seconds=40),
    Scenario("Redis full", "no memory left, noeviction", fill_up, seconds=40),
    Scenario("Redis nearly full", "over 85 % of its memory", nearly_full, seconds=40),
    Scenario("messages doubled", "the message of every lease comes several times", double_the_messages),
    Scenario("messages lost", "messages vanish from the broker's queue", lose_the_messages),
    Scenario("Redis failover", "the primary is killed and a replica takes its place", fail_over, seconds=40),
    Scenario("Redis without data", "Redis starts again with nothing in it", lose_the_data, seconds=40),
)
