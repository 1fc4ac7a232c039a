"""What an editor sees while moving lines: figures in words, who is hit, what changes, the comments nearest each line.

Knows scored labels and lines; knows no page. Every figure is `Curve.figures` and every sentence `words`, as the command line
prints them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np

from moderation.charts import Chart, Line, line_chart, mirrored
from moderation.errors import Problem, RequestError
from moderation.policy import ACTIONS
from moderation.scorer import Scorer
from moderation.tune import words
from moderation.tune.choose import cost, move
from moderation.tune.curve import Figures
from moderation.tune.estimates import Bools, Estimate, Floats, share
from moderation.tune.labelled import VIOLATES, ScoredLabels
from moderation.tune.report import nearest
from moderation.tune.targets import LINES, Costs
from moderation.tune.words import Load

BREAKS, KEEPS = "breaks the rule", "breaks no rule"
_BINS = 50
_NEAR = 4  # comments on each side of a line
_FLIPS = 12  # comments shown whose action would change
_LEAST = 10  # civil comments of a group below which nothing is said of it
Lines = Mapping[str, Mapping[str, tuple[float, float]]]  # section ("" for all) to category to (review, reject)
Share = tuple[float | None, float | None, float | None]  # value, low, high; none where nothing is known


class Figured(msgspec.Struct):
    """What a category's two lines do: shares with 95 % intervals by name, and the same in words."""

    review: float
    reject: float
    labels: int
    violations: int
    shares: dict[str, Share]
    sentences: list[str]
    load: str | None = None
    cost: float | None = None


class Shown(msgspec.Struct):
    """A labelled comment with the spans that were seen in it, code points of the text."""

    place: str
    text: str
    score: float
    label: str
    spans: list[tuple[int, int, str]]
    change: str = ""


class Group(msgspec.Struct):
    """Comments of a section, or that name a group: civil ones held or rejected, and violations missed. `unfair` if civil ones are
    certainly held more often than those of all together."""

    kind: str
    name: str
    labels: int
    touched: Share
    missed: Share
    unfair: bool


class Flow(msgspec.Struct):
    """Labelled comments that the live policy takes one action on and these lines another; `violations` of them break a rule."""

    before: str
    after: str
    comments: int
    violations: int


class Details(msgspec.Struct):
    """What is looked up when a line has come to rest."""

    near: dict[str, list[Shown]]
    groups: list[Group]
    flows: list[Flow]
    flips: list[Shown]


def lines_of(scored: ScoredLabels, live: Floats, wanted: Lines) -> Floats:
    """The lines in force with those that were moved: common ones first, which sections without lines of their own follow.

    Raises
    ------
    RequestError : a section, a category or a pair of lines that there cannot be.
    """
    lines = live.copy()
    for section in sorted(wanted):  # "" comes first
        row = 0 if section == "" else 1 + _index(scored.section_names, section, "section")
        for category, (review, reject) in wanted[section].items():
            if not 0 < review <= reject <= 1.0001:
                raise RequestError(Problem(f"lines.{category}", "expected 0 < review <= reject <= 1", "move a line"))
            names = scored.policy_categories
            everywhere = category == VIOLATES and category not in names
            for column in range(len(names)) if everywhere else [_index(names, category, "category")]:
                if row:
                    lines[row, column] = review, reject
                else:
                    move(lines, column, (review, reject))
    return np.round(lines, 4)


def _index(names: Sequence[str], name: str, what: str) -> int:
    if name not in names:
        raise RequestError(Problem(what, "is not one of the policy", f"known are {', '.join(names)}"), 422)
    return list(names).index(name)


def _pair(scored: ScoredLabels, lines: Floats, category: str, section: str | None) -> tuple[float, float]:
    column = 0 if category not in scored.policy_categories else scored.policy_categories.index(category)
    row = 0 if section is None else 1 + _index(scored.section_names, section, "section")
    review, reject = lines[row, column].tolist()
    return review, reject


def figures_of(scored: ScoredLabels, lines: Floats, category: str, section: str | None = None) -> Figures:
    """What a category's lines do."""
    _index(scored.categories, category, "category")
    return scored.curve(category, section).figures(*_pair(scored, lines, category, section))


def figured(scored: ScoredLabels, lines: Floats, category: str, section: str | None = None, *, comments: float = 0,
            seconds: float = words.SECONDS, costs: Costs | None = None) -> Figured:
    """One category's figures; `comments` of a day tell the queue of all categories together."""
    figures = figures_of(scored, lines, category, section)
    load = Load.of(*scored.queue(lines, section), comments, seconds).describe() if comments else None
    priced = None if costs is None else cost(scored.curve(category, section), costs, figures.review, figures.reject)
    shares = {name: _share(getattr(figures, name)) for name in _SHARES}
    return Figured(figures.review, figures.reject, figures.labels, figures.violations, shares,
                   words.sentences(figures), load, priced)


_SHARES = tuple(name for name, kind in Figures.__annotations__.items() if kind == "Estimate")


def _share(estimate: Estimate) -> Share:
    value, low, high = (None if np.isnan(part) else float(part) for part in estimate)
    return value, low, high


