from pathlib import Path

import pytest

from bench.stage import a_config, a_stage, send, wait_until
from shared.local_redis import free_port
from shared.submission import State

pytestmark = pytest.mark.fault

PEOPLE = 100


def test_a_wrong_token_holds_everything_and_loses_nothing(tmp_path: Path) -> None:
    with a_stage(tmp_path, a_config(tags="[]", unmapped="drop"), HOLD_PROBE_SECONDS="0.5") as stage:
        stage.start_sandbox("--token", "pit-1")
        port = free_port()
        stage.start_web(port)
        worker = stage.start_worker(HIGHLEVEL_TOKEN="pit-revoked")
        send([port], range(PEOPLE), 1)
        wait_until(lambda: len(stage.journal.holds()) == 1 and stage.journal.ledger().leased == 0, 20)

        waiting = list(stage.journal.submissions(State.WAITING))
        assert len(waiting) == PEOPLE
        assert {record.attempts for record in waiting} == {0}
        assert stage.journal.ledger().dead == 0
        assert stage.journal.holds()[0].kind == "credentials"

        worker.stop()
        stage.start_worker(HIGHLEVEL_TOKEN="pit-1")
        wait_until(stage.settled, 40)
        assert stage.journal.ledger().delivered == PEOPLE
        assert len(stage.contacts()) == PEOPLE
