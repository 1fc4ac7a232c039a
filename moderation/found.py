"""What the lexicon found in a batch: matches, made of places when somebody looks at them. Knows rows; knows no words.

>>> found = Found([(3, 7), (3, 8)], {3: None}, lambda row, places: RowMatches(row, [], [Span(0, 1)] * len(places)))
>>> list(found), found.row(3).spared
([3], [Span(start=0, end=1), Span(start=0, end=1)])
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from moderation import budget
from moderation.text import Span


class Match(NamedTuple):
    """A term in a text.

    Attributes
    ----------
    term, category, severity : the lexicon's.
    span : where, in code points of the original.
    disguise : how, `plain` for not at all; `walk.DISGUISES` lists the others.
    region : `own`, or `quote`, `blockquote`, `code`: words that may not be the writer's own.
    """

    term: str
    category: str
    severity: str
    span: Span
    disguise: str
    region: str


# What the constructors do, by the thousand and without a Python frame for each.
make_span: Callable[[tuple[int, int]], Span] = partial(tuple.__new__, Span)
make_match: Callable[[tuple[str, str, str, Span, str, str]], Match] = partial(tuple.__new__, Match)


class RowMatches(NamedTuple):
    """The matches of one row of a batch, by position; none overlap but the two of a term that breaks two categories.

    `spared` are the places where a term stands in plain spelling and means something else: allowed by a phrase, a name, or
    inside a word that is known to be innocent.
    """

    row: int
    matches: list[Match]
    spared: Sequence[Span] = ()


class Found(Mapping[int, list[Match]]):
    """The rows of a batch in which terms stand, in order, with their matches, which are made when somebody looks at them."""

    __slots__ = ("_make", "_places", "_rows")

    def __init__(self, places: Sequence[tuple[int, ...]], rows: dict[int, RowMatches | None],
                 make: Callable[[int, Sequence[tuple[int, ...]]], RowMatches]) -> None:
        self._places, self._rows, self._make = places, rows, make

    def row(self, row: int) -> RowMatches:
        """What stands in a row; KeyError where there is nothing."""
        made = self._rows[row]
        if made is None:
            budget.check()
            first, last = range_of(self._places, row)
            made = self._rows[row] = self._make(row, self._places[first:last])
        return made

    def rows(self) -> Iterator[RowMatches]:
        """All rows, in order."""
        return map(self.row, self._rows)

    def __getitem__(self, row: int) -> list[Match]:
        return self.row(row).matches

    def __iter__(self) -> Iterator[int]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, row: object) -> bool:
        return row in self._rows


def range_of(places: Sequence[tuple[int, ...]], row: int) -> tuple[int, int]:
    """Where the places of a row stand among those of all rows, which are in order."""
    return bisect_left(places, (row,)), bisect_left(places, (row + 1,))
