"""Things that are made when they are first asked for: once, however many threads ask at the same time."""

from collections.abc import Callable
from functools import cache, wraps
from threading import Lock
from typing import TypeVar

T = TypeVar("T")


def once(make: Callable[[], T]) -> Callable[[], T]:
    """
    Let the first thread that asks make a thing, and the others wait for it.

    `functools.cache` alone lets all threads of a worker make it at the same time, each as slowly as all of them.
    """
    lock, made = Lock(), cache(make)

    @wraps(make)
    def get() -> T:
        with lock:
            return made()

    return get
