"""The shape that every form builder's adapter has."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from pydantic import JsonValue

from shared.providers.proof_grades import GRADES, ProofGrade, grade_of
from shared.providers.signatures import SignatureScheme
from shared.submission import Answer, Frozen

# How a sender can prove itself, by the key of the configuration; the strongest stands first.
Proof = Literal["secret", "header_token", "bearer", "basic", "body_token", "url_token"]


class UnreadableBody(Exception):
    """A request body is not what the form's provider sends; the message says what was expected."""


class Reading(Frozen):
    """
    What one request says: whose submission it is, in which revision, and the answers in their order.

    A builder that sends one submission several times gives each sending a `revision` of its own, and a `progress` that
    never goes down from an older revision to a newer one, such as the unix time of the change in ms. 0 says that there
    is no such order.
    """

    answers: tuple[Answer, ...] = ()
    submission_id: str = ""
    revision: str = ""
    progress: int = 0
    is_partial: bool = False  # the visitor has not finished yet
    ignored: str = ""  # why this is no submission, for example "a test event"


@dataclass(frozen=True)
class Challenge:
    """How a builder asks by GET whether a URL is ours: the parameters of the query, by their names."""

    asks: tuple[str, str]  # the parameter that says so, and its value
    token: str  # the one that has to be the form's verify_token
    answer: str  # the one that is sent back as it is


@dataclass(frozen=True)
class Resource:
    """Something to get at a builder's API: the path below its address, and the query."""

    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    is_shared: bool = False  # alike for all submissions of a form, so not kept with each


def _as_it_says(status: int, _answer: JsonValue) -> int:
    return status


@dataclass(frozen=True)
class Lookup:
    """
    How the answers of a submission are fetched, of a builder whose webhook brings its id only.

    `resources(body, content_type, properties)` names what to get, `read(found)` returns the answers in the JSON that
    came, in the same order. Both are pure, and may raise UnreadableBody. The token goes into an Authorization header.
    """

    base_url: str  # the address of the API, unless the form names another one
    resources: Callable[[bytes, str, Sequence[str]], tuple[Resource, ...]]
    read: Callable[[Sequence[JsonValue]], tuple[Answer, ...]]
    scopes: str  # what the token must be allowed, in the builder's words
    status_of: Callable[[int, JsonValue], int] = _as_it_says  # what an error means in HTTP, if it has a code of its own
    takes_properties: bool = False  # has to be told which properties of a contact are wanted


@dataclass(frozen=True)
class Provider:
    """
    One form builder.

    `read(body, content_type)` returns the Reading of a request, or raises UnreadableBody; it is pure, so that the
    receiver and the worker get the same answers from the same bytes. The texts are for people: they stand in
    `hookline providers` and in the README.

    `split(body, content_type)`, of a builder that sends many submissions in one request, returns each as a body that
    `read` takes, without the others; it may raise UnreadableBody.
    """

    name: str  # as `provider = "…"` in the configuration
    title: str  # as its makers write it
    read: Callable[[bytes, str], Reading]
    setup: str  # where its user pastes the URL and the secret; {url} stands for the URL
    recognised: str  # by what a submission is known when it comes again
    retries: str  # what its sender does when it gets no 200
    quirks: str = ""  # what is peculiar in what it sends, and handled
    signature: SignatureScheme | None = None
    split: Callable[[bytes, str], tuple[bytes, ...]] | None = None
    fetch: Lookup | None = None  # how the answers are had, if the body brings ids only
    challenge: Challenge | None = None
    carries: tuple[Proof, ...] = ("url_token",)  # the proofs that it can send, the strongest first
    id_header: str = ""  # the header that names the submission, if the body does not
    is_verified: bool = True  # False: made from hearsay; nobody has published what it sends
    tells_hidden: bool = False  # says of every answer that the page gives, and no visitor types, that it is "hidden"
    by_browser: bool = False  # the visitor's browser sends it, so that what proves it stands in a public page
    unavailable_status: int = 503  # what makes its sender come again when nothing can be stored
    limited_status: int = 503  # and when it sends too much: 429 where it is known to come again after that

    @property
    def proof_grade(self) -> ProofGrade:
        """Return what the best of the proofs that it can send is worth."""
        grades = [grade_of((proof,), by_browser=self.by_browser) for proof in self.carries]
        return max(grades, key=GRADES.index, default="none")
