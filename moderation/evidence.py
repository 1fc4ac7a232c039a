"""Evidence: whether a candidate is the term it looks like, and how the term was disguised.

Knows one candidate in its text, its form and the known words; reads no file. The further a spelling is from the plain one, the
more it has to bring: a plain word needs its two edges, letters with gaps must stand alone, a word inside a word needs
neighbours that are words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from moderation import chardata
from moderation.forms import COMMON_ENDINGS, Form
from moderation.terms import Term


class Candidate(NamedTuple):
    """A place where a form may stand; `candidate` of csrc/kernels.h says what the fields count."""

    start: int
    end: int
    literal: int
    leet: int
    masked: int
    gaps: int
    spaces: int
    respelled: int
    repeats: int
    edges: int

    @property
    def begins_inside(self) -> bool:
        """Whether the word goes on to the left."""
        return bool(self.edges & 1)

    @property
    def ends_inside(self) -> bool:
        """Whether the word goes on to the right."""
        return bool(self.edges & 2)

    @property
    def cost(self) -> int:
        """How far from the plain spelling; for choosing between two readings of one place."""
        return (2 * self.leet + 3 * self.masked + 3 * self.gaps + 4 * self.respelled + self.repeats
                + 5 * (self.begins_inside + self.ends_inside))


@dataclass(frozen=True, slots=True)
class Words:
    """What is known of words: `is_known` says whether one is innocent, `common` holds those that run-together words are made of,
    `source` is the list behind `is_known`, one word a line."""

    is_known: Callable[[str], bool]
    common: frozenset[str]
    source: str = ""

    def pieces(self, letters: str) -> int:
        """The fewest common words that `letters` is made of; 0 for none, a large number if it is not made of any."""
        return _pieces(letters, self.common)

    def known_pieces(self, letters: str) -> int:
        """The fewest innocent words that `letters` is made of, at most three: common ones, or known ones of some length."""
        return _known_pieces(letters, self.is_known, self.common)


_NEVER = 99
# What readers hang on a term to make a word of it, beyond the endings that its file lists.
_SUFFIXES = frozenset("ish like able dom ness hood ship less ly ify ified ism ist".split())
_LONGEST_TOKEN = 48
_SHORT_PIECES = frozenset("a i u x xx xxx xo z q my no so go me we he is to of on up do be by ur im ya yo da id re un".split())
_NAME_PREFIXES = frozenset("mc mac de la le van von o du di el al san fitz der den da del st".split())
_SHORT = 3
_WORD = re.compile(rf"[^\W_]{{0,{_LONGEST_TOKEN}}}")
_LONG = 6
_LONG_PHRASE = 8
_CODE_NAME = 5


def _cut(letters: str, is_piece: Callable[[str], bool], most: int) -> int:
    if len(letters) > _LONGEST_TOKEN:
        return _NEVER
    best = [0] + [_NEVER] * len(letters)
    for end in range(1, len(letters) + 1):
        for start in range(max(0, end - 16), end):
            if best[start] < best[end] - 1 and is_piece(letters[start:end]):
                best[end] = best[start] + 1
    return best[-1] if best[-1] <= most else _NEVER


@lru_cache(maxsize=4096)
def _pieces(letters: str, common: frozenset[str]) -> int:
    return _cut(letters, lambda piece: piece in common if len(piece) >= _SHORT else piece in _SHORT_PIECES, 4)


@lru_cache(maxsize=4096)
def _known_pieces(letters: str, is_known: Callable[[str], bool], common: frozenset[str]) -> int:
    def is_piece(piece: str) -> bool:
        if len(piece) < _SHORT:
            return piece in ("it", "is", "in", "on", "at", "as")
        return piece in common or (len(piece) >= _LONG and is_known(piece))

    return _cut(letters, is_piece, 3)


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
        low = max(0, start - _LONGEST_TOKEN)
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

    def words_before(self, start: int) -> Iterator[tuple[int, int]]:
        """Ranges of the words before `start` in its sentence, nearest first."""
        i = start
        while True:
            j = i
            while j > 0 and not self.is_word_at(j - 1) and self.text[j - 1] not in ".!?\n;":
                j -= 1
            # a full stop behind a single capital is an initial's, not a sentence's
            if j > 1 and self.text[j - 1] == "." and self.is_word_at(j - 2) and (j < 3 or not self.is_word_at(j - 3)):
                j -= 1
            if j == 0 or not self.is_word_at(j - 1):
                return
            low, high = self.word_around(j - 1, j)
            yield low, high
            i = low

    def words_after(self, end: int) -> Iterator[tuple[int, int]]:
        """Ranges of the words behind `end` in its sentence, nearest first."""
        i = end
        while True:
            while i < len(self.text) and not self.is_word_at(i) and self.text[i] not in ".!?\n;":
                i += 1
            if not self.is_word_at(i):
                return
            low, high = self.word_around(i, i + 1)
            yield low, high
            i = high


_PRONOUNS = frozenset("you a an the what such this that these those your his her my our their he she i we they it is are was were be am "
                      "no not and or but so if stupid dumb fat big little total complete absolute utter fucking being get go hey oh "
                      "ok yes why who how suck eat shut off like just dear dirty old ugly".split())


def is_name(row: Row, start: int, end: int) -> bool:
    """Whether a capitalised word stands beside another one that makes it a person's name (Dick Cheney, Mr Cox)."""
    if row.case(start, end) != "title":
        return False
    for low, high in row.words_after(end):
        if row.text[low - 1 : high] == "'s":
            continue
        word = row.text[low:high]
        if row.text[end:low].strip(" -") in ("", "'s") and row.case(low, high) == "title" and word not in _PRONOUNS:
            return True
        break
    for low, high in row.words_before(start):
        gap = row.text[high:start]
        if gap.strip(" -.") == "" and row.case(low, high) == "title" and row.text[low:high] not in _PRONOUNS:
            return True
        break
    return not row.begins_sentence(start) and row.text[end : end + 2] == "'s"


