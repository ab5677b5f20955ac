"""A small backlog, to see that all goes its way; `python -m bench.backlog` measures a large one."""

from pathlib import Path

import pytest

from bench.backlog import ELSEWHERE, Plan, Play, a_stage_with_places
from shared.submission import State

PLAN = Plan(submissions=2000, live=5, replays=30, ahead=10, newcomers=5)


@pytest.mark.fault
def test_a_backlog_keeps_no_other_location_waiting_and_its_replays_no_new_ones(tmp_path: Path) -> None:
    with a_stage_with_places(tmp_path, HOLD_PROBE_SECONDS="1") as stage:
        play = Play(stage, PLAN)
        dead = play.bury(PLAN.replays)
        play.outage()
        play.fill()
        play.replay(dead)

        assert len(play.live(ELSEWHERE)) == PLAN.live
        assert {queue.cause for queue in stage.journal.queues()} <= {"turn", "retry"}
        assert len(stage.journal.holds()) == 3

        play.end_outage()
        newcomers = play.newcomers(dead)

        assert play.overtaken(newcomers, dead) == 0
        assert stage.journal.ledger().waiting > PLAN.submissions // 2
        assert all(record.state is State.DELIVERED for record in newcomers)
        assert play.unbalanced() == []
