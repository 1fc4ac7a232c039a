r"""Parts of a comment that a policy may leave unread: addresses, code, block quotes. Knows marks; knows no words.

A part is blanked with as many spaces, so every offset of what is left stays an offset of the original.

>>> blank(["see https://fig.example/x?y today"], ["url"])
['see                         today']
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate

KINDS = ("url", "code", "blockquote")

_PATTERNS = {
    # A scheme or www. and what follows up to a blank or a quotation mark.
    "url": re.compile(r"(?:\bhttps?://|\bwww\.)[^\s<>\"“”]+", re.IGNORECASE),
    # Markdown: fenced blocks that are closed, and inline code within a line.
    "code": re.compile(r"```[^`]*(?:`{1,2}[^`]+)*```|`[^`\n]+`"),
    # Markdown and mail: lines that begin with `>`.
    "blockquote": re.compile(r"^[ \t]{0,3}>[^\n]*", re.MULTILINE),
}
# Literals of which a text must hold one for its pattern to match: a search for them is many times cheaper than the pattern.
_MARKS = {"url": ("://", "www.", "WWW.", "Www."), "code": ("`",), "blockquote": (">",)}
_NOT_LINE_BREAK = re.compile(r"[^\r\n]")


def _spaces(found: re.Match[str]) -> str:
    return _NOT_LINE_BREAK.sub(" ", found[0])


def _rows_with(texts: Sequence[str], marks: Sequence[str]) -> set[int]:
    """The rows that hold one of the marks: searched for in all the texts at once."""
    joined = texts[0] if len(texts) == 1 else "".join(texts)
    rows: set[int] = set()
    ends: list[int] = []
    for mark in marks:
        position = joined.find(mark)
        while position >= 0:
            ends = ends or list(accumulate(map(len, texts)))
            row = bisect_right(ends, position)
            rows.add(row)
            position = joined.find(mark, ends[row])
    return rows


def blank(texts: Sequence[str], kinds: Iterable[str]) -> Sequence[str]:
    """The texts with parts of these kinds blanked, line breaks kept; the same sequence if there is none.

    Cost: linear in the texts; about 0.1 µs a text where no mark is found.
    """
    for kind in kinds:
        rows = _rows_with(texts, _MARKS[kind])
        if rows:
            changed = list(texts)
            for row in rows:
                changed[row] = _PATTERNS[kind].sub(_spaces, changed[row])
            texts = changed
    return texts
