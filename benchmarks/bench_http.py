"""The service's figures: `/v1/score` against an empty echo, memory of four workers, batches against the scorer in process.

Needs wrk (Debian: `apt-get install wrk`). Servers and load share this machine's cores, so ratios say more than rates: what is compared
takes turns, and the median of the ratios is printed with their quartiles.

    python benchmarks/bench_http.py
"""

from __future__ import annotations

import http.client
import json
import os
import time

import psutil
import service

from moderation import settings
from moderation.scorer import Scorer, ScorerSpec, open_scorer

BATCH = 500
COMMENTS = [f"{service.COMMENT[index % 40:]} {index}" for index in range(BATCH)]


def megabytes(pid: int) -> float:
    """What a process and its children take, what they share counted once (PSS)."""
    process = psutil.Process(pid)
    return sum(one.memory_full_info().pss for one in (process, *process.children(recursive=True))) / 1e6


def post(port: int, body: bytes) -> float:
    """Seconds that one batch took, over a connection of its own."""
    began = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", "/v1/score/batch", body)
    connection.getresponse().read()
    connection.close()
    return time.perf_counter() - began


def score(scorer: Scorer) -> float:
    """Seconds that the same comments took in this process, each row looked at."""
    began = time.perf_counter()
    for assessment in scorer.score_batch(COMMENTS):
        assert assessment.decision
    return time.perf_counter() - began


def batches(rounds: int) -> None:
    """Print the memory of four workers, and what batches take."""
    os.environ["MODERATION_WORKERS"] = "4"
    server = service.start("wsgi:app", service.PORT)
    try:
        body = json.dumps({"comments": [{"text": text} for text in COMMENTS]}).encode()
        for _ in range(40):  # every worker has scored
            post(service.PORT, body)
        print(f"four workers and their parent: {megabytes(server.pid):.0f} MB (PSS)")
        scorer = open_scorer(ScorerSpec.from_settings(settings.load()))
        turns = [(post(service.PORT, body), score(scorer)) for _ in range(rounds)]
    finally:
        server.terminate()
        server.wait()
    over, alone = (min(turn[index] for turn in turns) for index in range(2))
    print(f"batches of {BATCH}: at best {BATCH / over:.0f} comments/s over HTTP, {BATCH / alone:.0f} in process; "
          f"{service.spread([http / process for http, process in turns])} times the time")


def main() -> None:
    """Print all figures."""
    rounds = service.arguments(__doc__).rounds
    service.compare(rounds)
    batches(5 * rounds)


if __name__ == "__main__":
    main()
