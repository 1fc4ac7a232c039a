"""Operating points: chosen for the whole product, lexicon and classifier together, on the development part; none by hand.

Knows what the classifier says and what the lexicon has decided already; the promises are those of `tune`. `moderation train` writes
the points into `model.json`, the policy takes them over, and a test holds the two together.

- `reject`: the lowest point above which at least PRECISION of the comments that an attribute adds to the lexicon's refusals are
  hostile, with CONFIDENCE. Where news comments do not carry that promise, all sources of the development part decide, and where
  they do not either, the lowest point with that precision there counts as it was observed, without a promise; else there is none.
  No comment is refused for what it more probably does not hold: a reject point is at least LIKELY.
- `review`: the highest point by which RECALL of an attribute's violations are held, by lexicon or classifier.
- No review point may hold more than NAMED_REVIEWED of the civil news comments that name a group of people, so that these are not
  the ones who pay for what is found (`named`).
- All refusals together may take at most CIVIL_REJECTED of civil news comments, and all that is held at most CIVIL_REVIEWED. Where
  the points take more, each attribute may take the same share of its own, the largest with which all stay within.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import NamedTuple

import numpy as np

from moderation import identities
from moderation.language import ENGLISH
from moderation.scorer import Scorer
from moderation.train import calibrate
from moderation.train.corpus import ATTRIBUTES, Corpus
from moderation.tune.curve import Curve, rates
from moderation.tune.estimates import Bools, Floats
from moderation.tune.guarantee import Shortfall, least_rows, precise

PRECISION, CONFIDENCE = 0.95, 0.95            # of what is rejected, and how sure of it
LIKELY = 0.5                                  # the least probability of an attribute for which a comment is refused
RECALL = 0.90                                 # of what is held
CIVIL_REVIEWED, CIVIL_REJECTED = 0.04, 0.005  # the most of civil news comments, by everything together
NAMED_REVIEWED = 0.03                         # the most of those that name a group of people, by one attribute
_DIGITS = 6                                   # of a point
_HALVINGS = 30
_BATCH = 4096


@dataclass(frozen=True, slots=True)
class Point:
    """A probability from which an attribute alone acts, what decided it, and the share of what it asks about that is met there.

    `basis` is `news`, `all sources` or `all sources, observed` for a reject point, `recall` for a review point; `named` or
    `civil` beside it tells that the point was raised to spare civil comments that name a group, or all of them, `likely` that it was
    raised to LIKELY. `met` is the precision above a reject point and the recall of a review point, the lexicon's part included.
    """

    threshold: float
    basis: str
    met: float


@dataclass(frozen=True, slots=True)
class Rows:
    """Comments as the product reads them: `scores` (n, k), and what the lexicon alone does: `held` and `refused`, (n,)."""

    scores: Floats
    held: Bools
    refused: Bools


def read(scorer: Scorer, texts: Sequence[str]) -> Rows:
    """Score texts on the product's own path; the columns are ATTRIBUTES, NaN where the model has none."""
    columns = {name: scorer.policy.attributes.index(name) for name in ATTRIBUTES if name in scorer.policy.attributes}
    scores = np.full((len(texts), len(ATTRIBUTES)), np.nan)
    decided = np.zeros((len(texts), 2), bool)
    for first in range(0, len(texts), _BATCH):
        table = scorer.score_batch(texts[first : first + _BATCH], languages=[ENGLISH] * len(texts[first : first + _BATCH]))
        for name, column in columns.items():
            scores[first : first + _BATCH, ATTRIBUTES.index(name)] = table.attributes[:, column]
        for row in table.matches:
            for name, floor in table.floors(row).items():
                decided[first + row] |= floor >= scorer.policy.thresholds[0, scorer.policy.categories.index(name)]
    return Rows(scores, decided[:, 0], decided[:, 1])


def choose(rows: Rows, development: Corpus, attributes: tuple[str, ...]) -> dict[str, dict[str, Point | None]]:
    """Both points of each of `attributes`, those that feed categories of the policy; None where nothing supports one."""
    labels, weights = calibrate.natural_mix(development)
    drawn = calibrate.drawn_news(development)
    hostile = np.where(np.isnan(development.labels[:, 0]), np.nan, development.labels[:, 0] >= 0.5)
    civil = drawn & (hostile == 0)
    columns = [ATTRIBUTES.index(name) for name in attributes]
    rejects = [_reject(rows, hostile, drawn, column) for column in columns]
    reviews = [_review(rows, labels[:, column], weights[:, column], column) for column in columns]
    names = np.zeros(len(civil), bool)
    names[civil] = identities.mentions([development.texts[row] for row in np.flatnonzero(civil)])[1].any(axis=1)
    reviews = [_raise(line, rows.scores[names, column], NAMED_REVIEWED, "named") for line, column in zip(reviews, columns, strict=True)]
    rejects = _spare(rejects, rows.scores[civil][:, columns], rows.refused[civil], CIVIL_REJECTED)
    reviews = _spare(reviews, rows.scores[civil][:, columns], rows.held[civil], CIVIL_REVIEWED)
    found: dict[str, dict[str, Point | None]] = {}
    for name, column, reject, review in zip(attributes, columns, rejects, reviews, strict=True):
        found[name] = {"reject": None, "review": None}
        if reject is not None:
            above = ~rows.refused & (rows.scores[:, column] >= reject.threshold) & (drawn if "news" in reject.basis else ~np.isnan(hostile))
            found[name]["reject"] = Point(reject.threshold, reject.basis, float(np.nanmean(hostile[above])) if above.any() else 1.0)
        if review is not None:
            mass = weights[:, column] * (labels[:, column] >= 0.5)
            held = rows.held | (rows.scores[:, column] >= review.threshold)
            found[name]["review"] = Point(review.threshold, review.basis, float((mass * held).sum() / mass.sum()))
    return found


