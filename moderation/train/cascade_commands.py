"""The commands `moderation train-cascade` and `evaluate-tiers`. Thin: nothing heavy is imported before they run."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from moderation import settings


def add_commands(subparsers: Any) -> None:
    """Add both to the command line's parsers."""
    train = subparsers.add_parser("train-cascade", help="join an encoder to a linear model: writes cascade.json into the encoder's folder")
    train.add_argument("data", nargs="*", type=Path, metavar="DATA", help="labelled comments, as for `train`")
    train.add_argument("--model", type=Path, default=settings.ROOT / "models/default", help="the linear model's folder")
    train.add_argument("--encoder", type=Path, default=settings.ROOT / "models/encoder", help="the encoder's folder")
    train.add_argument("--policy", type=Path, default=settings.ROOT / "seeds/policy.toml", help="by whose thresholds the bounds are chosen")
    train.add_argument("--most", type=int, default=20_000, help="the most comments to read; each takes some milliseconds")
    train.set_defaults(run=_train)
    tiers = subparsers.add_parser("evaluate-tiers", help="measure fast, auto and deep as served: writes TIERS.md beside the encoder")
    tiers.add_argument("data", nargs="*", type=Path, metavar="DATA", help="labelled comments, as for `train`")
    tiers.add_argument("--open-test", action="store_true", help="the test part and the frames for testing: once, for what is published")
    tiers.add_argument("--most", type=int, default=40_000, help="the most comments to read; each takes some milliseconds")
    tiers.set_defaults(run=_evaluate)


def _train(arguments: argparse.Namespace) -> int:
    from moderation.train import cascade
    from moderation.train.commands import _data

    join = cascade.run(arguments.model, arguments.encoder, arguments.policy, _data(arguments.data), arguments.most)
    print(join)
    return 0


def _evaluate(arguments: argparse.Namespace) -> int:
    import numpy as np

    from moderation.errors import DataError, Problem
    from moderation.scorer import ScorerSpec, open_scorer
    from moderation.train import fit, tiers
    from moderation.train.commands import CONTRASTS, _data, _progress
    from moderation.train.corpus import DEVELOPMENT, TEST
    from moderation.train.encoder import frames

    values = settings.load()
    scorer = open_scorer(ScorerSpec.from_settings(values))
    if scorer.cascade is None or values.encoder is None:
        raise DataError("the tiers", [Problem("the encoder", f"is not served: {scorer.lack}")])
    corpus, part = fit.gather(_data(arguments.data), 0)
    rows = np.flatnonzero(part == (TEST if arguments.open_test else DEVELOPMENT))
    shown = corpus.take(np.sort(np.random.default_rng(0).permutation(rows)[: arguments.most]))
    spoken = frames.read(CONTRASTS / (frames.TEST if arguments.open_test else frames.CHOICE)).corpus
    name = "test part and the frames for testing" if arguments.open_test else "development part and the frames for choices"
    print(tiers.write(values.encoder, scorer, shown, spoken, name, _progress()))
    return 0
