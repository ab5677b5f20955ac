"""`python -m worker`: one worker process."""

import os
import sys

from shared import leash, logs
from shared.redis_health import look_at_start
from shared.settings import SettingsError, load_settings
from shared.tables import ConfigError
from worker.app import create_worker


def main() -> None:
    """Run a worker until it is told to end; exit 1 with a plain message when it cannot start."""
    try:
        settings = load_settings()
        logs.configure(settings)
        leash.watch(os.getpid())
        look_at_start(settings)
        app = create_worker(settings)
    except (SettingsError, ConfigError) as error:
        sys.exit(str(error))
    # These three cost Redis connections and tell nothing that the journal does not know. (`app.worker_main` would end
    # with 0 whatever happened, and the platform would not start the worker again.)
    worker = app.Worker(quiet=True, without_gossip=True, without_mingle=True, without_heartbeat=True)
    worker.start()
    sys.exit(worker.exitcode)


if __name__ == "__main__":
    main()
