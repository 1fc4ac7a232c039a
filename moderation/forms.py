"""Forms: every spelling of a term that the matcher looks for, and the trie that holds them as arrays.

Knows endings, swapped letters and dropped vowels; knows no text. Disguises that the matcher reads as it goes (leet,
masks, gaps, repeats) need no form.

>>> from moderation.terms import Term
>>> term = Term("banana", "obscene", "strong", endings=("s",))
>>> sorted({form.letters for form in forms_of(term, lambda word: False) if form.kind == "swapped" and not form.ending})
['baanna', 'banaan', 'bannaa', 'bnaana']
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from moderation.terms import SEVERITIES, Term

T = TypeVar("T", bound=np.generic)

_VOWELS = "aeiou"
_RUN = re.compile(r"(.)\1\1")
_SHORTEST_DROPPED = 3
_SHORTEST_SWAPPED = 4
_SHORTEST_THINNED = 6  # letters a term needs before one of its inner letters may be missing (bannana, banana; apricot, aprcot)
# Said on top of a term, without being listed beside it, only where nobody knows the word that comes of it.
COMMON_ENDINGS = ("s", "es", "ed", "er", "ers", "ing", "in", "y", "ish", "z")
# The same, but read only where all its letters are there.
_LONG_ENDINGS = ("able", "like", "dom")


class Form(NamedTuple):
    """One spelling: `letters` without spaces, of term number `term`; kind plain, swapped, dropped, thinned or reversed.

    `apart` is the same spelling in several words, where another term is written so (bandbox, band box).
    """

    letters: str
    term: int
    kind: str
    ending: str
    apart: str = ""


def with_ending(stem: str, ending: str) -> Iterator[str]:
    """How a stem with an ending may be spelt, the plain way first."""
    yield stem + ending
    if ending == "es" and stem.endswith("y"):
        yield stem[:-1] + "ies"
    if ending[0] in _VOWELS and stem.endswith("e"):
        yield stem[:-1] + ending
    if ending[0] in _VOWELS + "y" and len(stem) > 2 and stem[-1] not in "aeiouwxy" and stem[-2] in _VOWELS and stem[-3] not in _VOWELS:
        yield stem + stem[-1] + ending


def _swapped(stem: str) -> Iterator[str]:
    if len(stem) >= _SHORTEST_SWAPPED:
        for i in range(1, len(stem) - 1):
            if stem[i] != stem[i + 1]:
                yield stem[:i] + stem[i + 1] + stem[i] + stem[i + 2 :]


def _without_vowels(letters: str, first: int = 0) -> str:
    """Letters without their vowels from the `first` on."""
    return letters[:first] + "".join(c for c in letters[first:] if c not in _VOWELS)


def _dropped(stem: str) -> Iterator[str]:
    """All vowels but a first one left out, all but the first and the last, a single one."""
    for letters in (_without_vowels(stem, 1), _without_vowels(stem[:-1], 1) + stem[-1]):
        if len(letters) >= _SHORTEST_DROPPED:
            yield letters
    if len(stem) > _SHORTEST_SWAPPED:
        for i, char in enumerate(stem):
            if i and char in _VOWELS:
                yield stem[:i] + stem[i + 1 :]


def _thinned(stem: str, anywhere: bool) -> Iterator[str]:
    """One inner letter left out; where not `anywhere`, one of two that are alike."""
    if len(stem) >= _SHORTEST_THINNED:
        for i in range(1, len(stem) - 1):
            if anywhere or stem[i] == stem[i + 1]:
                yield stem[:i] + stem[i + 1 :]


def forms_of(term: Term, is_known: Callable[[str], bool], number: int = 0) -> Iterator[Form]:
    """All forms of a term; spellings other than the plain ones only where they are no known word.

    Parameters
    ----------
    is_known : whether a lower-case word is an innocent one.
    number : the term's number, carried by each form.
    """
    stem = term.text.replace(" ", "")
    yield Form(stem, number, "plain", "")
    plain = {stem}
    for ending in term.endings:
        for letters in with_ending(stem, ending):
            if letters not in plain and not is_known(letters):
                plain.add(letters)
                yield Form(letters, number, "plain", ending)
    if "ß" in stem:  # as it is written in capitals, and where keyboards lack it
        yield from forms_of(replace(term, text=term.text.replace("ß", "ss")), is_known, number)
    if term.plain or " " in term.text or not stem.isascii():
        return
    extra = () if not term.endings else tuple(e for e in COMMON_ENDINGS if e not in term.endings)
    for ending in (*extra, *(_LONG_ENDINGS if term.endings else ())):
        for letters in with_ending(stem, ending):
            if letters not in plain and not is_known(letters):
                plain.add(letters)
                yield Form(letters, number, "plain", ending)
    seen = set(plain)
    endings = ("", *dict.fromkeys((*term.endings, *extra))) if term.endings else ("",)
    if term.first and len(stem) >= _SHORTEST_SWAPPED and stem != stem[::-1]:
        yield Form(stem[::-1], number, "reversed", "")
    dropped = tuple(_dropped(stem)) if term.reach != "whole" else ()
    for kind, variants in (("swapped", _swapped(stem)), ("dropped", dropped), ("thinned", _thinned(stem, bool(dropped)))):
        for variant, ending in itertools.product(variants, endings):
            letters = variant + ending
            if letters not in seen and not _RUN.search(letters) and not is_known(letters) and not is_known(variant):
                seen.add(letters)
                yield Form(letters, number, kind, ending)
    for ending in term.endings if term.reach != "whole" else ():
        if len(ending) > 1 and ending != "es":
            whole = stem + ending
            crossed = whole[: len(stem) - 1] + whole[len(stem)] + whole[len(stem) - 1] + whole[len(stem) + 1 :]
            bare = _without_vowels(ending)
            for letters, kind in ((crossed, "swapped"), (_without_vowels(stem, 1) + bare, "dropped"), (stem + bare, "dropped")):
                if len(letters) > _SHORTEST_DROPPED and letters not in seen and not is_known(letters):
                    seen.add(letters)
                    yield Form(letters, number, kind, ending)


# As csrc/row.h numbers them.
_KINDS = ("plain", "swapped", "dropped", "thinned", "reversed")
_ONLY_PLAIN, _JOINED, _WHOLE, _PHRASE, _FIRST, _INITIALS, _FOREIGN, _NAME, _SURNAME, _GIVEN = (1 << bit for bit in range(10))
_RANK = {"plain": 0, "thinned": 1, "dropped": 2, "swapped": 3, "reversed": 4}


class Trie(NamedTuple):
    """The arrays of `match_tables` (csrc/kernels.h), with the forms that their numbers mean."""

    forms: tuple[Form, ...]
    child_mask: npt.NDArray[np.uint32]
    child_first: npt.NDArray[np.uint32]
    form: npt.NDArray[np.int32]
    lengths: npt.NDArray[np.uint32]
    other_first: npt.NDArray[np.uint32]
    other_code: npt.NDArray[np.uint32]
    other_child: npt.NDArray[np.uint32]
    form_facts: npt.NDArray[np.int32]
    term_facts: npt.NDArray[np.int32]
    spelling: npt.NDArray[np.uint32]


def _facts(forms: Sequence[Form], terms: Sequence[Term]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], npt.NDArray[np.uint32]]:
    """What csrc/evidence.c is told of forms and terms, and the characters that both are made of."""
    texts = [*itertools.chain.from_iterable((form.letters, form.ending, form.apart) for form in forms), *(term.text for term in terms)]
    ends = np.cumsum([len(text) for text in texts], dtype=np.int32)
    places = np.stack([np.append(np.int32(0), ends)[:-1], ends], axis=1)  # of each text, half-open
    own = [{"", *term.endings} for term in terms]
    kinds = [(form.term, _KINDS.index(form.kind), form.ending not in own[form.term]) for form in forms]
    form_facts = np.concatenate([np.array(kinds, np.int32).reshape(-1, 3), places[: 3 * len(forms)].reshape(-1, 6)], axis=1)
    traits = [(_ONLY_PLAIN * term.plain | _JOINED * (term.reach == "joined") | _WHOLE * (term.reach == "whole")
               | _PHRASE * (" " in term.text) | _FIRST * term.first | _INITIALS * term.initials | _FOREIGN * bool(term.foreign)
               | _NAME * term.name | _GIVEN * term.given | _SURNAME * term.surname, SEVERITIES.index(term.severity)) for term in terms]
    term_facts = np.concatenate([places[3 * len(forms) :], np.array(traits, np.int32).reshape(-1, 2)], axis=1)
    return _some(form_facts), _some(term_facts), _some(_codes("".join(texts)))


def _codes(text: str) -> npt.NDArray[np.uint32]:
    return np.array(memoryview(text.encode("utf-32-le")).cast("I"), np.uint32)


def _some(array: npt.NDArray[T]) -> npt.NDArray[T]:
    """The array, or one of a zero where it is empty: what C is handed has something in it."""
    return array if len(array) else np.zeros((1, *array.shape[1:]), array.dtype)


def build_trie(terms: Sequence[Term], is_known: Callable[[str], bool]) -> Trie:
    """One trie for all forms of all terms. Where two terms share a spelling, the plainer form and the earlier term win."""
    best: dict[str, Form] = {}
    for number, term in enumerate(terms):
        for form in forms_of(term, is_known, number):
            old = best.get(form.letters)
            apart = f"{term.text}{form.ending}" if " " in term.text and form.kind == "plain" else ""
            if old is None or (_RANK[form.kind], len(form.ending)) < (_RANK[old.kind], len(old.ending)):
                best[form.letters] = form._replace(apart=old.apart) if old and old.apart else form
            elif apart:
                best[form.letters] = old._replace(apart=apart)
    forms = tuple(best.values())
    return Trie._make((forms, *_nodes([form.letters for form in forms]), *_facts(forms, terms)))


def _nodes(words: Sequence[str]) -> tuple[npt.NDArray[Any], ...]:
    """The nodes of the trie of some words, no two alike: `child_mask` to `other_child` of `Trie`.

    They are numbered breadth first, and in one breadth by their letters, so that the children of a node lie side by side. Sorted, the
    words that go through a node are neighbours, and the first of them makes it.
    """
    sizes = np.array([len(word) for word in words], np.intp)
    letters = np.zeros((len(words), int(sizes.max(initial=0))), np.uint32)
    letters[np.arange(letters.shape[1]) < sizes[:, None]] = _codes("".join(words))
    order = np.lexsort(letters.T[::-1]) if letters.size else np.zeros(0, np.intp)
    letters, sizes = letters[order], sizes[order]
    is_new = np.ones(letters.shape, bool)  # whether a word is the first of those that begin with its letters so far
    is_new[1:] = np.logical_or.accumulate(letters[1:] != letters[:-1], axis=1)
    is_new &= letters > 0
    counts = np.append(1, is_new.sum(axis=0))  # of nodes at each depth; the root is alone
    bases = np.cumsum(counts) - counts
    node = np.zeros((len(words), letters.shape[1] + 1), np.intp)  # by how many letters have been read
    node[:, 1:] = bases[1:] + np.cumsum(is_new, axis=0) - 1
    row, depth = np.nonzero(is_new.T)[::-1]  # of what makes each node but the root, in the order of their numbers
    parent, code = node[row, depth], letters[row, depth]
    total = len(parent) + 1
    is_letter = code < 128
    masks, ends, reach = np.zeros(total, np.uint32), np.full(total, -1, np.int32), np.zeros(total, np.uint32)
    np.bitwise_or.at(masks, parent[is_letter], np.uint32(1) << (code[is_letter] - ord("a")))
    ends[node[np.arange(len(words)), sizes]] = order
    reach[ends >= 0] = 1
    for base, count in zip(bases[:0:-1], counts[:0:-1], strict=True):
        np.bitwise_or.at(reach, parent[base - 1 : base - 1 + count], reach[base : base + count] << np.uint32(1))
    others = np.flatnonzero(~is_letter)
    numbers = np.arange(total + 1)
    return (masks, (np.searchsorted(parent, numbers[:-1]) + 1).astype(np.uint32), ends, reach,
            np.searchsorted(parent[others], numbers).astype(np.uint32), _some(code[others]), _some((others + 1).astype(np.uint32)))
