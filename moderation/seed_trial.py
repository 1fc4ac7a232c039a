"""The trial on `seeds/comments.csv`: what the whole product decides on comments that people labelled by the policy's clauses.

Knows labels and decisions; draws nothing and trains nothing. A comment is held in a category if its action there is not
`approve`; it is wrong if held without the label (false alarm) or labelled and not held (missed).
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from moderation.errors import DataError, Problem
from moderation.policy import ACTIONS
from moderation.scorer import Scorer


@dataclass(frozen=True, slots=True)
class Seed:
    """One labelled comment; `labels` follows the policy's categories."""

    id: str
    section: str
    text: str
    labels: tuple[bool, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one category, or all of them together, made of the seeds; `counts` by [label][action]."""

    name: str
    counts: tuple[tuple[int, ...], tuple[int, ...]]
    missed: tuple[Seed, ...]
    false_alarms: tuple[Seed, ...]

    @property
    def error_rate(self) -> float:
        """The share of all seeds that are wrong."""
        return (len(self.missed) + len(self.false_alarms)) / max(1, sum(map(sum, self.counts)))


def read_seeds(path: Path, categories: Sequence[str]) -> list[Seed]:
    """Read the labelled comments.

    Raises
    ------
    DataError : the file or one of its columns is missing, or a label is neither 0 nor 1.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(path.name, [Problem(str(path), "cannot be read", "name a CSV file in UTF-8")]) from error
    columns = ("id", "section", "text", *categories)
    found = set(rows[0]) if rows else set()
    needed = f"the file needs the columns {', '.join(columns)}"
    problems = [Problem(column, "is missing", needed) for column in columns if column not in found]
    if not problems:
        problems = [Problem(f"row {number}, {name}", "is neither 0 nor 1", "write 1 for a comment that breaks the clause")
                    for number, row in enumerate(rows, 1) for name in categories if row[name] not in ("0", "1")]
    if problems:
        raise DataError(path.name, problems)
    return [Seed(row["id"], row["section"], row["text"], tuple(row[name] == "1" for name in categories), row.get("note") or "")
            for row in rows]


def try_seeds(scorer: Scorer, seeds: Sequence[Seed]) -> list[Outcome]:
    """Score the seeds and count: one outcome for each category, and `any` for the comment's own action, last."""
    table = scorer.score_batch([seed.text for seed in seeds], [seed.section or None for seed in seeds])
    labels: npt.NDArray[np.bool_] = np.array([seed.labels for seed in seeds], dtype=bool).reshape(len(seeds), -1)
    outcomes = [_outcome(name, seeds, labels[:, index], table.actions[:, index]) for index, name in enumerate(scorer.policy.categories)]
    return [*outcomes, _outcome("any", seeds, np.logical_or.reduce(labels, axis=1), table.worst)]


def _outcome(name: str, seeds: Sequence[Seed], labels: npt.NDArray[np.bool_], actions: npt.NDArray[np.uint8]) -> Outcome:
    counts = tuple(tuple(np.bincount(actions[labels == label], minlength=len(ACTIONS)).tolist()) for label in (False, True))
    missed = tuple(seeds[row] for row in np.flatnonzero(labels & (actions == 0)).tolist())
    false_alarms = tuple(seeds[row] for row in np.flatnonzero(~labels & (actions > 0)).tolist())
    return Outcome(name, (counts[0], counts[1]), missed, false_alarms)


def report(outcomes: Sequence[Outcome]) -> str:
    """The outcomes as a person reads them: a table, then the wrong ones by id."""
    lines = [f"{'category':<12}{'error':>8}{'missed':>8}{'alarms':>8}   {'labelled: ' + ' / '.join(ACTIONS):<36}not labelled"]
    for outcome in outcomes:
        clean, labelled = (" / ".join(map(str, counts)) for counts in outcome.counts)
        wrong = f"{outcome.error_rate:>8.1%}{len(outcome.missed):>8}{len(outcome.false_alarms):>8}"
        lines.append(f"{outcome.name:<12}{wrong}   {labelled:<36}{clean}")
    for outcome in outcomes[:-1]:
        for title, seeds in (("missed", outcome.missed), ("false alarms", outcome.false_alarms)):
            if seeds:
                lines += ["", f"{outcome.name}, {title}:", *(f"  {seed.id}  {seed.section:<10}{seed.note}".rstrip() for seed in seeds)]
    return "\n".join(lines)
