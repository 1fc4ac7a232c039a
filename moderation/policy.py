"""The policy: scores and matches in, actions and reasons out. Pure: it knows no text, no clock and no randomness.

Each category has a score in [0, 1] on the policy's own scale, on which its two thresholds stand: the largest of
what the classifier's attributes say, each brought to that scale by its own operating points, and of what the
lexicon's words count at least. A higher probability or a graver word never gives a milder action.

>>> policy = Policy(Rules("v1", (), (Category("obscene", "No obscenity.", 0.5, 0.9, (Feed("profanity", 0.3, 0.8),),
...                                           (0.3, 0.7, 0.97), (0.1, 0.3, 0.6), 1.0, (0.5, 0.9)),), ()), ["profanity"])
>>> fused = policy.fuse(np.array([[0.1], [0.3], [0.8]]), [])
>>> fused.ravel().tolist()
[0.1667, 0.5, 0.9]
>>> [ACTIONS[action] for action in policy.decide(fused).max(axis=1)]
['approve', 'review', 'reject']
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from moderation import kernels
from moderation.errors import Problem, RequestError, listed
from moderation.found import Match, RowMatches
from moderation.rules import ACTIONS as _ACTIONS
from moderation.rules import Category, Feed, Rules, read_rules
from moderation.terms import SEVERITIES, Term

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


APPROVED = Decision(ACTIONS[0], ())
UNREAD = "The comment is in a language that the model does not read."


class _Curves:
    """Every (category, attribute) pair's way from a probability to the policy's scale: three straight pieces.

    A probability of 0 is 0, the pair's review point is the first of the category's `scale`, its reject point the second,
    and 1 is 1. Without a reject point the second piece ends halfway between them, at 1.
    """

    def __init__(self, categories: Sequence[Category], attributes: Sequence[str]) -> None:
        self.pairs = [(feed.attribute, index) for index, category in enumerate(categories) for feed in category.feeds]
        self._categories, self._attributes = len(categories), len(attributes)
        ffi, self._library = kernels.load()
        self.table = ffi.new("fuse_pair[]", [_pair(index, category, feed, attributes)
                                             for index, category in enumerate(categories) for feed in category.feeds])
        self._pointer = functools.partial(ffi.from_buffer, "double[]")
        self._null = ffi.NULL

    def fuse(self, scores: Scores, values: Scores | None = None) -> Scores:
        """(n, attributes) probabilities to (n, categories) scores, the greatest of each category's pairs, rounded.

        `values`, (n, pairs), is filled with each pair's own if given.
        """
        n = len(scores)
        fused = np.empty((n, self._categories))
        if n and self._categories:
            scores = np.ascontiguousarray(scores, dtype=np.float64)
            self._library.md_fuse(self.table, len(self.pairs), self._pointer(scores), n, self._attributes, self._categories,
                                  self._pointer(fused), self._null if values is None else self._pointer(values))
        return fused

    def values(self, scores: Scores) -> Iterator[tuple[str, int, float]]:
        """Each pair of one row, (attributes,): the attribute, the category's number, what the first counts in the second."""
        values = np.empty((1, len(self.pairs)))
        self.fuse(scores[None], values)
        return ((attribute, index, value) for (attribute, index), value in zip(self.pairs, values[0].tolist(), strict=True))


def _pair(index: int, category: Category, feed: Feed, attributes: Sequence[str]) -> dict[str, Any]:
    rejects = feed.reject is not None
    reject_at = 1.0 if feed.reject is None else feed.reject
    review, second = category.scale
    reject = second if rejects else (review + second) / 2
    top = 1.0 if rejects else reject
    slopes = [_slope(review, feed.review), _slope(reject - review, reject_at - feed.review),
              _slope(top - reject, 1 - reject_at)]
    return {"attribute": attributes.index(feed.attribute), "category": index, "review_at": feed.review, "reject_at": reject_at,
            "review": review, "reject": reject, "top": top, "slopes": slopes}


def _slope(rise: float, run: float) -> float:
    return rise / run if run > 0 else 0.0


