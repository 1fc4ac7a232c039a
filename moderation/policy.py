"""The policy: scores and matches in, actions and reasons out. Pure: it knows no text, no clock and no randomness.

Each category has a score in [0, 1] on the policy's own scale, on which its two thresholds stand: the largest of
what the classifier's attributes say, each brought to that scale by its own operating points, and of what the
lexicon's words count at least. A higher probability or a graver word never gives a milder action.

>>> from moderation.rules import Feed
>>> policy = Policy(Rules("v1", (), (Category("obscene", "No obscenity.", 0.5, 0.9, (Feed("profanity", 0.3, 0.8),),
...                                           (0.3, 0.7, 0.97), (0.1, 0.3, 0.6), 1.0),), ()), ["profanity"])
>>> fused = policy.fuse(np.array([[0.1], [0.3], [0.8]]), [])
>>> fused.ravel().tolist()
[0.1667, 0.5, 0.9]
>>> [ACTIONS[action] for action in policy.decide(fused).max(axis=1)]
['approve', 'review', 'reject']
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from moderation.errors import Problem, RequestError
from moderation.lexicon import Match, RowMatches
from moderation.rules import ACTIONS as _ACTIONS
from moderation.rules import Category, Rules, read_rules
from moderation.terms import SEVERITIES

ACTIONS = _ACTIONS  # ascending: the worst one wins
OWN = "own"  # the region of a word that is the writer's, and not quoted
_DIGITS = 4  # scores are rounded before they are compared, so that what is shown is what was decided on
Scores = npt.NDArray[np.float64]
Actions = npt.NDArray[np.uint8]


class Reason(NamedTuple):
    """Why a category is not approved: its score has reached `threshold`, the one of `action`."""

    category: str
    action: str
    score: float
    threshold: float
    clause: str


class Decision(NamedTuple):
    """The worst action of all categories, with one reason for each category that is not approved, worst first."""

    action: str
    reasons: tuple[Reason, ...]


UNREAD = "The comment is in a language that the model does not read."


class _Curves:
    """Every (category, attribute) pair's way from a probability to the policy's scale: three straight pieces.

    A probability of 0 is 0, the pair's review point is the category's `review`, its reject point the category's
    `reject`, and 1 is 1. Without a reject point the second piece ends halfway between the thresholds, at 1.
    """

    def __init__(self, categories: Sequence[Category], attributes: Sequence[str]) -> None:
        pairs = [(category, feed) for category in categories for feed in category.feeds]
        self.columns = np.array([attributes.index(feed.attribute) for _, feed in pairs], dtype=np.intp)
        self.names = [(category.name, feed.attribute) for category, feed in pairs]
        self.categories = [index for index, category in enumerate(categories) for _ in category.feeds]
        counts = [len(category.feeds) for category in categories]
        self.fed = [index for index, count in enumerate(counts) if count]
        self.starts = np.cumsum([0, *(count for count in counts if count)])[:-1]
        rows = [(feed.review, 1.0 if feed.reject is None else feed.reject, category.review,
                 category.reject if feed.reject is not None else (category.review + category.reject) / 2, feed.reject is not None)
                for category, feed in pairs]
        self.review_at, self.reject_at, self.review, self.reject, rejects = np.array(rows, dtype=np.float64).reshape(-1, 5).T.copy()
        self.top = np.where(rejects > 0, 1.0, self.reject)
        self.slopes = [self.review / self.review_at,
                       _slope(self.reject - self.review, self.reject_at - self.review_at),
                       _slope(self.top - self.reject, 1.0 - self.reject_at)]

    def map(self, scores: Scores) -> Scores:
        """(n, k) probabilities to (n, pairs) values; never decreasing, and exact at the two points."""
        given = scores[:, self.columns]
        # Each piece is held within its own ends, so that rounding cannot make a larger probability count less.
        low = np.minimum(self.slopes[0] * given, self.review)
        middle = np.minimum(self.review + self.slopes[1] * (given - self.review_at), self.reject)
        high = np.minimum(self.reject + self.slopes[2] * (given - self.reject_at), self.top)
        return np.where(given < self.review_at, low, np.where(given < self.reject_at, middle, high))


def _slope(rise: Scores, run: Scores) -> Scores:
    return np.divide(rise, run, out=np.zeros_like(rise), where=run > 0)


class Policy:
    """A site's comment policy, ready to decide.

    Attributes
    ----------
    version : digest of the policy file.
    categories, sections : names, in the file's order.
    attributes : the classifier's attributes, in the order of the columns that `fuse` takes.
    exclude : the parts of a comment that are not read.
    unread : index into `ACTIONS`, the least action for a comment in a language that the model does not read.
    """

    def __init__(self, rules: Rules, attributes: Sequence[str]) -> None:
        self.rules = rules
        self.version = rules.version
        self.exclude = rules.exclude
        self.unread = ACTIONS.index(rules.unread_language)
        self.attributes = tuple(attributes)
        self.categories = tuple(category.name for category in rules.categories)
        self.sections = tuple(section.name for section in rules.sections)
        self._curves = _Curves(rules.categories, self.attributes)
        base = tuple((category.review, category.reject) for category in rules.categories)
        # (1 + sections, categories, 2): row 0 is a comment without a section.
        self._thresholds = np.array([base, *(section.thresholds for section in rules.sections)], dtype=np.float64)
        self._index = {name: index for index, name in enumerate(self.categories)}
        self._section_index = {name: index for index, name in enumerate(self.sections, 1)}

    @classmethod
    def load(cls, path: Path, attributes: Sequence[str]) -> Policy:
        """Read, check and prepare a policy file for a model that scores these attributes.

        Raises
        ------
        PolicyError : with every problem of the file at once.
        """
        return cls(read_rules(path, attributes), attributes)

    def section(self, name: str | None) -> int:
        """The number of a section for `decide`; 0 if the comment has none.

        Raises
        ------
        RequestError : the policy has no such section.
        """
        if name is None:
            return 0
        number = self._section_index.get(name)
        if number is None:
            known = ", ".join(f"`{section}`" for section in self.sections)
            hint = f"known are {known}" if known else "the policy has none"
            raise RequestError(Problem("section", "is not a section of the policy", hint))
        return number

    def fuse(self, scores: Scores, found: Sequence[RowMatches]) -> Scores:
        """The categories' scores.

        Parameters
        ----------
        scores : (n, attributes), probabilities.
        found : the matches of the rows that have any.

        Returns
        -------
        (n, categories) in [0, 1], rounded to four digits.
        """
        fused = np.zeros((len(scores), len(self.categories)))
        if self._curves.fed and len(scores):
            fused[:, self._curves.fed] = np.maximum.reduceat(self._curves.map(scores), self._curves.starts, axis=1)
        for row, matches in found:
            self._add(fused[row], matches)
        rounded: Scores = np.round(fused, _DIGITS)
        return rounded

    def _add(self, row: Scores, matches: Sequence[Match]) -> None:
        used = {match.category for match in matches if match.region == OWN}
        for name, floor in self.floors(matches).items():
            index = self._index[name]
            if name not in used:
                row[index] = min(row[index], self.rules.categories[index].quoted_most)
            row[index] = max(row[index], floor)

    def floors(self, matches: Sequence[Match]) -> dict[str, float]:
        """What the lexicon's words count at least, by category."""
        floors: dict[str, float] = {}
        for match in matches:
            index = self._index.get(match.category)
            if index is not None:
                category = self.rules.categories[index]
                counts = category.severities if match.region == OWN else category.quoted
                floors[category.name] = max(floors.get(category.name, 0.0), counts[SEVERITIES.index(match.severity)])
        return floors

    def decide(self, fused: Scores, sections: int | npt.NDArray[np.intp] = 0) -> Actions:
        """The action of every category of every row, as indices into `ACTIONS`; a row's own is their maximum.

        Parameters
        ----------
        fused : (n, categories), from `fuse`.
        sections : from `section`: one for all rows, or (n,).
        """
        thresholds = self._thresholds[sections]
        actions: Actions = (fused >= thresholds[..., 0]).view(np.uint8) + (fused >= thresholds[..., 1]).view(np.uint8)
        return actions

    def leading(self, scores: Scores, section: int = 0) -> dict[str, str]:
        """The categories that the classifier alone brings to `review` or beyond, each with the attribute that counts most.

        Parameters
        ----------
        scores : one row's probabilities, (attributes,).
        """
        found: dict[str, tuple[float, str]] = {}
        values = self._curves.map(scores[None])[0].tolist()
        for (category, attribute), index, value in zip(self._curves.names, self._curves.categories, values, strict=True):
            if value >= self._thresholds[section, index, 0] and value > found.get(category, (0.0, ""))[0]:
                found[category] = (value, attribute)
        return {category: attribute for category, (_, attribute) in found.items()}

    def alone(self, scores: Scores, section: int = 0) -> dict[str, int]:
        """The action to which each attribute that feeds a category brings a comment alone, as an index into `ACTIONS`.

        Parameters
        ----------
        scores : one row's probabilities, (attributes,).
        """
        found: dict[str, int] = {}
        values = np.round(self._curves.map(scores[None])[0], _DIGITS).tolist()
        for (_, attribute), index, value in zip(self._curves.names, self._curves.categories, values, strict=True):
            review, reject = self._thresholds[section, index]
            found[attribute] = max(found.get(attribute, 0), int(value >= review) + int(value >= reject))
        return found

    def explain(self, fused: Scores, section: int = 0, is_read: bool = True) -> Decision:
        """One row, (categories,), decided with its reasons; `is_read` says whether the model reads its language."""
        actions: list[int] = self.decide(fused, section).tolist()
        scores: list[float] = fused.tolist()
        held = sorted((-action, -scores[index], index) for index, action in enumerate(actions) if action)
        reasons = []
        for action, score, index in held:
            category = self.rules.categories[index]
            threshold = float(self._thresholds[section, index, -action - 1])
            reasons.append(Reason(category.name, ACTIONS[-action], -score, threshold, category.clause))
        unread = 0 if is_read else self.unread
        if unread:
            reasons.append(Reason("language", ACTIONS[unread], 1.0, 1.0, UNREAD))
        return Decision(ACTIONS[max([unread, *actions])], tuple(reasons))