def _decoded(token: str) -> str:
    return "".join(chardata.LEET.get(char, char)[0] for char in token)


def _runs_made_one(word: str) -> str:
    return re.sub(r"(.)\1+", r"\1", word)


def _is_innocent_token(token: str, form: Form, words: Words) -> bool:
    """Whether the word that the candidate lies in is a known one, once leet and long letters are undone.

    Where nothing but the term itself is left of it, long letters are the disguise: aasss is not as.
    """
    letters = _decoded(token)
    tries = {letters}
    if _runs_made_one(letters) != _runs_made_one(form.letters):
        tries |= {_runs_made_one(letters), re.sub(r"(.)\1{2,}", r"\1\1", letters), re.sub(r"(.)\1{2,}", r"\1", letters)}
    return any(words.is_known(word) or (word.endswith("s") and len(word) > _SHORT + 1 and words.is_known(word[:-1])) for word in tries)


def _segments(text: str, leet: bool) -> list[str]:
    """The runs of letters and digits of a text, signs that are read as letters among them where `leet`."""
    return re.findall(r"(?:[^\W_]|[@$!|+€£¢¥§({<\[])+" if leet else r"[^\W_]+", text)


def _letters_before(row: Row, start: int) -> str:
    """The letters and digits that touch `start` from the left across signs without white space."""
    chunk = re.search(r"\S*$", row.text[max(0, start - 40) : start])
    return re.sub(r"\W|_", "", chunk.group()) if chunk else ""


def _letters_after(row: Row, end: int) -> str:
    chunk = re.match(r"\S*", row.text[end : end + 40])
    return re.sub(r"\W|_", "", chunk.group()) if chunk else ""


def _alone_in_letters(row: Row, found: Candidate) -> bool:
    """Whether a row of single letters is the term's own: no further single letters before or behind it."""
    inside = row.text[found.start : found.end]
    gaps = re.findall(r"[\W_]+", inside)
    before = re.search(rf"(?:^|[^\w'])(\w){re.escape(gaps[0])}$", row.text[max(0, found.start - 6) : found.start])
    after = re.match(rf"{re.escape(gaps[-1])}(\w)(?!\w)", row.text[found.end : found.end + 6])
    spare = ("a", "i", "u", "y", "o")
    return not (before and before.group(1) not in spare) and not (after and after.group(1) not in spare)


