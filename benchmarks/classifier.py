"""What a classified comment costs, beside a bare C loop and alt-profanity-check, in one run on one core.

    pip install -r requirements-bench.txt
    python benchmarks/classifier.py

Rounds are interleaved, so that whatever else the machine does weighs on all alike; ratios count, not figures.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cffi
import numpy as np

from moderation import kernels, settings
from moderation.classifier import LinearClassifier
from moderation.scorer import ScorerSpec, open_scorer
from moderation.text import fold_batch

ROUNDS, COMMENTS, SINGLES, LENGTH = 7, 4000, 300, 135
DRESSED = {"'": "’", '"': "”", "-": "—", ".": "…"}  # a fifth of the comments is not ASCII


def comments() -> list[str]:
    """Comments of the seeds, cut or joined to about LENGTH characters; every fifth with curly quotes and an emoji."""
    with (settings.ROOT / "seeds/comments.csv").open(encoding="utf-8", newline="") as file:
        seeds = itertools.cycle([row["text"].replace("\n", " ") for row in csv.DictReader(file)])
    made = []
    for index in range(COMMENTS):
        text = next(seeds)
        while len(text) < LENGTH - 20:
            text += " " + next(seeds)
        text = text[:LENGTH].rsplit(" ", 1)[0]
        dressed = "".join(DRESSED.get(char, char) for char in text) + " 👍🏽"
        made.append(dressed if index % 5 == 0 else text.encode("ascii", "ignore").decode())
    return made


def bare_loop(texts: list[str], table: np.ndarray, buckets: int) -> Callable[[], object]:
    """The compiled yardstick, ready to run on the texts."""
    folder = tempfile.mkdtemp()
    library = str(Path(folder) / "bare_loop.so")
    source = str(Path(__file__).with_name("bare_loop.c"))
    subprocess.run([sys.executable, "-m", "ziglang", "cc", *kernels.FLAGS, "-o", library, source], check=True)
    ffi = cffi.FFI()
    ffi.cdef("void bare_loop(const char *texts, const int64_t *offsets, int64_t n, const int8_t *table, uint32_t buckets, int32_t *sums);")
    loaded = ffi.dlopen(library)

    def run() -> object:
        encoded = [text.encode() for text in texts]
        offsets = np.array([0, *itertools.accumulate(map(len, encoded))], np.int64)
        sums = np.empty((len(texts), 8), np.int32)
        loaded.bare_loop(b"".join(encoded), ffi.from_buffer("int64_t[]", offsets), len(texts), ffi.from_buffer("int8_t[]", table), buckets,
                         ffi.from_buffer("int32_t[]", sums))
        return sums

    return run


def main() -> None:
    """Print microseconds a comment and comments a second, then the ratios that the project holds itself to."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    texts = comments()
    model = LinearClassifier.load(settings.ROOT / "models/default")
    scorer = open_scorer(ScorerSpec.from_settings(settings.load()))
    few = texts[:SINGLES]
    works: dict[str, tuple[Callable[[], object], int]] = {
        "bare C loop, batch": (bare_loop(texts, model.arrays["table"], model.features.buckets), COMMENTS),
        "fold, batch": (lambda: fold_batch(texts), COMMENTS),
        "fold and classify, batch": (lambda: model.predict(texts), COMMENTS),
        "fold and classify, one by one": (lambda: [model.predict([text]) for text in few], SINGLES),
        "scorer.score_batch": (lambda: scorer.score_batch(texts, tier="fast"), COMMENTS),
        "scorer.score": (lambda: [scorer.score(text, tier="fast") for text in few], SINGLES),
    }
    try:
        import profanity_check
    except ImportError:
        print("alt-profanity-check is not installed: pip install -r requirements-bench.txt\n")
    else:
        works["alt-profanity-check, batch"] = (lambda: profanity_check.predict_prob(texts), COMMENTS)
        works["alt-profanity-check, one by one"] = (lambda: [profanity_check.predict_prob([text]) for text in few[:30]], 30)
    times: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(ROUNDS):
        for name, (work, count) in works.items():
            began = time.process_time()
            work()
            times[name].append((time.process_time() - began) / count * 1e6)
    cost = {name: statistics.median(rounds) for name, rounds in times.items()}
    print(f"{COMMENTS} comments of {sum(map(len, texts)) / COMMENTS:.0f} characters, median of {ROUNDS} rounds, one core")
    for name, taken in cost.items():
        print(f"{name:<34}{taken:10.2f} µs{1e6 / taken:14,.0f} a second")
    ratios = [("fold and classify, batch", "bare C loop, batch", ""), ("scorer.score_batch", "bare C loop, batch", "at most 6"),
              ("alt-profanity-check, batch", "fold and classify, batch", ""),
              ("alt-profanity-check, batch", "scorer.score_batch", "at least 2"),
              ("alt-profanity-check, one by one", "scorer.score", "at least 100")]
    for slow, fast, wanted in ratios:
        if slow in cost:
            print(f"{slow} / {fast}: {cost[slow] / cost[fast]:.1f}" + (f" (wanted: {wanted})" if wanted else ""))


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    main()
