"""The sample of an audit: comments for a person to judge, as many from each band of scores, so that rare high scores are there too.

A comment's lot is a hash of its row, so the choice does not depend on parts or engines. Each line of the sample says for how many
comments of its band it stands (`weight`), so that a rate over the archive can be reckoned from what people say of the sample.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

BANDS = 10  # of the highest score of any category, each with its lower end
_COLUMNS = ("row", "id", "thread", "time", "section", "past", "action", "scores")


def highest(results: pa.Table) -> npt.NDArray[np.float64]:
    """Each row's highest score of any category, (n,)."""
    scores = results["scores"].combine_chunks()
    columns = [scores.field(index).to_numpy(zero_copy_only=False) for index in range(scores.type.num_fields)]
    found: npt.NDArray[np.float64] = np.max(columns, axis=0) if columns else np.zeros(len(results))
    return found


def band(scores: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """The band of each score."""
    return np.minimum(np.floor(scores * BANDS), BANDS - 1).astype(np.int64)


def _lots(rows: npt.NDArray[np.int64]) -> npt.NDArray[np.uint64]:
    """A number for each row that looks like chance: the finalizer of SplitMix64 (Steele, Lea, Flood 2014)."""
    found = rows.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    found = (found ^ (found >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    found = (found ^ (found >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return found ^ (found >> np.uint64(31))


class Candidates:
    """What one part puts forward: the `count` comments of each band with the least lots."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._bands: list[list[tuple[int, bytes]]] = [[] for _ in range(BANDS)]

    def add(self, results: pa.Table, texts: pa.Array, scores: npt.NDArray[np.float64]) -> None:
        """Look at some rows; `scores` are their highest."""
        if not self._count:
            return
        lots, bands = _lots(results["row"].to_numpy()), band(scores)
        for number, held in enumerate(self._bands):
            rows = np.flatnonzero(bands == number)
            rows = rows[np.argsort(lots[rows], kind="stable")[: self._count]]
            if not len(rows):
                continue
            entries = results.select(_COLUMNS).take(rows).to_pylist()
            found = [(int(lots[row]), _line(int(lots[row]), number, entry, texts[int(row)].as_py()))
                     for row, entry in zip(rows, entries, strict=True)]
            self._bands[number] = heapq.nsmallest(self._count, [*held, *found])

    def lines(self) -> list[bytes]:
        """Lines of JSON, by band and lot."""
        return [line for held in self._bands for _, line in held]


def _line(lot: int, number: int, entry: dict[str, Any], text: str) -> bytes:
    time = entry.pop("time")
    return msgspec.json.encode({"lot": lot, "band": number, **entry, "time": time and time.isoformat(), "text": text}) + b"\n"


def choose(count: int, bands: Sequence[int], files: Iterable[Path]) -> Iterator[bytes]:
    """The sample: `count` comments from the parts' candidates, as many of each band as there are, what a band lacks from the others.

    Parameters
    ----------
    bands : how many comments each band has altogether.
    """
    quotas = _quotas(count, bands)
    held: list[list[tuple[int, bytes]]] = [[] for _ in bands]
    for file in files:
        found: list[list[tuple[int, bytes]]] = [[] for _ in bands]
        for line in file.read_bytes().splitlines():
            entry = msgspec.json.decode(line)
            found[entry["band"]].append((entry["lot"], line))
        held = [heapq.nsmallest(quota, [*old, *new]) for quota, old, new in zip(quotas, held, found, strict=True)]
    for population, lines in zip(bands, held, strict=True):
        for _, line in lines:
            entry = msgspec.json.decode(line)
            del entry["lot"]
            yield msgspec.json.encode({**entry, "weight": population / len(lines)}) + b"\n"


def _quotas(count: int, bands: Sequence[int]) -> list[int]:
    """Equal shares, as far as the bands go; what is left over goes to the highest."""
    quotas = [0] * len(bands)
    left = min(count, sum(bands))
    while left:
        open_bands = [number for number, size in enumerate(bands) if quotas[number] < size]
        share = max(left // len(open_bands), 1)
        for number in reversed(open_bands):
            taken = min(share, bands[number] - quotas[number], left)
            quotas[number] += taken
            left -= taken
    return quotas
