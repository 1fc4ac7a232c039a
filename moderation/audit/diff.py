"""Two audits of one archive, row by row: which comments change their action between two models, lexicons or policies.

Both runs' results are streamed side by side, joined by row; nothing but a batch of each is held, and some examples. Knows results;
how it is shown stands in `difference` and `diff_commands`.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet

from moderation.audit.examples import digest
from moderation.audit.likeness import unlike
from moderation.audit.tally import UNIT
from moderation.errors import DataError, Problem
from moderation.policy import ACTIONS

EXAMPLES = 10  # of each change of action
_COLUMNS = ["row", "id", "time", "section", "past", "action", "scores", "spans", "reasons"]
VERSIONS = ("model", "lexicon", "policy")
Matrix = npt.NDArray[np.int64]  # (3, 3): by the action of the first run and that of the second


class Run(NamedTuple):
    """A finished audit's folder."""

    path: Path
    key: dict[str, Any]
    parts: list[Path]


class Change(NamedTuple):
    """A comment whose action changes: the row of each run's results."""

    key: int
    hash: bytes
    before: dict[str, Any]
    after: dict[str, Any]

    @property
    def kind(self) -> tuple[str, str]:
        """The two actions."""
        return self.before["action"], self.after["action"]


@dataclass(slots=True)
class Difference:
    """What changes between two runs.

    Attributes
    ----------
    actions, sections, categories : comments by both actions: of all, by section, and as each category alone decides.
    alone : rows that only the first run has, and only the second, as two samples may.
    examples : by both actions, those whose highest score moves most.
    """

    runs: tuple[Run, Run]
    actions: Matrix = field(default_factory=lambda: np.zeros((3, 3), np.int64))
    sections: dict[str, Matrix] = field(default_factory=dict)
    categories: dict[str, Matrix] = field(default_factory=dict)
    alone: tuple[int, int] = (0, 0)
    examples: dict[tuple[str, str], list[Change]] = field(default_factory=dict)

    @property
    def decided_by(self) -> list[tuple[str, str, str]]:
        """By what each run was decided: model, lexicon, policy, and the tier where both name one."""
        one, other = (run.key for run in self.runs)
        return [(name, one[name], other[name]) for name in (*VERSIONS, "tier") if one.get(name) and other.get(name)]

    @property
    def rows(self) -> int:
        """Comments that both runs have."""
        return int(self.actions.sum())

    @property
    def changed(self) -> int:
        """Those of another action."""
        return changed(self.actions)


def changed(matrix: Matrix) -> int:
    """Comments off the diagonal."""
    return int(matrix.sum() - np.trace(matrix))


def stricter(matrix: Matrix) -> int:
    """Comments whose action is worse in the second run."""
    return int(np.triu(matrix, 1).sum())


def open_run(path: Path) -> Run:
    """The folder of an audit.

    Raises
    ------
    DataError : it holds no audit, one that has not ended, or one whose results are not Parquet.
    """
    try:
        key = msgspec.json.decode((path / "key.json").read_bytes())
        versions = all(isinstance(key[name], str) for name in VERSIONS)
    except (OSError, msgspec.DecodeError, KeyError, TypeError):
        versions = False
    if not versions:
        raise _refused(path, "holds no audit", "name the folder that was given as --out")
    if not (path / "run.json").exists():
        raise _refused(path, "holds an audit that has not ended", "give its command again; it goes on where it stopped")
    parts = sorted((path / "parts").glob("[0-9]*.parquet"), key=lambda part: int(part.stem))
    if not parts and any((path / "parts").glob("*.jsonl")):
        raise _refused(path, "has its results as JSON lines", "audit again with --results parquet")
    return Run(path, key, parts)


def compare(one: Path, other: Path, listed: Callable[[Change], None] | None = None) -> Difference:
    """Compare two runs; every change is handed to `listed`, in order of the rows.

    A copy of an archive is the same archive, whatever its name and time: its files are as long, and each row has the same id and time.

    Raises
    ------
    DataError : as for `open_run`, or they are of different archives.
    """
    runs = open_run(one), open_run(other)
    problems = unlike(runs[0].key, runs[1].key)
    if problems:
        raise DataError(f"the two runs, A ({one}) and B ({other}): only audits of the same comments can be compared", problems)
    found = Difference(runs)
    heaps: dict[tuple[str, str], list[tuple[tuple[int, int, int], Change]]] = {}
    for before, after, alone in _joined(_batches(runs[0]), _batches(runs[1])):
        _check_same(before, after)
        found.alone = found.alone[0] + alone[0], found.alone[1] + alone[1]
        _count(found, before, after)
        for change in _changes(before, after):
            if listed:
                listed(change)
            _keep(heaps.setdefault(change.kind, []), change)
    found.examples = {kind: [change for _, change in sorted(heap, key=lambda entry: entry[0], reverse=True)]
                      for kind, heap in sorted(heaps.items())}
    return found


