r"""Records of a text file, by their bytes: lines, CSV records, elements of a JSON array. Knows where one ends, not what it says.

The one that cuts a file into parts and the ones that read the parts walk the same way, so they agree on every record, broken ones
too. A record that is not well formed is given up by its first line alone, and reading goes on with its second: a quotation mark
that is never closed costs its own line and no neighbour's.

>>> import io
>>> found = csv_records(lines(io.BytesIO(b'1,"one\n2,two\n3,"a ""b""\nc"\n')), ",", "double", 2)
>>> [(record.content, record.fault) for record in found]
[(None, 'a quotation mark is not closed'), (b'2,two\n', None), (b'3,"a ""b""\nc"\n', None)]
"""

from __future__ import annotations

import codecs
import csv
import functools
import re
from collections import deque
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

import msgspec

from moderation.audit.rows import LONGEST_ROW, ROW_TOO_LONG

UNCLOSED = "a quotation mark is not closed"
MALFORMED = "something stands behind a closing quotation mark"
NOT_JSON = "is not valid JSON"
_BLOCK = 1 << 16
_CHUNK = 1 << 20
# Whole strings and what else is no brace, up to a brace, or to a string that goes on behind what has been read.
_ELEMENT = re.compile(rb'(?:[^"{}]++|"[^"\\]*+(?:\\.[^"\\]*+)*+")*+([{}"])', re.DOTALL)

_BEGINNING = re.compile(rb'\n|, ?(?=\{")')
_SPLIT = 3  # bytes of a beginning that may stand at the end of what has been read


class Record(NamedTuple):
    """One record: the bytes before it, its lines, and its content, or what is wrong with it."""

    start: int
    line: int
    size: int
    content: bytes | None
    fault: str | None = None


def lines(file: BinaryIO, start: int = 0, end: int | None = None, line: int = 1) -> Iterator[Record]:
    """The lines from a place where one begins, with their ends; one that is too long has no content, and is not held in memory."""
    position = start
    while end is None or position < end:
        content = file.readline(LONGEST_ROW + 1)
        if not content:
            return
        size = len(content)
        if size > LONGEST_ROW:
            piece = content
            while piece and not piece.endswith(b"\n"):
                piece = file.readline(_BLOCK)
                size += len(piece)
            yield Record(position, line, size, None, ROW_TOO_LONG)
        else:
            # A mark of UTF-8 at the beginning of a file belongs to no record.
            yield Record(position, line, size, content.removeprefix(codecs.BOM_UTF8) if position == 0 else content)
        position += size
        line += 1


def filled_lines(found: Iterator[Record]) -> Iterator[Record]:
    """The lines that are not blank."""
    return (record for record in found if record.content is None or not record.content.isspace())


class _Shape(NamedTuple):
    """Patterns of a line outside and inside of a quoted field; the group `open` takes part where the line leaves one open."""

    outside: re.Pattern[bytes]
    inside: re.Pattern[bytes]


@functools.cache
def _shape(delimiter: str, quoting: str) -> _Shape:
    mark = re.escape(delimiter.encode())
    within = rb'[^"\\]*+(?:(?:\\.|"")[^"\\]*+)*+' if quoting == "backslash" else rb'[^"]*+(?:""[^"]*+)*+'
    field = rb'(?:"' + within + rb'"|[^"' + mark + rb"\r\n][^" + mark + rb"\r\n]*+|(?=[" + mark + rb"\r\n]|\Z))"
    rest = rb"(?:" + mark + field + rb")*+(?:" + mark + rb'(?P<open>"' + within + rb"\Z)|\r?\n?\Z)"
    first = rb'(?:(?P<first>"' + within + rb"\Z)|" + field + rest + rb")"
    return _Shape(re.compile(first, re.DOTALL), re.compile(within + rb"(?:(?P<first>\Z)|\"" + rest + rb")", re.DOTALL))


def csv_records(found: Iterator[Record], delimiter: str, quoting: str, width: int) -> Iterator[Record]:
    """The records of CSV lines; `width` is the number of fields that a record of several lines must have to be one."""
    if quoting == "none":
        yield from filled_lines(found)
        return
    shape = _shape(delimiter, quoting)
    waiting: deque[Record] = deque()
    while True:
        line = waiting.popleft() if waiting else next(found, None)
        if line is None:
            return
        if line.content is None or b'"' not in line.content:
            if line.content is None or not line.content.isspace():
                yield line
            continue
        match = shape.outside.match(line.content)
        if match is None:
            yield line._replace(content=None, fault=MALFORMED)
        elif match["first"] is None and match["open"] is None:
            yield line
        else:
            taken = _continued(line, waiting, found, shape)
            whole = b"".join(each.content or b"" for each in [line, *taken]) if taken else b""
            if taken and _width(whole, delimiter, quoting) == width:
                yield Record(line.start, line.line, len(whole), whole)
            else:
                waiting.extendleft(reversed(taken or ()))
                yield line._replace(content=None, fault=UNCLOSED)


