"""The compiled walk: the tables that csrc/match.c reads, made from a trie, the character tables and the known words.

Knows arrays and pointers; judges nothing.
"""

from __future__ import annotations

import functools
import struct
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from moderation import chardata, kernels, language
from moderation.allows import Allows, compile_allows
from moderation.forms import Trie, build_trie
from moderation.text import FoldedBatch, fold_codes

# Kinds of an ASCII character, as csrc/row.h lists them.
_LETTER, _DIGIT, _SIGN, _MASK, _SPACE, _APOSTROPHE = 1, 2, 4, 8, 16, 32
INNOCENT = -1  # in place of a form's number
ASKS_SCRIPT, ASKS_LANGUAGE = 2, 4  # of `Candidate.asks`
_ROOM, _CHARACTERS = 16, 4  # candidates that are made room for at first: so many, and one for so many characters
_LONGEST_WORDING = 11  # characters that a spared place is written with at most
_CANDIDATE = struct.Struct("=6i4xi3xB3x5B")  # `candidate` of csrc/kernels.h, but for what only the walk needs
# How a term is disguised, as csrc/row.h numbers it; "" where there is not enough evidence that it is one.
DISGUISES = ("", "plain", "repeated", "leet", "masked", "spaced", "split", "joined", "swapped", "dropped", "thinned", "reversed",
             "respelled", "homoglyph", "styled", "accented", "tagged", "entity", "invisible")


class Candidate(NamedTuple):
    """A place where a term seems to stand; `candidate` of csrc/kernels.h says what the fields mean."""

    row: int
    form: int
    start: int
    end: int
    first: int
    last: int
    phrase: int
    gaps: int
    edges: int
    disguise: int
    spared: int
    asks: int
    quoted: int


