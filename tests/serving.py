"""The service as it runs: gunicorn with workers of its own, on a free port, with its log."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil

from moderation.settings import ROOT


class Served:
    """A running service. `log` is all that it has written."""

    def __init__(self, folder: Path, workers: int = 2, **variables: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._log = folder / "log"
        given = {f"MODERATION_{name.upper()}": value for name, value in variables.items()}
        environment = {"PATH": os.environ["PATH"], "MODERATION_PORT": str(self.port), "MODERATION_WORKERS": str(workers),
                       "MODERATION_KEYS": str(folder / "keys.json"), "MODERATION_DATABASE_URL": f"sqlite:///{folder}/labels.db",
                       "MODERATION_OPEN": "no" if (folder / "keys.json").exists() else "yes", **given}
        command = [sys.executable, "-m", "gunicorn", "wsgi:app"]
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)

    def __enter__(self) -> Served:
        for _ in range(1200):
            try:
                if self.get("/healthz")[0] == 200:
                    return self
            except OSError:
                pass
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        self.__exit__()
        raise AssertionError(f"the service did not start:\n{self.log}")

    def __exit__(self, *failure: object) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    @property
    def log(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    @property
    def workers(self) -> list[int]:
        """The process ids of the workers."""
        return [child.pid for child in psutil.Process(self.process.pid).children()]

    def request(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, dict[str, str], bytes]:
        """One request over a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            with connection.getresponse() as response:  # it owns the socket where the connection is not kept
                return response.status, dict(response.getheaders()), response.read()
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        return self.request("GET", path, **headers)

    def post(self, path: str, body: object = None, **headers: str) -> tuple[int, object]:
        status, _, content = self.request("POST", path, json.dumps(body).encode(), **headers)
        return status, json.loads(content)

    def versions(self, requests: int = 20) -> set[str]:
        """The policies that some requests were answered by."""
        return {self.post("/v1/score", {"text": "fig"})[1]["versions"]["policy"] for _ in range(requests)}
