"""What an audit counts: integers alone, so that who counted which part, and in which order, cannot be seen in the sum.

Knows the columns of `moderation.audit.schema` and the policy's thresholds; knows no files. Merging is associative and commutative:
counts add up; of each stratum of examples those with the smallest (key, hash) are kept, whichever part they came from.

    tally = AuditTally.of(results, texts, Lines.of(policy))
    whole = functools.reduce(AuditTally.merge, tallies)
    AuditTally.from_json(whole.to_json()) == whole
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from moderation.audit import examples as choosing
from moderation.audit.examples import Example, Names, TextShown, digest
from moderation.policy import ACTIONS, Policy
from moderation.table import DEEP

BINS = 50          # of a histogram of scores, from 0 to 1, each with its lower end
UNIT = 10_000      # a score of 1 in integers: scores have four digits
NAMES = 2000       # most sections, months, languages and terms that are counted one by one
_LENGTH = 200      # most characters of a section's name
Counts = list[int]  # by action, in the order of ACTIONS
T = TypeVar("T")


class Lines(msgspec.Struct, frozen=True):
    """The policy's lines: its clauses and, by category, the integers of (review, reject); `sections` those of sections that differ."""

    clauses: dict[str, str]
    base: dict[str, tuple[int, int]]
    sections: dict[str, dict[str, tuple[int, int]]]

    @classmethod
    def of(cls, policy: Policy) -> Lines:
        """The lines of a policy."""
        table = np.rint(policy.thresholds * UNIT).astype(int).tolist()
        base, *own = [{name: (review, reject) for name, (review, reject) in zip(policy.categories, lines, strict=True)} for lines in table]
        return cls({category.name: category.clause for category in policy.rules.categories}, base,
                   {name: lines for name, lines in zip(policy.sections, own, strict=True) if lines != base})

    def of_section(self, section: str) -> dict[str, tuple[int, int]]:
        """The lines that hold in a section."""
        return self.sections.get(section, self.base)


class Section(msgspec.Struct):
    """A section's comments by action, and by category those that it would not approve: [review, reject]."""

    actions: Counts
    categories: dict[str, Counts]


class Term(msgspec.Struct):
    """A word of the lexicon: how often it was found, how often disguised, and in how many comments of each action."""

    severity: str
    times: int
    disguised: int
    comments: Counts


