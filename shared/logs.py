"""
Log lines: one for each event that an operator would ask about, with the submission's id.

Ids, form names and error types go in; names, emails, phone numbers and secrets never do.
"""

import json
import logging
import sys
from datetime import UTC, datetime

from redis.exceptions import OutOfMemoryError

from shared.settings import Settings

LOGGER = logging.getLogger("hookline")


def configure(settings: Settings) -> None:
    """Write log lines to standard error, in the format and from the level that the environment asks for."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if settings.log_format == "json" else TextFormatter())
    handler.addFilter(_is_no_timer_of_a_full_redis)
    logging.basicConfig(level=settings.log_level, handlers=[handler], force=True)
    # httpx names every URL it calls, and Celery every message; the journal's events say what matters.
    for noisy in ("httpx", "httpcore", "kombu", "amqp", "celery.worker.strategy", "celery.app.trace"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def event(name: str, level: int = logging.INFO, **facts: object) -> None:
    """Log one event with its facts, for example `event("accepted", submission=…, form=…)`."""
    LOGGER.log(level, name, extra={"facts": {key: value for key, value in facts.items() if value not in (None, "")}})


def failure(name: str, error: BaseException, **facts: object) -> None:
    """Log an unforeseen error by its type and place: its message and traceback may hold what a visitor wrote."""
    event(name, logging.ERROR, error=type(error).__name__, place=_place(error), **facts)


class TextFormatter(logging.Formatter):
    """`2026-09-21T13:13:20.000Z INFO hookline accepted submission=… form=…`"""

    def format(self, record: logging.LogRecord) -> str:
        facts = " ".join(f"{key}={_word(value)}" for key, value in getattr(record, "facts", {}).items())
        line = f"{_time(record)} {record.levelname} {record.name} {record.getMessage()} {facts}".rstrip()
        return line + (f"\n{self.formatException(record.exc_info)}" if record.exc_info else "")


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        line = {"at": _time(record), "level": record.levelname, "logger": record.name, "event": record.getMessage()}
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps({**line, **getattr(record, "facts", {})}, default=str)


def _is_no_timer_of_a_full_redis(record: logging.LogRecord) -> bool:
    """Leave out the traceback of kombu's timers, which write to Redis every 10 s: the pump says that it is full."""
    error = record.exc_info[1] if record.exc_info else None
    return not (record.name.startswith("kombu.") and isinstance(error, OutOfMemoryError))


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}" if trace else ""


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _word(value: object) -> str:
    text = str(value)
    return json.dumps(text) if " " in text or '"' in text else text
