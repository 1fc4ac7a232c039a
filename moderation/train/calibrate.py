"""From weights to probabilities: how the whole and its most hostile sentence are joined, and what a logit means on news.

Knows sums of weights over sentences, and labels; fits on the development part alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from moderation.classifier import Lengths
from moderation.train.corpus import ATTRIBUTES, Corpus
from moderation.train.descend import Matrix, norm, scores

KNOTS = np.concatenate([np.linspace(-14, -8, 7)[:-1], np.linspace(-8, 8, 65), np.linspace(8, 14, 7)[1:]])

HOSTILE_EVERY = 3  # of the mixed long texts
TOXIC_SOURCES = ("civil_toxic_spans", "jigsaw_tcc")

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Parts:
    """What the join reads of each text: `whole` and `top` (n, k), and `gate` (n,)."""

    whole: Floats
    top: Floats
    gate: Floats


def parts(data: Matrix, lengths: Lengths, weights: npt.NDArray[np.float32], k: int) -> Parts:
    """The normalised sum of each text and that of its most hostile sentence, for each attribute."""
    counts = np.diff(data.rows)
    whole = scores(data.rows, data.ids, norm(counts, lengths), weights)[:, :k].astype(np.float64)
    of_sentence = scores(data.sentences, data.ids, norm(np.diff(data.sentences), lengths), weights)[:, :k]
    top = np.zeros_like(whole)
    filled = np.diff(data.row_sentences) > 0
    if len(of_sentence):
        top[filled] = np.maximum.reduceat(of_sentence, data.row_sentences[:-1][filled], axis=0)
    return Parts(whole, top, 1.0 / (1.0 + counts / lengths.gate))


def join_logits(found: Parts, join: Floats) -> Floats:
    """Logits (n, k) of parts under a join (k, 6); the classifier's formula."""
    b0, b1, a0, a1, m0, m1 = join.T
    gate = found.gate[:, None]
    logits: Floats = (b0 + b1 * gate) + (a0 + a1 * gate) * found.whole + (m0 + m1 * gate) * found.top
    return logits


def fit_join(found: Parts, labels: Floats, importance: Floats, groups: npt.NDArray[np.int32] | None = None, ridge: float = 1e-3) -> Floats:
    """The join (k, 6) of least logistic loss under which more hostility in any sentence never lowers a logit.

    Length alone says nothing: b1 is 0, and `groups`, (n,), numbers from 0 on, have a bias of their own while fitting, as in
    `descend`. Else a source with many positives and short texts would make short texts look hostile. Toxicity, which nearly every
    source states, has one bias, so that its scores compare between sources.
    """
    joined = np.zeros((labels.shape[1], 6))
    group = np.zeros(len(labels), np.int32) if groups is None else groups
    for column in range(labels.shape[1]):
        rows = importance[:, column] > 0
        if not rows.any():
            continue
        gate, whole, top = found.gate[rows], found.whole[rows, column], found.top[rows, column]
        # Weights at gate 0 (long) and gate 1 (short), each at least 0; between them the join is linear in the gate.
        design = np.stack([(1 - gate) * whole, gate * whole, (1 - gate) * top, gate * top], axis=1)
        target, weight = labels[rows, column], importance[rows, column] / importance[rows, column].sum()
        number = np.unique(group[rows] * (column > 0), return_inverse=True)[1]
        count = int(number.max()) + 1

        def loss(x: Floats, design: Floats = design, target: Floats = target, weight: Floats = weight,
                 number: npt.NDArray[np.intp] = number, count: int = count) -> tuple[float, Floats]:
            bias, slopes = x[:count], x[count:]
            logit = bias[number] + design @ slopes
            off = bias - bias.mean()
            value = float((weight * (np.logaddexp(0, logit) - target * logit)).sum())
            value += ridge * float(((slopes - 0.5) ** 2).sum() + (off**2).sum() / 10)
            error = weight * (1 / (1 + np.exp(-logit)) - target)
            gradient = np.concatenate([np.bincount(number, error, count) + ridge / 5 * off, design.T @ error + 2 * ridge * (slopes - 0.5)])
            return value, gradient

        best = minimize(loss, np.concatenate([np.full(count, -2.0), np.full(4, 0.5)]), jac=True, method="L-BFGS-B",
                        bounds=[(None, None)] * count + [(0, None)] * 4).x
        long_whole, short_whole, long_top, short_top = best[count:]
        joined[column] = [float(weight @ best[number]), 0.0, long_whole, short_whole - long_whole, long_top, short_top - long_top]
    return joined


