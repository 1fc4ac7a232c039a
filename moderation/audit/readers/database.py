"""A table or a query of a database, by SQLAlchemy: rows in an order that is always the same, some at a time.

A table is read in the order of its primary key. Knows SQL's surface; the rows are copied into parts as they come.
"""

from __future__ import annotations

import datetime
import os
import re
from collections.abc import Iterable, Iterator
from typing import Any

from moderation.audit.readers.parts import Reading
from moderation.audit.rows import BATCH, BROKEN, FIELDS, Place, batches
from moderation.errors import DataError, Problem, UsageError, listed

# What of SQL is no part of the outermost query: strings, quoted names and comments; then what stands in brackets.
_QUOTED = re.compile(r"""'(?:[^']|'')*'|"[^"]*"|`[^`]*`|--[^\n]*|/\*.*?\*/""", re.DOTALL)
_BRACKETS = re.compile(r"\([^()]*\)")


def _is_ordered(query: str) -> bool:
    """Whether the outermost query says in which order its rows come.

    >>> _is_ordered("select body from comments order by id"), _is_ordered("select * from (select 1 order by 1) -- order by id")
    (True, False)
    """
    rest, count = _QUOTED.sub(" ", query), 1
    while count:
        rest, count = _BRACKETS.subn(" ", rest)
    return re.search(r"\border\s+by\b", rest, re.IGNORECASE) is not None


def _failed(error: Exception) -> DataError:
    # The message of the database alone: what goes with it may hold values of rows, or a password.
    reason = str(getattr(error, "orig", None) or type(error).__name__).partition("\n")[0]
    return DataError("the database", [Problem("SOURCE", f"cannot be read: {reason}", "look at the URL, the table or the query")])


def _present(url: Any) -> Any:
    """The URL. SQLite would make a file that is not there."""
    file = url.database
    if url.get_backend_name() == "sqlite" and file and file != ":memory:" and not file.startswith("file:") and not os.path.exists(file):
        raise DataError("the source", [Problem(file, "is not there", "the path behind sqlite:/// is read from this folder, the one behind "
                                                                     "sqlite://// from the root")])
    return url


def _name(name: str) -> str:
    """A column's name as a string like any other: SQLAlchemy's own kind of string cannot be written as JSON."""
    return "".join(name)


class Database:
    """A table or a query, opened to be read.

    Parameters
    ----------
    url : SQLAlchemy's. table, query : one of them.

    Raises
    ------
    DataError : it cannot be opened, or has no such table.
    UsageError : neither is given, or the query leaves its order open.
    """

    def __init__(self, url: str, table: str | None = None, query: str | None = None) -> None:
        import sqlalchemy as sa

        if query is not None and not _is_ordered(query):
            what = "has no ORDER BY of its own, and an audit that goes on, or is compared, wants the rows in the same order each time"
            raise UsageError("the command line", [Problem("--query", what, "end it with one that leaves no two rows open, as ORDER BY id")])
        self._errors = (sa.exc.SQLAlchemyError, ImportError)
        try:
            self._engine = sa.create_engine(_present(sa.make_url(url)))
            with self._engine.connect() as connection:
                if query is not None:
                    self._statement: Any = sa.text(query)
                    self.names = self._names(connection)
                else:
                    self._statement = self._select(sa, connection, table)
                    self.names = tuple(map(_name, self._statement.selected_columns.keys()))
        except self._errors as error:
            raise _failed(error) from error

    def _names(self, connection: Any) -> tuple[str, ...]:
        result = connection.execution_options(stream_results=True, max_row_buffer=1).execute(self._statement)
        names = tuple(map(_name, result.keys()))
        result.close()
        return names

    def _select(self, sa: Any, connection: Any, table: str | None) -> Any:
        tables = sa.inspect(connection).get_table_names()
        shown = f"name one of {listed(tables)}, or give --query" if tables else "the database has none; give --query to read a view"
        if table is None:
            raise UsageError("the command line", [Problem("--table", "is missing", shown)])
        if "." not in table and table not in tables:
            raise DataError("the database", [Problem(f"--table {table}", "names no table", shown)])
        schema, _, name = table.rpartition(".")
        found = sa.Table(name, sa.MetaData(), schema=schema or None, autoload_with=connection)
        order = list(found.primary_key.columns) or list(found.columns)
        return sa.select(found).order_by(*order)

    def stream(self, reading: Reading, name: str, row: int) -> Iterator[Any]:
        """All rows: batches of `INPUT`. What a driver has as bytes is read as UTF-8.

        Raises
        ------
        DataError : the database broke off.
        """
        try:
            with self._engine.connect() as connection:
                options = connection.execution_options(stream_results=True, yield_per=BATCH)
                yield from batches(self._entries(options.execute(self._statement), reading, name, row), row)
        except self._errors as error:
            raise _failed(error) from error

    def _entries(self, found: Iterable[Any], reading: Reading, name: str, row: int) -> Iterator[tuple[Place, list[Any] | str]]:
        named = reading.columns.named()
        places = [self.names.index(named[field]) if field in named else None for field in FIELDS]
        for number, entry in enumerate(found, row + 1):
            values = [None if place is None else _plain(entry[place]) for place in places]
            yield Place(name, "row", number), BROKEN if any(value is _BROKEN for value in values) else values

    def close(self) -> None:
        """Let go of the database's connections."""
        self._engine.dispose()


_BROKEN: Any = object()


def _plain(value: Any) -> Any:
    if isinstance(value, (bytes, bytearray, memoryview)):
        try:
            return bytes(value).decode()
        except UnicodeDecodeError:
            return _BROKEN
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return datetime.datetime(value.year, value.month, value.day, tzinfo=datetime.UTC)
    return value
