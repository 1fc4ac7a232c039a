"""Which comments to label: drawn by their score, most near the lines, with the weight by which each stands for the others.

Knows rows and scores. A stratum is a range of distance to the lines; half of the labels go to the strata nearest them, the rest to all
in proportion to the root of their size. A row's weight is its stratum's size by the rows drawn from it, so that weighted figures
are those of the whole (Horvitz and Thompson 1952). The order is shuffled: it tells nothing of the score.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from moderation.scorer import Scorer
from moderation.tune.estimates import Floats, Ints

# 1 is the review line, 2 the reject line, of the category that is furthest along.
EDGES = (0.25, 0.5, 0.75, 0.9, 1.0, 1.1, 1.25, 1.5, 1.75, 1.9, 2.0, 2.1, 2.5)
_NEAR = (0.75, 1.25, 1.75, 2.25)
_BATCH = 4096


def places(scorer: Scorer, texts: Sequence[str]) -> Floats:
    """How far each comment is along the lines, (n,): below 1 it is approved, from 1 reviewed, from 2 to 3 rejected."""
    review, reject = scorer.policy.thresholds[0].T
    found = []
    for first in range(0, len(texts), _BATCH):
        scores = scorer.score_batch(texts[first : first + _BATCH]).categories
        between = 1 + (scores - review) / np.maximum(reject - review, 1e-9)
        beyond = 2 + (scores - reject) / np.maximum(1 - reject, 1e-9)
        along = np.where(scores < review, scores / review, np.where(scores < reject, between, np.minimum(beyond, 3.0)))
        found.append(along.max(axis=1, initial=0.0))
    return np.concatenate(found) if found else np.empty(0)


def draw(along: Floats, budget: int, seed: int = 0) -> tuple[Ints, Floats]:
    """The rows to label, in an order that tells nothing, and each one's weight. The same seed draws the same rows.

    Every stratum that has rows gives one at least, so that a budget below their number (14) is exceeded.
    """
    random = np.random.default_rng(seed)
    stratum = np.searchsorted(EDGES, along, side="right")
    sizes = np.bincount(stratum, minlength=len(EDGES) + 1)
    middles = (np.array([0.0, *EDGES]) + np.array([*EDGES, 3.0])) / 2
    is_near = ((middles > _NEAR[0]) & (middles < _NEAR[1])) | ((middles > _NEAR[2]) & (middles < _NEAR[3]))
    counts = _allot(sizes, is_near, min(budget, len(along)))
    rows, weights = [], []
    for index, count in enumerate(counts.tolist()):
        rows.append(random.choice(np.flatnonzero(stratum == index), count, replace=False) if count else np.empty(0, np.intp))
        weights.append(np.full(count, sizes[index] / max(count, 1)))
    order = random.permutation(int(counts.sum()))
    return np.concatenate(rows)[order].astype(np.intp), np.concatenate(weights)[order]


def _allot(sizes: Ints, is_near: np.ndarray[tuple[int], np.dtype[np.bool_]], budget: int) -> Ints:
    """Labels for each stratum, never more than its rows, and one at least where there are any: an unseen stratum has no weight."""
    root = np.sqrt(sizes)
    wish = 0.5 * root / max(root.sum(), 1e-9) + 0.5 * np.where(is_near, root, 0) / max(root[is_near].sum(), 1e-9)
    counts = np.minimum(sizes, (sizes > 0).astype(np.intp))
    while (left := budget - int(counts.sum())) > 0:
        behind = np.where(counts < sizes, wish * budget - counts, -np.inf)
        # The one that is furthest behind its share gets the next labels.
        best = int(np.argmax(behind))
        counts[best] += min(left, max(1, int(behind[best] / 2)), int(sizes[best] - counts[best]))
    return counts
