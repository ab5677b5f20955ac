"""What waits, and for what, in words."""

from collections.abc import Callable, Mapping

from cli.output import moment
from shared.journal import Hold
from shared.status import CUSTOM_FIELDS, FETCH, Detail, Queued, because

# By the cause that `status` and the lists name in one word: first of several, then of one, with the way out.
MANY: Mapping[str, str] = {
    "worker": "for a worker to live",
    "hold": "for the hold to end",
    "person": "for another submission of the same person",
    CUSTOM_FIELDS: "for a token that may read the custom fields",
    FETCH: "for their answers, which their form's builder does not give away",
    "contacts scope": "for a token that may read contacts",
    "outcome": "until it can be found out whether their contact was made",
    "configuration": "for a configuration that knows them",
    "retry": "to be tried again",
    "turn": "for their turn",
}
ONE: Mapping[str, Callable[[Detail], str]] = {
    "worker": lambda _: "for a worker to live: start one, or see in its log why it ended",
    "hold": lambda one: f"for the hold of {one.location} to end, see `hookline hold list`",
    "person": lambda _: "for another submission of the same person; it goes when that one is settled",
    CUSTOM_FIELDS: lambda one: f"for the custom fields of {one.location}, which its form needs",
    FETCH: lambda one: f"for its answers, which the builder of {one.form} does not give away",
    "contacts scope": lambda one: (
        f"for a token of {one.location} that may read contacts (View Contacts, contacts.readonly): {one.form} has to "
        "look whom it would change before it writes"
    ),
    "outcome": lambda _: (
        "until it can be found out whether its contact was made: a call to make it got no answer, and "
        "HighLevel's search lags up to two minutes"
    ),
    "configuration": lambda one: (
        f"for a configuration that knows {one.form} and {one.location}: add what is missing "
        "and restart the worker; after an hour it becomes a dead letter"
    ),
    "retry": lambda _: "to be tried again, see the failures in its history",
    "turn": lambda one: f"for its turn, by the rate limit of {one.location}",
}


def wait(detail: Detail) -> str:
    """Return what a submission waits for, why, and until when; nothing when it does not wait."""
    if detail.waits_for is None:
        return ""
    words = ONE[detail.waits_for](detail) if detail.waits_for in ONE else f"for {detail.waits_for}"
    parts = [words, detail.waits_because, f"next look at {moment(detail.next_look)}" if detail.next_look else ""]
    if detail.waits_for == CUSTOM_FIELDS:
        parts.append(f"`hookline hold lift {detail.location}` asks HighLevel anew")
    if detail.waits_for == FETCH:
        parts.append(f"`hookline hold lift {detail.form}` asks anew")
    return "\n".join(part for part in parts if part)


def waits(queue: Queued) -> str:
    """Return what the submissions of a form or a location wait for, and since when."""
    causes = ", ".join(
        f"{number} wait {MANY.get(cause, f'for {cause}')}" for cause, number in queue.waiting_for.items()
    )
    since = f"; the oldest since {moment(queue.oldest_waiting)}" if queue.oldest_waiting else ""
    return causes + since


def held(hold: Hold) -> str:
    """Return which location or form waits, why, and until when."""
    if hold.kind == FETCH:
        return f"form {hold.form} cannot fetch its answers: {hold.reason} Next look at {moment(hold.probe_at)}"
    if hold.kind == CUSTOM_FIELDS:
        return (
            f"location {hold.location} cannot have its custom fields read: {hold.reason} "
            f"Next look at {moment(hold.probe_at)}"
        )
    return f"location {hold.location} is held: {because(hold)}; next probe at {moment(hold.probe_at)}"
