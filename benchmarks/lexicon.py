"""Folding plus lexicon, one comment at a time, beside word lists from PyPI: interleaved rounds on one core, as ratios.

    pip install -r requirements-bench.txt && python benchmarks/lexicon.py

The texts are the civil seed comments, cut or joined to about 135 and about 600 characters, all of them different; in
every fifth the quotes are curly and a dash is long, so that it is not ASCII. Also prints how the time grows on hostile
text of 1 MB.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import os
import statistics
import time
from collections.abc import Callable, Sequence

from moderation import settings
from moderation.lexicon import Lexicon
from moderation.text import normalize

ROUNDS = 7
SLOW = 40  # texts that better-profanity is given
HOSTILE = {"one letter": "f", "separators": ".", "combining marks": "\u0301", "letters and separators": "f.", "stars": "f*****s ",
           "a run-together word": "xfxux", "quotes": "\"f", "tags": "<b>", "entities": "&#102;"}


def texts_of(length: int, count: int) -> list[str]:
    """`count` different texts of about `length` characters, every fifth of them not ASCII."""
    with (settings.ROOT / "seeds/comments.csv").open(encoding="utf-8", newline="") as file:
        rows = [row["text"] for row in csv.DictReader(file) if "1" not in (row["derogatory"], row["personal"], row["obscene"])]
    words = itertools.cycle(" ".join(rows).split())
    texts = []
    for number in range(count):
        text = next(words)
        while len(text) < length:
            text += f" {next(words)}"
        plain = text.encode("ascii", "replace").decode().replace("?", "'")
        texts.append(f"“{plain}” — ok" if number % 5 == 0 else plain)
    return texts


def seconds(work: Callable[[str], object], texts: Sequence[str]) -> float:
    """Seconds a text."""
    began = time.process_time()
    for text in texts:
        work(text)
    return (time.process_time() - began) / len(texts)


def main() -> None:
    """Print the tables."""
    # Imported here, so that --help needs none of them.
    from better_profanity import profanity
    from better_profanity_rs import profanity as profanity_rs
    from profanex import Filter

    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    found = settings.load()
    lexicon = Lexicon.load(found.lexicon_paths)
    profanity.load_censor_words()
    profanity_rs.load_censor_words()
    peer = Filter()
    works: dict[str, Callable[[str], object]] = {
        "moderation": lambda text: lexicon.find(normalize(text)),
        "better-profanity-rs": profanity_rs.contains_profanity,
        "profanex": peer.find,
        "better-profanity": profanity.contains_profanity,
    }
    for name, length in (("short", 135), ("long", 600)):
        texts = texts_of(length, 4000)
        times: dict[str, list[float]] = {work: [] for work in works}
        for _ in range(ROUNDS):
            for work, call in works.items():
                times[work].append(seconds(call, texts[:SLOW] if work == "better-profanity" else texts))
        ours = statistics.median(times["moderation"])
        print(f"{name}, about {sum(map(len, texts)) / len(texts):.0f} characters, one at a time, median of {ROUNDS} rounds")
        for work, measured in times.items():
            middle = statistics.median(measured)
            print(f"  {work:<22}{1 / middle:>12,.0f} a second   {middle / ours:>10.2f} of our time")
    print("\nhostile text: seconds for 1 MB, and how many times as long as 100 kB")
    for name, unit in HOSTILE.items():
        small, large = unit * (100_000 // len(unit)), unit * (1_000_000 // len(unit))
        few, many = (min(seconds(works["moderation"], [text]) for _ in range(2)) for text in (small, large))
        print(f"  {name:<26}{many:>8.3f} s {many / few:>8.1f}")


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    main()
