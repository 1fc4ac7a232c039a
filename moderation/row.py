"""One folded text with its neighbourhoods: words beside a place, case, sentences. Knows characters; knows no terms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from moderation import chardata
from moderation.words import LONGEST_TOKEN

_WORD_OR_END = re.compile(r"([^\W_]+)|[.!?\n;]")
_NEIGHBOURHOOD = 120  # characters to either side that a phrase may reach
_WORD = re.compile(rf"[^\W_]{{0,{LONGEST_TOKEN}}}")
TITLES = frozenset("mr mrs ms miss dr prof professor sir dame judge justice sen senator cllr councillor inspector sgt detective rev lt col "
                   "capt gen gov rep hon fr st herr frau monsieur madame señor don doña".split())


class Row(NamedTuple):
    """One text as evidence reads it: the readable view and the flags of its characters."""

    text: str
    flags: bytes

    def is_word_at(self, i: int) -> bool:
        """Whether a letter or digit stands at `i`."""
        return 0 <= i < len(self.text) and self.text[i].isalnum()

    def word_around(self, start: int, end: int) -> tuple[int, int]:
        """The range of letters and digits around `[start, end)`, cut off where it is longer than any word."""
        text = self.text
        low = max(0, start - LONGEST_TOKEN)
        while start > low and text[start - 1].isalnum():
            start -= 1
        return start, _WORD.match(text, end).end()  # type: ignore[union-attr]  # it matches nothing at worst

    def is_upper(self, i: int) -> bool:
        """Whether the character was upper case in the original."""
        return bool(self.flags[i] & chardata.UPPER)

    def case(self, start: int, end: int) -> str:
        """`lower`, `upper`, `title` or `mixed`, by the letters of the range."""
        marks = [self.is_upper(i) for i in range(start, end) if self.text[i].isalpha()]
        if not any(marks):
            return "lower"
        if all(marks):
            return "upper" if len(marks) > 1 else "title"
        return "title" if marks[0] and not any(marks[1:]) else "mixed"

    def begins_sentence(self, start: int) -> bool:
        """Whether nothing but quotes and brackets stands between `start` and the end of a sentence or the beginning."""
        before = self.text[max(0, start - 8) : start].rstrip(" \"'([{*_>")
        return not before or before[-1] in ".!?\n:;" or (start <= 8 and not before)

    def is_shouted(self, start: int, end: int) -> bool:
        """Whether the words around the range are upper case too."""
        near = [self.is_upper(i) for i in (*range(max(0, start - 24), start), *range(end, min(len(self.text), end + 24)))
                if self.text[i].isalpha()]
        return len(near) >= 4 and sum(near) > len(near) * 0.7

    def is_abbreviation(self, start: int, end: int) -> bool:
        """Whether the range is in capitals and the words around it are not."""
        return self.case(start, end) == "upper" and not self.is_shouted(start, end)

    def words_before(self, start: int, reach: int = _NEIGHBOURHOOD) -> Iterator[tuple[int, int]]:
        """Ranges of the words before `start` in its sentence, nearest first, at most `reach` characters away."""
        text = self.text
        for found in reversed(list(_WORD_OR_END.finditer(text, max(0, start - reach), start))):
            low, high = found.span()
            if found[1]:
                yield low, high
            elif not (text[low] == "." and self.is_word_at(low - 1) and self._is_shortened(low)):
                return

    def _is_shortened(self, stop: int) -> bool:
        """Whether the full stop at `stop` is an initial's or a title's (J. Doe, Mr. Doe), and ends no sentence."""
        return not self.is_word_at(stop - 2) or self.text[self.word_around(stop, stop)[0] : stop] in TITLES

    def words_after(self, end: int) -> Iterator[tuple[int, int]]:
        """Ranges of the words behind `end` in its sentence, nearest first."""
        for found in _WORD_OR_END.finditer(self.text, end, end + _NEIGHBOURHOOD):
            if not found[1]:
                return
            yield found.span()