def _phrase(row: Row, found: Candidate, form: Form, term: Term) -> str | None:
    """A phrase: its words in their order with nothing but spaces and hyphens between them, or run together."""
    inside = row.text[found.start : found.end]
    parts = term.text.split()
    if found.begins_inside or found.ends_inside:
        return None
    if found.gaps == 0:
        return "joined" if len(form.letters) >= _LONG_PHRASE and not (found.respelled or found.masked or found.leet) else None
    if not re.fullmatch(r"[^.!?;:\n]*", re.sub(r"(?<=\w)[*#@$!]+(?=\w)", "", inside)):
        return None
    said = re.split(r"[\s_-]+", inside)
    if len(said) == len(parts) and all(word.startswith(part) or found.leet or found.respelled or found.repeats
                                       for word, part in zip(said, parts, strict=True)):
        return _plainest(row, found, form)
    if found.masked and found.spaces == len(parts) - 1 and len(inside.split()) == len(parts):
        return "masked"
    if all(len(word) == 1 for word in said) and len(said) == len(form.letters):
        return "spaced"
    return None


def _gapped(row: Row, found: Candidate, form: Form, term: Term, words: Words) -> str | None:
    """Letters with separators between them: they must stand alone, and no everyday words may meet there."""
    inside = row.text[found.start : found.end]
    parts = _segments(inside, found.leet > 0)
    size = len(form.letters)
    if form.apart and " ".join(parts) == form.apart and found.spaces + inside.count("-") == len(parts) - 1:
        return _plainest(row, found, form)
    if size < _SHORT or found.literal < 2 or found.respelled or form.kind in ("swapped", "thinned"):
        return None
    if inside[-1] in "!|" or _is_bracket(row, found) or (found.masked and found.gaps > found.literal):
        return None
    gaps = re.findall(r"(?:[\W_])+", inside)
    if any(gap.strip() == "'" for gap in gaps) and len(gaps) == 1:  # who're
        return None
    if any("(" in gap for gap in gaps) and row.text[found.end : found.end + 1] == ")" and ")" not in inside:  # f(x, y)
        return None
    if all(len(set(part)) == 1 for part in parts):
        if not _alone_in_letters(row, found) or (form.kind == "dropped" and size < 4):
            return None
        dotted = "." in inside
        if size == _SHORT and (dotted or " " in inside) and row.case(found.start, found.end) == "upper":
            return None
        if found.spaces == 0 and (_letters_before(row, found.start) or _letters_after(row, found.end)) and term.reach != "joined":
            return None
        if any(char.isdigit() for char in inside) and found.leet > found.literal:
            return None
        return "spaced"
    if parts[0] == term.text and form.ending:  # the term, and a word of its own behind it
        return None
    if size <= _SHORT or form.kind != "plain" or any(gap.strip() and gap != gap.strip() and gap != "-\n" for gap in gaps):
        return None
    long = [part for part in parts if len(part) > 1]
    strange = [part for part in long if not words.is_known(part) and not part.isdigit()]
    cases = {row.case(i, i + len(part)) for part in long for i in (row.text.find(part, found.start),)}
    if found.spaces and "-\n" not in gaps:
        if not strange or found.leet or found.masked or ("upper" in cases and len(cases) > 1):
            return None
        if len(parts) > 2 and any(len(part) > 3 and words.is_known(part) for part in parts):
            return None
        # both halves of a compound that is itself written apart: the parts' own meaning stands
        return "split"
    if _letters_before(row, found.start) or _letters_after(row, found.end):
        return None
    if not strange and term.reach != "joined" and not (len(parts[0]) == 1 and parts[0] in "abcdfnpsw"):
        return None
    return "split"


_EXACT_MASKS = "-_.~+=^%&?!–—"


