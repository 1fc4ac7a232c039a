"""Connections that wait for slow clients by themselves: what arrives and what is to be sent is kept, so that no thread waits.

Knows sockets and where a request of HTTP/1.1 ends; knows no route and no worker. A request whose end cannot be told from its head
(chunks, lines that are answered as they come, `Expect`) is `LONG`, and read by a thread as it arrives.
"""

from __future__ import annotations

import enum
import errno
import os
import re
import socket
import threading
import time
from typing import Any

from gunicorn.workers.gthread import TConn

LONGEST_HEAD = 65_536  # bytes of request line and headers; gunicorn's own limits on each come after
IDLE = 30.0  # seconds that a thread waits for a client's next bytes, and in all for one piece of an answer to be taken
_PIECE = 65_536
_QUICK = 65_536  # bytes up to which a request is answered among the quick ones
_LONGEST = 4_000_000  # bytes up to which a request is waited for here
_ROOM = 64 * 1024 * 1024  # bytes that one worker keeps for its slow clients

_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)[ \t]*(?=\r\n)")
_LINES = re.compile(rb"\r\ncontent-type:[^\r]*(?:ndjson|jsonl)")
_HEAD = re.compile(rb"HTTP/1\.[01] [2-5]")  # not `100 Continue`, for which a client waits
# Requests without an end that can be told, or whose answer streams.
_OPEN_ENDED = re.compile(rb"\r\n(?:transfer-encoding|expect):|^get /v1/labels")


class State(enum.Enum):
    """What can be done with a connection."""

    WAITS = enum.auto()
    QUICK = enum.auto()  # the whole request is here, and small
    LONG = enum.auto()
    GONE = enum.auto()  # nothing is here and nothing will come
    REFUSED = enum.auto()  # its head is longer than any should be


class Room:
    """The bytes that the connections of a worker keep; what finds no room waits in a thread instead."""

    def __init__(self, limit: int = _ROOM) -> None:
        self._free = limit
        self._lock = threading.Lock()

    def take(self, count: int) -> bool:
        """Whether there was room for so many bytes."""
        with self._lock:
            if count > self._free:
                return False
            self._free -= count
            return True

    def give(self, count: int) -> None:
        """Make room again."""
        with self._lock:
            self._free += count


class PatientSocket(socket.socket):
    """A socket whose reader in a thread is not kept for ever, and whose writer not at all while there is room.

    Attributes
    ----------
    unsent : what has been written and not yet been taken by the client.
    until : the time (monotonic) after which nothing is waited for any more, or 0.
    """

    def __init__(self, plain: socket.socket, room: Room) -> None:
        super().__init__(plain.family, plain.type, plain.proto, plain.detach())
        self.room = room
        self.unsent = bytearray()
        self.until = 0.0
        self._head = b""  # of an answer, which leaves together with what follows

    def setblocking(self, flag: bool) -> None:
        """Blocking is for `IDLE` seconds at most."""
        self.settimeout(IDLE if flag else 0.0)

    def recv(self, size: int, flags: int = 0) -> bytes:
        """As ever; a client that sends nothing for too long is told of as one that has hung up."""
        if self.until and self.gettimeout():
            self.settimeout(min(IDLE, max(0.001, self.until - time.monotonic())))
        try:
            return super().recv(size, flags)
        except TimeoutError:
            raise ConnectionResetError(errno.ECONNRESET, "the client has stopped sending") from None

    def sendall(self, data: Any, flags: int = 0) -> None:
        """Write what the client takes at once, and keep the rest for `flush`; wait only where there is no room for it.

        The head of an answer is kept for what follows it, so that both leave together; `send_head` sends one that stays alone.
        """
        if not self._head and _HEAD.match(data) and data.endswith(b"\r\n\r\n"):
            self._head = data
            return
        head, self._head = self._head, b""
        self._send(head + data if head else data, flags)

    def _send(self, data: Any, flags: int = 0) -> None:
        rest = memoryview(data)
        if not self.unsent:
            rest = rest[self._write(rest):]
        if not rest:
            return
        if self.room.take(len(rest)):
            self.unsent += rest
            return
        try:
            while self.unsent:  # a stream whose reader does not keep up
                self.settimeout(IDLE)
                self._kept(super().send(self.unsent[:_PIECE]))
            super().sendall(rest, flags)
        except TimeoutError:
            raise ConnectionResetError(errno.ECONNRESET, "the client has stopped reading") from None

    def send_head(self) -> None:
        """Write the head of an answer that has nothing else."""
        head, self._head = self._head, b""
        if head:
            self._send(head)

    def sendfile(self, file: Any, offset: int = 0, count: int | None = None) -> int:
        """Write a file in its turn, as all else is written."""
        file.seek(offset)
        data = file.read(-1 if count is None else count)
        self.sendall(data)
        return len(data)

    def flush(self) -> bool:
        """Write what the client takes now; whether nothing is left. OSError if it has gone."""
        self._kept(self._write(self.unsent[:4 * _PIECE]))
        return not self.unsent

    def _write(self, data: memoryview | bytearray) -> int:
        try:
            return os.write(self.fileno(), data)  # the socket does not block, whatever its timeout
        except BlockingIOError:
            return 0

    def _kept(self, sent: int) -> None:
        del self.unsent[:sent]
        self.room.give(sent)

    def close(self) -> None:
        """Close, and make room."""
        self._kept(len(self.unsent))
        super().close()


