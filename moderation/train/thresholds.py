"""Operating points: thresholds chosen on the development part for stated targets, never by hand.

Knows labels, scores and how much each row stands for. The policy takes the points over; `model.json` and the card tell them.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace

import numpy as np
import numpy.typing as npt

from moderation.train.metrics import resamples

PRECISION, CONFIDENCE = 0.95, 0.95  # of what is rejected, and how sure of it
RECALL = 0.90                       # of what is sent to review
CIVIL_REVIEWED, CIVIL_REJECTED = 0.02, 0.005  # the most of civil comments that an attribute may touch; a policy has several

Floats = npt.NDArray[np.float64]


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


def _curve(labels: Floats, scores: Floats, weights: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    hit = np.cumsum((weights * labels)[order])
    miss = np.cumsum((weights * (1 - labels))[order])
    last = np.append(ranked[1:] != ranked[:-1], True)  # a threshold takes all rows of a score or none
    hit, miss = hit[last], miss[last]
    with np.errstate(invalid="ignore", divide="ignore"):
        return ranked[last], hit / (hit + miss), hit / hit[-1], miss / miss[-1]


def _point(curve: tuple[Floats, Floats, Floats, Floats], row: int) -> Point:
    return Point(*(float(column[row]) for column in curve))


def reject_point(labels: Floats, scores: Floats, weights: Floats, rounds: int = 200) -> Point | None:
    """The lowest threshold whose precision is at least PRECISION with CONFIDENCE and which rejects few civil comments.

    The lower bound is the bootstrap's; a row of weight w stands for w rows.
    """
    curve = _curve(labels, scores, weights)
    thresholds = np.unique(np.quantile(scores[labels >= 0.5], np.concatenate([np.linspace(0.02, 0.9, 89), np.linspace(0.905, 0.998, 60)])))
    above = scores[None, :] >= thresholds[:, None]
    hits = above * (weights * labels)
    misses = above * (weights * (1 - labels))
    bounds = np.empty((rounds, len(thresholds)))
    for index, counts in enumerate(resamples(len(labels), rounds)):
        hit, miss = hits @ counts, misses @ counts
        bounds[index] = hit / np.maximum(hit + miss, 1e-12)
    sure = np.quantile(bounds, 1 - CONFIDENCE, axis=0) >= PRECISION
    civil = (misses.sum(axis=1) / (weights * (1 - labels)).sum()) <= CIVIL_REJECTED
    good = np.flatnonzero(sure & civil)
    if not len(good):
        return None
    return _point(curve, int(np.searchsorted(-curve[0], -thresholds[good[0]], side="right")) - 1)


def review_point(labels: Floats, scores: Floats, weights: Floats, recall: float = RECALL) -> Point | None:
    """The highest threshold that finds at least `recall` of the violations."""
    curve = _curve(labels, scores, weights)
    reached = np.flatnonzero(curve[2] >= recall)
    return _point(curve, int(reached[0])) if len(reached) else None


def civil_point(labels: Floats, scores: Floats, weights: Floats, civil: Floats, rate: float = CIVIL_REVIEWED) -> Point | None:
    """The lowest threshold that touches at most `rate` of civil comments, whose scores are `civil`."""
    curve = _curve(labels, scores, weights)
    touched = (civil[None, :] >= curve[0][:, None]).mean(axis=1) if len(civil) else curve[3]
    within = np.flatnonzero(touched <= rate)
    return replace(_point(curve, int(within[-1])), false_positive_rate=float(touched[within[-1]])) if len(within) else None


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
        reject = reject_point(hostile, drawn[:, column], np.ones(len(hostile))) if hostile.any() else None
        points = {"reject": reject, "review": review_point(*given), "review_civil": civil_point(*given, drawn[hostile == 0, column])}
        found[attribute] = {name: point.to_dict() if point else None for name, point in points.items()}
    return found
