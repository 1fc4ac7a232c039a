"""How gunicorn runs the service: `gunicorn wsgi:app` reads this file, and it reads the settings."""

import os
import shutil
import sys
import tempfile

from moderation import settings
from moderation.errors import LoadError
from moderation.keys import check_exposure

try:
    _settings = settings.load()
    _exposure = check_exposure(_settings)
except LoadError as error:
    sys.exit(str(error))

# Before the application is imported: workers add up their counts by files in this folder.
_counts = None if "PROMETHEUS_MULTIPROC_DIR" in os.environ else tempfile.mkdtemp(prefix="moderation-counts-")
os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", _counts or "")

bind = f"[{_settings.host}]:{_settings.port}" if ":" in _settings.host else f"{_settings.host}:{_settings.port}"
workers = _settings.workers
worker_class = "gthread"  # connections are kept alive, and a slow client holds a thread rather than a worker
threads = 4
control_socket_disable = True
preload_app = True  # the model is loaded once and its memory shared
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # heartbeats must not wait for a disk
timeout = 30
graceful_timeout = 30
keepalive = 5
max_requests = 0
loglevel = _settings.log_level
accesslog = None  # the service writes its own line for each request


def when_ready(server):
    """Say who is answered."""
    server.log.warning("moderation listens on %s; %s", bind, _exposure)


def on_exit(server):
    """Remove the counts."""
    if _counts:
        shutil.rmtree(_counts, ignore_errors=True)
