"""Rules: reads a policy file and says of everything wrong in it where it stands and what to do.

Knows the file's format, which `seeds/policy.toml` shows with comments; knows nothing of scoring. All values are shares in
[0, 1] on the policy's own scale, the one on which `review` and `reject` stand.
"""

from __future__ import annotations

import difflib
import hashlib
import itertools
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moderation.errors import PolicyError, Problem
from moderation.exclusions import KINDS
from moderation.terms import CATEGORIES, SEVERITIES

KEYS = {
    "the file": {"exclude": "parts of a comment that are not read",
                 "unread_language": "least action for a comment in a language that the model does not read",
                 "tier": "who decides: `fast`, `auto` or `deep`; `MODERATION_TIER` overrides it",
                 "severities": "", "quoted": "", "categories": "", "sections": ""},
    "severities": {severity: f"what a {severity} word counts at least" for severity in SEVERITIES},
    "quoted": {**{severity: f"what a {severity} word counts at least when it is quoted or reported" for severity in SEVERITIES},
               "most": "the most that a category scores whose only words are quoted or reported"},
    "categories.*": {"clause": "the site's rule, shown with a decision", "review": "score from which a person looks at the comment",
                     "reject": "score from which the comment is refused", "attributes": "the classifier's attributes that feed it",
                     "scale": "where the attributes' points stand, if `review` and `reject` have moved away from there",
                     "severities": "as above, for this category alone", "quoted": "as above, for this category alone"},
    "categories.*.attributes.*": {"review": "probability that alone brings the category to `review`",
                                  "reject": "probability that alone brings it to `reject`; if none is given, it never gets there alone"},
    "categories.*.scale": {"review": "score to which an attribute's `review` point brings the category",
                           "reject": "score to which an attribute's `reject` point brings it"},
    "sections.*.*": {"review": "`review` in this section", "reject": "`reject` in this section"},
}
ACTIONS = ("approve", "review", "reject")  # ascending: the worst one wins
TIERS = ("fast", "auto", "deep")  # the linear model; the encoder where it could change the decision; the encoder always
_LENGTH = 400  # of a clause: it is sent with every decision


@dataclass(frozen=True, slots=True)
class Feed:
    """An attribute that feeds a category, and the probabilities that alone bring it to `review` and to `reject`."""

    attribute: str
    review: float
    reject: float | None


@dataclass(frozen=True, slots=True)
class Category:
    """One clause of the policy. `severities` and `quoted` follow `SEVERITIES`: what a word of each counts at least.

    `scale` holds the scores at which the attributes' points stand: (review, reject), unless the file says otherwise.
    """

    name: str
    clause: str
    review: float
    reject: float
    feeds: tuple[Feed, ...]
    severities: tuple[float, ...]
    quoted: tuple[float, ...]
    quoted_most: float
    scale: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the site; `thresholds` holds (review, reject) for each category, in the categories' order."""

    name: str
    thresholds: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Rules:
    """A policy file, checked. `version` is the digest of its bytes."""

    version: str
    exclude: tuple[str, ...]
    categories: tuple[Category, ...]
    sections: tuple[Section, ...]
    unread_language: str = "review"
    tier: str = "auto"


