"""What each step of the scorer costs in process: microseconds a comment, on the labelled seeds repeated.

    python benchmarks/scorer.py
"""

from __future__ import annotations

import argparse
import csv
import time
from collections.abc import Callable

from moderation import exclusions, settings
from moderation.scorer import ScorerSpec, open_scorer
from moderation.text import fold_batch

ROUNDS, REPEATS = 5, 20


def best(work: Callable[[], object], count: int) -> float:
    """The fastest round, in microseconds a comment."""
    times = []
    for _ in range(ROUNDS):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return min(times) / count * 1e6


def main() -> None:
    """Print one line for each step, for a batch and for single comments."""
    scorer = open_scorer(ScorerSpec.from_settings(settings.load()))
    with (settings.ROOT / "seeds/comments.csv").open(encoding="utf-8", newline="") as file:
        texts = [row["text"] for row in csv.DictReader(file)] * REPEATS
    batch = fold_batch(texts)
    found = scorer.lexicon.find_batch(batch)
    restored = scorer.lexicon.restore(batch)
    scores = scorer.classifier.predict_folded(restored)
    steps: dict[str, Callable[[], object]] = {
        "exclude": lambda: exclusions.blank(texts, scorer.policy.exclude),
        "fold": lambda: fold_batch(texts),
        "find": lambda: scorer.lexicon.find_batch(batch),
        "find and restore": lambda: scorer.lexicon.restore(batch),
        "predict": lambda: scorer.classifier.predict_folded(restored),
        "fuse and decide": lambda: scorer.policy.decide(scorer.policy.fuse(scores, found)),
        "score_batch": lambda: scorer.score_batch(texts, tier="fast"),
        "one by one": lambda: [scorer.score_batch([text], tier="fast") for text in texts],
        "one by one, with assessment": lambda: [scorer.score(text, tier="fast") for text in texts],
    }
    length = sum(map(len, texts)) / len(texts)
    print(f"{len(texts)} comments of {length:.0f} characters, {len(found) / len(texts):.0%} with words of the lexicon")
    for name, work in steps.items():
        print(f"{name:<28}{best(work, len(texts)):8.2f} µs")


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    main()
