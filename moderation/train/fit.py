"""Training the linear classifier: from a corpus, split beforehand, to a model whose every number was chosen on data.

Knows the order of the steps: targets, descent on the training part, quantisation, join and calibration on the development
part. The test part is not looked at here. Deterministic by seed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from moderation import identities
from moderation.classifier import Lengths, LinearClassifier
from moderation.features import OUTPUTS, FeatureSpec, ngrams
from moderation.groups import WORDS
from moderation.text import fold_batch
from moderation.train import calibrate, descend
from moderation.train import corpus as corpora
from moderation.train.corpus import ATTRIBUTES, DEVELOPMENT, TRAIN, Corpus

# How much a row of a source counts: its labels and how it was drawn can be trusted less.
SOURCE_WEIGHTS: Mapping[str, float] = {"davidson": 0.3, "guest_misogyny": 0.5, "contrasts": 1.0, "frames": 0.2}
# Sources that share a register and a way of drawing rows share a bias in training, the others have one each: so a source with
# many positives does not make its style look hostile, while the clean and the hostile rows of one register teach together.
REGISTERS: Mapping[str, str] = {
    "civil_comments": "news", "civil_toxic_spans": "news",
    "jigsaw_tcc": "wikipedia", "jigsaw_tcc_cleaned": "wikipedia", "wiki_context_gc": "wikipedia", "wiki_context_gn": "wikipedia",
    "paradetox_toxic": "paradetox", "paradetox_neutral": "paradetox",
}


# What an attribute's weights take over from another's, in standard deviations of their sums: few rows say what a threat or an
# insult is, many say what is toxic. Chosen by leaving sources out of training.
SHARING: Mapping[tuple[str, str], float] = {
    ("insult", "toxicity"): 0.4, ("threat", "toxicity"): 0.3, ("identity_attack", "toxicity"): 0.1, ("profanity", "toxicity"): 0.1,
    ("toxicity", "insult"): 0.1, ("toxicity", "profanity"): 0.1,
}
TEACHER_EPOCHS = 3
LEAST_MASS = 20  # labels of either class that a register's own bias needs


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that training decides beforehand.

    Attributes
    ----------
    clean_weight : of labels that are not stated but implied by a comment being clean.
    named_weight : of clean news comments that name a group of people, which balances the hostile ones that do (Dixon et al. 2018).
    heeded : a teacher's share in the labels that are stated or implied, where it has read the comment.
    taught_weight : of labels that are neither, nor a teacher's, and are filled by models of the other half of the rows; 0 for none.
    sharing : see SHARING.
    mixtures : long texts made for the join, every third with a hostile comment inside.
    """

    features: FeatureSpec = field(default_factory=lambda: FeatureSpec(char_min=3, word_max=3, shout=True, skip=True, groups=True))
    lengths: Lengths = field(default_factory=lambda: Lengths(least=8.0, half=1500.0, gate=1000.0))
    descent: descend.Descent = field(default_factory=lambda: descend.Descent(epochs=6, rate=1.0, start=0.1, decay=5e-4))
    source_weights: Mapping[str, float] = field(default_factory=lambda: SOURCE_WEIGHTS)
    clean_weight: float = 1.0
    named_weight: float = 1.5
    heeded: float = 0.5
    taught_weight: float = 0.3
    sharing: Mapping[tuple[str, str], float] = field(default_factory=lambda: SHARING)
    mixtures: int = 12000
    seed: int = 0


Progress = Callable[[str, int, int], object]  # what is done, how many of it now, of how many


def targets(corpus: Corpus, recipe: Recipe) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Labels and importance, (n, 6): a missing label has importance 0, unless the comment is implied clean."""
    stated = ~np.isnan(corpus.labels)
    clean = ~stated & corpus.implied_clean[:, None]
    importance = stated + recipe.clean_weight * clean
    if recipe.named_weight != 1:
        news = np.flatnonzero((corpus.sources == "civil_comments") & corpus.implied_clean)
        named = identities.mentions([corpus.texts[row] for row in news])[1].any(axis=1)
        importance[news[named]] *= recipe.named_weight
    for source, weight in recipe.source_weights.items():
        importance[corpus.sources == source] *= weight
    return np.nan_to_num(corpus.labels).astype(np.float32), importance.astype(np.float32)


def groups(corpus: Corpus) -> npt.NDArray[np.int32]:
    """The number of each row's register."""
    names = [REGISTERS.get(str(source), str(source)) for source in corpus.sources]
    numbers: npt.NDArray[np.int32] = np.unique(names, return_inverse=True)[1].astype(np.int32)
    return numbers


