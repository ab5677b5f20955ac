from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from shared.journal import Data, Loss, Workforce
from shared.vitals import examine, secret_key

WELL = Workforce(alive=2, threads=32, last_heartbeat=None, unbegun=3, unbegun_seconds=1, patience_seconds=30)
NOON = datetime(2026, 9, 21, 12, 0, tzinfo=UTC)
WHOLE = Data(since=NOON)


def found(data: Data = WHOLE, workforce: Workforce = WELL, waiting: int = 1) -> dict[str, tuple[str, str]]:
    return {one.check: (one.level, one.says) for one in examine(data, workforce, waiting)}


def test_all_is_well_while_workers_begin_and_nothing_is_lost() -> None:
    assert found() == {
        "data": ("ok", "without a gap since 2026-09-21 12:00 UTC"),
        "workers": ("ok", "2 alive, 32 threads"),
    }


@pytest.mark.parametrize(("seconds", "state"), [(30.0, "ok"), (30.1, "stalled")])
def test_workers_that_begin_nothing_for_too_long_are_stalled(seconds: float, state: str) -> None:
    workforce = WELL.model_copy(update={"unbegun_seconds": seconds})

    assert workforce.state == state
    assert (found(workforce=workforce)["workers"][0] == "fault") == (state == "stalled")


def test_a_stall_is_told_with_its_length() -> None:
    level, says = found(workforce=WELL.model_copy(update={"unbegun_seconds": 45.0}))["workers"]

    assert (level, says) == (
        "fault",
        "stalled: 2 alive, and for 45 s none has begun any of the 3 deliveries that wait for one",
    )


@pytest.mark.parametrize(("waiting", "level"), [(0, "warning"), (1, "fault")])
def test_no_worker_is_a_fault_once_something_waits_for_one(waiting: int, level: str) -> None:
    nobody = WELL.model_copy(update={"alive": 0, "unbegun_seconds": 99.0})

    assert nobody.state == "missing"
    assert found(workforce=nobody, waiting=waiting)["workers"] == (level, "none is alive")


@pytest.mark.parametrize(
    ("after", "says"),
    [
        (0, "DATA LOST: noticed at 2026-09-21 12:00:00 UTC. Of 7 accepted submissions 0 were there"),
        (
            8,
            "DATA LOST: noticed at 2026-09-21 12:00:00 UTC. Of 7 accepted submissions 8 were there, but what Redis had "
            "written last was not",
        ),
    ],
)
def test_a_loss_is_told_with_how_much_was_there(after: int, says: str) -> None:
    data = Data(since=NOON, losses=(Loss(at=NOON, accepted_before=7, accepted_after=after),))

    assert data.state == "lost"
    assert found(data)["data"] == ("fault", says)


def test_hashes_without_a_key_are_told() -> None:
    with_key, without = secret_key(SecretStr("k" * 32)), secret_key(SecretStr(""))

    assert (with_key.level, without.level) == ("ok", "warning")
    assert without.says == "SECRET_KEY is not set: the hashes in Redis are not keyed"
    assert without.remedy


def test_every_fault_has_a_way_out() -> None:
    data = Data(losses=(Loss(at=NOON, accepted_before=7, accepted_after=0),))
    stalled = WELL.model_copy(update={"unbegun_seconds": 45.0})
    nobody = WELL.model_copy(update={"alive": 0})

    remedies = [one.remedy for force in (stalled, nobody) for one in examine(data, force, 1)]

    assert all(remedies)
    assert "hookline audit --acknowledge" in remedies[0]
