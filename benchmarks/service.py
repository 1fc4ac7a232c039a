"""Requests a second over HTTP: `/v1/score` against an empty Flask echo, under the same gunicorn configuration.

Needs wrk (Debian: `apt-get install wrk`). Servers and load share this machine's cores; so only the ratio says something.

    python benchmarks/service.py
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from statistics import median
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
PORT = 8765
COMMENT = ("The council voted on the new road last night and I still cannot see who gains from it. Three schools lose their playing "
           "field, the bus goes the long way round, and the mayor calls that progress. Ask the shopkeepers in Mill Lane what they think "
           "of it, before the diggers come in spring.")
ROUNDS = 5


class Round(NamedTuple):
    """Requests a second, and the 99th percentile in milliseconds."""

    rate: float
    p99: float


def start(application: str, port: int) -> subprocess.Popen[bytes]:
    """A server, ready to answer."""
    environment = {**os.environ, "MODERATION_PORT": str(port), "MODERATION_LOG_LEVEL": "warning", "PYTHONPATH": f"{ROOT}:{ROOT}/benchmarks"}
    server = subprocess.Popen([sys.executable, "-m", "gunicorn", "--config", str(ROOT / "gunicorn.conf.py"), application], cwd=ROOT,
                              env=environment, stderr=subprocess.DEVNULL)
    _wait(port)
    return server


def _wait(port: int) -> None:
    for _ in range(100):
        try:
            urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{port}/v1/score", b'{"text": ""}'), timeout=1).read()
        except OSError:
            time.sleep(0.1)
        else:
            return
    sys.exit("the server did not start")


def measure(body: Path, port: int) -> Round:
    """One round of load."""
    out = subprocess.run(["wrk", "-t1", "-c8", "-d4s", "--latency", "-s", str(body), f"http://127.0.0.1:{port}/v1/score"],
                         capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in out:
        sys.exit(f"not every request was answered:\n{out}")
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1])  # type: ignore[index]  # wrk prints it always
    number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", out).groups()  # type: ignore[union-attr]  # the same
    return Round(rate, float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit])


def main() -> None:
    """Print both, and how they compare."""
    if not shutil.which("wrk"):
        sys.exit("wrk is not installed; Debian has it: apt-get install wrk")
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "body.lua"
        body = json.dumps({"text": COMMENT})
        script.write_text(f'wrk.method = "POST"\nwrk.body = [==[{body}]==]\nwrk.headers["Content-Type"] = "application/json"\n',
                          encoding="utf-8")
        servers = [start("echo:app", PORT), start("wsgi:app", PORT + 1)]
        try:
            # Turn by turn, so that whatever else the machine does falls on both.
            rounds = [(measure(script, PORT), measure(script, PORT + 1)) for _ in range(ROUNDS + 1)][1:]
        finally:
            for server in servers:
                server.terminate()
                server.wait()
    for name, turns in zip(("echo", "/v1/score"), zip(*rounds, strict=True), strict=True):
        print(f"{name:<10} {median(turn.rate for turn in turns):8.0f} requests/s   p99 {median(turn.p99 for turn in turns):6.2f} ms")
    print(f"{median(score.rate / echo.rate for echo, score in rounds):.0%} of the echo's requests, "
          f"p99 {median(score.p99 / echo.p99 for echo, score in rounds):.1f} times the echo's")


if __name__ == "__main__":
    main()