def _continued(line: Record, waiting: deque[Record], found: Iterator[Record], shape: _Shape) -> list[Record] | None:
    """The lines that close what `line` leaves open; None, with every line put back, where none does."""
    taken: list[Record] = []
    size = line.size
    while True:
        following = waiting.popleft() if waiting else next(found, None)
        if following is None:
            break
        taken.append(following)
        size += following.size
        if following.content is None or size > LONGEST_ROW:
            break
        if b'"' not in following.content:
            continue
        match = shape.inside.match(following.content)
        if match is None:
            break
        if match["first"] is None and match["open"] is None:
            return taken
    waiting.extendleft(reversed(taken))
    return None


def fields(text: str, delimiter: str, quoting: str) -> list[str]:
    """The fields of one well-formed record.

    Raises
    ------
    csv.Error : it is not well formed.
    """
    reader = csv.reader([text], delimiter=delimiter, quoting=csv.QUOTE_NONE if quoting == "none" else csv.QUOTE_MINIMAL,
                        escapechar="\\" if quoting == "backslash" else None, strict=quoting != "none")
    return next(reader, [])


def _width(record: bytes, delimiter: str, quoting: str) -> int:
    try:
        return len(fields(record.decode("latin-1"), delimiter, quoting))
    except csv.Error:
        return 0


def elements(file: BinaryIO, start: int = 0, end: int | None = None, line: int = 1) -> Iterator[Record]:
    """The objects of a JSON array, or objects that follow one another, by their braces; what stands between them is skipped.

    One that is not JSON is given up as far as the next place where an object may begin.
    """
    buffer, base = b"", start  # `base` bytes come before the buffer; all else are places in it
    at, counted, begun, depth = 0, 0, -1, 0
    while True:
        match = _ELEMENT.match(buffer, at)
        if match is None or match[1] == b'"':
            kept = begun if begun >= 0 else at
            too_long = len(buffer) - kept > LONGEST_ROW
            block = b"" if too_long else file.read(_CHUNK)
            if block:
                line += buffer.count(b"\n", counted, kept)
                buffer, base, at, counted, begun = buffer[kept:] + block, base + kept, at - kept, 0, min(begun, 0)
                continue
            if begun < 0 and not too_long:
                return
            fault: str | None = ROW_TOO_LONG if too_long else NOT_JSON
            at = _resumption(buffer, kept)
        else:
            at = match.end()
            if match[1] == b"{":
                depth += 1
                if depth > 1:
                    continue
                begun = at - 1
                if end is not None and base + begun >= end:
                    return
            elif depth:
                depth -= 1
            if depth or begun < 0:
                continue
            if at - begun > LONGEST_ROW:
                fault, at = ROW_TOO_LONG, _resumption(buffer, begun)
            else:
                fault = None if _is_json(buffer[begun:at]) else NOT_JSON
                if fault and 0 <= (next_one := _resumption(buffer, begun)) < at:
                    at = next_one
        if begun >= 0:
            line += buffer.count(b"\n", counted, begun)
            counted = begun
            yield Record(base + begun, line, (at if at >= 0 else len(buffer)) - begun, None if fault else buffer[begun:at], fault)
        while at < 0:  # what is left of a record that is too long goes by, and nothing of it is held
            block = file.read(_CHUNK)
            if not block:
                return
            line += buffer.count(b"\n", counted, len(buffer) - _SPLIT)
            buffer, base, counted = buffer[-_SPLIT:] + block, base + len(buffer) - _SPLIT, 0
            at = _resumption(buffer, 0)
        begun, depth = -1, 0


def _resumption(buffer: bytes, begun: int) -> int:
    """The next place behind `begun` where an object may begin: a line, or behind a comma; -1 where there is none."""
    found = _BEGINNING.search(buffer, begun)
    return found.end() if found else -1


def _is_json(content: bytes) -> bool:
    try:
        msgspec.json.decode(content, type=msgspec.Raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    return True
