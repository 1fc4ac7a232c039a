"""`summary.json`: the counts of an audit for programs to read. Without clock, host, duration and comments, so that two audits of one
archive by the same versions are the same bytes, whatever engine and partitioning counted them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from moderation.audit import folder
from moderation.audit.tally import UNIT, AuditTally, totals
from moderation.policy import ACTIONS


def summary(tally: AuditTally) -> dict[str, Any]:
    """What `summary.json` holds; every number is a count but for the thresholds, "" is a name that is not known."""
    return {
        "rows": tally.rows,
        "rejected_rows": tally.rejected,
        "versions": [dict(zip(("model", "lexicon", "policy"), version, strict=True)) for version in tally.versions],
        "thresholds": {"": _lines(tally.lines.base), **{name: _lines(lines) for name, lines in tally.lines.sections.items()}},
        "actions": _actions(totals(tally.actions.values())),
        "read_by_the_encoder": tally.deep,
        "unread_language": tally.unread,
        "categories": {name: _actions(counts) for name, counts in tally.categories.items()},
        "past": {name: _actions(counts) for name, counts in tally.actions.items()},
        "sections": {name: {**_actions(section.actions), "categories": {
            category: dict(zip(ACTIONS[1:], counts, strict=True)) for category, counts in section.categories.items()}}
            for name, section in tally.sections.items()},
        "months": {name: _actions(counts) for name, counts in tally.months.items()},
        "languages": {name: _actions(counts) for name, counts in tally.languages.items()},
        "scores": tally.scores,
        "terms": {category: {name: {"severity": term.severity, "times": term.times, "disguised": term.disguised,
                                    "comments": _actions(term.comments)} for name, term in terms.items()}
                  for category, terms in tally.terms.items()},
        "disguises": tally.disguises,
    }


def write(tally: AuditTally, path: Path) -> None:
    """Write `summary.json`: whole or not at all."""
    folder.write(path, (json.dumps(summary(tally), ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode())


def _actions(counts: list[int]) -> dict[str, int]:
    return dict(zip(ACTIONS, counts, strict=True))


def _lines(lines: dict[str, tuple[int, int]]) -> dict[str, dict[str, float]]:
    return {name: dict(zip(ACTIONS[1:], (line / UNIT for line in pair), strict=True)) for name, pair in lines.items()}
