"""The commands `moderation train` and `moderation evaluate model`. Thin: parse, call, print.

Nothing heavy is imported before a command runs, so that `moderation --help` stays quick.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moderation import settings
from moderation.classifier import LinearClassifier
from moderation.errors import DataError, Problem

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from moderation.train.corpus import Corpus
    from moderation.train.fit import Progress, Recipe

DATA = settings.ROOT.parent / "shared/data/train.parquet"
CONTRASTS = settings.ROOT / "seeds/contrasts"
TRAINED = [CONTRASTS / f"{name}.toml" for name in (
    "train", "train_short", "frames_train", "frames_talk", "frames_hostile", "frames_civil", "frames_veiled", "frames_fair", "frames_told",
    "frames_aimed", "frames_nearby", "frames_shapes")]
MODELS = settings.ROOT / "models"


def add_train(subparsers: Any) -> None:
    """Add `train` to the command line's parsers."""
    train = subparsers.add_parser("train", help="train a model from labelled comments, or adapt one to a site's own")
    train.add_argument("data", nargs="*", type=Path, metavar="DATA",
                       help=f"Parquet, CSV, TSV or JSON lines (default: {DATA.name} of the project)")
    train.add_argument("--out", type=Path, default=MODELS / "default", help="the model's folder; its name is the model's name")
    train.add_argument("--column", action="append", default=[], metavar="OURS=THEIRS",
                       help="which column holds the text or an attribute: --column text=body --column toxicity=is_toxic")
    train.add_argument("--contrasts", type=Path, action="append", metavar="FILE",
                       help="contrast sentences to train on as well (default: those of the project)")
    train.add_argument("--teacher", type=Path, metavar="FOLDER",
                       help="an encoder: what it makes of comments fills missing labels and is half of the stated ones")
    train.add_argument("--teacher-most", type=int, metavar="N",
                       help="the most comments that the teacher reads, some milliseconds each (default: all of at most 300 characters)")
    train.add_argument("--teacher-scores", type=Path, metavar="FILE",
                       help="written as the teacher reads, and gone on from; by any number of encoders and data")
    train.add_argument("--base", type=Path, help="adapt this model instead of training anew; wants --add")
    train.add_argument("--add", type=Path, action="append", default=[], help="a site's own labels, in any of the formats")
    train.add_argument("--seed", type=int, default=0, help="the same seed gives the same model")
    train.add_argument("--demo", action="store_true", help="train in seconds on the contrast sentences alone, to see that training works")
    train.add_argument("--open-test", action="store_true", help="let the card show the test part: once, for a model to be published")
    train.set_defaults(run=_train)


def add_evaluate(subparsers: Any) -> None:
    """Add `model` to what `evaluate` measures."""
    evaluate = subparsers.add_parser("model", help="a model on labelled comments; two models side by side")
    evaluate.add_argument("model", type=Path, help="the model's folder")
    evaluate.add_argument("data", nargs="*", type=Path, metavar="DATA", help="labelled comments (default: those of the project)")
    evaluate.add_argument("--with", dest="other", type=Path, help="another model's folder, to be compared in pairs")
    evaluate.add_argument("--part", choices=("development", "test", "all"), default="development",
                          help="which part of the data; the test part is for the card")
    evaluate.add_argument("--column", action="append", default=[], metavar="OURS=THEIRS", help="as for `train`")
    evaluate.add_argument("--page", type=Path, help="write an HTML page with curves as well")
    evaluate.add_argument("--threshold", type=float, default=0.5, help="of toxicity, for the tables that count flagged comments")
    evaluate.add_argument("--seed", type=int, default=0, help="of the split")
    evaluate.set_defaults(run=_evaluate)


def add_ideas(subparsers: Any) -> None:
    """Add `ideas` to what `evaluate` measures."""
    ideas = subparsers.add_parser("ideas", help="what each main idea of training is worth: trains without one after another")
    ideas.add_argument("data", nargs="*", type=Path, metavar="DATA", help="labelled comments (default: those of the project)")
    ideas.add_argument("--column", action="append", default=[], metavar="OURS=THEIRS", help="as for `train`")
    ideas.add_argument("--share", type=float, default=0.1, help="of the training rows that teach, from 0 to 1; time goes with it")
    ideas.add_argument("--seed", type=int, default=0, help="of the split, the draw and the training")
    ideas.set_defaults(run=_ideas)


def _mapping(columns: list[str]) -> dict[str, str] | None:
    problems = [Problem(f"--column {column}", "expected OURS=THEIRS", "as in --column text=body")
                for column in columns if "=" not in column]
    if problems:
        raise DataError("the command line", problems)
    return dict(column.split("=", 1) for column in columns) or None


def _data(paths: list[Path]) -> list[Path]:
    if not paths and not DATA.exists():
        raise DataError("the command line", [Problem("DATA", "no file is named and the project's own data are not there",
                                                     "name a file, or give --demo")])
    return paths or [DATA]


def _progress() -> Progress:
    from tqdm import tqdm

    bars: dict[str, Any] = {}

    def progress(what: str, done: int, total: int) -> None:
        if what not in bars:
            for bar in bars.values():
                bar.close()
            bars[what] = tqdm(total=total, desc=what, unit="comment", unit_scale=True, mininterval=0.5)
        bars[what].update(done)

    return progress


