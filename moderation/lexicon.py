"""The lexicon: finds terms in folded text, however they are disguised, and leaves innocent words alone.

Knows terms, known words and the compiled walk; knows no scores and no policy. Where a term may stand is found in C
(csrc/match.c), whether it does is judged in `evidence`, and a phrase that the term's file allows takes it back.
"""

from __future__ import annotations

import bisect
import functools
import hashlib
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np

from moderation import chardata, kernels
from moderation.errors import LexiconError, Problem
from moderation.evidence import Candidate, Row, Words, is_name, judge
from moderation.forms import Trie, build_trie
from moderation.terms import SEVERITIES, Term, read_terms
from moderation.text import FoldedBatch, NormalizedText, Span, fold_batch

WORDS_FILE, COMMON_FILE = "words.txt", "common.txt"
_NO_TERMS = (WORDS_FILE, COMMON_FILE, "innocent.txt", "not_innocent.txt")
# Kinds of an ASCII character, as csrc/match.c reads them.
_LETTER, _DIGIT, _SIGN, _MASK, _SPACE, _APOSTROPHE = 1, 2, 4, 8, 16, 32
_ROOM = 16  # candidates that are made room for at first


class Match(NamedTuple):
    """A term in a text.

    Attributes
    ----------
    term, category, severity : the lexicon's.
    span : where, in code points of the original.
    disguise : how, `plain` for not at all; `evidence.judge` lists the others.
    region : `own`, or `quote`, `blockquote`, `code`: words that may not be the writer's own.
    """

    term: str
    category: str
    severity: str
    span: Span
    disguise: str
    region: str


class RowMatches(NamedTuple):
    """The matches of one row of a batch, by position, none overlapping."""

    row: int
    matches: list[Match]


class Finding(NamedTuple):
    """One candidate with what became of it, for `explain`."""

    span: Span
    term: str
    outcome: str
    disguise: str


