"""The lexicon: finds terms in folded text, however they are disguised, and leaves innocent words alone.

Knows terms, known words and the compiled walk; knows no scores and no policy. Where a term may stand is found in C
(csrc/match.c), whether it does is judged there too (csrc/evidence.c), and a phrase that the term's file allows takes it back.
"""

from __future__ import annotations

import gc
import hashlib
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from moderation import budget
from moderation.allows import compile_allows
from moderation.errors import LexiconError, Problem
from moderation.forms import Form, build_trie, with_ending
from moderation.found import Found, Match, RowMatches, make_match, make_span, range_of
from moderation.regions import Reading
from moderation.scripts import is_natural
from moderation.terms import Term, read_terms
from moderation.text import FoldedBatch, NormalizedText, Span
from moderation.walk import ASKS_LANGUAGE, ASKS_SCRIPT, DISGUISES, EMPTY_TRIE, INNOCENT, Candidate, Walk, hash_text

WORDS_FILE, COMMON_FILE, NAMES_FILE, INNOCENT_FILE = "words.txt", "common.txt", "names.txt", "innocent.txt"
_FOREIGN = "a word of the text's language"
_SPARED = ("", "a name", "an abbreviation", "allowed by", _FOREIGN)  # as csrc/kernels.h numbers them
_ROW, _ASKS = Candidate._fields.index("row"), Candidate._fields.index("asks")
_TOO_LITTLE = "not enough evidence"
_A_WORD = "a known word"
_LONGEST_WORD = 48  # characters; as in csrc/row.h
_TAIL, _HEAD = re.compile(rf"[^\W_]{{1,{_LONGEST_WORD}}}\Z"), re.compile(rf"[^\W_]{{1,{_LONGEST_WORD}}}")
_NO_TERMS = (WORDS_FILE, COMMON_FILE, NAMES_FILE, INNOCENT_FILE)


class Finding(NamedTuple):
    """One candidate with what became of it, for `explain`."""

    span: Span
    term: str
    outcome: str
    disguise: str


