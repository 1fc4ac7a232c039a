"""From wishes to lines: targets by promises, costs by the cheapest lines, capacity by the price of a moderator's time.

Knows scored labels and the lines in force; writes nothing. `Plan.lines` is what a policy would hold, category by category and
section by section.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from moderation.tune.curve import LEAST, Curve, Figures
from moderation.tune.estimates import Floats
from moderation.tune.guarantee import DELTA, Promise, Shortfall
from moderation.tune.labelled import VIOLATES, ScoredLabels
from moderation.tune.targets import LINES, Costs, Target, TuneError, of_category

_FOLDS = 5
_PRICES = 40  # halvings of the price of a review


@dataclass(frozen=True, slots=True)
class Capacity:
    """What a newsroom can look at: reviews and comments per day."""

    reviews: float
    comments: float

    @property
    def share(self) -> float:
        """The most of all comments that may be held for a person."""
        return self.reviews / self.comments


@dataclass(frozen=True, slots=True)
class Wish:
    """All that was asked for. `delta` is how likely each promise may be broken."""

    targets: tuple[Target, ...] = ()
    costs: Costs | None = None
    capacity: Capacity | None = None
    delta: float = DELTA
    by_section: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """A target with the line that keeps it."""

    target: Target
    promise: Promise


@dataclass(frozen=True, slots=True)
class Choice:
    """One category's lines, in a section or everywhere (None), and what they do."""

    category: str
    section: str | None
    figures: Figures
    kept: tuple[Kept, ...] = ()
    cost: float | None = None        # of 1,000 comments, counted on the labels that chose the lines
    cost_apart: float | None = None  # the same, each fifth counted with lines that the others chose


@dataclass(frozen=True, slots=True)
class Missing:
    """A target that the labels cannot support."""

    category: str
    section: str | None
    target: Target
    shortfall: Shortfall


@dataclass(frozen=True, slots=True)
class Plan:
    """Lines, (1 + sections, categories of the policy, 2), with what they do; row 0 is a comment without a section.

    `missing` holds what stands in the way: with any of no section, the plan is not to be used. What is missing in a section leaves
    that section with the common lines.
    """

    lines: Floats
    choices: tuple[Choice, ...]
    missing: tuple[Missing, ...]

    @property
    def is_supported(self) -> bool:
        """Whether every target for the whole site is met."""
        return all(missing.section is not None for missing in self.missing)


def cost(curve: Curve, costs: Costs, review: float, reject: float) -> float:
    """What the labelled rows cost with these lines, of 1,000 comments."""
    weight = np.ones(len(curve.scores)) if curve.weights is None else curve.weights
    stated, refused, held = curve.stated, curve.scores >= reject, curve.scores >= review
    each = (costs.wrong_reject * (refused & (curve.labels == 0)) + costs.miss * (~held & (curve.labels == 1))
            + costs.review * (held & ~refused & stated))
    return float(1000 * (weight * each).sum() / max((weight * stated).sum(), 1e-12))


def cheapest(curve: Curve, costs: Costs, review: float | None = None, reject: float | None = None) -> tuple[float, float]:
    """The lines (review, reject) that cost least on the labelled rows; one that is given stays."""
    rows = curve.take(curve.stated)
    weight = np.ones(len(rows.scores)) if rows.weights is None else rows.weights
    lines = np.unique(np.concatenate([np.maximum(rows.scores, LEAST), [1.0]]))
    order = np.argsort(rows.scores, kind="stable")
    below = np.searchsorted(rows.scores[order], lines)
    good = np.append(0.0, np.cumsum((weight * (rows.labels == 0))[order]))
    bad = np.append(0.0, np.cumsum((weight * (rows.labels == 1))[order]))
    above_good, above = good[-1] - good[below], good[-1] + bad[-1] - good[below] - bad[below]
    of_reject = costs.wrong_reject * above_good - costs.review * above
    of_review = costs.miss * bad[below] + costs.review * above
    if reject is not None:
        of_reject, lines_below = np.where(lines == lines[np.searchsorted(lines, min(reject, 1.0))], of_reject, np.inf), lines <= reject
        of_review = np.where(lines_below, of_review, np.inf)
    if review is not None:
        of_review = np.where(lines == lines[np.searchsorted(lines, min(review, 1.0))], of_review, np.inf)
    best = np.minimum.accumulate(of_review)
    last = int(np.argmin(of_reject + best))
    first = int(np.flatnonzero(of_review[: last + 1] == best[last])[-1])
    return review or float(lines[first]), reject or float(lines[last])


def _apart(curve: Curve, costs: Costs, fixed: Mapping[str, float]) -> float:
    """The cost of 1,000 comments, each fold's (authors whole) with lines that the others chose."""
    groups = np.arange(len(curve.scores)) if curve.groups is None else curve.groups
    fold = np.random.default_rng(0).permutation(int(groups.max(initial=0)) + 1)[groups] % _FOLDS
    weight = np.ones(len(curve.scores)) if curve.weights is None else curve.weights
    total = mass = 0.0
    for index in range(_FOLDS):
        held = fold == index
        size = float((weight * curve.stated)[held].sum())
        review, reject = _ordered(dict(zip(LINES, cheapest(curve.take(~held), costs, **fixed), strict=True)), {})
        total, mass = total + size * cost(curve.take(held), costs, review, reject), mass + size
    return total / max(mass, 1e-12)


def _ordered(lines: Mapping[str, float], targets: Mapping[str, Target]) -> tuple[float, float]:
    """Review never above reject: the line moves whose promise is not broken by it."""
    review, reject = lines["review"], lines["reject"]
    if review > reject and "review" in targets and targets["review"].metric in ("precision", "fpr"):
        reject = review
    return min(review, reject), reject


