"""What an audit costs beside the bare scorer: generated comments, Parquet to Parquet.

    python benchmarks/audit.py                        # one million comments, four for the memory
    python benchmarks/audit.py --comments 100000      # on a machine that is shared; ratios within one run are what counts
    python benchmarks/audit.py --engines local,ray,spark

The bare scorer is `score_batch` on the same texts: in one process, and in two at once, as much as there is to gain. Processors are those
of all programs that a run starts; `of the bare` sets them beside the bare scorer's. Seconds are those of the whole command, from its call
to its end; `start` is what of them it takes whatever the number of rows. Memory is the most that any one process held (`VmHWM`).
"""

from __future__ import annotations

import argparse
import itertools
import multiprocessing
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet
import watched

from moderation import settings
from moderation.scorer import ScorerSpec, open_scorer

_PART = 50_000
_BATCH = 2_000
_ABUSE = 0.02  # of the comments hold a word of the lexicon
_LETTERS = ("bcdfghklmnprstvw", "aeiou")


def vocabulary(chance: random.Random) -> list[str]:
    """Words that sound like words and mean nothing, and the commonest of English, so that a language is told."""
    common = ("the of and to in is that it was for on are as with they be at one have this from had not but what all were when we there "
              "can an your which their said if do will each about how up out them then she many some so these would other into has").split()
    made = ["".join(chance.choice(_LETTERS[place % 2]) for place in range(chance.randrange(3, 10))) for _ in range(5000)]
    return [*common * 60, *made]


def archive(path: Path, count: int, insults: list[str]) -> Path:
    """A Parquet file of as many comments, lognormal in length about some fifty words as comments of news sites are."""
    if path.exists():
        return path
    chance = random.Random(7)
    words = vocabulary(chance)
    with pyarrow.parquet.ParquetWriter(path, pa.schema([("id", pa.int64()), ("section", pa.string()), ("text", pa.string())])) as writer:
        for start in range(0, count, _PART):
            texts = []
            for _ in range(min(_PART, count - start)):
                chosen = chance.choices(words, k=max(2, min(400, round(chance.lognormvariate(3.4, 0.9)))))
                if chance.random() < _ABUSE:
                    chosen[chance.randrange(len(chosen))] = chance.choice(insults)
                texts.append(" ".join(chosen).capitalize() + ".")
            writer.write_table(pa.table({"id": range(start, start + len(texts)),
                                         "section": chance.choices(["sport", "politics", "culture"], k=len(texts)), "text": texts}))
    return path


