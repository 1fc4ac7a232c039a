"""Lines with a promise: "precision at least p with confidence 1 - delta", though the same labels chose the line.

Learn then test (Angelopoulos et al. 2021, https://arxiv.org/abs/2110.01052) by fixed-sequence testing: candidate lines are
ordered before any label is seen, from the safest on, and tested one after the other until a test fails; the last that passed is
taken. The first line whose promise would be broken passes with probability delta at most, and no later one is reached.

The walk begins where enough rows lie above a line for a test to succeed, which is told by scores and not by labels. A fifth of
delta is kept for a second start further on, lest a few labels at the very top stop the walk for good (the fallback procedure
of Wiens 2003; what the first start has left is added). Given the scores each label is a draw of its own, so that a count of
errors is spread no more than the binomial's of their mean (Hoeffding 1956) and the exact binomial test holds. Rows with weights
or authors are tested by betting (Waudby-Smith and Ramdas 2024), author by author.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from moderation.tune.curve import ABOVE, LEAST, Curve
from moderation.tune.estimates import Bools, Floats, Ints

DELTA = 0.05
_GROWTH = 1.06  # from a tested line to the next, in rows above it
_KEPT, _FURTHER = 0.2, 8  # of delta for the second start, which has so many times the rows of the first
_TESTS = 200    # at most, of rows with weights or authors
_REACH = 1_000_000  # labels; a wish that needs more is none


class Steps(NamedTuple):
    """Candidate lines in the order in which they are tested, safest first, (m,), and what each is judged by.

    `rows` and `wrong` count; `judge` takes a line's number and tells which rows judge it, (n,), and which of these are errors.
    """

    lines: Floats
    rows: Ints
    wrong: Ints
    judge: Callable[[int], tuple[Bools, Bools]]
    of: str

    def take(self, kept: Sequence[int] | Ints) -> Steps:
        """Some of them."""
        return Steps(self.lines[kept], self.rows[kept], self.wrong[kept], lambda index: self.judge(int(kept[index])), self.of)


@dataclass(frozen=True, slots=True)
class Shortfall:
    """Why a promise cannot be given: how many more labels of the kind `of` would do, None if no number would.

    `share` is how many of all labelled comments are of that kind; 0 if none is.
    """

    missing: int | None
    of: str
    why: str
    share: float


@dataclass(frozen=True, slots=True)
class Promise:
    """A line and what holds of it: `rows` were judged, `wrong` of them were errors, and the p-value of the worst that was promised."""

    line: float
    rows: int
    wrong: int
    p_value: float


def binomial_p(wrong: Ints, rows: Ints, most: float) -> Floats:
    """How likely as few errors are, (m,), if a share of more than `most` were wrong: the exact binomial test."""
    from scipy.special import bdtr

    return np.asarray(bdtr(wrong, rows, most), dtype=np.float64)


def betting_p(wrong: Floats, weights: Floats, groups: Ints, most: float, delta: float) -> float:
    """The same for rows that count differently or are not independent: the inverse of the most that a bettor against it won.

    Each author is one draw: what their rows add to or take from the budget of errors, brought to [0, 1] by the greatest weight.
    Valid for any such draws (Waudby-Smith and Ramdas 2024, https://arxiv.org/abs/2010.09686); the order is shuffled, always the same way.
    """
    excess = np.bincount(groups, weights * (wrong - most))
    mass = np.bincount(groups, weights)
    excess, mass = excess[mass > 0], mass[mass > 0]
    if not len(mass):
        return 1.0
    loss = (excess / mass.max() + most)[np.random.default_rng(0).permutation(len(mass))]
    count = np.arange(1, len(loss) + 1)
    mean = (most + np.cumsum(loss)) / (count + 1)
    spread = (0.25 + np.cumsum((loss - mean) ** 2)) / (count + 1)
    before = np.append(0.25, spread[:-1])
    bet = np.minimum(np.sqrt(2 * np.log(1 / delta) / (len(loss) * before)), 0.75 / (1 - most))
    won = np.cumsum(np.log1p(np.maximum(bet * (most - loss), -1 + 1e-12)))
    return float(min(1.0, np.exp(-max(0.0, won.max()))))


def accept(p_values: Floats, parts: Floats) -> Bools:
    """Which lines are kept, (m,), in the order of the tests.

    Parameters
    ----------
    parts : (m,), what part of delta starts at each line; it goes on from line to line until a test fails. With all of it at the first
        this is plain fixed-sequence testing.
    """
    kept, level = np.zeros(len(p_values), bool), 0.0
    for index, (p_value, part) in enumerate(zip(p_values.tolist(), parts.tolist(), strict=True)):
        level += part
        kept[index] = level > 0 and p_value <= level
        level = level if kept[index] else 0.0
    return kept


def _parts(best: Floats, rows: Ints, delta: float) -> Floats:
    """Where the parts of delta start. `best` are the p-values that rows without an error would have."""
    parts = np.zeros(len(best))
    second = int(np.searchsorted(rows, _FURTHER * rows[np.argmax(best <= delta)]))
    if rows[0] < rows[-1] and second < len(rows) and (best <= delta).any():
        parts[second] = delta * _KEPT
    enough = np.flatnonzero(best <= delta - parts.sum())
    if len(enough):
        parts[enough[0]] += delta - parts.sum()
    return parts


def least_rows(most: float, delta: float) -> int:
    """How many rows without an error show that at most a share `most` is wrong."""
    return int(np.ceil(np.log(delta) / np.log1p(-most))) if 0 < most < 1 else _REACH


def precise(curve: Curve, precision: float, delta: float = DELTA) -> Promise | Shortfall:
    """The lowest line above which at least `precision` of comments break the rule."""
    rows = curve.take(curve.stated)
    order = np.argsort(-rows.scores, kind="stable")
    ranked, wrong = rows.scores[order], np.cumsum(rows.labels[order] == 0)
    ends = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True)[: len(ranked)])
    lines = ranked[ends]
    steps = Steps(lines, ends + 1, wrong[ends], lambda index: (rows.scores >= lines[index], rows.labels == 0), "above the line")
    return _walk(rows, steps.take(_apart(steps.rows)), 1 - precision, delta, len(rows.scores))


def sparing(curve: Curve, most: float, delta: float = DELTA) -> Promise | Shortfall:
    """The lowest line that takes at most a share `most` of the comments that break no rule."""
    rows = curve.take(curve.labels == 0)
    every = np.ones(len(rows.scores), bool)
    lines = np.append(np.unique(rows.scores), ABOVE)[::-1]  # none is above the first
    wrong = len(rows.scores) - np.searchsorted(np.sort(rows.scores), lines)
    steps = Steps(lines, np.full(len(lines), len(rows.scores)), wrong, lambda index: (every, rows.scores >= lines[index]),
                  "of comments that break no rule")
    total = int(curve.stated.sum())
    found = _walk(rows, steps, most, delta, total)
    return _shortfall(steps.take([1]), most, delta, total) if isinstance(found, Promise) and found.line > 1 else found


def complete(curve: Curve, most: float, delta: float = DELTA) -> Promise | Shortfall:
    """The highest line below which at most a share `most` of the comments that break the rule stay."""
    rows = curve.take(curve.labels == 1)
    every = np.ones(len(rows.scores), bool)
    lines = np.unique(np.maximum(rows.scores, LEAST))
    steps = Steps(lines, np.full(len(lines), len(rows.scores)), np.searchsorted(np.sort(rows.scores), lines),
                  lambda index: (every, rows.scores < lines[index]), "of comments that break the rule")
    return _walk(rows, steps, most, delta, int(curve.stated.sum()))


def _apart(rows: Ints) -> list[int]:
    """Lines with some rows more than the one before: fewer tests that chance may fail."""
    kept, last = [], 0.0
    for index, count in enumerate(rows.tolist()):
        if count >= last * _GROWTH:
            kept.append(index)
            last = count
    return kept


def _walk(rows: Curve, steps: Steps, most: float, delta: float, total: int) -> Promise | Shortfall:
    if not len(rows.scores):
        return Shortfall(least_rows(most, delta), steps.of, "there is no such label", 0.0)
    if rows.is_plain:
        p_values, best = binomial_p(steps.wrong, steps.rows, most), binomial_p(np.zeros_like(steps.wrong), steps.rows, most)
    else:
        # Each test costs a pass over the rows.
        steps = steps.take(np.unique(np.linspace(0, len(steps.lines) - 1, min(len(steps.lines), _TESTS)).astype(int)))
        p_values, best = _betting(rows, steps, most, delta)
    kept = np.flatnonzero(accept(p_values, _parts(best, steps.rows, delta)))
    if len(kept):
        last = int(kept[-1])
        return Promise(float(steps.lines[last]), int(steps.rows[last]), int(steps.wrong[last]), float(p_values[last]))
    return _shortfall(steps, most, delta, total)


def _betting(rows: Curve, steps: Steps, most: float, delta: float) -> tuple[Floats, Floats]:
    """The p-values, and what they would be without an error."""
    weights = np.ones(len(rows.scores)) if rows.weights is None else rows.weights
    groups = np.arange(len(rows.scores)) if rows.groups is None else rows.groups
    found = []
    for index in range(len(steps.lines)):
        judged, wrong = steps.judge(index)
        given = wrong[judged].astype(np.float64)
        found.append([betting_p(errors, weights[judged], groups[judged], most, delta) for errors in (given, np.zeros_like(given))])
    p_values, best = np.array(found).T
    return p_values, best


def _shortfall(steps: Steps, most: float, delta: float, total: int) -> Shortfall:
    """How many labels more would do if they were like those that there are, at the line that needs fewest.

    Few rows without an error are not taken for a place without errors: half a one is added to them (Jeffreys's prior), unless they
    are so few that this alone is more than what is allowed.
    """
    shares = (steps.wrong + 0.5) / (steps.rows + 1)
    if not (shares < most).any():
        shares = steps.wrong / steps.rows
    hopeful = np.flatnonzero(shares < most)
    if not len(hopeful):
        least = int(np.argmin(shares))
        why = f"at best {steps.wrong[least]} of {steps.rows[least]} are wrong, and {100 * most:.4g} % are allowed"
        return Shortfall(None, steps.of, why, 0.0)
    needed = np.array([_needed(float(shares[index]), most, delta) for index in hopeful]) - steps.rows[hopeful]
    best = int(hopeful[np.argmin(needed)])
    where = f"{steps.of} {steps.lines[best]:.4g}" if steps.of.endswith("line") else steps.of
    return Shortfall(max(int(needed.min()), 1), where.replace("the line ", ""), "what there is looks right, but is too little to be sure",
                     float(steps.rows[best] / total))


def _needed(wrong: float, most: float, delta: float) -> int:
    """The fewest rows, with this share wrong, that pass the test."""
    low, high = 1, _REACH
    while low < high:
        middle = (low + high) // 2
        passes = binomial_p(np.array(np.ceil(wrong * middle)), np.array(middle), most) <= delta
        low, high = (low, middle) if passes else (middle + 1, high)
    return low