def _masked(row: Row, found: Candidate, form: Form, term: Term, words: Words) -> str | None:
    """Signs in place of letters: enough letters must be left to be read."""
    inside = row.text[found.start : found.end]
    size = len(form.letters)
    if found.gaps or found.respelled or form.kind != "plain" or term.text.count(" "):
        return None
    if found.begins_inside or found.ends_inside:
        whole = row.word_around(found.start, found.end)
        rest = row.text[whole[0] : found.start] + row.text[found.end : whole[1]]
        if term.reach == "whole" or found.literal < _SHORT or not rest.isalpha() or words.pieces(rest) == _NEVER:
            return None
    signs = [char for char in inside if not char.isalnum()]
    if not signs or any(char.isspace() for char in signs):
        return None
    behind = row.text[found.end : found.end + 1]
    before = row.text[found.start - 1 : found.start] if found.start else ""
    if behind in ("*", "#", "_", "-") and behind in signs and before != behind:
        return None
    if len(signs) > 1 and re.fullmatch(r"\w(?:[^\w\s]\w)+", inside):  # r-e-a-d
        return None
    opened = rf"(?<!\w){re.escape(inside[-1])}\w[^\n]*$"
    if inside[-1] in "*_" and inside[-2:-1] != inside[-1] and re.search(opened, row.text[max(0, found.start - 200) : found.start]):
        return None  # *by far*
    if before == inside[-1] or ("_" in signs and len(set(signs)) > 1):  # **bold**, p*_max
        return None
    if found.literal + found.leet < 2:
        # f*** and the like: one letter, then stars for all the rest
        run = inside[1:]
        if not (set(run) <= {"*"} or set(run) <= {"-"}) or size < 4 or term.severity == "mild" or found.literal != 1:
            return None
        return "masked" if inside[0] in "fscbnmw" and not form.ending and len(run) >= 3 else None
    if not inside[-1].isalnum() and (not set(signs) <= {"*", "#", "-", "_"} or found.literal < 2 or size < 4):
        return None
    if not inside[-1].isalnum() and form.ending:
        return None
    if size <= _SHORT:
        return "masked" if set(signs) <= {"*", "#"} and found.literal == 2 and inside[-1].isalnum() else None
    if set(signs) & set(_EXACT_MASKS):
        parts = _segments(inside, False)
        if set(signs) & set("-.–—?!") and all(len(part) > 1 and words.is_known(part) for part in parts):
            return None
        if len(set(signs)) > 1 and found.literal < found.masked:
            return None
        if "." in signs and (_letters_before(row, found.start) or _letters_after(row, found.end)):
            return None
        if found.masked == 1 and found.literal < _SHORT:
            return None
    if found.leet and found.literal < 2:
        return None
    return "masked"


_CLOSING = {"(": ")", "[": "]", "{": "}", "<": ">", "+": "+"}  # an opening bracket that is closed again is no letter


def _is_bracket(row: Row, found: Candidate) -> bool:
    """Whether the match would begin with a bracket that is closed again further on."""
    closing = _CLOSING.get(row.text[found.start])
    return closing is not None and closing in row.text[found.end : found.end + 80]


_TIME_WORDS = frozenset("at by until till from around about before after since à vers the train flight bus departs left leaves "
                        "arrives arrived".split())


def _leet(row: Row, found: Candidate, form: Form, term: Term, words: Words) -> str | None:
    """Digits and signs read as letters: the word must not be a number, a model, a time or a known word in leet."""
    inside = row.text[found.start : found.end]
    if found.respelled or (inside[-1] in "!|+({<[" and not inside.endswith("|<")
                           and (len(form.letters) <= _SHORT or inside[-1] not in "+(" or found.literal < 1)):
        return None
    if inside[0] in _CLOSING and (len(form.letters) <= _SHORT or _is_bracket(row, found)):
        return None
    low, high = row.word_around(found.start, found.end)
    digits = sum(char.isdigit() for char in inside)
    if found.literal == 0 and (digits or len(set(inside)) < (2 if inside[0] in "@$" else _SHORT)):
        return None
    if found.literal < 2 and form.kind != "plain":
        return None
    rest = row.text[low : found.start] + row.text[found.end : high]
    if any(char.isdigit() for char in rest):
        return None
    if row.text[low - 1 : low] in tuple("@$") and low > 0 and low != found.start and not rest:
        return None
    whole = row.text[low:high] if high > low else inside
    if _is_innocent_token(row.text[min(low, found.start) : max(high, found.end)], form, words):
        return None
    case = row.case(found.start, found.end)
    if digits:
        if row.text[low - 1 : low] == "#" and re.fullmatch(r"[0-9a-f]{3,8}", whole):  # a colour
            return None
        if re.fullmatch(r"[a-z]\d{1,3}", whole):
            return None
        if re.fullmatch(r"[a-z]+\d+|\d+[a-z]?|\d+[a-z]\d*", whole) and (case in ("upper", "title") or len(whole) <= 2):
            return None
        if re.fullmatch(r"\d{1,2}h\d\d", whole):
            neighbours = [row.text[a:b] for a, b in (*list(row.words_before(low))[:2], *list(row.words_after(high))[:1])]
            if any(word in _TIME_WORDS for word in neighbours):
                return None
        if len(form.letters) == _SHORT and case != "lower":
            return None
        if row.text[low - 1 : low] in ("-", ".", ",", ":", "/") and row.is_word_at(low - 2):
            return None
        if row.text[high : high + 1] in ("-", ".", ",", ":", "/") and row.is_word_at(high + 1) and row.text[high + 1].isdigit():
            return None
    if not (found.begins_inside or found.ends_inside):
        return "leet"
    if found.literal < 2 or term.reach == "whole" or form.kind != "plain":
        return None
    return "leet" if _joined(row, found, form, term, words) else None


