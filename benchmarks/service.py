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

ROOT = Path(__file__).resolve().parent.parent
PORT = 8765
COMMENT = ("The council voted on the new road last night and I still cannot see who gains from it. Three schools lose their playing "
           "field, the bus goes the long way round, and the mayor calls that progress. Ask the shopkeepers in Mill Lane what they think "
           "of it, before the diggers come in spring.")
ROUNDS = 3


def load(application: str, body: Path) -> tuple[float, float]:
    """Requests a second and the 99th percentile in milliseconds: the median round by requests."""
    environment = {**os.environ, "MODERATION_PORT": str(PORT), "MODERATION_LOG_LEVEL": "warning", "PYTHONPATH": f"{ROOT}:{ROOT}/benchmarks"}
    server = subprocess.Popen([sys.executable, "-m", "gunicorn", "--config", str(ROOT / "gunicorn.conf.py"), application], cwd=ROOT,
                              env=environment, stderr=subprocess.DEVNULL)
    try:
        _wait()
        rounds = sorted(_round(body) for _ in range(ROUNDS + 1))
        return rounds[len(rounds) // 2]
    finally:
        server.terminate()
        server.wait()


def _wait() -> None:
    for _ in range(100):
        try:
            urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{PORT}/v1/score", b'{"text": ""}'), timeout=1).read()
        except OSError:
            time.sleep(0.1)
        else:
            return
    sys.exit("the server did not start")


def _round(body: Path) -> tuple[float, float]:
    out = subprocess.run(["wrk", "-t1", "-c8", "-d4s", "--latency", "-s", str(body), f"http://127.0.0.1:{PORT}/v1/score"],
                         capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in out:
        sys.exit(f"not every request was answered:\n{out}")
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1])  # type: ignore[index]
    number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", out).groups()  # type: ignore[union-attr]
    return rate, float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def main() -> None:
    """Print both, and how they compare."""
    if not shutil.which("wrk"):
        sys.exit("wrk is not installed; Debian has it: apt-get install wrk")
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "body.lua"
        body = json.dumps({"text": COMMENT})
        script.write_text(f'wrk.method = "POST"\nwrk.body = [==[{body}]==]\nwrk.headers["Content-Type"] = "application/json"\n',
                          encoding="utf-8")
        echo, echo_p99 = load("echo:app", script)
        score, score_p99 = load("wsgi:app", script)
    print(f"echo       {echo:8.0f} requests/s   p99 {echo_p99:6.2f} ms")
    print(f"/v1/score  {score:8.0f} requests/s   p99 {score_p99:6.2f} ms   {score / echo:.0%} of the echo's requests")


if __name__ == "__main__":
    main()
