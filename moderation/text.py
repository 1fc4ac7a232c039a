r"""Folding: a comment as readers disguise it becomes plain text, with the way back to every character of the original.

Knows characters and offsets; knows no words. Case, width, style, look-alike letters, diacritics, invisible characters,
HTML entities and tags are undone; digits and signs that stand for letters are left to the lexicon, which knows words.

>>> text = normalize("Ｆｉｇ b\u200ban\u0430na")
>>> text.readable.text
'fig banana'
>>> text.readable.span(4, 10)
Span(start=4, end=11)
"""

from __future__ import annotations

import codecs
import functools
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from moderation import chardata, kernels

_EXPANSION = 4  # the most folded characters that one code point becomes


class Span(NamedTuple):
    """A half-open range `[start, end)` in code points of the original text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class View:
    """One folded form of a text and its way back.

    `text[i]` comes from the original's `[starts[i], ends[i])`.
    """

    text: str
    starts: npt.NDArray[np.int32]
    ends: npt.NDArray[np.int32]

    def span(self, start: int, end: int) -> Span:
        """The original's range behind `text[start:end]`, `start < end`."""
        return Span(int(self.starts[start]), int(self.ends[end - 1]))


class FoldedRow(NamedTuple):
    """One row of a batch: its folded text, and pointers to where its characters begin and end.

    Good for as long as its batch is.
    """

    text: str
    starts: Any
    ends: Any

    def span(self, start: int, end: int) -> Span:
        """The original's range behind `text[start:end]`, `start < end`."""
        return Span(self.starts[start], self.ends[end - 1])