class Connection(TConn):  # type: ignore[misc]  # gunicorn has no types
    """A connection with what has arrived of its next request.

    Attributes
    ----------
    deadline : the time (monotonic) by which it must have got on, for its worker.
    """

    def __init__(self, cfg: Any, sock: PatientSocket, client: Any, server: Any) -> None:
        super().__init__(cfg, sock, client, server)
        self.data_ready = True
        self.deadline = 0.0
        self._arrived = bytearray()
        self._searched = 0
        self._whole = 0  # bytes of the request, once its head is here
        self._taken = 0

    @property
    def is_idle(self) -> bool:
        """Whether nothing of a request has arrived."""
        return not self._arrived

    @property
    def has_head(self) -> bool:
        """Whether the request can be answered, if only by an error."""
        return self._whole > 0

    def receive(self) -> State:
        """Take what has arrived, and say what can be done now."""
        if self.parser is not None:
            self._arrived += self.parser.unreader.take_buffered()  # read ahead with the request before
        state = self._judge() if self._arrived else State.WAITS
        while state is State.WAITS:
            try:
                piece = self.sock.recv(_PIECE)
            except BlockingIOError:
                return state
            except OSError:
                return State.GONE
            if not piece:
                return State.QUICK if self.has_head else State.GONE  # the view says that the body has ended too soon
            self._arrived += piece
            state = self._judge()
            if state is State.WAITS:
                if not self.sock.room.take(len(piece)):
                    return State.LONG
                self._taken += len(piece)
        return state

    def _judge(self) -> State:
        if not self._whole:
            end = self._arrived.find(b"\r\n\r\n", self._searched)
            if end < 0:
                self._searched = max(0, len(self._arrived) - 3)
                return State.REFUSED if len(self._arrived) > LONGEST_HEAD else State.WAITS
            head = bytes(self._arrived[:end + 2]).lower()
            lines = _LINES.search(head)
            self.sock.until = 0.0 if lines else time.monotonic() + IDLE
            if lines or _OPEN_ENDED.search(head):
                return State.LONG
            length = _LENGTH.search(head)
            self._whole = end + 4 + (int(length[1][:15]) if length else 0)
        if self._whole > _LONGEST:
            return State.LONG
        if len(self._arrived) < self._whole:
            return State.WAITS
        return State.QUICK if self._whole <= _QUICK else State.LONG

    def init(self) -> None:
        """As ever, and give the parser what has arrived."""
        super().init()
        if self._arrived:
            self.parser.unreader.unread(bytes(self._arrived))
        self._reset()

    def _reset(self) -> None:
        self.sock.room.give(self._taken)
        self._taken = self._searched = self._whole = 0
        self._arrived.clear()

    def drop(self) -> bool:
        """Throw away what arrives after the last answer; whether more of it may come."""
        try:
            piece = self.sock.recv(_PIECE)
        except BlockingIOError:
            return True
        except OSError:
            return False
        self._searched += len(piece)
        return bool(piece) and self._searched <= _PIECE

    def hang_up(self) -> None:
        """Close at once."""
        self._reset()
        super().close()