class Walk:
    """The arrays that the walk reads, and the pointers to them.

    Parameters
    ----------
    words : known innocent words, each ended by a line break.
    frequent : those of them that are met most.
    innocent : words that contain a term and mean none; reported as `INNOCENT` where they stand.
    common : the words that run-together words are made of.
    given : given names.
    allows : phrases within which a term is innocent.
    """

    def __init__(self, trie: Trie, words: str, frequent: str = "", innocent: str = "", common: str = "", given: str = "",
                 allows: Allows | None = None) -> None:
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
        everyday = set(common.split())
        tables = {"words": words, "frequent": frequent, "innocent": innocent, "common": common, "given": given,
                  "foreign": "".join(f"{word}\n" for word in language.foreign_words() if word not in everyday)}
        slots = {name: 1 << max(8, (text.count("\n") * 3 // 2).bit_length()) for name, text in tables.items()}
        letters = chardata.letter_table()
        allows = allows or compile_allows((), (), hash_text)
        nodes = np.stack((trie.child_mask, trie.child_first, trie.form.view(np.uint32), trie.lengths), axis=1)
        arrays = {"nodes": nodes, "other_first": trie.other_first, "other_code": trie.other_code, "other_child": trie.other_child,
                  "forms": trie.form_facts, "terms": trie.term_facts, "spelling": trie.spelling, "letters": letters,
                  "doubles": doubles, "readings": readings, "respellings": respellings, "kinds": kinds,
                  "allow_keys": allows.keys, "allow_first": allows.first, "allow_phrases": allows.phrases, "allow_words": allows.words,
                  "plain": language.plain_table(), "leads": np.zeros(slots["frequent"], np.uint32),
                  **{name: np.zeros(count, np.uint32) for name, count in slots.items()}}
        types = {"nodes": "trie_node[]", "kinds": "uint8_t[]", "letters": "uint8_t[]", "forms": "form_facts[]", "terms": "term_facts[]",
                 "allow_keys": "uint64_t[]", "allow_first": "int32_t[]", "allow_phrases": "allow_phrase[]", "allow_words": "uint64_t[]"}
        self._pointers = {name: ffi.from_buffer(types.get(name, "uint32_t[]"), array) for name, array in arrays.items()}
        counts = {"word_slots": slots["words"], "letter_codes": len(letters), "allow_count": len(allows.first) - 1,
                  **{f"{name}_slots": slots[name] for name in ("frequent", "innocent", "common", "given", "foreign")}}
        self.tables = ffi.new("match_tables *", {**self._pointers, **counts})
        self._allocate = functools.partial(ffi.new_allocator(should_clear_after_alloc=False), ffi.typeof("candidate[]"))
        self._search = functools.partial(library.md_match, self.tables)
        self._choose, self._restore = library.md_choose, library.md_restore
        self._longest = max(_LONGEST_WORDING, 2 + int((trie.term_facts[:, 1] - trie.term_facts[:, 0]).max()))
        self._codes, self._offsets = ffi.typeof("char[]"), ffi.typeof("int64_t[]")
        self._known = functools.partial(library.md_word_known, self.tables)
        self._buffer, self._from_buffer, self._null = ffi.buffer, ffi.from_buffer, ffi.NULL
        self._new = ffi.new_allocator(should_clear_after_alloc=False)
        for name, text in tables.items():
            encoded = text.encode()
            library.md_words_fill(self._pointers[name], slots[name], encoded, len(encoded))
        encoded = frequent.encode()
        library.md_leads_fill(self.tables, self._pointers["leads"], encoded, len(encoded))

    def find(self, batch: FoldedBatch, *, every: bool = False) -> tuple[Any, list[tuple[int, ...]]]:
        """The places where a term stands or, with form `INNOCENT`, does not, by row and position, and the memory that holds them.

        Each is a `Candidate`, if made one. Where one in a row has something to ask, those that overlap are all there, and `choose`
        chooses. With `every`, there are also places where a term seems to stand and does not; their `disguise` is 0.
        """
        memory, room = self.make_room(batch)
        count = self._search(batch.block, every, memory, room)
        if count > room:
            memory = self._allocate(count)
            count = self._search(batch.block, every, memory, count)
        return memory, self.unpack(memory, count)

    def make_room(self, batch: FoldedBatch) -> tuple[Any, int]:
        """Memory for the places of a batch, and for how many places it is: enough as a rule."""
        room = _ROOM + batch.size + batch.length // _CHARACTERS
        return self._allocate(room), room

    def unpack(self, memory: Any, count: int) -> list[tuple[int, ...]]:
        """The places that lie in some memory."""
        return [*_CANDIDATE.iter_unpack(self._buffer(memory, count * _CANDIDATE.size))] if count else []

    def choose(self, batch: FoldedBatch, memory: Any, numbers: Sequence[int]) -> list[tuple[int, ...]]:
        """Of some places of one row, by their numbers in what `find` gave, those that stay where several overlap; by position."""
        chosen = self._allocate(len(numbers))
        for index, number in enumerate(numbers):
            chosen[index] = memory[number]
        count = self._choose(batch.block, chosen, len(numbers))
        return [*_CANDIDATE.iter_unpack(self._buffer(chosen, count * _CANDIDATE.size))]

    def restore(self, batch: FoldedBatch, memory: Any, count: int, read: bytearray | None = None) -> FoldedBatch:
        """A batch, or the rows of it that are not `read`, as a model that knows words should read them, by places that are judged.
        Sorts the places of a row by where they stand in the original.
        """
        texts, width, offsets = batch.source
        size = batch.size if read is None else read.count(0)
        offsets = offsets or self._new(self._offsets, [0, len(texts) // width])
        room = offsets[batch.size] + self._longest * count
        codes, starts = self._new(self._codes, 4 * room), self._new(self._offsets, size + 1)
        left_out = self._null if read is None else self._from_buffer(read)
        written = self._restore(self.tables, batch.block, texts, width, offsets, left_out, memory, count, codes, room, starts)
        if written < 0:
            raise AssertionError("restored texts are longer than their terms allow")
        return fold_codes(codes, starts, size)

    def is_known(self, word: str) -> bool:
        """Whether a lower-case word is a known innocent one."""
        encoded = word.encode("utf-8", "replace")
        return bool(self._known(encoded, len(encoded)))


def _letter_bits(letters: str) -> int:
    return sum(1 << (ord(letter) - ord("a")) for letter in letters)


def hash_text(text: str) -> int:
    """The hash of a text as csrc/allows.c knows it."""
    encoded = text.encode()
    return int(kernels.load()[1].md_text_hash(encoded, len(encoded)))


EMPTY_TRIE = build_trie((), lambda word: False)
