"""Senders that behave as form builders do: some send again until they are heard, some twice, some never."""

import random
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import httpx

from bench.stage import TOKEN

SENDERS = 24
GIVE_UP_SECONDS = 300.0
TWICE_SHARE = 0.02  # of the submissions are sent again although they were answered


@dataclass(frozen=True)
class Builder:
    """How a form builder sends: its deadline for an answer, its tries, its pause between them."""

    name: str
    deadline_seconds: float
    tries: int
    pause_seconds: float
    names_submissions: bool = True


BUILDERS = (
    Builder("sends until it hears 200", 10, tries=10_000, pause_seconds=0.5),
    Builder("three tries, 5 s each", 5, tries=3, pause_seconds=2),
    Builder("one try, 5 s", 5, tries=1, pause_seconds=0),
    Builder("names no submission, sends again", 10, tries=10_000, pause_seconds=1, names_submissions=False),
)


@dataclass(frozen=True)
class Lead:
    """One person who fills in one form."""

    number: int
    form: str
    builder: Builder
    is_sent_twice: bool

    @property
    def email(self) -> str:
        return f"p{self.number}@example.com"

    @property
    def answer(self) -> str:
        """Return what the person answers to the question that no field takes, so that only a note proves it."""
        return f"blend {self.number}"

    def body(self) -> dict[str, str]:
        named = {"id": f"lead-{self.number}"} if self.builder.names_submissions else {}
        return {**named, "name": f"Person {self.number}", "email": self.email, "tea": self.answer}

    def contact(self) -> dict[str, str]:
        """Return what HighLevel has to have of the person."""
        names = {"firstName": "Person", "lastName": str(self.number), "name": f"Person {self.number}"}
        return {**names, "email": self.email}

    def note(self, submission_id: str) -> str:
        """Return the note that has to be there once the submission is delivered."""
        return f"tea: {self.answer}\n\n({self.form}, {submission_id})"


def leads(number: int, forms: Sequence[str], source: random.Random, first: int = 0) -> list[Lead]:
    """Return that many leads, spread over the forms and the builders."""
    return [
        Lead(at, forms[at % len(forms)], source.choice(BUILDERS), source.random() < TWICE_SHARE)
        for at in range(first, first + number)
    ]


@dataclass
class Load:
    """
    Sends leads evenly over some seconds.

    `told` is what the senders were told, `refused` who gave up, `failed_at` when a request was not answered 200.
    """

    leads: Sequence[Lead]
    ports: Sequence[int]
    seconds: float
    told: dict[str, str] = field(default_factory=dict)
    refused: list[Lead] = field(default_factory=list)
    answers: dict[int, int] = field(default_factory=dict)
    failed_at: list[float] = field(default_factory=list)
    _stopped: threading.Event = field(default_factory=threading.Event)

    def start(self) -> "Load":
        self._thread = threading.Thread(target=self._run, name="load", daemon=True)
        self._thread.start()
        return self

    def join(self) -> None:
        self._thread.join()

    def stop(self) -> None:
        """Send nothing more."""
        self._stopped.set()

    @property
    def is_running(self) -> bool:
        return self._thread.is_alive()

    def _run(self) -> None:
        began = time.monotonic()
        pause = self.seconds / max(1, len(self.leads))
        limits = httpx.Limits(max_connections=SENDERS, max_keepalive_connections=SENDERS)
        with httpx.Client(trust_env=False, limits=limits) as http, ThreadPoolExecutor(SENDERS) as pool:

            def send(place: int) -> None:
                self._stopped.wait(max(0, began + place * pause - time.monotonic()))
                self._send(http, self.leads[place])

            for _ in pool.map(send, range(len(self.leads))):
                pass

    def _send(self, http: httpx.Client, lead: Lead) -> None:
        began = time.monotonic()
        for attempt in range(lead.builder.tries):
            if self._stopped.is_set() or time.monotonic() - began > GIVE_UP_SECONDS:
                break
            if told := self._post(http, lead, attempt):
                self.told[lead.email] = told
                if lead.is_sent_twice:
                    self._post(http, lead, attempt)
                return
            self._stopped.wait(lead.builder.pause_seconds)
        self.refused.append(lead)

    def _post(self, http: httpx.Client, lead: Lead, attempt: int) -> str:
        port = self.ports[(lead.number + attempt) % len(self.ports)]
        url = f"http://127.0.0.1:{port}/hooks/{lead.form}/{TOKEN}"
        try:
            answer = http.post(url, json=lead.body(), timeout=lead.builder.deadline_seconds)
        except httpx.HTTPError:  # it may have been accepted, but the sender cannot tell
            self._count(0)
            return ""
        self._count(answer.status_code)
        if answer.status_code != 200:
            return ""
        content: dict[str, Any] = answer.json()
        return str(content["id"])

    def _count(self, status: int) -> None:
        if status != 200:
            self.failed_at.append(time.time())
        self.answers[status] = self.answers.get(status, 0) + 1
