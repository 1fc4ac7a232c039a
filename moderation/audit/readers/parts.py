"""Parts of a source, and how to read them: what a worker on another machine is sent.

Knows places; opens nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from moderation.audit.columns import Columns

PART_BYTES = 32_000_000


@dataclass(frozen=True, slots=True)
class Part:
    """A run of neighbouring rows.

    Attributes
    ----------
    number : from 0, in the order of the source.
    first_row : the place of its first row in the source, from 0.
    file : path or address of the file that holds it; a copy of our own where the source cannot be read from the middle.
    start, end : bytes of the file, or rows of it in a columnar file, half-open. rows : how many it has.
    name : what people call the file. first_line : the number of its first line, from 1.
    digest : of the content, where the file is our copy; empty where the file's size and time stand for it.
    """

    number: int
    first_row: int
    file: str
    start: int
    end: int
    rows: int
    name: str
    first_line: int = 1
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """How every part of a source is read.

    Attributes
    ----------
    family : `csv`, `json`, `parquet`, `arrow`; `disqus`, `wordpress`, `database`, which are always copied.
    names : the columns in their order. columns : which of them hold what.
    encoding, delimiter, quoting : of text; quoting is `double`, `backslash` or `none`. header : whether the first record is names.
    lines : whether every line is a JSON object, and not every element of an array.
    html : whether the texts are HTML. past : our word for each of theirs.
    """

    family: str
    names: tuple[str, ...]
    columns: Columns
    encoding: str = "utf-8"
    delimiter: str = ","
    quoting: str = "double"
    header: bool = True
    lines: bool = True
    html: bool = False
    past: Mapping[str, str] = field(default_factory=dict)
