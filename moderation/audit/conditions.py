"""`--fail-if`: a condition on what an audit counted, such as `rate(reject) > 0.02 or count(reject, past=published) >= 100`.

Knows measures and comparisons, nothing else: the text is parsed by Python's grammar, walked by hand, and never run. Exact:
shares are fractions, so that no rounding decides.

>>> condition = parse("rate(reject) > 0.02 and rows >= 1_000", ["personal"])
>>> condition.measures
('rate(reject)', 'rows')
"""

from __future__ import annotations

import ast
import itertools
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

from moderation.audit.columns import PAST
from moderation.audit.tally import AuditTally, totals
from moderation.errors import DataError, Problem, UsageError
from moderation.policy import ACTIONS

_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Gt: operator.gt, ast.GtE: operator.ge, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Eq: operator.eq, ast.NotEq: operator.ne}
_FORMS = "rate(reject) > 0.02, count(reject, past=published) >= 100, rate(review, category=personal, section=\"sport\") > 0.1"
_NAMES = ("rows", "rejected_rows")
_LENGTH = 1000  # most characters


@dataclass(frozen=True, slots=True)
class Measure:
    """A count, or a share of the comments that it looks at: all, a section's, or those once decided so; `category` alone decides if set."""

    text: str
    name: str
    action: str = ""
    category: str | None = None
    section: str | None = None
    past: str | None = None

    def of(self, tally: AuditTally) -> Fraction:
        """What an audit's tally says.

        Raises
        ------
        DataError : the archive has no such section.
        """
        if self.name in _NAMES:
            return Fraction(tally.rows if self.name == "rows" else sum(tally.rejected.values()))
        counts = self._counts(tally)
        total = sum(counts)
        if self.name == "count":
            return Fraction(counts[ACTIONS.index(self.action)])
        return Fraction(counts[ACTIONS.index(self.action)], total) if total else Fraction(0)

    def _counts(self, tally: AuditTally) -> list[int]:
        if self.past is not None:
            return tally.actions.get(self.past, [0, 0, 0])
        if self.section is None:
            return totals(tally.actions.values()) if self.category is None else tally.categories[self.category]
        section = tally.sections.get(self.section)
        if section is None:
            known = ", ".join(f"`{name}`" for name in sorted(tally.sections)[:20] if name) or "none"
            raise DataError("--fail-if", [Problem(self.text, f"the archive has no section `{self.section}`", f"it has {known}")])
        if self.category is None:
            return section.actions
        held = section.categories[self.category]
        return [sum(section.actions) - sum(held), *held]


class Verdict(NamedTuple):
    """Whether the condition holds, and what each of its measures was, such as `rate(reject) = 0.0312`."""

    holds: bool
    measured: tuple[str, ...]


class Condition:
    """A condition that was parsed; `measures` are the texts of what it looks at."""

    def __init__(self, tree: ast.expr, measures: dict[int, Measure]) -> None:
        self._tree = tree
        self._measures = measures
        self.measures = tuple(dict.fromkeys(measure.text for measure in measures.values()))

    def check(self, tally: AuditTally) -> Verdict:
        """Try it on an audit's tally.

        Raises
        ------
        DataError : the archive has no section of a name that the condition uses.
        """
        values = {place: measure.of(tally) for place, measure in self._measures.items()}
        measured = {self._measures[place].text: _shown(value) for place, value in values.items()}
        return Verdict(bool(_value(self._tree, values)), tuple(f"{text} = {value}" for text, value in measured.items()))


def parse(text: str, categories: Sequence[str]) -> Condition:
    """Read a condition.

    Parameters
    ----------
    categories : those of the policy, which a measure may name.

    Raises
    ------
    UsageError : the text is no condition; the problem points at the place.
    """
    reader = _Reader(text, categories)
    return Condition(reader.tree(), reader.measures)


