import logging
from collections.abc import Iterator

import pytest
from redis.exceptions import OutOfMemoryError

from shared import logs
from shared.settings import Settings


@pytest.fixture
def _root() -> Iterator[None]:
    """Give the root logger back as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.usefixtures("_root")
def test_a_timer_of_kombu_that_a_full_redis_refuses_is_left_out_and_no_other(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.configure(Settings())
    for error in (OutOfMemoryError("OOM"), RuntimeError("any other")):
        logging.getLogger("kombu.asynchronous.hub").error("Error in timer: %r", error, exc_info=error)

    said = capsys.readouterr().err
    assert "OutOfMemoryError" not in said
    assert "Error in timer: RuntimeError" in said
