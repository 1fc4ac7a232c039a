"""What the first bytes of an archive tell: its family, encoding, delimiter, quoting, the names of its columns.

Each can be said by hand, and what is said is not guessed. Knows first bytes; reads no further.
"""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from moderation.audit import columns
from moderation.audit.readers.records import Record, csv_records, elements, fields, filled_lines, lines
from moderation.errors import DataError, Problem

DELIMITERS = {"comma": ",", "tab": "\t", "semicolon": ";", "pipe": "|"}
QUOTINGS = ("double", "backslash", "none")
FAMILIES = ("csv", "json", "lines", "parquet", "arrow", "wordpress", "disqus")
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"), (codecs.BOM_UTF16_LE, "utf-16"),
          (codecs.BOM_UTF16_BE, "utf-16"))
_TRIED = 200  # records by which a dialect is told
_ROOT = re.compile(rb"<(rss|disqus)\b")
SINGLE = "\x1f"  # between fields where there is but one: no text holds it


class Dialect(NamedTuple):
    """How a CSV file is written, and the names of its columns."""

    delimiter: str
    quoting: str
    header: bool
    names: tuple[str, ...]


def family(head: bytes, name: str) -> str:
    """The family of a file by its first bytes, decompressed.

    Raises
    ------
    DataError : it is of none.
    """
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith((b"ARROW1", b"\xff\xff\xff\xff")):
        return "arrow"
    text = head.removeprefix(codecs.BOM_UTF8)
    if text.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = text.decode("utf-16", "replace").encode()
    text = text.lstrip()
    if text.startswith(b"<"):
        root = _ROOT.search(text)
        if root is None:
            raise DataError("the source", [Problem(name, "is XML, and neither an export of WordPress nor one of Disqus",
                                                   "say --format wordpress or --format disqus if it is one")])
        return "wordpress" if root[1] == b"rss" else "disqus"
    if text.startswith((b"{", b"[")):
        return "json"
    if not text or (b"\0" in text[:1000].replace(b"\0\0\0", b"") and _wide(text) is None):
        what = "is empty" if not text else "is no text and of no format that is known"
        raise DataError("the source", [Problem(name, what, f"the formats are {', '.join(FAMILIES)}")])
    return "csv"


def _wide(head: bytes) -> str | None:
    """UTF-16 without a mark, told by the zero bytes beside Latin letters."""
    sample = head[:2000]
    odd, even = sample[1::2].count(0), sample[::2].count(0)
    if odd > len(sample) // 4 > even * 4:
        return "utf-16-le"
    return "utf-16-be" if even > len(sample) // 4 > odd * 4 else None


def marked(head: bytes) -> str | None:
    """The encoding that a mark at the beginning, or the zeros of UTF-16, tell."""
    return next((name for mark, name in _MARKS if head.startswith(mark)), None) or _wide(head)


def encoding(head: bytes) -> str:
    """UTF-8 where most lines beyond ASCII are; by their marks or zeros UTF-16 and UTF-32; else Windows' Western European."""
    told = marked(head)
    if told:
        return told
    good = bad = 0
    for line in head.split(b"\n")[: 100 * _TRIED]:
        if not line.isascii():
            try:
                line.decode("utf-8")
                good += 1
            except UnicodeDecodeError:
                bad += 1
    return "utf-8" if good >= bad else "cp1252"


def _first(found: Iterator[Record], is_whole: bool) -> list[Record]:
    """The first records; without the last, which may be cut off, unless the head is the whole file."""
    records = list(itertools.islice(found, _TRIED))
    return records if is_whole or len(records) in (1, _TRIED) else records[:-1]


def dialect(head: bytes, code: str, is_whole: bool, delimiter: str | None = None, quoting: str | None = None,
            header: bool = True) -> Dialect:
    """The dialect under which most of the first records have as many fields as the header, and the header the most names we know."""
    text = head.decode(code, "replace").encode()
    best: tuple[tuple[int, float, int], Dialect] | None = None
    for mark in [delimiter] if delimiter else DELIMITERS.values():
        for quotes in [quoting] if quoting else QUOTINGS:
            first = next(csv_records(lines(io.BytesIO(text)), mark, quotes, -1), None)
            if first is None or first.content is None:
                continue
            names = _names(first.content.decode("utf-8", "replace"), mark, quotes, header)
            records = _first(csv_records(lines(io.BytesIO(text)), mark, quotes, len(names)), is_whole)
            fitting = sum(1 for record in records if record.content and _width(record.content, mark, quotes) == len(names))
            # Some quotation marks that are never closed do not mean that none quotes a field.
            share = fitting / len(records) - (0.2 if quotes == "none" else 0.0)
            key = (len(columns.guess(names).named()) if header else 0, share, len(names))
            if len(names) > 1 and (best is None or key > best[0]):
                best = key, Dialect(mark, quotes, header, tuple(names))
    if best is not None and (delimiter or best[0][0] or best[0][1] > 0.5):
        return best[1]
    # One column, which needs no delimiter.
    first = next(csv_records(lines(io.BytesIO(text)), SINGLE, quoting or "double", 1), None)
    content = first.content.decode("utf-8", "replace") if first and first.content else ""
    return Dialect(SINGLE, quoting or "double", header, tuple(_names(content, SINGLE, quoting or "double", header)))


def _names(first: str, delimiter: str, quoting: str, header: bool) -> list[str]:
    try:
        found = fields(first, delimiter, quoting)
    except csv.Error:
        return []
    return found if header else [str(number) for number in range(1, len(found) + 1)]


def _width(content: bytes, delimiter: str, quoting: str) -> int:
    return len(_names(content.decode("utf-8", "replace"), delimiter, quoting, True))


def is_lines(head: bytes, is_whole: bool) -> bool:
    """Whether every line is a JSON value by itself, and not an element of an array."""
    first = next((record for record in filled_lines(lines(io.BytesIO(head)))), None)
    if first is None or first.content is None or first.content.lstrip().startswith(b"["):
        return False
    if not first.content.endswith(b"\n") and not is_whole:
        return True  # a line longer than the head
    try:
        msgspec.json.decode(first.content.decode("utf-8", "replace"))
    except msgspec.DecodeError:
        # A broken first line among whole ones, or an object that goes over several lines?
        return not first.content.rstrip().endswith((b"{", b",")) and first.content.strip() != b"{"
    return True


def json_names(head: bytes, is_lines: bool, is_whole: bool) -> tuple[str, ...]:
    """The members of the first objects, those of objects and arrays inside by their path."""
    found = filled_lines(lines(io.BytesIO(head))) if is_lines else elements(io.BytesIO(head))
    names: dict[str, None] = {}
    for record in _first(found, is_whole):
        try:
            item = msgspec.json.decode((record.content or b"").decode("utf-8", "replace"))
        except msgspec.DecodeError:
            continue
        if isinstance(item, dict):
            names |= dict.fromkeys(_paths(item))
    return tuple(names)


def _paths(item: dict[str, Any]) -> Iterator[str]:
    for name, value in item.items():
        yield name
        inner = value[-1] if isinstance(value, list) and value else value
        if isinstance(inner, dict) and not any(key.startswith("$") for key in inner):
            step = f"{name}.-1" if isinstance(value, list) else name
            yield from (f"{step}.{key}" for key in inner)