def touched(rows: Rows, points: Mapping[str, Mapping[str, Point | None]], development: Corpus) -> dict[str, float]:
    """The share of civil news comments that these points and the lexicon refuse, and that they hold, in all."""
    civil = calibrate.drawn_news(development) & (development.labels[:, 0] < 0.5)
    shares = {}
    for action, already in (("reject", rows.refused), ("review", rows.held)):
        reached = already.copy()
        for name, pair in points.items():
            point = pair[action]
            if point is not None:
                reached |= rows.scores[:, ATTRIBUTES.index(name)] >= point.threshold
        shares[action] = float(reached[civil].mean())
    return shares


class _Line(NamedTuple):
    threshold: float
    basis: str


def _reject(rows: Rows, hostile: Floats, drawn: Bools, column: int) -> _Line | None:
    for basis, among in (("news", drawn), ("all sources", ~np.isnan(hostile))):
        left = among & ~rows.refused & ~np.isnan(hostile)
        promise = precise(Curve(rows.scores[left, column], hostile[left]), PRECISION, 1 - CONFIDENCE)
        if not isinstance(promise, Shortfall):
            return _likely(_Line(_down(promise.line), basis))
    found = rates(hostile[left], rows.scores[left, column], np.ones(int(left.sum())))
    above = left.sum() - np.searchsorted(np.sort(rows.scores[left, column]), found.thresholds)
    good = np.flatnonzero((found.precision >= PRECISION) & (above >= least_rows(1 - PRECISION, 1 - CONFIDENCE)))
    return _likely(_Line(_down(found.thresholds[good[-1]]), "all sources, observed")) if len(good) else None


def _likely(line: _Line) -> _Line:
    return line if line.threshold >= LIKELY else _Line(LIKELY, f"{line.basis}, likely")


def _review(rows: Rows, labels: Floats, weights: Floats, column: int) -> _Line | None:
    used = (weights > 0) & ~np.isnan(labels)
    if not (labels[used] >= 0.5).any():
        return None
    given = np.where(rows.held, np.inf, rows.scores[:, column])[used]
    found = rates((labels[used] >= 0.5).astype(np.float64), given, weights[used])
    line = float(found.thresholds[int(np.argmax(found.recall >= RECALL))])
    # The lexicon may find enough by itself; the point is then the highest score that there is.
    return _Line(_down(min(line, float(rows.scores[:, column].max()))), "recall")


def _down(line: float) -> float:
    return float(math.floor(line * 10**_DIGITS) / 10**_DIGITS)  # takes the rows that it was counted on


def _raise(line: _Line | None, spared: Floats, share: float, why: str) -> _Line | None:
    """A line that takes at most a share of the rows whose scores are `spared`, (n,)."""
    if line is None or not len(spared):
        return line
    last = np.sort(spared)[::-1][min(int(share * len(spared)), len(spared) - 1)]
    above = math.ceil(float(last) * 10**_DIGITS + 0.5) / 10**_DIGITS
    return line if line.threshold >= above else _Line(above, f"{line.basis}, {why}")


def _spare(lines: Sequence[_Line | None], civil: Floats, already: Bools, most: float) -> list[_Line | None]:
    """Lines raised, each to the same share of civil comments, the largest with which all together touch at most `most`.

    `civil` holds the comments' scores, (n, lines), `already` what the lexicon touches.
    """
    def raised(share: float) -> list[_Line | None]:
        return [_raise(line, civil[:, column], share, "civil") for column, line in enumerate(lines)]

    def reached(found: list[_Line | None]) -> float:
        above = [civil[:, column] >= line.threshold for column, line in enumerate(found) if line is not None]
        return float(np.logical_or.reduce([already, *above]).mean())

    if not len(civil) or reached(list(lines)) <= most:
        return list(lines)
    low, high = 0.0, 1.0 - 1e-9
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if reached(raised(middle)) <= most else (low, middle)
    return raised(low)


def to_facts(points: Mapping[str, Mapping[str, Point | None]]) -> dict[str, dict[str, dict[str, float | str] | None]]:
    """The points for `model.json`."""
    return {name: {action: {**asdict(point), "met": round(point.met, 4)} if point else None for action, point in pair.items()}
            for name, pair in points.items()}


def find(scorer: Scorer, development: Corpus) -> tuple[dict[str, dict[str, Point | None]], dict[str, float]]:
    """The points of every attribute of a model, those that feed the policy together, and what these touch, as `touched` tells."""
    rows = read(scorer, development.texts)
    fed = {feed.attribute for category in scorer.policy.rules.categories for feed in category.feeds}
    together = choose(rows, development, tuple(name for name in ATTRIBUTES if name in fed))
    alone = {name: choose(rows, development, (name,))[name] for name in ATTRIBUTES if name in scorer.policy.attributes and name not in fed}
    return {name: (together | alone)[name] for name in ATTRIBUTES if name in together | alone}, touched(rows, together, development)


def toml(scorer: Scorer, points: Mapping[str, Mapping[str, Point | None]]) -> str:
    """The points as the tables of a policy file."""
    lines = []
    for category in scorer.policy.rules.categories:
        lines.append(f"[categories.{category.name}.attributes]")
        for feed in category.feeds:
            pair = {action: point.threshold for action in ("review", "reject") if (point := points[feed.attribute][action])}
            lines.append(f"{feed.attribute} = {{ {', '.join(f'{action} = {value:.6g}' for action, value in pair.items())} }}")
    return "\n".join(lines)
