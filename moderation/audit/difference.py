"""The page of `moderation audit diff`: what changes between two audits, in one file that opens offline."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from markupsafe import Markup

from moderation import charts, pages
from moderation.audit import folder
from moderation.audit.diff import Change, Difference, Matrix, changed, stricter
from moderation.audit.examples import Example, TextShown, example, hide
from moderation.audit.tally import UNIT
from moderation.audit.words import environment, spell
from moderation.policy import ACTIONS

_SHOWN = 40  # most sections
_CHANGES = {"stricter": "var(--reject)", "milder": "var(--approve)"}


class Row(NamedTuple):
    """A section or a clause: its comments, and those that change."""

    name: str
    total: int
    changed: int
    stricter: int


def write(found: Difference, path: Path, shown: TextShown = "full", texts: Mapping[int, str] | None = None) -> None:
    """Write the page; `texts` are the comments of the examples by their rows, as far as they can be had."""
    folder.write(path, html(found, shown, texts or {}).encode())


def html(found: Difference, shown: TextShown, texts: Mapping[int, str]) -> str:
    """The page."""
    shown = shown if texts else "none"
    is_html = bool(found.runs[0].key["reading"].get("html"))
    sections, categories = _rows(found.sections), _rows(found.categories)
    values = {
        "found": found, "names": [spell(run.path.name) for run in found.runs], "sections": sections[:_SHOWN],
        "unlisted": max(0, len(sections) - _SHOWN), "categories": categories, "figure": charts.figure,
        "stricter": stricter(found.actions), "by_section": _bars("section", sections[:15]), "by_category": _bars("clause", categories),
        "changes": [(before, after, int(found.actions[one, other]),
                     [_shown(change, shown, texts, is_html) for change in found.examples.get((before, after), [])],
                     any(change.key < UNIT for change in found.examples.get((before, after), [])))
                    for one, before in enumerate(ACTIONS) for other, after in enumerate(ACTIONS)
                    if one != other and found.actions[one, other]]}
    body = Markup(environment(shown).get_template("difference.html").render(values))
    style = (Path(__file__).parent / "templates/report.css").read_text(encoding="utf-8")
    return pages.one_file("What changes between two audits", body, style=style)


def _rows(matrices: Mapping[str, Matrix]) -> list[Row]:
    rows = [Row(spell(name) or "(not stated)", int(matrix.sum()), changed(matrix), stricter(matrix)) for name, matrix in matrices.items()]
    return sorted(rows, key=lambda row: (-row.changed, row.name))


def _bars(title: str, rows: list[Row]) -> charts.Chart | None:
    counts = [(row.name, kind, count) for row in rows
              for kind, count in zip(_CHANGES, (row.stricter, row.changed - row.stricter), strict=True)]
    if not any(count for _, _, count in counts):
        return None
    most = [row.name for row in rows if row.changed == rows[0].changed]
    words = f"Most change in {most[0]}." if len(most) == 1 else f"As many change in each of {len(most)}, more than elsewhere."
    return charts.bars(f"Comments whose action changes, by {title}", words, title, "comments", counts, _CHANGES)._replace(rows=())


def _shown(change: Change, shown: TextShown, texts: Mapping[int, str], is_html: bool) -> tuple[Example, dict[str, float]]:
    """The comment as the second run sees it, with the first run's scores."""
    text = texts.get(change.after["row"], "")
    return hide(example(change.after, text, 0, change.hash.hex(), 1, _units(change.after), is_html), shown), change.before["scores"]


def _units(side: Mapping[str, Mapping[str, float]]) -> dict[str, int]:
    return {name: round(score * UNIT) for name, score in side["scores"].items()}
