"""What a line does, wherever it is drawn: precision, recall and false-positive rate of labelled scores, as scikit-learn has them.

Knows scores, labels and weights of one category; knows no policy and no text. A line takes the rows whose score is at least
it. The one place that counts: training's operating points, the command line and the page all ask here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from moderation.tune.estimates import Bools, Estimate, Floats, Ints, share

LEAST, ABOVE = 0.0001, 1.0001  # the lowest line that a policy takes, and one that no score reaches


class Rates(NamedTuple):
    """At every score that occurs, highest first, (m,): the rates of the rows at or above it."""

    thresholds: Floats
    precision: Floats
    recall: Floats
    false_positive_rate: Floats


def rates(labels: Floats, scores: Floats, weights: Floats) -> Rates:
    """The rates at all lines that make a difference.

    Parameters
    ----------
    labels : (n,), 0 or 1.
    scores, weights : (n,).
    """
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    hit = np.cumsum((weights * labels)[order])
    miss = np.cumsum((weights * (1 - labels))[order])
    last = np.append(ranked[1:] != ranked[:-1], True)[: len(ranked)]  # a line takes all rows of a score or none
    hit, miss = hit[last], miss[last]
    with np.errstate(invalid="ignore", divide="ignore"):
        return Rates(ranked[last], hit / (hit + miss), hit / hit[-1:], miss / miss[-1:])


def reliability(labels: Floats, scores: Floats, weights: Floats | None = None, bins: int = 15) -> tuple[Floats, Floats, Floats]:
    """Mean score, share of violations and share of the rows in each bin, in bins of equal mass."""
    weight = np.ones(len(labels)) if weights is None else weights
    order = np.argsort(scores, kind="stable")
    mass = np.cumsum(weight[order]) / weight.sum()
    bin_of = np.minimum((mass * bins * (1 - 1e-12)).astype(int), bins - 1)
    total = np.bincount(bin_of, weight[order], bins)
    kept = total > 0
    mean = np.bincount(bin_of, (weight * scores)[order], bins)[kept] / total[kept]
    found = np.bincount(bin_of, (weight * labels)[order], bins)[kept] / total[kept]
    return mean, found, total[kept] / weight.sum()


@dataclass(frozen=True, slots=True)
class Figures:
    """What two lines do to one category's labelled rows. Shares with 95 % intervals that hold for lines drawn beforehand.

    Attributes
    ----------
    precision : of the rejected, those that break the rule.
    review_precision : of those at or above `review`, rejected ones included, those that break the rule.
    recall : of those that break the rule, the rejected.
    miss : of those that break the rule, those that are neither rejected nor reviewed.
    false_positive_rate : of those that do not break it, the rejected.
    touched : of those that do not break it, the rejected and reviewed.
    rejected, reviewed : of all comments, labelled or not.
    labels, violations : rows with a label, and those that break the rule.
    """

    review: float
    reject: float
    precision: Estimate
    review_precision: Estimate
    recall: Estimate
    miss: Estimate
    false_positive_rate: Estimate
    touched: Estimate
    rejected: Estimate
    reviewed: Estimate
    labels: int
    violations: int


class Curve:
    """One category's rows.

    Attributes
    ----------
    scores, labels : (n,), labels 0, 1 or NaN where a person gave none.
    weights : (n,), or None where each row stands for itself.
    groups : (n,), the number of the author or thread, or None where rows are independent.
    """

    __slots__ = ("groups", "labels", "scores", "weights")

    def __init__(self, scores: Floats, labels: Floats, weights: Floats | None = None, groups: Ints | None = None) -> None:
        self.scores = scores
        self.labels = labels
        self.weights = weights
        self.groups = groups

    @property
    def is_plain(self) -> bool:
        """Whether all rows count one and are independent."""
        return self.weights is None and self.groups is None

    @property
    def stated(self) -> Bools:
        """The rows with a label, (n,)."""
        found: Bools = ~np.isnan(self.labels)
        return found

    def take(self, rows: Bools) -> Curve:
        """These rows alone."""
        return Curve(self.scores[rows], self.labels[rows], None if self.weights is None else self.weights[rows],
                     None if self.groups is None else self.groups[rows])

    def rates(self) -> Rates:
        """Precision, recall and false-positive rate at every line that makes a difference, highest first."""
        rows = self.take(self.stated)
        return rates(rows.labels, rows.scores, np.ones(len(rows.scores)) if rows.weights is None else rows.weights)

    def reliability(self, bins: int = 15) -> tuple[Floats, Floats, Floats]:
        """As the function of this name, of the labelled rows."""
        rows = self.take(self.stated)
        return reliability(rows.labels, rows.scores, rows.weights, bins)

    def figures(self, review: float, reject: float) -> Figures:
        """What these two lines do."""
        bad, good = self.labels == 1, self.labels == 0
        held, refused = self.scores >= review, self.scores >= reject
        every = np.ones(len(self.scores), bool)
        return Figures(
            review, reject,
            precision=self._share(bad, refused & self.stated),
            review_precision=self._share(bad, held & self.stated),
            recall=self._share(refused, bad),
            miss=self._share(~held, bad),
            false_positive_rate=self._share(refused, good),
            touched=self._share(held, good),
            rejected=self._share(refused, every),
            reviewed=self._share(held & ~refused, every),
            labels=int(self.stated.sum()),
            violations=int(bad.sum()),
        )

    def _share(self, hits: Bools, among: Bools) -> Estimate:
        return share(hits[among], None if self.weights is None else self.weights[among],
                     None if self.groups is None else self.groups[among])
