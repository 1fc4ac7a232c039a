"""Masking: a text with some of its ranges starred out. Knows offsets; knows no words."""

from __future__ import annotations

from collections.abc import Iterable


def mask(text: str, spans: Iterable[tuple[int, int]], star: str = "*") -> str:
    r"""The text with every code point inside a span replaced by `star`; line breaks stay, and so does the length.

    Spans are half-open in code points, in any order, and may overlap or reach past the ends of the text.

    >>> mask("what a fig,\nfig!", [(7, 10), (11, 15)])
    'what a ***,\n***!'
    """
    kept = []
    position = 0
    for start, end in sorted(spans):
        start, end = max(start, position), min(end, len(text))
        if start < end:
            kept.append(text[position:start])
            kept.append("".join(char if char in "\r\n" else star for char in text[start:end]))
            position = end
    return "".join([*kept, text[position:]])
