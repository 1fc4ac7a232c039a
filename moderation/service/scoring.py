"""What every dialect but the native one does with a comment: score it by the scorer in force, and note that for the log."""

from __future__ import annotations

from collections.abc import Sequence

from moderation.scorer import Scorer, ScoreTable
from moderation.service import guard, journal, lean


def scorer() -> Scorer:
    """The scorer in force."""
    found: Scorer = lean.now().app.extensions["scorer"]
    return found


def score(texts: Sequence[str], section: str | None = None, language: str | None = None, by: Scorer | None = None) -> ScoreTable:
    """Score comments of one section; that of the caller's key if None. `by` is the scorer that the request began with, if it
    has asked for it already: another may come into force at any time.

    Raises
    ------
    RequestError : a section that the policy does not have, or no language's tag.
    """
    current = by or scorer()
    table = current.score_batch(texts, section or guard.section(), [language] * len(texts))
    journal.note(table, current.policy.categories)
    return table


def known_section(name: str | None, by: Scorer | None = None) -> str | None:
    """The name, if the policy has such a section; None otherwise."""
    return name if name in (by or scorer()).policy.sections else None
