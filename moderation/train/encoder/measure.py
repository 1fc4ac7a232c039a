"""What the encoder is worth beside the linear model: by source, by kind of utterance, by group named; every figure with its interval.

Knows labelled comments and two models' scores of the same rows; knows not how either came about.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from moderation.classifier import LinearClassifier
from moderation.encoder import Encoder
from moderation.lexicon import Lexicon
from moderation.train import evaluate, metrics
from moderation.train.corpus import ATTRIBUTES, Corpus
from moderation.train.encoder.fit import read
from moderation.train.evaluate import Row, Table
from moderation.train.fit import Progress

TOXICITY, IDENTITY = ATTRIBUTES.index("toxicity"), ATTRIBUTES.index("identity_attack")
HALF = 0.5

Floats = npt.NDArray[np.float64]


def scores(texts: Sequence[str], encoder: Encoder, linear: LinearClassifier, lexicon: Lexicon,
           progress: Progress = lambda *_: None) -> tuple[Floats, Floats]:
    """What the linear model and the encoder say of texts, each read as it is served, (n, 6) each; some 5 ms a comment."""
    reading = read(texts, lexicon, linear)
    found = np.empty((len(texts), len(ATTRIBUTES)))
    for first in range(0, len(texts), 64):
        found[first : first + 64] = encoder.predict(reading.texts[first : first + 64])
        progress("measuring", len(reading.texts[first : first + 64]), len(texts))
    return reading.linear.astype(np.float64), found


def verdicts(found: Floats) -> npt.NDArray[np.bool_]:
    """Whether scores call an utterance hostile: toxicity or identity attack at a half or more."""
    called: npt.NDArray[np.bool_] = found[:, [TOXICITY, IDENTITY]].max(axis=1) >= HALF
    return called


def kind_table(corpus: Corpus, before: Floats, after: Floats) -> Table:
    """Frames by kind: the share of sentences on which each model is right, then the same of all that are hostile and all that are not."""
    hostile = corpus.labels[:, TOXICITY] >= HALF
    hateful = corpus.labels[:, IDENTITY] >= HALF
    right = [verdicts(found) == hostile for found in (before, after)]
    rows: list[Row] = []
    figures: dict[str, float] = {}
    groups = [("**all**", np.ones(len(corpus), bool)), ("**hateful**", hateful), ("**hostile, not to a group**", hostile & ~hateful),
              ("**not hostile**", ~hostile)]
    groups += [(str(kind), corpus.notes == kind) for kind in dict.fromkeys(corpus.notes.tolist())]
    for name, inside in groups:
        if not inside.any():
            continue
        one, other = (metrics.share(given[inside], rounds=100) for given in right)
        wanted = hostile[inside].mean()
        rows.append(Row((name, str(inside.sum()), "yes" if wanted == 1 else "no" if wanted == 0 else "", str(one), str(other))))
        figures[name.strip("*")] = other.value
    return Table("Right at one half, by kind of utterance", ("kind", "rows", "hostile", "linear is right", "encoder is right"), tuple(rows),
                 figures)


def frame_ranking(corpus: Corpus, before: Floats, after: Floats) -> Table:
    """How well frames that attack a group are told from the others, by each model's own score for it."""
    labels = corpus.labels[:, IDENTITY] >= HALF
    rows: list[Row] = []
    figures: dict[str, float] = {}
    for name, columns in (("toxicity", [TOXICITY]), ("identity_attack", [IDENTITY]), ("the higher of both", [TOXICITY, IDENTITY])):
        one, other = (metrics.auc(labels, found[:, columns].max(axis=1)) for found in (before, after))
        rows.append(Row((name, str(one), str(other))))
        figures[name] = other.value
    return Table("ROC AUC of attacks on a group among all frames", ("score", "linear", "encoder"), tuple(rows), figures)


def fairness_table(corpus: Corpus, before: Floats, after: Floats) -> Table:
    """Toxicity by the group that a comment names: the areas of Borkan et al. 2019 of both models, side by side."""
    stated = np.flatnonzero(~np.isnan(corpus.labels[:, TOXICITY]))
    labels = corpus.labels[stated, TOXICITY] >= HALF
    rows: list[Row] = []
    figures: dict[str, float] = {}
    for name, inside in evaluate.by_group(corpus, stated, labels):
        one, other = (metrics.bias_aucs(labels, found[stated, TOXICITY], inside) for found in (before, after))
        rows.append(Row((name, f"{(inside & labels).sum()} / {inside.sum()}",
                         *(str(areas[key]) for key in ("subgroup", "bpsn", "bnsp") for areas in (one, other)))))
        figures[name] = other["bpsn"].value
    return Table("Toxicity by group named, linear and encoder",
                 ("group", "toxic / rows",
                  *(f"{area}, {model}" for area in ("subgroup", "BPSN", "BNSP") for model in ("linear", "encoder"))),
                 tuple(rows), figures)


def calibration_table(corpus: Corpus, before: Floats, after: Floats) -> Table:
    """Expected calibration error of both models on the natural mix of news."""
    one, other = (evaluate.calibration_table(corpus, found) for found in (before, after))
    rows = tuple(Row((*was.cells[:3], was.cells[3], was.cells[4], now.cells[3], now.cells[4]))
                 for was, now in zip(one.rows, other.rows, strict=True))
    return Table("Calibration on a natural mix of news",
                 ("attribute", "rows", "labels say", "linear says", "its error", "encoder says", "its error"), rows, other.figures)


def measure(corpus: Corpus, frames: Corpus, encoder: Encoder, linear: LinearClassifier, lexicon: Lexicon,
            progress: Progress = lambda *_: None) -> list[Table]:
    """Every table of the card."""
    before, after = scores(corpus.texts, encoder, linear, lexicon, progress)
    spoken_before, spoken_after = scores(frames.texts, encoder, linear, lexicon, progress)
    return [evaluate.comparison_table(corpus, before, after, ("linear", "encoder")), frame_ranking(frames, spoken_before, spoken_after),
            kind_table(frames, spoken_before, spoken_after), fairness_table(corpus, before, after),
            calibration_table(corpus, before, after)]
