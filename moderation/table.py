"""What scoring answers: arrays for a batch, and a row's assessment, evidence and sentences for whoever looks at it.

Columns inside (`ScoreTable` is arrays), rows only at the edge, made when somebody looks at them. Knows what a scorer found; `scorer`
knows how it was found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from moderation.classifier import WORD, Contribution
from moderation.found import Match
from moderation.masking import mask
from moderation.policy import ACTIONS, APPROVED, Actions, Decision, Policy, Scores
from moderation.text import FoldedBatch, Span

if TYPE_CHECKING:
    from moderation.scorer import Scorer

_WORDS, _SHARE = 3, 1 / 3  # of evidence for a category: the most words, and the least weight beside the first's
_SENTENCES, _PARTS = 16, 24  # the most that are scored again to explain what the encoder decided
FAST, DEEP = "fast", "deep"  # the tiers that decide: the linear model alone, or joined with the encoder


class Versions(NamedTuple):
    """What an answer was made with."""

    model: str
    lexicon: str
    policy: str


class Category(NamedTuple):
    """A category's score and action."""

    name: str
    score: float
    action: str


class Assessment(NamedTuple):
    """All that is known of one comment.

    Attributes
    ----------
    scores : (attribute, probability), in the model's order.
    categories : in the policy's order.
    matches : the lexicon's, in order of their spans.
    decision : the worst action, with its reasons.
    language : the tag that the comment was sent with, or that was detected.
    is_read : whether the model reads that language.
    tier : `fast` or `deep`, by which the comment was decided.
    """

    scores: tuple[tuple[str, float], ...]
    categories: tuple[Category, ...]
    matches: tuple[Match, ...]
    decision: Decision
    versions: Versions
    language: str
    is_read: bool
    tier: str = FAST

    def masked(self, original: str) -> str:
        """The comment as sent with every matched word starred out."""
        return mask(original, (match.span for match in self.matches))


# What the constructors do, without a Python frame for each.
_category: Callable[[tuple[str, float, str]], Category] = partial(tuple.__new__, Category)
_assessment: Callable[[tuple[Any, ...]], Assessment] = partial(tuple.__new__, Assessment)


class Evidence(NamedTuple):
    """A range that brought the model to its score for a category: by the linear `classifier`, or by the `encoder`."""

    span: Span
    category: str
    source: str = "classifier"


