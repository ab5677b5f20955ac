"""A worker of web that has little patience, so that a test need not have more."""

import web.gathering
from web.gathering import GatheringWorker

web.gathering.REQUEST_SECONDS = 1.0
web.gathering.MOST_WAITING = 2
web.gathering.MOST_HELD_BYTES = 256 * 1024


class HurriedWorker(GatheringWorker):
    """Web's worker; all that is different stands above."""
