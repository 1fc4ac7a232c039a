"""From one model to another: the operating points of a policy's attributes, carried over so that each means what it meant.

With labels a point goes to where the new model is as precise as the old one was there; without, or where too few labels lie above a
point, to where it flags as many comments. Lines, words and sections stay: they stand on the policy's own scale.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from moderation.rules import parse_rules
from moderation.scorer import Scorer
from moderation.tune.curve import rates
from moderation.tune.draft import written
from moderation.tune.estimates import Floats, Ints
from moderation.tune.labelled import Labelled

_LEAST = 20  # labelled comments above a point, for a precision to be matched
_BATCH = 4096
_FLAGGED = 5  # comments above a point, for a rate to be matched


@dataclass(frozen=True, slots=True)
class Point:
    """One point of an attribute in both models; `by` is `precision`, `flag rate`, or `nothing` where too few comments reach it."""

    category: str
    attribute: str
    line: str
    old: float
    new: float
    by: str
    flagged: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Flip:
    """A comment that the two models decide otherwise, with its row and actions as indices into `ACTIONS`."""

    row: int
    old: int
    new: int


def matched_rate(old: Floats, new: Floats, point: float) -> float | None:
    """The new scores' line that takes as many rows as `point` takes of the old ones; None where these are too few."""
    count = int((old >= point).sum())
    if count < _FLAGGED:
        return None
    ranked = np.sort(new)[::-1]
    return float((ranked[count - 1] + ranked[min(count, len(ranked) - 1)]) / 2)


def matched_precision(old: Floats, new: Floats, labels: Floats, point: float) -> float | None:
    """The line at which the new scores are as precise as the old ones at `point`, and of these the one that flags most nearly as
    many; None where the labels are too few."""
    stated = ~np.isnan(labels)
    above = stated & (old >= point)
    if above.sum() < _LEAST or not labels[above].any():
        return None
    found = rates(labels[stated], new[stated], np.ones(int(stated.sum())))
    rows = np.arange(1, len(found.thresholds) + 1)
    good = np.flatnonzero((found.precision >= labels[above].mean()) & (rows >= min(_LEAST, len(rows))))
    if not len(good):
        return None
    counts = np.searchsorted(np.sort(-new), -found.thresholds[good], side="right")
    return float(found.thresholds[good[np.argmin(np.abs(counts - (old >= point).sum()))]])


def translate(text: str, old: Floats, new: Floats, rows: Labelled, attributes: Sequence[str], others: Sequence[str],
              name: str = "the draft") -> tuple[str, list[Point]]:
    """The policy of `text` for another model, and what became of each point.

    Parameters
    ----------
    old, new : (n, attributes) and (n, others), what the two models say of the rows.
    rows : comments, with labels or without (`names` is empty then).

    Raises
    ------
    PolicyError : an attribute that the policy uses is not scored by the new model.
    """
    import tomlkit

    rules = parse_rules(text.encode(), name, attributes)
    parse_rules(text.encode(), name, others)
    document: Any = tomlkit.parse(text)
    points = []
    for category in rules.categories:
        labels = rows.labels[:, rows.names.index(category.name)] if category.name in rows.names else None
        for feed in category.feeds:
            one, other = old[:, attributes.index(feed.attribute)], new[:, others.index(feed.attribute)]
            table = document["categories"][category.name]["attributes"][feed.attribute]
            last = 0.0
            for line, point in (("review", feed.review), ("reject", feed.reject)):
                if point is None:
                    continue
                precise = None if labels is None else matched_precision(one, other, labels, point)
                flagged = matched_rate(one, other, point) if precise is None else None
                by = "precision" if precise is not None else "flag rate" if flagged is not None else "nothing"
                found = next((value for value in (precise, flagged) if value is not None), point)
                if np.array_equal(other >= found, other >= point):
                    found = point  # no comment tells the two apart
                last = max(0.0001, last, round(found, 4))  # a point for `reject` is never below the one for `review`
                if last != round(point, 4):
                    table[line] = tomlkit.value(written(last))
                points.append(Point(category.name, feed.attribute, line, point, last, by,
                                    (float((one >= point).mean()), float((other >= last).mean()))))
    made = str(tomlkit.dumps(document))
    parse_rules(made.encode(), name, others)
    return made, points


def probabilities(scorer: Scorer, texts: Sequence[str]) -> Floats:
    """(n, attributes): what the scorer's model says, the lexicon's words spelled out."""
    parts = [scorer.score_batch(texts[first : first + _BATCH]).attributes for first in range(0, len(texts), _BATCH)]
    return np.concatenate(parts) if parts else np.empty((0, len(scorer.policy.attributes)))


def _actions(scorer: Scorer, rows: Labelled) -> Ints:
    sections = [name if name in scorer.policy.sections else None for name in rows.sections]
    parts = [scorer.score_batch(rows.texts[first : first + _BATCH], sections[first : first + _BATCH]).worst
             for first in range(0, len(rows.texts), _BATCH)]
    return np.concatenate(parts).astype(np.intp) if parts else np.empty(0, np.intp)


def flips(before: Scorer, after: Scorer, rows: Labelled) -> list[Flip]:
    """The comments whose action is another, those that move most first."""
    old, new = _actions(before, rows), _actions(after, rows)
    found = [Flip(int(row), int(old[row]), int(new[row])) for row in np.flatnonzero(old != new)]
    return sorted(found, key=lambda flip: (-abs(flip.new - flip.old), flip.row))