def _joined(row: Row, found: Candidate, form: Form, term: Term, words: Words) -> str | None:
    """A term inside a longer word: the rest must be words too, and the whole no better read without it."""
    if form.kind != "plain":
        return None
    low, high = row.word_around(found.start, found.end)
    token = row.text[low:high]
    left, right = row.text[low : found.start], row.text[found.end : high]
    if _is_innocent_token(token, form, words):
        return None
    if any(row.flags[i] & 128 for i in range(low, high)):  # letters of another script go on: a word of that language
        return None
    camel_left = not left or (row.is_upper(found.start) and not row.is_upper(found.start - 1))
    camel_right = not right or (row.is_upper(found.end) and not row.is_upper(found.end - 1))
    case = row.case(low, high)
    if camel_left and camel_right and case == "mixed" and left not in _NAME_PREFIXES:
        if row.text[low - 1 : low] == "#":
            return "joined"
        if all(not side or words.pieces(side) < _NEVER or words.is_known(side) for side in (left, right)):
            return "joined"
    if term.reach == "whole":
        return None
    rest = left + right
    if not rest.isalpha():
        return "joined" if term.reach == "joined" and not found.leet and not found.repeats else None
    if term.reach == "joined":
        return "joined" if words.known_pieces(token) > 2 else None
    if case == "title" and row.text[low - 1 : low] != "#":
        return None
    pieces = 1
    if left:
        pieces += 1 if len(set(left)) == 1 and left[0] in "xzq" else words.pieces(left)
    if right:
        ending = (len(set(right)) == 1 and right[0] in "xzq") or right in _SUFFIXES or (
            right in COMMON_ENDINGS and len(form.letters) > _SHORT)
        pieces += 1 if ending else words.pieces(right)
    if pieces >= _NEVER:
        return None
    if words.known_pieces(token) < pieces or (words.known_pieces(token) == pieces and len(form.letters) <= 4 and len(left) < 3):
        return None
    return "joined"


def _plainest(row: Row, found: Candidate, form: Form) -> str:
    """How a term that needs no further evidence was disguised."""
    flags = 0
    for i in range(found.start, found.end):
        flags |= row.flags[i] & ~(0 if i > found.start else chardata.AFTER_INVISIBLE | chardata.AFTER_TAG)
    if form.kind != "plain":
        return form.kind
    if found.respelled:
        return "respelled"
    for bit, name in ((chardata.HOMOGLYPH, "homoglyph"), (chardata.STYLED, "styled"), (chardata.MARKED, "accented"),
                      (chardata.AFTER_TAG, "tagged"), (chardata.ENTITY, "entity"), (chardata.AFTER_INVISIBLE, "invisible")):
        if flags & bit:
            return name
    return "repeated" if found.repeats else "plain"


def _misspelt(row: Row, found: Candidate, form: Form, words: Words) -> bool:
    """Whether swapped, dropped or respelled letters are a reader's doing and not an abbreviation's or a name's."""
    if found.begins_inside or found.ends_inside or found.edges & 4:
        return False
    token = row.text[found.start : found.end]
    if words.is_known(token) or _is_innocent_token(token, form, words):
        return False
    if found.respelled and (found.literal < 2 or len(form.letters) < 4):
        return False
    case = row.case(found.start, found.end)
    if case == "title" and (found.respelled or form.kind == "swapped" or not row.begins_sentence(found.start)):
        return False
    if case == "upper" and form.kind in ("dropped", "swapped") and len(token) <= 4:
        return row.is_shouted(found.start, found.end)
    if row.text[found.start - 1 : found.start] in ("@", "/", ".") and found.start:
        return False
    if row.text[found.end : found.end + 1] == "." and row.text[found.end + 1 : found.end + 2].isalnum():
        return False
    return True


