"""Hashed n-grams of folded text: the one definition that training, serving and explaining share.

Knows how a text becomes numbers; knows no weights. The walk over the n-grams is compiled (`csrc/ngrams.h`) and is the same
function wherever n-grams are read. A text is read as sentences of bounded length, since both the whole and its most hostile
sentence are scored.

>>> from moderation.text import fold_batch
>>> grams = ngrams(fold_batch(["Figs! Are they ripe?", ""]), FeatureSpec(char_max=0, word_max=1))
>>> len(grams.ids), grams.rows.tolist()
(4, [0, 4, 4])
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from moderation import groups, kernels
from moderation.errors import ModelError, Problem
from moderation.text import FoldedBatch

LONGEST = 8  # characters of an n-gram, as in csrc/kernels.h
OUTPUTS = 8  # columns of a weight table: one load of 8 bytes brings the weights of all attributes


@dataclass(frozen=True, slots=True)
class FeatureSpec:
    """Which n-grams are read. Training writes it beside the weights, serving reads it from there.

    Attributes
    ----------
    char_min, char_max : lengths of the character n-grams; char_max 0 for none.
    word_max : lengths of the word n-grams, 1 to word_max, at most 3; 0 for none.
    across : whether character n-grams run across words or stay within one, with a space on either side.
    shout : whether words written in capitals count as features of their own.
    digits : whether every digit reads as 0.
    skip : whether pairs of words with one word between them count.
    groups : whether words for groups of people read as one sign in word n-grams as well, and have character n-grams of their own.
    buckets : hashes are reduced to this many features.
    """

    char_min: int = 2
    char_max: int = 5
    word_max: int = 2
    across: bool = False
    shout: bool = False
    digits: bool = False
    skip: bool = False
    groups: bool = False
    buckets: int = 1 << 20

    def to_dict(self) -> dict[str, int | bool]:
        """The fields by name, for `model.json`."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], source: str) -> FeatureSpec:
        """The spec behind `to_dict`; ModelError where a field is missing, unknown or not a number."""
        names = {field.name for field in fields(cls)}
        remedy = "train the model anew"
        problems = [Problem(f"features.{name}", "no feature is called so", remedy) for name in sorted(values.keys() - names)]
        problems += [Problem(f"features.{name}", "is missing", remedy) for name in sorted(names - values.keys())]
        problems += [Problem(f"features.{name}", "expected a number or true or false") for name in sorted(names & values.keys())
                     if not isinstance(values[name], int)]
        bounds = {"buckets": (1, 1 << 26), "char_min": (1, LONGEST), "char_max": (0, LONGEST), "word_max": (0, 3)}
        problems += [Problem(f"features.{name}", f"expected {low:,} to {high:,}", remedy) for name, (low, high) in bounds.items()
                     if not problems and not low <= values[name] <= high]
        if problems:
            raise ModelError(source, problems)
        return cls(**values)

    def to_c(self) -> Any:
        """The spec as the kernels read it."""
        table, slots = _group_table() if self.groups else (kernels.load()[0].NULL, 0)
        numbers = {name: int(value) for name, value in asdict(self).items() if name != "groups"}
        return kernels.load()[0].new("ngram_spec *", {**numbers, "groups": table, "group_slots": slots})

    @property
    def per_character(self) -> int:
        """The most n-grams that one character can begin."""
        return max(self.char_max - self.char_min + 1, 0) + (self.word_max + int(self.skip)) * (1 + int(self.groups)) + 2 * int(self.shout)


@functools.cache
def _group_table() -> tuple[Any, int]:
    """The words for groups, hashed as the kernels look them up, and how many slots there are; kept for the process."""
    ffi, library = kernels.load()
    slots = 1 << (3 * len(groups.WORDS)).bit_length()
    table = ffi.new("uint64_t[]", slots)
    for word in sorted(groups.WORDS):
        hashed = library.md_word_hash([ord(letter) for letter in word], len(word))
        at = (hashed >> 32) % slots
        while table[at]:
            at = (at + 1) % slots
        table[at] = hashed
    return table, slots


@dataclass(frozen=True, slots=True)
class Grams:
    """The n-grams of a batch, row by row and sentence by sentence; repeated ones stand repeated.

    Attributes
    ----------
    ids : (count,) uint32, buckets.
    spans : (count, 2) int32, half-open, characters of the row's fold; empty unless asked for.
    rows : (n + 1,) int64: row i has ids[rows[i]:rows[i + 1]].
    sentences : (s + 1,) int64: sentence j has ids[sentences[j]:sentences[j + 1]].
    row_sentences : (n + 1,) int64: row i has sentences [row_sentences[i], row_sentences[i + 1]).
    sentence_spans : (s, 2) int32, characters of the row's fold.
    """

    ids: npt.NDArray[np.uint32]
    spans: npt.NDArray[np.int32]
    rows: npt.NDArray[np.int64]
    sentences: npt.NDArray[np.int64]
    row_sentences: npt.NDArray[np.int64]
    sentence_spans: npt.NDArray[np.int32]


def ngrams(batch: FoldedBatch, spec: FeatureSpec, *, row: int | None = None, spans: bool = False) -> Grams:
    """The n-grams of every row, or of one, in reading order. Linear in the text; about 25 ns an n-gram."""
    ffi, library = kernels.load()
    first, size, length = 0, batch.size, batch.length
    if row is not None:
        first, size, length = row, 1, int(batch.offsets[row + 1] - batch.offsets[row])
    # A sentence adds at most a space on either side, and all but a row's last have more than eight characters.
    sentence_room = size + length // 4 + 1
    room = (length + 2 * sentence_room) * spec.per_character
    ids = np.empty(room, np.uint32)
    places = np.empty((room if spans else 0, 2), np.int32)
    row_sentences = np.empty(size + 1, np.int64)
    sentences = np.empty(sentence_room + 1, np.int64)
    sentence_spans = np.empty((sentence_room, 2), np.int32)
    count = library.md_ngrams(spec.to_c(), batch.block, first, size, pointer("uint32_t", ids),
                              pointer("int32_t", places) if spans else ffi.NULL, room,
                              pointer("int64_t", row_sentences), pointer("int64_t", sentences),
                              pointer("int32_t", sentence_spans), sentence_room)
    if count < 0:
        raise AssertionError("a text has more n-grams than its length allows")
    found = int(row_sentences[-1])
    return Grams(ids[:count].copy(), places[:count].copy() if spans else places, sentences[row_sentences], sentences[: found + 1].copy(),
                 row_sentences, sentence_spans[:found].copy())


@functools.cache
def _pointer_type(kind: str) -> Any:
    return kernels.load()[0].typeof(f"{kind}[]")


def pointer(kind: str, array: npt.NDArray[Any]) -> Any:
    """A contiguous array as a kernel's argument; `kind` is the C type of its elements. The array must outlive the call."""
    return kernels.load()[0].from_buffer(_pointer_type(kind), array)