def details(scored: ScoredLabels, scorer: Scorer, live: Floats, lines: Floats, category: str, section: str | None = None) -> Details:
    """Who is hit, what changes and what stands nearest each line, by these lines instead of the live ones."""
    pair = dict(zip(LINES, _pair(scored, lines, category, section), strict=True))
    near = {line: nearest(scored, category, at, section, _NEAR) for line, at in pair.items()}
    before, after = scored.actions(live), scored.actions(lines)
    flips = np.flatnonzero((before != after) & scored.rows_of(section))
    bad = np.nanmax(np.column_stack([scored.labels, np.zeros(len(scored))]), axis=1) == 1
    flows = [Flow(ACTIONS[old], ACTIONS[new], int(rows.sum()), int((rows & bad).sum()))
             for old in range(len(ACTIONS)) for new in range(len(ACTIONS))
             if old != new and (rows := (before == old) & (after == new) & scored.rows_of(section)).any()]
    flips = flips[np.argsort(-scored.fused[flips].max(axis=1, initial=0), kind="stable")][:_FLIPS]
    shown = _shown(scored, scorer, [*(found.row for line in LINES for found in near[line]), *flips.tolist()], category)
    for place, row in zip(range(-len(flips), 0), flips.tolist(), strict=True):
        shown[place].change = f"{ACTIONS[before[row]]} to {ACTIONS[after[row]]}"
    split, last = len(near[LINES[0]]), len(shown) - len(flips)
    return Details({LINES[0]: shown[:split], LINES[1]: shown[split:last]}, _groups(scored, pair, category, section), flows, shown[last:])


def _shown(scored: ScoredLabels, scorer: Scorer, rows: Sequence[int], category: str) -> list[Shown]:
    texts = [scored.rows.texts[row] for row in rows]
    table = scorer.score_batch(texts)
    column = scored.categories.index(category)
    found = []
    for index, row in enumerate(rows):
        spans = [(*match.span, match.category) for match in table.matches.get(index, ())]
        spans += [(*evidence.span, evidence.category) for evidence in table.evidence(index)]
        label = scored.labels[row, column]
        place = scored.rows.places[row] if scored.rows.places else f"row {row + 1}"
        found.append(Shown(place, texts[index], float(scored.scores[row, column]), "no label" if np.isnan(label) else
                           BREAKS if label else KEEPS, [(int(start), int(end), name) for start, end, name in spans]))
    return found


def _groups(scored: ScoredLabels, pair: Mapping[str, float], category: str, section: str | None) -> list[Group]:
    names, member = scored.rows.mentions
    kinds = [("all", "all comments", np.ones(len(scored), bool))]
    kinds += [("section", name, scored.rows_of(name)) for name in scored.section_names if section in (None, name)]
    kinds += [("names", name, member[:, index]) for index, name in enumerate(names)]
    column, inside = scored.categories.index(category), scored.rows_of(section)
    bad, good = scored.labels[:, column] == 1, scored.labels[:, column] == 0
    held = scored.scores[:, column] >= pair["review"]

    def estimate(hits: Bools, among: Bools) -> Estimate:
        return share(hits[among], None if scored.weights is None else scored.weights[among],
                     None if scored.groups is None else scored.groups[among])

    found: list[Group] = []
    whole = estimate(held, good & inside)
    for kind, name, rows in kinds:
        among = rows & inside
        if kind != "all" and (good & among).sum() < _LEAST:
            continue
        touched = estimate(held, good & among)
        found.append(Group(kind, name, int(((good | bad) & among).sum()), _share(touched), _share(estimate(~held, bad & among)),
                           bool(kind != "all" and touched.low > whole.high)))
    return found


def charts_of(scored: ScoredLabels, category: str, section: str | None = None) -> tuple[Chart, Chart, Chart]:
    """Scores by label, precision against recall, and how far scores are what they say."""
    curve = scored.curve(category, section)
    curve = curve.take(curve.stated)
    bins = np.minimum((curve.scores * _BINS).astype(int), _BINS - 1)
    counts = [np.bincount(bins[curve.labels == label], minlength=_BINS).tolist() for label in (1.0, 0.0)]
    rates = curve.rates()
    pieces = np.unique(np.linspace(0, max(len(rates.recall) - 1, 0), 400).astype(int))
    mean, found, _ = curve.reliability() if len(curve.scores) else (np.array([]), np.array([]), None)
    return (
        mirrored(f"{category}: scores of labelled comments", "Above the axis those that break the rule, below it those that do not; "
                 "counts on a logarithmic scale.", "score", "comments", np.linspace(0, 1, _BINS + 1).tolist(),
                 [(BREAKS, counts[0], "var(--reject)"), (KEEPS, counts[1], "var(--approve)")]),
        line_chart("Precision and recall", "What each line would give, from the strictest on the left to the mildest.",
                   "recall", "precision", [Line("all lines", rates.recall[pieces], rates.precision[pieces])]),
        line_chart("Do scores mean what they say?", "In bins of equally many comments: the mean score, and the share that breaks the "
                   "rule. The policy's scale is a site's own, so the curve need not lie on the diagonal; it must rise.",
                   "mean score", "share that breaks the rule", [Line("labelled comments", mean, found)], diagonal=True, dots=True),
    )
