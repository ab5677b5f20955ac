import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.faults.brokers import consumers
from bench.faults.rabbitmq import RabbitMQ, missing
from bench.faults.report import describe, table
from bench.faults.scenario import Scenario, run
from bench.stage import a_config, a_stage, send, wait_until
from shared.local_redis import free_port

FORMS = 10
# RabbitMQ 3.10 never uses a quorum queue again when it is killed within about a second of declaring it.
YOUNG_SECONDS = 3


@pytest.fixture
def rabbitmq(tmp_path: Path) -> Iterator[RabbitMQ]:
    if reason := missing():
        pytest.skip(reason)
    node = RabbitMQ(tmp_path / "rabbitmq").start()
    yield node
    node.stop()


@pytest.mark.fault
def test_all_is_accepted_while_rabbitmq_is_dead_and_delivered_when_it_is_back(
    rabbitmq: RabbitMQ, tmp_path: Path
) -> None:
    with a_stage(tmp_path, a_config(FORMS), BROKER_URL=rabbitmq.url) as stage:
        stage.start_sandbox("--window", "off")
        stage.start_worker()
        port = free_port()
        stage.start_web(port)
        wait_until(lambda: consumers(rabbitmq.url) == 1, 20)
        time.sleep(YOUNG_SECONDS)
        send([port], range(40), FORMS)
        rabbitmq.kill()
        send([port], range(40, 80), FORMS)
        accepted = stage.journal.ledger().accepted
        rabbitmq.start()
        wait_until(stage.settled, 60)

        assert accepted == 80
        assert stage.journal.ledger().delivered == 80
        assert sorted(contact["email"] for contact in stage.contacts()) == sorted(
            f"p{number}@example.com" for number in range(80)
        )


def test_a_scenario_that_lacks_something_here_has_not_passed(tmp_path: Path) -> None:
    scenario = Scenario("RabbitMQ", "as it may be", lambda _: None, missing=lambda: "install it")

    outcome = run(scenario, 1, 1, tmp_path)

    assert "NOT RUN    install it" in describe(scenario, outcome)
    assert "not run: install it" in table([outcome])
    assert "incomplete: 1 not run" in table([outcome])
    assert "passed" not in table([outcome])
