"""How much a matcher sees through, and how many innocents it hits: the tables of `moderation evaluate lexicon`.

Knows the trial's files and what a fair count is; knows no matcher, only a function from a text to spans, so that
another library can be measured by the same rule. How the files came about: tests/cases/lexicon/README.md.

>>> from moderation.disguise import DISGUISES
>>> import re
>>> def find(text): return [Range(*m.span()) for m in re.finditer("(?i)banana|b.nana", text)]
>>> for row in recall_table(find, ["banana"], ["A {}."], [DISGUISES["upper"], DISGUISES["leet_all"]]):
...     print(row.disguise, row.found, row.missed)
upper 1 []
leet_all 0 [('banana', '8@n@n@')]
"""

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol

from moderation.disguise import DISGUISES, Disguise

__all__ = [
    "CaseSet",
    "Evasion",
    "Innocent",
    "InnocentRow",
    "Range",
    "RecallRow",
    "SwearWord",
    "evasion_table",
    "innocent_table",
    "mean_recall",
    "read_case_set",
    "read_evasions",
    "recall_table",
    "written_table",
]

Half = Literal["dev", "heldout"]


class SpanLike(Protocol):
    """Half-open, in code points of the text that was searched; `text.Span` is one."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...


Find = Callable[[str], Sequence[SpanLike]]


class Range(NamedTuple):
    """The least that is a span, for matchers that bring none of their own."""

    start: int
    end: int


class SwearWord(NamedTuple):
    word: str
    category: str


class Innocent(NamedTuple):
    """A sentence that no matcher should touch; `group` says why one might, `word` what it stumbles over."""

    group: str
    word: str
    text: str


class Evasion(NamedTuple):
    """A sentence in which `written` stands for the swear word `term`; a hard one is for pride, not for the floor."""

    kind: str
    text: str
    written: str
    term: str
    is_hard: bool


class CaseSet(NamedTuple):
    """One half of the trial; `written` is what another hand made of the words: kind of disguise, word, as written."""

    words: list[SwearWord]
    frames: list[str]
    innocents: list[Innocent]
    written: dict[str, dict[str, str]]


class RecallRow(NamedTuple):
    """What became of one disguise (or one kind of evasion).

    `tried` counts texts, `found` those with a match that overlaps the disguised word, `exact` those with a match
    that covers the disguised word and nothing else. `missed` holds each (word, as written) once, in order.
    """

    disguise: str
    tried: int
    found: int
    exact: int
    missed: list[tuple[str, str]]

    @property
    def recall(self) -> float:
        """The share found; 1 where nothing was tried."""
        return self.found / self.tried if self.tried else 1.0


class InnocentRow(NamedTuple):
    """What became of one group of innocents; `hits` holds (text, the piece that was matched), one per text."""

    group: str
    tried: int
    hits: list[tuple[str, str]]

    @property
    def share(self) -> float:
        """The share of texts hit; 0 where nothing was tried."""
        return len(self.hits) / self.tried if self.tried else 0.0


def recall_table(
    find: Find, words: Sequence[str], frames: Sequence[str], disguises: Iterable[Disguise] = tuple(DISGUISES.values())
) -> list[RecallRow]:
    """Try every word under every disguise in every frame; one row per disguise, in the order given.

    The disguise's variant goes up with each text, so that each of a disguise's forms has its turn; a word that a
    disguise cannot apply to is not tried. The frame's first `{}` is where the word goes.

    Cost: ``len(disguises) * len(words) * len(frames)`` calls of `find`.
    """
    rows = []
    for disguise in disguises:
        texts = []
        for i, word in enumerate(words):
            for j, frame in enumerate(frames):
                written = disguise.write(word, i * len(frames) + j)
                if written is not None:
                    texts.append((word, written, frame.replace("{}", written, 1), frame.index("{}")))
        rows.append(_recall_row(find, disguise.name, texts))
    return rows


def written_table(find: Find, cases: CaseSet) -> list[RecallRow]:
    """Count the words as another hand has disguised them, each in every frame; one row per kind, in the file's order."""
    return [
        _recall_row(
            find,
            kind,
            [
                (word, written, frame.replace("{}", written, 1), frame.index("{}"))
                for word, written in row.items()
                for frame in cases.frames
            ],
        )
        for kind, row in cases.written.items()
    ]


def evasion_table(find: Find, evasions: Sequence[Evasion]) -> list[RecallRow]:
    """Count the hand-written evasions as disguises are counted, one row per kind, in order of appearance."""
    kinds = dict.fromkeys(evasion.kind for evasion in evasions)
    return [
        _recall_row(
            find, kind, [(e.term, e.written, e.text, e.text.index(e.written)) for e in evasions if e.kind == kind]
        )
        for kind in kinds
    ]


def _recall_row(find: Find, name: str, texts: Sequence[tuple[str, str, str, int]]) -> RecallRow:
    found = exact = 0
    missed: dict[tuple[str, str], None] = {}
    for word, written, text, start in texts:
        end = start + len(written)
        overlapping = [span for span in find(text) if span.start < end and start < span.end]
        exact += any(span.start == start and span.end == end for span in overlapping)
        if overlapping:
            found += 1
        else:
            missed[word, written] = None
    return RecallRow(name, len(texts), found, exact, list(missed))


def mean_recall(rows: Sequence[RecallRow]) -> float:
    """The mean over disguises, each counting alike however many words it could be tried on; `plain` is not one."""
    disguised = [row.recall for row in rows if row.disguise != "plain" and row.tried]
    return sum(disguised) / len(disguised) if disguised else 1.0


def innocent_table(find: Find, innocents: Sequence[Innocent]) -> list[InnocentRow]:
    """Count the texts with any match at all, whatever was matched; one row per group, in order of appearance."""
    tried: dict[str, int] = {}
    hits: dict[str, list[tuple[str, str]]] = {}
    for innocent in innocents:
        tried[innocent.group] = tried.get(innocent.group, 0) + 1
        spans = find(innocent.text)
        if spans:
            piece = innocent.text[spans[0].start : spans[0].end]
            hits.setdefault(innocent.group, []).append((innocent.text, piece))
    return [InnocentRow(group, count, hits.get(group, [])) for group, count in tried.items()]


def read_case_set(folder: Path, half: Half) -> CaseSet:
    """Read one half of the trial: `swearwords_`, `frames_`, `innocent_` and `written_<half>.json` in `folder`.

    Raises
    ------
    OSError, ValueError, KeyError
        A file is missing or is not of the shape that the README beside it describes.
    """

    def read(name: str) -> Any:
        return json.loads((folder / f"{name}_{half}.json").read_text(encoding="utf-8"))

    return CaseSet(
        words=[SwearWord(row["word"], row["category"]) for row in read("swearwords")],
        frames=list(read("frames")),
        innocents=[
            Innocent(group, word, text)
            for group, words in read("innocent").items()
            for word, texts in words.items()
            for text in texts
        ],
        written=read("written"),
    )


def read_evasions(folder: Path) -> list[Evasion]:
    """Read `evasions.json` in `folder`; errors as for `read_case_set`."""
    rows = json.loads((folder / "evasions.json").read_text(encoding="utf-8"))
    return [Evasion(row["kind"], row["text"], row["written"], row["term"], row["expected"] == "hard") for row in rows]
