"""What a comment costs in each tier, beside a BERT of the size that sites run, in one run on one core; and what a worker weighs.

    pip install -r requirements-bench.txt && pip install --no-deps -r requirements-encoder-train.txt
    python benchmarks/encoder.py

Comments are news as they come in: drawn at random from the project's data where these are there, else those of the seeds, civil and
hostile ones mixed as in the news. BERT-base has random weights, which does not change its speed; it reads as many tokens of each
comment as the encoder does, 512 at most. Rounds are interleaved, so that whatever else the machine does weighs on all alike; ratios
count, not figures.
"""

from __future__ import annotations

import argparse
import csv
import importlib.util
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from moderation import settings
from moderation.scorer import Scorer, ScorerSpec, open_scorer
from moderation.table import DEEP
from moderation.train.commands import DATA

ROUNDS, COMMENTS, BERT_COMMENTS = 5, 400, 8
HOSTILE = 0.07  # of news, by raters
WORDS, LONGEST = 30522, 512  # of BERT
TIERS = ("fast", "auto", "deep")
WANTED = {"deep": 15, "auto": 100}
MEMORY = """
import re, sys
from pathlib import Path
from moderation import settings
from moderation.scorer import ScorerSpec, open_scorer
scorer = open_scorer(ScorerSpec.from_settings(settings.load()))
scorer.score_batch(sys.stdin.read().split("\\0"))
print(int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024)
"""

Ids = npt.NDArray[np.int64]


def news(count: int) -> tuple[list[str], str]:
    """So many comments as news get them, and where they are from."""
    random = np.random.default_rng(1)
    if DATA.exists():
        from moderation.train import calibrate, corpus

        found = corpus.read([DATA])
        rows = np.flatnonzero(calibrate.natural_mix(found)[1][:, 0] > 0)
        return [found.texts[row] for row in random.permutation(rows)[:count]], "news drawn at random"
    with (settings.ROOT / "seeds/comments.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    names = ("derogatory", "personal", "obscene")
    hostile = [row["text"] for row in rows if any(row[name] == "1" for name in names)]
    civil = [row["text"] for row in rows if not any(row[name] == "1" for name in names)]
    pairs = random.random(count) < HOSTILE
    return [str(random.choice(hostile if bad else civil)) for bad in pairs], "the seeds' comments, mixed"


def lengths(scorer: Scorer, texts: Sequence[str]) -> list[int]:
    """The tokens of each comment, [CLS] and [SEP] among them."""
    assert scorer.cascade
    return [min(2 + sum(len(window.ids) for window in scorer.cascade.encoder.windows(text)), LONGEST) for text in texts]


def bert() -> dict[str, Callable[[Ids], object]]:
    """BERT-base of random weights, by torch and by onnxruntime, both fp32 and one thread."""
    import onnxruntime
    import torch

    from moderation.train.encoder import export
    from moderation.train.encoder.network import Network, Shape

    torch.set_num_threads(1)
    network = Network(Shape(WORDS, 12, 768, inner=3072, positions=LONGEST, head_width=64)).eval()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    with tempfile.TemporaryDirectory() as folder:
        export.graph(network, Path(folder) / "bert.onnx")
        session = onnxruntime.InferenceSession(str(Path(folder) / "bert.onnx"), options, providers=["CPUExecutionProvider"])

    def by_torch(ids: Ids) -> object:
        with torch.inference_mode():
            return network(torch.from_numpy(ids), torch.ones(ids.shape, dtype=torch.int64))

    return {"BERT-base, torch": by_torch,
            "BERT-base, onnxruntime": lambda ids: session.run(["logits"], {"input_ids": ids, "attention_mask": np.ones_like(ids)})}


def memory(tier: str, texts: Sequence[str]) -> int:
    """The most memory of a worker of its own that scores the comments, in MB, libraries and model files included."""
    given = "\0".join(texts)
    found = subprocess.run([sys.executable, "-c", MEMORY], env={**os.environ, "MODERATION_TIER": tier}, input=given, capture_output=True,
                           text=True, check=True)
    return int(found.stdout)


def main() -> None:
    """Print comments a second and the times of single ones by tier, the share passed on, the ratios to BERT, and memory."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    scorer = open_scorer(ScorerSpec.from_settings(settings.load()))
    if scorer.cascade is None:
        raise SystemExit(f"no encoder: {scorer.lack}")
    texts, source = news(COMMENTS)
    tokens = lengths(scorer, texts)
    rivals: dict[str, Callable[[Ids], object]] = {}
    if all(map(importlib.util.find_spec, ("torch", "onnx"))):
        rivals = bert()
    else:
        print("torch and onnx are not installed: pip install --no-deps -r requirements-encoder-train.txt\n")
    random = np.random.default_rng(2)
    batches: dict[str, list[float]] = {tier: [] for tier in TIERS}
    singles: dict[str, list[float]] = {name: [] for name in (*TIERS, *rivals)}
    by_token: dict[str, list[float]] = {name: [] for name in rivals}
    for turn in range(ROUNDS):
        for tier in TIERS:
            began = time.perf_counter()
            scorer.score_batch(texts, tier=tier)
            batches[tier].append((time.perf_counter() - began) / len(texts))
        own = slice(turn, None, ROUNDS)
        for number, text in enumerate(texts[own]):
            for tier in TIERS:
                began = time.perf_counter()
                scorer.score(text, tier=tier)
                singles[tier].append(time.perf_counter() - began)
            if number < BERT_COMMENTS:
                given = random.integers(0, WORDS, (1, tokens[own][number]))
                for name, run in rivals.items():
                    began = time.perf_counter()
                    run(given)
                    singles[name].append(time.perf_counter() - began)
                    by_token[name].append(singles[name][-1] / given.shape[1])
    # Few comments are long enough to run a BERT on all of them: its cost for a comment is that for a token times the tokens.
    cost = {tier: statistics.median(rounds) for tier, rounds in batches.items()}
    cost |= {name: statistics.median(found) * statistics.mean(tokens) for name, found in by_token.items()}
    asked = np.mean([tier == DEEP for tier in (scorer.score(text, tier="auto").tier for text in texts)])
    print(f"{len(texts)} comments, {source}, {statistics.mean(tokens):.0f} tokens on average; one core, median of {ROUNDS} rounds")
    print(f"{'':<24}{'ms':>9}{'a second':>12}{'p50 ms':>9}{'p99 ms':>9}")
    for name, taken in cost.items():
        middle, worst = np.quantile(singles[name], (0.5, 0.99)) * 1000
        print(f"{name:<24}{taken * 1000:9.3f}{1 / taken:12,.0f}{middle:9.2f}{worst:9.2f}")
    print(f"auto asks the encoder about {asked:.1%}, at {cost['auto'] / cost['deep']:.1%} of deep's cost")
    for name in rivals:
        print(f"{name}: " + ", ".join(f"{tier} is {cost[name] / cost[tier]:.0f} times faster (wanted: {wanted})"
                                      for tier, wanted in WANTED.items()))
    kept = scorer.cascade.join.facts["chosen"]
    print(f"auto keeps {kept['changes']:.0%} of the actions that deep changes and {kept['found']:.0%} of the hostile comments\n"
          "that it finds beyond fast (models/encoder/TIERS.md)")
    print("memory of a worker: " + ", ".join(f"{tier} {memory(tier, texts)} MB" for tier in ("fast", "deep")) + " (wanted: under 250)")


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    main()