class _Reader:
    """Walks the file's tables and collects problems; every `take_` answers something usable, so that the walk goes on."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def report(self, where: str, what: str, hint: str = "") -> None:
        self.problems.append(Problem(where, what, hint))

    def take_table(self, parent: dict[str, Any], key: str, where: str) -> dict[str, Any]:
        value = parent.get(key, {})
        if not isinstance(value, dict):
            self.report(where, f"expected a table, found {_kind(value)}", f"write `[{where}]` and its keys below")
            return {}
        return value

    def check_keys(self, table: dict[str, Any], known: Iterable[str], where: str) -> None:
        known = list(known)
        for key in table:
            if key not in known:
                self.report(f"{where}.{key}" if where else key, "is not a key that is read here", _nearest(key, known))

    def take_share(self, table: dict[str, Any], key: str, where: str, default: float | None = None) -> float:
        path = f"{where}.{key}"
        value = table.get(key, default)
        if value is None:
            self.report(path, "is missing", "give a number from 0 to 1")
        elif isinstance(value, bool) or not isinstance(value, int | float):
            self.report(path, f"expected a number from 0 to 1, found {_kind(value)}", "write it without quotation marks")
        elif not 0 <= value <= 1:
            self.report(path, f"{value} is not from 0 to 1", "scores and thresholds are shares")
        else:
            return float(value)
        return default if default is not None else 0.5

    def check_order(self, review: float, reject: float, where: str, key: str = "reject") -> None:
        if reject < review:
            what = f"{reject:.2f} is below `review` ({review:.2f}), so comments would be rejected before they are reviewed"
            self.report(f"{where}.{key}", what, "raise `reject` or lower `review`")

    def check_positive(self, review: float, where: str) -> None:
        if review == 0:
            self.report(f"{where}.review", "0 would send every comment to review", "give a number above 0")


def _kind(value: object) -> str:
    words = {bool: "true or false", int: "a number", float: "a number", str: "a text", list: "a list", dict: "a table"}
    return words.get(type(value), "a date")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _nearest(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, 1)
    return f"did you mean `{near[0]}`?" if near else f"known are {_listed(known)}"


def _floors(reader: _Reader, table: dict[str, Any], where: str, default: Sequence[float]) -> tuple[float, ...]:
    floors = tuple(reader.take_share(table, key, where, base) for key, base in zip(SEVERITIES, default, strict=True))
    for (lesser, low), (greater, high) in itertools.pairwise(zip(SEVERITIES, floors, strict=True)):
        if high < low and table:
            reader.report(f"{where}.{greater}", f"{high:.2f} is below `{lesser}` ({low:.2f})", "a graver word must not count less")
    return floors


def _feeds(reader: _Reader, table: dict[str, Any], where: str, attributes: Sequence[str] | None) -> tuple[Feed, ...]:
    feeds = []
    for name in table:
        path = f"{where}.{name}"
        if attributes is not None and name not in attributes:
            reader.report(path, "the model does not score it", _nearest(name, attributes))
            continue
        points = reader.take_table(table, name, path)
        reader.check_keys(points, KEYS["categories.*.attributes.*"], path)
        review = reader.take_share(points, "review", path)
        reject = reader.take_share(points, "reject", path) if "reject" in points else None
        reader.check_positive(review, path)
        if reject is not None:
            reader.check_order(review, reject, path)
        feeds.append(Feed(name, review, reject))
    return tuple(feeds)


def _category(reader: _Reader, name: str, table: dict[str, Any], defaults: Category, attributes: Sequence[str] | None) -> Category:
    where = f"categories.{name}"
    reader.check_keys(table, KEYS["categories.*"], where)
    clause = table.get("clause", "")
    if not isinstance(clause, str) or not clause.strip() or len(clause) > _LENGTH:
        reader.report(f"{where}.clause", f"expected a text of 1 to {_LENGTH} characters", "it is shown with every decision")
        clause = ""
    review = reader.take_share(table, "review", where)
    reject = reader.take_share(table, "reject", where)
    reader.check_order(review, reject, where)
    reader.check_positive(review, where)
    feeds = _feeds(reader, reader.take_table(table, "attributes", f"{where}.attributes"), f"{where}.attributes", attributes)
    if not feeds and name not in CATEGORIES:
        model = f"the model has {_listed(attributes)}" if attributes else "give it `attributes`"
        reader.report(where, f"no attribute feeds it and no lexicon category is called `{name}`", model)
    severities = reader.take_table(table, "severities", f"{where}.severities")
    quoted = reader.take_table(table, "quoted", f"{where}.quoted")
    reader.check_keys(severities, KEYS["severities"], f"{where}.severities")
    reader.check_keys(quoted, KEYS["quoted"], f"{where}.quoted")
    scale = reader.take_table(table, "scale", f"{where}.scale")
    reader.check_keys(scale, KEYS["categories.*.scale"], f"{where}.scale")
    points = (reader.take_share(scale, "review", f"{where}.scale", review), reader.take_share(scale, "reject", f"{where}.scale", reject))
    if scale:
        reader.check_order(*points, f"{where}.scale")
        reader.check_positive(points[0], f"{where}.scale")
    return Category(name, clause, review, reject, feeds, _floors(reader, severities, f"{where}.severities", defaults.severities),
                    _floors(reader, quoted, f"{where}.quoted", defaults.quoted),
                    reader.take_share(quoted, "most", f"{where}.quoted", defaults.quoted_most), points)


def _section(reader: _Reader, name: str, table: dict[str, Any], categories: Sequence[Category]) -> Section:
    where = f"sections.{name}"
    reader.check_keys(table, [category.name for category in categories], where)
    thresholds = []
    for category in categories:
        path = f"{where}.{category.name}"
        changed = reader.take_table(table, category.name, path)
        reader.check_keys(changed, KEYS["sections.*.*"], path)
        review = reader.take_share(changed, "review", path, category.review)
        reject = reader.take_share(changed, "reject", path, category.reject)
        if changed:
            reader.check_order(review, reject, path)
            reader.check_positive(review, path)
        thresholds.append((review, reject))
    return Section(name, tuple(thresholds))


def _read(reader: _Reader, document: dict[str, Any], version: str, attributes: Sequence[str] | None) -> Rules:
    reader.check_keys(document, KEYS["the file"], "")
    exclude = document.get("exclude", [])
    if not isinstance(exclude, list):
        reader.report("exclude", f"expected a list, found {_kind(exclude)}", f"list any of {_listed(KINDS)}")
        exclude = []
    for kind in exclude:
        if kind not in KINDS:
            reader.report("exclude", "names something that is not excluded by name", f"known are {_listed(KINDS)}")
    unread = document.get("unread_language", "review")
    if unread not in ACTIONS:
        reader.report("unread_language", "is no action", f"write one of {_listed(ACTIONS)}")
    tier = document.get("tier", "auto")
    if tier not in TIERS:
        reader.report("tier", "is no tier", f"write one of {_listed(TIERS)}")
    tables = {key: reader.take_table(document, key, key) for key in ("severities", "quoted", "categories", "sections")}
    for key in ("severities", "quoted"):
        reader.check_keys(tables[key], KEYS[key], key)
    defaults = Category("", "", 0.5, 0.9, (), _floors(reader, tables["severities"], "severities", (0.3, 0.7, 0.97)),
                        _floors(reader, tables["quoted"], "quoted", (0.1, 0.3, 0.6)),
                        reader.take_share(tables["quoted"], "most", "quoted", 1.0), (0.5, 0.9))
    categories = tuple(_category(reader, name, reader.take_table(tables["categories"], name, f"categories.{name}"), defaults, attributes)
                       for name in tables["categories"])
    if not categories:
        reader.report("categories", "there is none", "write one table for each clause, for example `[categories.obscene]`")
    sections = tuple(_section(reader, name, reader.take_table(tables["sections"], name, f"sections.{name}"), categories)
                     for name in tables["sections"])
    return Rules(version, tuple(exclude), categories, sections, str(unread), str(tier))


def read_rules(path: Path, attributes: Sequence[str] | None = None) -> Rules:
    """Read and check a policy file.

    Parameters
    ----------
    path : the TOML file.
    attributes : what the model scores; None leaves the names of attributes unchecked.

    Raises
    ------
    PolicyError : with every problem of the file at once.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        problem = Problem(str(path), f"cannot be read: {error.strerror}", "`MODERATION_POLICY` names the file")
        raise PolicyError(path.name, [problem]) from error
    return parse_rules(content, path.name, attributes)


def parse_rules(content: bytes, name: str, attributes: Sequence[str] | None = None) -> Rules:
    """Check what a policy file holds; `name` is for messages, the rest as in `read_rules`."""
    try:
        document = tomllib.loads(content.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PolicyError(name, [Problem(name, f"is not TOML: {error}", "see https://toml.io")]) from error
    reader = _Reader()
    rules = _read(reader, document, hashlib.sha256(content).hexdigest()[:12], attributes)
    if reader.problems:
        raise PolicyError(name, reader.problems)
    return rules
