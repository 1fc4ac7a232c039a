"""Operating points: thresholds chosen on the development part for stated targets, never by hand.

Knows labels, scores and how much each row stands for. The policy takes the points over; `model.json` and the card tell them.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace

import numpy as np

from moderation.tune.curve import Curve, Rates, rates
from moderation.tune.estimates import Floats
from moderation.tune.guarantee import Shortfall, precise

PRECISION, CONFIDENCE = 0.95, 0.95  # of what is rejected, and how sure of it
RECALL = 0.90                       # of what is sent to review
CIVIL_REVIEWED, CIVIL_REJECTED = 0.02, 0.005  # the most of civil comments that an attribute may touch; a policy has several


@dataclass(frozen=True, slots=True)
class Point:
    """A threshold with what it does on the development part; None where no threshold meets the target."""

    threshold: float
    precision: float
    recall: float
    false_positive_rate: float

    def to_dict(self) -> dict[str, float]:
        """The fields, rounded, for `model.json`; the threshold downwards, so that it still takes the rows that it was counted on."""
        return {key: round(value, 4) for key, value in asdict(self).items()} | {"threshold": math.floor(self.threshold * 1e6) / 1e6}


def _point(found: Rates, row: int) -> Point:
    return Point(*(float(column[row]) for column in found))


def reject_point(labels: Floats, scores: Floats) -> Point | None:
    """The lowest threshold whose precision is at least PRECISION with CONFIDENCE, by the promise of `tune`, if few civil comments
    are rejected by it; else the lowest above it that rejects few enough."""
    promise = precise(Curve(scores, labels), PRECISION, 1 - CONFIDENCE)
    if isinstance(promise, Shortfall):
        return None
    found = rates(labels, scores, np.ones(len(labels)))
    good = np.flatnonzero((found.thresholds >= promise.line) & ~(found.false_positive_rate > CIVIL_REJECTED))
    return _point(found, int(good[-1])) if len(good) else None


def review_point(labels: Floats, scores: Floats, weights: Floats, recall: float = RECALL) -> Point | None:
    """The highest threshold that finds at least `recall` of the violations."""
    found = rates(labels, scores, weights)
    reached = np.flatnonzero(found.recall >= recall)
    return _point(found, int(reached[0])) if len(reached) else None


def civil_point(labels: Floats, scores: Floats, weights: Floats, civil: Floats, rate: float = CIVIL_REVIEWED) -> Point | None:
    """The lowest threshold that touches at most `rate` of civil comments, whose scores are `civil`."""
    found = rates(labels, scores, weights)
    touched = 1 - np.searchsorted(np.sort(civil), found.thresholds) / len(civil) if len(civil) else found.false_positive_rate
    within = np.flatnonzero(touched <= rate)
    return replace(_point(found, int(within[-1])), false_positive_rate=float(touched[within[-1]])) if len(within) else None


def operating_points(attributes: tuple[str, ...], labels: Floats, scores: Floats, weights: Floats, hostile: Floats,
                     drawn: Floats) -> dict[str, dict[str, dict[str, float] | None]]:
    """For each attribute: `reject`, `review` (recall) and `review_civil` (the most that few civil comments allow).

    Parameters
    ----------
    labels, scores, weights : (n, k), a natural mix of news, for the two review points.
    hostile, drawn : (m,) and (m, k), news comments drawn without regard to their labels: whether most raters called each toxic, and
        its scores. What a reject point must not be wrong about is whether a comment is hostile at all, not which
        attribute raters would name; so its precision and recall are those of toxicity.
    """
    found: dict[str, dict[str, dict[str, float] | None]] = {}
    for column, attribute in enumerate(attributes):
        rows = weights[:, column] > 0
        given = (np.round(labels[rows, column]), scores[rows, column], weights[rows, column])
        if not given[0].any() or given[0].all():
            continue
        reject = reject_point(hostile, drawn[:, column]) if hostile.any() else None
        points = {"reject": reject, "review": review_point(*given), "review_civil": civil_point(*given, drawn[hostile == 0, column])}
        found[attribute] = {name: point.to_dict() if point else None for name, point in points.items()}
    return found