def withheld(spec: FeatureSpec) -> npt.NDArray[np.bool_] | None:
    """(buckets, 8): the letters of words for groups of people, withheld from every attribute but an attack on them."""
    if not spec.groups:
        return None
    held = np.zeros((spec.buckets, OUTPUTS), bool)
    words = fold_batch(sorted(WORDS))
    own = np.setdiff1d(ngrams(words, replace(spec, word_max=1)).ids, ngrams(words, replace(spec, char_max=0, word_max=1)).ids)
    held[own] = True
    held[:, ATTRIBUTES.index("identity_attack")] = False
    return held


def heed(corpus: Corpus, labels: npt.NDArray[np.float32], importance: npt.NDArray[np.float32], taught: npt.NDArray[np.float32],
         recipe: Recipe) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Labels and importance (n, 6) beside a teacher's probabilities, NaN where it has not read.

    A missing label becomes the teacher's, as important as a stated one of its source; the others are blended with the teacher's.
    """
    read = ~np.isnan(taught)
    missing = read & (importance == 0)
    heeded = np.where(missing, 1.0, recipe.heeded * read)
    blended = (1 - heeded) * labels + heeded * np.nan_to_num(taught)
    trust = np.array([recipe.source_weights.get(str(source), 1.0) for source in corpus.sources])[:, None]
    return blended.astype(np.float32), np.where(missing, trust, importance).astype(np.float32)


def teach(data: descend.Matrix, scale: npt.NDArray[np.float64], labels: npt.NDArray[np.float32], importance: npt.NDArray[np.float32],
          registers: npt.NDArray[np.int32], recipe: Recipe,
          progress: Callable[[int], object]) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Labels and importance with the missing ones filled: half of the rows teaches the other, and the other way round.

    A source that states one attribute only then says something about the others as well, in its own register.
    """
    k = labels.shape[1]
    held = withheld(recipe.features)
    half = np.random.default_rng(recipe.seed).random(len(data)) < 0.5
    filled, weight = labels.copy(), importance.copy()
    for side in (False, True):
        pupils, teachers = np.flatnonzero(half == side), np.flatnonzero(half != side)
        how = replace(recipe.descent, epochs=TEACHER_EPOCHS)
        weights, bias = descend.descend(data, scale, labels, importance, recipe.features.buckets, how, groups=registers, order=teachers,
                                        progress=progress, held=held)
        taught = importance[teachers]
        mass = np.stack([np.minimum(np.bincount(registers[teachers], taught[:, column] * labels[teachers, column], len(bias)),
                                    np.bincount(registers[teachers], taught[:, column] * (1 - labels[teachers, column]), len(bias)))
                         for column in range(k)], axis=1)
        # A register without both classes has learnt no bias for the attribute, so it borrows the others'.
        common = (mass * bias[:, :k]).sum(axis=0) / np.maximum(mass.sum(axis=0), 1e-9)
        known = np.where(mass > LEAST_MASS, bias[:, :k], common)
        logits = descend.scores(data.rows, data.ids, scale, weights)[pupils, :k] + known[registers[pupils]]
        missing = importance[pupils] == 0
        filled[pupils] = np.where(missing, 1 / (1 + np.exp(-logits)), labels[pupils])
        weight[pupils] = np.where(missing, recipe.taught_weight, importance[pupils])
    return filled.astype(np.float32), weight.astype(np.float32)


