"""Everything that the walk did to one comment: its folded views, what the lexicon saw and let pass, what each word added to each
attribute, and what would change the decision. For those who want to see why; costs some hundred scorings of the comment.

Knows the scorer and the shape of answers; knows nothing of pages.

    inspect(scorer, "What a lovely garden.").result.action        # "approve"
"""

from __future__ import annotations

import msgspec

from moderation.answers import Answers, ScoreResult
from moderation.scorer import Scorer
from moderation.text import normalize

WORDS = 8  # of an attribute's telling words


class ViewResult(msgspec.Struct):
    """One folded form of the comment, as it was read."""

    name: str
    text: str


class CandidateResult(msgspec.Struct):
    """A place where a term could stand, `start` to `end` in code points, and what became of it."""

    start: int
    end: int
    term: str
    outcome: str


class WordResult(msgspec.Struct):
    """A word at `start` to `end`, and what it adds to the attribute's logit."""

    start: int
    end: int
    weight: float


class AttributeResult(msgspec.Struct):
    """An attribute's probability, with the words that raise it most, the most telling first."""

    name: str
    score: float
    words: list[WordResult]


class LinesResult(msgspec.Struct):
    """A category's thresholds in the comment's section, and its clause."""

    review: float
    reject: float
    clause: str


class Inspection(msgspec.Struct):
    """What `POST /v1/score` answers, and the rest that is known of the comment."""

    result: ScoreResult
    lines: dict[str, LinesResult]
    views: list[ViewResult]
    candidates: list[CandidateResult]
    attributes: list[AttributeResult]


def inspect(scorer: Scorer, text: str, section: str | None = None) -> Inspection:
    """Look at one comment.

    Raises
    ------
    RequestError : the policy has no such section.
    """
    table = scorer.score_batch([text], section)
    policy = scorer.policy
    normalized = normalize(table.text(0))
    explanation = scorer.classifier.explain(normalized.batch, 0)
    found = table[0].matches
    # What stands in a match's place and came to nothing would only hide it.
    candidates = dict.fromkeys((finding.span, finding.term, finding.outcome) for finding in scorer.lexicon.explain(normalized)
                               if not any(finding.span.start < match.span.end and match.span.start < finding.span.end and
                                          (finding.span, finding.term) != (match.span, match.term) for match in found))
    lines = policy.thresholds[policy.section(section)].tolist()
    result = Answers(table).row(0, text, explain=True)
    return Inspection(
        result,
        {category.name: LinesResult(review, reject, category.clause)
         for category, (review, reject) in zip(policy.rules.categories, lines, strict=True)},
        [ViewResult("readable", normalized.readable.text), ViewResult("squeezed", normalized.squeezed.text)],
        [CandidateResult(span.start, span.end, term, outcome) for span, term, outcome in candidates],
        [AttributeResult(name, score, [WordResult(word.span.start, word.span.end, round(word.weight, 4))
                                       for word in explanation.top_spans(name, WORDS)])
         for name, score in result.attributes.items()],
    )