def _train(arguments: argparse.Namespace) -> int:
    from moderation.train import card, fit

    if arguments.teacher and (arguments.base or arguments.demo):
        raise DataError("the command line", [Problem("--teacher", "teaches only new models, of comments", "leave out --base and --demo")])
    if arguments.teacher_most is not None and arguments.teacher_most < 1:
        raise DataError("the command line", [Problem("--teacher-most", f"expected a number of comments, got {arguments.teacher_most}")])
    progress = _progress()
    if arguments.base:
        return _adapt(arguments, progress)
    recipe = fit.Recipe(seed=arguments.seed)
    if arguments.demo:
        corpus, part = fit.demo((arguments.contrasts or TRAINED)[0], arguments.seed)
    else:
        corpus, part = fit.gather(_data(arguments.data), arguments.seed, _mapping(arguments.column), arguments.contrasts or TRAINED)
    if arguments.teacher:
        model = _taught(arguments, corpus, part, recipe, progress)
    else:
        model = fit.fit(corpus, part, arguments.out.name, recipe, progress)
    points = card.publish(model, arguments.out, corpus, part, open_test=arguments.open_test)
    print(f"{model.version} is in {arguments.out}\n\nIts operating points, for the policy:\n\n{points}")
    return 0


def _taught(arguments: argparse.Namespace, corpus: Corpus, part: npt.NDArray[np.int8], recipe: Recipe,
            progress: Progress) -> LinearClassifier:
    from moderation.encoder import Encoder
    from moderation.lexicon import Lexicon
    from moderation.train import fit, teacher
    from moderation.train.corpus import TRAIN

    found, encoder = settings.load(), Encoder.load(arguments.teacher)
    lexicon = Lexicon.load(found.lexicon_paths, found.languages)
    taught = teacher.read(corpus.take(part == TRAIN), encoder, lexicon, arguments.teacher_most, arguments.teacher_scores, progress)
    model = fit.fit(corpus, part, arguments.out.name, recipe, progress, taught)
    read = int((taught[:, 0] >= 0).sum())
    model.facts["teacher"] = {"version": encoder.version, "read": read, "heeded": recipe.heeded}
    return model


def _adapt(arguments: argparse.Namespace, progress: Progress) -> int:
    from moderation.train import adapt, card, fit
    from moderation.train import corpus as corpora

    if not arguments.add:
        raise DataError("the command line", [Problem("--base", "wants the site's own labels", "name them with --add")])
    base = LinearClassifier.load(arguments.base)
    corpus, part = fit.gather(_data(arguments.data), arguments.seed, _mapping(arguments.column), arguments.contrasts or TRAINED)
    added = corpora.deduplicate(corpora.read(arguments.add, _mapping(arguments.column)))
    model, joined, parts = adapt.adapt(base, corpus, part, added, arguments.out.name, fit.Recipe(seed=arguments.seed), progress)
    losses = adapt.losses(base, model, corpus, part)
    print(adapt.gains(base, model, joined, parts))
    if losses:
        print(f"\n{model.version} is not published, since it is worse than {base.version} on the base's own test part:")
        print("\n".join(f"  {loss}" for loss in losses))
        return 1
    points = card.publish(model, arguments.out, joined, parts)
    print(f"{model.version} is in {arguments.out}\n\nIts operating points, for the policy:\n\n{points}")
    return 0


def _part(corpus: Corpus, part: str, seed: int) -> Corpus:
    from moderation.train import corpus as corpora

    if part == "all":
        return corpus
    wanted = {"development": corpora.DEVELOPMENT, "test": corpora.TEST}[part]
    return corpus.take(corpora.split(corpus, seed) == wanted)


def _evaluate(arguments: argparse.Namespace) -> int:
    from moderation.train import card, evaluate
    from moderation.train import corpus as corpora

    model = LinearClassifier.load(arguments.model)
    corpus = _part(corpora.deduplicate(corpora.read(_data(arguments.data), _mapping(arguments.column))), arguments.part, arguments.seed)
    contrasts = corpora.read_contrasts(*card.TEST_CONTRASTS)
    tables, drawn = evaluate.measure(model, corpus, contrasts, arguments.threshold)
    title = f"{model.version}, {arguments.part} part, {len(corpus):,} comments"
    if arguments.other:
        other = LinearClassifier.load(arguments.other)
        title = f"{model.version} and {other.version}, {arguments.part} part, {len(corpus):,} comments"
        tables.insert(0, evaluate.comparison_table(corpus, evaluate.predict(model, corpus.texts), evaluate.predict(other, corpus.texts)))
    print("\n\n".join([title, *(table.text() for table in tables)]))
    if arguments.page:
        evaluate.write_page(arguments.page, title, tables, drawn)
    return 0


def _ideas(arguments: argparse.Namespace) -> int:
    from moderation.train import ablate, fit
    from moderation.train import corpus as corpora

    if not 0 < arguments.share <= 1:
        raise DataError("the command line", [Problem("--share", f"expected a share above 0, up to 1, got {arguments.share:g}")])
    corpus, part = fit.gather(_data(arguments.data), arguments.seed, _mapping(arguments.column), TRAINED)
    kept = corpora.read_contrasts(CONTRASTS / "frames_choice.toml")
    recipe = fit.Recipe(mixtures=ablate.MIXTURES, seed=arguments.seed)
    found = ablate.table(corpus, part, kept, arguments.share, recipe, progress=_progress())
    print(f"{found.title}\n\n{found.markdown()}")
    return 0
