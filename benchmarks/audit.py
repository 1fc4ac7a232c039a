"""What an audit costs beside the bare scorer: generated comments, Parquet to Parquet.

    python benchmarks/audit.py                        # one million comments, four for the memory
    python benchmarks/audit.py --comments 100000      # on a machine that is shared; ratios within one run are what counts
    python benchmarks/audit.py --engines local,ray,spark

The bare scorer is `score_batch` on the same texts in one process. Memory is the most that any one process held (`VmHWM`).
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet

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


def bare(path: Path, count: int) -> tuple[float, float]:
    """Seconds that the scorer takes for the first comments, and the share that is not approved."""
    scorer = open_scorer(ScorerSpec.from_settings(settings.load()))
    seconds, held = 0.0, 0
    for batch in pyarrow.parquet.ParquetFile(path).iter_batches(_BATCH, columns=["text"]):
        texts = batch.column(0).to_pylist()
        began = time.process_time()
        held += int((scorer.score_batch(texts).worst > 0).sum())
        seconds += time.process_time() - began
        count -= len(texts)
        if count <= 0:
            break
    return seconds, held


def highest_memory(process: int) -> int:
    """The most memory, in kilobytes, that a process or one that it started has held; those that are there now."""
    found, waiting = 0, [process]
    while waiting:
        number = waiting.pop()
        try:
            status = Path(f"/proc/{number}/status").read_text()
            found = max(found, int(status.partition("VmHWM:")[2].split()[0]))
            for task in Path(f"/proc/{number}/task").iterdir():
                waiting += [int(child) for child in (task / "children").read_text().split()]
        except (OSError, IndexError):
            continue
    return found


def audited(path: Path, out: Path, flags: list[str]) -> tuple[float, float, float]:
    """Seconds of the clock without the start, seconds of processors, and megabytes of the largest process, of one audit."""
    command = [sys.executable, "-m", "moderation", "audit", str(path), "--out", str(out), "--quiet", "--part-rows", str(_PART), *flags]
    before = os.times()
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=settings.ROOT)
    memory = 0
    while running.poll() is None:
        memory = max(memory, highest_memory(running.pid))
        time.sleep(0.2)
    after = os.times()
    if running.returncode:
        sys.exit(f"{' '.join(command)} ended with {running.returncode}")
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return json.loads((out / "run.json").read_text(encoding="utf-8"))["seconds"], cpu, memory / 1024


def row(way: str, count: int, clock: float, cpu: float, memory: float, rate: float) -> str:
    """A line of the table."""
    return f"{way:<34}{clock:>8.1f}{count / clock:>12,.0f}{count / cpu:>14,.0f}{count / cpu / rate:>12.0%}{memory:>7.0f}"


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
        seconds, held = bare(path, sample)
        rate = sample / seconds
        length = sum(len(text) for text in pyarrow.parquet.ParquetFile(path).read_row_group(0)["text"].to_pylist()) / min(count, _PART)
        print(f"{count:,} comments of {length:.0f} characters, {held / sample:.1%} of them not approved")
        print(f"{'':<34}{'s':>8}{'comments/s':>12}{'/s of a core':>14}{'of the bare':>12}{'MB':>7}")
        print(f"{'bare scorer, one process':<34}{count / rate:>8.1f}{rate:>12,.0f}{rate:>14,.0f}{1:>12.0%}")
        ways = {"local, 1 worker": ["--workers", "1"], "local, 2 workers": ["--workers", "2"], "ray": ["--engine", "ray"],
                "spark, local[2]": ["--engine", "spark", "--master", "local[2]"]}
        clocks = {}
        for way, flags in ways.items():
            if way.partition(",")[0] not in given.engines.split(","):
                continue
            clock, cpu, memory = audited(path, folder / way.replace(" ", ""), flags)
            clocks[way] = clock
            print(row(way, count, clock, cpu, memory, rate), flush=True)
        if "local, 2 workers" in clocks:
            print(f"two workers are {clocks['local, 1 worker'] / clocks['local, 2 workers']:.2f} times as fast as one")
            for way in ("ray", "spark, local[2]"):
                if way in clocks:
                    share = 1 - clocks["local, 2 workers"] / clocks[way]
                    print(f"{way} adds {max(share, 0):.0%} of its wall time to what two local workers take")
        if not given.no_memory:
            four = archive(folder / "four.parquet", 4 * count, insults)
            clock, cpu, memory = audited(four, folder / "four", ["--workers", "1"])
            print(row(f"local, 1 worker, {4 * count:,}", 4 * count, clock, cpu, memory, rate))


if __name__ == "__main__":
    main()
