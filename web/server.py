"""
How gunicorn serves web: `gunicorn -c python:web.server "web.app:create_app()"`.

The names below are gunicorn's (https://gunicorn.org/reference/settings/).
"""

import os
from typing import Any

from shared import leash, logs
from web.app import load_config_or_exit, load_settings_or_exit, look_at_redis_or_exit
from web.server_log import ServerLog

_settings = load_settings_or_exit()
_SHARED_MEMORY = "/dev/shm"  # noqa: S108 - where it exists, it is memory

# Not [::], which a machine without IPv6 does not have.
bind = f"0.0.0.0:{_settings.port}"
workers = _settings.web_concurrency
worker_class = "web.gathering.GatheringWorker"
threads = 8
# Of these, the slowest are turned away first; a process without a setting of its own may open 1,024 files.
worker_connections = 500
# What arrives while a process is starting or stuck waits in the kernel, and so do the rest of a flood.
backlog = 512
timeout = 20
# Heroku ends what still runs 30 s after SIGTERM.
graceful_timeout = 25
# Heroku's router keeps its connections for 90 s and must not find one closed.
keepalive = 100
# Nothing leaks here, and each restart would be a needless gap.
max_requests = 0
worker_tmp_dir = _SHARED_MEMORY if os.path.isdir(_SHARED_MEMORY) else None  # noqa: PTH112
preload_app = False
control_socket_disable = True

# A signed URL or a long query is refused with 414 or 431, far above what form builders send.
limit_request_line = 8190
limit_request_fields = 100
limit_request_field_size = 16 * 1024

# No access log unless somebody asks for one (Heroku does, with --access-logfile -): each event has its own line.
accesslog = None
access_log_format = '"%(m)s %(U)s" %(s)s %(b)s bytes %(M)s ms'
logger_class = ServerLog


def on_starting(_server: object) -> None:
    """Check configuration and Redis once, before the first worker: gunicorn would start a failing one for ever."""
    load_config_or_exit(_settings)
    logs.configure(_settings)
    look_at_redis_or_exit(_settings)


def post_worker_init(worker: Any) -> None:
    """End the server in order when `hookline run`, which has started it, was killed."""
    # From here, since a server with threads of its own had better not fork.
    leash.watch(worker.ppid)
