"""Training the linear classifier: from a corpus, split beforehand, to a model whose every number was chosen on data.

Knows the order of the steps: targets, descent on the training part, quantisation, join and calibration on the development
part. The test part is not looked at here. Deterministic by seed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from moderation.classifier import Lengths, LinearClassifier
from moderation.features import OUTPUTS, FeatureSpec
from moderation.train import calibrate, descend
from moderation.train import corpus as corpora
from moderation.train.corpus import ATTRIBUTES, DEVELOPMENT, TRAIN, Corpus

# How much a row of a source counts: its labels and how it was drawn can be trusted less.
SOURCE_WEIGHTS: Mapping[str, float] = {"davidson": 0.3, "guest_misogyny": 0.5}
# Sources that share a register and a way of drawing rows share a bias in training, the others have one each: so a source with
# many positives does not make its style look hostile, while the clean and the hostile rows of one register teach together.
REGISTERS: Mapping[str, str] = {
    "civil_comments": "news", "civil_toxic_spans": "news",
    "jigsaw_tcc": "wikipedia", "jigsaw_tcc_cleaned": "wikipedia", "wiki_context_gc": "wikipedia", "wiki_context_gn": "wikipedia",
    "paradetox_toxic": "paradetox", "paradetox_neutral": "paradetox",
}


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that training decides beforehand."""

    features: FeatureSpec = field(default_factory=lambda: FeatureSpec(char_min=3))
    lengths: Lengths = field(default_factory=lambda: Lengths(least=8.0, half=1500.0, gate=1000.0))
    descent: descend.Descent = field(default_factory=lambda: descend.Descent(epochs=6, rate=1.0, start=0.1, decay=5e-4))
    source_weights: Mapping[str, float] = field(default_factory=lambda: SOURCE_WEIGHTS)
    clean_weight: float = 1.0
    mixtures: int = 4000
    seed: int = 0


Progress = Callable[[str, int, int], object]  # what is done, how many of it now, of how many


def targets(corpus: Corpus, recipe: Recipe) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Labels and importance, (n, 6): a missing label has importance 0, unless the comment is implied clean."""
    stated = ~np.isnan(corpus.labels)
    clean = ~stated & corpus.implied_clean[:, None]
    importance = stated + recipe.clean_weight * clean
    for source, weight in recipe.source_weights.items():
        importance[corpus.sources == source] *= weight
    return np.nan_to_num(corpus.labels).astype(np.float32), importance.astype(np.float32)


def groups(corpus: Corpus) -> npt.NDArray[np.int32]:
    """The number of each row's register."""
    names = [REGISTERS.get(str(source), str(source)) for source in corpus.sources]
    numbers: npt.NDArray[np.int32] = np.unique(names, return_inverse=True)[1].astype(np.int32)
    return numbers


def quantise(weights: npt.NDArray[np.float32], k: int, clip: float = 1e-5) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float64]]:
    """Weights as whole steps, (buckets, 8) int8, and what a step is worth, (k,); the largest few are cut off."""
    seen = np.abs(weights[:, :k])
    limit = np.array([np.quantile(column[column > 0], 1 - clip) if (column > 0).any() else 1.0 for column in seen.T], np.float64)
    step = limit / 127
    table = np.zeros((len(weights), OUTPUTS), np.int8)
    table[:, :k] = np.clip(np.rint(weights[:, :k] / step), -127, 127)
    return table, step


def fit(corpus: Corpus, part: npt.NDArray[np.int8], name: str, recipe: Recipe, progress: Progress = lambda *_: None) -> LinearClassifier:
    """A classifier from a corpus whose rows are marked TRAIN, DEVELOPMENT or TEST; the last are never read."""
    train, development = corpus.take(part == TRAIN), corpus.take(part == DEVELOPMENT)
    spec = recipe.features
    data = descend.matrix(train.texts, spec, lambda done: progress("reading", done, len(train)))
    labels, importance = targets(train, recipe)
    weights, _ = descend.descend(data, descend.norm(np.diff(data.rows), recipe.lengths), labels, importance, spec.buckets, recipe.descent,
                                 groups=groups(train), progress=lambda done: progress("fitting", done, recipe.descent.epochs * len(train)))
    del data
    return finish(weights, development, name, recipe)


def finish(weights: npt.NDArray[np.float32], development: Corpus, name: str, recipe: Recipe) -> LinearClassifier:
    """Quantise weights, then fit join and calibration on the development part, to the quantised weights."""
    spec, k = recipe.features, len(ATTRIBUTES)
    table, step = quantise(weights, k)
    served = np.zeros_like(weights)
    served[:, :k] = table[:, :k] * step
    labels, importance = targets(development, recipe)
    toxic = np.flatnonzero((development.labels[:, 0] >= 0.7) & np.char.startswith(development.sources, "civil"))
    clean = np.flatnonzero(development.implied_clean & (development.sources == "civil_comments"))
    texts, hidden = ([], []) if not len(toxic) or not len(clean) else \
        calibrate.mixtures(development.texts, clean, toxic, recipe.mixtures, recipe.seed)
    mixed_labels = np.array([np.zeros(k) if row < 0 else labels[row] for row in hidden]).reshape(-1, k)
    mixed_importance = np.array([np.ones(k) if row < 0 else importance[row] for row in hidden]).reshape(-1, k)
    found = calibrate.parts(descend.matrix([*development.texts, *texts], spec), recipe.lengths, served, k)
    join = calibrate.fit_join(found, np.concatenate([labels, mixed_labels]).astype(np.float64),
                              np.concatenate([importance, mixed_importance]).astype(np.float64))
    logits = calibrate.join_logits(found, join)[: len(development)]
    knots, values = calibrate.calibrate(logits, *calibrate.natural_mix(development))
    return LinearClassifier(name, ATTRIBUTES, spec, recipe.lengths, table, step, join, knots, values)


def gather(paths: Sequence[Path | str], seed: int, mapping: Mapping[str, str] | None = None,
           contrast_file: Path | None = None) -> tuple[Corpus, npt.NDArray[np.int8]]:
    """The files' rows without duplicates, and the part of each; contrasts all go to training."""
    corpus = corpora.deduplicate(corpora.read(paths, mapping))
    part = corpora.split(corpus, seed)
    if contrast_file is not None:
        extra = corpora.read_contrasts(contrast_file)
        corpus = corpora.concatenate([corpus, extra])
        part = np.concatenate([part, np.full(len(extra), TRAIN, np.int8)])
    return corpus, part


def demo(contrast_file: Path, seed: int) -> tuple[Corpus, npt.NDArray[np.int8]]:
    """The contrast sentences alone, split: enough to see in seconds that training works."""
    corpus = corpora.read_contrasts(contrast_file)
    return corpus, corpora.split(corpus, seed)
