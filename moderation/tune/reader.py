"""Labelled comments from CSV, Parquet and JSON lines: every row checked, every fault named by its line and never by its text.

Knows files and columns; knows no score. `text` and 0/1 columns named like the policy's categories, or one called `violates`;
`section`, `author` (or `thread`) and `weight` if they are there.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from moderation.errors import DataError, Problem, listed
from moderation.tune.labelled import VIOLATES, Labelled

OTHERS = ("text", "section", "author", "weight")
_SHOWN = 20  # problems that are listed
_BATCH = 4096
Row = Mapping[str, Any]
csv.field_size_limit(16_000_000)


class _Faults:
    """Collects what is wrong, and says how much more there was."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.problems: list[Problem] = []
        self.count = 0

    def add(self, where: str, what: str, hint: str = "") -> None:
        self.count += 1
        if self.count <= _SHOWN:
            self.problems.append(Problem(where, what, hint))

    def check(self) -> None:
        if self.count > _SHOWN:
            self.problems.append(Problem("further rows", f"{self.count - _SHOWN} more problems like these"))
        if self.problems:
            raise DataError(self.name, self.problems)


def rows(path: Path) -> Iterator[tuple[str, Row]]:
    """Every row of a file with its place, such as `line 12`: CSV, TSV, JSON lines (`.jsonl`, `.ndjson`) or Parquet, by its name.

    Raises
    ------
    DataError : the file cannot be read as what its name says.
    """
    suffix = path.suffix.lower()
    read = {".parquet": _parquet, ".jsonl": _lines, ".ndjson": _lines, ".json": _lines}.get(suffix, _csv)
    try:
        yield from read(path)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        what = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
        problem = Problem(str(path), f"cannot be read: {what}", "expected CSV in UTF-8, JSON lines or Parquet")
        raise DataError(path.name, [problem]) from error


def _csv(path: Path) -> Iterator[tuple[str, Row]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, delimiter="\t" if path.suffix.lower() == ".tsv" else ",", strict=True)
        before = 2
        for row in reader:
            place, before = f"line {before}", reader.line_num + 1
            if None in row or None in row.values():
                problem = Problem(place, f"has not {len(reader.fieldnames or ())} columns", "quote a text that holds commas or line breaks")
                raise DataError(path.name, [problem])
            yield place, row


def _lines(path: Path) -> Iterator[tuple[str, Row]]:
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                try:
                    row = json.loads(line)
                except ValueError:
                    row = None
                if not isinstance(row, dict):
                    raise DataError(path.name, [Problem(f"line {number}", "is no JSON object", "write one object on each line")])
                yield f"line {number}", row


def _parquet(path: Path) -> Iterator[tuple[str, Row]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = 0
    try:
        for batch in pq.ParquetFile(path).iter_batches(_BATCH):
            for row in batch.to_pylist():
                number += 1
                yield f"row {number}", row
    except pa.ArrowInvalid as error:
        raise DataError(path.name, [Problem(str(path), "is not Parquet", "expected CSV in UTF-8, JSON lines or Parquet")]) from error


def mapped(row: Row, mapping: Mapping[str, str], name: str) -> Any:
    """A row's value of one of our columns; None for none."""
    value = row.get(mapping.get(name, name))
    is_blank = value is None or (isinstance(value, str) and not value.strip()) or (isinstance(value, float) and math.isnan(value))
    return None if is_blank else value


def columns_of(path: Path, mapping: Mapping[str, str], categories: Sequence[str]) -> tuple[set[str], tuple[str, ...]]:
    """A file's columns in our words, and those of them that hold labels.

    Raises
    ------
    DataError : there is no text, or no row at all.
    """
    first = next(rows(path), None)
    if first is None:
        raise DataError(path.name, [Problem(str(path), "holds no rows", "one comment on each line, below the names of the columns")])
    present = set(first[1])
    ours = {name for name in (*OTHERS, "thread", *categories, VIOLATES) if mapping.get(name, name) in present}
    columns = listed(sorted(map(str, present)))
    problems = [Problem(f"--column {name}={theirs}", "there is no such column", f"the columns are {columns}")
                for name, theirs in mapping.items() if theirs not in present]
    if "text" not in ours and not problems:
        problems.append(Problem("text", "is not a column", f"name yours by `--column text=...`; the columns are {columns}"))
    if problems:
        raise DataError(path.name, problems)
    return ours, tuple(name for name in categories if name in ours) or ((VIOLATES,) if VIOLATES in ours else ())


def _label(value: Any) -> float | None:
    if value is None:
        return math.nan
    text = str(value).strip().lower()
    return {"0": 0.0, "1": 1.0, "0.0": 0.0, "1.0": 1.0, "false": 0.0, "true": 1.0, "no": 0.0, "yes": 1.0}.get(text)


def read_labelled(path: Path, categories: Sequence[str], mapping: Mapping[str, str] | None = None, *,
                  needs_labels: bool = True) -> Labelled:
    """Read labelled comments; or, where none are needed, an archive's, of which rows without a text are left out.

    Parameters
    ----------
    categories : of the policy; a column of one of these names holds its labels: 1 for a comment that breaks the rule, 0 for one
        that does not, nothing where nobody looked.
    mapping : from our names of columns to the file's.

    Raises
    ------
    DataError : with every row that cannot be used, by its line.
    """
    mapping = mapping or {}
    present, names = columns_of(path, mapping, categories)
    faults = _Faults(path.name)
    if not names and needs_labels:
        faults.add("labels", "there is no column of labels", f"name one or more {listed(sorted(set(categories)))}, or `{VIOLATES}`; "
                   "`--column personal=...` tells which of yours is meant")
    faults.check()
    author = "author" if "author" in present else "thread"
    texts, labels, sections, authors, weights, places = [], [], [], [], [], []
    for place, row in rows(path):
        text = mapped(row, mapping, "text")
        if not isinstance(text, str):
            if not needs_labels:
                continue
            faults.add(f"{place}, text", "is empty", "take the row out")
        values = [_label(mapped(row, mapping, name)) for name in names]
        for name, value in zip(names, values, strict=True):
            if value is None:
                hint = "write 1 for a comment that breaks the rule, nothing where nobody looked"
                faults.add(f"{place}, {name}", "is neither 0 nor 1", hint)
        weight = mapped(row, mapping, "weight")
        number = _number(1.0 if weight is None else weight)
        if number is None:
            faults.add(f"{place}, weight", "is no number above 0", "write how many comments the row stands for")
        texts.append(str(text))
        labels.append([math.nan if value is None else value for value in values])
        sections.append(None if (section := mapped(row, mapping, "section")) is None else str(section))
        authors.append(str(mapped(row, mapping, author) or ""))
        weights.append(number or 1.0)
        places.append(place)
    faults.check()
    weighed = np.array(weights)
    return Labelled(tuple(texts), names, np.array(labels, dtype=np.float64).reshape(len(texts), len(names)), tuple(sections),
                    tuple(authors) if author in present else None, None if (weighed == 1).all() else weighed, tuple(places))


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if 0 < number < math.inf else None
