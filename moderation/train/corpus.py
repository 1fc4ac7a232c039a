"""Labelled comments for training: read from files of several layouts, freed of duplicates, split before anyone looks.

Knows files, columns and near-duplicates; knows no features and no model. A missing label is NaN and teaches nothing; a comment
that raters called not toxic at all is `implied_clean`.

>>> layout_of(["id", "comment_text", "toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate"]).name
'jigsaw 2018'
"""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from moderation.errors import DataError, Problem
from moderation.train import contrasts

ATTRIBUTES = ("toxicity", "severe_toxicity", "identity_attack", "insult", "threat", "profanity")
TRAIN, DEVELOPMENT, TEST = 0, 1, 2
SHARES = (0.86, 0.07, 0.07)
MOST = 10  # sentences of one frame that are taught: some frames have a hundred, one for each group
WRITTEN = ("contrasts", "frames")  # sources of the project's own sentences

_WORD = re.compile(r"\w+|[^\s\w!-/:-@\[-`{-~]")  # words, and signs beyond ASCII: emoji tell texts apart too
_SHINGLE = 6   # words that two texts must share in a row ...
_SKETCH = 4    # ... and how many of a text's shingles, the least by hash, stand for it


@dataclass(frozen=True, slots=True)
class Layout:
    """A known set of columns: which holds the text, and which label stands where."""

    name: str
    text: str
    labels: Mapping[str, str]  # attribute -> column


_SUBTYPES_2019 = {"severe_toxicity": "severe_toxicity", "identity_attack": "identity_attack", "insult": "insult", "threat": "threat",
                  "profanity": "obscene"}
LAYOUTS = (
    Layout("own", "text", {attribute: attribute for attribute in ATTRIBUTES}),
    Layout("jigsaw 2018", "comment_text", {"toxicity": "toxic", "severe_toxicity": "severe_toxic", "identity_attack": "identity_hate",
                                           "insult": "insult", "threat": "threat", "profanity": "obscene"}),
    Layout("jigsaw 2019", "comment_text", {"toxicity": "target", **_SUBTYPES_2019}),
    Layout("jigsaw 2019", "comment_text", {"toxicity": "toxicity", **_SUBTYPES_2019}),
)


@dataclass(frozen=True, slots=True)
class Corpus:
    """Labelled comments, column by column.

    Attributes
    ----------
    texts : the comments.
    labels : (n, 6) float32 in [0, 1] in the order of ATTRIBUTES, NaN where the source does not say.
    sources : (n,) where each comes from.
    implied_clean : (n,) raters called it not toxic at all.
    notes : (n,) how a label came about.
    """

    texts: list[str]
    labels: npt.NDArray[np.float32]
    sources: npt.NDArray[np.str_]
    implied_clean: npt.NDArray[np.bool_]
    notes: npt.NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, rows: npt.NDArray[np.int64] | npt.NDArray[np.bool_]) -> Corpus:
        """The rows of an index or a mask, in its order."""
        index = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows
        return Corpus([self.texts[row] for row in index], self.labels[index], self.sources[index], self.implied_clean[index],
                      self.notes[index])


def concatenate(parts: Sequence[Corpus]) -> Corpus:
    """Several corpora as one, in order."""
    return Corpus([text for part in parts for text in part.texts], np.concatenate([part.labels for part in parts]),
                  np.concatenate([part.sources for part in parts]), np.concatenate([part.implied_clean for part in parts]),
                  np.concatenate([part.notes for part in parts]))


def read_contrasts(*paths: Path, most: int | None = None) -> Corpus:
    """The sentences of contrast files as a corpus; each note is a sentence's kind, the source `frames` or `contrasts` by the file's name.

    A sentence that several files hold is taken from the first. Of each frame come `most` sentences at most, drawn by chance.
    """
    found: dict[str, tuple[contrasts.Contrast, str]] = {}
    for path in paths:
        items, source = contrasts.expand(path), "frames" if path.stem.startswith("frames") else "contrasts"
        if most is not None and source == "frames":
            drawn = few(np.array([item.frame for item in items], np.int64), most, np.random.default_rng(0))
            items = [items[row] for row in np.flatnonzero(drawn)]
        for item in items:
            found.setdefault(item.text.lower(), (item, source))
    taken, sources = zip(*found.values(), strict=True) if found else ((), ())
    return of_contrasts(taken, sources)


