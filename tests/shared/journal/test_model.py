"""
Any actors, in any order, against a plain model of the journal.

`MODEL_EXAMPLES=5000 pytest tests/shared/journal/test_model.py` looks further, and elsewhere each time. What fails is
printed as the shortest program that was found.
"""

import os

import pytest
from hypothesis import HealthCheck, Phase
from hypothesis import settings as how
from hypothesis.stateful import run_state_machine_as_test
from redis import Redis

from shared.settings import Settings
from tests.shared.journal.machine import LIMITS, JournalMachine
from tests.shared.journal.tampered import Fault, Server

EXAMPLES = int(os.environ.get("MODEL_EXAMPLES", "0"))
UNTIMED = how(
    stateful_step_count=40, database=None, print_blob=True, deadline=None, suppress_health_check=list(HealthCheck)
)
REPEATABLE = how(UNTIMED, derandomize=True)


def test_whatever_happens_in_whatever_order_nothing_is_lost_or_doubled(redis: Redis, settings: Settings) -> None:
    machine = machine_on(Server(redis, settings, LIMITS))

    run_state_machine_as_test(
        machine, settings=how(UNTIMED, max_examples=EXAMPLES) if EXAMPLES else how(REPEATABLE, max_examples=80)
    )


@pytest.mark.parametrize(
    ("line", "instead", "broken"),
    [
        pytest.param(
            "redis.call('SET', key('key', idempotency), id, 'EX', seconds)",
            "",
            "the ledger balances|every answer is the models",
            id="accept remembers no key",
        ),
        pytest.param(
            "count(fields.form, fields.location, 'waiting', 1)",
            "",
            "the ledger balances",
            id="accept does not count",
        ),
        pytest.param(
            "return state == 'leased' and current == generation",
            "return state == 'leased'",
            "every answer is the models",
            id="any lease will do",
        ),
        pytest.param(
            "if begun ~= '' and begun ~= nonce then",
            "if false then",
            "never two deliveries of one submission",
            id="a lease is granted to all who ask",
        ),
        pytest.param(
            "if live_at <= now then",
            "if false then",
            "what is accepted is delivered in the end",
            id="nothing live is ever due",
        ),
    ],
)
def test_one_broken_line_of_the_scripts_is_found(
    redis: Redis, settings: Settings, line: str, instead: str, broken: str
) -> None:
    machine = machine_on(Server(redis, settings, LIMITS, (Fault(line, instead),)))

    with pytest.raises(AssertionError, match=broken):
        run_state_machine_as_test(machine, settings=how(REPEATABLE, max_examples=500, phases=[Phase.generate]))


def machine_on(server: Server) -> type[JournalMachine]:
    return type("JournalMachine", (JournalMachine,), {"server": server})