class _Reader:
    def __init__(self, text: str, categories: Sequence[str]) -> None:
        self._text = text.strip()
        self._categories = tuple(categories)
        self.measures: dict[int, Measure] = {}

    def tree(self) -> ast.expr:
        if len(self._text) > _LENGTH or not self._text.isprintable():
            what = f"is longer than {_LENGTH} characters, or not one line"
            raise UsageError("--fail-if", [Problem("the condition", what, f"as in {_FORMS}")])
        try:
            tree = ast.parse(self._text, mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            place = getattr(error, "offset", None) or len(self._text) + 1  # at its end Python names none
            raise self._refuse(place - 1, 1, "cannot be read from here on", f"as in {_FORMS}") from None
        self._check(tree)
        return tree

    def _refuse(self, start: int, length: int, what: str, hint: str) -> UsageError:
        pointer = f"{self._text}\n     {' ' * start}{'^' * max(1, length)}"
        return UsageError("--fail-if", [Problem(f"character {start + 1}", f"{what}\n     {pointer}\n     {hint}")])

    def _fault(self, node: Any, what: str, hint: str) -> UsageError:
        start = len(self._text.encode()[:node.col_offset].decode(errors="replace"))  # Python counts bytes
        end = len(self._text.encode()[:node.end_col_offset].decode(errors="replace"))
        return self._refuse(start, end - start, what, hint)

    def _check(self, node: ast.expr) -> None:
        """That it is true or false, and of nothing but what is known here."""
        if isinstance(node, ast.BoolOp):
            for inner in node.values:
                self._check(inner)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            self._check(node.operand)
        elif isinstance(node, ast.Compare):
            for comparison in node.ops:
                if type(comparison) not in _COMPARISONS:
                    raise self._fault(node, "is compared in a way that is not known", "use >, >=, <, <=, == or !=")
            for inner in (node.left, *node.comparators):
                self._number(inner)
        else:
            raise self._fault(node, "is neither true nor false", f"compare it with a number, as in {_FORMS}")

    def _number(self, node: ast.expr) -> None:
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
            if node.value == float("inf"):
                raise self._fault(node, "is too large", "write a smaller number")
        elif isinstance(node, ast.Name) and node.id in _NAMES:
            self.measures[node.col_offset] = Measure(node.id, node.id)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("rate", "count"):
            self.measures[node.col_offset] = self._measure(node, node.func.id)
        else:
            raise self._fault(node, "is no number and no measure", "measures are rate(...), count(...), rows and rejected_rows")

    def _measure(self, node: ast.Call, name: str) -> Measure:
        if not 1 <= len(node.args) <= 2:
            raise self._fault(node, f"`{name}` takes an action and, if you like, a category or a section", f"as in {_FORMS}")
        action = self._word(node.args[0])
        if action not in ACTIONS:
            raise self._fault(node.args[0], f"`{action}` is no action", f"use one of {', '.join(ACTIONS)}")
        given: dict[str, tuple[str, ast.expr]] = {}
        if len(node.args) == 2:  # a name alone is a category if it is one, and else a section
            word = self._word(node.args[1])
            given["category" if word in self._categories else "section"] = word, node.args[1]
        for keyword in node.keywords:
            if keyword.arg not in ("category", "section", "past") or keyword.arg in given:
                raise self._fault(keyword, "is not known here, or said twice", "use category=, section= or past=, each once")
            given[keyword.arg] = self._word(keyword.value), keyword.value
        for kind, known in (("category", self._categories), ("past", PAST)):
            if kind in given and given[kind][0] not in known:
                raise self._fault(given[kind][1], f"is no {kind}", f"use one of {', '.join(known)}")
        if "past" in given and len(given) > 1:
            raise self._fault(node, "past decisions are not counted by category or section", "give past= alone")
        return Measure(ast.get_source_segment(self._text, node) or name, name, action, **{kind: word for kind, (word, _) in given.items()})

    def _word(self, node: ast.expr) -> str:
        if isinstance(node, ast.Name):
            return node.id
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return node.value
        raise self._fault(node, "is no name", "write a word, or any text in quotation marks")


def _value(node: ast.expr, values: dict[int, Fraction]) -> Any:
    if isinstance(node, ast.BoolOp):
        found = [_value(inner, values) for inner in node.values]
        return all(found) if isinstance(node.op, ast.And) else any(found)
    if isinstance(node, ast.UnaryOp):
        return not _value(node.operand, values)
    if isinstance(node, ast.Compare):
        sides = [_value(inner, values) for inner in (node.left, *node.comparators)]
        return all(_COMPARISONS[type(comparison)](one, other)
                   for comparison, (one, other) in zip(node.ops, itertools.pairwise(sides), strict=True))
    return Fraction(str(node.value)) if isinstance(node, ast.Constant) else values[node.col_offset]


def _shown(value: Fraction) -> str:
    return str(value) if value.denominator == 1 else f"{float(value):.4g}"
