"""Submissions with a body that maps, on their way to any state, with only what matters to a test said."""

from urllib.parse import urlencode

from shared.diagnosis import group_of
from shared.journal import Journal
from shared.submission import Attempt, Diagnosis, Reason
from tests.shared.journal.factories import Bench

BAD_PHONE = Diagnosis(
    field="phone",
    value="+1555",
    rule="The string supplied did not seem to be a phone number",
    fix="correct it: --field phone=+15551234567, or leave it out: --drop phone",
)
NO_IDENTIFIER = Diagnosis(field="email", rule="HighLevel needs an email or a phone")


def a_body(**answers: str) -> bytes:
    return urlencode({"first_name": "Ada", "email": "ada@example.com", **answers}).encode()


def accept(journal: Journal, id: str, **more: object) -> str:
    form = {"provider": "html_form", "content_type": "application/x-www-form-urlencoded", "body": a_body()}
    return Bench(journal).accept(id, **{**form, **more})


def bury(
    journal: Journal,
    id: str,
    reason: Reason = Reason.REJECTED,
    diagnosis: tuple[Diagnosis, ...] = (BAD_PHONE,),
    attempt: Attempt | None = None,
    **more: object,
) -> str:
    bench = Bench(journal)
    form = {"provider": "html_form", "content_type": "application/x-www-form-urlencoded", "body": a_body()}
    lease = bench.leased(id, **{**form, **more})
    lease.store(
        attempt, mapped={"contact": {"email": "ada@example.com"}, "provenance": {"email": {"rule": "the form"}}}
    )
    lease.bury(reason, diagnosis, group=group_of(reason, diagnosis), is_open=True)
    return id


def deliver(journal: Journal, id: str, **more: object) -> str:
    form = {"provider": "html_form", "content_type": "application/x-www-form-urlencoded", "body": a_body()}
    lease = Bench(journal).leased(id, **{**form, **more})
    lease.store(mapped={"contact": {"email": "ada@example.com"}}, upserted={"contact_id": "c1", "new": True})
    lease.delivered({"contact_id": "c1", "new": True})
    return id
