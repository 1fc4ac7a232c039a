"""Allows: phrases within which a term is innocent, found by the words beside a match. Knows words; knows no disguise."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from moderation.row import Row
from moderation.terms import Term
from moderation.text import normalize
from moderation.walk import Candidate


class _Phrase(NamedTuple):
    """An allow, as seen from one of its words: the words before it (nearest first), behind it, and the whole as printed."""

    before: tuple[str, ...]
    after: tuple[str, ...]
    text: str


_WORD = re.compile(r"[^\W_]+")
_NEXT = 24  # characters within which the nearest word stands
_NEAR = 8  # how many words to either side a phrase may reach


def _keys(term: str, index: Mapping[str, Mapping[str, object]]) -> Iterator[str]:
    """What csrc/asks.c looks up: a word, the term, and a word beside it; nothing for any, and a sign for there being some."""
    for word, beside in index.items():
        yield f"{word}\1{term}\2\1\n"
        for other in beside:
            yield f"{word}\1{term}{other if other != '*' else ''}\1\n"


class Allows:
    """Phrases within which a term is innocent, by the word that may be the term's and a word beside it.

    `beside` holds the words of all of them, as csrc/asks.c looks them up.
    """

    def __init__(self, terms: Sequence[Term], everywhere: Sequence[str]) -> None:
        common = self._index(everywhere)
        own = [self._index(term.allows) for term in terms]
        self._of_term = [[index for index in (of_term, common) if index] for of_term in own]
        self.beside = "".join([*_keys("", common), *itertools.chain.from_iterable(
            _keys(f"{term.text}\1", index) for term, index in zip(terms, own, strict=True))])

    @staticmethod
    def _index(phrases: Sequence[str]) -> dict[str, dict[str, list[_Phrase]]]:
        """The phrases by the word that may be the term's, then by a word beside it."""
        index: dict[str, dict[str, list[_Phrase]]] = {}
        folded = normalize("\n".join(phrases)).readable.text.split("\n")
        for text, plain in zip(phrases, folded, strict=True) if phrases else ():
            words = tuple(re.findall(r"[^\W_]+|\*", re.sub(r"'s\b", "", plain)))
            for at, word in enumerate(words):
                phrase = _Phrase(words[:at][::-1], words[at + 1 :], text)
                beside = (phrase.after or phrase.before or ("",))[0]
                index.setdefault(word, {}).setdefault(beside, []).append(phrase)
        return index

    def find(self, row: Row, found: Candidate, term: int) -> str | None:
        """The first phrase that the match lies in, or None."""
        indexes = self._of_term[term]
        if not indexes:
            return None
        low, high = row.word_around(found.start, found.end)
        said = _WORD.findall(row.text[low:high].replace("'", "")) or [""]
        tables = [index[said[0]] for index in indexes if said[0] in index]
        if not tables:
            return None
        right = row.words_after(high)
        after = [*said[1:], *_said(row.text, right, 1)]
        beside = ("", "*", *after[:1], *_said(row.text, row.words_before(low, _NEXT), 1))
        if not any(word in table for table in tables for word in beside):
            return None
        before = tuple(_said(row.text, row.words_before(low), _NEAR))
        behind = (*after, *_said(row.text, right, _NEAR))
        for table in tables:
            for word in beside:
                for phrase in table.get(word, ()):
                    if _is_beside(phrase.before, before) and _is_beside(phrase.after, behind):
                        return phrase.text
        return None


def _said(text: str, ranges: Iterator[tuple[int, int]], most: int) -> list[str]:
    """The next words of some ranges, possessive endings left out."""
    words: list[str] = []
    for low, high in ranges:
        if text[low - 1 : high] != "'s":
            words.append(text[low:high])
            if len(words) == most:
                break
    return words


def _is_beside(wanted: tuple[str, ...], said: tuple[str, ...]) -> bool:
    if "*" not in wanted:
        return said[: len(wanted)] == wanted
    return len(wanted) <= len(said) and all(part in ("*", word) for part, word in zip(wanted, said, strict=False))
