"""The shape that every form builder's adapter has."""

from collections.abc import Callable
from dataclasses import dataclass

from shared.providers.signatures import SignatureScheme
from shared.submission import Answer, Frozen


class UnreadableBody(Exception):
    """A request body is not what the form's provider sends; the message says what was expected."""


class Reading(Frozen):
    """What one request says: whose submission it is, in which revision, and the answers in their order."""

    answers: tuple[Answer, ...] = ()
    submission_id: str = ""
    revision: str = ""
    ignored: str = ""  # why this is no submission, for example "a test event"


@dataclass(frozen=True)
class Provider:
    """
    One form builder.

    `read(body, content_type)` returns the Reading of a request, or raises UnreadableBody; it is pure, so that the
    receiver and the worker get the same answers from the same bytes.
    """

    name: str
    title: str
    read: Callable[[bytes, str], Reading]
    signature: SignatureScheme | None = None
