"""A source as the audit sees it: opened by what the command line says, guessed where it says nothing, cut into parts.

Knows which reader is whose; knows no file format.
"""

from __future__ import annotations

import io
import re
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from moderation.audit import columns
from moderation.audit.readers import columnar, copies, exports, files, sniff, text
from moderation.audit.readers.database import Database
from moderation.audit.readers.files import File
from moderation.audit.readers.parts import Part, Reading
from moderation.errors import DataError, Problem, UsageError
from moderation.settings import shown

_URL = re.compile(r"[a-z][a-z0-9+]*://")
_EXPORTS = ("wordpress", "disqus")


@dataclass(frozen=True, slots=True)
class Options:
    """What is said by hand about a source; None and empty where it is to be guessed."""

    format: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    quoting: str | None = None
    header: bool = True
    columns: Mapping[str, str] = field(default_factory=dict)
    past: Mapping[str, str] = field(default_factory=dict)
    html: bool | None = None
    table: str | None = None
    query: str | None = None


class Source:
    """An archive, ready to be cut; made by `open_source`.

    Attributes
    ----------
    name : as it may be shown. reading : how its parts are read.
    identity : what tells it from another archive: its files' names, sizes and times; nothing of what runs through once.
    total : bytes or rows of all parts, for the time that is left; None where nobody knows.
    """

    def __init__(self, name: str, reading: Reading, found: Sequence[File], total: int | None, database: Database | None = None,
                 first: Any = None) -> None:
        self.name = name
        self.reading = reading
        self.identity: list[Any] = [[file.name, file.size, file.modified] for file in found]
        self.total = total
        self._files = found
        self._database = database
        self._first = first  # of standard input: what has been looked at already, to be read again

    def plan(self, part_rows: int, copied: Path) -> Iterator[Part]:
        """The parts in order, made as they are asked for; copies go to the folder `copied`."""
        number = row = 0
        if self._database is not None:
            yield from copies.copy(self._database.stream(self.reading, self.name, row), copied, self.name, part_rows, number, row)
        for file in self._files:
            number, row = yield from self._plan(file, part_rows, copied, number, row)

    def _plan(self, file: File, part_rows: int, copied: Path, number: int, row: int) -> Generator[Part, None, tuple[int, int]]:
        reading = self.reading
        if reading.family in ("parquet", "arrow"):
            if columnar.is_cuttable(file, reading.family):
                _check_columns(columnar.names(file, reading.family), reading, file.name)
                return (yield from columnar.cut(file, reading, part_rows, number, row))
            found: Iterator[Any] = _streamed(self._opened(file), reading, file.name, row)
        elif reading.family in _EXPORTS:
            found = exports.stream(self._opened(file), reading.family, file.name, row, reading.encoding or None)
        else:
            if reading.family == "csv" and reading.header and file is not self._files[0]:
                _check_header(file, reading)
            if text.is_cuttable(file, reading):
                return (yield from text.cut(file, reading, part_rows, number, row))
            found = text.stream(self._opened(file), reading, file.name, row)
        return (yield from copies.copy(found, copied, file.name, part_rows, number, row))

    def _opened(self, file: File) -> Any:
        return files.open_lines(file) if self._first is None else self._first

    def close(self) -> None:
        """Let go of a database."""
        if self._database is not None:
            self._database.close()


def read(part: Part, reading: Reading) -> Iterator[Any]:
    """The rows of a part: batches of `rows.INPUT`."""
    if part.digest:
        return copies.read(part)
    return columnar.read(part, reading) if reading.family in ("parquet", "arrow") else text.read(part, reading)


def _streamed(opened: Any, reading: Reading, name: str, row: int) -> Iterator[Any]:
    found, names = columnar.stream_names(opened, name)
    _check_columns(names, reading, name)
    at = row
    for batch in found:
        yield from columnar.rows(batch, reading, name, at, at - row)
        at += batch.num_rows


def _check_columns(names: Sequence[str], reading: Reading, name: str) -> None:
    missing = [column for column in reading.columns.named().values() if column not in names]
    if missing:
        raise DataError("the source", [Problem(name, f"has no column `{column}`, which other files of the source have",
                                               "audit it by itself") for column in missing])


