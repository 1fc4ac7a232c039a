"""`work(job, part)`: read a part, score it, write its results and its tally. The one unit that every engine runs.

A part done twice is harmless: it makes the same bytes and puts them in the same place. Knows the order of the steps.
"""

from __future__ import annotations

import contextlib
import hashlib
import socket
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet

from moderation.answers import DIGITS
from moderation.audit import sample, schema
from moderation.audit.examples import TextShown
from moderation.audit.folder import Done, Folder, replacing, write
from moderation.audit.readers import source
from moderation.audit.readers.parts import Part, Reading
from moderation.audit.tally import AuditTally, Lines
from moderation.errors import LoadError, Problem
from moderation.markup import visible
from moderation.policy import ACTIONS
from moderation.scorer import Scorer, ScorerSpec, ScoreTable, Versions, open_scorer
from moderation.table import DEEP, FAST

_HELD_TEXT = 64_000_000  # bytes of texts and results that are held before they are counted and written
_SHOWN_WORDS = 50  # of an archive's for its decisions
SHOWN_SECTIONS = 20


@dataclass(frozen=True, slots=True)
class Job:
    """All that a worker must know beside the part.

    Attributes
    ----------
    key : of the run. out : the folder. versions : that every worker's scorer must have, if they are named.
    since : microseconds since 1970, before which rows are left out. sections : those that are scored; all if empty.
    sample : how many comments of each band of scores a part puts forward for the sample.
    authors : `hash`, `keep` or `drop`. texts : as in `AuditTally.of`. results : `parquet` or `jsonl`.
    """

    spec: ScorerSpec
    reading: Reading
    out: Path
    key: str
    since: int | None = None
    sections: tuple[str, ...] = ()
    sample: int = 0
    authors: str = "hash"
    texts: TextShown = "full"
    results: str = "parquet"
    versions: Versions | None = None


def score_rows(batch: pa.RecordBatch, job: Job, scorer: Scorer) -> pa.Table:
    """The results of rows that can be scored, as `moderation.audit.schema` has them; the same for any split into batches."""
    policy = scorer.policy
    named = {name.casefold(): name for name in policy.sections}
    # A section that is the policy's but for its case is called as the policy calls it, and has its thresholds.
    sections = _each(batch.column("section"), lambda name: named.get(name.casefold(), name))
    texts = batch.column("text").to_pylist()
    table = scorer.score_batch([visible(text) for text in texts] if job.reading.html else texts,
                               _each(sections, lambda name: name if name in policy.sections else None).to_pylist())
    is_deep = np.zeros(len(table), np.int8)
    is_deep[[*table.deep]] = 1
    spans, reasons = _spans_and_reasons(table)
    columns = {
        "row": batch.column("row"),
        "id": pc.coalesce(batch.column("id"), batch.column("row").cast(pa.string())),
        "thread": batch.column("thread"),
        "parent": batch.column("parent"),
        "time": batch.column("time"),
        "section": sections,
        "author": _authors(batch.column("author"), job.authors),
        "past": _past(batch.column("past"), job.reading),
        "language": pa.array(table.languages, pa.string()),
        "action": pa.array(ACTIONS).take(pa.array(table.worst)),
        "tier": pa.array([FAST, DEEP]).take(pa.array(is_deep)),
        "scores": _struct(policy.categories, table.categories),
        "attributes": _struct(policy.attributes, np.round(table.attributes, DIGITS)),
        "spans": spans,
        "reasons": reasons,
        "versions": pa.array([scorer.versions._asdict()], schema.VERSIONS).take(pa.array(np.zeros(len(texts), np.int64))),
    }
    return pa.Table.from_pydict(columns, schema.results(policy.categories, policy.attributes))


def _struct(names: Sequence[str], values: Any) -> pa.StructArray:
    return pa.StructArray.from_arrays([pa.array(np.ascontiguousarray(values[:, index])) for index in range(len(names))], list(names))


def _spans_and_reasons(table: ScoreTable) -> tuple[pa.ListArray, pa.ListArray]:
    """What `answers.answer` says of each row, for the rows of which there is something to say."""
    told = _with_evidence(table)
    held = np.flatnonzero(table.worst).tolist()
    spans: dict[int, list[tuple[Any, ...]]] = {}
    for row in sorted({*table.matches, *held}):
        spans[row] = [(*match.span, match.category, "lexicon", match.term, match.severity, match.disguise, match.region)
                      for match in table.matches.get(row, ())]
        if row in told:
            spans[row] += [(*span, category, source, None, None, None, None) for span, category, source in table.evidence(row)]
    reasons = {row: [reason[:4] for reason in table.decision(row).reasons] for row in held}
    return _lists(spans, len(table), schema.SPAN), _lists(reasons, len(table), schema.REASON)


