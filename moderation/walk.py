"""The compiled walk: the tables that csrc/match.c reads, made from a trie, the character tables and the known words.

Knows arrays and pointers; judges nothing.
"""

from __future__ import annotations

import functools
import struct
from typing import NamedTuple

import numpy as np

from moderation import chardata, kernels
from moderation.forms import Trie, build_trie
from moderation.text import FoldedBatch

# Kinds of an ASCII character, as csrc/match.c reads them.
_LETTER, _DIGIT, _SIGN, _MASK, _SPACE, _APOSTROPHE = 1, 2, 4, 8, 16, 32
INNOCENT = -1  # in place of a form's number
_ROOM = 16  # candidates that are made room for at first
_CANDIDATE = struct.Struct("=4i9B3x")  # `candidate` of csrc/kernels.h; `Candidate` has its fields but the first two
# How a term is disguised, as csrc/row.h numbers it; "" where there is not enough evidence that it is one.
DISGUISES = ("", "plain", "repeated", "leet", "masked", "spaced", "split", "joined", "swapped", "dropped", "thinned", "reversed",
             "respelled", "homoglyph", "styled", "accented", "tagged", "entity", "invisible")


class Candidate(NamedTuple):
    """A place where a form may stand; `candidate` of csrc/kernels.h says what the fields count."""

    start: int
    end: int
    literal: int
    leet: int
    masked: int
    gaps: int
    spaces: int
    respelled: int
    repeats: int
    edges: int
    disguise: int

    @property
    def begins_inside(self) -> bool:
        """Whether the word goes on to the left."""
        return bool(self.edges & 1)

    @property
    def ends_inside(self) -> bool:
        """Whether the word goes on to the right."""
        return bool(self.edges & 2)

    @property
    def cost(self) -> int:
        """How far from the plain spelling; for choosing between two readings of one place."""
        return (2 * self.leet + 3 * self.masked + 3 * self.gaps + 4 * self.respelled + self.repeats
                + 5 * (self.begins_inside + self.ends_inside))


class Walk:
    """The arrays that the walk reads, and the pointers to them.

    Parameters
    ----------
    words : known innocent words, each ended by a line break.
    frequent : those of them that are met most.
    innocent : words that contain a term and mean none; reported as `INNOCENT` where they stand.
    common : the words that run-together words are made of.
    """

    def __init__(self, trie: Trie, words: str, frequent: str = "", innocent: str = "", common: str = "") -> None:
        ffi, library = kernels.load()
        readings = np.zeros(128, np.uint32)
        respellings = np.zeros(128, np.uint32)
        doubles = np.zeros(128, np.uint32)
        kinds = np.zeros(128, np.uint8)
        for code in range(128):
            char = chr(code)
            if "a" <= char <= "z":
                readings[code] = 1 << (code - ord("a"))
                kinds[code] |= _LETTER
            if char.isdigit():
                kinds[code] |= _DIGIT
            if char in chardata.LEET:
                kinds[code] |= 0 if char.isalnum() else _SIGN
                readings[code] |= _letter_bits(chardata.LEET[char])
            doubles[code] = _letter_bits(chardata.doubles().get(char, ""))
            if char in chardata.RESPELLED:
                respellings[code] = _letter_bits(chardata.RESPELLED[char])
            if char in chardata.MASKS:
                kinds[code] |= _MASK
            if char.isspace():
                kinds[code] |= _SPACE
            if char == "'":
                kinds[code] |= _APOSTROPHE
        tables = {"words": words, "frequent": frequent, "innocent": innocent, "common": common}
        slots = {name: 1 << max(8, (text.count("\n") * 3 // 2).bit_length()) for name, text in tables.items()}
        letters = chardata.letter_table()
        arrays = {"child_mask": trie.child_mask, "child_first": trie.child_first, "form": trie.form, "lengths": trie.lengths,
                  "other_first": trie.other_first, "other_code": trie.other_code, "other_child": trie.other_child,
                  "forms": trie.form_facts, "terms": trie.term_facts, "spelling": trie.spelling, "letters": letters,
                  "doubles": doubles, "readings": readings, "respellings": respellings, "kinds": kinds,
                  **{name: np.zeros(count, np.uint32) for name, count in slots.items()}}
        types = {"form": "int32_t[]", "kinds": "uint8_t[]", "letters": "uint8_t[]", "forms": "form_facts[]", "terms": "term_facts[]"}
        self._pointers = {name: ffi.from_buffer(types.get(name, "uint32_t[]"), array) for name, array in arrays.items()}
        counts = {"word_slots": slots["words"], "letter_codes": len(letters),
                  **{f"{name}_slots": slots[name] for name in ("frequent", "innocent", "common")}}
        self.tables = ffi.new("match_tables *", {**self._pointers, **counts})
        self._allocate = functools.partial(ffi.new_allocator(should_clear_after_alloc=False), ffi.typeof("candidate[]"))
        self._search = functools.partial(library.md_match, self.tables)
        self._buffer = ffi.buffer
        for name, text in tables.items():
            encoded = text.encode()
            library.md_words_fill(self._pointers[name], slots[name], encoded, len(encoded))

    def candidates(self, batch: FoldedBatch, *, every: bool = False) -> list[tuple[int, list[tuple[Candidate, int]]]]:
        """The rows in which a term stands, in order, with each place and its form's number or `INNOCENT`, by position; with `every`,
        also places where one seems to stand and does not."""
        room = _ROOM + batch.size
        rows = self._allocate(room)
        count = self._search(batch.block, every, rows, room)
        if not count:
            return []
        if count > room:
            rows = self._allocate(count)
            count = self._search(batch.block, every, rows, count)
        grouped: list[tuple[int, list[tuple[Candidate, int]]]] = []
        last = -1
        for row, form, *fields in _CANDIDATE.iter_unpack(self._buffer(rows, count * _CANDIDATE.size)):
            if row != last:
                last = row
                grouped.append((row, []))
            grouped[-1][1].append((Candidate._make(fields), form))
        return grouped

    def is_known(self, word: str) -> bool:
        """Whether a lower-case word is a known innocent one."""
        encoded = word.encode("utf-8", "replace")
        return bool(kernels.load()[1].md_word_known(self.tables, encoded, len(encoded)))


def _letter_bits(letters: str) -> int:
    return sum(1 << (ord(letter) - ord("a")) for letter in letters)


EMPTY_TRIE = build_trie((), lambda word: False)