def _is_in_another_script(row: Row, found: Candidate) -> bool:
    """Whether the match is a word of another script among words of that script, and looks like a term by chance."""
    if not row.flags[found.start] & chardata.HOMOGLYPH:
        return False
    strange = chardata.HOMOGLYPH | chardata.OTHER_LETTER
    letters = [i for i in range(found.start, found.end) if row.text[i].isalpha()]
    if not all(row.flags[i] & chardata.HOMOGLYPH for i in letters):
        return False
    near = [i for i in (*range(max(0, found.start - 30), found.start), *range(found.end, min(len(row.text), found.end + 30)))
            if row.text[i].isalpha()]
    return sum(bool(row.flags[i] & strange) for i in near) > max(6, len(near) // 2)


def _is_part_of_markup(row: Row, found: Candidate, term: Term, words: Words) -> bool:
    """Whether the word goes on behind a sign of markdown and is a known one (**ban**d), or is a name in a program's text."""
    inside = row.text[found.start : found.end]
    behind = re.match(r"[*_~]{1,3}([a-z]+)", row.text[found.end : found.end + 24])
    before = re.search(r"([a-z]+)[*_~]{1,3}$", row.text[max(0, found.start - 24) : found.start])
    if (behind or before) and words.is_known((before.group(1) if before else "") + inside + (behind.group(1) if behind else "")):
        return True
    if term.reach == "joined" or len(inside) > _CODE_NAME:
        return False
    near = row.text[max(0, found.start - 3) : found.start]
    return (row.text[found.end : found.end + 2] in ("()", "(\"", "('", "[\"")  # x.ban()
            or bool(re.search(r"\w\.$|(?:^|\s)--?$|\$$|::$|->$", near)))  # x.ban, --ban


def _is_doubled_name(row: Row, found: Candidate) -> bool:
    """Whether a capitalised word differs from the term by one letter written twice and no more, as names do."""
    return (row.case(found.start, found.end) == "title" and found.repeats < 2
            and not re.search(r"(.)\1\1", row.text[found.start : found.end]))


def judge(row: Row, found: Candidate, form: Form, term: Term, words: Words) -> str | None:
    """How the term was disguised (`plain` for not at all), or None where the candidate is no match.

    One of plain, repeated, leet, masked, spaced, split, joined, swapped, dropped, thinned, respelled, homoglyph, styled,
    accented, tagged, entity, invisible.
    """
    if _is_in_another_script(row, found):
        return None
    if term.plain and (found.leet or found.masked or found.respelled or found.repeats or (found.gaps and " " not in term.text)):
        return None
    if " " in term.text:
        return _phrase(row, found, form, term)
    if found.respelled and (found.gaps or found.masked or found.leet or form.kind != "plain"):
        return None
    if found.masked:
        return _masked(row, found, form, term, words)
    if found.gaps:
        return _gapped(row, found, form, term, words)
    if found.leet:
        return _leet(row, found, form, term, words)
    if form.kind != "plain" or found.respelled:
        return _plainest(row, found, form) if _misspelt(row, found, form, words) else None
    if found.begins_inside or found.ends_inside:
        return _joined(row, found, form, term, words)
    if term.reach != "joined":
        # a name with underscores is a program's (x_banana_y)
        if row.text[found.start - 1 : found.start] == "_" and row.is_word_at(found.start - 2):
            return None
        if row.text[found.end : found.end + 1] == "_" and row.is_word_at(found.end + 1):
            return None
    if found.repeats and found.edges & 4:  # a known word
        return None
    if _is_part_of_markup(row, found, term, words):
        return None
    if re.match(r"'(?!s\b|d\b|m\b|ll\b|re\b|ve\b)\w", row.text[found.end : found.end + 4]):  # an abbreviation: Int'l
        return None
    if found.repeats and _is_doubled_name(row, found):
        return None
    return _plainest(row, found, form)
