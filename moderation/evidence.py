"""Evidence: whether a candidate is the term it looks like, and how the term was disguised.

Knows one candidate in its text, its form and the known words; reads no file. A plain word needs its two edges; what other
spellings need stands in `hiding`.
"""

from __future__ import annotations

import re

from moderation import chardata
from moderation.forms import Form
from moderation.hiding import Candidate, gapped, is_innocent_token, joined, leet, masked, plainest
from moderation.row import Row
from moderation.terms import Term
from moderation.words import Words

_LONG_PHRASE = 8  # letters of a phrase that is known without its spaces
_PLAIN_FLAGS = bytes((0, chardata.UPPER))
_CODE_NAME = 5  # letters; a longer name in code is found all the same


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
        return plainest(row, found, form)
    if found.masked and found.spaces == len(parts) - 1 and len(inside.split()) == len(parts):
        return "masked"
    if all(len(word) == 1 for word in said) and len(said) == len(form.letters):
        return "spaced"
    return None


def _misspelt(row: Row, found: Candidate, form: Form, words: Words) -> bool:
    """Whether swapped, dropped or respelled letters are a reader's doing and not an abbreviation's or a name's."""
    if found.begins_inside or found.ends_inside or found.edges & 4:
        return False
    token = row.text[found.start : found.end]
    if words.is_known(token) or is_innocent_token(token, form, words):
        return False
    if found.respelled and (found.literal < 2 or len(form.letters) < 4):
        return False
    if all(row.flags[i] & chardata.HOMOGLYPH for i in range(found.start, found.end)):
        return False
    case = row.case(found.start, found.end - (token[-1] == "s"))
    if case == "title" and (found.respelled or form.kind == "swapped" or not row.begins_sentence(found.start)):
        return False
    if case == "upper" and form.kind in ("dropped", "swapped") and len(token) <= 4:
        return row.is_shouted(found.start, found.end)
    if row.text[found.start - 1 : found.start] in ("@", "/", ".") and found.start:
        return False
    if row.text[found.end : found.end + 1] == "." and row.text[found.end + 1 : found.end + 2].isalnum():
        return False
    return not (form.kind == "dropped" and re.match(r"\.? ?\d", row.text[found.end : found.end + 4]))  # sht 4, pts. 12


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
    near = row.text[max(0, found.start - 10) : found.start]
    return (row.text[found.end : found.end + 2] in ("()", "(\"", "('", "[\"")  # x.ban()
            or bool(re.search(r"\w\.$|(?:^|\s)(?:--?|\.)$|\$$|::$|->$|\[['\"]$", near))  # x.ban, --ban, .ban, ["ban"
            or bool(re.search(r"\b(?:def|int|const|let|var|float|double|char|bool|void|auto) $", near)
                    and re.match(r" ?[=(;,)]", row.text[found.end : found.end + 2]))  # int ban = 5
            or bool(re.match(r"\.? \d{1,3}:\d", row.text[found.end : found.end + 7])))  # a book, chapter and verse


def _is_doubled_name(row: Row, found: Candidate) -> bool:
    """Whether a capitalised word differs from the term by one letter written twice and no more, as names do."""
    return (row.case(found.start, found.end) == "title" and found.repeats < 2
            and not re.search(r"(.)\1\1", row.text[found.start : found.end]))


_DECLARING = ("def ", "int ", "const ", "let ", "var ", "float ", "double ", "char ", "bool ", "void ", "auto ")


def _is_undisguised(row: Row, found: Candidate, form: Form, term: Term) -> bool:
    """Whether the term stands as most do: plain letters between spaces and stops. What `judge` says at length, said in short."""
    start, end = found.start, found.end
    text = row.text
    if (form.kind != "plain" or found.edges & 3 or any(found[3:9]) or " " in term.text  # leet to repeats
            or row.flags[start:end].strip(_PLAIN_FLAGS) or (start and text[start - 1] not in " \n")):
        return False
    behind = text[end : end + 3]
    if behind and (behind[0] not in " .,!?\n" or behind[-1].isdigit() or (
            len(behind) > 1 and (behind[1] in "=(;,)" or behind[1].isdigit()))):
        return False
    return not text.endswith(_DECLARING, max(0, start - 7), start)


def judge(row: Row, found: Candidate, form: Form, term: Term, words: Words) -> str | None:
    """How the term was disguised (`plain` for not at all), or None where the candidate is no match.

    One of plain, repeated, leet, masked, spaced, split, joined, swapped, dropped, thinned, respelled, homoglyph, styled,
    accented, tagged, entity, invisible.
    """
    if _is_undisguised(row, found, form, term):
        return "plain"
    if _is_in_another_script(row, found):
        return None
    if term.plain and (found.leet or found.masked or found.respelled or found.repeats or (found.gaps and " " not in term.text)):
        return None
    if " " in term.text:
        return _phrase(row, found, form, term)
    if found.respelled and (found.gaps or found.masked or found.leet or form.kind != "plain"):
        return None
    if found.masked:
        return masked(row, found, form, term, words)
    if found.gaps:
        return gapped(row, found, form, term, words)
    if found.leet:
        return leet(row, found, form, term, words)
    if form.kind != "plain" or found.respelled:
        return plainest(row, found, form) if _misspelt(row, found, form, words) else None
    if found.begins_inside or found.ends_inside:
        return joined(row, found, form, term, words)
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
    return plainest(row, found, form)