@contextmanager
def _uncollected() -> Iterator[None]:
    """No look for garbage meanwhile: what a lexicon is made of by the million stays, and a tenth of the time would go into it."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class Lexicon:
    """All terms in use, compiled. Safe to share between threads; make it with `load` or from terms.

    `is_known` says of a lower-case word whether it is a known innocent one.

    Parameters
    ----------
    terms : in order of precedence.
    words : known innocent words, one a line, lower case.
    common : the words that run-together words are made of.
    allows : phrases that take back any term.
    names : given names, lower case.
    innocent : known words that contain a term and mean none, lower case; a classifier is not to read them by their letters.
    """

    def __init__(self, terms: Sequence[Term], words: str = "", common: Sequence[str] = (), allows: Sequence[str] = (),
                 names: Sequence[str] = (), innocent: Sequence[str] = ()) -> None:
        self.terms = tuple(terms)
        said = {term.text for term in terms}
        listed = words.split()
        ordinary = said.intersection(listed)  # an ordinary word that is made a term has its endings, which are words too
        said |= {form for term in terms if term.text in ordinary for ending in term.endings for form in with_ending(term.text, ending)}
        known = Walk(EMPTY_TRIE, _lines(word for word in listed if word not in said))
        self.trie = build_trie(terms, known.is_known)
        harmless = dict.fromkeys(word for word in innocent if word not in said)
        allow = compile_allows(terms, allows, hash_text)
        self._allows = allow.texts
        self.walk = Walk(self.trie, _lines(listed), _lines(word for word in common if known.is_known(word) and word not in harmless),
                         _lines(harmless), _lines(common), _lines(names), allow)
        self.words, self.common, self.is_known = words, tuple(common), self.walk.is_known
        self._meanings = [[(term.text, category, term.severity) for category in (term.category, term.also) if category]
                          for term in (terms[form.term] for form in self.trie.forms)]
        digest = hashlib.sha256(repr((self.terms, tuple(allows), tuple(names), tuple(innocent))).encode())
        digest.update(words.encode())
        self.version = digest.hexdigest()[:12]

    @classmethod
    @_uncollected()
    def load(cls, paths: Sequence[Path], languages: Sequence[str] = ()) -> Lexicon:
        """Read term files, or folders of them with their word lists.

        Parameters
        ----------
        paths : files and folders; later ones add terms and allows to earlier ones. A folder's `words.txt`, `common.txt`,
            `names.txt` and `innocent.txt` are lists of words, its other .txt files terms.
        languages : which lists to use beside those that are in use by default, such as `hi-Latn`.

        Raises
        ------
        LexiconError : with every problem of every file.
        """
        files: list[Path] = []
        words, common, names, innocent = [], [], [], []
        for path in paths:
            if path.is_dir():
                files += sorted(file for file in path.glob("*.txt") if file.name not in _NO_TERMS)
                words += [file.read_text(encoding="utf-8") for file in [path / WORDS_FILE] if file.exists()]
                common += [file.read_text(encoding="utf-8") for file in [path / COMMON_FILE] if file.exists()]
                names += [file.read_text(encoding="utf-8") for file in [path / NAMES_FILE] if file.exists()]
                innocent += [file.read_text(encoding="utf-8") for file in [path / INNOCENT_FILE] if file.exists()]
            else:
                files.append(path)
        if not files:
            problem = Problem(", ".join(map(str, paths)), "no term files there", "name .txt files or a folder of them")
            raise LexiconError("lexicon", [problem])
        every = read_terms(files)
        _check_languages(languages, {file.language for file in every})
        read = [file for file in every if file.enabled or file.language in languages]
        return cls([term for file in read for term in file.terms], "\n".join(words), "\n".join(common).split(),
                   [allow for file in read for allow in file.allows], "\n".join(names).split(),
                   "\n".join(innocent).split())

    def find(self, text: NormalizedText) -> list[Match]:
        """The matches of one text, by position."""
        found = self.find_batch(text.batch)
        return found[0].matches if found else []

    def find_batch(self, batch: FoldedBatch) -> list[RowMatches]:
        """The rows of a batch in which terms stand, matched or spared, in order. One compiled walk; other rows cost nothing more."""
        memory, places = self.walk.find(batch)
        return [*self.standing(batch, memory, places).rows()] if places else []

    def standing(self, batch: FoldedBatch, memory: Any, places: Sequence[tuple[int, ...]]) -> Found:
        """What is found in a batch, of the places that the walk came by, and the memory that holds them, where it is written down."""
        rows: dict[int, RowMatches | None] = dict.fromkeys([place[_ROW] for place in places])
        for row in dict.fromkeys([place[_ROW] for place in places if place[_ASKS]]):
            budget.check()
            found = rows[row] = self._ask(batch, memory, places, *range_of(places, row))
            if not (found.matches or found.spared):
                del rows[row]
        return Found(places, rows, self._matches)

    def _ask(self, batch: FoldedBatch, memory: Any, places: Sequence[tuple[int, ...]], first: int, last: int) -> RowMatches:
        """One row with something to ask, whose places are `[first, last)`: what stands, what is spared."""
        row = places[first][0]
        reading = Reading(batch, row)
        standing: list[int] = []
        spared: dict[int, Span] = {}
        for number in range(first, last) if last - first == 1 else budget.watched(range(first, last)):
            found = Candidate._make(places[number])
            is_spared, outcome = (True, "") if found.form == INNOCENT else self._judge(reading, found)
            if is_spared:
                spared[number] = Span(found.first, found.last)
            elif not outcome:
                standing.append(number)
        chosen = self.walk.choose(batch, memory, standing) if len(standing) > 1 else [places[number] for number in standing]
        stays = set(chosen)
        for number in range(first, last):  # what is written down is what counts
            if places[number] in stays:
                memory[number].quoted = reading.region(Candidate._make(places[number])) != "own"
            else:
                memory[number].disguise, memory[number].spared = 0, number in spared
        return self._matches(row, chosen, [*spared.values()], reading)

    def explain(self, text: NormalizedText) -> list[Finding]:
        """Every candidate of a text with what became of it, by position."""
        findings = []
        reading = Reading(text.batch, 0)
        for found in map(Candidate._make, self.walk.find(text.batch, every=True)[1]):
            span = Span(found.first, found.last)
            if found.form == INNOCENT:
                findings.append(Finding(span, reading.folded.text[found.start : found.end], _A_WORD, ""))
                continue
            outcome = self._judge(reading, found)[1] or "match"
            disguise = DISGUISES[found.disguise] if outcome == "match" else ""
            findings.append(Finding(span, self._meanings[found.form][0][0], outcome, disguise))
        return findings

    def restore(self, batch: FoldedBatch) -> FoldedBatch:
        """The batch as a classifier that knows words should read it: every disguised match written plainly, and every spared place
        blank or, for an innocent word, an ordinary one, since it means something else than its letters say. The same batch
        where no term stands. Rows and their order stay; spans of the result do not map back to the originals inside
        a changed word.
        """
        memory, places = self.walk.find(batch)
        self.standing(batch, memory, places)
        return self.walk.restore(batch, memory, len(places)) if places else batch

    def _judge(self, reading: Reading, found: Candidate) -> tuple[bool, str]:
        """Whether it is spared, and what became of it, in words; "" for a match."""
        form = self.trie.forms[found.form]
        term = self.terms[form.term]
        disguise = DISGUISES[found.disguise]
        if not disguise:
            return False, _TOO_LITTLE
        if found.asks & ASKS_SCRIPT and _is_native(reading, found, form):
            return False, "a word of another script"
        region = reading.region(found)
        if region in ("url", "e-mail") or (region == "handle" and term.reach != "joined") or (region == "code" and disguise != "plain"):
            return False, f"in {region}"
        if found.phrase < 0 and found.spared:
            return True, _SPARED[found.spared]
        if found.asks & ASKS_LANGUAGE and reading.language in term.foreign:
            return True, _FOREIGN
        return found.phrase >= 0, f"{_SPARED[found.spared]} `{self._allows[found.phrase]}`" if found.phrase >= 0 else ""

    def _matches(self, row: int, places: Sequence[tuple[int, ...]], spared: Sequence[Span] = (),
                 reading: Reading | None = None) -> RowMatches:
        """The matches of one row; without a reading, all are the writer's own words, or quoted or told of."""
        matches = []
        taken_back = [*spared]
        for place in places:
            _, form, _, _, start, end, _, _, _, disguise, is_spared, _, quoted = place
            span = make_span((start, end))
            if is_spared:
                taken_back.append(span)
                continue
            region = reading.region(Candidate._make(place)) if reading else "quote" if quoted else "own"
            for text, category, severity in self._meanings[form]:
                matches.append(make_match((text, category, severity, span, DISGUISES[disguise], region)))
        if taken_back and matches:  # which are in order and do not overlap: the last one that begins before a span ends tells
            starts = [match.span.start for match in matches]
            before = (bisect_left(starts, span.end) for span in taken_back)
            taken_back = [span for span, at in zip(taken_back, before, strict=True) if not at or matches[at - 1].span.end <= span.start]
        return RowMatches(row, matches, sorted({*taken_back}) if len(taken_back) > 1 else taken_back)


def _is_native(reading: Reading, found: Candidate, form: Form) -> bool:
    """Whether the letters are a word of another script that spells the term only if some are taken for what they hardly look like."""
    text, end = reading.folded.text, found.start + 1 if found.gaps else found.end
    before, after = _TAIL.search(text, max(0, found.start - _LONGEST_WORD), found.start), _HEAD.match(text, end)
    low, high = before.start() if before else found.start, after.end() if after else end
    if not is_natural(reading.original[slice(*reading.folded.span(low, high))]):
        return False
    said, wanted = (re.sub(r"(.)\1+", r"\1", letters) for letters in (text[found.start : found.end], form.letters))
    return high - low > 1 if found.gaps else bool(found.edges & 3 or said != wanted)


def _lines(words: Iterable[str]) -> str:
    return "\n".join([*words, ""])


def _check_languages(asked: Sequence[str], known: set[str]) -> None:
    problems = [Problem(name, "is the language of no word list", f"there are lists in {', '.join(f'`{tag}`' for tag in sorted(known))}")
                for name in asked if name not in known]
    if problems:
        raise LexiconError("MODERATION_LANGUAGES", problems)