def _with_evidence(table: ScoreTable) -> set[int]:
    """The rows of which `ScoreTable.evidence` may say something: what the models alone would not approve."""
    alone = table.policy.decide(table.policy.fuse(table.linear, ()), table.sections)
    return {*np.flatnonzero(alone.any(axis=1)).tolist(), *table.deep}


def _lists(rows: dict[int, list[tuple[Any, ...]]], count: int, kind: pa.StructType) -> pa.ListArray:
    """So many lists, empty but for those of some rows, ascending."""
    offsets = np.zeros(count + 1, np.int32)
    offsets[[row + 1 for row in rows]] = [len(entries) for entries in rows.values()]
    np.cumsum(offsets, out=offsets)
    flat = [entry for entries in rows.values() for entry in entries]
    members = [pa.array([entry[index] for entry in flat], field.type) for index, field in enumerate(kind)]
    return pa.ListArray.from_arrays(pa.array(offsets), pa.StructArray.from_arrays(members, fields=list(kind)))


def _authors(column: pa.Array, how: str) -> pa.Array:
    if how == "keep":
        return column
    if how == "drop":
        return pa.nulls(len(column), pa.string())
    return _each(column, lambda name: hashlib.sha256(name.encode()).hexdigest()[:16])


def _past(column: pa.Array, reading: Reading) -> pa.Array:
    return _each(column, lambda word: reading.past.get(word.lower()))


def _each(column: pa.Array, made: Callable[[str], str | None]) -> pa.Array:
    """A column of strings with something made of each that is not null, once for all that are alike."""
    encoded = column.dictionary_encode()
    return pa.array([made(value) for value in encoded.dictionary.to_pylist()], pa.string()).take(encoded.indices)


