"""Which comments an audit shows: of each stratum the first by (key, hash), a choice that does not depend on the partitioning.

Knows scores, thresholds and texts; counts nothing. The hash is of the text, so copies of one text stand as one example with the
number of its copies, and is keyed, so that nobody can write a comment that is sure to be shown. Strata:

- `highest/published`, `highest/` (where no past decision is known): the highest score of any category
- `near/<category>/<review or reject>/<above or below>`: the least distance to that threshold
- `then/<past>/<action>`: any, for each past decision ("" where unknown) and each action that is not the same
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from moderation.audit.reading import as_read
from moderation.masking import mask
from moderation.policy import ACTIONS

HIGHEST, NEAR, THEN = 20, 5, 8   # examples of a stratum
LENGTH = 1200                    # most characters of an example's text
_BEFORE = 200                    # of them before its first span, where the text is longer
_NAME = 200                      # most characters of an id
_KEY = b"moderation audit"
_SAME = {"published": "approve", "held": "review", "removed": "reject", "": "approve"}
TextShown = Literal["full", "masked", "none"]
Integers = npt.NDArray[np.int64]


class Names(NamedTuple):
    """A column of names as numbers: row i's is `values[codes[i]]`."""

    values: list[str]
    codes: Integers


class Mark(msgspec.Struct, frozen=True):
    """A span of an example, in code points of its text as it is shown here."""

    start: int
    end: int
    category: str
    source: str
    term: str | None
    severity: str | None
    disguise: str | None
    region: str | None


class Example(msgspec.Struct, frozen=True):
    """A comment that is shown.

    Attributes
    ----------
    key : what its stratum is ordered by: 0 comes first. hash : of the text, in hexadecimal digits.
    row : its place in the source, the first of its copies. copies : rows with this very text and key.
    scores : by category, in ten thousandths.
    text : None if none is shown, else at most `LENGTH` characters. before, after : characters left out on each side.
    """

    key: int
    hash: str
    row: int
    copies: int
    id: str
    time: str | None
    section: str | None
    past: str | None
    action: str
    scores: dict[str, int]
    text: str | None
    before: int
    after: int
    marks: tuple[Mark, ...]


def digest(text: str) -> bytes:
    """The keyed hash by which examples and names are chosen: 8 bytes."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8, key=_KEY).digest()


def most(stratum: str) -> int:
    """How many examples a stratum keeps."""
    return {"highest": HIGHEST, "near": NEAR}.get(stratum.partition("/")[0], THEN)


def choose(results: pa.Table, texts: pa.Array | pa.ChunkedArray, categories: Sequence[str], scores: Integers, thresholds: Integers,
           actions: Integers, past: Names, shown: TextShown, is_html: bool) -> dict[str, list[Example]]:
    """The examples of one part, by stratum.

    Parameters
    ----------
    results, texts, shown, is_html : as for `AuditTally.of`.
    scores : (n, categories), thresholds : (n, categories, 2), both in ten thousandths.
    actions : (n,), indices into `ACTIONS`. past : the past decisions.
    """
    hashes = _Hashes(texts)
    chosen = [(stratum, row, key, copies) for stratum, rows, keys in _strata(categories, scores, thresholds, actions, past) if len(rows)
              for row, key, copies in _first(rows, keys, hashes, most(stratum))]
    rows = [row for _, row, _, _ in chosen]
    columns = results.select(["row", "id", "time", "section", "past", "action", "spans"]).take(rows)
    columns = columns.set_column(2, "time", columns["time"].cast(pa.int64()))
    found: dict[str, list[Example]] = {}
    for (stratum, row, key, copies), result, text in zip(chosen, columns.to_pylist(), texts.take(pa.array(rows)).to_pylist(), strict=True):
        own = dict(zip(categories, scores[row].tolist(), strict=True))
        found.setdefault(stratum, []).append(hide(example(result, text, key, f"{hashes.known[row]:016x}", copies, own, is_html), shown))
    return found


def hide(example: Example, shown: TextShown) -> Example:
    """The example with no more of its text than `shown` allows, and without the words that it was marked for.

    Sentences that the encoder marked are not starred out: that would leave nothing to judge.
    """
    if shown == "full":
        return example
    marks = tuple(msgspec.structs.replace(found, term=None) for found in example.marks)
    words = [(found.start, found.end) for found in marks if found.source != "encoder"]
    text = None if shown == "none" or example.text is None else mask(example.text, words)
    return msgspec.structs.replace(example, text=text, marks=marks)


def merge(stratum: str, one: Sequence[Example], other: Sequence[Example]) -> list[Example]:
    """The first of two runs of one stratum; both are in order, and so is what comes out."""
    best: dict[tuple[int, str], Example] = {}
    for example in sorted([*one, *other], key=lambda example: (example.key, example.hash, example.row)):
        place = example.key, example.hash
        known = best.get(place)
        best[place] = msgspec.structs.replace(known, copies=known.copies + example.copies) if known else example
    return list(best.values())[:most(stratum)]


def _strata(categories: Sequence[str], scores: Integers, thresholds: Integers, actions: Integers,
            past: Names) -> Iterator[tuple[str, Integers, Integers]]:
    """Each stratum's name, its rows and their keys."""
    highest = 10_000 - scores.max(axis=1, initial=0)
    for code, before in enumerate(past.values):
        ours = np.flatnonzero(past.codes == code)
        if before in ("published", ""):
            yield f"highest/{before}", ours, highest[ours]
        for index, action in enumerate(ACTIONS):
            if _SAME.get(before) != action:
                rows = ours[actions[ours] == index]
                yield f"then/{before}/{action}", rows, np.zeros(len(rows), np.int64)
    for column, category in enumerate(categories):
        for line, name in enumerate(ACTIONS[1:]):
            distance = scores[:, column] - thresholds[:, column, line]
            for side, rows in (("above", np.flatnonzero(distance >= 0)), ("below", np.flatnonzero(distance < 0))):
                yield f"near/{category}/{name}/{side}", rows, np.abs(distance[rows])


