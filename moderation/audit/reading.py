"""An HTML comment as its reader sees it, with its spans: tags gone, entities undone, blocks on lines of their own.

Knows HTML; knows no results. For showing alone: what is scored is the HTML itself.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

import numpy as np

from moderation.markup import visible

# What `visible` made of tags, and entities.
_MARKUP = re.compile(r"<(?P<kind>[ip]) *>|&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,30});")


def as_read(text: str, spans: Sequence[tuple[int, int]]) -> tuple[str, list[tuple[int, int]]]:
    """The text that a reader sees and the same spans in it, half-open; one that covers nothing visible is empty.

    >>> as_read("<p>fig &amp; ba<b>na</b>na</p>", [(3, 6), (13, 26)])
    ('fig & banana', [(0, 3), (6, 12)])
    """
    pieces: list[str] = []
    place = np.zeros(len(text) + 1, dtype=np.int64)  # of each character in what is seen
    length = end = 0
    last = "\n"
    for found in _MARKUP.finditer(visible(text)):
        before = text[end:found.start()]
        place[end:found.start()] = length + np.arange(len(before))
        length += len(before)
        last = before[-1:] or last
        breaks = found["kind"] == "p" and last != "\n"
        piece = "\n" if breaks else "" if found["kind"] else html.unescape(found[0])
        last = piece[-1:] or last
        place[found.start():found.end()] = length
        pieces += [before, piece]
        length += len(piece)
        end = found.end()
    rest = text[end:]
    place[end:] = length + np.arange(len(rest) + 1)
    whole = "".join([*pieces, rest])
    shown = whole.strip("\n")
    place = np.clip(place - (len(whole) - len(whole.lstrip("\n"))), 0, len(shown))
    return shown, [(int(place[start]), int(place[stop])) for start, stop in spans]
