"""Answers: an assessment as the JSON that people and programs read. One shape for the HTTP service and the command line.

Knows the names of an answer's members; knows nothing of HTTP.
"""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
from msgspec import UNSET, UnsetType

from moderation import budget
from moderation.counterfactuals import counterfactuals
from moderation.masking import mask as masked
from moderation.policy import ACTIONS, APPROVED, Scores
from moderation.scorer import ScoreTable

DIGITS = 6  # of a probability: what a served model may differ by from the trained one


class CategoryResult(msgspec.Struct):
    """A category's score on the policy's scale, and its action."""

    score: float
    action: str


class ReasonResult(msgspec.Struct):
    """Why a category is not approved."""

    category: str
    action: str
    score: float
    threshold: float
    clause: str


class SpanResult(msgspec.Struct):
    """A range of the text as sent, half-open in code points, and what was seen there (`source`): a word of the lexicon; one that
    moved the linear `classifier`; the sentence, or with `explain` a word, that moved the `encoder`. Only the first has the last four."""

    start: int
    end: int
    category: str
    source: str
    term: str | UnsetType = UNSET
    severity: str | UnsetType = UNSET
    disguise: str | UnsetType = UNSET
    region: str | UnsetType = UNSET


class RangeResult(msgspec.Struct):
    """A range of the text as sent, half-open in code points."""

    start: int
    end: int


class CounterfactualResult(msgspec.Struct):
    """Without the words at `spans`, all of which are needed, the comment's action would be `action`."""

    action: str
    spans: list[RangeResult]


class LanguageResult(msgspec.Struct):
    """The language as sent or as detected, and whether the model reads it."""

    tag: str
    read: bool


class VersionsResult(msgspec.Struct):
    """What the answer was made with."""

    model: str
    lexicon: str
    policy: str


class ContextResult(msgspec.Struct):
    """Whether the context that was sent has had a part in the answer."""

    used: bool


class ScoreResult(msgspec.Struct):
    """The answer for one comment; `tier` is `fast` where the linear model decided and `deep` where the encoder was asked as well; `id`,
    `masked` and `counterfactuals` only where they were asked for, `context` where it was sent."""

    action: str
    categories: dict[str, CategoryResult]
    attributes: dict[str, float]
    reasons: list[ReasonResult]
    spans: list[SpanResult]
    versions: VersionsResult
    language: LanguageResult
    tier: str
    id: str | UnsetType = UNSET
    masked: str | UnsetType = UNSET
    counterfactuals: list[CounterfactualResult] | UnsetType = UNSET
    context: ContextResult | UnsetType = UNSET


class Answers:
    """The answers of a table's rows; its columns become Python's numbers once, whatever the number of rows."""

    def __init__(self, table: ScoreTable) -> None:
        self.table = table
        self._attributes = shown(table.attributes)
        self._categories = table.categories.tolist()
        self._actions = table.actions.tolist()
        self._unread = frozenset(table.unread)
        self._versions = VersionsResult(*table.versions)
        self._names = table.policy.attributes, table.policy.categories

    def row(self, row: int, text: str, id: str | None = None, mask: bool = False, explain: bool = False) -> ScoreResult:
        """The answer for one row; with `mask` it holds the text with the lexicon's matches starred out, with `explain` the words
        that, taken out, would change the action, and those that moved the encoder."""
        budget.check()
        table, actions = self.table, self._actions[row]
        names, categories = self._names
        decision = table.decision(row) if any(actions) or row in self._unread else APPROVED
        matches = table.matches.get(row, ())
        spans = [SpanResult(*match.span, match.category, "lexicon", match.term, match.severity, match.disguise, match.region)
                 for match in matches]
        if decision is not APPROVED:
            spans += [SpanResult(*span, category, source) for span, category, source in table.evidence(row, words=explain)]
        return ScoreResult(
            decision.action,
            {name: CategoryResult(score, ACTIONS[action])
             for name, score, action in zip(categories, self._categories[row], actions, strict=True)},
            dict(zip(names, self._attributes[row], strict=True)),
            [ReasonResult(*reason) for reason in decision.reasons],
            spans,
            self._versions,
            LanguageResult(table.languages[row], row not in self._unread),
            table.tier(row),
            UNSET if id is None else id,
            masked(text, [match.span for match in matches]) if mask else UNSET,
            [CounterfactualResult(action, [RangeResult(*span) for span in spans]) for action, spans in counterfactuals(table, row)]
            if explain else UNSET,
        )


def shown(scores: Scores) -> list[Any]:
    """Probabilities of any shape as every dialect shows them: to `DIGITS` digits."""
    found: list[Any] = np.round(scores, DIGITS).tolist()
    return found


def attributes(table: ScoreTable, row: int) -> dict[str, float]:
    """One row's attributes as every dialect shows them."""
    return dict(zip(table.policy.attributes, shown(table.attributes[row]), strict=True))