def _check_header(file: File, reading: Reading) -> None:
    with files.open_lines(file) as opened:
        head = opened.read(files.HEAD)
    found = sniff.dialect(head, reading.encoding, len(head) < files.HEAD, reading.delimiter, reading.quoting).names
    if found != reading.names:
        raise DataError("the source", [Problem(file.name, "has other columns than the files before it", "audit it by itself")])


def open_source(source: str, options: Options) -> Source:
    """Open an archive and look at its first bytes.

    Parameters
    ----------
    source : a path, an address of pyarrow's file systems, `-` for standard input, or SQLAlchemy's URL of a database.

    Raises
    ------
    DataError : it is not there, of no known format, or has no column that could be the text.
    UsageError : the options do not fit it.
    """
    if _URL.match(source) and not files.is_remote(source):
        return _database(source, options)
    if options.table or options.query:
        raise UsageError("the command line", [Problem("--table" if options.table else "--query", "is for databases",
                                                      "give SOURCE as SQLAlchemy's URL, such as postgresql://me@db/comments")])
    found = [File(files.STDIN, "standard input", 0, 0)] if source == files.STDIN else files.listing(source)
    opened = files.open_lines(found[0])
    head = opened.read(files.HEAD)
    again = files.rewound(head, opened) if source == files.STDIN else None
    reading = _reading(head, found[0], options, again)
    if again is None:
        opened.close()
    return Source(files.shown_as(source), reading, found, _total(found, reading), first=again)


def _total(found: Sequence[File], reading: Reading) -> int | None:
    if reading.family == "parquet":
        return sum(columnar.count(file) for file in found)
    if reading.family in ("csv", "json") and all(text.is_cuttable(file, reading) for file in found):
        return sum(file.size for file in found)
    return None


def _reading(head: bytes, file: File, options: Options, standard_input: Any) -> Reading:
    chosen = options.format
    kind = {"tsv": "csv", "jsonl": "json", "coral": "json", "feather": "arrow"}.get(chosen or "", chosen) or sniff.family(head, file.name)
    html, code = options.html, options.encoding
    if kind in _EXPORTS:
        past = columns.past_words(None, options.past)
        return Reading(kind, (), columns.Columns(), code or "", html=True if html is None else html, past=past)
    is_whole = len(head) < files.HEAD
    extra: dict[str, Any] = {}
    if kind in ("parquet", "arrow"):
        if standard_input is not None and kind == "parquet":
            raise DataError("the source", [Problem("standard input", "is Parquet, which cannot be read from a pipe", "name the file")])
        if standard_input is None and columnar.is_cuttable(file, kind):
            names = columnar.names(file, kind)
        else:
            names = columnar.stream_names(io.BytesIO(head), file.name)[1]
    elif kind == "lines":
        names, kind = ("text",), "csv"
        extra = {"delimiter": sniff.SINGLE, "quoting": "none", "header": False}
    elif kind == "csv":
        delimiter = "\t" if chosen == "tsv" and options.delimiter is None else options.delimiter
        found = sniff.dialect(head, code or sniff.encoding(head), is_whole, delimiter, options.quoting, options.header)
        names = found.names
        extra = {"delimiter": found.delimiter, "quoting": found.quoting, "header": found.header}
    else:
        extra = {"lines": sniff.is_lines(head, is_whole)}
        names = sniff.json_names(head, extra["lines"], is_whole)
    picked = columns.choose(names, options.columns, file.name)
    is_coral = chosen == "coral" or (kind == "json" and {"revisions", "storyID"} <= set(names))
    if code is None:
        code = sniff.encoding(head) if kind == "csv" else sniff.marked(head) or "utf-8" if kind == "json" else "utf-8"
    return Reading(kind, names, picked, code,
                   html=(is_coral or (picked.text or "").lower().endswith("html")) if html is None else html,
                   past=columns.past_words(picked.past, options.past), **extra)


def _database(source: str, options: Options) -> Source:
    database = Database(source, options.table, options.query)
    picked = columns.choose(database.names, options.columns, "the database")
    reading = Reading("database", database.names, picked, html=bool(options.html), past=columns.past_words(picked.past, options.past))
    opened = Source(shown(source), reading, [], None, database)
    opened.identity = [shown(source), options.table, options.query]
    return opened
