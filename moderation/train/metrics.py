"""How good scores are, with how far chance may have moved the figure: bootstrap intervals, paired where two models are compared.

Knows labels, scores and weights; knows no texts and no files.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from moderation.tune.curve import reliability
from moderation.tune.estimates import UNKNOWN, Bools, Estimate, Floats

ROUNDS = 200


class Ranking:
    """Scores sorted once, so that the area under the ROC curve of any resample takes one pass."""

    def __init__(self, labels: Bools, scores: Floats) -> None:
        self.labels = labels
        self.groups = np.unique(scores, return_inverse=True)[1]
        self.size = int(self.groups.max(initial=-1)) + 1

    def auc(self, weights: Floats | None = None) -> float:
        """The area; ties count half. NaN without both classes."""
        weight = np.ones(len(self.labels)) if weights is None else weights
        positive = np.bincount(self.groups, weight * self.labels, self.size)
        negative = np.bincount(self.groups, weight * ~self.labels, self.size)
        total = positive.sum() * negative.sum()
        return float((positive * (np.cumsum(negative) - negative / 2)).sum() / total) if total > 0 else float("nan")


def resamples(size: int, rounds: int = ROUNDS, seed: int = 0) -> npt.NDArray[np.int64]:
    """How often each row is drawn in each round, (rounds, size)."""
    random = np.random.default_rng(seed)
    return np.stack([np.bincount(random.integers(0, size, size), minlength=size) for _ in range(rounds)])


def _interval(value: float, drawn: list[float]) -> Estimate:
    low, high = np.nanquantile(drawn, [0.025, 0.975])
    return Estimate(value, float(low), float(high))


def auc(labels: Bools, scores: Floats, weights: Floats | None = None, rounds: int = ROUNDS) -> Estimate:
    """The area under the ROC curve with its interval; `weights` let rows stand for several."""
    if labels.all() or not labels.any():
        return UNKNOWN
    ranking = Ranking(labels, scores)
    weight = np.ones(len(labels)) if weights is None else weights
    return _interval(ranking.auc(weight), [ranking.auc(weight * counts) for counts in resamples(len(labels), rounds)])


def auc_difference(labels: Bools, one: Floats, other: Floats, rounds: int = ROUNDS) -> Estimate:
    """How much larger `other`'s area is than `one`'s, resampled in pairs."""
    if labels.all() or not labels.any():
        return UNKNOWN
    first, second = Ranking(labels, one), Ranking(labels, other)
    draws = [counts.astype(np.float64) for counts in resamples(len(labels), rounds)]
    return _interval(second.auc() - first.auc(), [second.auc(counts) - first.auc(counts) for counts in draws])


def share(hits: Bools, weights: Floats | None = None, rounds: int = ROUNDS) -> Estimate:
    """The share of rows that are hits."""
    if not len(hits):
        return UNKNOWN
    weight = np.ones(len(hits)) if weights is None else weights
    draws = resamples(len(hits), rounds) * weight
    return _interval(float((weight * hits).sum() / weight.sum()), [float((row * hits).sum() / max(row.sum(), 1e-12)) for row in draws])


def calibration_error(labels: Floats, scores: Floats, weights: Floats | None = None, bins: int = 15) -> float:
    """Expected calibration error (Naeini et al. 2015), bins of equal mass."""
    mean, found, mass = reliability(labels, scores, weights, bins)
    return float((mass * np.abs(mean - found)).sum())


def bias_aucs(labels: Bools, scores: Floats, subgroup: Bools) -> dict[str, Estimate]:
    """Subgroup AUC, BPSN and BNSP (Borkan et al. 2019): within the subgroup; its clean rows against the background's toxic ones
    (low where a name alone raises scores); its toxic rows against the background's clean ones."""
    cuts = {"subgroup": subgroup, "bpsn": (subgroup & ~labels) | (~subgroup & labels), "bnsp": (subgroup & labels) | (~subgroup & ~labels)}
    return {name: auc(labels[rows], scores[rows], rounds=100) for name, rows in cuts.items()}
