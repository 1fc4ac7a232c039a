"""The folder that an audit writes: every file whole or not there, whatever happens, and nothing of two runs mixed.

A file is written under a temporary name, forced to the disk and renamed; a part counts as done when its `.done.json` is there,
which is written last. Knows files; knows nothing of what they hold.

    DIR/parts/00012.parquet        results                     DIR/key.json    what the run is of
    DIR/parts/00012.rejected.jsonl rows that could not be used  DIR/copies/     parts of what cannot be read from the middle
    DIR/parts/00012.done.json      counts and the tally         DIR/.lock       held by the one run that writes here
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from moderation.errors import DataError, Problem

OUTPUTS = ("run.json", "summary.json", "report.html", "rejected_rows.jsonl", "sample.jsonl")
_TEMPORARY = ".tmp-"
# What a run is of, in words; what follows from the entry before it is not said.
_WORDS = {"source": "of another archive, or of one that has changed since", "moderation": "by another version of moderation",
          "format": "in another format", "model": "by another model", "lexicon": "by other word lists", "policy": "by another policy",
          "reading": "read in another way (format, encoding or columns)", "rows of a part": "with another --part-rows"}
_FOLLOWS = {"tier": ("digest", "model", "rows of a part")}


def _force(path: Path) -> None:
    """Have the disk hold what was written to a file or folder, so that a loss of power after a rename loses nothing."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path that takes the place of `path` when the block ends well, and goes away when it does not."""
    temporary = path.parent / f"{_TEMPORARY}{path.name}-{uuid.uuid4().hex}"
    try:
        yield temporary
        _force(temporary)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _force(path.parent)


def write(path: Path, content: bytes) -> None:
    """Put a file in place, whole."""
    with replacing(path) as temporary:
        temporary.write_bytes(content)


class Done(msgspec.Struct):
    """What is known of a part that is done.

    Attributes
    ----------
    part, first_row, digest : the part's. key : the run's.
    rows, rejected, left_out : rows scored, not usable, and outside of --since or --section.
    actions : rows by action, in the order of `policy.ACTIONS`. bands : rows by the highest score, in tenths.
    unknown : words of the archive's for its decisions that stand for none of ours.
    sections : that were seen, where --section is given: those that are meant, and some of the others.
    sizes : bytes of each file of the part. tally : of the part, as JSON.
    """

    part: int
    first_row: int
    digest: str
    key: str
    rows: int
    rejected: int
    left_out: int
    actions: list[int]
    bands: list[int]
    unknown: dict[str, int]
    sizes: dict[str, int]
    tally: msgspec.Raw
    sections: list[str] = []


class Folder:
    """An audit's folder.

    Parameters
    ----------
    path : made with what is above it if it is not there.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.parts = path / "parts"
        self.copies = path / "copies"
        self._lock: Any = None

    def file(self, number: int, ending: str) -> Path:
        """A part's file."""
        return self.parts / f"{number:05}.{ending}"

    def open(self, key: dict[str, Any], restart: bool = False) -> None:
        """Make it ready for a run of this key: a new one, or one that goes on.

        Raises
        ------
        DataError : another run is writing there, or one of another key has.
        """
        try:
            self.parts.mkdir(parents=True, exist_ok=True)
            self._lock = (self.path / ".lock").open("w")
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.close()
            self._lock = None
            raise self._refused("is being written by another run", "wait for it, or name another folder") from None
        except OSError as error:
            raise self._refused(f"cannot be written: {error.strerror}", "name a folder that can") from error
        held = self.path / "key.json"
        if restart:
            for old in (held, *(self.path / name for name in OUTPUTS), *self.parts.glob("[0-9]*.*")):
                old.unlink(missing_ok=True)
        shutil.rmtree(self.copies, ignore_errors=True)
        self.sweep()
        if held.exists():
            self._compare(msgspec.json.decode(held.read_bytes()), key)
        elif any(self.parts.iterdir()):
            raise self._refused("holds parts of a run that nobody can name", "name another folder, or give --restart to begin anew")
        else:
            write(held, msgspec.json.format(msgspec.json.encode(key, order="sorted"), indent=1))

    def sweep(self) -> None:
        """Delete what processes that were killed had in the making."""
        for left in (*self.parts.glob(f"{_TEMPORARY}*"), *self.path.glob(f"{_TEMPORARY}*")):
            left.unlink(missing_ok=True)

    def _compare(self, held: dict[str, Any], key: dict[str, Any]) -> None:
        wanted = msgspec.json.decode(msgspec.json.encode(key))
        other = [name for name in sorted({*held, *wanted}) if held.get(name) != wanted.get(name)]
        if other:
            follows = {follower for name in other for follower in _FOLLOWS.get(name, ())} | ({"digest"} if len(other) > 1 else set())
            told = [_told(name, held.get(name), wanted.get(name)) for name in other if name not in follows]
            raise self._refused(f"holds another audit: {'; '.join(told)}", "name another folder, or give --restart to begin anew")

    def _refused(self, what: str, hint: str) -> DataError:
        return DataError("the command line", [Problem(f"--out {self.path}", what, hint)])

    def done(self, number: int) -> Done | None:
        """What is known of a part; None if it is not done, or its files are not what they were."""
        try:
            found = msgspec.json.decode(self.file(number, "done.json").read_bytes(), type=Done)
        except (OSError, msgspec.DecodeError):
            return None
        for name, size in found.sizes.items():
            path = self.parts / name
            if not path.exists() or path.stat().st_size != size:
                return None
        return found

    def close(self) -> None:
        """Let another run write here."""
        if self._lock is not None:
            shutil.rmtree(self.copies, ignore_errors=True)
            self._lock.close()
            self._lock = None


def _told(name: str, was: Any, now: Any) -> str:
    """How a run differs from the one that is asked for."""
    if name == "digest":
        return "by other settings of the scorer"
    if name == "--since":
        return "with another --since"
    return _WORDS.get(name) or f"with {name} {_plain(was)}, not {_plain(now)}"


def _plain(value: Any) -> str:
    return ", ".join(value) or "of none" if isinstance(value, list) else str(value)
