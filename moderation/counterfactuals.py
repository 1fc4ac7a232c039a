"""Counterfactuals: which words, taken out, would have brought a comment a milder action.

Every answer is tried, not estimated: the comment without these words is scored by the same scorer, and with any one of them put
back it is not approved any more (or not spared a refusal). So the answer holds for any classifier, lexicon and policy.

    [(found.action, found.spans) for found in counterfactuals(scorer.score_batch([comment]), 0)]
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from moderation.policy import ACTIONS
from moderation.scorer import ScoreTable
from moderation.text import Span

MOST_SPANS = 12    # of one answer: a comment that is hostile throughout has none
_CANDIDATES = 40   # words tried, the most telling first
_EFFORT = 400_000  # characters scored in a round of trials
_WORD = re.compile(r"[^\W_](?:\S*[^\W_])?")


class Counterfactual(NamedTuple):
    """Without the words at `spans` (half-open, code points, in order) the action would be `action`; all of them are needed."""

    action: str
    spans: tuple[Span, ...]


def counterfactuals(table: ScoreTable, row: int) -> list[Counterfactual]:
    """For every action milder than a row's own, the mildest last, the words that stand in its way; none where too many do.

    Words are sought greedily, so the set is as small as none of its words can be spared, and not always the smallest there is.
    Costs up to some hundred scorings of the comment.
    """
    trial = _Trial(table, row)
    found: list[Counterfactual] = []
    for target in range(int(table.worst[row]) - 1, -1, -1):
        spans = trial.search(target)
        if spans is None:
            break  # nothing milder can be reached then either
        reached = ACTIONS[trial.worst([spans])[0]]
        if not found or found[-1].action != reached:
            found.append(Counterfactual(reached, tuple(sorted(spans))))
    return found


class _Trial:
    """One comment, scored without these or those of its words."""

    def __init__(self, table: ScoreTable, row: int) -> None:
        self.text = table.text(row)
        self.table = table
        self.row = row
        self.words = self._candidates()

    def _candidates(self) -> list[Span]:
        """Where the lexicon found something, then the words that raise the telling attributes, most first."""
        matched: list[Span] = []
        for match in self.table[self.row].matches:
            if matched and match.span.start < matched[-1].end:
                matched[-1] = Span(matched[-1].start, max(matched[-1].end, match.span.end))
            else:
                matched.append(match.span)
        most = max(8, min(_CANDIDATES, _EFFORT // (len(self.text) + 1)))
        weights: dict[Span, float] = {}
        for explained in self.table.telling(self.row):
            for span, weight in explained[:most]:
                weights[span] = max(weights.get(span, 0.0), weight)
        words = [Span(*word.span()) for word in _WORD.finditer(self.text)] if len(weights) < most else list(weights)
        free = [span for span in words if not any(span.start < other.end and other.start < span.end for other in matched)]
        return (matched + sorted(free, key=lambda span: (-weights.get(span, 0.0), span)))[: most + len(matched)]

    def score(self, removed: Sequence[Sequence[Span]]) -> ScoreTable:
        """The comment without each of several sets of spans; white space stands in their place, so that neighbours stay apart."""
        texts = []
        for spans in removed:
            text = self.text
            for start, end in spans:
                text = text[:start] + " " * (end - start) + text[end:]
            texts.append(text)
        return self.table.again(self.row, texts)

    def worst(self, removed: Sequence[Sequence[Span]]) -> list[int]:
        """The action without each of several sets of spans, as indices into `ACTIONS`."""
        return [int(action) for action in self.score(removed).worst]

    def search(self, target: int) -> list[Span] | None:
        """Spans without which the action is at most `target`; none of them can be put back."""
        removed: list[Span] = []
        while self.worst([removed])[0] > target:
            left = [span for span in self.words if span not in removed]
            if not left or len(removed) == MOST_SPANS:
                return None
            tried = self.score([[*removed, span] for span in left])
            worst = tried.worst.tolist()
            # The milder action first, then the shorter way to it, then the fewer words of the lexicon left.
            rank = [(max(worst[index], target), tried.beyond(index, target), len(tried.matches.get(index, ())), index)
                    for index in range(len(left))]
            removed.append(left[min(rank)[-1]])
        while spare := next((span for span, worst in zip(removed, self.worst(
                [[other for other in removed if other != span] for span in removed]), strict=True) if worst <= target), None):
            removed.remove(spare)  # and look again: without it another may be spared, or may be needed now
        return removed
