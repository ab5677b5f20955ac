"""gunicorn's log without what a URL may hold: tokens stand in the path and in the query."""

import logging
import re
from typing import Any

from gunicorn.glogging import Logger  # type: ignore[import-untyped]

PLACES = re.compile(r"(/hooks/[^/\s?\"']+/)[^\s?\"']+|(?<=\?)[^\s\"']+|(?<![A-Za-z])token=[^\s&\"']+", re.IGNORECASE)


class ServerLog(Logger):  # type: ignore[misc]
    """gunicorn's log with tokens blotted out of its messages and out of whatever an access log may show."""

    def setup(self, cfg: Any) -> None:
        """Set the log up, and let each message of it pass through the blotter."""
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.addFilter(blotted)

    def atoms(self, *request: Any) -> dict[str, Any]:
        """Return what an access log may show of a request; headers are left out."""
        atoms = super().atoms(*request)
        return {
            name: without_tokens(value) if isinstance(value, str) else value
            for name, value in atoms.items()
            if not name.startswith("{")
        } | {"q": "", "f": "-", "u": "-"}


def blotted(record: logging.LogRecord) -> bool:
    """Blot the tokens out of a log record; it is always logged."""
    record.msg, record.args = without_tokens(record.getMessage()), ()
    return True


def without_tokens(text: str) -> str:
    """Return a text with the tokens of any URL in it blotted out."""
    return PLACES.sub(lambda found: f"{found[1] or ''}[removed]", text)
