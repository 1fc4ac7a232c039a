"""A file of comments that are being labelled: which is next, what was answered, and the way back; blind to every score.

Knows a CSV file with `text` and empty columns for labels. Each answer is written at once, the file whole by renaming, so that
nothing is lost when the terminal closes; who starts again goes on with the first comment without a label.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path

from moderation.errors import DataError, Problem
from moderation.policies.files import replace
from moderation.tune.labelled import VIOLATES
from moderation.tune.reader import columns_of
from moderation.tune.reader import rows as read_rows

HELP = "y breaks the rule · n does not · s skip · u undo · q stop"


def write_csv(path: Path, rows: Sequence[dict[str, str]]) -> None:
    """Write rows of the same columns, whole or not at all."""
    content = io.StringIO(newline="")
    table = csv.DictWriter(content, list(rows[0]))
    table.writeheader()
    table.writerows(rows)
    replace(path, content.getvalue().encode("utf-8", "replace"))


class Sheet:
    """The comments of a file with their labels."""

    def __init__(self, path: Path, categories: Sequence[str]) -> None:
        if path.suffix.lower() != ".csv":
            raise DataError(path.name, [Problem(str(path), "is not CSV", "labels are written into a CSV file; `tune sample` makes one")])
        self.path = path
        self.names = columns_of(path, {}, categories)[1]
        if not self.names:
            hint = f"add empty columns named {', '.join(categories)}, or `{VIOLATES}`"
            raise DataError(path.name, [Problem("labels", "there is no column for them", hint)])
        self._rows = [dict(row) for _, row in read_rows(path)]
        self._answered: list[int] = []
        self._skipped: set[int] = set()

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def done(self) -> int:
        """Rows with all their labels."""
        return sum(all(row[name].strip() for name in self.names) for row in self._rows)

    def next(self) -> int | None:
        """The first row that has not all its labels and was not skipped; None if there is none."""
        return next((number for number, row in enumerate(self._rows)
                     if number not in self._skipped and not all(row[name].strip() for name in self.names)), None)

    def text(self, row: int) -> str:
        """The comment."""
        return str(self._rows[row]["text"])

    def answer(self, row: int, labels: Sequence[bool]) -> None:
        """Label a row, one label for each of `names`, and write the file."""
        self._rows[row].update({name: str(int(label)) for name, label in zip(self.names, labels, strict=True)})
        self._answered.append(row)
        write_csv(self.path, self._rows)

    def skip(self, row: int) -> None:
        """Leave a row for another day."""
        self._skipped.add(row)
        self._answered.append(row)

    def undo(self) -> bool:
        """Take the last answer of this sitting back; whether there was one."""
        if not self._answered:
            return False
        row = self._answered.pop()
        if row in self._skipped:
            self._skipped.discard(row)
            return True
        self._rows[row].update(dict.fromkeys(self.names, ""))
        write_csv(self.path, self._rows)
        return True


def sit(sheet: Sheet, key: Callable[[], str], show: Callable[[str], object]) -> None:
    """Show one comment after the other and take a key for each question, until all are labelled or `q` (or the end of input).

    A comment is asked about once; only if it breaks a rule is each category asked for.
    """
    show(HELP)
    while (row := sheet.next()) is not None:
        show(f"\n{sheet.done + 1} of {len(sheet)}\n\n{_plain(sheet.text(row))}\n")
        pressed = _ask(key, show, "breaks a rule" if len(sheet.names) > 1 else sheet.names[0])
        if pressed == "n":
            sheet.answer(row, [False] * len(sheet.names))
        elif pressed == "y" and len(sheet.names) == 1:
            sheet.answer(row, [True])
        elif pressed == "y":
            found = [_ask(key, show, name) for name in sheet.names]
            if set(found) <= {"y", "n"}:
                sheet.answer(row, [answer == "y" for answer in found])
            elif "q" in found:
                return
        elif pressed == "s":
            sheet.skip(row)
        elif pressed == "u":
            show("taken back" if sheet.undo() else "there is nothing to take back")
        else:
            return
    show(f"\n{sheet.done} of {len(sheet)} have their labels")


def _plain(text: str) -> str:
    """A comment as a terminal may show it: no control characters, which could move the cursor or do worse."""
    return "".join(letter if letter.isprintable() or letter == "\n" else "\ufffd" for letter in text)


def _ask(key: Callable[[], str], show: Callable[[str], object], what: str) -> str:
    """One of y, n, s, u and q; anything else is asked again, the end of input stops."""
    while True:
        show(f"{what}? ")
        pressed = key()[:1].lower()
        if pressed in ("", "\x03", "\x04", "q"):
            return "q"
        if pressed in "ynsu":
            return pressed
        show(HELP)
