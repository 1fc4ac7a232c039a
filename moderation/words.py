"""Known words: which are innocent, and which run-together words are made of. Knows lists; knows no terms.

>>> words = Words({"banana", "bread", "breadbanana"}.__contains__, frozenset({"banana", "bread"}))
>>> words.pieces("bananabread"), words.pieces("bananabreadj") == NEVER
(2, True)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

NEVER = 99  # pieces, of what is made of no words
LONGEST_TOKEN = 48  # characters; a longer run of letters is no word
SHORT = 3  # letters; shorter words are pieces only if they are listed
_SHORT_PIECES = frozenset("a i u x xx xxx xo z q my no so go me we he is to of on up do be by ur im ya yo da id re un".split())


@dataclass(frozen=True, slots=True)
class Words:
    """What is known of words.

    Attributes
    ----------
    is_known : whether a lower-case word is an innocent one.
    common : the words that run-together words are made of.
    source : the list behind `is_known`, one word a line.
    """

    is_known: Callable[[str], bool]
    common: frozenset[str]
    source: str = ""

    def pieces(self, letters: str) -> int:
        """The fewest common words that `letters` is made of; 0 for none, `NEVER` if it is not made of any."""
        return _pieces(letters, self.common)


def _cut(letters: str, is_piece: Callable[[str], bool], most: int) -> int:
    if len(letters) > LONGEST_TOKEN:
        return NEVER
    best = [0] + [NEVER] * len(letters)
    for end in range(1, len(letters) + 1):
        for start in range(max(0, end - 16), end):
            if best[start] < best[end] - 1 and is_piece(letters[start:end]):
                best[end] = best[start] + 1
    return best[-1] if best[-1] <= most else NEVER


@lru_cache(maxsize=4096)
def _pieces(letters: str, common: frozenset[str]) -> int:
    return _cut(letters, lambda piece: piece in common if len(piece) >= SHORT else piece in _SHORT_PIECES, 4)
