"""One audit from its source to its report: plan, do what is not done, sum up, write. Knows the order; knows no format."""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import platform
import shutil
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

import msgspec

from moderation.audit import estimate, report, sample, schema, summary
from moderation.audit.engines import Engine
from moderation.audit.folder import Done, Folder, replacing, write
from moderation.audit.kernel import SHOWN_SECTIONS, Job
from moderation.audit.progress import Progress
from moderation.audit.readers.parts import Part
from moderation.audit.readers.source import Source
from moderation.audit.tally import AuditTally, Lines
from moderation.errors import DataError, Problem
from moderation.scorer import Scorer, open_scorer

_SHOWN_WORDS = 10


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an audit came to.

    Attributes
    ----------
    tally : of the whole archive. rejected : rows that could not be used. left_out : by --since or --section.
    resumed : parts that an earlier run had done.
    strangers : sections of --section that the archive has not.
    unknown : the archive's words for its decisions that stand for none of ours, with their counts.
    """

    tally: AuditTally
    rejected: int
    left_out: int
    parts: int
    resumed: int
    unknown: Mapping[str, int]
    seconds: float
    strangers: tuple[str, ...] = ()


def run_key(source: Source, job: Job, scorer: Scorer, part_rows: int, size: int) -> dict[str, Any]:
    """What a run is of: the archive, what scores it, and what is asked of it. A folder holds one run."""
    return {
        "format": schema.VERSION, "moderation": importlib.metadata.version("moderation"), **scorer.versions._asdict(), "tier": scorer.tier,
        "digest": job.spec.digest, "source": source.identity, "reading": asdict(job.reading), "rows of a part": part_rows,
        "--since": job.since, "--section": job.sections, "--sample": size, "--authors": job.authors, "--texts": job.texts,
        "--results": job.results}


def audit(source: Source, job: Job, engine: Engine, progress: Progress, part_rows: int, size: int = 0,
          restart: bool = False) -> Outcome:
    """Audit an archive into `job.out`, or go on with an audit that was broken off.

    Parameters
    ----------
    size : of the sample; 0 for none. restart : whether what is there is deleted first.

    Raises
    ------
    DataError : the folder is of another run, the source is not what it was, or it has none of the sections that are asked for.
    """
    began = time.time()
    folder = Folder(job.out)
    scorer = open_scorer(job.spec)
    key = run_key(source, job, scorer, part_rows, size)
    try:
        folder.open(key, restart)
        job = replace(job, key=hashlib.sha256(msgspec.json.encode(key, order="sorted")).hexdigest(), sample=size, versions=scorer.versions)
        planned = _Planned(source, folder, part_rows, progress)
        planned.first = lambda part, left: progress.say(estimate.of_part(part, job, scorer, left, engine.workers))
        for done in engine.run(job, planned.to_do(job)):
            progress.done(done, planned.sizes.pop(done.part, 0))
            (folder.copies / f"{done.part:05}.arrow").unlink(missing_ok=True)
        progress.close()
        folder.sweep()
        outcome = _sum_up(folder, planned, Lines.of(scorer.policy), size, began, job.sections)
        summary.write(outcome.tally, folder.path / "summary.json")
        report.write(outcome.tally, folder.path / "report.html", os.path.basename(source.name.rstrip("/")) or source.name, job.texts)
        _write_facts(folder, outcome, engine, began)
        return outcome
    finally:
        progress.close()
        folder.close()


class _Planned:
    """The parts of a source as they are cut, and which of them were done before."""

    def __init__(self, source: Source, folder: Folder, part_rows: int, progress: Progress) -> None:
        self._source, self._folder, self._part_rows, self._progress = source, folder, part_rows, progress
        self.parts = self.resumed = self._behind = 0
        self.first: Callable[[Part, int | None], None] | None = None  # told of the first part, and the size of all from it on
        self.sizes: dict[int, int] = {}  # of the parts that are being done

    def to_do(self, job: Job) -> Iterator[Part]:
        """The parts that are not done, one at a time."""
        for part in self._source.plan(self._part_rows, self._folder.copies):
            self.parts += 1
            done = self._folder.done(part.number)
            if done is not None and done.key == job.key:
                self._check(part, done)
                self.resumed += 1
                self._behind += part.end - part.start
                self._progress.resumed(done, part.end - part.start)
                if part.digest:
                    (self._folder.copies / f"{part.number:05}.arrow").unlink(missing_ok=True)
            else:
                self.sizes[part.number] = part.end - part.start
                if self.first and not self._progress.quiet:
                    self.first(part, None if self._source.total is None else self._source.total - self._behind)
                    self.first = None
                yield part
        self._check_end()

    def _check(self, part: Part, done: Done) -> None:
        if (part.digest, part.first_row) != (done.digest, done.first_row):
            raise DataError("the source", [Problem(f"part {part.number}, from row {part.first_row + 1} on", "is not what it was when the "
                                                   "audit began", "name another folder for --out, or give --restart to begin anew")])

    def _check_end(self) -> None:
        if self._folder.done(self.parts) is not None:
            raise DataError("the source", [Problem(f"part {self.parts}", "is done already, and the source ends before it",
                                                   "give the whole source, name another folder for --out, or give --restart")])


def _sum_up(folder: Folder, planned: _Planned, lines: Lines, size: int, began: float,
            sections: Sequence[str]) -> Outcome:
    """Merge what the parts left, in their order."""
    tally, rejected, left_out = AuditTally.empty(lines), 0, 0
    bands, unknown, seen = [0] * sample.BANDS, dict[str, int](), set[str]()
    with replacing(folder.path / "rejected_rows.jsonl") as temporary, temporary.open("wb") as lines_aside:
        for number in range(planned.parts):
            done = folder.done(number)
            if done is None:
                raise DataError("the audit", [Problem(f"part {number}", "was done and is not there", "start again; it will be done again")])
            tally = tally.merge(AuditTally.from_json(bytes(done.tally)))
            rejected, left_out = rejected + done.rejected, left_out + done.left_out
            bands = [one + other for one, other in zip(bands, done.bands, strict=True)]
            seen.update(done.sections)
            for word, count in done.unknown.items():
                unknown[word] = unknown.get(word, 0) + count
            if done.rejected:
                with folder.file(number, "rejected.jsonl").open("rb") as part:
                    shutil.copyfileobj(part, lines_aside)
    known = {name.lower() for name in seen}
    strangers = tuple(name for name in sections if name.lower() not in known)
    if sections and len(strangers) == len(sections):
        there = ", ".join(f"`{name}`" for name in sorted(seen)[:SHOWN_SECTIONS]) or "none"
        raise DataError("the command line", [Problem(f"--section {name}", "no comment is in it", f"there are {there}; with another one "
                                                     "give --restart, or name another folder") for name in strangers])
    if size:
        files = (folder.file(number, "sample.jsonl") for number in range(planned.parts))
        write(folder.path / "sample.jsonl", b"".join(sample.choose(size, bands, (path for path in files if path.exists()))))
    shown = sorted(unknown.items(), key=lambda item: (-item[1], item[0]))[:_SHOWN_WORDS]
    return Outcome(tally, rejected, left_out, planned.parts, planned.resumed, dict(shown), time.time() - began, strangers)


def _write_facts(folder: Folder, outcome: Outcome, engine: Engine, began: float) -> None:
    """`run.json`: all that differs between two runs of one archive."""
    rate = outcome.tally.rows / max(outcome.seconds, 1e-9)
    facts = {"started": datetime.fromtimestamp(began, UTC).isoformat(), "seconds": round(outcome.seconds, 3),
             "rows_per_second": round(rate, 1), "engine": str(engine), "host": socket.gethostname(),
             "python": platform.python_version(), "system": platform.platform(), "parts": outcome.parts, "resumed_parts": outcome.resumed,
             "rows": outcome.tally.rows, "rejected_rows": outcome.rejected, "left_out_rows": outcome.left_out,
             "unknown_past": outcome.unknown}
    write(folder.path / "run.json", msgspec.json.format(msgspec.json.encode(facts), indent=1) + b"\n")


