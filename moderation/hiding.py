"""Ways of hiding a word, one function for each: letters with gaps, behind signs, as digits, inside a longer word.

Each says how the term was disguised, or None where there is not enough evidence for it. The further a spelling is from the plain
one, the more it has to bring.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from moderation import chardata
from moderation.forms import COMMON_ENDINGS, Form
from moderation.row import Row
from moderation.terms import Term
from moderation.words import NEVER, SHORT, Words

# What readers hang on a term to make a word of it, beyond the endings that its file lists.
_SUFFIXES = frozenset("ish like able dom ness hood ship less ly ify ified ism ist".split())
_NAME_PREFIXES = frozenset("mc mac de la le van von o du di el al san fitz der den da del st".split())
_LONG = 6  # letters of a term that is known even where both its halves are words


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


def _decoded(token: str) -> str:
    return "".join(chardata.LEET.get(char, char)[0] for char in token)


def _runs_made_one(word: str) -> str:
    return re.sub(r"(.)\1+", r"\1", word)


def is_innocent_token(token: str, form: Form, words: Words) -> bool:
    """Whether the word that the candidate lies in is a known one, once leet and long letters are undone.

    Where nothing but the term itself is left of it, long letters are the disguise: aasss is not as.
    """
    letters = _decoded(token)
    if form.kind == "plain" and form.letters in (letters, _decoded(token.replace("v", "V")).lower()):
        return False  # the form itself, and that is no known word
    tries = {letters}
    if _runs_made_one(letters) != _runs_made_one(form.letters):
        tries |= {_runs_made_one(letters), re.sub(r"(.)\1{2,}", r"\1\1", letters), re.sub(r"(.)\1{2,}", r"\1", letters)}
    return any(words.is_known(word) or (word.endswith("s") and len(word) > SHORT + 1 and words.is_known(word[:-1])) for word in tries)


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


def plainest(row: Row, found: Candidate, form: Form) -> str:
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


def gapped(row: Row, found: Candidate, form: Form, term: Term, words: Words) -> str | None:
    """Letters with separators between them: they must stand alone, and no everyday words may meet there."""
    inside = row.text[found.start : found.end]
    parts = _segments(inside, found.leet > 0)
    size = len(form.letters)
    if form.apart and " ".join(parts) == form.apart and found.spaces + inside.count("-") == len(parts) - 1:
        return plainest(row, found, form)
    if size < SHORT or found.literal < 2 or found.respelled or form.kind in ("swapped", "thinned"):
        return None
    if inside[-1] in "!|" or _is_bracket(row, found) or (found.masked and found.gaps > found.literal):
        return None
    gaps = re.findall(r"(?:[\W_])+", inside)
    if any(gap.strip() == "'" for gap in gaps) and len(gaps) == 1:  # who're
        return None
    if any("(" in gap for gap in gaps) and row.text[found.end : found.end + 1] == ")" and ")" not in inside:  # f(x, y)
        return None
    if len(parts) > 2 and all(len(set(part)) == 1 for part in parts):
        if form.kind == "dropped" or all(row.flags[i] & chardata.HOMOGLYPH for i in range(found.start, found.end) if row.text[i].isalpha()):
            return None
        if not _alone_in_letters(row, found):
            return None
        dotted = "." in inside
        if size == SHORT and (dotted or " " in inside) and row.case(found.start, found.end) == "upper":
            return None
        if found.spaces == 0 and (_letters_before(row, found.start) or _letters_after(row, found.end)) and term.reach != "joined":
            return None
        if any(char.isdigit() for char in inside) and found.leet > found.literal:
            return None
        return "spaced"
    if form.ending and (parts[0] == term.text or (parts[-1] == form.ending and not gaps[-1].strip())):  # a word of its own behind it
        return None
    if found.spaces and parts[-1].isdigit():
        return None
    if found.leet > 1 and row.case(found.start, found.end) == "upper" and any(char.isdigit() for char in parts[0]):  # a model: B4-N4
        return None
    if size <= SHORT or form.kind != "plain" or any(gap.strip() and gap != gap.strip() and gap != "-\n" for gap in gaps):
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


def masked(row: Row, found: Candidate, form: Form, term: Term, words: Words) -> str | None:
    """Signs in place of letters: enough letters must be left to be read."""
    inside = row.text[found.start : found.end]
    size = len(form.letters)
    if found.gaps or found.respelled or form.kind != "plain" or term.text.count(" "):
        return None
    if found.begins_inside or found.ends_inside:
        whole = row.word_around(found.start, found.end)
        rest = row.text[whole[0] : found.start] + row.text[found.end : whole[1]]
        if term.reach != "joined" or found.literal < SHORT or not rest.isalpha() or words.pieces(rest) == NEVER:
            return None
    signs = [char for char in inside if not char.isalnum()]
    if not signs or any(char.isspace() for char in signs):
        return None
    if found.leet > 1 and "-" in signs and row.case(found.start, found.end) == "upper":  # a model: B4-N4N4
        return None
    if ".*" in inside or row.text[max(0, found.start - 2) : found.start] in ("::", "->"):  # a pattern, a program's name
        return None
    behind = row.text[found.end : found.end + 1]
    before = row.text[found.start - 1 : found.start] if found.start else ""
    if (before in signs and row.is_word_at(found.start - 2)) or (behind in signs and row.is_word_at(found.end + 1)):
        return None
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
    if size <= SHORT:
        return "masked" if set(signs) <= {"*", "#"} and found.literal == 2 and inside[-1].isalnum() and term.reach != "whole" else None
    if set(signs) & set(_EXACT_MASKS):
        parts = _segments(inside, False)
        is_word = words.is_known if size < _LONG else words.common.__contains__
        compound = set(signs) & set("-.–—?!") and all(len(part) > 1 and is_word(part) for part in parts)
        if compound and not (term.reach == "joined" and size >= _LONG and not form.ending):
            return None
        if len(set(signs)) > 1 and found.literal < found.masked:
            return None
        if "." in signs and (_letters_before(row, found.start) or _letters_after(row, found.end)):
            return None
        if found.masked == 1 and found.literal < SHORT:
            return None
    if found.leet and found.literal < 2:
        return None
    return "masked"


_CLOSING = {"(": ")", "[": "]", "{": "}", "<": ">", "+": "+"}  # an opening bracket that is closed again is no letter


def _is_bracket(row: Row, found: Candidate) -> bool:
    """Whether the match would begin with a bracket that is closed again further on."""
    closing = _CLOSING.get(row.text[found.start])
    return closing is not None and closing in row.text[found.end : found.end + 80]


def _ends_in_a_letter(inside: str, found: Candidate, form: Form) -> bool:
    """Whether a last `!`, `|` or `+` may be a letter: a further sign in the word is read as one, and enough of the word is left."""
    size, others = len(form.letters), sum(not char.isalnum() for char in inside[:-1])
    if inside[-1] in "+(":
        return size > SHORT and (found.literal > 0 or others >= SHORT - 1)
    return size > SHORT and inside[-1] in "!|" and inside[-2] != inside[-1] and others > 0 and found.leet > 1


_ADDRESSES = frozenset("you u ya ur fucking dirty filthy stupid dumb little fat ugly lazy such silly bloody damn smelly".split())


def _is_addressed(row: Row, low: int, term: Term) -> bool:
    """Whether the word before says that what looks like a model number is a person: you f00; slurs, behind `a` too."""
    a, b = next(row.words_before(low), (0, 0))
    return row.text[a:b] in _ADDRESSES or (term.severity == "severe" and row.text[a:b] == "a")


_TIME_WORDS = frozenset("at by until till from around about before after since à vers the train flight bus departs left leaves "
                        "arrives arrived".split())


def leet(row: Row, found: Candidate, form: Form, term: Term, words: Words) -> str | None:
    """Digits and signs read as letters: the word must not be a number, a model, a time or a known word in leet."""
    inside = row.text[found.start : found.end]
    if found.respelled or (inside[-1] in "!|+({<[" and not inside.endswith("|<") and not _ends_in_a_letter(inside, found, form)):
        return None
    if inside[0] in _CLOSING and (len(form.letters) <= SHORT or _is_bracket(row, found) or (
            words.is_known(row.text[found.start + 1 : row.word_around(found.end - 1, found.end)[1]]))):
        return None
    low, high = row.word_around(found.start, found.end)
    digits = sum(char.isdigit() for char in inside)
    signs = sum(not char.isalnum() for char in inside)
    if found.literal == 0 and (digits > signs + 1 or (digits and signs < 2) or len(set(inside)) < (2 if inside[0] in "@$" else SHORT)):
        return None
    if found.literal < 2 and form.kind != "plain":
        return None
    rest = row.text[low : found.start] + row.text[found.end : high]
    if any(char.isdigit() for char in rest):
        return None
    if row.text[low - 1 : low] in tuple("@$") and low > 0 and low != found.start and not rest:
        return None
    whole = row.text[low:high] if high > low else inside
    if is_innocent_token(row.text[min(low, found.start) : max(high, found.end)], form, words):
        return None
    case = row.case(found.start, found.end)
    if digits == 1 and whole[:-1] == term.text and len(term.text) > SHORT and found.literal == len(term.text):  # plural5
        return "leet"
    if digits:
        if row.text[low - 1 : low] == "#" and re.fullmatch(r"[0-9a-f]{3,8}", whole):  # a colour
            return None
        if re.fullmatch(r"[a-z]\d{1,3}|\d+[a-z]|\d\d+[a-z]{1,2}", whole) and not _is_addressed(row, low, term):  # a55, 900k
            return None
        if re.fullmatch(r"[a-z]+\d+|\d+[a-z]?|\d+[a-z]\d*", whole) and (case in ("upper", "title") or len(whole) <= 2):
            return None
        if re.fullmatch(r"\d{1,2}h\d\d", whole):
            neighbours = [row.text[a:b] for a, b in (*list(row.words_before(low))[:2], *list(row.words_after(high))[:1])]
            if any(word in _TIME_WORDS for word in neighbours):
                return None
        if len(form.letters) == SHORT and case != "lower":
            return None
        if row.text[low - 1 : low] in ("-", ".", ",", ":", "/") and row.is_word_at(low - 2):
            return None
        if row.text[high : high + 1] in ("-", ".", ",", ":", "/") and row.is_word_at(high + 1) and row.text[high + 1].isdigit():
            return None
    if not (found.begins_inside or found.ends_inside):
        return "leet"
    if found.literal < 2 or term.reach == "whole" or form.kind != "plain":
        return None
    return "leet" if joined(row, found, form, term, words) else None


def joined(row: Row, found: Candidate, form: Form, term: Term, words: Words) -> str | None:
    """A term inside a longer word: the rest must be words too, and the whole no better read without it."""
    if form.kind != "plain":
        return None
    low, high = row.word_around(found.start, found.end)
    token = row.text[low:high]
    left, right = row.text[low : found.start], row.text[found.end : high]
    if is_innocent_token(token, form, words) or (form.ending and words.is_known(row.text[found.start : found.end])):
        return None
    if any(row.flags[i] & 128 for i in range(low, high)):  # letters of another script go on: a word of that language
        return None
    camel_left = not left or (row.is_upper(found.start) and not row.is_upper(found.start - 1))
    camel_right = not right or (row.is_upper(found.end) and not row.is_upper(found.end - 1))
    case = row.case(low, high)
    if camel_left and camel_right and case == "mixed" and left not in _NAME_PREFIXES:
        if row.text[low - 1 : low] == "#":
            return "joined"
        if all(not side or words.pieces(side) < NEVER or words.is_known(side) for side in (left, right)):
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
            right in COMMON_ENDINGS and len(form.letters) > SHORT)
        pieces += 1 if ending else words.pieces(right)
    if pieces >= NEVER:
        return None
    if words.known_pieces(token) < pieces or (words.known_pieces(token) == pieces and len(form.letters) <= 4 and len(left) < 3):
        return None
    return "joined"
