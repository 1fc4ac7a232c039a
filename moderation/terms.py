"""Terms: reads the lexicon's files, and says of everything wrong in them where it stands and what to do.

Knows the files' format; knows nothing of matching. A file looks like this:

    language: en
    # a comment

    [obscene strong]
    banana : joined +ing
        allow: banana bread, * republic
        near: plantation, peel
        yes: what a banana; two bananas
        no: bandana

A new word is one line. A heading names the policy's category that a term breaks (derogatory, personal, obscene), a second one if it
breaks two, and the severity: mild, strong or severe.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from moderation.errors import LexiconError, Problem

SEVERITIES = ("mild", "strong", "severe")
CATEGORIES = ("derogatory", "personal", "obscene")
# How far a term is looked for inside longer words: anywhere in a word that nobody knows; only where the rest is made of
# common words; never.
REACHES = ("joined", "apart", "whole")
OPTIONS = {
    "joined": "found anywhere inside an unknown longer word",
    "whole": "never found inside a longer word",
    "plain": "only in plain spelling; no disguise is read",
    "name": "capitalised beside another capitalised word it is somebody's name",
    "given": "capitalised it is somebody's name where he is greeted, asked for or given to",
    "surname": "capitalised beside a given name or an initial it is somebody's name",
    "initials": "in capitals among small letters it is an abbreviation",
    "exact": "without endings",
    "first": "what readers mean first where its letters are masked and other terms would fit too",
}
HEADERS = ("language", "reviewed", "default", "source", "licence")
FIELDS = ("allow", "near", "foreign", "yes", "no")


@dataclass(frozen=True, slots=True)
class Term:
    """One word or phrase of the lexicon.

    Attributes
    ----------
    text : lower case, words parted by single spaces.
    category, severity : see `CATEGORIES`, `SEVERITIES` (ascending).
    also : a second category that it breaks, or none.
    reach : see `REACHES`.
    endings : what may follow the term and still be it, `s` and `es` included.
    name, given, surname, initials, first : see `OPTIONS`.
    allows : phrases within which it is innocent; `*` stands for one word.
    near : words of another sense: spelt plainly and said to nobody, it is innocent where one of them stands within eight words of it
        in its sentence.
    foreign : languages in which the same letters are an everyday word; in a text of such a language it is not meant.
    yes, no : texts that must and must not match.
    where : file:line.
    """

    text: str
    category: str
    severity: str
    also: str = ""
    language: str = "en"
    reach: str = "apart"
    plain: bool = False
    name: bool = False
    given: bool = False
    surname: bool = False
    initials: bool = False
    first: bool = False
    endings: tuple[str, ...] = ()
    allows: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()
    where: str = ""


@dataclass(frozen=True, slots=True)
class TermFile:
    """What one file says: its language, whether it is in use by default, its terms, and allows that hold for all terms."""

    path: Path
    language: str
    enabled: bool
    terms: tuple[Term, ...]
    allows: tuple[str, ...]


@dataclass(slots=True)
class _Draft:
    """A term while its lines are being read."""

    text: str
    category: str
    severity: str
    also: str
    where: str
    options: set[str] = field(default_factory=set)
    endings: list[str] = field(default_factory=list)
    allow: list[str] = field(default_factory=list)
    near: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    yes: list[str] = field(default_factory=list)
    no: list[str] = field(default_factory=list)

    def term(self, language: str) -> Term:
        endings = () if "exact" in self.options else ("s", "es", *self.endings)
        reach = "joined" if "joined" in self.options else "whole" if "whole" in self.options else "apart"
        has = self.options.__contains__
        return Term(self.text, self.category, self.severity, self.also, language, reach, has("plain"), has("name"), has("given"),
                    has("surname"), has("initials"), has("first"), tuple(dict.fromkeys(endings)), tuple(self.allow), tuple(self.near),
                    tuple(self.foreign), tuple(self.yes), tuple(self.no), self.where)


def _nearest(word: str, known: Iterable[str]) -> str:
    names = sorted(known)
    close = difflib.get_close_matches(word, names, n=1)
    return f"did you mean `{close[0]}`?" if close else "known are " + ", ".join(f"`{name}`" for name in names)


_HEADING = re.compile(r"\[\s*([^\s\]]+)(?:\s+([^\s\]]+))?\s+([^\s\]]+)\s*\]")


class _Reader:
    def __init__(self, path: Path, name: str) -> None:
        self.path = path
        self.name = name
        self.problems: list[Problem] = []
        self.header: dict[str, str] = {}
        self.drafts: list[_Draft] = []
        self.allows: list[str] = []
        self.heading: tuple[str, str, str] | None = None
        self.heading_failed = False

    def problem(self, line: int, column: int, what: str, hint: str) -> None:
        self.problems.append(Problem(f"{self.name}:{line}:{column}", what, hint))

    def read(self, text: str) -> TermFile:
        for number, line in enumerate(text.splitlines(), 1):
            stripped = line.strip()
            if not stripped or stripped.startswith("#"):
                continue
            if line[0] in " \t":
                self.detail(number, line)
            elif stripped.startswith("["):
                self.section(number, stripped)
            elif ":" in line and line.split(":", 1)[0].strip() in (*HEADERS, "allow"):
                self.head(number, line)
            else:
                self.term(number, line)
        language = self.header.get("language", "en")
        return TermFile(self.path, language, self.header.get("default", "on") != "off",
                        tuple(draft.term(language) for draft in self.drafts), tuple(self.allows))

    def head(self, number: int, line: str) -> None:
        key, value = (part.strip() for part in line.split(":", 1))
        if key == "allow":
            self.allows += _split(value, ",")
        elif self.drafts:
            self.problem(number, 1, f"the header `{key}` stands below a term", "headers come first in a file")
        elif key == "default" and value not in ("on", "off"):
            self.problem(number, len(key) + 3, f"`{value}` is neither on nor off", "write `default: on` or `default: off`")
        else:
            self.header[key] = value

    def section(self, number: int, line: str) -> None:
        found = _HEADING.fullmatch(line)
        self.heading_failed = True
        if not found:
            self.problem(number, 1, f"`{line}` is no heading", "a heading reads `[category severity]`, as in `[obscene strong]`")
            return
        for group in (1, 2):
            if found[group] not in (*CATEGORIES, None):
                self.problem(number, found.start(group) + 1, f"no category is called `{found[group]}`", _nearest(found[group], CATEGORIES))
                return
        if found[3] not in SEVERITIES:
            self.problem(number, found.start(3) + 1, f"no severity is called `{found[3]}`", _nearest(found[3], SEVERITIES))
            return
        self.heading = (found[1], found[3], found[2] or "")
        self.heading_failed = False

    def term(self, number: int, line: str) -> None:
        if self.heading is None:
            if not self.heading_failed:
                self.problem(number, 1, "a term stands above the first heading",
                             "write a heading such as `[obscene strong]` on a line above it")
                self.heading_failed = True
            return
        text, colon, options = line.partition(" : ")
        text = text.strip()
        if text != " ".join(text.lower().split()):
            self.problem(number, 1, f"the term `{text}` is not in lower case with single spaces",
                         f"write `{' '.join(text.lower().split())}`")
        strange = next((char for char in text if char.isascii() and not char.isalpha() and char != " "), None)
        if strange not in (None, ":"):
            self.problem(number, text.index(str(strange)) + 1, f"`{strange}` in a term",
                         "write letters only: digits, signs and hyphens are read as disguises of them")
            return
        if ":" in text:
            self.problem(number, text.index(":") + 1, "a colon in a term", "options stand behind ` : `, with a space on either side")
            return
        draft = _Draft(text, *self.heading, f"{self.name}:{number}")
        position = len(line.partition(" : ")[0]) + 3
        for match in re.finditer(r"\S+", options if colon else ""):
            option, column = match.group(), position + match.start() + 1
            sign = next((char for char in option[1:] if char.isascii() and not char.isalpha()), "")
            if option.startswith("+") and sign:
                self.problem(number, column, f"`{sign}` in the ending `{option}`", "write letters only, as in `+ing`")
            elif option.startswith("+") and len(option) > 1:
                draft.endings.append(option[1:].lower())
            elif option in OPTIONS:
                draft.options.add(option)
            else:
                self.problem(number, column, f"no option is called `{option}`", _nearest(option, OPTIONS) + "; endings begin with `+`")
        if {"joined", "whole"} <= draft.options:
            self.problem(number, position + 1, "`joined` and `whole` exclude each other", "keep one of them")
        self.drafts.append(draft)

    def detail(self, number: int, line: str) -> None:
        key, colon, value = line.strip().partition(":")
        column = len(line) - len(line.lstrip()) + 1
        if not self.drafts:
            self.problem(number, column, "an indented line above the first term", "allow, yes and no belong below their term")
        elif not colon or key.strip() not in FIELDS:
            self.problem(number, column, f"`{key.strip()}` is no field of a term", _nearest(key.strip(), FIELDS))
        elif key.strip() == "allow":
            self.drafts[-1].allow += _split(value, ",")
        elif key.strip() == "near":
            words = _split(value, ",")
            self.drafts[-1].near += words
            for word in words:
                if not word.isalnum():
                    self.problem(number, line.index(word) + 1, f"`{word}` is not one word", "write a phrase as an `allow`")
        elif key.strip() == "foreign":
            self.drafts[-1].foreign += value.split()
        else:
            getattr(self.drafts[-1], key.strip()).extend(_split(value, ";"))


def _split(value: str, separator: str) -> list[str]:
    return [part.strip() for part in value.split(separator) if part.strip()]


def read_terms(paths: Sequence[Path]) -> list[TermFile]:
    """Read lexicon files, in order.

    Raises
    ------
    LexiconError : with every problem of every file, `where` as file:line:column.
    """
    files: list[TermFile] = []
    problems: list[Problem] = []
    seen: dict[tuple[str, str], str] = {}
    for path in paths:
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            problems.append(Problem(str(path), f"cannot be read: {reason}", "name an existing file in UTF-8"))
            continue
        reader = _Reader(path, path.name)
        files.append(reader.read(text))
        problems += reader.problems
        for term in files[-1].terms:
            key = (term.language, term.text)
            if key in seen:
                problems.append(Problem(f"{term.where}:1", f"`{term.text}` stands already in {seen[key]}", "keep one of the two"))
            seen.setdefault(key, term.where)
    if problems:
        raise LexiconError("the lexicon", problems)
    return files
