r"""HTML as its reader sees it, at the same length, so that offsets in what comes out are offsets of what was sent.

Knows tags; knows no words. Entities and tags are undone by the fold; this makes every tag one that the fold undoes:

- an inline tag, known or not, becomes `<i   >`, which joins what stands around it, as a browser does;
- a block tag (`<p>`, `<br>`, `<li>`, `<section>` …) becomes `<p   >`, which breaks the line;
- comments, and `<script>`, `<style>` and `<template>` with all they hold, become inline tags: a reader sees nothing of them.

A tag or comment that is never closed stays as it is and is read as words. What a style sheet hides is read too; alternative
texts and titles are not. Attributes end where the HTML standard ends them, so a stray quotation mark hides nothing.

>>> visible('ba<x-y a=">">nana <script>fig()</script>date')
'ba<i        >nana <i                   >date'
>>> visible("<p '>fig</p>one<br/>two")
'<p  >fig<p >one<p  >two'
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator

_HIDDEN = r"script|style|template"
_TAG = re.compile(
    r"<!--(?:-?>|.*?(?:--!?>|\Z))"
    rf"|<(?P<hidden>{_HIDDEN})(?=[\s/>])[^>]*+(?:>.*?(?:</(?P=hidden)(?=[\s/>])[^>]*+(?:>|\Z)|\Z)|\Z)"
    # An attribute as the standard's tokenizer takes it: a name that may begin with `=`, then perhaps a value.
    r"|</?(?P<name>[a-z][^\s/>]*+)"
    r"(?:[\s/]++|[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:\"[^\"]*+(?:\"|\Z)|'[^']*+(?:'|\Z)|[^\s>\"'][^\s>]*+)?+)?+)*+(?:>|\Z)",
    re.IGNORECASE | re.DOTALL)
_BLOCKS = frozenset("address article aside blockquote body br button caption center dd details dialog dir div dl dt fieldset figcaption "
                    "figure footer form frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html legend li main menu nav ol optgroup "
                    "option p pre search section select summary table tbody td tfoot th thead title tr ul".split())
_LONGEST = 256  # of a tag as it is written here; the fold takes up to 512


def _filled(length: int, letter: str) -> str:
    """Tags of this length altogether, at least 3."""
    parts = []
    while length:
        size = length if length <= _LONGEST else _LONGEST - 3
        parts.append(f"<{letter}{' ' * (size - 3)}>")
        letter = "i"
        length -= size
    return "".join(parts)


def _undone(found: re.Match[str]) -> str:
    whole = found[0]
    closed = whole.endswith(">")
    if found["hidden"]:
        closed = closed and re.search(rf"</{found['hidden']}[^>]*>\Z", whole, re.IGNORECASE) is not None
    elif not found["name"]:
        closed = whole in ("<!-->", "<!--->") or whole.endswith(("-->", "--!>"))
    if not closed:
        return whole
    return _filled(len(whole), "p" if (found["name"] or "").lower() in _BLOCKS else "i")


def outside_tags(html: str, spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The spans without what the reader does not see of them, in order, so that starring them out breaks no tag.

    >>> list(outside_tags("a ba<b>na</b>na", [(2, 15)]))
    [(2, 4), (7, 9), (13, 15)]
    """
    tags = [found.span() for found in _TAG.finditer(html) if _undone(found) != found[0]]
    for start, end in sorted(spans):
        for index in range(max(0, bisect_left(tags, (start, start)) - 1), len(tags)):
            low, high = tags[index]
            if low >= end:
                break
            if high <= start:
                continue
            if start < low:
                yield start, low
            start = high
        if start < end:
            yield start, end


def visible(html: str) -> str:
    """HTML with its tags written so that the fold undoes them; as long as it was. Linear in the text."""
    return _TAG.sub(_undone, html) if "<" in html else html
