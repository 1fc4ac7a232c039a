"""Progress of an audit: a line that changes on a terminal, a line now and then elsewhere. Knows counts; knows no comments."""

from __future__ import annotations

import sys
import time
from typing import Any, TextIO

from moderation.audit.folder import Done
from moderation.policy import ACTIONS

_EVERY = 5.0  # seconds between lines that are not on a terminal


class Progress:
    """Says how far an audit is.

    Parameters
    ----------
    total : of the sizes of all parts; None where nobody knows.
    stream : where to; standard error if none is given. quiet : say nothing.
    """

    def __init__(self, total: int | None, stream: TextIO | None = None, quiet: bool = False) -> None:
        self._total = total
        self._stream = stream or sys.stderr
        self.quiet = quiet
        self._rows = self._before = self._size = self._size_before = self._rejected = 0
        self._actions = [0] * len(ACTIONS)
        self._began = self._said = time.monotonic()
        self._is_told = True  # whether all that is counted was said
        self._bar: Any = None
        self._closed = False
        if not quiet and self._stream.isatty():
            from tqdm import tqdm

            form = "{percentage:3.0f}% {desc} {bar}" if total else "{desc}"  # where there is no room it is the bar that goes
            self._bar = tqdm(total=total, file=self._stream, bar_format=form, mininterval=0.2, dynamic_ncols=True)

    def say(self, text: str) -> None:
        """Say something before any part is done."""
        if not self.quiet:
            print(text, file=self._stream, flush=True)

    def resumed(self, done: Done, size: int) -> None:
        """A part that an earlier run had done."""
        self._before += done.rows
        self._size_before += size
        self._count(done, size)

    def done(self, done: Done, size: int) -> None:
        """A part that was done now."""
        self._count(done, size)

    def _count(self, done: Done, size: int) -> None:
        self._rows += done.rows
        self._rejected += done.rejected
        self._size += size
        self._actions = [one + other for one, other in zip(self._actions, done.actions, strict=True)]
        self._is_told = False
        if self._bar is not None:
            self._bar.set_description_str(self.line(short=True), refresh=False)
            self._bar.update(size)
        elif not self.quiet and time.monotonic() - self._said >= _EVERY:
            self._said, self._is_told = time.monotonic(), True
            print(self.line(), file=self._stream, flush=True)

    def line(self, short: bool = False) -> str:
        """What there is to say now; `short` leaves out the shares, so that it stands in a line of 80 characters."""
        seconds = max(time.monotonic() - self._began, 1e-3)
        own = self._size - self._size_before
        said = [f"{self._rows:,} rows", f"{(self._rows - self._before) / seconds:,.0f}{'' if short else ' rows'}/s"]
        if self._total and own:
            said.append(f"{duration((self._total - self._size) * seconds / own)} left")
        shares = ["" if short else f" ({count / max(self._rows, 1):.1%})" for count in self._actions]
        said += [f"{name} {count:,}{share}" for name, count, share in zip(ACTIONS, self._actions, shares, strict=True)]
        return ", ".join(said + ([f"{self._rejected:,} rows not usable"] if self._rejected else []))

    def close(self) -> None:
        """Say the last counts."""
        if self._closed:
            return
        self._closed = True
        if self._bar is not None:
            self._bar.set_description_str(self.line(short=True))
            self._bar.close()
        elif not self.quiet and not self._is_told:
            print(self.line(), file=self._stream, flush=True)


def duration(seconds: float) -> str:
    whole = max(round(seconds), 0)
    if whole < 60:
        return f"{whole} s"
    return f"{whole // 60} min" if whole < 6000 else f"{whole // 3600} h {whole % 3600 // 60} min"
