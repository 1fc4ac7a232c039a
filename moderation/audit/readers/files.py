"""Files of a source, wherever they lie: on this machine, or behind `s3://`, `gs://`, `hdfs://` by pyarrow's file systems.

Knows places, compression and the first bytes by which a format is told; reads no rows.
"""

from __future__ import annotations

import io
import re
import sys
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.fs

from moderation.errors import DataError, Problem
from moderation.settings import shown

STDIN = "-"
_REMOTE = re.compile(r"(s3|gs|gcs|hdfs|viewfs|abfs|abfss|file)://")
_MAGIC = ((b"\x1f\x8b", "gzip"), (b"\x28\xb5\x2f\xfd", "zstd"), (b"BZh", "bz2"))
HEAD = 1_000_000  # bytes by which a file's format is told
_BUFFER = 1 << 20
_PIECE = 1 << 14  # bytes decompressed at a time: what is lost at most before a damaged place


@dataclass(frozen=True, slots=True)
class File:
    """One file of a source: `uri` is a path or an address; `modified` is in nanoseconds, 0 where it is not known."""

    uri: str
    name: str
    size: int
    modified: int
    compression: str = ""


def is_remote(source: str) -> bool:
    """Whether this is an address of one of pyarrow's file systems."""
    return bool(_REMOTE.match(source))


def shown_as(source: str) -> str:
    """A source as it may be shown: of an address neither a password nor what stands behind `?`.

    >>> shown_as("s3://key:secret@bucket/comments?region=eu-west-1")
    's3://key:...@bucket/comments'
    """
    return shown(source.partition("?")[0]) if is_remote(source) else source


def _file_system(uri: str) -> tuple[Any, str]:
    if is_remote(uri):
        return pyarrow.fs.FileSystem.from_uri(uri)  # type: ignore[no-any-return]  # pyarrow has no types
    return pyarrow.fs.LocalFileSystem(), uri


def _refused(source: str, error: Exception) -> DataError:
    what = error.strerror if isinstance(error, OSError) and error.strerror else str(error).partition("\n")[0]
    hint = "name a file, a folder, an address or `-`"
    if source.startswith(("hdfs://", "viewfs://")):
        hint = "it is read by Hadoop's client: set JAVA_HOME, HADOOP_HOME and CLASSPATH as Arrow's documentation of HDFS says"
    return DataError("the source", [Problem(shown_as(source), f"cannot be read: {what}", hint)])


def listing(source: str) -> list[File]:
    """The files of a source in the order of their paths: itself, or every file of a folder and its folders.

    Files whose name begins with `.` or `_`, as engines leave them, are no data.

    Raises
    ------
    DataError : there is nothing, or it cannot be reached.
    """
    try:
        system, path = _file_system(source)
        info = system.get_file_info(path)
        if info.type == pyarrow.fs.FileType.NotFound:
            hint = "name a file, a folder, an address or `-` for standard input"
            raise DataError("the source", [Problem(shown_as(source), "is not there", hint)])
        if info.type != pyarrow.fs.FileType.Directory:
            found = [info]
        else:
            inside = system.get_file_info(pyarrow.fs.FileSelector(path, recursive=True))
            found = sorted((each for each in inside if each.type == pyarrow.fs.FileType.File and not _is_hidden(each.path, path)),
                           key=lambda each: each.path)
    except (OSError, pa.ArrowException, ValueError) as error:
        raise _refused(source, error) from error
    if not found:
        raise DataError("the source", [Problem(shown_as(source), "is a folder without files", "name one that holds the archive")])
    return [_with_compression(source, info, path) for info in found]


def _is_hidden(path: str, root: str) -> bool:
    inner = PurePosixPath(path).relative_to(root) if PurePosixPath(path).is_relative_to(root) else PurePosixPath(path)
    return any(part.startswith((".", "_")) for part in inner.parts)


def _with_compression(source: str, info: Any, root: str) -> File:
    uri, name = info.path, PurePosixPath(info.path).name
    if is_remote(source):
        # What the address says beside the path (an endpoint, a region) holds for each file of a folder.
        base, question, query = source.partition("?")
        uri = base.rstrip("/") + info.path[len(root.rstrip("/")):] + question + query
    elif info.path != root:
        name = PurePosixPath(info.path).relative_to(root).as_posix()
    file = File(uri, name, info.size or 0, info.mtime_ns or 0)
    with open_random(file) as opened:
        start = opened.read(4)
    compression = next((kind for magic, kind in _MAGIC if start.startswith(magic)), "")
    return File(file.uri, file.name, file.size, file.modified, compression)


def open_random(file: File | str) -> Any:
    """A file to be read from anywhere, as pyarrow has it.

    Raises
    ------
    DataError : it cannot be opened.
    """
    uri = file if isinstance(file, str) else file.uri
    try:
        system, path = _file_system(uri)
        return system.open_input_file(path)
    except (OSError, pa.ArrowException) as error:
        raise _refused(uri, error) from error


def open_lines(file: File | str) -> BinaryIO:
    """A file's bytes from the beginning, decompressed, with a buffer; standard input for `-`.

    Raises
    ------
    DataError : it cannot be opened.
    """
    if isinstance(file, str) and file != STDIN and not is_remote(file):
        return Path(file).open("rb", buffering=_BUFFER)
    if isinstance(file, File) and file.uri == STDIN:
        raw: BinaryIO = sys.stdin.buffer
        start = raw.peek(4)[:4] if isinstance(raw, io.BufferedReader) else b""
        compression = next((kind for magic, kind in _MAGIC if start.startswith(magic)), "")
        if not compression:
            return raw
        stream: Any = pa.PythonFile(raw, "r")
    else:
        stream = open_random(file)
        compression = file.compression if isinstance(file, File) else ""
    return io.BufferedReader(_Unpacked(pa.CompressedInputStream(stream, compression)) if compression else stream, _BUFFER)


class _Unpacked(io.RawIOBase):
    """A decompressed stream, which ends where the compressed one is damaged or cut off."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.is_broken = False

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        try:
            found = b"" if self.is_broken else self._stream.read(min(len(into), _PIECE))
        except (OSError, pa.ArrowException):
            self.is_broken = True
            return 0
        into[: len(found)] = found
        return len(found)


def is_broken(opened: Any) -> bool:
    """Whether a file that has been read to its end was not whole."""
    raw = getattr(opened, "raw", opened)
    return is_broken(raw.rest) if isinstance(raw, Rewound) else bool(getattr(raw, "is_broken", False))


class Rewound(io.RawIOBase):
    """A stream of which the first bytes have been looked at, from its beginning again."""

    def __init__(self, head: bytes, rest: Any) -> None:
        self._head = memoryview(head)
        self.rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        if self._head:
            size = min(len(into), len(self._head))
            into[:size] = self._head[:size]
            self._head = self._head[size:]
            return size
        found = self.rest.read(len(into))
        into[: len(found)] = found
        return len(found)


def rewound(head: bytes, rest: Any) -> BinaryIO:
    """`head` and then the rest, with a buffer."""
    return io.BufferedReader(Rewound(head, rest), _BUFFER)