def plan(scored: ScoredLabels, live: Floats, wish: Wish) -> Plan:
    """Choose lines.

    Parameters
    ----------
    live : the lines in force, as `Policy.thresholds`; what no wish concerns stays.

    Raises
    ------
    TuneError : a target names a category without labels, or what is in languages that the model does not read is more than can be
        looked at.
    """
    for target in wish.targets:
        if target.category is not None and target.category not in scored.categories:
            raise TuneError(f"no label is called `{target.category}`; the labels are {', '.join(scored.categories)}")
    lines, kept, missing = _base(scored, live, wish)
    if wish.capacity:
        lines = _within(scored, lines, wish)
    if wish.by_section:
        missing += _sections(scored, lines, kept, wish)
    sections: list[str | None] = [None, *(scored.section_names if wish.by_section else ())]
    choices = []
    for section in sections:
        for category in scored.categories:
            curve = scored.curve(category, section)
            if section is not None and not curve.stated.any():
                continue
            review, reject = _of(scored, lines, category, section)
            costs, fixed = wish.costs, {kept.target.line: kept.promise.line for kept in kept.get((category, section), ())}
            choices.append(Choice(
                category, section, curve.figures(review, reject), tuple(kept.get((category, section), ())),
                None if costs is None else cost(curve, costs, review, reject),
                None if costs is None or section or wish.capacity else _apart(curve, costs, fixed)))
    return Plan(lines, tuple(choices), tuple(missing))


_Kepts = dict[tuple[str, str | None], list[Kept]]


def _columns(scored: ScoredLabels, category: str) -> list[int]:
    """The policy's categories that a label's lines are written to: its own, or all for `violates`."""
    everywhere = category == VIOLATES and category not in scored.policy_categories
    return list(range(len(scored.policy_categories))) if everywhere else [scored.policy_categories.index(category)]


def _of(scored: ScoredLabels, lines: Floats, category: str, section: str | None) -> tuple[float, float]:
    row = 0 if section is None else 1 + scored.section_names.index(section)
    review, reject = lines[row, _columns(scored, category)[0]].tolist()
    return review, reject


def _base(scored: ScoredLabels, live: Floats, wish: Wish) -> tuple[Floats, _Kepts, list[Missing]]:
    lines, kept, missing = live.copy(), _Kepts(), list[Missing]()
    for category in scored.categories:
        chosen, short = _choose(scored, category, None, dict(zip(LINES, _of(scored, live, category, None), strict=True)), wish, kept)
        missing += short
        for column in _columns(scored, category):
            _move(lines, column, chosen)
    return lines, kept, missing


def _choose(scored: ScoredLabels, category: str, section: str | None, lines: dict[str, float], wish: Wish,
            kept: _Kepts) -> tuple[tuple[float, float], list[Missing]]:
    curve, targets, missing = scored.curve(category, section), of_category(wish.targets, category), []
    fixed: dict[str, float] = {}
    for line, target in targets.items():
        found = target.find(curve, wish.delta)
        if isinstance(found, Shortfall):
            missing.append(Missing(category, section, target, found))
        else:
            fixed[line] = found.line
            kept.setdefault((category, section), []).append(Kept(target, found))
    lines.update(fixed)
    if wish.costs is not None and not missing and curve.stated.any():
        lines.update(zip(LINES, cheapest(curve, wish.costs, **fixed), strict=True))
    return _ordered(lines, targets), missing


def _move(lines: Floats, column: int, chosen: tuple[float, float]) -> None:
    """Put a category's lines in force; sections that have their own keep them, the others follow."""
    before = lines[0, column].copy()
    for row in range(len(lines)):
        for index in range(2):
            if row == 0 or lines[row, column, index] == before[index]:
                lines[row, column, index] = chosen[index]
        lines[row, column, 1] = max(lines[row, column])


def _within(scored: ScoredLabels, lines: Floats, wish: Wish) -> Floats:
    """Raise the review lines until the queue fits: what a review costs is made dearer, the same for every category."""
    assert wish.capacity is not None
    most, costs = wish.capacity.share, wish.costs or Costs(review=0.0)
    wanted = [category for category in scored.categories if "review" not in of_category(wish.targets, category)]

    def tried(price: float) -> Floats:
        found = lines.copy()
        for category in wanted:
            _, reject = _of(scored, lines, category, None)
            review, _ = cheapest(scored.curve(category), Costs(costs.wrong_reject, costs.miss, price), reject=reject)
            for column in _columns(scored, category):
                _move(found, column, (min(review, reject), reject))
        return found

    low, high = max(costs.review, 1e-6), costs.miss * 1e6
    if wish.costs is not None and scored.queue(lines)[0].value <= most:
        return lines
    if (least := scored.queue(tried(high))[0].value) > most:
        raise TuneError(f"{least:.2%} of comments would be held for a person whatever the review lines are, and {most:.2%} can be looked "
                        "at: raise the capacity, lower the reject lines, or ask for no target on review")
    for _ in range(_PRICES):
        middle = float(np.sqrt(low * high))
        low, high = (low, middle) if scored.queue(tried(middle))[0].value <= most else (middle, high)
    return tried(high)


def _sections(scored: ScoredLabels, lines: Floats, kept: _Kepts, wish: Wish) -> list[Missing]:
    missing: list[Missing] = []
    for row, section in enumerate(scored.section_names, 1):
        for category in scored.categories:
            if not scored.curve(category, section).stated.any():
                continue
            base = dict(zip(LINES, _of(scored, lines, category, section), strict=True))
            chosen, short = _choose(scored, category, section, base, wish, kept)
            missing += short
            if not short:
                for column in _columns(scored, category):
                    lines[row, column] = chosen
    return missing
