"""Newline-delimited JSON (`application/x-ndjson`) in and out: results go back as lines arrive, in order, with flat memory.

Knows lines and their limits; what a line means is its caller's. Lines that have arrived are scored together, at most
`_TOGETHER` of them, and a lone line does not wait for others. A client must read while it writes: what it does not read is
soon no longer taken from it.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from queue import Empty, Full, Queue
from typing import Any, NamedTuple

from flask import Response, g, request, stream_with_context

from moderation.service import journal, lean

TYPES = ("application/x-ndjson", "application/ndjson", "application/jsonl")
_TOGETHER = 256
_WAIT = 1.0  # seconds after which a reader looks whether anybody still listens


class Line(NamedTuple):
    """A line with its number from 1; `content` is None if it is longer than a line may be."""

    number: int
    content: bytes | None


def is_asked() -> bool:
    """Whether the request is a stream of lines."""
    kind: str = lean.now().request.environ.get("CONTENT_TYPE", "")
    return kind != "application/json" and request.mimetype in TYPES


def _input(limit: int) -> Any:
    request.max_content_length = None  # each line has its limit, the stream has none
    if request.environ.get("wsgi.input_terminated"):
        return request.environ["wsgi.input"]
    return io.BufferedReader(request.stream)


def _lines(source: Any, limit: int) -> Iterator[Line]:
    number = 0
    while content := source.readline(limit + 1):
        number += 1
        if len(content) > limit and not content.endswith(b"\n"):
            while (rest := source.readline(65536)) and not rest.endswith(b"\n"):
                pass
            yield Line(number, None)
        elif content.strip():
            yield Line(number, content)


def _read(source: Any, limit: int, queue: Queue[Line | None], closed: threading.Event) -> None:
    """Put lines into the queue until there are no more, the connection breaks, or nobody listens; then None."""
    lines = _lines(source, limit)
    line: Line | None = None
    while not closed.is_set():
        try:
            line = next(lines, None)
        except Exception:  # whatever the server raises when a client breaks off or sends no chunks
            line = None
        while not closed.is_set():
            try:
                queue.put(line, timeout=_WAIT)
                break
            except Full:
                continue
        if line is None:
            return


def answer(limit: int, score: Callable[[list[Line]], bytes]) -> Response:
    """The response that streams what `score` makes of the lines, some at a time.

    Parameters
    ----------
    limit : the most bytes of a line.
    score : the results of some lines as lines, in their order; it raises nothing.
    """
    queue: Queue[Line | None] = Queue(2 * _TOGETHER)
    closed = threading.Event()
    reader = threading.Thread(target=_read, args=(_input(limit), limit, queue, closed), daemon=True)

    def results() -> Iterator[bytes]:
        try:
            reader.start()
            line = queue.get()
            while line is not None:
                lines = [line]
                try:
                    while len(lines) < _TOGETHER and (line := queue.get_nowait()) is not None:
                        lines.append(line)
                    more = line is not None
                except Empty:
                    more = True
                yield score(lines)
                line = queue.get() if more else None
            reader.join(_WAIT)
        finally:
            closed.set()
            journal.close(200)

    g.streams = True
    return Response(stream_with_context(results()), mimetype=TYPES[0])
