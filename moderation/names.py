"""Names: whether a capitalised term is somebody's name, by what stands beside it. Knows given names and titles; knows no terms."""

from __future__ import annotations

from collections.abc import Set

from moderation.row import TITLES, Row

_LONGEST_SURNAME = 7  # of those that are an insult too; longer insults are no surnames
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


def has_title(row: Row, start: int, end: int) -> bool:
    """Whether a capitalised word of a surname's length stands behind a title (Justice Cox)."""
    if row.case(start, end) != "title" or end - start > _LONGEST_SURNAME:
        return False
    low, high = next(row.words_before(start), (0, 0))
    return row.text[low:high] in TITLES and row.text[high:start].strip(" .") == ""


# What stands before a surname, and behind one.
_PARTICLES = frozenset("de van von der den le la du del di da dos el al mac ter ten st nee messrs".split())
_DEEDS = frozenset("said says told tells asked added replied wrote writes argued argues explained insisted testified scored won "
                   "joined resigned retired died married played founded lived worked served went came "
                   "family families brothers sisters clan jr sr".split())


def is_surname(row: Row, start: int, end: int, given: Set[str]) -> bool:
    """Whether a capitalised word stands beside a capitalised given name, an initial or a particle, or does what people do.

    Alfred Fig, A. Fig, Fig, A., de Fig, Fig said, the Figs family.
    """
    if row.case(start, end) != "title":
        return False
    low, high = next(row.words_before(start), (0, 0))
    if low < high:
        gap, word = row.text[high:start], row.text[low:high]
        if word in _PARTICLES and gap == " " and not row.begins_sentence(low):
            return True
        if row.is_upper(low):
            if len(word) == 1 and gap in (". ", ".") and word != "i":
                return True
            if (word in given or word in _PARTICLES) and gap.strip(" -'\"") == "" and row.case(low, high) == "title":
                return True
        if row.text[end : end + 2] == "'s" and word not in _PRONOUNS and not row.begins_sentence(start):
            return True
    low, high = next(row.words_after(end), (0, 0))
    gap, word = row.text[end:low], row.text[low:high]
    if high - low == 1 and gap in (", ", " ") and row.is_upper(low) and row.text[high : high + 1] == ".":
        return True
    if word == "and":  # Fig and Ann
        low, high = next(row.words_after(high), (0, 0))
        word = row.text[low:high]
    return gap in (" ", "-") and (word in _DEEDS or (word in given and row.case(low, high) == "title"))