class ScoreTable(Sequence[Assessment]):
    """A scored batch. Rows become `Assessment`s when asked for.

    Attributes
    ----------
    attributes : (n, k) probabilities, in the order of the classifier's attributes.
    categories : (n, c) scores, in the order of the policy's categories.
    actions : (n, c) indices into `ACTIONS`.
    matches : the lexicon's matches of the rows that have any.
    languages : each row's language, as sent or as detected.
    unread : the rows in a language that the model does not read.
    linear : (n, k), what the linear model alone gives; `attributes` itself where no row is deep.
    deep : the rows that the encoder decided.
    """

    __slots__ = ("_asked", "_batch", "_scorer", "_sections", "actions", "attributes", "categories", "deep", "languages", "linear",
                 "matches", "unread", "versions")

    def __init__(self, scorer: Scorer, batch: FoldedBatch, sections: int | npt.NDArray[np.intp], attributes: Scores,
                 categories: Scores, actions: Actions, matches: Mapping[int, Sequence[Match]], languages: Sequence[str],
                 linear: Scores, deep: Sequence[int], asked: Sequence[str]) -> None:
        self._scorer = scorer
        self._batch = batch
        self._sections = sections
        self.versions = scorer.versions
        self.attributes = attributes
        self.categories = categories
        self.actions = actions
        self.matches = matches
        self.languages = languages
        self.linear = linear
        self.deep = frozenset(deep)
        self._asked = asked
        unread = {*languages}.difference(scorer.reads)
        self.unread = [row for row, name in enumerate(languages) if name in unread] if unread else []

    @property
    def worst(self) -> Actions:
        """Each row's own action, (n,)."""
        worst: Actions = self.actions.max(axis=1, initial=0)
        if self.unread:
            worst[self.unread] = np.maximum(worst[self.unread], self._scorer.policy.unread)
        return worst

    def __len__(self) -> int:
        return len(self.attributes)

    def __getitem__(self, row: int) -> Assessment:  # type: ignore[override]  # a table is read by row, never sliced
        size = len(self.attributes)
        if not -size <= row < size:
            raise IndexError(row)
        row %= size
        scorer, language = self._scorer, self.languages[row]
        policy = scorer.policy
        actions: list[int] = self.actions[row].tolist()
        is_read = language in scorer.reads
        categories = zip(policy.categories, self.categories[row].tolist(), [ACTIONS[action] for action in actions], strict=True)
        return _assessment((
            tuple(zip(policy.attributes, self.attributes[row].tolist(), strict=True)),
            tuple(map(_category, categories)),
            tuple(self.matches[row]) if row in self.matches else (),
            APPROVED if is_read and not any(actions) else self.decision(row),
            self.versions,
            language,
            is_read,
            self.tier(row),
        ))

    def decision(self, row: int) -> Decision:
        """What becomes of a row, with its reasons."""
        return self._scorer.policy.explain(self.categories[row], self._section(row), self.languages[row] in self._scorer.reads)

    def __iter__(self) -> Iterator[Assessment]:
        return (self[row] for row in range(len(self)))

    @property
    def policy(self) -> Policy:
        """The policy that decided."""
        return self._scorer.policy

    @property
    def sections(self) -> int | npt.NDArray[np.intp]:
        """The number of the policy's section: one of all rows, or (n,); 0 is none."""
        return self._sections

    def _section(self, row: int) -> int:
        return self._sections if isinstance(self._sections, int) else int(self._sections[row])

    def tier(self, row: int) -> str:
        """By which tier a row was decided, `fast` or `deep`."""
        return DEEP if row in self.deep else FAST

    def floors(self, row: int) -> dict[str, float]:
        """What the lexicon's words in a row count at least, by category; none for a category without such words."""
        return self._scorer.policy.floors(self.matches.get(row, ()))

    def alone(self, row: int) -> dict[str, int]:
        """The action to which each attribute brings a row alone, as an index into `ACTIONS`."""
        return self._scorer.policy.alone(self.attributes[row], self._section(row))

    def sentences(self, row: int) -> tuple[list[Span], ScoreTable]:
        """A row's sentences, in order, each scored as if it stood alone, by the tier that decided the row; none for a blank text."""
        spans = [span for span, _ in self._scorer.classifier.sentences(self._batch, row)]
        return spans, self.again(row, [self._batch.texts[row][start:end] for start, end in spans], self.tier(row))

    def text(self, row: int) -> str:
        """What was read of a row's comment: what the policy leaves unread is blank."""
        return self._batch.texts[row]

    def again(self, row: int, texts: Sequence[str], tier: str | None = None) -> ScoreTable:
        """Other wordings of a row's comment, scored in its section and language, by the tier that it was scored by or another."""
        names = (None, *self._scorer.policy.sections)
        return self._scorer.score_batch(texts, names[self._section(row)], [self.languages[row]] * len(texts), tier or self._asked[row])

    def beyond(self, row: int, action: int) -> float:
        """How far a row's categories stand beyond the thresholds of what is worse than an action, in all."""
        return self._scorer.policy.beyond(self.categories[row], action, self._section(row))

    def telling(self, row: int) -> list[list[Contribution]]:
        """For each attribute that leads a category which the models alone would not approve, the words that raise it, most first."""
        leading = set(self._scorer.policy.leading(self.attributes[row], self._section(row)).values())
        explanation = self._scorer.classifier.explain(self._batch, row) if leading else None
        return [explanation.top_spans(attribute, len(self.text(row))) for attribute in sorted(leading)] if explanation else []

    def evidence(self, row: int, *, words: bool = False) -> list[Evidence]:
        """What brought the models to a score that they alone would not approve, most telling first.

        Of the linear model at most three words for a category: of at least a third of the weight of the first, and none that the
        lexicon already names for it. Of the encoder, where it decided, the most hostile sentence, or with `words` the words
        in it. Costs more than scoring the row.
        """
        if not self.actions[row].any():
            return []
        policy, section = self._scorer.policy, self._section(row)
        found = self._linear_evidence(row, policy.leading(self.linear[row], section))
        if row in self.deep and (leading := policy.leading(self.attributes[row], section)):
            found += self._encoder_evidence(row, leading, words)
        return found

    def _linear_evidence(self, row: int, leading: Mapping[str, str]) -> list[Evidence]:
        if not leading:
            return []
        explanation = self._scorer.classifier.explain(self._batch, row)
        matches = self.matches.get(row, ())
        found = []
        for category, attribute in leading.items():
            words = explanation.top_spans(attribute, _WORDS)
            found += [Evidence(span, category) for span, weight in words if weight >= _SHARE * words[0].weight and not any(
                match.category == category and span.start < match.span.end and match.span.start < span.end for match in matches)]
        return found

    def _encoder_evidence(self, row: int, leading: Mapping[str, str], words: bool) -> list[Evidence]:
        """By occlusion (Zeiler and Fergus 2014; Li, Monroe and Jurafsky 2016, representation erasure), through the same scoring.

        The sentence that scores highest alone stands for the whole; with `words`, what its score loses without each part of it tells
        the words. At most 16 sentences are scored, those that the linear model finds most hostile, and 24 parts.
        """
        text = self._batch.texts[row]
        sentences = self._scorer.classifier.sentences(self._batch, row)
        found: list[Evidence] = []
        for category, attribute in leading.items() if sentences else ():
            column = self._scorer.policy.attributes.index(attribute)
            likely = sorted(sentences, key=lambda item: -item[1][column])[:_SENTENCES]
            spans = [span for span, _ in sorted(likely)]
            best = spans[0]
            if len(spans) > 1:
                best = spans[int(self.again(row, [text[start:end] for start, end in spans], DEEP).attributes[:, column].argmax())]
            parts = [part for part, _ in self._occluded(row, best, column)] if words else [best]
            found += [Evidence(span, category, "encoder") for span in parts or [best]]
        return found

    def _occluded(self, row: int, sentence: Span, column: int) -> list[tuple[Span, float]]:
        """The parts of a sentence whose absence lowers an attribute most, with the loss in log-odds, greatest first."""
        text = self._batch.texts[row][sentence.start : sentence.end]
        ranges = [word.span() for word in WORD.finditer(text)]
        step = -(-len(ranges) // _PARTS) or 1
        parts = [(ranges[first][0], ranges[min(first + step, len(ranges)) - 1][1]) for first in range(0, len(ranges), step)]
        without = [text[:start] + " " * (end - start) + text[end:] for start, end in parts]
        scores = np.clip(self.again(row, [text, *without], DEEP).attributes[:, column], 1e-9, 1 - 1e-9)
        odds = np.log(scores / (1 - scores))
        losses = sorted(((float(odds[0] - rest), part) for rest, part in zip(odds[1:], parts, strict=True)), reverse=True)[:_WORDS]
        return [(Span(sentence.start + start, sentence.start + end), loss) for loss, (start, end) in losses
                if loss > 0 and loss >= _SHARE * losses[0][0]]
