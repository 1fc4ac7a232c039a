"""The command `moderation train-cascade`. Thin: nothing heavy is imported before it runs."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from moderation import settings


def add_commands(subparsers: Any) -> None:
    """Add `train-cascade` to the command line's parsers."""
    train = subparsers.add_parser("train-cascade", help="join an encoder to a linear model: writes cascade.json into the encoder's folder")
    train.add_argument("data", nargs="*", type=Path, metavar="DATA", help="labelled comments, as for `train`")
    train.add_argument("--model", type=Path, default=settings.ROOT / "models/default", help="the linear model's folder")
    train.add_argument("--encoder", type=Path, default=settings.ROOT / "models/encoder", help="the encoder's folder")
    train.add_argument("--policy", type=Path, default=settings.ROOT / "seeds/policy.toml", help="by whose thresholds the bounds are chosen")
    train.add_argument("--most", type=int, default=20_000, help="the most comments to read; each takes some milliseconds")
    train.set_defaults(run=_train)


def _train(arguments: argparse.Namespace) -> int:
    from moderation.train import cascade
    from moderation.train.commands import _data

    join = cascade.run(arguments.model, arguments.encoder, arguments.policy, _data(arguments.data), arguments.most)
    print(join)
    return 0
