"""A policy file with other lines, all else kept: comments, order, spelling, so that its diff shows what changed and nothing more.

Knows TOML and the keys that hold lines. Where a category's lines move away from where its attributes' points stand, `scale` is
written, so that scores stay what they were.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any

import numpy as np

from moderation.errors import PolicyError, Problem
from moderation.policy import Policy
from moderation.rules import parse_rules
from moderation.tune.estimates import Floats
from moderation.tune.targets import LINES

_DIGITS = 4


def written(value: float) -> str:
    """A line as a policy holds it: two to four digits.

    >>> written(0.5), written(0.8125)
    ('0.50', '0.8125')
    """
    found = f"{value:.{_DIGITS}f}"
    return found[:-2] + found[-2:].rstrip("0")


def draft(text: str, lines: Floats, attributes: Sequence[str], name: str = "the draft") -> str:
    """The policy of `text` with these lines.

    Parameters
    ----------
    lines : (1 + sections, categories, 2), as `Policy.thresholds`.
    attributes : what the model scores.

    Raises
    ------
    PolicyError : the text is no policy for this model, or these lines are none that a policy can hold.
    """
    import tomlkit

    rules = parse_rules(text.encode(), name, attributes)
    wanted = np.round(lines, _DIGITS)
    document: Any = tomlkit.parse(text)
    for column, category in enumerate(rules.categories):
        table = document["categories"][category.name]
        before = [category.review, category.reject]
        if wanted[0, column].tolist() == np.round(before, _DIGITS).tolist():
            continue
        for line, old, new in zip(LINES, before, wanted[0, column].tolist(), strict=True):
            if round(old, _DIGITS) != new:
                table[line] = _number(new)
        if category.feeds and "scale" not in table:
            _after(table, "reject", "scale", _inline(dict(zip(LINES, category.scale, strict=True))))
    for row, section in enumerate(rules.sections, 1):
        for column, category in enumerate(rules.categories):
            _section(document, section.name, category.name, wanted[row, column].tolist(), wanted[0, column].tolist())
    made = str(tomlkit.dumps(document))
    found = Policy(parse_rules(made.encode(), name, attributes), attributes).thresholds
    if not np.array_equal(found, wanted):
        raise PolicyError(name, [Problem("the lines", "could not be written", "this is a fault of the program; change the file by hand")])
    return made


def _section(document: Any, section: str, category: str, wanted: Sequence[float], base: Sequence[float]) -> None:
    """Write what a section has of its own; what it takes from the category stays unwritten."""
    from tomlkit.items import Table

    table = document["sections"][section]
    own: Any = table.get(category, {})
    needed = {line: value for line, value, common in zip(LINES, wanted, base, strict=True) if line in own or value != common}
    if set(needed) > set(own) and not isinstance(own, Table):
        new = _inline(needed)
        if own:
            new.trivia.comment_ws, new.trivia.comment = own.trivia.comment_ws, own.trivia.comment
        table[category] = new
        return
    for line, value in needed.items():
        if line not in own or round(float(own[line]), _DIGITS) != value:
            own[line] = _number(value)


def _number(value: float) -> Any:
    import tomlkit

    return tomlkit.value(written(value))


def _inline(lines: dict[str, float]) -> Any:
    import tomlkit

    inner = ", ".join(f"{line} = {written(value)}" for line, value in lines.items())
    return tomlkit.parse(f"lines = {{ {inner} }}\n")["lines"]


def _after(table: Any, before: str, key: str, value: Any) -> None:
    """Put a key behind another one, and not behind the table's own tables, where it would be theirs."""
    table.value._insert_after(before, key, value)


def difference(old: str, new: str, old_name: str = "the policy in force", new_name: str = "the draft") -> str:
    """What changes, as a unified diff; empty if nothing does."""
    return "".join(difflib.unified_diff(old.splitlines(keepends=True), new.splitlines(keepends=True), old_name, new_name, n=2))
