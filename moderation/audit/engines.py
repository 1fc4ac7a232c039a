"""Engines: they run `kernel.work` over parts, in any order and in any place, and hand on what is known of each part.

Here is the one of this machine: a pool of processes, or with one worker this very process. Ray's and Spark's stand in
`distributed`. No engine knows what a part is about.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Protocol

import pyarrow as pa

from moderation.audit.folder import Done
from moderation.audit.kernel import Job, work
from moderation.audit.readers.parts import Part
from moderation.errors import DataError, Problem

AHEAD = 2  # parts of each worker that are handed out at a time
_LIVES = 3  # times that workers may die without a part being done


class Engine(Protocol):
    """Runs parts; `workers` is how many do so at once, None where that is not known before."""

    workers: int | None

    def run(self, job: Job, parts: Iterator[Part]) -> Iterator[Done]:
        """Do every part, in any order; a part is taken from `parts` when there is somebody to do it."""
        ...


class _NoPandas:
    """Finds no pandas, for those who look meanwhile."""

    def find_spec(self, name: str, *_: object) -> None:
        if name == "pandas":
            raise ModuleNotFoundError(name)


def spare_pandas() -> None:
    """Have pyarrow do without pandas in this process, which it imports at its first array where there is one, and asks for no more where
    there is none: a third of a second of every worker, and memory, for what audits do not use."""
    if "pandas" not in sys.modules:
        sys.meta_path.insert(0, finder := _NoPandas())
        pa.array([0])
        sys.meta_path.remove(finder)


def _begin() -> None:
    """A worker whose parent is gone, by SIGKILL perhaps, has nobody to work for."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who interrupts the run waits for the parts in hand
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


class Pool:
    """Processes of this machine. One that dies, for want of memory perhaps, is replaced and its parts are done again.

    They are forked when it is made, so that they have the scorer that is open by then, and its memory. So make it before the source and
    the folder are opened: clients of object stores have threads, which a fork loses, and the folder's lock would have more than one holder.

    Parameters
    ----------
    workers : how many; one is this process itself.
    """

    def __init__(self, workers: int) -> None:
        self.workers: int | None = workers
        self._count = workers
        self._begun = self._begin("fork") if workers > 1 else None

    def __str__(self) -> str:
        return f"local, {self._count} workers"

    def _begin(self, how: str) -> ProcessPoolExecutor:
        if how == "fork":
            gc.freeze()  # what is there now stays: looking through it for garbage would write to pages that all share
        pool = ProcessPoolExecutor(self._count, multiprocessing.get_context(how), _begin)
        pool.submit(os.getpid)  # the first task starts the workers, if they are forked all of them
        return pool

    def run(self, job: Job, parts: Iterator[Part]) -> Iterator[Done]:
        """As `Engine.run`.

        Raises
        ------
        DataError : workers died time and again.
        """
        if self._count == 1:
            yield from (work(job, part) for part in parts)
            return
        lost: list[Part] = []
        lives = _LIVES
        while True:
            broke = False
            waiting: dict[Future[Done], Part] = {}
            pool, self._begun = self._begun or self._begin("spawn"), None  # by now there may be threads
            try:
                while True:
                    while not broke and len(waiting) < AHEAD * self._count:
                        part = lost.pop() if lost else next(parts, None)
                        if part is None:
                            break
                        try:
                            waiting[pool.submit(work, job, part)] = part
                        except BrokenProcessPool:
                            lost.append(part)
                            broke = True
                    if not waiting:
                        break
                    for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                        part = waiting.pop(future)
                        try:
                            done = future.result()
                        except BrokenProcessPool:
                            lost.append(part)
                            broke = True
                        else:
                            lives = _LIVES
                            yield done
            finally:
                pool.shutdown(wait=not broke, cancel_futures=True)
            if not broke:
                return
            lives -= 1
            if not lives:
                numbers = ", ".join(str(part.number) for part in sorted(lost, key=lambda part: part.number))
                raise DataError("the audit", [Problem(f"part {numbers}", f"workers died {_LIVES} times without an error of their own",
                                                      "memory may be short: take fewer --workers or smaller --part-rows, and start again")])

    def close(self) -> None:
        """End the workers that were forked for parts that never came: left to the interpreter's end, they make it end with a traceback."""
        if self._begun:
            self._begun.shutdown()
            self._begun = None
