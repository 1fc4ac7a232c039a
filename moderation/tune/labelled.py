"""Labelled comments with their scores: what a person said, and what the scorer says of the same text, category by category.

Knows rows; scores them by the one scorer, lexicon included. Labels are people's, scores the model's: never mixed.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from moderation.identities import mentions
from moderation.policy import ACTIONS
from moderation.scorer import Scorer
from moderation.table import DEEP, FAST
from moderation.tune.curve import Curve
from moderation.tune.estimates import Bools, Estimate, Floats, Ints, share

VIOLATES = "violates"  # the one label of comments that were not labelled by category
_BATCH = 4096


@dataclass(frozen=True)
class Labelled:
    """Comments as they were labelled.

    Attributes
    ----------
    texts : n comments.
    names : the labels' columns: categories of the policy, or `violates` alone.
    labels : (n, len(names)), 0, 1 or NaN.
    sections : each row's section, None for none.
    authors : who wrote each, or in which thread it stands; None if it is not known of any row.
    weights : (n,), how many comments each row stands for; None if one.
    places : where each row stands, such as `line 12`, for messages.
    """

    texts: tuple[str, ...]
    names: tuple[str, ...]
    labels: Floats
    sections: tuple[str | None, ...]
    authors: tuple[str, ...] | None = None
    weights: Floats | None = None
    places: tuple[str, ...] = ()

    @functools.cached_property
    def mentions(self) -> tuple[list[str], Bools]:
        """Groups of people, and (n, groups) whether each comment names each: looked for once, and much dearer than all figures."""
        return mentions(self.texts)


@dataclass(frozen=True, slots=True)
class ScoredLabels:
    """Labelled comments with their scores. Row i is `rows.texts[i]`.

    Attributes
    ----------
    categories : what has labels; `violates` alone where they were not given by category, scored by the highest of all.
    scores, labels : (n, c).
    fused : (n, categories of the policy), every category's score.
    sections : (n,), the number of the policy's section, 0 for none.
    section_names : the policy's.
    unread : (n,), the least action of comments in a language that the model does not read, as index into `ACTIONS`.
    weights, groups : (n,) or None, as in `Curve`.
    """

    rows: Labelled
    policy_categories: tuple[str, ...]
    categories: tuple[str, ...]
    scores: Floats
    labels: Floats
    fused: Floats
    sections: Ints
    section_names: tuple[str, ...]
    unread: Ints
    weights: Floats | None
    groups: Ints | None

    def __len__(self) -> int:
        return len(self.scores)

    def rows_of(self, section: str | None) -> Bools:
        """The rows of a section; all for None."""
        if section is None:
            return np.ones(len(self), bool)
        found: Bools = self.sections == 1 + self.section_names.index(section)
        return found

    def curve(self, category: str, section: str | None = None) -> Curve:
        """A category's rows, of a section or of all."""
        column = self.categories.index(category)
        return Curve(self.scores[:, column], self.labels[:, column], self.weights, self.groups).take(self.rows_of(section))

    def actions(self, lines: Floats) -> Ints:
        """Each comment's worst action by these lines, (n,), as index into `ACTIONS`; `lines` as in `Policy.thresholds`."""
        at = lines[self.sections]
        actions = ((self.fused >= at[..., 0]).astype(int) + (self.fused >= at[..., 1])).max(axis=1, initial=0)
        worst: Ints = np.maximum(actions, self.unread)
        return worst

    def queue(self, lines: Floats, section: str | None = None) -> tuple[Estimate, Estimate]:
        """The shares of all comments that a person must look at, and that are rejected: by a comment's worst action.

        Parameters
        ----------
        lines : (1 + sections, categories of the policy, 2), as `Policy.thresholds`.
        """
        worst, rows = self.actions(lines), self.rows_of(section)
        weights = None if self.weights is None else self.weights[rows]
        groups = None if self.groups is None else self.groups[rows]
        reviewed, rejected = (share(worst[rows] == ACTIONS.index(action), weights, groups) for action in ("review", "reject"))
        return reviewed, rejected


def score(rows: Labelled, scorer: Scorer) -> ScoredLabels:
    """Score labelled comments. A section that the policy does not have counts as none.

    Where an encoder may be asked it is asked about all: which comments `auto` passes on depends on the lines, and these move.
    """
    tier = FAST if scorer.tier == FAST else DEEP
    policy = scorer.policy
    known = {name: number for number, name in enumerate(policy.sections, 1)}
    numbers = np.array([known.get(name or "", 0) for name in rows.sections], dtype=np.intp)
    fused = np.empty((len(rows.texts), len(policy.categories)))
    unread = np.zeros(len(rows.texts), dtype=np.intp)
    for first in range(0, len(rows.texts), _BATCH):
        table = scorer.score_batch(rows.texts[first : first + _BATCH], tier=tier)
        fused[first : first + _BATCH] = table.categories
        unread[[first + row for row in table.unread]] = policy.unread
    return ScoredLabels(rows, policy.categories, rows.names, columns(fused, policy.categories, rows.names), rows.labels, fused, numbers,
                        policy.sections, unread, rows.weights, numbered(rows.authors))


def columns(fused: Floats, categories: Sequence[str], names: Sequence[str]) -> Floats:
    """The scores that labels are held against, (n, len(names)): each category's, or the highest for `violates`."""
    if tuple(names) == (VIOLATES,):
        highest: Floats = fused.max(axis=1, initial=0.0)[:, None]
        return highest
    return fused[:, [categories.index(name) for name in names]]


def numbered(authors: Sequence[str] | None) -> Ints | None:
    """Authors as numbers; an empty name is nobody's, so each such row is by itself. None where no author has two rows."""
    if authors is None:
        return None
    found: dict[str, int] = {}
    numbers = np.array([found.setdefault(author or f"\0{row}", len(found)) for row, author in enumerate(authors)], dtype=np.intp)
    return numbers if len(found) < len(authors) else None