class _Compiled:
    """The arrays that the walk reads, and the pointers to them."""

    def __init__(self, trie: Trie, words: str) -> None:
        ffi, library = kernels.load()
        readings = np.zeros(128, np.uint32)
        respellings = np.zeros(128, np.uint32)
        doubles = np.zeros(128, np.uint32)
        kinds = np.zeros(128, np.uint8)
        for code in range(128):
            char = chr(code)
            if "a" <= char <= "z":
                readings[code] = 1 << (code - ord("a"))
                kinds[code] |= _LETTER
            if char.isdigit():
                kinds[code] |= _DIGIT
            if char in chardata.LEET:
                kinds[code] |= 0 if char.isalnum() else _SIGN
                readings[code] |= _letter_bits(chardata.LEET[char])
            doubles[code] = _letter_bits(chardata.doubles().get(char, ""))
            if char in chardata.RESPELLED:
                respellings[code] = _letter_bits(chardata.RESPELLED[char])
            if char in chardata.MASKS:
                kinds[code] |= _MASK
            if char.isspace():
                kinds[code] |= _SPACE
            if char == "'":
                kinds[code] |= _APOSTROPHE
        slots = 1 << max(8, (words.count("\n") * 3 // 2).bit_length())
        table = np.zeros(slots, np.uint32)
        arrays = {"child_mask": trie.child_mask, "child_first": trie.child_first, "form": trie.form, "form_kind": trie.form_kind,
                  "lengths": trie.lengths, "doubles": doubles, "other_first": trie.other_first, "other_code": trie.other_code,
                  "other_child": trie.other_child, "readings": readings, "respellings": respellings,
                  "kinds": kinds, "words": table}
        types = {"form": "int32_t[]", "form_kind": "uint8_t[]", "kinds": "uint8_t[]"}
        self._pointers = {name: ffi.from_buffer(types.get(name, "uint32_t[]"), array) for name, array in arrays.items()}
        self.tables = ffi.new("match_tables *", {**self._pointers, "word_slots": slots})
        encoded = words.encode()
        library.md_words_fill(self._pointers["words"], slots, encoded, len(encoded))

    def is_known(self, word: str) -> bool:
        """Whether a lower-case word is a known innocent one."""
        encoded = word.encode("utf-8", "replace")
        return bool(kernels.load()[1].md_word_known(self.tables, encoded, len(encoded)))


def _letter_bits(letters: str) -> int:
    return sum(1 << (ord(letter) - ord("a")) for letter in letters)


_EMPTY_TRIE = Trie((), np.zeros(1, np.uint32), np.zeros(1, np.uint32), np.full(1, -1, np.int32), np.zeros(1, np.uint8),
                   np.zeros(1, np.uint32), np.zeros(2, np.uint32), np.zeros(1, np.uint32), np.zeros(1, np.uint32))


class Lexicon:
    """All terms in use, compiled. Safe to share between threads; make it with `load` or from terms.

    Parameters
    ----------
    terms : in order of precedence.
    words : known innocent words, one a line, lower case.
    common : the words that run-together words are made of.
    allows : phrases that take back any term.
    """

    def __init__(self, terms: Sequence[Term], words: str = "", common: Sequence[str] = (), allows: Sequence[str] = ()) -> None:
        self.terms = tuple(terms)
        said = {term.text for term in terms}
        known = _Compiled(_EMPTY_TRIE, "".join(f"{word}\n" for word in words.split() if word not in said))
        self.trie = build_trie(terms, known.is_known)
        self._compiled = _Compiled(self.trie, words if words.endswith("\n") or not words else words + "\n")
        self.words = Words(self._compiled.is_known, frozenset(common), words)
        self._allows = _Allows(terms, allows)
        ffi, library = kernels.load()
        self._allocate = functools.partial(ffi.new_allocator(should_clear_after_alloc=False), ffi.typeof("candidate[]"))
        self._search = functools.partial(library.md_match, self._compiled.tables)
        digest = hashlib.sha256(repr((self.terms, tuple(allows))).encode())
        digest.update(words.encode())
        self.version = digest.hexdigest()[:12]

    @classmethod
    def load(cls, paths: Sequence[Path], languages: Sequence[str] = ()) -> Lexicon:
        """Read term files, or folders of them with their word lists.

        Parameters
        ----------
        paths : files and folders; later ones add terms and allows to earlier ones. A folder's `words.txt` and `common.txt` are
            word lists, its other .txt files terms.
        languages : which lists to use beside those that are in use by default, such as `hi-Latn`.

        Raises
        ------
        LexiconError : with every problem of every file.
        """
        files: list[Path] = []
        words, common = [], []
        for path in paths:
            if path.is_dir():
                files += sorted(file for file in path.glob("*.txt") if file.name not in _NO_TERMS)
                words += [file.read_text(encoding="utf-8") for file in [path / WORDS_FILE] if file.exists()]
                common += [file.read_text(encoding="utf-8") for file in [path / COMMON_FILE] if file.exists()]
            else:
                files.append(path)
        if not files:
            problem = Problem(", ".join(map(str, paths)), "no term files there", "name .txt files or a folder of them")
            raise LexiconError("lexicon", [problem])
        read = [file for file in read_terms(files) if file.enabled or file.language in languages]
        return cls([term for file in read for term in file.terms], "\n".join(words), "\n".join(common).split(),
                   [allow for file in read for allow in file.allows])

    def find(self, text: NormalizedText) -> list[Match]:
        """The matches of one text, by position."""
        found = self.find_batch(text.batch)
        return found[0].matches if found else []

    def find_batch(self, batch: FoldedBatch) -> list[RowMatches]:
        """The rows of a batch that have matches, in order. One compiled walk; rows without candidates cost nothing more."""
        results: list[RowMatches] = []
        for row, candidates in self._candidates(batch):
            reading = _Reading(batch, row)
            accepted = [(found, index, disguise) for found, index in candidates if (disguise := self._judge(reading, found, index)[0])]
            if accepted:
                resolved = _resolve(accepted, self, len(reading.row.text))
                matches = [match for chosen in resolved if (match := self._match(reading, *chosen))]
                if matches:
                    results.append(RowMatches(row, matches))
        return results

    def explain(self, text: NormalizedText) -> list[Finding]:
        """Every candidate of a text with what became of it, by position."""
        findings = []
        for row, candidates in self._candidates(text.batch):
            reading = _Reading(text.batch, row)
            for found, index in candidates:
                disguise, outcome = self._judge(reading, found, index)
                findings.append(Finding(reading.span(found), self.terms[self.trie.forms[index].term].text, outcome, disguise or ""))
        return findings

    def restore(self, batch: FoldedBatch, found: Sequence[RowMatches]) -> FoldedBatch:
        """The batch with every disguised match written plainly, for a classifier that knows words; itself where nothing was
        disguised. Rows and their order stay; spans of the result do not map back to the originals inside a restored word.
        """
        texts: list[str] | None = None
        for row, matches in found:
            hidden = [match for match in matches if match.disguise not in ("plain", "repeated")]
            if not hidden:
                continue
            texts = list(batch.texts) if texts is None else texts
            pieces, position = [], 0
            for match in hidden:
                pieces += [batch.texts[row][position : match.span.start], _surrounded(match)]
                position = match.span.end
            texts[row] = "".join([*pieces, batch.texts[row][position:]])
        return batch if texts is None else fold_batch(texts)

    def _candidates(self, batch: FoldedBatch) -> list[tuple[int, list[tuple[Candidate, int]]]]:
        room = _ROOM + batch.size
        rows = self._allocate(room)
        count = self._search(batch.block, rows, room)
        if not count:
            return []
        if count > room:
            rows = self._allocate(count)
            self._search(batch.block, rows, count)
        grouped: list[tuple[int, list[tuple[Candidate, int]]]] = []
        for i in range(count):
            c = rows[i]
            found = Candidate(c.start, c.end, c.literal, c.leet, c.masked, c.gaps, c.spaces, c.respelled, c.repeats, c.edges)
            if not grouped or grouped[-1][0] != c.row:
                grouped.append((c.row, []))
            grouped[-1][1].append((found, c.form))
        return grouped

    def _judge(self, reading: _Reading, found: Candidate, index: int) -> tuple[str | None, str]:
        """The disguise, or None; and the outcome in words."""
        form = self.trie.forms[index]
        term = self.terms[form.term]
        disguise = judge(reading.row, found, form, term, self.words)
        if disguise is None:
            return None, "not enough evidence"
        region = reading.region(found)
        if region in ("url", "e-mail") or (region == "handle" and term.reach != "joined") or (region == "code" and disguise != "plain"):
            return None, f"in {region}"
        if (term.name or term.severity == "mild") and is_name(reading.row, found.start, found.end):
            return None, "a name"
        allow = self._allows.find(reading.row, found, form.term)
        if allow:
            return None, f"allowed by `{allow}`"
        return disguise, "match"

    def _match(self, reading: _Reading, found: Candidate, index: int, disguise: str) -> Match:
        term = self.terms[self.trie.forms[index].term]
        return Match(term.text, term.category, term.severity, reading.span(found), disguise, reading.region(found))


def _surrounded(match: Match) -> str:
    """The term as it is written in the place of a match: apart from its neighbours where it was run together with them."""
    return f" {match.term} " if match.disguise == "joined" else match.term


def _resolve(accepted: list[tuple[Candidate, int, str]], lexicon: Lexicon, length: int) -> list[tuple[Candidate, int, str]]:
    """The matches that stay where several overlap: the longer, then the plainer, then the graver."""

    def rank(item: tuple[Candidate, int, str]) -> tuple[int, int, int, int]:
        found, index, _ = item
        form = lexicon.trie.forms[index]
        first = found.masked and lexicon.terms[form.term].first
        size = 0 if found.masked else found.start - found.end
        return size, found.cost - 2 * first + bool(form.ending), -SEVERITIES.index(lexicon.terms[form.term].severity), form.term

    taken = bytearray(length)
    kept: list[tuple[Candidate, int, str]] = []
    for item in sorted(accepted, key=rank):
        start, end = item[0].start, item[0].end
        if not any(taken[start:end]):
            taken[start:end] = b"\1" * (end - start)
            kept.append(item)
    return sorted(kept, key=lambda item: item[0].start)


class _Phrase(NamedTuple):
    """An allow, as seen from one of its words: the words before it (nearest first), behind it, and the whole as printed."""

    before: tuple[str, ...]
    after: tuple[str, ...]
    text: str


_NEAR = 8  # how many words to either side a phrase may reach


class _Allows:
    """Phrases within which a term is innocent, by the word that may be the term's and a word beside it."""

    def __init__(self, terms: Sequence[Term], everywhere: Sequence[str]) -> None:
        self._by_term = [self._index(term.allows) for term in terms]
        self._everywhere = self._index(everywhere)

    @staticmethod
    def _index(phrases: Sequence[str]) -> dict[tuple[str, str], list[_Phrase]]:
        index: dict[tuple[str, str], list[_Phrase]] = {}
        for text in phrases:
            words = tuple(re.findall(r"[^\W_]+|\*", re.sub(r"'s\b", "", text.lower())))
            for at, word in enumerate(words):
                phrase = _Phrase(words[:at][::-1], words[at + 1 :], text)
                beside = (phrase.after or phrase.before or ("",))[0]
                index.setdefault((word, beside), []).append(phrase)
        return index

    def find(self, row: Row, found: Candidate, term: int) -> str | None:
        """The first phrase that the match lies in, or None."""
        indexes = [index for index in (self._by_term[term], self._everywhere) if index]
        if not indexes:
            return None
        low, high = row.word_around(found.start, found.end)
        said = re.findall(r"[^\W_]+", row.text[low:high].replace("'", "")) or [""]
        left, right = row.words_before(low), row.words_after(high)
        before, after = _said(row, left, 1), [*said[1:], *_said(row, right, 1)]
        beside = ("", "*", *after[:1], *before)
        if not any((said[0], word) in index for index in indexes for word in beside):
            return None
        before += _said(row, left, _NEAR)
        after += _said(row, right, _NEAR)
        for index, word in itertools.product(indexes, beside):
            for phrase in index.get((said[0], word), ()):
                if _is_beside(phrase.before, before) and _is_beside(phrase.after, after):
                    return phrase.text
        return None


def _said(row: Row, ranges: Iterator[tuple[int, int]], most: int) -> list[str]:
    """The next words of some ranges, possessive endings left out."""
    words = (row.text[low:high] for low, high in ranges if row.text[low - 1 : high] != "'s")
    return list(itertools.islice(words, most))


def _is_beside(wanted: tuple[str, ...], said: Sequence[str]) -> bool:
    return len(wanted) <= len(said) and all(part in ("*", word) for part, word in zip(wanted, said, strict=False))


# All quantifiers are bounded, and only the run of characters around a candidate is tried: linear on any text.
_LINK = re.compile(r"(?:https?://|www\.)\S+|(?<![\w-])[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}"
                   r"\.(?:com|org|net|edu|gov|co\.uk|info|io|co\.in|com\.au|de|fr|uk)\b(?:/\S*)?", re.I)
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_HANDLE = re.compile(r"(?<![\w@])@\w{2,64}")
_CODE = re.compile(r"```.*?```|`[^`\n]+`", re.S)
_BLOCKQUOTE = re.compile(r"^[ \t]*(?:>|&gt;).*$", re.M)
_LONGEST_CHUNK = 300
_LONGEST_QUOTE = 400


def _quoted_elements(text: str) -> Iterator[tuple[int, int]]:
    """The ranges of `<blockquote>` elements."""
    end = 0
    while (start := text.find("<blockquote", end)) >= 0 and (end := text.find("</blockquote>", start)) >= 0:
        yield start, end


class _Reading:
    """One row of a batch as the lexicon reads it, with its regions found once and only where something was found."""

    def __init__(self, batch: FoldedBatch, row: int) -> None:
        self.original = batch.texts[row]
        self._batch = batch  # holds the memory that the folded row points into
        self._folded = batch.row(row)
        self.row = Row(self._folded.text, self._folded.flags)

    def span(self, found: Candidate) -> Span:
        return self._folded.span(found.start, found.end)

    def region(self, found: Candidate) -> str:
        """`own`, or the kind of the region that the candidate lies in."""
        span = self.span(found)
        name = self._chunk_region(span, found)
        if name:
            return name
        for regions, kind in ((self._code, "code"), (self._blockquotes, "blockquote")):
            at = bisect.bisect_right(regions, (span.start, len(self.original))) - 1
            if at >= 0 and span.end <= regions[at][1]:
                return kind
        return "quote" if self._is_quoted(found) else "own"

    def _chunk_region(self, span: Span, found: Candidate) -> str | None:
        """Whether the candidate lies in a link, an e-mail address or somebody's handle."""
        low, high = max(0, span.start - _LONGEST_CHUNK), span.end + _LONGEST_CHUNK
        if not any(sign in self.original[low:high] for sign in ".@"):
            return None
        before = re.search(r"\S*$", self.original[low : span.start])
        after = re.match(r"\S*", self.original[span.end : high])
        low = span.start - len(before.group() if before else "")
        chunk = self.original[low : span.end + len(after.group() if after else "")]
        if "." not in chunk and "@" not in chunk:
            return None
        for pattern, name in ((_LINK, "url"), (_EMAIL, "e-mail"), (_HANDLE, "handle")):
            for match in pattern.finditer(chunk):
                within = low + match.start() <= span.start and span.end <= low + match.end()
                if within and not (name == "handle" and self.row.text[found.start] == "@"):
                    return name
        return None

    @cached_property
    def _code(self) -> list[tuple[int, int]]:
        return [match.span() for match in _CODE.finditer(self.original)] if "`" in self.original else []

    @cached_property
    def _blockquotes(self) -> list[tuple[int, int]]:
        text = self.original
        lines = [match.span() for match in _BLOCKQUOTE.finditer(text)] if ">" in text or "&gt;" in text else []
        return sorted([*lines, *_quoted_elements(text)])

    @cached_property
    def _has_quotes(self) -> bool:
        return '"' in self.row.text or "'" in self.row.text

    def _is_quoted(self, found: Candidate) -> bool:
        """Whether the candidate stands between a pair of quotation marks of its own paragraph."""
        if not self._has_quotes:
            return False
        text = self.row.text
        low = max(0, found.start - _LONGEST_QUOTE)
        low = max(low, text.rfind("\n", low, found.start) + 1)
        before = text[low : found.start]
        after = text[found.end : found.end + _LONGEST_QUOTE].split("\n", 1)[0]
        if before.count('"') % 2 == 1 and '"' in after:
            return True
        opened = re.search(r"(?:^|[\s(])'[^']{0,60}$", before)
        return bool(opened and re.match(r"[^']{0,60}'(?!\w)", after))
