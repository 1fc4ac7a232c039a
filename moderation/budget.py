"""The time that a request may take to be scored. Knows a clock; knows no request.

Whoever takes a request says `start`; loops that can be long ask `check`, for some ten nanoseconds, or go over `watched` items. Each
thread has its own budget, and none until it is started.

>>> start(0.001); _ = sum(range(1_000_000))
>>> list(watched(range(3)))
Traceback (most recent call last):
moderation.budget.OutOfTime: `body`: takes longer than 0.001 seconds to score; send shorter comments, or fewer at a time
>>> start(0); list(watched(range(3)))
[0, 1, 2]
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from typing import TypeVar

from moderation.errors import Problem, RequestError

T = TypeVar("T")
_EVERY = 32  # items between two looks at the clock
_BUDGET: ContextVar[tuple[float, float]] = ContextVar("budget", default=(0.0, 0.0))  # seconds, and when they are over


class OutOfTime(RequestError):
    """The request has taken all its time and is not scored; a hostile comment is why, or a batch that is too large."""


def start(seconds: float) -> None:
    """From now on this thread has so many seconds; 0 for as long as it takes."""
    _BUDGET.set((seconds, time.perf_counter() + seconds))


def check() -> None:
    """Nothing, as long as there is time.

    Raises
    ------
    OutOfTime : there is none left.
    """
    seconds, end = _BUDGET.get()
    if seconds and time.perf_counter() > end:
        raise OutOfTime(Problem("body", f"takes longer than {seconds:g} seconds to score", "send shorter comments, or fewer at a time"))


def watched(items: Iterable[T]) -> Iterator[T]:
    """The items, with a look at the clock now and then.

    Raises
    ------
    OutOfTime : as `check`.
    """
    for number, item in enumerate(items):
        if not number % _EVERY:
            check()
        yield item