def few(frame: npt.NDArray[np.int64], most: int, random: np.random.Generator) -> npt.NDArray[np.bool_]:
    """Which rows to take so that each frame, by its number in (n,), has at most `most`, drawn by chance; a row of none (-1) is taken."""
    turn = np.zeros(len(frame), np.int64)
    seen: Counter[int] = Counter()
    for row in random.permutation(len(frame)).tolist():
        turn[row] = seen[int(frame[row])]
        seen[int(frame[row])] += 1
    return (turn < most) | (frame < 0)


def of_contrasts(items: Sequence[contrasts.Contrast], sources: Sequence[str]) -> Corpus:
    """Sentences as a corpus, with the source of each; each note is a sentence's kind, and clean is what is not toxic at all."""
    labels = np.array([[getattr(item, name) for name in ATTRIBUTES] for item in items], np.float32).reshape(-1, len(ATTRIBUTES))
    return Corpus([item.text for item in items], labels, np.array(sources, np.str_), labels[:, 0] == 0,
                  np.array([item.kind for item in items], np.str_))


def layout_of(columns: Iterable[str], mapping: Mapping[str, str] | None = None) -> Layout | None:
    """The first known layout whose text and at least one label stand in the columns; a mapping (ours -> theirs) overrides it."""
    present = set(columns)
    if mapping:
        text = mapping.get("text", "text")
        labels = {attribute: mapping.get(attribute, attribute) for attribute in ATTRIBUTES if mapping.get(attribute, attribute) in present}
        return Layout("mapped", text, labels) if text in present and labels else None
    for layout in LAYOUTS:
        needed = [layout.text, *layout.labels.values()] if layout.name != "own" else [layout.text]
        labels = {attribute: column for attribute, column in layout.labels.items() if column in present}
        if present.issuperset(needed) and labels:
            return Layout(layout.name, layout.text, labels)
    return None


def read(paths: Sequence[Path | str], mapping: Mapping[str, str] | None = None) -> Corpus:
    """Read Parquet, CSV, TSV and JSON-lines files; DataError tells everything that is wrong with them."""
    problems: list[Problem] = []
    parts: list[Corpus] = []
    for path in map(Path, paths):
        found = _read_one(path, mapping)
        if isinstance(found, Problem):
            problems.append(found)
        else:
            parts.append(found)
    if problems:
        raise DataError("the training data", problems)
    return concatenate(parts)


def _frame(path: Path) -> pd.DataFrame:
    suffixes = "".join(path.suffixes[-2:]).lower()
    if ".parquet" in suffixes:
        return pd.read_parquet(path)
    if ".json" in suffixes:
        return pd.read_json(path, lines=True, dtype=False)
    return pd.read_csv(path, sep="\t" if ".tsv" in suffixes else ",")


