"""The command `moderation audit diff`: what changes between two audits, for a terminal and as a page. Thin: parse, compare, say."""

from __future__ import annotations

import argparse
import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from moderation.audit.diff import Change, Difference, Matrix
    from moderation.audit.examples import TextShown

_NAME = 40   # most characters of a name on a terminal
_LINES = 20  # most sections and examples on a terminal


def add_commands(commands: Any) -> None:
    """Add `audit diff` to the program's commands."""
    diff = commands.add_parser("audit diff", help="compare two audits of one archive: which comments change their action, and where")
    diff.add_argument("before", metavar="RUN_A", type=Path, help="the folder of an audit")
    diff.add_argument("after", metavar="RUN_B", type=Path, help="the folder of another: the same archive, another model, lexicon or policy")
    diff.add_argument("--html", type=Path, metavar="FILE", help="write a page with charts and examples as well")
    diff.add_argument("--list", type=Path, metavar="FILE", help="write every comment that changes, as JSON lines")
    diff.add_argument("--source", help="the archive, if the page is to show comments: the results hold no texts")
    diff.add_argument("--texts", choices=("full", "masked", "none"), default="full",
                      help="how the page shows comments")
    diff.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from moderation.audit import diff

    with contextlib.ExitStack() as stack:
        listed = None
        if arguments.list:
            file = stack.enter_context(arguments.list.open("wb"))

            def listed(change: Change) -> None:
                file.write(_line(change))

        found = diff.compare(arguments.before, arguments.after, listed)
    print(told(found))
    if arguments.html:
        from moderation.audit import difference

        known: dict[int, str] = {}
        shown: TextShown = "none"
        if arguments.source and arguments.texts != "none":
            from moderation.audit import texts

            rows = {change.before["row"] for chosen in found.examples.values() for change in chosen}
            known, shown = texts.fetch(arguments.source, found.runs[0].key, rows), arguments.texts
        difference.write(found, arguments.html, shown, known)
    return 0


def _line(change: Change) -> bytes:
    import msgspec

    return msgspec.json.encode({
        "row": change.before["row"], "id": change.before["id"], "section": change.before["section"], "past": change.before["past"],
        **{name: {"action": side["action"], "scores": side["scores"], "reasons": side["reasons"]}
           for name, side in (("before", change.before), ("after", change.after))}}) + b"\n"


def told(found: Difference) -> str:
    """What changes, for a terminal."""
    from moderation.audit.diff import changed, stricter
    from moderation.audit.words import NOW, number, share, spell
    from moderation.policy import ACTIONS

    first, second = found.runs
    harder = stricter(found.actions)
    lines = [f"{number(found.rows)} comments in both audits; {number(found.changed)} change their action "
             f"({share(found.changed, found.rows)}): {number(harder)} become stricter, {number(found.changed - harder)} milder"]
    lines += [f"  {name:<8} " + (f"{one} -> {other}" if one != other else f"{one} in both") for name, one, other in found.decided_by]
    if any(found.alone):
        lines.append(f"  {number(found.alone[0])} rows only in {first.path}, {number(found.alone[1])} only in {second.path}: left out")
    for index, action in enumerate(ACTIONS):
        for after, name in enumerate(ACTIONS):
            if index != after and found.actions[index, after]:
                lines.append(f"\n{NOW[action].removesuffix(' now')} in A, {NOW[name].removesuffix(' now')} in B: "
                             f"{number(int(found.actions[index, after]))}")
                for change in found.examples[action, name][:3]:
                    lines.append(f"  {spell(change.before['id'])[:_NAME]} (row {change.before['row']}): {_moved(change)}")
    for title, matrices in (("clause", found.categories), ("section", found.sections)):
        moved = [(name, matrix) for name, matrix in matrices.items() if changed(matrix)]
        rows = sorted(moved, key=lambda item: (-changed(item[1]), item[0]))
        if rows:
            lines += ["", *_table(title, rows[:_LINES])]
            lines += [f"and {len(rows) - _LINES} more"] if len(rows) > _LINES else []
    return "\n".join(lines)


def _moved(change: Change) -> str:
    """How the scores differ; where they do not, the reason that only one of the two runs has."""
    names = list(dict.fromkeys([*change.before["scores"], *change.after["scores"]]))
    scores = [(name, change.before["scores"].get(name), change.after["scores"].get(name)) for name in names]
    moved = [f"{name} {_score(one)} -> {_score(other)}" for name, one, other in scores if one != other]
    if moved:
        return ", ".join(moved)
    reason = (change.before["reasons"] or change.after["reasons"])[0]
    return f"{reason['category']} {reason['score']:.2f} in both, {reason['action']} from {reason['threshold']:.2f} on in one"


def _score(value: float | None) -> str:
    return "none" if value is None else f"{value:.2f}"


def _table(title: str, rows: list[tuple[str, Matrix]]) -> list[str]:
    from moderation.audit.diff import changed, stricter
    from moderation.audit.words import number, share, spell

    cells = [(title, "comments", "change", "", "stricter", "milder")]
    for name, matrix in rows:
        total, moved, harder = int(matrix.sum()), changed(matrix), stricter(matrix)
        cells.append((spell(name)[:_NAME] or "(not stated)", number(total), number(moved), share(moved, total), number(harder),
                      number(moved - harder)))
    widths = [max(len(row[column]) for row in cells) for column in range(6)]
    return ["  ".join([row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]).rstrip()
            for row in cells]
