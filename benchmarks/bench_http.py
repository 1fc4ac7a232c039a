"""The service's figures: `/v1/score` against an empty echo, memory of four workers, batches against the scorer in process.

Needs wrk (Debian: `apt-get install wrk`). Servers and load share this machine's cores, so ratios say more than rates.

    python benchmarks/bench_http.py
"""

from __future__ import annotations

import http.client
import json
import os
import time
from pathlib import Path

import service

from moderation import settings
from moderation.scorer import ScorerSpec, open_scorer

BATCH = 500
COMMENTS = [f"{service.COMMENT[index % 40:]} {index}" for index in range(BATCH)]


def pss(pid: int) -> int:
    """Kilobytes that a process and its children take, what they share counted once."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    own = Path(f"/proc/{pid}/smaps_rollup").read_text().partition("\nPss:")[2].split()[0]
    return int(own) + sum(pss(int(child)) for child in children)


def post(port: int, body: bytes) -> bytes:
    """One batch over a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", "/v1/score/batch", body)
    answer = connection.getresponse().read()
    connection.close()
    return answer


def main() -> None:
    """Print all figures."""
    service.main()
    os.environ["MODERATION_WORKERS"] = "4"
    server = service.start("wsgi:app", service.PORT)
    try:
        body = json.dumps({"comments": [{"text": text} for text in COMMENTS]}).encode()
        for _ in range(40):  # every worker has scored
            post(service.PORT, body)
        print(f"four workers and their parent: {pss(server.pid) / 1000:.0f} MB (PSS)")
        rounds = []
        for _ in range(10):
            began = time.perf_counter()
            post(service.PORT, body)
            rounds.append(time.perf_counter() - began)
    finally:
        server.terminate()
        server.wait()
    scorer = open_scorer(ScorerSpec.from_settings(settings.load()))
    alone = []
    for _ in range(10):
        began = time.perf_counter()
        for assessment in scorer.score_batch(COMMENTS):
            assert assessment.decision
        alone.append(time.perf_counter() - began)
    print(f"batch over HTTP {BATCH / min(rounds):8.0f} comments/s, in process {BATCH / min(alone):8.0f} comments/s: "
          f"{min(rounds) / min(alone):.1f} times the time")


if __name__ == "__main__":
    main()
