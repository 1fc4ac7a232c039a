"""CSV, TSV and JSON, by lines or in an array: what their dialect is, where to cut them, and their rows.

Knows dialects and fields; where a record ends is known to `records`.
"""

from __future__ import annotations

import codecs
import csv
import io
import itertools
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from typing import Any, BinaryIO

import msgspec

from moderation.audit.readers import files
from moderation.audit.readers.parts import PART_BYTES, Part, Reading
from moderation.audit.readers.records import NOT_JSON, Record, csv_records, elements, filled_lines, lines
from moderation.audit.rows import BROKEN, BROKEN_OFF, FIELDS, Place, batches

NOT_OBJECT = "is not a JSON object"
csv.field_size_limit(1 << 30)  # a record's size is limited where records are told


class _Feed:
    """One record at a time for a `csv.reader` that is made once: making one costs as much as reading a record."""

    def __init__(self) -> None:
        self.text: str | None = None

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        text, self.text = self.text, None
        if text is None:
            raise StopIteration
        return text


class _Refused(Exception):
    """A record that cannot be used; the message says why."""


def _csv_values(reading: Reading) -> Callable[[bytes], Sequence[Any]]:
    """From a record to its values in the order of `FIELDS`."""
    feed = _Feed()
    reader = csv.reader(feed, delimiter=reading.delimiter, quoting=csv.QUOTE_NONE if reading.quoting == "none" else csv.QUOTE_MINIMAL,
                        escapechar="\\" if reading.quoting == "backslash" else None, strict=reading.quoting != "none")
    named = reading.columns.named()
    places = [reading.names.index(named[field]) if field in named else None for field in FIELDS]
    width = len(reading.names)

    def values(content: bytes) -> Sequence[Any]:
        try:
            feed.text = content.decode(reading.encoding)
            row = next(reader, [])
        except UnicodeDecodeError:
            raise _Refused(BROKEN) from None
        except csv.Error:
            raise _Refused("is not a CSV record") from None
        if len(row) != width:
            raise _Refused(f"has {len(row)} fields where {width} were expected")
        return [None if place is None or row[place] == "\\N" else row[place] for place in places]

    return values


def _getter(path: str) -> Callable[[dict[str, Any]], Any]:
    """Reads a member by its name, or by a path through objects and arrays (`revisions.-1.body`)."""
    steps = path.split(".")

    def get(item: dict[str, Any]) -> Any:
        if path in item or len(steps) == 1:
            return item.get(path)
        found: Any = item
        for step in steps:
            if isinstance(found, dict):
                found = found.get(step)
            elif isinstance(found, list) and step.lstrip("-").isdigit() and -len(found) <= int(step) < len(found):
                found = found[int(step)]
            else:
                return None
        return found

    return get


def _json_values(reading: Reading) -> Callable[[bytes], Sequence[Any]]:
    named = reading.columns.named()
    getters = [_getter(named[field]) if field in named else lambda item: None for field in FIELDS]

    def values(content: bytes) -> Sequence[Any]:
        try:
            item = msgspec.json.decode(content if reading.encoding == "utf-8" else content.decode(reading.encoding))
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise _Refused(NOT_JSON if _decodes(content, reading.encoding) else BROKEN) from None
        if not isinstance(item, dict):
            raise _Refused(NOT_OBJECT)
        return [get(item) for get in getters]

    return values


def _decodes(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _records(file: BinaryIO, reading: Reading, start: int, end: int | None, line: int) -> Iterator[Record]:
    if reading.family == "csv":
        return csv_records(lines(file, start, end, line), reading.delimiter, reading.quoting, len(reading.names))
    return filled_lines(lines(file, start, end, line)) if reading.lines else elements(file, start, end, line)


def _body(file: BinaryIO, reading: Reading) -> Iterator[Record]:
    """The records of a whole file, without its header."""
    found = _records(file, reading, 0, None, 1)
    return itertools.islice(found, 1, None) if reading.family == "csv" and reading.header else found


def _rows(opened: Any, found: Iterator[Record], reading: Reading, name: str, row: int) -> Iterator[Any]:
    return batches(_entries(opened, found, reading, name, row), row)


def _entries(opened: Any, found: Iterator[Record], reading: Reading, name: str, row: int) -> Iterator[tuple[Place, Sequence[Any] | str]]:
    values = _csv_values(reading) if reading.family == "csv" else _json_values(reading)
    for record in found:
        yield Place(name, "line", record.line), _used(record, values)
        row += 1
    if files.is_broken(opened):  # compressed, and cut off or damaged
        yield Place(name, "row", row + 1), BROKEN_OFF


def _used(record: Record, values: Callable[[bytes], Sequence[Any]]) -> Sequence[Any] | str:
    if record.content is None:
        return record.fault or NOT_JSON
    try:
        return values(record.content)
    except _Refused as refused:
        return str(refused)


def is_cuttable(file: files.File, reading: Reading) -> bool:
    """Whether parts of this file can be read from the middle."""
    return not file.compression and file.uri != files.STDIN and not _is_wide(reading.encoding)


def _is_wide(encoding: str) -> bool:
    return "\n".encode(encoding) != b"\n" or codecs.lookup(encoding).name.startswith(("utf-7", "hz", "iso2022"))


def cut(file: files.File, reading: Reading, part_rows: int, number: int, row: int) -> Generator[Part, None, tuple[int, int]]:
    """The parts of a file that can be cut, from this number and row on: each of `part_rows` rows, fewer where they are long.

    Returns the number and the row that come next.
    """
    start = end = count = line = 0
    with files.open_lines(file) as opened:
        for record in _body(opened, reading):
            if count and (count == part_rows or record.start - start >= PART_BYTES):
                yield Part(number, row, file.uri, start, record.start, count, file.name, line)
                number, row, count = number + 1, row + count, 0
            if not count:
                start, line = record.start, record.line
            count += 1
            end = record.start + record.size
    if count:
        yield Part(number, row, file.uri, start, end, count, file.name, line)
        number, row = number + 1, row + count
    return number, row


def read(part: Part, reading: Reading) -> Iterator[Any]:
    """The rows of a part that `cut` has cut: batches of `INPUT`."""
    with files.open_lines(part.file) as opened:
        opened.seek(part.start)
        yield from _rows(opened, _records(opened, reading, part.start, part.end, part.first_line), reading, part.name, part.first_row)


def stream(opened: BinaryIO, reading: Reading, name: str, row: int) -> Iterator[Any]:
    """The rows of a whole file that cannot be cut: batches of `INPUT`."""
    packed = opened
    if _is_wide(reading.encoding):
        opened = io.BufferedReader(_Recoded(opened, reading.encoding))
        reading = replace(reading, encoding="utf-8")
    yield from _rows(packed, _body(opened, reading), reading, name, row)


class _Recoded(io.RawIOBase):
    """A text as UTF-8, for encodings in which a line break is more than a byte. What cannot be decoded stays no UTF-8."""

    def __init__(self, file: BinaryIO, encoding: str) -> None:
        self._text = io.TextIOWrapper(file, encoding, "replace", newline="")
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        if not self._left:
            self._left = self._text.read(1 << 16).encode("utf-8", "replace").replace("\ufffd".encode(), b"\xff")
        size = min(len(into), len(self._left))
        into[:size] = self._left[:size]
        self._left = self._left[size:]
        return size
