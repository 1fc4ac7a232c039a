"""Parquet and Arrow (Feather) files: parts by runs of rows, of which only the columns that are needed are read.

Knows row groups and record batches. A text column whose bytes are no UTF-8 costs the rows that hold them, not their batch.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.ipc
import pyarrow.parquet

from moderation.audit.readers import arrays, files
from moderation.audit.readers.parts import Part, Reading
from moderation.audit.rows import BATCH, BROKEN, FIELDS, Place, batches
from moderation.errors import DataError, Problem


def _opened(file: files.File | str, name: str, family: str) -> Any:
    try:
        opened = files.open_random(file)
        return pyarrow.parquet.ParquetFile(opened) if family == "parquet" else pyarrow.ipc.open_file(opened)
    except (pa.ArrowException, OSError) as error:
        raise DataError("the source", [Problem(name, f"is no {family.title()} file: {str(error).partition(chr(10))[0]}",
                                               "it may be cut off; copy it again")]) from error


def is_cuttable(file: files.File, family: str) -> bool:
    """Whether parts of it can be read from the middle: not an Arrow stream, and nothing compressed as a whole."""
    if file.compression or file.uri == files.STDIN:
        return False
    if family == "parquet":
        return True
    with files.open_random(file) as opened:
        return bool(opened.read(6) == b"ARROW1")


def names(file: files.File, family: str) -> tuple[str, ...]:
    """The columns, those inside of structs by their path."""
    return tuple(_schema_names(_schema(_opened(file, file.name, family))))


def _schema(opened: Any) -> pa.Schema:
    return opened.schema_arrow if isinstance(opened, pyarrow.parquet.ParquetFile) else opened.schema


def _schema_names(schema: pa.Schema) -> Iterator[str]:
    for field in schema:
        yield field.name
        if pa.types.is_struct(field.type):
            yield from (f"{field.name}.{inner.name}" for inner in field.type)


def count(file: files.File) -> int:
    """The rows of a Parquet file."""
    return int(_opened(file, file.name, "parquet").metadata.num_rows)


def stream_names(opened: BinaryIO, name: str) -> tuple[Any, tuple[str, ...]]:
    """An Arrow stream and its columns."""
    try:
        found = pyarrow.ipc.open_stream(opened)
    except pa.ArrowException as error:
        raise DataError("the source", [Problem(name, "is neither an Arrow file nor an Arrow stream", "write it again")]) from error
    return found, tuple(_schema_names(found.schema))


def _sizes(opened: Any) -> list[int]:
    """The rows of each row group or record batch."""
    if isinstance(opened, pyarrow.parquet.ParquetFile):
        return [opened.metadata.row_group(index).num_rows for index in range(opened.metadata.num_row_groups)]
    return [opened.get_batch(index).num_rows for index in range(opened.num_record_batches)]


def cut(file: files.File, reading: Reading, part_rows: int, number: int, row: int) -> Generator[Part, None, tuple[int, int]]:
    """The parts of a file, from this number and row on.

    Neighbouring groups that are small make one part; a group that is large makes several, each of which reads past the rows
    before its own, so that one large group occupies more than one worker. Returns the number and the row that come next.
    """
    opened = _opened(file, file.name, reading.family)
    start = count = 0
    for size in [*_sizes(opened), None]:
        if count and (size is None or count + size > part_rows):
            pieces = -(-count // part_rows)
            for piece in range(pieces):
                low, high = start + count * piece // pieces, start + count * (piece + 1) // pieces
                yield Part(number, row + low, file.uri, low, high, high - low, file.name)
                number += 1
            start, count = start + count, 0
        count += size or 0
    return number, row + start


def read(part: Part, reading: Reading) -> Iterator[Any]:
    """The rows of a part: batches of `INPUT`."""
    opened = _opened(part.file, part.name, reading.family)
    groups, skip, base = [], part.start, 0
    for index, size in enumerate(_sizes(opened)):
        if base < part.end and part.start < base + size:
            groups.append(index)
        elif base + size <= part.start:
            skip -= size
        base += size
    tops = sorted({name.split(".")[0] if name not in _schema(opened).names else name for name in reading.columns.named().values()})
    if isinstance(opened, pyarrow.parquet.ParquetFile):
        batches = opened.iter_batches(BATCH, groups, tops, use_threads=False)
    else:
        batches = (opened.get_batch(index).select(tops) for index in groups)
    at, left = part.first_row, part.end - part.start
    for batch in batches:
        if left <= 0:
            return
        if skip >= batch.num_rows:
            skip -= batch.num_rows
            continue
        wanted = batch.slice(skip, left)
        skip = 0
        left -= wanted.num_rows
        yield from rows(wanted, reading, part.name, at, at - part.first_row + part.start)
        at += wanted.num_rows


def rows(batch: pa.RecordBatch, reading: Reading, name: str, row: int, place: int) -> Iterator[Any]:
    """The rows of a record batch of any columns: batches of `INPUT`; `place` is the row's number in its file, from 0."""
    named = reading.columns.named()
    for start in range(0, batch.num_rows, BATCH):
        piece = batch.slice(start, BATCH)
        columns = [_column(piece, named[field]) if field in named else None for field in FIELDS]
        sound = arrays.whole(columns, row + start)
        if sound is not None:
            yield sound
            continue
        said = [[None] * piece.num_rows if column is None else arrays.values(column) for column in columns]
        entries = ((Place(name, "row", number), BROKEN if arrays.NO_UTF8 in values else values)
                   for number, values in enumerate(zip(*said, strict=True), place + start + 1))
        yield from batches(entries, row + start)


def _column(batch: pa.RecordBatch, path: str) -> pa.Array:
    if path in batch.schema.names:
        return batch.column(path)
    top, _, inner = path.partition(".")
    return pc.struct_field(batch.column(top), inner)
