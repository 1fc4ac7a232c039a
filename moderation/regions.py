"""Whose words: links, handles, code, quotations. Knows marks in the original; knows no words.

What lies in a link or is somebody's handle is no word of the writer's; what is quoted is the writer's business to a lesser degree,
which is the policy's to say.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator
from functools import cached_property

from moderation import language
from moderation.text import FoldedBatch, FoldedRow, Span
from moderation.walk import Candidate

# All quantifiers are bounded, and only the run of characters around a candidate is tried: linear on any text.
_LINK = re.compile(r"(?:https?://|www\.)\S+|(?<![\w-])[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}"
                   r"\.(?:com|org|net|edu|gov|co\.uk|info|io|co\.in|com\.au|de|fr|uk)\b(?:/\S*)?", re.I)
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_HANDLE = re.compile(r"(?<![\w@])@\w{2,64}")
_CODE = re.compile(r"```.*?```|`[^`\n]+`", re.S)
_BLOCKQUOTE = re.compile(r"^[ \t]*(?:>|&gt;).*$", re.M)
_LONGEST_CHUNK = 300
_TAIL = re.compile(rf"\S{{0,{_LONGEST_CHUNK}}}")


def _quoted_elements(text: str) -> Iterator[tuple[int, int]]:
    """The ranges of `<blockquote>` elements."""
    end = 0
    while (start := text.find("<blockquote", end)) >= 0 and (end := text.find("</blockquote>", start)) >= 0:
        yield start, end


def _addresses(chunk: str, offset: int) -> Iterator[tuple[int, int, str]]:
    """The ranges of links, e-mail addresses and handles in a run of characters that begins at `offset`, in this order."""
    if "." in chunk or "@" in chunk:
        for pattern, name in ((_LINK, "url"), (_EMAIL, "e-mail"), (_HANDLE, "handle"))[: 3 if "@" in chunk else 1]:
            for match in pattern.finditer(chunk):
                yield offset + match.start(), offset + match.end(), name


class Reading:
    """One row of a batch as the lexicon reads it, with its regions found once and only where something was found."""

    def __init__(self, batch: FoldedBatch, row: int) -> None:
        self.original = batch.texts[row]
        self._batch = batch  # holds the memory that the folded row points into
        self._row = row
        self._known: dict[tuple[int, int], str] = {}
        self._chunks: dict[tuple[int, int], list[tuple[int, int, str]]] = {}
        self._is_marked = "`" in self.original or ">" in self.original or "&gt;" in self.original

    @cached_property
    def folded(self) -> FoldedRow:
        """The row's fold."""
        return self._batch.row(self._row)

    @cached_property
    def language(self) -> str:
        """The tag of the language that the row is in."""
        return language.detect(self.original)

    def region(self, found: Candidate) -> str:
        """`own`, or the kind of the region that the candidate lies in."""
        place = (found.start, found.end)
        if place not in self._known:
            self._known[place] = self._region(found)
        return self._known[place]

    def _region(self, found: Candidate) -> str:
        span = Span(found.first, found.last)
        name = self._chunk_region(span, found)
        if name:
            return name
        for regions, kind in () if not self._is_marked else ((self._code, "code"), (self._blockquotes, "blockquote")):
            at = bisect.bisect_right(regions, (span.start, len(self.original))) - 1
            if at >= 0 and span.end <= regions[at][1]:
                return kind
        return "quote" if found.quoted else "own"

    def _chunk_region(self, span: Span, found: Candidate) -> str | None:
        """Whether the candidate lies in a link, an e-mail address or somebody's handle."""
        # Cut where all candidates of a neighbourhood are, so that they have the chunk in common.
        low = max(0, span.start - _LONGEST_CHUNK) // _LONGEST_CHUNK * _LONGEST_CHUNK
        high = -(-span.end // _LONGEST_CHUNK) * _LONGEST_CHUNK + _LONGEST_CHUNK
        if not span.start or self.original[span.start - 1].isspace():
            rest = _TAIL.match(self.original, span.end)[0]  # type: ignore[index]  # it matches nothing at worst
            if "@" not in rest and "." not in rest[:-1] and "." not in self.original[span.start : span.end] and (
                    "@" not in self.original[span.start : span.end]):
                return None
        if "." not in self.original[low:high] and "@" not in self.original[low:high]:
            return None
        before = self.original[low : span.start].split()[-1:] if not self.original[span.start - 1 : span.start].isspace() else []
        after = self.original[span.end : high].split(None, 1)[:1] if not self.original[span.end : span.end + 1].isspace() else []
        chunk = (span.start - len("".join(before)), span.end + len("".join(after)))
        if chunk not in self._chunks:
            self._chunks[chunk] = [*_addresses(self.original[slice(*chunk)], chunk[0])]
        for start, end, name in self._chunks[chunk]:
            if start <= span.start and span.end <= end and not (name == "handle" and self.folded.text[found.start] == "@"):
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
