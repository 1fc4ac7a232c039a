"""Allows: phrases within which a term is innocent, found by the words beside a match. Knows words; knows no disguise."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from moderation.hiding import Candidate
from moderation.row import Row
from moderation.terms import Term
from moderation.text import normalize


class _Phrase(NamedTuple):
    """An allow, as seen from one of its words: the words before it (nearest first), behind it, and the whole as printed."""

    before: tuple[str, ...]
    after: tuple[str, ...]
    text: str


_NEXT = 24  # characters within which the nearest word stands
_NEAR = 8  # how many words to either side a phrase may reach


class Allows:
    """Phrases within which a term is innocent, by the word that may be the term's and a word beside it."""

    def __init__(self, terms: Sequence[Term], everywhere: Sequence[str]) -> None:
        self._by_term = [self._index(term.allows) for term in terms]
        self._everywhere = self._index(everywhere)

    @staticmethod
    def _index(phrases: Sequence[str]) -> dict[tuple[str, str], list[_Phrase]]:
        index: dict[tuple[str, str], list[_Phrase]] = {}
        folded = normalize("\n".join(phrases)).readable.text.split("\n")
        for text, plain in zip(phrases, folded, strict=True) if phrases else ():
            words = tuple(re.findall(r"[^\W_]+|\*", re.sub(r"'s\b", "", plain)))
            for at, word in enumerate(words):
                phrase = _Phrase(words[:at][::-1], words[at + 1 :], text)
                beside = (phrase.after or phrase.before or ("",))[0]
                index.setdefault((word, beside), []).append(phrase)
        return index

    def find(self, row: Row, found: Candidate, term: int) -> str | None:
        """The first phrase that the match lies in, or None."""
        indexes = [index for index in (self._by_term[term], self._everywhere) if index]
        if not indexes:
            return None
        low, high = row.word_around(found.start, found.end)
        said = re.findall(r"[^\W_]+", row.text[low:high].replace("'", "")) or [""]
        right = row.words_after(high)
        after = [*said[1:], *_said(row, right, 1)]
        beside = ("", "*", *after[:1], *_said(row, row.words_before(low, _NEXT), 1))
        if not any((said[0], word) in index for index in indexes for word in beside):
            return None
        before = _said(row, row.words_before(low), _NEAR)
        after += _said(row, right, _NEAR)
        for index, word in itertools.product(indexes, beside):
            for phrase in index.get((said[0], word), ()):
                if _is_beside(phrase.before, before) and _is_beside(phrase.after, after):
                    return phrase.text
        return None


def _said(row: Row, ranges: Iterator[tuple[int, int]], most: int) -> list[str]:
    """The next words of some ranges, possessive endings left out."""
    words = (row.text[low:high] for low, high in ranges if row.text[low - 1 : high] != "'s")
    return list(itertools.islice(words, most))


def _is_beside(wanted: tuple[str, ...], said: Sequence[str]) -> bool:
    return len(wanted) <= len(said) and all(part in ("*", word) for part, word in zip(wanted, said, strict=False))
