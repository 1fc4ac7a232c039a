"""One folded text with its neighbourhoods: words beside a place, case, sentences, names. Knows characters; knows no terms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from moderation import chardata
from moderation.words import LONGEST_TOKEN

_WORD_OR_END = re.compile(r"([^\W_]+)|[.!?\n;]")
_NEIGHBOURHOOD = 120  # characters to either side that a phrase may reach
_LONGEST_SURNAME = 7  # of those that are an insult too; longer insults are no surnames
_WORD = re.compile(rf"[^\W_]{{0,{LONGEST_TOKEN}}}")


@dataclass(frozen=True, slots=True)
class Row:
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

    def words_before(self, start: int, reach: int = _NEIGHBOURHOOD) -> Iterator[tuple[int, int]]:
        """Ranges of the words before `start` in its sentence, nearest first, at most `reach` characters away."""
        text = self.text
        for found in reversed(list(_WORD_OR_END.finditer(text, max(0, start - reach), start))):
            low, high = found.span()
            if found[1]:
                yield low, high
            elif not (text[low] == "." and self.is_word_at(low - 1) and not self.is_word_at(low - 2)):
                return  # the full stop behind a single letter is an initial's, not a sentence's

    def words_after(self, end: int) -> Iterator[tuple[int, int]]:
        """Ranges of the words behind `end` in its sentence, nearest first."""
        for found in _WORD_OR_END.finditer(self.text, end, end + _NEIGHBOURHOOD):
            if not found[1]:
                return
            yield found.span()


_PRONOUNS = frozenset("you a an the what such this that these those your his her my our their he she i we they it is are was were be am "
                      "no not and or but so if stupid dumb fat big little total complete absolute utter being get go hey oh "
                      "ok yes why who how suck eat shut off like just dear dirty old ugly".split())


def _may_be_a_name(word: str) -> bool:
    return word not in _PRONOUNS and not word.endswith("ing")


def is_name(row: Row, start: int, end: int) -> bool:
    """Whether a capitalised word stands beside another one that makes it a person's name (Dick Cheney, Mr Cox)."""
    if row.case(start, end) != "title":
        return False
    for low, high in row.words_after(end):
        if row.text[low - 1 : high] == "'s":
            continue
        word = row.text[low:high]
        if row.text[end:low].strip(" -") in ("", "'s") and row.case(low, high) == "title" and _may_be_a_name(word):
            return True
        break
    for low, high in row.words_before(start):
        gap = row.text[high:start]
        if gap.strip(" -.") == "" and row.case(low, high) == "title" and _may_be_a_name(row.text[low:high]):
            return True
        break
    return not row.begins_sentence(start) and row.text[end : end + 2] == "'s"


_TITLES = frozenset("mr mrs ms miss dr prof professor sir dame judge justice sen senator cllr councillor inspector sgt detective rev "
                    "herr frau monsieur madame señor don doña".split())


def has_title(row: Row, start: int, end: int) -> bool:
    """Whether a capitalised word of a surname's length stands behind a title (Justice Cox)."""
    if row.case(start, end) != "title" or end - start > _LONGEST_SURNAME:
        return False
    low, high = next(row.words_before(start), (0, 0))
    return row.text[low:high] in _TITLES and row.text[high:start].strip(" .") == ""