def _read_one(path: Path, mapping: Mapping[str, str] | None) -> Corpus | Problem:
    try:
        frame = _frame(path)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
        return Problem(str(path), f"cannot be read: {reason}", "expected Parquet, CSV, TSV or JSON lines")
    layout = layout_of(frame.columns, mapping)
    if layout is None:
        return Problem(str(path), f"has no text with labels; its columns are {', '.join(f'`{column}`' for column in frame.columns)}",
                       "name them: --column text=... --column toxicity=...")
    frame = frame[frame[layout.text].notna()]
    labels = np.full((len(frame), len(ATTRIBUTES)), np.nan, np.float32)
    for attribute, column in layout.labels.items():
        values = pd.to_numeric(frame[column], errors="coerce").to_numpy(np.float32, na_value=np.nan)
        if np.isinf(values).any() or (np.nan_to_num(values) < 0).any() or (np.nan_to_num(values) > 1).any():
            return Problem(f"{path}: {column}", "holds labels outside 0 to 1", "a label is a share of raters, or 0 or 1")
        labels[:, ATTRIBUTES.index(attribute)] = values

    def strings(column: str, default: str) -> npt.NDArray[np.str_]:
        # not Series.to_numpy(np.str_), which cuts the strings of some columns down to one character
        return np.array(frame[column].astype(str).tolist(), np.str_) if column in frame else np.full(len(frame), default)

    clean = frame["implied_clean"].to_numpy(bool) if "implied_clean" in frame else (np.nan_to_num(labels[:, 0], nan=1.0) == 0)
    return Corpus(frame[layout.text].astype(str).tolist(), labels, strings("source", path.name.split(".")[0]), clean, strings("note", ""))


def _plain(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def deduplicate(corpus: Corpus) -> Corpus:
    """One row for each text of a source, told apart by words alone; its labels are the mean of what the copies say."""
    first: dict[tuple[str, str], int] = {}
    group = np.empty(len(corpus), np.int64)
    for row, text in enumerate(corpus.texts):
        group[row] = first.setdefault((str(corpus.sources[row]), " ".join(_plain(text)) or text), len(first))
    kept = np.unique(group, return_index=True)[1]
    stated = ~np.isnan(corpus.labels)
    total = np.zeros((len(first), len(ATTRIBUTES)), np.float64)
    count = np.zeros_like(total)
    np.add.at(total, group, np.nan_to_num(corpus.labels))
    np.add.at(count, group, stated)
    with np.errstate(invalid="ignore"):
        labels = (total / count).astype(np.float32)
    found = corpus.take(kept)
    return Corpus(found.texts, labels, found.sources, found.implied_clean, found.notes)


def clusters(texts: Sequence[str]) -> npt.NDArray[np.int64]:
    """A number for each text; texts that share a stretch of words get the same one. About 40 microseconds a text.

    Bottom-k sketches (Broder 1997) over shingles of six words: texts whose sketches meet are joined, and so are those
    that they meet. A text shorter than a shingle is joined with its equals.
    """
    known: dict[str, int] = {}
    rows: list[npt.NDArray[np.int64]] = []
    values: list[npt.NDArray[np.uint64]] = []
    for row, text in enumerate(texts):
        words = _plain(text)
        hashes = np.array([known.setdefault(word, zlib.crc32(word.encode("utf-8", "surrogatepass"))) for word in words] or [0], np.uint64)
        width = min(_SHINGLE, len(hashes))
        rolled = np.zeros(len(hashes) - width + 1, np.uint64)
        for step in range(width):
            rolled = (rolled ^ hashes[step : step + len(rolled)]) * np.uint64(0x9E3779B97F4A7C15)
            rolled ^= rolled >> np.uint64(29)
        sketch = np.unique(rolled)[:_SKETCH] if len(rolled) > 1 else rolled
        rows.append(np.full(len(sketch), row))
        values.append(sketch)
    if not rows:
        return np.empty(0, np.int64)
    unique, inverse = np.unique(np.concatenate(values), return_inverse=True)
    left = np.concatenate(rows)
    size = len(texts) + len(unique)
    graph = coo_matrix((np.ones(len(left), np.int8), (left, len(texts) + inverse)), shape=(size, size))
    component: npt.NDArray[np.int32] = connected_components(graph, directed=False)[1]
    return component[: len(texts)].astype(np.int64)


def split(corpus: Corpus, seed: int = 0) -> npt.NDArray[np.int8]:
    """TRAIN, DEVELOPMENT or TEST for each row: whole clusters of near-duplicates, drawn by seed."""
    cluster = clusters(corpus.texts)
    draw = np.random.default_rng(seed).random(int(cluster.max(initial=-1)) + 1)
    edges = np.cumsum(SHARES)[:-1]
    return np.searchsorted(edges, draw[cluster], side="right").astype(np.int8)
