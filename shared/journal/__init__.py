"""
The journal in Redis: records, due, leases, permits, holds and the ledger, as a Python face over Lua scripts.

The journal is the truth and a Celery message only a wake-up. Each transition is one script, checked against the
lease's generation, so repeating a call after a lost connection does no harm. All times are Redis's own.

* `Journal` accepts submissions, dispatches and begins deliveries, and answers operators' questions.
* `Lease` is one granted delivery: it stores steps and is settled exactly once.

Methods raise redis.exceptions.RedisError when Redis does not answer.
"""

from shared.journal.connection import connect
from shared.journal.epoch import Data, Loss
from shared.journal.journal import Accepted, Job, Journal, Receipt, Submission
from shared.journal.lease import Lease, LeaseLost
from shared.journal.limits import Limits
from shared.journal.records import Event, Hold, Ledger, Queue, Record, Workforce

__all__ = [
    "Accepted",
    "Data",
    "Event",
    "Hold",
    "Job",
    "Journal",
    "Lease",
    "LeaseLost",
    "Ledger",
    "Limits",
    "Loss",
    "Queue",
    "Receipt",
    "Record",
    "Submission",
    "Workforce",
    "connect",
]
