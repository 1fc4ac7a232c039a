"""Commands about the lexicon: `lexicon check FILE`, `lexicon explain "text"`, `evaluate lexicon`. Thin: parse, call, print."""

from __future__ import annotations

import argparse
import csv
import itertools
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from moderation import settings
from moderation.lexicon import Lexicon
from moderation.terms import read_terms
from moderation.text import normalize
from moderation.train.lexicon_eval import (
    RecallRow,
    evasion_table,
    innocent_table,
    mean_recall,
    read_case_set,
    read_evasions,
    recall_table,
    written_table,
)

_CASES = settings.ROOT / "tests/cases/lexicon"
HOMOGRAPHS = "words with another sense"  # the group of innocents that are written just like a term
_SHOWN = 8  # misses that are printed of each row
_SEEN = 3  # texts that are printed for each new term


def _open() -> Lexicon:
    found = settings.load()
    return Lexicon.load(found.lexicon_paths, found.languages)


def _explain(arguments: argparse.Namespace) -> int:
    lexicon = _open()
    text = normalize(arguments.text)
    print(f"readable  {text.readable.text}")
    print(f"squeezed  {text.squeezed.text}")
    for match in lexicon.find(text):
        print(f"match     {match.span.start}-{match.span.end} {match.term} "
              f"({match.category}, {match.severity}, {match.disguise}, {match.region})")
    for finding in dict.fromkeys(lexicon.explain(text)):
        print(f"candidate {finding.span.start}-{finding.span.end} {finding.term}: {finding.outcome}"
              + (f" ({finding.disguise})" if finding.disguise else ""))
    return 0


def _check(arguments: argparse.Namespace) -> int:
    """What each term of a file would hit among innocent texts and among the seed comments that break no rule."""
    file = read_terms([arguments.file])[0]
    # what is hit is shown, and the held-out sentences are shown to nobody who works on the lexicon
    innocents = [innocent.text for innocent in read_case_set(_CASES, "dev").innocents]
    with (settings.ROOT / "seeds/comments.csv").open(encoding="utf-8", newline="") as lines:
        seeds = list(csv.DictReader(lines))
    site = _open()
    print(f"{len(file.terms)} terms, {len(file.allows)} allows for all terms")
    faults = 0
    for term in file.terms:
        lexicon = Lexicon([term], site.words, site.common, file.allows)
        hit = [text for text in innocents if lexicon.find(normalize(text))]
        seed_hits = [row for row in seeds if lexicon.find(normalize(row["text"]))]
        civil = [row["id"] for row in seed_hits if "1" not in (row["derogatory"], row["personal"], row["obscene"])]
        missed = [text for text in term.yes if not lexicon.find(normalize(text))]
        wrong = [text for text in term.no if lexicon.find(normalize(text))]
        known = " It is a known innocent word: it will be found in plain use." if site.is_known(term.text) else ""
        print(f"{term.where} {term.text}: hits {len(hit)} of {len(innocents)} innocent texts, {len(civil)} civil seed comments "
              f"of the {len(seed_hits)} that it finds.{known}")
        for text in hit[:_SEEN]:
            print(f"    innocent: {text}")
        if civil:
            print(f"    civil seed comments: {', '.join(civil[: 4 * _SEEN])}")
        for text in missed:
            print(f"    `yes` text that it does not match: {text}")
        for text in wrong:
            print(f"    `no` text that it matches: {text}")
        faults += len(missed) + len(wrong)
    return 1 if faults else 0


def _listed(pieces: Iterable[str], shown: bool) -> str:
    """The first few pieces; nothing of the half that nobody who works on the lexicon may see."""
    return " ".join(piece.replace("\n", "\\n") for piece in itertools.islice(dict.fromkeys(pieces), _SHOWN if shown else 0))


def _print_recall(rows: list[RecallRow], shown: bool) -> None:
    print(f"{'disguise':<22}{'tried':>6}{'found':>7}{'exact':>7}  {'missed' if shown else ''}")
    for row in sorted(rows, key=lambda row: row.recall):
        missed = _listed((written for _, written in row.missed), shown)
        print(f"{row.disguise:<22}{row.tried:>6}{row.recall:>7.3f}{row.exact / max(row.tried, 1):>7.3f}  {missed}")
    print(f"mean {mean_recall(rows):.3f}, least {min(row.recall for row in rows):.3f}\n")


def _evaluate(arguments: argparse.Namespace) -> int:
    lexicon = _open()
    cases = read_case_set(_CASES, arguments.half)
    shown = arguments.half == "dev"

    def find(text: str) -> list[Any]:
        return [match.span for match in lexicon.find(normalize(text))]

    print(f"disguised words, {arguments.half}: {len(cases.words)} words in {len(cases.frames)} frames")
    _print_recall(recall_table(find, [word.word for word in cases.words], cases.frames), shown)
    if cases.written:
        print("the same words, disguised by another hand")
        _print_recall(written_table(find, cases), shown)
    innocent = innocent_table(find, cases.innocents)
    print(f"{'innocent texts':<44}{'tried':>6}{'hit':>5}  {'what was hit' if shown else ''}")
    for group in innocent:
        print(f"{group.group:<44}{group.tried:>6}{len(group.hits):>5}  {_listed((piece for _, piece in group.hits), shown)}")
    for name, groups in (("all", innocent), ("all but words with another sense", [g for g in innocent if g.group != HOMOGRAPHS])):
        tried, hit = sum(group.tried for group in groups), sum(len(group.hits) for group in groups)
        print(f"{name:<44}{tried:>6}{hit:>5}  {hit / tried:.2%}")
    if shown:
        print(f"\n{'further evasions':<44}{'tried':>6}{'found':>7}  missed")
        for row in evasion_table(find, read_evasions(_CASES)):
            print(f"{row.disguise:<44}{row.tried:>6}{row.recall:>7.2f}  {_listed((written for _, written in row.missed), shown)}")
    return 0


def add_commands(commands: Any) -> None:
    """Add `lexicon check` and `lexicon explain` to the program's subparsers."""
    lexicon = commands.add_parser("lexicon", help="look into the lexicon, or try terms of your own")
    what = lexicon.add_subparsers(title="what", required=True, metavar="what")
    check = what.add_parser("check", help="say what each term of a file would hit among innocent texts and seed comments")
    check.add_argument("file", type=Path, help="a file of terms; seeds/README.md shows its format")
    check.set_defaults(run=_check)
    explain = what.add_parser("explain", help="show every view, match, candidate and allow of a text")
    explain.add_argument("text", help="the text")
    explain.set_defaults(run=_explain)


def add_evaluate(subjects: Any) -> None:
    """Add `evaluate lexicon` to the subjects of `evaluate`."""
    lexicon = subjects.add_parser("lexicon", help="recall by disguise, false hits by class of innocent texts")
    lexicon.add_argument("--half", choices=("dev", "heldout"), default="heldout", help="which half of the trial; the default is heldout, "
                         "of which only counts are shown, since nobody who works on the lexicon may see it")
    lexicon.set_defaults(run=_evaluate)