class AuditTally(msgspec.Struct):
    """The sum of an audit, or of any part of one.

    Attributes
    ----------
    lines : the policy that decided. versions : of model, lexicon and policy, sorted; more than one only if runs were mixed.
    rows : comments scored. rejected : rows that could not be read, by reason.
    actions : by past decision ("" where unknown), the comments of each action.
    categories : by category, how many it alone would approve, hold and reject.
    deep : comments that the encoder decided, with the linear model.
    unread : comments held only because the model does not read their language.
    months, languages : as `actions`, by "2025-03" and by tag. sections : by name. Of each at most `NAMES`, chosen by a hash of the
        name, whose counts are exact; "" where unknown.
    scores : by category, comments in each of `BINS` bins. terms : by category and term. disguises : how often each was seen.
    examples : by stratum, best first; see `moderation.audit.examples`.
    """

    lines: Lines
    versions: list[tuple[str, str, str]]
    rows: int
    rejected: dict[str, int]
    actions: dict[str, Counts]
    categories: dict[str, Counts]
    deep: int
    unread: int
    sections: dict[str, Section]
    months: dict[str, Counts]
    languages: dict[str, Counts]
    scores: dict[str, Counts]
    terms: dict[str, dict[str, Term]]
    disguises: dict[str, int]
    examples: dict[str, list[Example]]

    @classmethod
    def empty(cls, lines: Lines, rejected: Mapping[str, int] | None = None) -> AuditTally:
        """The tally of no comments, which changes nothing that it is merged with."""
        return cls(lines, [], 0, dict(rejected or {}), {}, {name: [0] * 3 for name in lines.base}, 0, 0, {}, {}, {},
                   {name: [0] * BINS for name in lines.base}, {name: {} for name in lines.base}, {}, {})

    @classmethod
    def of(cls, results: pa.Table, texts: pa.Array | pa.ChunkedArray, lines: Lines, shown: TextShown = "full",
           rejected: Mapping[str, int] | None = None, is_html: bool = False) -> AuditTally:
        """Count one part.

        Parameters
        ----------
        results : of the columns of `moderation.audit.schema`.
        texts : the comments, as long as `results`; only those of examples are kept, and these as `shown` says.
        lines : `Lines.of` the policy that decided.
        shown : "full"; "masked", with every span starred out; or "none".
        rejected : rows of the part that could not be read, by reason.
        is_html : whether the texts are HTML, which examples show as its reader sees it.
        """
        tally = cls.empty(lines, rejected)
        if not len(results):
            return tally
        actions = _codes(results["action"], ACTIONS)
        sections = _names(results["section"])
        past = _names(results["past"])
        names = list(lines.base)
        scores = np.stack([np.rint(results["scores"].combine_chunks().field(name).to_numpy(zero_copy_only=False) * UNIT).astype(np.int64)
                           for name in names], axis=1) if names else np.zeros((len(results), 0), np.int64)
        thresholds = _thresholds(lines, sections)                        # (n, categories, 2)
        decided = (scores >= thresholds[..., 0]).astype(np.int64) + (scores >= thresholds[..., 1])  # (n, categories), indices into ACTIONS
        versions = pa.table(results["versions"].combine_chunks().flatten(), names=list("mlp")).group_by(list("mlp")).aggregate([])
        tally.versions = sorted((version["m"], version["l"], version["p"]) for version in versions.to_pylist())
        tally.rows = len(results)
        tally.deep = pc.sum(pc.equal(results["tier"], DEEP)).as_py()
        tally.unread = int((actions > decided.max(axis=1, initial=0)).sum())
        tally.actions = _by(past, actions)
        tally.months = _bounded(_by(_months(results["time"]), actions))
        tally.languages = _bounded(_by(_names(results["language"]), actions))
        own = _by(sections, actions)
        held = {name: _by(sections, decided[:, index]) for index, name in enumerate(names)}
        tally.sections = _bounded({section: Section(counts, {name: held[name][section][1:] for name in names})
                                   for section, counts in own.items()})
        tally.categories = {name: np.bincount(decided[:, index], minlength=3).tolist() for index, name in enumerate(names)}
        bins = np.minimum(scores * BINS // UNIT, BINS - 1)
        tally.scores = {name: np.bincount(bins[:, index], minlength=BINS).tolist() for index, name in enumerate(names)}
        _count_terms(tally, results["spans"].combine_chunks(), actions)
        tally.examples = choosing.choose(results, texts, names, scores, thresholds, actions, past, shown, is_html)
        return tally

    def merge(self, other: AuditTally) -> AuditTally:
        """The tally of both; neither is changed.

        Raises
        ------
        ValueError : they were decided by different policies.
        """
        if self.lines != other.lines:
            raise ValueError("tallies of different policies have no common sum")
        return AuditTally(
            self.lines, sorted({*self.versions, *other.versions}), self.rows + other.rows,
            _joined(self.rejected, other.rejected, int.__add__), _joined(self.actions, other.actions, _sum),
            _joined(self.categories, other.categories, _sum), self.deep + other.deep,
            self.unread + other.unread,
            _bounded(_joined(self.sections, other.sections, _sum_sections)), _bounded(_joined(self.months, other.months, _sum)),
            _bounded(_joined(self.languages, other.languages, _sum)), _joined(self.scores, other.scores, _sum),
            {name: _bounded(_joined(terms, other.terms[name], _sum_terms)) for name, terms in self.terms.items()},
            _joined(self.disguises, other.disguises, int.__add__),
            {stratum: choosing.merge(stratum, self.examples.get(stratum, ()), other.examples.get(stratum, ()))
             for stratum in (*self.examples, *other.examples)})

    def to_json(self) -> bytes:
        """The tally as JSON, the same bytes for the same tally."""
        return msgspec.json.encode(self, order="deterministic")

    @classmethod
    def from_json(cls, encoded: bytes) -> AuditTally:
        """What `to_json` made.

        Raises
        ------
        msgspec.DecodeError : it is not the JSON of a tally.
        """
        return msgspec.json.decode(encoded, type=cls)


def totals(counts: Iterable[Counts]) -> Counts:
    """The sum of counts by action; zeros of none."""
    return [sum(column) for column in zip(*counts, strict=True)] or [0] * len(ACTIONS)


def _codes(column: pa.ChunkedArray, values: Sequence[str]) -> npt.NDArray[np.int64]:
    return np.asarray(pc.index_in(column, pa.array(values)).to_numpy(), dtype=np.int64)


def _names(column: pa.ChunkedArray) -> Names:
    short = pc.utf8_slice_codeunits(pc.fill_null(column, ""), 0, _LENGTH)
    encoded = short.combine_chunks().dictionary_encode()
    return Names(encoded.dictionary.to_pylist(), encoded.indices.to_numpy().astype(np.int64))


def _months(column: pa.ChunkedArray) -> Names:
    column = column.cast(pa.timestamp("us"))  # it is in UTC, and no table of time zones is wanted
    numbers = pc.add(pc.multiply(pc.year(column), 12), pc.subtract(pc.month(column), 1))
    unique, codes = np.unique(pc.fill_null(numbers, -1).to_numpy(), return_inverse=True)
    return Names(["" if number == -1 else f"{number // 12:04}-{number % 12 + 1:02}" for number in unique.tolist()], codes)


def _by(names: Names, actions: npt.NDArray[np.int64]) -> dict[str, Counts]:
    """By name, how many rows have each action."""
    kinds = len(ACTIONS)
    counted = np.bincount(names.codes * kinds + actions, minlength=len(names.values) * kinds).reshape(-1, kinds)
    return dict(zip(names.values, counted.tolist(), strict=True))


def _thresholds(lines: Lines, sections: Names) -> npt.NDArray[np.int64]:
    table = np.array([list(lines.of_section(name).values()) for name in sections.values], dtype=np.int64)
    return table.reshape(len(sections.values), -1, 2)[sections.codes]


def _count_terms(tally: AuditTally, spans: pa.ListArray, actions: npt.NDArray[np.int64]) -> None:
    rows = pc.list_parent_indices(spans)
    flat = pc.list_flatten(spans)
    table = pa.table({"row": rows, "action": pc.take(pa.array(actions), rows),
                      **{name: flat.field(name) for name in ("category", "source", "term", "severity", "disguise")}})
    table = table.filter(pc.equal(table["source"], "lexicon"))
    groups = table.group_by(["category", "term", "severity", "disguise", "action"])
    for found in groups.aggregate([([], "count_all")]).to_pylist():
        times, disguise = found["count_all"], found["disguise"] or "plain"
        tally.disguises[disguise] = tally.disguises.get(disguise, 0) + times
        term = tally.terms.setdefault(found["category"], {}).setdefault(found["term"], Term(found["severity"], 0, 0, [0] * 3))
        term.times += times
        term.disguised += times if disguise != "plain" else 0
    groups = table.group_by(["category", "term", "action"])
    for found in groups.aggregate([("row", "count_distinct")]).to_pylist():
        tally.terms[found["category"]][found["term"]].comments[found["action"]] += found["row_count_distinct"]
    tally.terms = {name: _bounded(terms) for name, terms in tally.terms.items()}


def _joined(one: Mapping[str, T], other: Mapping[str, T], add: Callable[[T, T], T]) -> dict[str, T]:
    found = dict(one)
    for name, value in other.items():
        found[name] = add(found[name], value) if name in found else value
    return found


def _sum(one: Counts, other: Counts) -> Counts:
    return [first + second for first, second in zip(one, other, strict=True)]


def _sum_sections(one: Section, other: Section) -> Section:
    return Section(_sum(one.actions, other.actions), _joined(one.categories, other.categories, _sum))


def _sum_terms(one: Term, other: Term) -> Term:
    return Term(min(one.severity, other.severity), one.times + other.times, one.disguised + other.disguised,
                _sum(one.comments, other.comments))


def _bounded(named: dict[str, Any]) -> dict[str, Any]:
    """At most `NAMES` entries: those whose names hash lowest, so that whoever is kept here was kept in every part, and is exact."""
    if len(named) <= NAMES:
        return named
    return {name: named[name] for name in sorted(named, key=digest)[:NAMES]}
