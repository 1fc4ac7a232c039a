"""Rows as readers hand them on, whatever they come from: one Arrow batch of the comment's fields, with faults beside them.

A row that cannot be used keeps its number and has a `fault` and a `place` in place of a text; neither holds what the row says.
Knows values; knows no file format.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pyarrow as pa

FIELDS = ("text", "id", "time", "section", "author", "past", "thread", "parent")
INPUT = pa.schema([("row", pa.int64()), ("text", pa.string()), ("id", pa.string()), ("time", pa.timestamp("us", tz="UTC")),
                   ("section", pa.string()), ("author", pa.string()), ("past", pa.string()), ("thread", pa.string()),
                   ("parent", pa.string()), ("fault", pa.string()), ("place", pa.string())])

LONGEST_TEXT = 100_000  # characters, as much as the service takes
LONGEST_ROW = 4_000_000  # bytes of a row as it stands in a file, its other columns with it
LONGEST_WORD = 1_000  # characters of an id, a section, an author
BATCH = 2_000  # rows that are read, scored and written together
BATCH_TEXT = 4_000_000  # characters of texts, beyond which a batch is full before it has as many rows

NO_TEXT = "has no text"
TOO_LONG = f"its text is longer than {LONGEST_TEXT} characters"
ROW_TOO_LONG = f"is longer than {LONGEST_ROW} bytes"
BROKEN = "broken encoding"
BROKEN_OFF = "the file breaks off here: it is damaged or not whole"
NOT_TEXT = "its text is not a string"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DIGITS = re.compile(r"-?[0-9]{1,19}(?:\.[0-9]+)?")
_FORMATS = ("%a, %d %b %Y %H:%M:%S %z", "%Y/%m/%d %H:%M:%S", "%d.%m.%Y %H:%M", "%d/%m/%Y %H:%M", "%Y-%m-%d %H:%M:%S %Z")
YEARS = (-62_135_596_800, 253_402_300_800)  # 0001 to 9999, in seconds: what a calendar can show


class Moment(int):
    """A time that is in microseconds since 1970 already."""


def microseconds(value: Any) -> int | None:
    """A moment in microseconds since 1970, UTC; None where the value is no time.

    Takes ISO 8601 (UTC where it names no zone), mail's dates, numbers of seconds, milli-, micro- or nanoseconds since 1970 (told
    by their size), `datetime` and MongoDB's `{"$date": ...}`.

    >>> microseconds("2024-02-29T12:00:00Z") == microseconds(1709208000) == microseconds({"$date": 1709208000000})
    True
    """
    if isinstance(value, Moment):
        return int(value) if YEARS[0] <= value / 1e6 < YEARS[1] else None
    if isinstance(value, dict):
        value = value.get("$date", value.get("$numberLong"))
        return microseconds(value)
    if isinstance(value, str):
        value = value.strip()
        if _DIGITS.fullmatch(value):
            return microseconds(float(value) if "." in value else int(value))
        value = _parsed(value)
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, datetime):
        return round(((value if value.tzinfo else value.replace(tzinfo=UTC)) - _EPOCH).total_seconds() * 1e6)
    if not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    for scale in (1, 1_000, 1_000_000, 1_000_000_000):
        if abs(value) < 100_000_000_000 * scale:  # seconds until the year 5138
            found = round(value * (1_000_000 / scale)) if isinstance(value, float) or scale > 1_000_000 else value * (1_000_000 // scale)
            return found if YEARS[0] <= found / 1e6 < YEARS[1] else None
    return None


def _parsed(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    for form in _FORMATS:
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    return None


def word(value: Any) -> str | None:
    """A value as a short string: an id, a section, an author; None for nothing and for what is no single value."""
    if not isinstance(value, str):
        if isinstance(value, dict):
            value = value.get("$oid", value.get("$numberLong", value.get("$numberInt")))
        if value is None or isinstance(value, (dict, list)):
            return None
        value = str(value).lower() if isinstance(value, bool) else str(value)
    text = value.strip()[:LONGEST_WORD]
    return (text if text.isascii() else text.encode("utf-8", "replace").decode()) or None


def fault_of(text: Any) -> str | None:
    """What keeps a text from being scored; None where nothing does."""
    if text is None:
        return NO_TEXT
    if not isinstance(text, str):
        return NOT_TEXT
    if len(text) > LONGEST_TEXT:
        return TOO_LONG
    if not text or text.isspace():
        return NO_TEXT
    return None


class Place(NamedTuple):
    """Where a row stands in its source, such as line 17 of `comments.csv`."""

    name: str
    unit: str
    number: int

    def __str__(self) -> str:
        return f"{self.name}, {self.unit} {self.number}"


def batches(entries: Iterable[tuple[Place, Sequence[Any] | str]], row: int) -> Iterator[pa.RecordBatch]:
    """Batches of `INPUT`, each made when it is full.

    Parameters
    ----------
    entries : each row's place, and its values in the order of `FIELDS`, or why it cannot be used.
    row : the number of the first; each has the next.
    """
    builder = _Builder()
    for number, (place, values) in enumerate(entries, row):
        builder.add(number, place, values)
        if builder.is_full:
            yield builder.take()
    if builder.places:
        yield builder.take()


class _Builder:
    """Collects rows into a batch of `INPUT`."""

    def __init__(self) -> None:
        self._clear()

    def _clear(self) -> None:
        self._numbers: list[int] = []
        self._values: list[Sequence[Any]] = []
        self._faults: dict[int, str] = {}  # by index
        self.places: list[Place] = []
        self._size = 0

    @property
    def is_full(self) -> bool:
        """Whether it is time to take what is there."""
        return len(self.places) >= BATCH or self._size >= BATCH_TEXT

    def add(self, row: int, place: Place, values: Sequence[Any] | str) -> None:
        """A row, whose text may be one that cannot be scored."""
        fault = values if isinstance(values, str) else fault_of(values[0])
        if fault:
            self._faults[len(self.places)] = fault
            values = _NOTHING
        else:
            self._size += len(values[0])
        self._numbers.append(row)
        self._values.append(values)
        self.places.append(place)

    def take(self) -> pa.RecordBatch:
        """The rows so far; the builder is empty then. A text that is no Unicode (a lone surrogate) becomes a fault."""
        try:
            found = self._made()
        except _NO_UNICODE:
            for index, (text, *_) in enumerate(self._values):
                if text is not None and text != text.encode("utf-8", "replace").decode():
                    self._values[index], self._faults[index] = _NOTHING, BROKEN
            found = self._made()
        self._clear()
        return found

    def _made(self) -> pa.RecordBatch:
        faults = [self._faults.get(index) for index in range(len(self.places))]
        places = [str(place) if fault else None for place, fault in zip(self.places, faults, strict=True)]
        return _batch(self._numbers, list(zip(*self._values, strict=True)), faults, places)


_NOTHING = (None,) * len(FIELDS)
_NO_UNICODE = (UnicodeEncodeError, pa.ArrowException)  # what Arrow raises at a lone surrogate


def _batch(numbers: Sequence[int], columns: Sequence[Sequence[Any]], faults: Sequence[str | None],
           places: Sequence[str | None]) -> pa.RecordBatch:
    """A batch of the columns of `INPUT`, those of `FIELDS` in Python's values as they were read."""
    texts, *others = columns
    made = [column_of(column, INPUT.field(name)) for name, column in zip(FIELDS[1:], others, strict=True)]
    told = [pa.array(column, pa.string()) for column in (faults, places)]
    return pa.RecordBatch.from_arrays([pa.array(numbers, pa.int64()), pa.array(texts, pa.string()), *made, *told], schema=INPUT)


def column_of(values: Sequence[Any], field: pa.Field) -> pa.Array:
    """A column of what rows say; most archives lack most columns."""
    if values.count(None) == len(values):
        return pa.nulls(len(values), field.type)
    made = microseconds if pa.types.is_timestamp(field.type) else word
    return pa.array([made(value) for value in values], field.type)
