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
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from moderation.terms import SEVERITIES, Term

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
_ONLY_PLAIN, _JOINED, _WHOLE, _PHRASE, _FIRST, _INITIALS, _FOREIGN, _NAME, _SURNAME = 1, 2, 4, 8, 16, 32, 64, 128, 256
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
    spelling: list[str] = []
    length = 0

    def put(text: str) -> tuple[int, int]:
        nonlocal length
        spelling.append(text)
        length += len(text)
        return length - len(text), length

    form_facts = [(form.term, _KINDS.index(form.kind), int(form.ending not in ("", *terms[form.term].endings)),
                   *put(form.letters), *put(form.ending), *put(form.apart)) for form in forms]
    term_facts = [(*put(term.text), _ONLY_PLAIN * term.plain | _JOINED * (term.reach == "joined") | _WHOLE * (term.reach == "whole")
                   | _PHRASE * (" " in term.text) | _FIRST * term.first | _INITIALS * term.initials | _FOREIGN * bool(term.foreign)
                   | _NAME * term.name | _SURNAME * term.surname,
                   SEVERITIES.index(term.severity)) for term in terms]
    return (np.asarray(form_facts or [(0,) * 9], np.int32), np.asarray(term_facts or [(0,) * 4], np.int32),
            np.frombuffer("".join([*spelling, "."]).encode("utf-32-le"), np.uint32))


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
    root: dict[str, Any] = {}
    for index, form in enumerate(forms):
        node = root
        for char in form.letters:
            node = node.setdefault(char, {})
        node[""] = index
    # Breadth first, so that the children of a node lie side by side.
    nodes = [root]
    masks: list[int] = []
    firsts: list[int] = []
    ends: list[int] = []
    others: list[tuple[int, int, int]] = []
    other_first: list[int] = []
    for node in nodes:
        masks.append(0)
        firsts.append(len(nodes))
        ends.append(node.get("", -1))
        other_first.append(len(others))
        for char in sorted(key for key in node if key):
            if char.isascii():
                masks[-1] |= 1 << (ord(char) - ord("a"))
            else:
                others.append((len(masks) - 1, ord(char), len(nodes)))
            nodes.append(node[char])
    other_first.append(len(others))
    lengths = [0] * len(nodes)
    for number in range(len(nodes) - 1, -1, -1):
        below = firsts[number]
        reach = 1 if ends[number] >= 0 else 0
        for child in range(below, below + len(nodes[number]) - ("" in nodes[number])):
            reach |= lengths[child] << 1
        lengths[number] = reach & 0xFFFFFFFF
    return Trie(forms, np.asarray(masks, np.uint32), np.asarray(firsts, np.uint32), np.asarray(ends, np.int32),
                np.asarray(lengths, np.uint32), np.asarray(other_first, np.uint32),
                np.asarray([code for _, code, _ in others] or [0], np.uint32),
                np.asarray([child for _, _, child in others] or [0], np.uint32), *_facts(forms, terms))
