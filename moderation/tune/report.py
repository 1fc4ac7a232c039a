"""A plan as a person reads it in a terminal, and as the record that is kept beside the policy it made.

Knows plans and figures; decides nothing.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np

from moderation.tune import words
from moderation.tune.choose import Choice, Missing, Plan, Wish
from moderation.tune.curve import Figures
from moderation.tune.draft import written
from moderation.tune.estimates import Floats
from moderation.tune.labelled import ScoredLabels
from moderation.tune.targets import LINES, Target
from moderation.tune.words import Load

NEAREST = 3  # comments shown on each side of a line
SHARES = ("precision", "review_precision", "recall", "miss", "false_positive_rate", "touched", "rejected", "reviewed")
# Figures in the order of `words.sentences`.
_NAMES = {"precision": "precision", "review_precision": "precision from review on", "miss": "missed", "recall": "recall",
          "false_positive_rate": "false positives", "touched": "civil comments touched"}


class Near(msgspec.Struct, frozen=True):
    """A labelled comment near a line: its row, and its score."""

    row: int
    score: float
    label: float


def nearest(scored: ScoredLabels, category: str, line: float, section: str | None = None, count: int = NEAREST) -> list[Near]:
    """The labelled comments nearest a line on both sides, highest score first."""
    column = scored.categories.index(category)
    scores, labels = scored.scores[:, column], scored.labels[:, column]
    rows = np.flatnonzero(scored.rows_of(section) & ~np.isnan(labels))
    rows = rows[np.argsort(-scores[rows], kind="stable")]
    split = int((scores[rows] >= line).sum())
    return [Near(int(row), float(scores[row]), float(labels[row])) for row in rows[max(0, split - count) : split + count]]


def _where(category: str, section: str | None) -> str:
    return category if section is None else f"{category} in {section}"


def promised(target: Target, delta: float) -> str:
    """A target that is met, in words."""
    return f"{target.describe()}, with confidence {100 * (1 - delta):g} %"


def _choice(choice: Choice, before: Floats, wish: Wish) -> Iterator[str]:
    figures = choice.figures
    moves = "   ".join(f"{line} {written(new)}" + ("" if round(old, 4) == round(new, 4) else f" (was {written(old)})")
                       for line, old, new in zip(LINES, before.tolist(), (figures.review, figures.reject), strict=True))
    yield f"{_where(choice.category, choice.section)}: {moves}"
    yield f"  {figures.labels:,} labels, {figures.violations:,} of comments that break the rule"
    for kept in choice.kept:
        yield f"  promised: {promised(kept.target, wish.delta)} ({kept.promise.wrong} of {kept.promise.rows} labels speak against)"
    if figures.labels:
        for (name, title), sentence in zip(_NAMES.items(), words.sentences(figures), strict=True):
            yield f"  {title:<25} {getattr(figures, name)!s:<24} {sentence}"
    if choice.cost is not None:
        apart = "" if choice.cost_apart is None else f"; {choice.cost_apart:.1f} where other labels chose the lines"
        yield f"  {'cost of 1,000 comments':<25} {choice.cost:.1f}{apart}"


def lacking(missing: Missing) -> str:
    """Why a target is not met."""
    return f"{_where(missing.category, missing.section)}: `{missing.target}`: {words.lacking(missing.shortfall)}"


def report(scored: ScoredLabels, live: Floats, plan: Plan, wish: Wish, load: Load | None, texts: bool = False) -> str:
    """Everything that was found, for a terminal. `texts` shows the comments nearest each line and not only where they stand."""
    parts = []
    for choice in plan.choices:
        row = 0 if choice.section is None else 1 + scored.section_names.index(choice.section)
        column = scored.policy_categories.index(choice.category) if choice.category in scored.policy_categories else 0
        lines = [*_choice(choice, live[row, column], wish)]
        for line in LINES:
            near = nearest(scored, choice.category, getattr(choice.figures, line), choice.section)
            lines.append(f"  nearest {line} {written(getattr(choice.figures, line))}:")
            lines += [_near(scored, found, texts) for found in near]
        parts.append("\n".join(lines))
    if load:
        parts.append("all categories together: " + load.describe())
    parts += [lacking(missing) for missing in plan.missing]
    return "\n\n".join(parts)


def _near(scored: ScoredLabels, near: Near, texts: bool) -> str:
    place = scored.rows.places[near.row] if scored.rows.places else f"row {near.row + 1}"
    shown = "  " + textwrap.shorten(scored.rows.texts[near.row], 90) if texts else ""
    return f"    {written(near.score):<7} {'breaks the rule' if near.label else 'breaks no rule':<16} {place}{shown}"


def figures_record(figures: Figures) -> dict[str, Any]:
    """Figures as they are kept: each share as [value, low, high], null where nothing is known."""
    shares = {name: [None if np.isnan(part) else round(part, 6) for part in getattr(figures, name)] for name in SHARES}
    return {"review": figures.review, "reject": figures.reject, "labels": figures.labels, "violations": figures.violations, **shares}


def record(scored: ScoredLabels, plan: Plan, wish: Wish, load: Load | None, source: str, drafted_from: str) -> dict[str, Any]:
    """What a policy was chosen by, for its version's record: no text, no author. `drafted_from` is the policy it is a change of."""
    return {
        "drafted_from": drafted_from,
        "source": source,
        "rows": len(scored),
        "targets": [str(target) if target.category is None else f"{target.category}.{target.line}: {target}" for target in wish.targets],
        "confidence": 1 - wish.delta,
        "costs": None if wish.costs is None else str(wish.costs),
        "capacity": None if wish.capacity is None else [wish.capacity.reviews, wish.capacity.comments],
        "queue": None if load is None else load.describe(),
        "choices": [{"category": choice.category, "section": choice.section, **figures_record(choice.figures),
                     "promised": [promised(kept.target, wish.delta) for kept in choice.kept],
                     "words": words.sentences(choice.figures)} for choice in plan.choices],
    }
