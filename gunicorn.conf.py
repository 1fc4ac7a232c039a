"""How gunicorn runs the service: `gunicorn wsgi:app` reads this file, and it reads the settings."""

import gc
import os
import shutil
import sys
import tempfile

from moderation import settings
from moderation.errors import LoadError, SettingsError
from moderation.keys import check_exposure

try:
    _settings = settings.load()
except SettingsError as error:
    sys.exit(str(error))

# Before the application is imported: workers add up their counts by files in this folder.
_PREFIX = "moderation-counts-"
if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix=_PREFIX)

bind = f"[{_settings.host}]:{_settings.port}" if ":" in _settings.host else f"{_settings.host}:{_settings.port}"
workers = _settings.workers
worker_class = "moderation.service.worker.PatientWorker"  # a slow client holds no thread; connections are kept alive
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


def _settle():
    """Leave what the first process holds as it is: no worker goes through it for garbage, or writes to the pages that all share."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def when_ready(server):
    """Say who is answered."""
    _settle()
    scorer = server.app.wsgi().extensions.get("scorer")  # none: another application by the same settings, as benchmarks serve
    if scorer:
        lack = f" (no encoder: {scorer.lack})" if scorer.lack else ""
        server.log.warning("moderation listens on %s; %s; tier %s%s", bind, check_exposure(_settings), scorer.tier, lack)


def pre_fork(server, worker):
    """Bring what a new worker is made of up to date, so that workers share its memory."""
    for catch_up in server.app.wsgi().extensions.get("before_fork", ()):
        catch_up()
    gc.freeze()


def on_reload(server):
    """SIGHUP: new policy, lexicon and model if they are good, the last good ones if not; the workers that follow are made with them."""
    try:
        server.app.wsgi().extensions["reload"].reload()
    except LoadError as error:
        server.log.error("%s\nthe last good versions go on, in new workers", error)
    _settle()


def worker_exit(server, worker):
    """Count the last requests of a worker that stops."""
    metrics = getattr(worker.wsgi, "extensions", {}).get("metrics")
    if metrics:
        metrics.flush()


def on_exit(server):
    """Remove the counts, if the folder is ours."""
    folder = os.environ["PROMETHEUS_MULTIPROC_DIR"]
    if _PREFIX in folder:
        shutil.rmtree(folder, ignore_errors=True)