def _check_same(before: pa.Table, after: pa.Table) -> None:
    for name in ("id", "time"):
        one, other = (side[name].fill_null("" if name == "id" else -1) for side in (before, after))
        places = np.flatnonzero(pc.not_equal(one, other).to_numpy())
        if len(places):
            row = before["row"][int(places[0])].as_py()
            raise DataError("the two runs", [Problem(f"row {row + 1}", f"has another {name} in each of them: two archives",
                                                     "only two audits of the same comments can be compared; audit one of them again")])


def _keep(heap: list[tuple[tuple[int, int, int], Change]], change: Change) -> None:
    """Keep the first by (key, hash, row), with the last of them on top."""
    entry = (-change.key, -int.from_bytes(change.hash, "big"), -change.before["row"]), change
    if len(heap) < EXAMPLES:
        heapq.heappush(heap, entry)
    elif entry[0] > heap[0][0]:
        heapq.heapreplace(heap, entry)


def _count(found: Difference, before: pa.Table, after: pa.Table) -> None:
    both = _actions(before["action"]) * 3 + _actions(after["action"])
    found.actions += np.bincount(both, minlength=9).reshape(3, 3)
    sections = pc.fill_null(before["section"], "").combine_chunks().dictionary_encode()
    codes = sections.indices.to_numpy().astype(np.int64)
    counted = np.bincount(codes * 9 + both, minlength=9 * len(sections.dictionary)).reshape(-1, 3, 3)
    for name, matrix in zip(sections.dictionary.to_pylist(), counted, strict=True):
        found.sections[name] = found.sections.get(name, 0) + matrix
    sides = _by_category(before), _by_category(after)
    none = np.zeros(len(before), np.int64)
    for name in sorted({*sides[0], *sides[1]}):
        pairs = sides[0].get(name, none) * 3 + sides[1].get(name, none)
        found.categories[name] = found.categories.get(name, 0) + np.bincount(pairs, minlength=9).reshape(3, 3)


def _by_category(table: pa.Table) -> dict[str, Matrix]:
    """By category (and `language`), each row's action for it: from the reasons, which each run has by its own policy."""
    reasons = table["reasons"].combine_chunks()
    flat, rows = pc.list_flatten(reasons), pc.list_parent_indices(reasons).to_numpy()
    found = {field.name: np.zeros(len(table), np.int64) for field in table["scores"].type}
    names, actions = flat.field("category").to_numpy(zero_copy_only=False), _actions(flat.field("action"))
    for name in set(names.tolist()):
        own = found.setdefault(name, np.zeros(len(table), np.int64))
        own[rows[names == name]] = actions[names == name]
    return found


def _actions(column: Any) -> Matrix:
    return np.asarray(pc.index_in(column, pa.array(ACTIONS)).to_numpy(zero_copy_only=False), dtype=np.int64)


def _changes(before: pa.Table, after: pa.Table) -> Iterator[Change]:
    rows = pa.array(np.flatnonzero(pc.not_equal(before["action"], after["action"]).to_numpy()))
    for one, other in zip(before.take(rows).to_pylist(), after.take(rows).to_pylist(), strict=True):
        moved = abs(max(one["scores"].values(), default=0.0) - max(other["scores"].values(), default=0.0))
        yield Change(UNIT - round(moved * UNIT), digest(str(one["row"])), one, other)


def _batches(run: Run) -> Iterator[pa.Table]:
    """The results in order of their rows, some at a time."""
    for part in run.parts:
        try:
            with pyarrow.parquet.ParquetFile(part) as opened:
                for batch in opened.iter_batches(16_384, columns=_COLUMNS):
                    table = pa.Table.from_batches([batch])
                    if len(table):
                        yield table.set_column(2, "time", table["time"].cast(pa.int64()))
        except (OSError, pa.ArrowException) as error:
            raise _refused(part, "cannot be read", "give the audit's command again; it makes the part anew") from error


def _joined(ones: Iterator[pa.Table], others: Iterator[pa.Table]) -> Iterator[tuple[pa.Table, pa.Table, tuple[int, int]]]:
    """Tables of the same rows of both, and how many rows either side had in between that the other has not."""
    one, other = next(ones, None), next(others, None)
    while one is not None and other is not None:
        rows = one["row"].to_numpy(), other["row"].to_numpy()
        last = min(rows[0][-1], rows[1][-1])
        cuts = [int(np.searchsorted(side, last, "right")) for side in rows]
        _, first, second = np.intersect1d(rows[0][:cuts[0]], rows[1][:cuts[1]], assume_unique=True, return_indices=True)
        alone = cuts[0] - len(first), cuts[1] - len(second)
        yield one.take(pa.array(first)), other.take(pa.array(second)), alone
        one = one.slice(cuts[0]) if cuts[0] < len(one) else next(ones, None)
        other = other.slice(cuts[1]) if cuts[1] < len(other) else next(others, None)
    for place, (rest, more) in enumerate(((one, ones), (other, others))):
        while rest is not None:
            yield rest.slice(0, 0), rest.slice(0, 0), (len(rest), 0) if place == 0 else (0, len(rest))
            rest = next(more, None)


def _refused(path: Path, what: str, hint: str) -> DataError:
    return DataError("the command line", [Problem(str(path), what, hint)])
