"""gunicorn's threaded worker, for clients of every pace: a request takes a thread when all of it has arrived, and gives it back
when it is answered, whether the client has taken the answer or not.

gunicorn's own gives each new connection to a thread that waits for its bytes, so that a few slow clients block every other
client of the worker; and it waits in its one loop, up to two seconds, for a client to close a connection. Here the loop waits for
all of them at once. Requests that can only be read as they arrive, and large ones, have threads of their own.

    worker_class = "moderation.service.worker.PatientWorker"        # gunicorn.conf.py

Over TLS gunicorn's own ways hold; TLS is a proxy's.
"""

from __future__ import annotations

import contextlib
import errno
import resource
import selectors
import socket
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

from moderation.service.patience import Connection, PatientSocket, Room, State

_HEAD, _BODY, _ANSWER = 10.0, 30.0, 30.0  # seconds for a head to arrive, a body, and an answer to be taken
_LINGER, _LINGERING = 2.0, 200  # seconds for a client to close, and how many are waited for at a time
_STOP = 5.0  # seconds for half a request when the worker stops
_LONG = 16  # threads for requests that are read as they arrive
_LOOK = 0.5  # seconds between looks for those who are too late
_FILES = 4096  # that a worker may open, if the system lets it
_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class PatientWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """The worker; `gunicorn.conf.py` names it."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._room = Room()
        self._waiting: dict[Connection, Callable[[Connection], None]] = {}  # and what is done when one is too late
        self._lingering = 0
        self._looked = 0.0

    def init_process(self) -> None:
        """Start the loop."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if 0 <= soft < _FILES:
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(_FILES, hard) if hard >= 0 else _FILES, hard))
        self._long = ThreadPoolExecutor(_LONG, thread_name_prefix="long")
        super().init_process()

    def run(self) -> None:
        """The loop, until the worker is told to stop and all is answered."""
        super().run()
        self._long.shutdown(wait=False, cancel_futures=True)

    def accept(self, listener: socket.socket) -> None:
        """Take a new connection."""
        if self.cfg.is_ssl:
            super().accept(listener)
            return
        try:
            plain, client = listener.accept()
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE):
                time.sleep(0.05)  # others end meanwhile; the loop must not spin
            elif error.errno not in (errno.EAGAIN, errno.ECONNABORTED):
                raise
            return
        self.nr_conns += 1
        self.enqueue_req(Connection(self.cfg, PatientSocket(plain, self._room), client, listener.getsockname()))

    def enqueue_req(self, conn: Any) -> None:
        """Wait for a request; every way to a thread leads through here."""
        if self.cfg.is_ssl:
            super().enqueue_req(conn)
            return
        conn.sock.setblocking(False)
        self._go_on(conn)

    def _go_on(self, conn: Connection) -> None:
        had_head = conn.has_head
        state = conn.receive()
        if state is State.WAITS:
            if conn not in self._waiting:
                self._wait(conn, selectors.EVENT_READ, self._go_on, _HEAD, self._give_up)
            if conn.has_head and not had_head:
                conn.deadline = time.monotonic() + _BODY
            return
        self._wait_no_more(conn)
        if state is State.REFUSED:
            conn.sock.sendall(_TOO_LARGE)
            conn.sock.send_head()
            self._end(conn)
        elif state is State.GONE:
            self._hang_up(conn)
        else:
            self._answer(conn, self.tpool if state is State.QUICK else self._long)

    def _give_up(self, conn: Connection) -> None:
        """Answer half a request by its dialect's error; there is nothing to be said to less."""
        if conn.has_head:
            conn.sock.shutdown(socket.SHUT_RD)
            self._answer(conn, self.tpool)
        else:
            self._hang_up(conn)

    def _answer(self, conn: Connection, pool: ThreadPoolExecutor) -> None:
        answered = pool.submit(self.handle, conn)
        answered.add_done_callback(lambda done: self.method_queue.defer(self.finish_request, conn, done))

    def handle(self, conn: Any) -> Any:
        """Answer a request, in a thread."""
        kept = super().handle(conn)
        if not self.cfg.is_ssl:
            with contextlib.suppress(OSError):  # the client has gone
                conn.sock.send_head()  # of an answer without a body
        return kept

    def finish_request(self, conn: Any, fs: Future[Any]) -> None:
        """Send what is left of the answer, then keep the connection or end it."""
        if self.cfg.is_ssl or (fs.exception() is None and fs.result() and not conn.sock.unsent):
            super().finish_request(conn, fs)
        elif conn.sock.unsent:
            self._wait(conn, selectors.EVENT_WRITE, partial(self._send_on, answered=fs), _ANSWER, self._hang_up)
        else:
            self._end(conn)

    def _send_on(self, conn: Connection, answered: Future[Any]) -> None:
        try:
            is_sent = conn.sock.flush()
        except OSError:
            self._wait_no_more(conn)
            self._hang_up(conn)
            return
        if is_sent:
            self._wait_no_more(conn)
            self.finish_request(conn, answered)

    def _end(self, conn: Connection) -> None:
        """Close so that the answer still arrives: say that nothing follows, and let the client close (RFC 9112, 9.6)."""
        try:
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._hang_up(conn)
            return
        if self._lingering >= _LINGERING:
            self._hang_up(conn)
            return
        self._lingering += 1
        self._wait(conn, selectors.EVENT_READ, self._see_off, _LINGER, self._part)

    def _see_off(self, conn: Connection) -> None:
        if not conn.drop():
            self._wait_no_more(conn)
            self._part(conn)

    def _part(self, conn: Connection) -> None:
        self._lingering -= 1
        self._hang_up(conn)

    def _hang_up(self, conn: Connection) -> None:
        self.nr_conns -= 1
        conn.hang_up()

    def _wait(self, conn: Connection, event: int, then: Callable[[Connection], None], seconds: float,
              late: Callable[[Connection], None]) -> None:
        conn.sock.setblocking(False)
        conn.deadline = time.monotonic() + (seconds if self.alive else min(seconds, _STOP))
        self._waiting[conn] = late
        self.poller.register(conn.sock, event, lambda _: then(conn))

    def _wait_no_more(self, conn: Connection) -> None:
        if self._waiting.pop(conn, None):
            self.poller.unregister(conn.sock)

    def murder_pending(self) -> None:
        """Look for connections that are too late; gunicorn's loop calls it on each turn."""
        super().murder_pending()
        now = time.monotonic()
        if now < self._looked + _LOOK:
            return
        self._looked = now
        for conn, late in [(conn, late) for conn, late in self._waiting.items() if conn.deadline < now]:
            self._wait_no_more(conn)
            late(conn)

    def _cap_keepalive(self, deadline: float) -> None:
        super()._cap_keepalive(deadline)
        for conn in self._waiting:
            conn.deadline = min(conn.deadline, time.monotonic() + _STOP)
