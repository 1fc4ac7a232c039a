"""Requests a second over HTTP: `/v1/score` against an empty Flask echo, under the same gunicorn configuration.

Needs wrk (Debian: `apt-get install wrk`). Servers and load share this machine's cores with whatever else runs on it, so only ratios say
something: the echo and the service are loaded turn by turn for a second each, many times, and each turn of the service is compared with
the echo's before and after it. What is printed is the median of these ratios, with their quartiles.

    python benchmarks/service.py
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from statistics import median, quantiles
from typing import NamedTuple

import psutil

ROOT = Path(__file__).resolve().parent.parent
PORT = 8765
COMMENT = ("The council voted on the new road last night and I still cannot see who gains from it. Three schools lose their playing "
           "field, the bus goes the long way round, and the mayor calls that progress. Ask the shopkeepers in Mill Lane what they think "
           "of it, before the diggers come in spring.")
TIERS = ("fast", "auto")  # by which the comment is scored; the encoder need not be asked about it


class Round(NamedTuple):
    """Requests a second, the 99th percentile in milliseconds, and the workers' microseconds of processor for a request."""

    rate: float
    p99: float
    cost: float


def spread(values: Sequence[float], digits: int = 2) -> str:
    """The median with the quartiles."""
    low, _, high = quantiles(values, n=4, method="inclusive")
    return f"{median(values):.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


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


def _nanoseconds(pid: int) -> int:
    """Of processor that a server's workers have had."""
    tasks = (task for worker in psutil.Process(pid).children() for task in Path(f"/proc/{worker.pid}/task").iterdir())
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks)


def measure(body: Path, server: subprocess.Popen[bytes], port: int, seconds: int = 1) -> Round:
    """One round of load."""
    before = _nanoseconds(server.pid)
    out = subprocess.run(["wrk", "-t1", "-c8", f"-d{seconds}s", "--latency", "-s", str(body), f"http://127.0.0.1:{port}/v1/score"],
                         capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in out:
        sys.exit(f"not every request was answered:\n{out}")
    told = re.search(r"99%\s+([\d.]+)(us|ms|s)\b.*?(\d+) requests in.*?Requests/sec:\s+([\d.]+)", out, re.DOTALL)
    if told is None:
        sys.exit(f"wrk did not print what is read of it:\n{out}")
    number, unit, count, rate = told.groups()
    return Round(float(rate), float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit],
                 (_nanoseconds(server.pid) - before) / 1000 / int(count))


def compare(rounds: int) -> None:
    """Print the echo's figures, and the service's beside them."""
    if not shutil.which("wrk"):
        sys.exit("wrk is not installed; Debian has it: apt-get install wrk")
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "body.lua"
        body = json.dumps({"text": COMMENT})
        script.write_text(f'wrk.method = "POST"\nwrk.body = [==[{body}]==]\nwrk.headers["Content-Type"] = "application/json"\n',
                          encoding="utf-8")
        servers = [start("echo:app", PORT)]
        try:
            servers += [start("wsgi:app", PORT + 1 + index, tier=tier) for index, tier in enumerate(TIERS)]
            for port, server in enumerate(servers, PORT):
                measure(script, server, port, 3)  # every worker has answered
            echoes: list[Round] = [measure(script, servers[0], PORT)]
            ours: list[list[Round]] = [[] for _ in TIERS]
            for _ in range(rounds):
                for port, (server, turns) in enumerate(zip(servers[1:], ours, strict=True), PORT + 1):
                    turns.append(measure(script, server, port))
                    echoes.append(measure(script, servers[0], PORT))
        finally:
            for server in servers:
                server.terminate()
                server.wait()
    print(f"{'echo':<15}{_figures(echoes)}")
    for index, (tier, turns) in enumerate(zip(TIERS, ours, strict=True)):
        beside = [(echoes[place], echoes[place + 1]) for place in range(index, len(echoes) - 1, len(TIERS))]
        rates, times, costs = ([2 * getattr(turn, field) / (getattr(before, field) + getattr(after, field))
                                for turn, (before, after) in zip(turns, beside, strict=True)] for field in Round._fields)
        print(f"{'/v1/score ' + tier:<15}{_figures(turns)}")
        print(f"{'':<15}of the echo's: requests {spread(rates)}, p99 {spread(times)}, processor {spread(costs)}")


def _figures(rounds: list[Round]) -> str:
    rate, p99, cost = (median(getattr(turn, field) for turn in rounds) for field in Round._fields)
    return f"{rate:7.0f} requests/s   p99 {p99:6.2f} ms   {cost:5.0f} µs of processor a request"


def arguments(description: str | None) -> argparse.Namespace:
    """What the command line says, or its help."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20, help="turns of a second for each server, at least 2 (default: 20)")
    given = parser.parse_args()
    if given.rounds < 2:
        parser.error(f"--rounds: expected at least 2, got {given.rounds}")
    return given


if __name__ == "__main__":
    compare(arguments(__doc__).rounds)
