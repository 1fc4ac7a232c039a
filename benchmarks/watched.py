"""What a command and all that it starts cost: processors and memory, whoever became whose parent. Linux alone.

    cost = watched.run(["moderation", "audit", ...])
    cost.seconds_of_processors, cost.highest_memory
"""

from __future__ import annotations

import contextlib
import ctypes
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import psutil

_EVERY = 0.25  # seconds between looks; what somebody uses between the last one and its end is not seen
_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER: who loses a parent is given to us


class Cost(NamedTuple):
    """Seconds of the clock, seconds of processors by the name of the program, the most memory that any one of them held, in megabytes."""

    clock: float
    by_program: dict[str, float]
    highest_memory: float

    @property
    def seconds_of_processors(self) -> float:
        """Of all programs together."""
        return sum(self.by_program.values())


def _highest_memory(number: int) -> int:
    """The most kilobytes that a process has held."""
    try:
        return int(Path(f"/proc/{number}/status").read_text().partition("VmHWM:")[2].split()[0])
    except (OSError, IndexError):
        return 0


def run(command: Sequence[str], cwd: Path) -> Cost:
    """Run a command to its end, and end this program where it fails."""
    ctypes.CDLL(None).prctl(_SUBREAPER, 1)
    began = time.monotonic()
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=cwd)
    seconds: dict[int, tuple[str, float]] = {}
    memory = 0
    clock = None
    while clock is None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            running.wait(_EVERY)
            clock = time.monotonic() - began
        for process in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                seconds[process.pid] = process.name(), times.user + times.system
                memory = max(memory, _highest_memory(process.pid))
    said = running.communicate()[1].decode(errors="replace")
    if running.returncode:
        sys.exit(f"{' '.join(command)} ended with {running.returncode}: {said}")
    by_program: dict[str, float] = {}
    for name, used in seconds.values():
        by_program[name] = by_program.get(name, 0.0) + used
    return Cost(clock, by_program, memory / 1024)
