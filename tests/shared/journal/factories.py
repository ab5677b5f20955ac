"""Submissions and leases for the journal's tests, with only what matters to a test said in it."""

from dataclasses import dataclass, field, replace
from itertools import count

from shared.journal import Job, Journal, Lease, Submission

NUMBERS = count(1)


def a_submission(id: str = "", **more: object) -> Submission:
    id = id or f"s{next(NUMBERS)}"
    plain = Submission(
        id=id,
        form="contact-us",
        provider="typeform",
        location="main",
        idempotency_key=f"key of {id}",
        remember_seconds=600,
        calls=1,
        content_type="application/json",
        body=b'{"answer": 1}',
    )
    return replace(plain, **more)  # type: ignore[arg-type]


@dataclass
class Bench:
    """Does what receivers and workers do, one thing at a time."""

    journal: Journal
    threads: int = 100
    _leased_by_receivers: list[Job] = field(default_factory=list)

    def accept(self, id: str = "", **more: object) -> str:
        accepted = self.journal.accept(a_submission(id, **more))
        self._leased_by_receivers += accepted.jobs
        return accepted.receipts[0].id

    def turn(self) -> list[Job]:
        """Return what has been leased since the last turn, by receivers and by the pump."""
        jobs = self._leased_by_receivers + self.journal.turn("worker", self.threads).jobs
        self._leased_by_receivers = []
        return jobs

    def begin(self, job: Job, worker: str = "worker that crashed") -> Lease:
        lease = self.journal.begin(job, worker, nonce="n")
        assert lease
        return lease

    def leased(self, id: str = "", **more: object) -> Lease:
        """Accept a submission and begin its delivery."""
        id = self.accept(id, **more)
        for job in self.turn():
            if job.submission_id == id:
                return self.begin(job)
        raise AssertionError(f"{id} was not leased")

    def states(self) -> dict[str, int]:
        ledger = self.journal.ledger()
        assert ledger.balanced
        assert all(by_ledger == counted for _, by_ledger, counted in self.journal.shelves())
        assert self.journal.misplaced() == []
        return {name: number for name, number in ledger.model_dump().items() if number}
