"""A share of rows with how far chance may have moved it: exact where rows are alike, by authors and weights where they are not.

Knows hits, weights and groups; knows no scores.

>>> share(np.array([True] * 96 + [False] * 4))
Estimate(value=0.96, low=0.9007..., high=0.9889...)
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.intp]

ROUNDS = 400  # of a bootstrap
CONFIDENCE = 0.95  # of every interval


class Estimate(NamedTuple):
    """A figure and its 95 % interval; NaN where there is nothing to compute it from."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return "-" if np.isnan(self.value) else f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f})"

    def times(self, factor: float) -> Estimate:
        """The same, counted in another unit."""
        return Estimate(self.value * factor, self.low * factor, self.high * factor)


UNKNOWN = Estimate(float("nan"), float("nan"), float("nan"))


def clopper_pearson(hits: float, rows: float, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The exact interval of a binomial share (Clopper and Pearson 1934); `hits` and `rows` may be effective numbers."""
    from scipy.special import betaincinv

    tail = (1 - confidence) / 2
    low = float(betaincinv(hits, rows - hits + 1, tail)) if hits > 0 else 0.0
    high = float(betaincinv(hits + 1, rows - hits, 1 - tail)) if hits < rows else 1.0
    return low, high


def share(hits: Bools, weights: Floats | None = None, groups: Ints | None = None) -> Estimate:
    """The share of rows that are hits.

    Plain rows have the exact interval. Rows with weights or in groups, such as an author's, have that of the bootstrap by groups
    (`ROUNDS` rounds, always the same), and never a narrower one than the exact one of Kish's effective number of rows
    (Kish 1965): a bootstrap of rows that are all hits would have no width.

    Parameters
    ----------
    hits : (n,).
    weights : (n,), how many comments each row stands for; None if one.
    groups : (n,), numbers of those who wrote them; None if every row is by itself.
    """
    if not len(hits):
        return UNKNOWN
    if weights is None and groups is None:
        count = int(hits.sum())
        return Estimate(count / len(hits), *clopper_pearson(count, len(hits)))
    weight = np.ones(len(hits)) if weights is None else weights
    total = weight.sum()
    if total <= 0:
        return UNKNOWN
    value = float((weight * hits).sum() / total)
    rows = float(total**2 / (weight**2).sum())
    low, high = clopper_pearson(min(value * rows, rows), rows)
    drawn = _bootstrap(hits, weight, groups)
    return Estimate(value, min(low, float(np.quantile(drawn, 0.025))), max(high, float(np.quantile(drawn, 0.975))))


def _bootstrap(hits: Bools, weight: Floats, groups: Ints | None) -> Floats:
    number = np.arange(len(hits)) if groups is None else np.unique(groups, return_inverse=True)[1]
    hit, total = np.bincount(number, weight * hits), np.bincount(number, weight)
    random = np.random.default_rng(0)
    drawn = np.empty(ROUNDS)
    for index in range(ROUNDS):
        rows = random.integers(0, len(total), len(total))
        drawn[index] = hit[rows].sum() / max(total[rows].sum(), 1e-300)
    return drawn
