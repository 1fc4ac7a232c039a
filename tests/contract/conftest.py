"""A running service for clients as they are published: gunicorn on a free port, with keys, and the Node clients beside it."""

import gc
import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import NamedTuple

import pytest

from moderation import keys
from moderation.settings import ROOT

HERE = Path(__file__).parent
COMMENTS = json.loads((HERE.parent / "cases/dialects.json").read_text(encoding="utf-8"))["comments"]
SECRET = "whsec-contract"


class Server(NamedTuple):
    """Where it listens, and the key of a caller who may score and label, and Coral's secret."""

    url: str
    key: str
    secret: str

    def post(self, path, body, **headers):
        """The JSON of an answer by a client that knows nothing."""
        request = urllib.request.Request(self.url + path, json.dumps(body).encode(), {"Authorization": f"Bearer {self.key}", **headers})
        with urllib.request.urlopen(request, timeout=20) as response:
            return json.loads(response.read() or b"{}")


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("contract")
    key, _ = keys.create(folder / "keys.json", "contract", ("score", "label"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MODERATION_")} | {
        "MODERATION_PORT": str(port), "MODERATION_KEYS": str(folder / "keys.json"), "MODERATION_CORAL_SECRETS": SECRET,
        "MODERATION_DATABASE_URL": f"sqlite:///{folder}/labels.db", "MODERATION_WORKERS": "1"}
    command = [sys.executable, "-m", "gunicorn", "wsgi:app"]
    with (folder / "log").open("wb") as log, subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log) as process:
        try:
            wait_for(f"http://127.0.0.1:{port}/healthz", process, folder / "log")
            yield Server(f"http://127.0.0.1:{port}", key, SECRET)
        finally:
            process.terminate()
            process.wait(30)


def wait_for(url, process, log):
    for _ in range(600):
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            assert process.poll() is None, log.read_text(encoding="utf-8")
            time.sleep(0.1)
    raise AssertionError(f"the service did not answer: {log.read_text(encoding='utf-8')}")


@pytest.fixture(scope="session")
def node(request):
    """`node(script, *arguments)` runs JavaScript beside the locked packages; its output as JSON."""
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("node and npm are not installed: left out are the clients perspective-api-client and openai of npm")
    lock = (HERE / "package-lock.json").read_bytes()
    folder = Path(request.config.cache.mkdir(f"node-{hashlib.sha256(lock).hexdigest()[:12]}"))
    if not (folder / "installed").exists():
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, folder)
        subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"], cwd=folder, check=True, timeout=300)
        (folder / "installed").touch()

    def run(script, *arguments):
        environment = os.environ | {"NODE_PATH": str(folder / "node_modules")}
        command = ["node", "-e", script, "--", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


@pytest.fixture(autouse=True)
def tidy():
    """Close what a client leaves open while its warnings are ignored, not in the midst of another test."""
    yield
    gc.collect()


@pytest.fixture(params=COMMENTS, ids=range(len(COMMENTS)))
def comment(request):
    return request.param


@pytest.fixture
def native(server, comment):
    """What the native dialect says of the comment."""
    return server.post("/v1/score", {"text": comment})
