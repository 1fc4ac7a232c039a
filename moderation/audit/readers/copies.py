"""Copies of what cannot be read from the middle (compressed text, XML, a database, a pipe): parts in files of our own.

A copy lives until its part is done. Its digest tells on another run whether the source still says the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.ipc

from moderation.audit.readers.parts import PART_BYTES, Part
from moderation.audit.rows import INPUT


def copy(batches: Iterable[Any], folder: Path, name: str, part_rows: int, number: int, row: int) -> Generator[Part, None, tuple[int, int]]:
    """Write rows into parts of `part_rows`, fewer where they are long; each part is written when it is asked for.

    Returns the number and the row that come next.
    """
    folder.mkdir(parents=True, exist_ok=True)
    held: list[Any] = []
    count = size = 0
    for batch in batches:
        while batch.num_rows:
            piece = batch.slice(0, part_rows - count)
            batch = batch.slice(piece.num_rows)
            held.append(piece)
            count, size = count + piece.num_rows, size + piece.nbytes
            if count == part_rows or size >= PART_BYTES:
                yield _written(held, folder, name, number, row, count)
                number, row = number + 1, row + count
                held, count, size = [], 0, 0
    if count:
        yield _written(held, folder, name, number, row, count)
        number, row = number + 1, row + count
    return number, row


def _written(batches: list[Any], folder: Path, name: str, number: int, row: int, count: int) -> Part:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, INPUT) as writer:
        for batch in batches:
            writer.write_batch(batch)
    content = sink.getvalue()
    path = folder / f"{number:05}.arrow"
    path.write_bytes(content)
    return Part(number, row, str(path), 0, count, count, name, 1, hashlib.sha256(content).hexdigest())


def read(part: Part) -> Iterator[Any]:
    """The rows of a copy: batches of `INPUT`."""
    with pa.OSFile(part.file) as file:
        opened = pa.ipc.open_file(file)
        for index in range(opened.num_record_batches):
            yield opened.get_batch(index)
