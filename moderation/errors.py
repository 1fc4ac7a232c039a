"""The exception tree, and the one way in which problems are printed.

Knows how a problem reads; knows nothing of lexicons, policies or HTTP.

>>> print(PolicyError("policy.toml", [Problem("categories.spam", "no attribute is called `spam`", "remove it")]))
policy error: 1 problem in policy.toml
 --> categories.spam
     no attribute is called `spam`; remove it
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_LISTED = 30
# Up to three words without the marks of a sentence. A longer header is a comment, as in a file that has no header.
_LIKE_A_NAME = re.compile(r"(?=.{1,40}$)[\w$:@/.()#-]+(?: [\w$:@/.()#-]+){0,2}(?<!\.)")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where, what is wrong there, and what to do.

    `where` is a key path (`categories.obscene.reject`), a place (`obscene.txt:12:8`), a field of a request
    (`comments[3].text`) or the name of a setting. None of the three ever holds a comment's text.
    """

    where: str
    what: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.what}; {self.hint}" if self.hint else self.what


def listed(names: Sequence[str]) -> str:
    """The names of columns, for a hint; those that may be a comment's text are counted and not shown.

    >>> listed(["id", "Comment Text", "What a lovely garden, that is."])
    '`id`, `Comment Text` and 1 more that cannot be a name'
    """
    shown = [f"`{name}`" for name in names[:_LISTED] if _LIKE_A_NAME.fullmatch(name)]
    others = len(names) - len(shown)
    count = f"{others} more" if shown else str(others)
    strange = " that cannot be a name" if len(shown) < len(names[:_LISTED]) else ""
    return ", ".join(shown) + (" and " if shown and others else "") + (f"{count}{strange}" if others else "")


class ModerationError(Exception):
    """What the package raises on purpose. Anything else that escapes is a bug."""


class LoadError(ModerationError):
    """A file or a set of settings that cannot be used; carries every problem found in it, not the first."""

    kind = "load"

    def __init__(self, source: str, problems: Sequence[Problem]) -> None:
        self.source = source
        self.problems = tuple(problems)
        super().__init__(source, self.problems)

    def __str__(self) -> str:
        count = len(self.problems)
        head = f"{self.kind} error: {count} problem{'s' * (count != 1)} in {self.source}"
        return "\n".join([head, *(f" --> {problem.where}\n     {problem}" for problem in self.problems)])


class SettingsError(LoadError):
    """Settings that cannot be used."""

    kind = "settings"


class LexiconError(LoadError):
    """A lexicon file that cannot be used; `where` is file:line:column."""

    kind = "lexicon"


class PolicyError(LoadError):
    """A policy file that cannot be used; `where` is a key path."""

    kind = "policy"


class ModelError(LoadError):
    """A model folder that cannot be used."""

    kind = "model"


class DataError(LoadError):
    """Training, evaluation or audit data that cannot be used; `where` is a column or a line."""

    kind = "data"


class UsageError(LoadError):
    """A command that cannot be carried out as it is written, told before any work; `where` is its argument. The program ends with 2."""

    kind = "usage"


class KernelError(ModerationError):
    """The compiled kernels are missing and cannot be built."""


class RequestError(ModerationError):
    """A request that cannot be answered; every dialect words it in its own error body.

    Parameters
    ----------
    problem : what is wrong; `where` is the field's path in the request.
    status : the HTTP status that fits, 400 to 499.
    """

    def __init__(self, problem: Problem, status: int = 422) -> None:
        self.problem = problem
        self.status = status
        super().__init__(f"`{problem.where}`: {problem}")