class _Writer:
    """The files of one part, in the making; nothing of them is seen before `commit`."""

    def __init__(self, folder: Folder, part: Part, job: Job, scorer: Scorer) -> None:
        self._folder, self._part, self._job, self._scorer = folder, part, job, scorer
        self._lines = Lines.of(scorer.policy)
        self.columns = schema.results(scorer.policy.categories, scorer.policy.attributes)
        self.tally = AuditTally.empty(self._lines)
        self.rejected: dict[str, int] = {}
        self._rejected_lines: list[bytes] = []
        self.rows = self.left_out = 0
        self.actions, self.bands = np.zeros(len(ACTIONS), np.int64), np.zeros(sample.BANDS, np.int64)
        self.unknown: dict[str, int] = {}
        self._meant = [name.lower() for name in job.sections]
        self._sections: set[str] = set()
        self._candidates = sample.Candidates(job.sample)
        self._held: list[pa.Table] = []
        self._texts: list[pa.Array] = []
        self._size = 0

    def add(self, batch: pa.RecordBatch) -> Iterator[pa.Table]:
        """Take rows as they were read; yields results to be written, now and then."""
        faults = batch.column("fault")
        if faults.null_count < len(faults):
            self._reject(batch.filter(pc.is_valid(faults)))
            batch = batch.filter(pc.is_null(faults))
        wanted = self._wanted(batch)
        self.left_out += batch.num_rows - wanted.num_rows
        if not wanted.num_rows:
            return
        results = score_rows(wanted, self._job, self._scorer)
        self._note(wanted, results)
        self._held.append(results)
        self._texts.append(wanted.column("text"))
        self._size += wanted.nbytes + results.nbytes
        if self._size >= _HELD_TEXT:
            yield self.flush()

    def flush(self) -> pa.Table:
        """Count what is held; the results, to be written."""
        results = pa.concat_tables(self._held) if self._held else self.columns.empty_table()
        results = results.combine_chunks()
        texts = pa.chunked_array(self._texts, pa.string()).combine_chunks()
        self.tally = self.tally.merge(AuditTally.of(results, texts, self._lines, self._job.texts, is_html=self._job.reading.html))
        self._held, self._texts, self._size = [], [], 0
        return results

    def _reject(self, batch: pa.RecordBatch) -> None:
        for entry in batch.select(["row", "place", "fault"]).to_pylist():
            reason = entry.pop("fault")
            self._rejected_lines.append(msgspec.json.encode({**entry, "reason": reason}) + b"\n")
            self.rejected[reason] = self.rejected.get(reason, 0) + 1

    def _wanted(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        job = self._job
        if job.sections:
            self._sections.update(name for name in pc.unique(batch.column("section")).to_pylist()
                                  if name is not None and (len(self._sections) < SHOWN_SECTIONS or name.lower() in self._meant))
        if job.since is not None:
            times = batch.column("time").cast(pa.int64())
            batch = batch.filter(pc.fill_null(pc.greater_equal(times, job.since), False))
        if job.sections:
            batch = batch.filter(pc.is_in(pc.utf8_lower(batch.column("section")), pa.array(self._meant)))
        return batch

    def _note(self, batch: pa.RecordBatch, results: pa.Table) -> None:
        self.rows += results.num_rows
        actions = pc.index_in(results["action"], pa.array(ACTIONS)).to_numpy()
        self.actions += np.bincount(actions, minlength=len(ACTIONS))
        highest = sample.highest(results)
        self.bands += np.bincount(sample.band(highest), minlength=sample.BANDS)
        self._candidates.add(results, batch.column("text"), highest)
        words, ours = batch.column("past"), results["past"].combine_chunks()
        for entry in pc.value_counts(words.filter(pc.is_null(ours))).to_pylist():
            if entry["values"] is not None and (len(self.unknown) < _SHOWN_WORDS or entry["values"] in self.unknown):
                self.unknown[entry["values"]] = self.unknown.get(entry["values"], 0) + entry["counts"]

    def commit(self, results: Path) -> Done:
        """Put the part's other files in place, and last the one that says it is done."""
        part, job, folder = self._part, self._job, self._folder
        self.tally = self.tally.merge(AuditTally.empty(self._lines, self.rejected))
        files = [results]
        for ending, lines in (("rejected.jsonl", self._rejected_lines), ("sample.jsonl", self._candidates.lines())):
            path = folder.file(part.number, ending)
            path.unlink(missing_ok=True)
            if lines:
                write(path, b"".join(lines))
                files.append(path)
        done = Done(part.number, part.first_row, part.digest, job.key, self.rows, sum(self.rejected.values()), self.left_out,
                    self.actions.tolist(), self.bands.tolist(), self.unknown, {path.name: path.stat().st_size for path in files},
                    msgspec.Raw(self.tally.to_json()), sorted(self._sections))
        write(folder.file(part.number, "done.json"), msgspec.json.encode(done))
        return done


def work(job: Job, part: Part) -> Done:
    """Do one part.

    Raises
    ------
    LoadError : the scorer's files are not what they were when the run began, or this machine has no encoder where the run has one.
    OSError : the part cannot be read or written, as on a full disk; nothing half-made is left.
    """
    # Arrow's own pools give memory back to the system part by part, and faulting it in anew takes a twentieth of the time.
    pa.set_memory_pool(pa.system_memory_pool())
    folder = Folder(job.out)
    scorer = open_scorer(job.spec)
    if job.versions not in (None, scorer.versions):
        what = f"has the model {scorer.versions.model}, and the audit began with {job.versions.model}" if job.versions else ""
        hint = f"install there what is installed here{f': {scorer.lack}' if scorer.lack else ''}"
        raise LoadError("the scorer", [Problem(f"the machine {socket.gethostname()}", what, hint)])
    writer = _Writer(folder, part, job, scorer)
    path = folder.file(part.number, job.results)
    with replacing(path) as temporary, _sink(temporary, job.results, writer.columns) as put:
        for batch in source.read(part, job.reading):
            for results in writer.add(batch):
                put(results)
        put(writer.flush())
    return writer.commit(path)


@contextlib.contextmanager
def _sink(path: Path, kind: str, columns: pa.Schema) -> Iterator[Callable[[pa.Table], object]]:
    """A function that writes results to a file of this kind."""
    if kind == "jsonl":
        with path.open("wb") as file:
            yield lambda table: file.writelines(msgspec.json.encode(row) + b"\n" for row in table.to_pylist())
    else:
        with pyarrow.parquet.ParquetWriter(path, columns, compression="zstd") as writer:
            yield writer.write_table
