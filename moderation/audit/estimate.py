"""What an audit will take, told before it begins: who decides, how often the encoder is asked, and how long that lasts.

Measured on the first comments that are to be scored, by what scores them then. Knows times; nothing of them stands in the results.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from moderation.audit.kernel import Job, score_rows
from moderation.audit.progress import duration
from moderation.audit.readers import source
from moderation.audit.readers.parts import Part
from moderation.scorer import Scorer
from moderation.table import DEEP, FAST

_SECONDS = 1.5  # that measuring may take, about
_CHUNK = 50  # comments between looks at the clock
_REST = 1.15  # an audit's time beside that of scoring: it reads, counts and writes
_WHO = {FAST: "the linear model and the lexicon", DEEP: "the encoder with the linear model and the lexicon",
        "auto": "the linear model and the lexicon, and the encoder where it could change the action"}


class Estimate(NamedTuple):
    """Of `comments` that were scored the encoder decided `deep`; seconds that a core takes for one, and takes without the encoder."""

    comments: int
    deep: int
    seconds: float
    fast: float


def measure(part: Part, job: Job, scorer: Scorer) -> Estimate | None:
    """An estimate by comments of a part's beginning; None where it holds none."""
    batch = next(iter(source.read(part, job.reading)), None)
    batch = batch.filter(pc.is_null(batch.column("fault"))) if batch else None
    if batch is None or not batch.num_rows:
        return None
    linear = Scorer(scorer.classifier, scorer.lexicon, scorer.policy, tier=FAST)
    score_rows(batch.slice(0, _CHUNK), job, scorer)  # what is built on first use costs once
    comments, deep, seconds = _timed(batch, job, scorer)
    fast = seconds if scorer.tier == FAST else _timed(batch, job, linear)[2]
    return Estimate(comments, deep, seconds, fast)


def _timed(batch: pa.RecordBatch, job: Job, scorer: Scorer) -> tuple[int, int, float]:
    """Comments that were scored, those that the encoder decided, and the seconds of each."""
    comments = deep = 0
    began = time.perf_counter()
    chunks = -(-batch.num_rows // _CHUNK)
    for start in range(chunks):
        # Every n-th row, so that what is scored comes from all of the batch.
        rows = pa.array(range(start, batch.num_rows, chunks))
        found = score_rows(batch.take(rows), job, scorer)
        comments += found.num_rows
        deep += pc.sum(pc.equal(found["tier"], DEEP)).as_py()
        if time.perf_counter() - began > _SECONDS:
            break
    return comments, deep, (time.perf_counter() - began) * _REST / comments


def told(found: Estimate | None, scorer: Scorer, tier: str, rows: int | None, workers: int | None) -> str:
    """What there is to say before an audit.

    Parameters
    ----------
    tier : that was asked for, "" for the policy's. rows : that there are, about; None where nobody knows.
    workers : that share them; None where nobody knows.
    """
    asked = tier or scorer.policy.rules.tier
    why = f", since there is no encoder: {scorer.lack}" if asked != FAST and scorer.lack else ""
    line = f"decided by {_WHO[scorer.tier]} (tier {scorer.tier}{why})"
    if found is None:
        return line
    if scorer.tier == "auto":
        line += f": {found.deep / found.comments:.0%} of the first {found.comments:,} comments"
    line += f"\n  about {_time(found.seconds, rows, workers)}"
    if scorer.tier != FAST:
        line += f"; with --tier fast, without the encoder, about {_time(found.fast, rows, workers).partition(' for ')[0]}"
    return line


def _time(seconds: float, rows: int | None, workers: int | None) -> str:
    whole = seconds * (1_000_000 if rows is None else rows) / (workers or 1)
    what = "a million comments" if rows is None else f"{rows:,} comments" if rows < 1000 else f"some {float(f'{rows:.2g}'):,.0f} comments"
    who = "of one core" if workers is None else f"with {workers} worker{'s' * (workers > 1)}"
    return f"{duration(max(whole, 1))} for {what} {who}" if workers is not None else f"{duration(max(whole, 1))} {who} for {what}"


def of_part(part: Part, job: Job, scorer: Scorer, total: int | None, workers: int | None) -> str:
    """What there is to say before an audit whose first part is this; `total` is of all parts' sizes, as `Source.total`."""
    rows = None if total is None else round(part.rows * total / max(part.end - part.start, 1))
    return told(measure(part, replace(job, sample=0), scorer), scorer, job.spec.tier, rows, workers)
