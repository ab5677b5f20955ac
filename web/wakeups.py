"""Wake-ups on their way to the broker."""

import logging
import queue
import threading
from collections.abc import Callable

from shared.journal import Job
from shared.logs import event

MOST_WAITING = 1000


class Wakeups:
    """
    Publishes jobs from a thread of its own: a broker that is away or silent must not hold up a request.

    What cannot be published is dropped. The submission is stored and its sender has been answered; the worker's pump
    enqueues a lease again that nobody begins.
    """

    def __init__(self, publish: Callable[[list[Job]], None]) -> None:
        self._publish = publish
        self._waiting: queue.Queue[list[Job]] = queue.Queue(MOST_WAITING)
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def put(self, jobs: list[Job]) -> None:
        """Have these jobs published soon."""
        self._start()
        try:
            self._waiting.put_nowait(jobs)
        except queue.Full:
            event("enqueue_failed", logging.WARNING, jobs=len(jobs), error="too many are waiting")

    def _start(self) -> None:
        # Started with the first job and not before: a server may fork after the application is made.
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="wakeups", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            jobs = self._waiting.get()
            try:
                self._publish(jobs)
            except Exception as error:
                event("enqueue_failed", logging.WARNING, jobs=len(jobs), error=type(error).__name__)