class FoldedBatch:
    """The readable views of many texts, as the kernels read them: arrays, one text after another.

    Attributes
    ----------
    texts : the originals, in order; none where kernels wrote them (`fold_codes`).
    size : how many texts.
    length : how many folded characters all rows have.
    block : the memory that holds the fold, for the kernels: a `folded` of csrc/kernels.h lies at its head.
    source : what was folded, as `md_fold` takes it: all texts, the bytes of a character, where each text begins.
    """

    __slots__ = ("block", "length", "size", "source", "texts")

    def __init__(self, texts: Sequence[str], size: int, length: int, block: Any, source: tuple[Any, int, Any]) -> None:
        self.texts = texts
        self.size = size
        self.length = length
        self.block = block
        self.source = source

    def _array(self, name: str, count: int, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
        ffi = kernels.load()[0]
        place = getattr(ffi.cast("folded *", self.block), name)
        offset = int(ffi.cast("char *", place) - ffi.cast("char *", self.block))
        return np.frombuffer(ffi.buffer(self.block), dtype=dtype, count=count, offset=offset)

    @property
    def codes(self) -> npt.NDArray[np.uint32]:
        """The folded characters of all rows, (length,)."""
        return self._array("codes", self.length, np.uint32)

    @property
    def flags(self) -> npt.NDArray[np.uint8]:
        """What each folded character was in the original: bits of `chardata`, (length,)."""
        return self._array("flags", self.length, np.uint8)

    @property
    def starts(self) -> npt.NDArray[np.int32]:
        """Where each folded character begins in its own original, (length,)."""
        return self._array("starts", self.length, np.int32)

    @property
    def ends(self) -> npt.NDArray[np.int32]:
        """Where each folded character ends in its own original, (length,)."""
        return self._array("ends", self.length, np.int32)

    @property
    def offsets(self) -> npt.NDArray[np.int64]:
        """Row i is `[offsets[i], offsets[i + 1])` of the other arrays, (size + 1,)."""
        return self._array("offsets", self.size + 1, np.int64)

    def row(self, row: int) -> FoldedRow:
        """One row for a reader who needs a few of its characters: no arrays are made."""
        kernel = _kernel()
        fold = kernel.cast(kernel.folded, self.block)
        offsets = fold.offsets
        low, high = offsets[row], offsets[row + 1]
        text = codecs.utf_32_le_decode(kernel.buffer(fold.codes + low, 4 * (high - low)), "surrogatepass")[0]
        return FoldedRow(text, fold.starts + low, fold.ends + low)

    def readable(self, row: int) -> View:
        """One row as a view of its own."""
        low, high = self.offsets[row : row + 2]
        return View(decode(self.codes[low:high]), self.starts[low:high], self.ends[low:high])


class NormalizedText(NamedTuple):
    """One text, folded once: a batch of one with its readable view."""

    original: str
    batch: FoldedBatch

    @property
    def readable(self) -> View:
        """Folded text with its separators: what features, word boundaries and allows are read from."""
        return self.batch.readable(0)

    @property
    def squeezed(self) -> View:
        """The readable view with leet resolved, separators dropped and repeats collapsed: what evasions are read from."""
        return squeeze(self.readable)


def decode(codes: npt.NDArray[np.uint32]) -> str:
    """The string behind an array of folded characters."""
    return codes.tobytes().decode("utf-32-le", "surrogatepass")


class _Kernel:
    """The compiled fold with its tables, looked up once."""

    def __init__(self) -> None:
        ffi, library = kernels.load()
        pages, entries, expansions = chardata.fold_table()
        self._arrays = {"pages": ffi.from_buffer("uint16_t[]", pages), "entries": ffi.from_buffer("uint32_t[]", entries),
                        "expansions": ffi.from_buffer("uint32_t[]", expansions)}
        self.tables = ffi.new("fold_tables *", self._arrays)
        self.allocate = functools.partial(ffi.new_allocator(should_clear_after_alloc=False), ffi.typeof("char[]"))
        self.offsets = functools.partial(ffi.new, ffi.typeof("int64_t[]"))
        self.null = ffi.NULL
        self.cast, self.buffer = ffi.cast, ffi.buffer
        self.folded = ffi.typeof("folded *")
        self.fold = library.md_fold
        self.head = library.md_fold_bytes(0, 0)


_kernel = functools.cache(_Kernel)


def fold_batch(texts: Sequence[str]) -> FoldedBatch:
    """Fold many texts at once; any Unicode string goes in, lone surrogates included. Linear in the texts."""
    kernel = _kernel()
    size = len(texts)
    joined = texts[0] if size == 1 else "".join(texts)
    total = len(joined)
    is_ascii = joined.isascii()
    offsets = kernel.null if size == 1 else kernel.offsets(list(itertools.accumulate(map(len, texts), initial=0)))
    if is_ascii and "&" not in joined and "<" not in joined:
        return _fold(texts, size, total, total, (joined.encode(), 1, offsets))
    return _fold(texts, size, total, total if is_ascii else _EXPANSION * total, (joined.encode("utf-32-le", "surrogatepass"), 4, offsets))


def fold_codes(codes: Any, offsets: Any, size: int) -> FoldedBatch:
    """Fold texts that a kernel wrote as code points: row i is `[offsets[i], offsets[i + 1])`."""
    total = offsets[size]
    return _fold((), size, total, _EXPANSION * total, (codes, 4, offsets))


def _fold(texts: Sequence[str], size: int, total: int, most: int, source: tuple[Any, int, Any]) -> FoldedBatch:
    """Fold `total` characters, of which at most so many come."""
    kernel = _kernel()
    capacity = most + 1
    block = kernel.allocate(kernel.head + 9 * size + 14 * capacity)
    encoded, width, offsets = source
    length = kernel.fold(kernel.tables, encoded, width, offsets, size, total, block, capacity)
    if length < 0:
        raise AssertionError("a text folded to more characters than the tables allow")
    return FoldedBatch(texts, size, length, block, source)


def normalize(text: str) -> NormalizedText:
    """Fold one text: `fold_batch` of one."""
    return NormalizedText(text, fold_batch([text]))


def squeeze(view: View) -> View:
    """The view with leet read as its first letter, everything but letters and digits dropped, and runs made one.

    >>> squeeze(normalize("b.4.n.4.n.4!! Yesss").readable).text
    'bananayes'
    """
    kept: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for index, char in enumerate(view.text):
        plain = chardata.LEET.get(char, char)[0] if char not in "!?#/\\" else ""
        if not plain.isalnum():
            continue
        if kept and kept[-1] == plain:
            ends[-1] = int(view.ends[index])
            continue
        kept.append(plain)
        starts.append(int(view.starts[index]))
        ends.append(int(view.ends[index]))
    return View("".join(kept), np.asarray(starts, np.int32), np.asarray(ends, np.int32))
