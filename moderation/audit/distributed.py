"""Ray and Spark as engines: thin, since `kernel.work` is all they run and each brings its own way to place and repeat work.

Every machine needs this package with requirements-audit.txt, and sees the source, `--out`, and the model, lexicon and policy under
the same paths. Neither Ray nor Spark is imported before it is used.
"""

from __future__ import annotations

import importlib
import os
import re
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from typing import Any

from moderation.audit.engines import AHEAD
from moderation.audit.folder import Done, Folder
from moderation.audit.kernel import Job, work
from moderation.audit.readers.parts import Part
from moderation.errors import DataError, Problem

_TRIES = 4  # of a part whose worker dies, as Spark has it
_LOOK = 0.5  # seconds between looks at what Spark has done
_SHORT_LIVED = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"


def _engine(name: str, requirements: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        package = name.partition(".")[0]
        raise DataError("the command line", [Problem(f"--engine {package.removeprefix('py')}", f"{package} is missing",
                                                     f"pip install -r {requirements}")]) from None


class Ray:
    """Parts as tasks of a Ray cluster, some for each processor at a time; Ray repeats what a dead worker leaves.

    Parameters
    ----------
    address : of the cluster (`auto`, `ray://head:10001`); `local` starts one on this machine. workers : its processors then.
    """

    def __init__(self, address: str = "local", workers: int | None = None) -> None:
        self._ray = _engine("ray", "requirements-ray.txt")
        self.address = address
        self.workers = workers

    def __str__(self) -> str:
        return f"ray, {self.address}"

    def run(self, job: Job, parts: Iterator[Part]) -> Iterator[Done]:
        """As `Engine.run`."""
        ray = self._ray
        mine = not ray.is_initialized()
        if mine:
            ray.init(address=self.address, log_to_driver=False, logging_level="error",
                     **({"num_cpus": self.workers, "include_dashboard": False} if self.address == "local" else {}))
        try:
            task = ray.remote(max_retries=_TRIES - 1)(work)
            shared = ray.put(job)
            ahead = AHEAD * max(int(ray.cluster_resources().get("CPU", 1)), 1)
            waiting: list[Any] = []
            while True:
                while len(waiting) < ahead and (part := next(parts, None)) is not None:
                    waiting.append(task.remote(shared, part))
                if not waiting:
                    return
                finished, waiting = ray.wait(waiting)
                yield from ray.get(finished)
        finally:
            if mine:
                ray.shutdown()


class Spark:
    """Parts as rows of a Spark table, each in a partition of its own, through `mapInArrow`; Spark repeats what a dead worker leaves.

    The rows are numbers and the parts go with the function, so that nothing but numbers passes between Java and Python.

    Parameters
    ----------
    master : `local[2]`, `spark://head:7077`, `yarn` ...
    """

    def __init__(self, master: str = "local[*]") -> None:
        warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)  # which is not used here
        self._sql = _engine("pyspark.sql", "requirements-spark.txt")
        self.master = master
        self.workers: int | None = None

    def __str__(self) -> str:
        return f"spark, {self.master}"

    def run(self, job: Job, parts: Iterator[Part]) -> Iterator[Done]:
        """As `Engine.run`; what is done is seen by the files that each part leaves."""
        pa = importlib.import_module("pyarrow")
        everything = list(parts)
        if not everything:
            return
        # Spark on one machine gives up at the first worker that dies, unless it is told how often to try.
        master = re.sub(r"^local\[([0-9]+|\*)\]$", rf"local[\1,{_TRIES}]", self.master)
        settings = {"spark.task.maxFailures": str(_TRIES), "spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false",
                    "spark.log.level": "ERROR", "spark.python.worker.reuse": "true"}
        if master.startswith("local"):  # Java runs for minutes and does little: its second compiler costs more than it gains
            settings["spark.driver.extraJavaOptions"] = _SHORT_LIVED
            os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # else the first python3 of PATH, which may lack our packages
        builder = self._sql.SparkSession.builder.master(master).appName("moderation audit")
        session = builder.config(map=settings).getOrCreate()

        def run_parts(batches: Iterator[Any]) -> Iterator[Any]:
            for batch in batches:
                for index in batch.column("id").to_pylist():
                    yield pa.RecordBatch.from_pydict({"part": [work(job, everything[index]).part]})

        frame = session.range(0, len(everything), 1, len(everything)).mapInArrow(run_parts, "part long")
        failed: list[Exception] = []

        def collect() -> None:
            try:
                frame.count()
            except Exception as error:  # told below, in the thread that can say it
                failed.append(error)

        collecting = threading.Thread(target=collect, daemon=True)
        collecting.start()
        folder, left = Folder(job.out), {part.number: part for part in everything}
        try:
            while left:
                running = collecting.is_alive()
                names = {path.name for path in folder.parts.glob("*.done.json")}  # one look, however many parts are left
                for number in [number for number in left if folder.file(number, "done.json").name in names]:
                    done = folder.done(number)
                    if done is not None and done.key == job.key:
                        del left[number]
                        yield done
                if left and not running:
                    raise failed[0] if failed else RuntimeError(f"Spark ended without part {min(left)}")
                time.sleep(_LOOK if left else 0)
            collecting.join()
        finally:
            session.stop()