class _Hashes:
    """The texts' hashes, worked out when they are asked for: most rows are no example of anything."""

    def __init__(self, texts: pa.Array | pa.ChunkedArray) -> None:
        self._texts = texts
        self.known: dict[int, int] = {}

    def of(self, rows: Integers) -> npt.NDArray[np.uint64]:
        unknown = [row for row in rows.tolist() if row not in self.known]
        for row, text in zip(unknown, self._texts.take(pa.array(unknown, pa.int64())).to_pylist(), strict=True):
            self.known[row] = int.from_bytes(digest(text), "big")
        return np.array([self.known[row] for row in rows.tolist()], dtype=np.uint64)


def _first(rows: Integers, keys: Integers, hashes: _Hashes, count: int) -> Iterator[tuple[int, int, int]]:
    """The first `count` distinct (key, hash): row of the first copy, key, copies."""
    if len(rows) > 16 * count:  # those with the least keys are enough, if not too many of them are copies
        near = keys <= np.partition(keys, 8 * count)[8 * count]
        if len(np.unique(hashes.of(rows[near]))) >= count:
            rows, keys = rows[near], keys[near]
    own = hashes.of(rows)
    order = np.lexsort((rows, own, keys))
    rows, keys, own = rows[order], keys[order], own[order]
    starts = np.flatnonzero(np.concatenate([[True], (keys[1:] != keys[:-1]) | (own[1:] != own[:-1])]))
    ends = np.append(starts[1:], len(rows))
    for start, end in zip(starts[:count].tolist(), ends[:count].tolist(), strict=True):
        yield int(rows[start]), int(keys[start]), end - start


def example(result: Mapping[str, Any], text: str, key: int, hashed: str, copies: int, scores: dict[str, int],
            is_html: bool = False) -> Example:
    """An example of a row of the results, `time` in microseconds since 1970, and its text; HTML is shown as its reader sees it."""
    spans = [(span["start"], span["end"]) for span in result["spans"]]
    if is_html:
        text, spans = as_read(text, spans)
    start, end = _window(text, spans)
    marks = tuple(Mark(max(first, start) - start, min(last, end) - start, *(span[name] for name in Mark.__struct_fields__[2:]))
                  for (first, last), span in zip(spans, result["spans"], strict=True) if first < end and last > start)
    time = None if result["time"] is None else f"{np.datetime64(result['time'], 'us')!s:.16}"
    section = result["section"][:_NAME] if result["section"] else None
    return Example(key, hashed, result["row"], copies, result["id"][:_NAME], time, section, result["past"], result["action"], scores,
                   text[start:end], start, len(text) - end, marks)


def _window(text: str, spans: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """The part of a long text that is shown: its beginning, or what surrounds its first span."""
    if len(text) <= LENGTH:
        return 0, len(text)
    first = min((start for start, _ in spans), default=0)
    start = max(0, min(first - _BEFORE, len(text) - LENGTH)) if first > LENGTH - _BEFORE else 0
    return start, start + LENGTH
