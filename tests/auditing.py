"""What tests of audits share: a small model on the disk, archives made up by seed, what is read of them, and what an audit leaves."""

from __future__ import annotations

import csv
import random
from pathlib import Path
from typing import Any

from moderation.audit.readers import source as sources
from moderation.audit.readers.source import Options, Source, open_source
from moderation.scorer import ScorerSpec
from moderation.settings import ROOT
from tests.conftest import make_classifier

_WORDS = ("fig banana durian prune quince pear plum lovely garden rain bus late council road nobody never always please thanks agree "
          "people school team coach match tomorrow").split()


def small_spec(folder: Path) -> ScorerSpec:
    """The spec of a small model with words of fruit."""
    (folder / "model").mkdir(parents=True)
    make_classifier().save(folder / "model")
    (folder / "words.txt").write_text("language: en\n[obscene strong]\nbanana\n[derogatory severe]\ndurian\n[personal mild]\nprune\n",
                                      encoding="utf-8")
    return ScorerSpec.of(folder / "model", [folder / "words.txt"], ROOT / "tests/cases/policy.toml")


def environment(spec: ScorerSpec) -> dict[str, str]:
    """The settings by which the command line opens this model and policy (with the project's lexicon)."""
    return {"MODERATION_MODEL": str(spec.model), "MODERATION_POLICY": str(spec.policy)}


def write_archive(path: Path, rows: int, seed: int = 1, words: int = 60) -> Path:
    """A CSV archive with all columns, some of whose rows are bad."""
    chance = random.Random(seed)
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(["id", "created_at", "section", "user", "comment", "status", "article"])
        for row in range(rows):
            text = " ".join(chance.choices(_WORDS, k=chance.randrange(1, words)))
            if row % 97 == 13:
                text = ""
            out.writerow([f"c-{row}", f"2024-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02} 10:00:00",
                          chance.choice(["sport", "Politics", "garden", ""]), f"u-{chance.randrange(50)}", text,
                          chance.choice(["approved", "rejected", "pending", "zapped"]), f"a-{chance.randrange(20)}"])
            if row % 101 == 17:
                file.write('x,"never closed\n')
    return path


def left_by(folder: Path) -> dict[str, bytes]:
    """All that an audit leaves, but for `run.json`, which alone may differ between two runs."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*"))
            if path.is_file() and path.name not in ("run.json", ".lock")}


def read(source: Path | str, folder: Path, part_rows: int = 2, options: Options | None = None) -> tuple[Source, list[dict[str, Any]]]:
    """The source and all its rows, each without what is null."""
    opened = open_source(str(source), options or Options())
    found: list[dict[str, Any]] = []
    for part in opened.plan(part_rows, folder / "copies"):
        of_part = [row for batch in sources.read(part, opened.reading) for row in batch.to_pylist()]
        assert [row["row"] for row in of_part] == list(range(part.first_row, part.first_row + len(of_part)))
        found += of_part
    assert [row["row"] for row in found] == list(range(len(found)))
    opened.close()
    return opened, [{name: value for name, value in row.items() if value is not None} for row in found]


def texts(source: Path | str, folder: Path, part_rows: int = 2, options: Options | None = None) -> list[str | None]:
    """The texts of its rows."""
    return [row.get("text") for row in read(source, folder, part_rows, options)[1]]


def faults(found: list[dict[str, Any]]) -> list[str | None]:
    """What is wrong with each row."""
    return [row.get("fault") for row in found]
