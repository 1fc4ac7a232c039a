"""The texts of some rows of an archive that was audited before: results name rows and hold no text. Knows rows; knows no results."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from moderation.audit.likeness import alike
from moderation.audit.readers import files
from moderation.audit.readers import source as sources
from moderation.audit.readers.parts import Reading
from moderation.errors import DataError, Problem


def fetch(source: str, key: Mapping[str, Any], rows: Collection[int]) -> dict[int, str]:
    """The texts of these rows.

    Parameters
    ----------
    source : a file, a folder or an address, as `moderation audit` takes it; a copy of what was audited will do.
    key : the audit's `key.json`, which tells how the source was read.

    Raises
    ------
    DataError : the source is not that of the audit, or cannot be read.
    """
    reading = msgspec.convert(key["reading"], Reading)
    if reading.family == "database" or source == files.STDIN:
        raise _refused(source, "cannot be read again", "name the file, folder or address that was audited, or leave --source out")
    opened = sources.Source(source, reading, files.listing(source), None)
    if alike({"source": msgspec.to_builtins(opened.identity)}, "source") != alike(key, "source"):
        what = "is not what was audited: its files are not as long"
        raise _refused(source, what, "name what was audited, or leave --source out")
    found: dict[int, str] = {}
    wanted = pa.array(sorted(rows), pa.int64())
    with tempfile.TemporaryDirectory() as copied:
        parts = opened.plan(key["rows of a part"], Path(copied))
        for part, following in itertools.pairwise(itertools.chain(parts, [None])):
            if part is None:
                continue
            end = following.first_row if following else max(rows, default=0) + 1
            if any(part.first_row <= row < end for row in rows):
                for batch in sources.read(part, reading):
                    chosen = batch.filter(pc.is_in(batch.column("row"), wanted))
                    texts = zip(chosen.column("row").to_pylist(), chosen.column("text").to_pylist(), strict=True)
                    found |= {row: text for row, text in texts if text is not None}
            if part.digest:  # a copy of ours
                Path(part.file).unlink()
    return found


def _refused(source: str, what: str, hint: str) -> DataError:
    return DataError("the command line", [Problem(f"--source {source}", what, hint)])
