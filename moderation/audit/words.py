"""How an audit's pages say things: numbers, shares, decisions, and a stranger's text made safe to look at.

Knows wording; knows no tally. Everything returned as `Markup` is escaped.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import jinja2
from markupsafe import Markup

from moderation.audit.examples import Example, Mark, TextShown

NOW = {"approve": "approved now", "review": "held now", "reject": "rejected now"}
THEN = {"published": "published then", "held": "held then", "removed": "removed then", "": "not known then"}
PLURAL = {"approve": "approved", "review": "held for a person", "reject": "rejected"}
_HARMLESS = set("\n\t\u00a0\u202f\u2009\u3000\u200c\u200d\u00ad")  # spaces, and joiners that are at home in words and emoji


def number(count: int) -> str:
    """A count as people read it.

    >>> number(12345)
    '12,345'
    """
    return f"{count:,}"


def comments(count: int) -> str:
    """So many comments.

    >>> comments(1), comments(1234)
    ('1 comment', '1,234 comments')
    """
    return f"{count:,} comment{'s' * (count != 1)}"


def rows(count: int) -> str:
    """So many rows, as `comments`."""
    return f"{count:,} row{'s' * (count != 1)}"


def share(count: int, total: int) -> str:
    """A part of a whole in percent, never rounded to nothing or to everything.

    >>> share(1, 8), share(1, 10_000_000), share(999_999, 1_000_000), share(0, 5), share(0, 0)
    ('12.5 %', 'under 0.01 %', 'over 99.9 %', '0 %', '0 %')
    """
    if not count or not total:
        return "0 %"
    percent = 100 * count / total
    if percent < 0.01:
        return "under 0.01 %"
    if 99.9 < percent < 100:
        return "over 99.9 %"
    return f"{percent:.2f} %" if percent < 1 else f"{percent:.1f} %".replace(".0 %", " %")


def spell(text: str) -> str:
    """A text with what cannot be seen, or turns the reading around, written as its code point.

    >>> spell("a\u202eb\u200dc")
    'a[U+202E]b\u200dc'
    """
    return "".join(char if char.isprintable() or char in _HARMLESS else f"[U+{ord(char):04X}]" for char in text)


def visible(text: str) -> Markup:
    """The same as HTML, so that nobody takes a code point for what was written.

    >>> visible("a\u202eb<")
    Markup('a<span class="code">U+202E</span>b&lt;')
    """
    code = Markup('<span class="code">U+{:04X}</span>')
    return Markup("").join(char if char.isprintable() or char in _HARMLESS else code.format(ord(char)) for char in text)


def starred(text: str) -> str:
    """A word of which the first letter is left.

    >>> starred("banana split")
    'b***** *****'
    """
    return "".join(char if char.isspace() or not place else "*" for place, char in enumerate(text))


class Segment(NamedTuple):
    """A piece of an example's text; `marks` are the spans that it lies in, none where it lies in none."""

    text: str
    marks: Sequence[Mark]

    @property
    def is_word(self) -> bool:
        """Whether a word was marked here, not just the sentence around it, as the encoder marks."""
        return any(mark.source != "encoder" for mark in self.marks)

    @property
    def stars(self) -> str:
        """The piece starred out."""
        return "".join(char if char.isspace() else "*" for char in self.text)

    @property
    def words(self) -> str:
        """What it was marked for."""
        return "; ".join(dict.fromkeys(_mark(mark) for mark in self.marks))

    @property
    def kinds(self) -> str:
        """What it was marked for, without naming the word."""
        return ", ".join(dict.fromkeys(mark.category for mark in self.marks))


def _mark(mark: Mark) -> str:
    if mark.source != "lexicon":
        return f"{mark.category}: moved the model"
    told = f" `{spell(mark.term)}`" if mark.term else ""
    disguised = f", disguised ({mark.disguise})" if mark.disguise not in (None, "plain") else ""
    quoted = "" if mark.region in (None, "own") else f", in a {mark.region}"
    return f"{mark.category}: {mark.severity} word{told}{disguised}{quoted}"


def segments(example: Example) -> Iterator[Segment]:
    """An example's text cut where a span begins or ends, so that spans may overlap."""
    text = example.text or ""
    edges = sorted({0, len(text), *(edge for mark in example.marks for edge in (mark.start, mark.end))})
    for start, end in itertools.pairwise(edges):
        yield Segment(text[start:end], [mark for mark in example.marks if mark.start <= start and end <= mark.end])


def environment(shown: TextShown) -> jinja2.Environment:
    """The templates' environment: everything is escaped but what says by itself that it is."""
    found = jinja2.Environment(loader=jinja2.PackageLoader("moderation.audit"), autoescape=True, undefined=jinja2.StrictUndefined,
                               trim_blocks=True, lstrip_blocks=True)
    found.filters.update(number=number, comments=comments, rows=rows, share=share, visible=visible, starred=starred, segments=segments)
    found.globals.update(NOW=NOW, THEN=THEN, PLURAL=PLURAL, shown=shown)
    return found