class Calibration(NamedTuple):
    """Logits and the probabilities there, (k, m) each."""

    knots: Floats
    values: Floats


def natural_mix(corpus: Corpus) -> tuple[Floats, Floats]:
    """Labels and importance (n, k) that make a corpus read like news as it comes in.

    Toxicity is labelled on news rows drawn at random: they count, and nothing else. For the other attributes the clean ones of these
    rows are the negatives, and toxic rows of TOXIC_SOURCES stand for the toxic ones, at the rate of the random draw, each
    source with an equal part: raters of one mark a word as obscene or insulting much more often than those of the other.
    A corpus without such news counts as it is.
    """
    stated = ~np.isnan(corpus.labels)
    labels = np.nan_to_num(corpus.labels).astype(np.float64)
    as_it_is = (stated | corpus.implied_clean[:, None]).astype(np.float64)
    random = (corpus.sources == "civil_comments") & np.char.endswith(corpus.notes, "random sample")
    toxic = labels[random, 0].sum()
    if toxic == 0:
        return labels, as_it_is
    importance = np.zeros_like(labels)
    importance[random, 0] = 1
    for k in range(1, len(ATTRIBUTES)):
        chosen = [(corpus.sources == source) & stated[:, k] & (labels[:, 0] >= 0.5) for source in TOXIC_SOURCES]
        chosen = [rows for rows in chosen if (labels[rows, k] >= 0.5).any()]
        if not chosen:
            importance[:, k] = as_it_is[:, k]
            continue
        importance[random & corpus.implied_clean, k] = 1
        for rows in chosen:
            importance[rows, k] = toxic / len(chosen) / rows.sum()
    return labels, importance


def drawn_news(corpus: Corpus) -> npt.NDArray[np.bool_]:
    """News rows drawn without regard to their labels: at random, or for a word or a name; the rows themselves without such news."""
    drawn: npt.NDArray[np.bool_] = (corpus.sources == "civil_comments") & (np.char.find(corpus.notes, "sample") >= 0)
    return drawn if drawn.any() else ~np.isnan(corpus.labels[:, 0])


def calibrate(logits: Floats, labels: Floats, importance: Floats, prior: float = 20.0) -> Calibration:
    """Probabilities at fixed knots, from Platt's two numbers for each attribute (Platt 1999); always rising."""
    values = np.zeros((logits.shape[1], len(KNOTS)))
    for k in range(logits.shape[1]):
        rows = importance[:, k] > 0
        logit, target, weight = logits[rows, k], labels[rows, k], importance[rows, k]

        def loss(x: Floats, logit: Floats = logit, target: Floats = target, weight: Floats = weight) -> float:
            z = x[0] + x[1] * logit
            return float((weight * (np.logaddexp(0, z) - target * z)).sum() + prior * (x[1] - 1) ** 2)

        shift, slope = minimize(loss, np.array([0.0, 1.0]), method="L-BFGS-B", bounds=[(-8, 8), (0.3, 3)]).x
        values[k] = 1 / (1 + np.exp(-(shift + slope * KNOTS)))
    return Calibration(np.tile(KNOTS, (logits.shape[1], 1)), values)


def mixtures(texts: Sequence[str], clean: npt.NDArray[np.int64], hostile: npt.NDArray[np.int64], count: int,
             seed: int, every: int = HOSTILE_EVERY) -> tuple[list[str], list[int]]:
    """Long texts made of clean ones, one in `every` with a hostile one inside; beside each text its hostile row, or -1.

    Natural comments of more than 300 words are few, so the join would not learn from them that one insult counts among
    2,000 civil words and that 2,000 civil words do not add up.
    """
    random = np.random.default_rng(seed)
    made: list[str] = []
    hidden: list[int] = []
    for index in range(count):
        wanted = int(np.exp(random.uniform(np.log(500), np.log(14000))))
        pieces: list[str] = []
        size = 0
        while size < wanted:
            piece = texts[int(random.choice(clean))].strip()
            pieces.append(piece)
            size += len(piece)
        row = int(random.choice(hostile)) if index % every == 0 else -1
        if row >= 0:
            pieces.insert(int(random.integers(len(pieces) + 1)), texts[row].strip())
        made.append("\n".join(pieces))
        hidden.append(row)
    return made, hidden