def bare(path: Path, count: int, start: Any, seconds: Any) -> None:
    """Put on a queue the seconds of the clock and of the processor that the scorer takes for the first comments, from when all are ready,
    and how many are not approved."""
    scorer = open_scorer(ScorerSpec.from_settings(settings.load()))
    batches = pyarrow.parquet.ParquetFile(path).iter_batches(_BATCH, columns=["text"])
    batches = [batch.column(0).to_pylist() for batch in itertools.islice(batches, -(-count // _BATCH))]
    scorer.score_batch(batches[0])
    start.wait()
    began, used = time.perf_counter(), time.process_time()
    held = sum(int((scorer.score_batch(texts).worst > 0).sum()) for texts in batches)
    seconds.put((time.perf_counter() - began, time.process_time() - used, held))


def at_once(path: Path, count: int, processes: int) -> tuple[float, float, int]:
    """So many processes, each of which scores the same comments: the slowest one's seconds, of clock and processor; how many are held."""
    context = multiprocessing.get_context("spawn")
    start, seconds = context.Barrier(processes), context.SimpleQueue()
    started = [context.Process(target=bare, args=(path, count, start, seconds)) for _ in range(processes)]
    for process in started:
        process.start()
    found: list[tuple[float, float, int]] = [seconds.get() for _ in started]
    for process in started:
        process.join()
    return max(found)


class Way(NamedTuple):
    """What one audit took: `start` are the seconds of its clock that it takes whatever the number of rows, to begin and to end."""

    start: float
    cost: watched.Cost


def audited(path: Path, out: Path, flags: list[str], workers: int) -> Way:
    """Audit into a folder. Start is what is left of the clock if every part takes as long as those behind the first of each worker."""
    command = [sys.executable, "-m", "moderation", "audit", str(path), "--out", str(out), "--quiet", "--part-rows", str(_PART), *flags]
    cost = watched.run(command, settings.ROOT)
    ends = sorted(done.stat().st_mtime for done in (out / "parts").glob("*.done.json"))
    each = (ends[-1] - ends[workers - 1]) / max(len(ends) - workers, 1)
    return Way(max(cost.clock - each * len(ends), 0.0), cost)


def row(way: str, count: int, found: Way, rate: float) -> str:
    """A line of the table."""
    cpu = found.cost.seconds_of_processors
    return (f"{way:<30}{found.cost.clock:>8.1f}{found.start:>8.1f}{count / found.cost.clock:>12,.0f}{cpu:>10.1f}{count / cpu / rate:>12.0%}"
            f"{found.cost.highest_memory:>7.0f}")


def compared(done: dict[str, Way], ceiling: float) -> str:
    """What two workers gain, of what there is to gain, and what the engines add to them."""
    local = done["local, 2 workers"]
    times = done["local, 1 worker"].cost.clock / local.cost.clock
    lines = [f"two workers are {times:.2f} times as fast as one; two bare scorers at once {ceiling:.2f} times, all there is to gain"]
    for way, theirs in done.items():
        if not way.startswith("local"):
            more, start = theirs.cost.clock - local.cost.clock, theirs.start - local.start
            programs = ", ".join(f"{name} {seconds:.0f}" for name, seconds in sorted(theirs.cost.by_program.items()) if seconds >= 0.5)
            share = more / theirs.cost.clock
            lines.append(f"{way} takes {more:.1f} s more than they, {share:.0%} of its time; {start:.1f} s are its start. "
                         f"CPU s by program: {programs}")
    return "\n".join(lines)


def main() -> None:
    """Print one line for each way to run the audit."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--comments", type=int, default=1_000_000)
    parser.add_argument("--engines", default="local,ray,spark")
    parser.add_argument("--no-memory", action="store_true", help="leave out the audit of four times as many comments")
    given = parser.parse_args()
    count = given.comments
    scorer = open_scorer(ScorerSpec.from_settings(settings.load()))
    insults = [term.text for term in scorer.lexicon.terms][:200]
    with tempfile.TemporaryDirectory(prefix="bench-audit-") as name:
        folder = Path(name)
        path = archive(folder / "comments.parquet", count, insults)
        sample = min(count, 100_000)
        one, two = at_once(path, sample, 1), at_once(path, sample, 2)
        rate = sample / one[1]
        ceiling = 2 * one[0] / two[0]
        length = sum(len(text) for text in pyarrow.parquet.ParquetFile(path).read_row_group(0)["text"].to_pylist()) / min(count, _PART)
        print(f"{count:,} comments of {length:.0f} characters, {one[2] / sample:.1%} of them not approved")
        print(f"{'':<30}{'s':>8}{'start s':>8}{'comments/s':>12}{'CPU s':>10}{'of the bare':>12}{'MB':>7}")
        for way, processes, (clock, cpu, _) in (("bare scorer, one process", 1, one), ("bare scorer, two at once", 2, two)):
            print(f"{way:<30}{count * clock / sample / processes:>8.1f}{'-':>8}{processes * sample / clock:>12,.0f}"
                  f"{count * cpu / sample:>10.1f}{sample / cpu / rate:>12.0%}{'-':>7}", flush=True)
        ways = {"local, 1 worker": ["--workers", "1"], "local, 2 workers": ["--workers", "2"], "ray": ["--engine", "ray"],
                "spark, local[2]": ["--engine", "spark", "--master", "local[2]"]}
        ways = {way: flags for way, flags in ways.items() if way.partition(",")[0] in given.engines.split(",")}
        done = {}
        for way, flags in ways.items():
            done[way] = audited(path, folder / way.replace(" ", ""), flags, 1 if way == "local, 1 worker" else 2)
            print(row(way, count, done[way], rate), flush=True)
        if "local, 2 workers" in done:
            print(compared(done, ceiling))
        if not given.no_memory:
            four = archive(folder / "four.parquet", 4 * count, insults)
            print(row(f"local, 1 worker, {4 * count:,}", 4 * count, audited(four, folder / "four", ["--workers", "1"], 1), rate))


if __name__ == "__main__":
    main()
