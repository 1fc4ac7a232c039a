"""Rows that are columns of Arrow's already: made into a batch of `rows.INPUT` whole, without a look at each row.

Knows Arrow's types and what `rows` makes of Python's values; a batch made here is the one that `rows.batches` makes of the same rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from moderation.audit.rows import BATCH_TEXT, INPUT, LONGEST_TEXT, LONGEST_WORD, YEARS, Moment, column_of

NO_UTF8: Any = object()  # in `values`, stands for a string that is none


def whole(columns: Sequence[pa.Array | None], row: int) -> pa.RecordBatch | None:
    """A batch of the columns of `rows.FIELDS`; None where a row may have a fault, or they may be too large for one batch.

    Parameters
    ----------
    columns : as long as each other; None for a field that the archive lacks.
    row : the number of the first.
    """
    try:
        texts, *others = (None if column is None else _plain(column) for column in columns)
    except (UnicodeDecodeError, pa.ArrowException):
        return None
    if texts is None or not _is_sound(texts):
        return None
    _, _, *fields = INPUT
    made = [pa.nulls(len(texts), field.type) if column is None else _made(column, field)
            for column, field in zip([*others, None, None], fields, strict=True)]
    return pa.RecordBatch.from_arrays([pa.array(np.arange(row, row + len(texts))), texts, *made], schema=INPUT)


def _plain(column: pa.Array) -> pa.Array:
    """A column without a dictionary, its strings of one type and found to be UTF-8."""
    column = _spelled_out(column)
    if _is_string(column.type):
        column = column.cast(pa.string())
        column.validate(full=True)
    return column


def _spelled_out(column: pa.Array) -> pa.Array:
    """A column whose values stand in its rows, not in a dictionary."""
    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column


def _is_string(kind: pa.DataType) -> bool:
    return any(is_one(kind) for is_one in (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary, pa.types.is_large_binary))


def _is_sound(texts: pa.Array) -> bool:
    """Whether `rows.fault_of` finds nothing in any text, and they are no more than a batch. Bytes, of which there are not fewer, stand
    for characters; what Arrow takes for space is what Python does."""
    if not pa.types.is_string(texts.type) or texts.null_count or not len(texts):
        return False
    lengths = pc.binary_length(texts)
    ends = pc.min_max(lengths).as_py()
    is_short = ends["min"] > 0 and ends["max"] <= LONGEST_TEXT and pc.sum(lengths).as_py() < BATCH_TEXT
    return is_short and not pc.any(pc.utf8_is_space(texts)).as_py()


def _made(column: pa.Array, field: pa.Field) -> pa.Array:
    """What `rows.column_of` makes of the column's values."""
    kind = column.type
    if pa.types.is_timestamp(field.type) and _is_time(kind):
        moments = _microseconds(column)
        seconds = pc.divide(moments.cast(pa.float64(), safe=False), 1e6)
        is_shown = pc.and_(pc.greater_equal(seconds, YEARS[0]), pc.less(seconds, YEARS[1]))
        return pc.if_else(is_shown, moments, None).cast(field.type)
    if pa.types.is_string(field.type) and pa.types.is_string(kind):
        short = pc.utf8_slice_codeunits(pc.utf8_trim_whitespace(column), 0, LONGEST_WORD)
        return pc.if_else(pc.equal(short, ""), None, short)
    if pa.types.is_string(field.type) and (pa.types.is_integer(kind) or pa.types.is_boolean(kind)):
        return column.cast(pa.string())
    return column_of(values(column), field)


def _is_time(kind: pa.DataType) -> bool:
    return any(is_one(kind) for is_one in (pa.types.is_timestamp, pa.types.is_date))


def _microseconds(column: pa.Array) -> pa.Array:
    """Times in microseconds since 1970; one without a zone is UTC, as everywhere here."""
    return column.cast(pa.timestamp("us"), safe=False).cast(pa.int64())


def values(column: pa.Array) -> list[Any]:
    """Python's values of a column; times are whole microseconds, broken strings are `NO_UTF8`."""
    column = _spelled_out(column)
    kind = column.type
    if _is_time(kind):
        return [None if value is None else Moment(value) for value in _microseconds(column).to_pylist()]
    if _is_string(kind):
        try:
            return column.cast(pa.string()).to_pylist()  # type: ignore[no-any-return]  # pyarrow has no types
        except (UnicodeDecodeError, pa.ArrowException):
            return [_decoded(value) for value in column.cast(pa.large_binary()).to_pylist()]
    return column.to_pylist()  # type: ignore[no-any-return]  # pyarrow has no types


def _decoded(value: bytes | None) -> Any:
    try:
        return None if value is None else value.decode()
    except UnicodeDecodeError:
        return NO_UTF8
