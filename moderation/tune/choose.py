"""From wishes to lines: targets by promises, costs by the cheapest lines, capacity by the price of a moderator's time.

Knows scored labels and the lines in force; writes nothing. `Plan.lines` is what a policy would hold, category by category and
section by section.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

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
    solver = _Solver(scored, live, wish)
    lines = solver.within(wish.capacity.share) if wish.capacity else solver.lines(wish.costs)
    kept, missing = solver.kept, solver.missing
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


def _columns(scored: ScoredLabels, category: str) -> list[int]:
    """The policy's categories that a label's lines are written to: its own, or all for `violates`."""
    everywhere = category == VIOLATES and category not in scored.policy_categories
    return list(range(len(scored.policy_categories))) if everywhere else [scored.policy_categories.index(category)]


def _of(scored: ScoredLabels, lines: Floats, category: str, section: str | None) -> tuple[float, float]:
    row = 0 if section is None else 1 + scored.section_names.index(section)
    review, reject = lines[row, _columns(scored, category)[0]].tolist()
    return review, reject


class _Solver:
    """Lines for a wish: those that targets fix, found once, and the others for any costs.

    Attributes
    ----------
    kept, missing : the targets that are met, by category and section, and those that are not.
    """

    def __init__(self, scored: ScoredLabels, live: Floats, wish: Wish) -> None:
        self._scored, self._live, self._wish = scored, live, wish
        self.kept: dict[tuple[str, str | None], list[Kept]] = {}
        self.missing: list[Missing] = []
        self._places = [(category, section) for section in (None, *(scored.section_names if wish.by_section else ()))
                        for category in scored.categories if section is None or scored.curve(category, section).stated.any()]
        for category, section in self._places:
            for target in of_category(wish.targets, category).values():
                found = target.find(scored.curve(category, section), wish.delta)
                if isinstance(found, Shortfall):
                    self.missing.append(Missing(category, section, target, found))
                else:
                    self.kept.setdefault((category, section), []).append(Kept(target, found))

    def lines(self, costs: Costs | None, is_reject_free: bool = True) -> Floats:
        """All lines; those that no target fixes are the cheapest, or those in force without costs."""
        lines, short = self._live.copy(), {(missing.category, missing.section) for missing in self.missing}
        for category, section in self._places:
            if (category, section) in short:
                continue
            curve, targets = self._scored.curve(category, section), of_category(self._wish.targets, category)
            review, reject = _of(self._scored, lines, category, section)
            fixed = {kept.target.line: kept.promise.line for kept in self.kept.get((category, section), ())}
            found = {"review": review, "reject": reject, **fixed}
            if costs is not None and curve.stated.any():
                given = fixed if is_reject_free else {"reject": reject, **fixed}
                found.update(zip(LINES, cheapest(curve, costs, **given), strict=True))
            for column in _columns(self._scored, category):
                if section is None:
                    move(lines, column, _ordered(found, targets))
                else:
                    lines[1 + self._scored.section_names.index(section), column] = _ordered(found, targets)
        return lines

    def within(self, most: float) -> Floats:
        """Lines whose queue is at most this share of all comments: a review is made dearer, the same for all, until it is.

        Without costs only the review lines move.
        """
        given = self._wish.costs
        if given is not None and self._queue(lines := self.lines(given)) <= most:
            return lines
        costs = given or Costs(review=1e-6)

        def tried(price: float) -> Floats:
            return self.lines(replace(costs, review=price), is_reject_free=given is not None)

        low, high = max(costs.review, 1e-6), max(costs.miss, costs.wrong_reject, 1.0) * 1e6
        if (least := self._queue(tried(high))) > most:
            raise TuneError(f"{least:.2%} of comments would be held for a person whatever the review lines are, and {most:.2%} can be "
                            "looked at: raise the capacity, lower the reject lines, or ask for no target on review")
        for _ in range(_PRICES):
            middle = float(np.sqrt(low * high))
            low, high = (low, middle) if self._queue(tried(middle)) <= most else (middle, high)
        return tried(high)

    def _queue(self, lines: Floats) -> float:
        return self._scored.queue(lines)[0].value


def move(lines: Floats, column: int, chosen: tuple[float, float]) -> None:
    """Put a category's lines in force; sections that have their own keep them, the others follow."""
    before = lines[0, column].copy()
    for row in range(len(lines)):
        for index in range(2):
            if row == 0 or lines[row, column, index] == before[index]:
                lines[row, column, index] = chosen[index]
        lines[row, column, 1] = max(lines[row, column])