def no_section(sections: Sequence[str]) -> Problem:
    """What to say of a section that a policy with these does not have."""
    hint = f"the sections are {listed(sections)}" if sections else "the policy has none"
    return Problem("section", "is not a section of the policy", hint)


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
        # Rounded as scores are, so that an attribute at its point reaches its threshold.
        thresholds: Scores = np.array([base, *(section.thresholds for section in rules.sections)], dtype=np.float64)
        self._thresholds = np.round(thresholds, _DIGITS)
        self._lines: list[list[list[float]]] = self._thresholds.tolist()  # for those who look at one row
        self._index = {name: index for index, name in enumerate(self.categories)}
        # What a match counts at least, by whether it is the writer's own, then by category and severity; and the most of quoted ones.
        # Rounded as scores are, so that what comes of them needs no rounding.
        self._counts = tuple({(category.name, severity): (index, round(count, _DIGITS))
                              for index, category in enumerate(rules.categories)
                              for severity, count in zip(SEVERITIES, category.severities if is_own else category.quoted, strict=True)}
                             for is_own in (False, True))
        self._quoted_most = tuple(round(category.quoted_most, _DIGITS) for category in rules.categories)
        self._section_index = {name: index for index, name in enumerate(self.sections, 1)}

    @property
    def thresholds(self) -> Scores:
        """(1 + sections, categories, 2): `review` and `reject`; row 0 is a comment without a section."""
        return self._thresholds.copy()

    def tables(self, terms: Sequence[Term]) -> dict[str, Any]:
        """What the compiled sweep reads, good for as long as it and the policy are: members of `score_tables` of csrc/kernels.h."""
        ffi = kernels.load()[0]
        quoted, own = self._counts
        counts = [[{"category": own[key][0], "own": own[key][1], "quoted": quoted[key][1]} if key in own else {"category": -1}
                   for key in ((term.category, term.severity), (term.also, term.severity))] for term in terms]
        return {"pairs": self._curves.table, "pair_count": len(self._curves.pairs), "categories": len(self.categories),
                "thresholds": ffi.from_buffer("double[]", self._thresholds), "quoted_most": ffi.new("double[]", self._quoted_most),
                "counts": ffi.new("word_count[]", [side for sides in counts for side in sides])}

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
            raise RequestError(no_section(self.sections))
        return number

    def fuse(self, scores: Scores, found: Iterable[RowMatches]) -> Scores:
        """The categories' scores.

        Parameters
        ----------
        scores : (n, attributes), probabilities.
        found : the matches of the rows that have any.

        Returns
        -------
        (n, categories) in [0, 1], rounded to four digits.
        """
        fused = self._curves.fuse(scores)
        for row, matches, _ in found:
            if matches:
                self._add(fused, row, matches)
        return fused

    def _add(self, fused: Scores, row: int, matches: Sequence[Match]) -> None:
        """Let the matches of a row count in what its scores alone came to, as csrc/score.c does in a sweep."""
        counts = self._counts
        least: dict[int, float] = {}
        own = set()
        for _, category, severity, _, _, region in matches:
            is_own = region == OWN
            index, count = counts[is_own].get((category, severity), (-1, 0.0))
            if count > least.get(index, -1.0):
                least[index] = count
            if is_own:
                own.add(index)
        for index, count in least.items():
            if index >= 0:
                score = fused.item(row, index)
                fused[row, index] = max(score if index in own else min(score, self._quoted_most[index]), count)

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

    def beyond(self, fused: Scores, action: int, section: int = 0) -> float:
        """How far one row, (categories,), stands beyond the thresholds of the next worse action, summed over the categories."""
        return float(np.maximum(fused - self._thresholds[section, :, action], 0.0).sum())

    def leading(self, scores: Scores, section: int = 0) -> dict[str, str]:
        """The categories that the classifier alone brings to `review` or beyond, each with the attribute that counts most.

        Parameters
        ----------
        scores : one row's probabilities, (attributes,).
        """
        found: dict[str, tuple[float, str]] = {}
        for attribute, index, value in self._curves.values(scores):
            category = self.categories[index]
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
        for attribute, index, value in self._curves.values(scores):
            review, reject = self._thresholds[section, index]
            found[attribute] = max(found.get(attribute, 0), int(value >= review) + int(value >= reject))
        return found

    def explain(self, fused: Scores, section: int = 0, is_read: bool = True) -> Decision:
        """One row, (categories,), decided with its reasons; `is_read` says whether the model reads its language."""
        scores: list[float] = fused.tolist()
        actions = [(score >= review) + (score >= reject) for score, (review, reject) in zip(scores, self._lines[section], strict=True)]
        held = sorted((-action, -scores[index], index) for index, action in enumerate(actions) if action)
        reasons = []
        for action, score, index in held:
            category = self.rules.categories[index]
            reasons.append(Reason(category.name, ACTIONS[-action], -score, self._lines[section][index][-action - 1], category.clause))
        unread = 0 if is_read else self.unread
        if unread:
            reasons.append(Reason("language", ACTIONS[unread], 1.0, 1.0, UNREAD))
        return Decision(ACTIONS[max([unread, *actions])], tuple(reasons))
