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
TIERS = ("fast", "auto")  # by which the comment is scored; the encoder need not be asked about it


class Round(NamedTuple):
    """Requests a second, and the 99th percentile in milliseconds."""

    rate: float
    p99: float


def start(application: str, port: int, **variables: str) -> subprocess.Popen[bytes]:
    """A server, ready to answer; by settings of the service if any are given."""
    given = {f"MODERATION_{name.upper()}": value for name, value in variables.items()}
    environment = {**os.environ, "MODERATION_LOG_LEVEL": "warning", **given, "MODERATION_PORT": str(port),
                   "PYTHONPATH": f"{ROOT}:{ROOT}/benchmarks"}
    server = subprocess.Popen([sys.executable, "-m", "gunicorn", "--config", str(ROOT / "gunicorn.conf.py"), application], cwd=ROOT,
                              env=environment, stderr=subprocess.DEVNULL)
    try:
        _wait(port)
    except BaseException:
        server.terminate()
        raise
    return server


def _wait(port: int) -> None:
    for _ in range(600):
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
        servers = [start("echo:app", PORT), *(start("wsgi:app", PORT + 1 + index, tier=tier) for index, tier in enumerate(TIERS))]
        try:
            # Turn by turn, so that whatever else the machine does falls on all.
            rounds = [[measure(script, PORT + index) for index in range(len(servers))] for _ in range(ROUNDS + 1)][1:]
        finally:
            for server in servers:
                server.terminate()
                server.wait()
    for index, name in enumerate(("echo", *(f"/v1/score {tier}" for tier in TIERS))):
        rate, p99 = (median(getattr(turns[index], field) for turns in rounds) for field in Round._fields)
        share = median(turns[index].rate / turns[0].rate for turns in rounds)
        times = median(turns[index].p99 / turns[0].p99 for turns in rounds)
        beside = f"   {share:.0%} of the echo's requests, p99 {times:.1f} times the echo's" if index else ""
        print(f"{name:<14} {rate:8.0f} requests/s   p99 {p99:6.2f} ms{beside}")


if __name__ == "__main__":
    main()
