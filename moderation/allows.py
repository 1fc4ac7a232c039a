"""Allows: the phrases within which a term is innocent, and the words near which it is, as csrc/allows.c reads them.

Knows words; knows no text.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from moderation.terms import Term
from moderation.text import normalize


class _Phrase(NamedTuple):
    """An allow, as seen from one of its words: the words before it (nearest first), and behind it."""

    before: tuple[str, ...]
    after: tuple[str, ...]
    number: int


class Allows(NamedTuple):
    """The arrays of `match_tables` (csrc/kernels.h), and the phrases as they are written, by their numbers."""

    keys: npt.NDArray[np.uint64]
    first: npt.NDArray[np.int32]
    phrases: npt.NDArray[np.int32]
    words: npt.NDArray[np.uint64]
    texts: tuple[str, ...]


def compile_allows(terms: Sequence[Term], everywhere: Sequence[str], hash_text: Callable[[str], int]) -> Allows:
    """The allows of all terms, and those that hold for any term, by the word that may be the term's."""
    hashed = functools.cache(hash_text)  # few words make up many phrases
    said: dict[int, list[_Phrase]] = {}
    texts: list[str] = []
    for term, allows in (*((term.text, term.allows) for term in terms), ("", everywhere)):
        for word, phrase in _phrases(allows, len(texts)):
            said.setdefault(hash_text(f"{word}\1{term}"), []).append(phrase)
        texts += allows
    for each in (term for term in terms if term.near):
        near = enumerate(normalize("\n".join(each.near)).readable.text.split("\n"), len(texts))
        said[hash_text(f"\1{each.text}")] = [_Phrase((), (word,), number) for number, word in near]
        texts += [f"near: {word}" for word in each.near]
    words = [0]
    first, rows = [0], []
    for key in sorted(said):
        for before, after, number in said[key]:
            start = len(words)
            words += [0 if word == "*" else hashed(word) for word in (*before, *after)]
            rows.append((start, start + len(before), len(words), number))
        first.append(len(rows))
    return Allows(np.asarray([*sorted(said), 0], np.uint64), np.asarray(first, np.int32), np.asarray(rows or [(0, 0, 0, 0)], np.int32),
                  np.asarray(words, np.uint64), tuple(texts))


def _phrases(allows: Sequence[str], number: int) -> Iterator[tuple[str, _Phrase]]:
    """Every word of some allows, with the phrase as seen from it; the first allow's number is `number`."""
    folded = normalize("\n".join(allows)).readable.text.split("\n") if allows else []
    for index, plain in enumerate(folded, number):
        words = tuple(re.findall(r"[^\W_]+|\*", re.sub(r"'s\b", "", plain)))
        for at, word in enumerate(words):
            yield word, _Phrase(words[:at][::-1], words[at + 1 :], index)