def share(weights: npt.NDArray[np.float32], spread: npt.NDArray[np.float32],
          sharing: Mapping[tuple[str, str], float]) -> npt.NDArray[np.float32]:
    """Weights of which some attributes have taken over a part of others'; `spread` is the standard deviation of each one's sums."""
    shared = weights.copy()
    for (to, source), part in sharing.items():
        taker, giver = ATTRIBUTES.index(to), ATTRIBUTES.index(source)
        if spread[giver] > 0:
            shared[:, taker] += np.float32(part * spread[taker] / spread[giver]) * weights[:, giver]
    return shared


def quantise(weights: npt.NDArray[np.float32], k: int, clip: float = 1e-5) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float64]]:
    """Weights as whole steps, (buckets, 8) int8, and what a step is worth, (k,); the largest few are cut off."""
    seen = np.abs(weights[:, :k])
    limit = np.array([np.quantile(column[column > 0], 1 - clip) if (column > 0).any() else 1.0 for column in seen.T], np.float64)
    step = limit / 127
    table = np.zeros((len(weights), OUTPUTS), np.int8)
    table[:, :k] = np.clip(np.rint(weights[:, :k] / step), -127, 127)
    return table, step


def fit(corpus: Corpus, part: npt.NDArray[np.int8], name: str, recipe: Recipe, progress: Progress = lambda *_: None,
        taught: npt.NDArray[np.float32] | None = None) -> LinearClassifier:
    """A classifier from a corpus whose rows are marked TRAIN, DEVELOPMENT or TEST; the last are never read.

    `taught` are a teacher's probabilities of the training rows, as in `heed`.
    """
    train, development = corpus.take(part == TRAIN), corpus.take(part == DEVELOPMENT)
    spec = recipe.features
    data = descend.matrix(train.texts, spec, lambda done: progress("reading", done, len(train)))
    labels, importance = targets(train, recipe)
    if taught is not None:
        labels, importance = heed(train, labels, importance, taught, recipe)
    scale, registers = descend.norm(np.diff(data.rows), recipe.lengths), groups(train)
    total = (recipe.descent.epochs + (TEACHER_EPOCHS if recipe.taught_weight else 0)) * len(train)

    def fitting(done: int) -> None:
        progress("fitting", done, total)

    if recipe.taught_weight:
        labels, importance = teach(data, scale, labels, importance, registers, recipe, fitting)
    weights, _ = descend.descend(data, scale, labels, importance, spec.buckets, recipe.descent, groups=registers, progress=fitting,
                                 held=withheld(spec))
    weights = share(weights, descend.scores(data.rows, data.ids, scale, weights).std(axis=0), recipe.sharing)
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
    registers = groups(development)
    news = registers[development.sources == "civil_comments"]
    join = calibrate.fit_join(found, np.concatenate([labels, mixed_labels]).astype(np.float64),
                              np.concatenate([importance, mixed_importance]).astype(np.float64),
                              np.concatenate([registers, np.full(len(texts), news[0] if len(news) else 0, np.int32)]))
    logits = calibrate.join_logits(found, join)[: len(development)]
    knots, values = calibrate.calibrate(logits, *calibrate.natural_mix(development))
    return LinearClassifier(name, ATTRIBUTES, spec, recipe.lengths, table, step, join, knots, values)


def gather(paths: Sequence[Path | str], seed: int, mapping: Mapping[str, str] | None = None,
           contrast_files: Sequence[Path] = ()) -> tuple[Corpus, npt.NDArray[np.int8]]:
    """The files' rows without duplicates, and the part of each; contrasts all go to training."""
    corpus = corpora.deduplicate(corpora.read(paths, mapping))
    part = corpora.split(corpus, seed)
    if contrast_files:
        extra = corpora.read_contrasts(*contrast_files, most=corpora.MOST)
        corpus = corpora.concatenate([corpus, extra])
        part = np.concatenate([part, np.full(len(extra), TRAIN, np.int8)])
    return corpus, part


def demo(contrast_file: Path, seed: int) -> tuple[Corpus, npt.NDArray[np.int8]]:
    """The contrast sentences alone, split: enough to see in seconds that training works."""
    corpus = corpora.read_contrasts(contrast_file)
    return corpus, corpora.split(corpus, seed)
