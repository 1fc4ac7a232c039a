"""Labelled comments that editors bring to the page: kept in a folder of this start, read and scored by each worker that is asked.

Knows files and who brought them; the folder is this user's alone, its files are gone after `HOURS` and with the service's end, so
nothing outlives the work on it.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import re
import secrets
import shutil
import tempfile
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from moderation.errors import Problem, RequestError
from moderation.scorer import Scorer
from moderation.service import guard
from moderation.tune.labelled import Labelled, ScoredLabels, score
from moderation.tune.reader import read_labelled

STORE = "store"  # the name of the labels that the service has itself
KINDS = (".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".parquet")
HOURS = 12
_KEPT = 4  # sets that a worker keeps scored
_NAME = re.compile(r"[0-9a-f]{32}\.[a-z]+")


class Uploads:
    """The folder, and what this worker has read of it."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="moderation-"))  # mode 0700
        self._maker = os.getpid()
        self._lock = threading.Lock()
        self._scored: OrderedDict[tuple[str, ...], ScoredLabels] = OrderedDict()
        atexit.register(self._remove)

    def _remove(self) -> None:
        if os.getpid() == self._maker:  # a worker's end is not the service's
            shutil.rmtree(self.folder, ignore_errors=True)

    def add(self, content: bytes, file_name: str, scorer: Scorer) -> tuple[str, ScoredLabels]:
        """Keep a file and score what it holds.

        Raises
        ------
        RequestError : its name ends in no kind that is read.
        DataError : with every row that cannot be used.
        """
        kind = Path(file_name).suffix.lower()
        if kind not in KINDS:
            raise RequestError(Problem("file", "is of no kind that is read", f"its name should end in one of {', '.join(KINDS)}"), 422)
        self._sweep()
        name = f"{secrets.token_hex(16)}{kind}"
        path = self._path(name)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        path.write_bytes(content)
        try:
            return name, self.scored(name, scorer)
        except BaseException:
            path.unlink()
            raise

    def scored(self, name: str, scorer: Scorer) -> ScoredLabels:
        """A set of labels with the scores of the model, lexicon and policy in force.

        Raises
        ------
        RequestError : 404, nobody of this name brought it, or it is gone.
        """
        def read() -> Labelled:
            path = self._path(name)
            if not _NAME.fullmatch(name) or not path.is_file():
                raise RequestError(Problem("labels", "are not here any more", "open the file again"), 404)
            return read_labelled(path, scorer.policy.categories)

        return self._once((name, guard.caller(), *scorer.versions), read, scorer)

    def stored(self, rows: Labelled, scorer: Scorer) -> ScoredLabels:
        """The store's labels with their scores, scored anew only when one was added or changed."""
        digest = hashlib.sha256(repr((rows.texts, rows.names, rows.sections, rows.authors, rows.places)).encode("utf-8", "surrogatepass"))
        digest.update(rows.labels.tobytes())
        return self._once((STORE, digest.hexdigest(), *scorer.versions), lambda: rows, scorer)

    def _once(self, key: tuple[str, ...], read: Callable[[], Labelled], scorer: Scorer) -> ScoredLabels:
        """What is kept under a key; read and scored if nothing is."""
        with self._lock:
            if key in self._scored:
                self._scored.move_to_end(key)
                return self._scored[key]
        found = score(read(), scorer)
        with self._lock:
            self._scored[key] = found
            while len(self._scored) > _KEPT:
                self._scored.popitem(last=False)
        return found

    def _path(self, name: str) -> Path:
        return self.folder / (guard.caller().strip("-") or "nobody") / name

    def _sweep(self) -> None:
        for path in self.folder.glob("*/*"):
            try:
                if path.stat().st_mtime < time.time() - HOURS * 3600:
                    path.unlink()
            except OSError:
                continue
