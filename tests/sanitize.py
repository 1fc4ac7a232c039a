"""The kernels under the sanitizers of addresses and undefined behaviour, over the texts of the cases and over random ones.

    python tests/sanitize.py

Any read or write beside an array, and any step that C does not define, ends it with a report and an error. Wants a C compiler that has
both (`cc -fsanitize=address,undefined`); says so where there is none.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from moderation import kernels, settings
from moderation.features import FeatureSpec
from moderation.scorer import ScorerSpec, open_scorer
from moderation.text import fold_batch, normalize
from moderation.train.descend import Descent, descend, matrix

LIBRARY = "SANITIZED_KERNELS"  # the library that the kernels are to be loaded from
FLAGS = ("-std=c11", "-include", "stdint.h", "-O1", "-g", "-fPIC", "-shared", "-ffp-contract=off", "-fsanitize=address,undefined",
         "-fno-sanitize-recover=all", "-fno-omit-frame-pointer")
PIECES = ("&amp;", "&#102;", "&", "<b>", "<", "<p class='", "https://fig.example/x", "www.", "`", "```", "\n> ", "\u200b", "\u0301",
          "\ud800", "\0", "  ", "\n\n", "a" * 70, "!?.", "@fig ", "*", "#", "...", "1,000 ", "\ufdfa", "\U0001d41f", "\U0001f600",
          "''", "fig. ")


def said(value: object) -> Iterator[str]:
    """Every string in what a JSON file holds."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from said([*value.keys(), *value.values()])
    elif isinstance(value, list):
        for inner in value:
            yield from said(inner)


def texts(count: int) -> list[str]:
    """The cases' own texts, and as many made of pieces of them, of signs and of any characters."""
    draw = random.Random(3)
    files = sorted((settings.ROOT / "tests/cases").rglob("*.json"))
    cases = [text for file in files if "heldout" not in file.name for text in said(json.loads(file.read_text(encoding="utf-8")))]
    made = []
    for _ in range(count):
        parts = []
        for _ in range(draw.randrange(1, 12)):
            text = draw.choice(cases)
            first = draw.randrange(len(text) + 1)
            anything = [draw.randrange(draw.choice((0x80, 0x3000, 0x110000))) for _ in range(draw.randrange(9))]
            cut = text[first : first + draw.randrange(90)]
            parts.append(draw.choice((cut, draw.choice(PIECES) * draw.randrange(1, 4), "".join(map(chr, anything)))))
        made.append(draw.choice(("", " ")).join(parts))
    return [*cases, *made, *(piece * 3000 for piece in PIECES), ""]


def exercise() -> None:
    """Every kernel that serves or trains, on all texts at once and one by one."""
    path = Path(os.environ[LIBRARY])
    kernels.library_path = lambda: path
    scorer = open_scorer(ScorerSpec.from_settings(settings.load({"MODERATION_TIER": "fast"})))
    read = texts(4000)
    table = scorer.score_batch(read)
    for row, text in enumerate(read):
        if row % 7 == 0:
            assert scorer.score(text).categories == table[row].categories
        if row % 31 == 0:
            table.evidence(row)
            table.sentences(row)
            scorer.lexicon.explain(normalize(text))
    batch = fold_batch(read)
    scorer.classifier.predict_folded(scorer.lexicon.restore(batch))
    for spec in (FeatureSpec(buckets=1 << 12, across=True), FeatureSpec(1, 8, 3, True, True, True, True, True, 1 << 12)):
        data = matrix(read, spec)
        labels = np.random.default_rng(3).random((len(read), 6), np.float32)
        descend(data, np.ones(len(read)), labels, np.ones_like(labels), spec.buckets, Descent(epochs=1))
    sys.stdout.write(f"{len(read):,} texts were scored under the sanitizers without a complaint\n")


def compiled(*sources: str, given: str = "") -> subprocess.CompletedProcess[str]:
    """What the compiler says to sources for the sanitizers."""
    return subprocess.run(["cc", *FLAGS, *sources, "-lm"], input=given, capture_output=True, text=True, check=False)


def runtime(name: str) -> str:
    """Where the compiler keeps a library of its own."""
    return subprocess.run(["cc", f"-print-file-name={name}"], check=True, capture_output=True, text=True).stdout.strip()


def main() -> int:
    """Compile the kernels for the sanitizers and run `exercise` on them in an interpreter that has these loaded."""
    if LIBRARY in os.environ:
        exercise()
        return 0
    with tempfile.TemporaryDirectory() as folder:
        if not shutil.which("cc") or compiled("-xc", "-", "-o", f"{folder}/none.so", given="int none;").returncode:
            sys.stdout.write("there is no C compiler with sanitizers here: nothing was tried\n")
            return 0
        library = f"{folder}/kernels.so"
        done = compiled("-o", library, *map(str, kernels.SOURCE_FOLDER.glob("*.c")))
        if done.returncode:
            sys.stderr.write(done.stderr)
            return done.returncode
        # Python's own memory would hide what lies beside an array; what it keeps to the end is no leak.
        environment = {**os.environ, LIBRARY: library, "LD_PRELOAD": f"{runtime('libasan.so')} {runtime('libubsan.so')}",
                       "PYTHONMALLOC": "malloc", "ASAN_OPTIONS": "detect_leaks=0", "UBSAN_OPTIONS": "print_stacktrace=1"}
        return subprocess.run([sys.executable, __file__], env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
