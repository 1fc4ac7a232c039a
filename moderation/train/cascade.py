"""`moderation train-cascade`: joins an encoder to a linear model, on the development part alone, and writes `cascade.json`.

Knows logits of both and labels; the join, its calibration and the bounds are those of `moderation.cascade`. How wide the bounds are, to
either side, is chosen by what they keep: most of the actions that the encoder changes, at no more than COST of reading all news with it.
About a short comment it is asked whatever the linear model says: that costs little, and there a few words change the meaning.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from sklearn.metrics import roc_auc_score

from moderation import exclusions, settings
from moderation.cascade import Join
from moderation.classifier import LinearClassifier
from moderation.encoder import Calibration, Encoder
from moderation.lexicon import Lexicon
from moderation.policy import Policy
from moderation.scorer import Scorer, in_doubt
from moderation.text import fold_batch
from moderation.train import calibrate, fit, points
from moderation.train.corpus import ATTRIBUTES, DEVELOPMENT, Corpus

COST = 0.25  # of what asking about all news comments costs, at most
RUN = 50     # characters that the encoder could read in the time that a run costs before it reads any
SPANS = (100, 200, 400, 800)  # characters from which on the next upper bound counts; below the first, anything may come of a comment
# Of joined scores outside a bound; close to each other, so that the widest bounds that COST allows are among them.
_TAILS = (0.0005, 0.001, 0.002, 0.003, 0.004, 0.005, 0.006, 0.007, 0.008, 0.009, 0.01, 0.012, 0.014, 0.017, 0.02, 0.03, 0.05, 0.1, 0.2, 0.3)
_SHARES = np.array([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 1])
_BATCH = 500

Floats = npt.NDArray[np.float64]


class Logits(NamedTuple):
    """Logits (n, k) of both models, characters (n,) of folded texts, and which rows of news were drawn without regard to their labels."""

    linear: Floats
    encoder: Floats
    lengths: npt.NDArray[np.int64]
    drawn: npt.NDArray[np.bool_]


def read(linear: LinearClassifier, encoder: Encoder, lexicon: Lexicon, policy: Policy, corpus: Corpus) -> Logits:
    """What both models make of comments, by the scorer's own walk; some milliseconds a comment."""
    of_linear, of_encoder, lengths = [], [], []
    for first in range(0, len(corpus), _BATCH):
        batch = fold_batch(exclusions.blank(corpus.texts[first : first + _BATCH], policy.exclude))
        lengths.append(np.diff(batch.offsets))
        restored = lexicon.restore(batch)
        of_linear.append(linear.logits(restored))
        of_encoder.append(encoder.logits([restored.row(row).text for row in range(restored.size)]))
    return Logits(np.concatenate(of_linear), np.concatenate(of_encoder), np.concatenate(lengths), calibrate.drawn_news(corpus))


def weigh(logits: Logits, labels: Floats, importance: Floats, ridge: float = 1e-2) -> Floats:
    """The weights (k, 3) of least logistic loss, b wl we, with wl and we at least 0."""
    found = np.zeros((labels.shape[1], 3))
    for column in range(labels.shape[1]):
        rows = importance[:, column] > 0
        design = np.stack([np.ones(rows.sum()), logits.linear[rows, column], logits.encoder[rows, column]], axis=1)
        target, weight = labels[rows, column], importance[rows, column] / max(importance[rows, column].sum(), 1e-9)

        def loss(x: Floats, design: Floats = design, target: Floats = target, weight: Floats = weight) -> tuple[float, Floats]:
            logit = design @ x
            value = float((weight * (np.logaddexp(0, logit) - target * logit)).sum() + ridge * ((x[1:] - 0.5) ** 2).sum())
            slope = design.T @ (weight * (1 / (1 + np.exp(-logit)) - target))
            slope[1:] += 2 * ridge * (x[1:] - 0.5)
            return value, slope

        limits = [(None, None), (0, None), (0, None)]
        found[column] = minimize(loss, np.array([0.0, 0.5, 0.5]), jac=True, method="L-BFGS-B", bounds=limits).x
    return found


def bounds(linear: Floats, joined: Floats, tail: float) -> tuple[Calibration, Calibration]:
    """For linear logits, probabilities below and above which a share `tail` of the joined ones (n, k) lies, each."""
    knots: list[Floats] = []
    low: list[Floats] = []
    high: list[Floats] = []
    for column in range(linear.shape[1]):
        edges = np.unique(np.quantile(linear[:, column], _SHARES))
        bins = np.clip(np.searchsorted(edges, linear[:, column], side="right") - 1, 0, len(edges) - 2)
        inside = [joined[bins == index, column] for index in range(len(edges) - 1)]
        middles = (edges[1:] + edges[:-1]) / 2
        knots.append(np.interp(np.linspace(0, 1, 32), np.linspace(0, 1, len(middles)), middles))
        for into, share in ((low, tail), (high, 1 - tail)):
            values = np.maximum.accumulate([np.quantile(values, share) if len(values) else -np.inf for values in inside])
            into.append(np.interp(knots[-1], middles, values))
        low[-1] = np.minimum(low[-1], high[-1])
    return Calibration(np.array(knots), np.array(low)), Calibration(np.array(knots), np.array(high))


def passed_on(join: Join, policy: Policy, logits: Logits) -> npt.NDArray[np.bool_]:
    """The rows that `auto` asks the encoder about; words of the lexicon left aside."""
    return np.array(in_doubt(join, policy, logits.linear, logits.lengths), np.bool_)


def train(linear: LinearClassifier, encoder: Encoder, policy: Policy, corpus: Corpus, logits: Logits) -> Join:
    """The join of two models, with the quality and the cost of each width of the bounds in its `facts`."""
    labels, importance = calibrate.natural_mix(corpus)
    weights = weigh(logits, labels, importance)
    joined_logits = weights[:, 0] + weights[:, 1] * logits.linear + weights[:, 2] * logits.encoder
    curve = calibrate.calibrate(joined_logits, labels, importance)
    calibration = Calibration(curve.knots, curve.values)
    joined = calibration.apply(joined_logits)
    alone = Calibration(linear.arrays["knots"], linear.arrays["values"]).apply(logits.linear)
    whole = Join(linear.version, encoder.version, weights, calibration, calibration, (), (calibration,))
    weighed = logits.drawn & (importance[:, 0] > 0)
    news = weighed if weighed.any() else logits.drawn
    figures: list[dict[str, float]] = []
    gates: list[Join] = []
    for gate in widths(whole, logits, joined):
        found = measure_gate(gate[2], policy, corpus, logits, alone, joined, news)
        figures.append({"low": gate[0], "high": gate[1], **found})
        gates.append(gate[2])
    # Of bounds that keep as many changes the widest: comments that were not seen change as well.
    best = np.lexsort(([figure["cost"] for figure in figures], [figure["changes"] for figure in figures],
                       [-max(figure["cost"], COST) for figure in figures]))[-1]
    hostile = labels[news, 0] >= 0.5
    facts = {"news": int(news.sum()), "fast_auc": float(roc_auc_score(hostile, alone[news, 0])),
             "deep_auc": float(roc_auc_score(hostile, joined[news, 0])), "chosen": figures[best], "curve": frontier(figures)}
    chosen = gates[int(best)]
    return replace(chosen, facts=facts)


def widths(whole: Join, logits: Logits, joined: Floats) -> Iterator[tuple[float, float, Join]]:
    """Joins with bounds of every width: the shares of joined scores that lie below the lower and above the upper ones.

    Above the upper bounds lie so many where asking costs as usual, and in each span of lengths more as it costs more there: so what is
    gained for the same cost is the same in all but the first, which is bounded by nothing.
    """
    linear, scores, lengths = logits.linear[logits.drawn], joined[logits.drawn], logits.lengths[logits.drawn]
    costs, span = lengths + RUN, np.searchsorted(SPANS, lengths, side="right")
    dear = [costs[span == number].mean() / costs.mean() if (span == number).any() else 1.0 for number in range(1, len(SPANS) + 1)]
    anything = Calibration(np.tile([0.0, 1.0], (linear.shape[1], 1)), np.ones((linear.shape[1], 2)))
    lows = {tail: bounds(linear, scores, tail)[0] for tail in _TAILS}
    highs = {tail: (anything, *(bounds(linear, scores, min(tail * times, 0.5))[1] for times in dear)) for tail in _TAILS}
    for below, low in lows.items():
        for above, high in highs.items():
            yield below, above, replace(whole, low=low, lengths=SPANS, high=high)


def measure_gate(join: Join, policy: Policy, corpus: Corpus, logits: Logits, alone: Floats, joined: Floats,
                 news: npt.NDArray[np.bool_]) -> dict[str, float]:
    """What `auto` costs and keeps of what `deep` does otherwise than `fast`, by the models alone.

    `passed_on` is the share of news comments that the encoder is asked about, `cost` that of what all would cost, `changes` the share
    kept of the actions that `deep` changes, `found` that of the hostile comments that it finds more than `fast`, `auc` that of what
    ROC AUC of toxicity gains.
    """
    asked = passed_on(join, policy, logits)
    fast, deep = (policy.decide(policy.fuse(scores, [])).max(axis=1, initial=0) for scores in (alone, joined))
    hostile, costs = corpus.labels[:, 0] >= 0.5, logits.lengths + RUN
    among = logits.drawn & hostile
    gained = np.count_nonzero(among & (deep > 0)) - np.count_nonzero(among & (fast > 0))
    kept = np.count_nonzero(among & asked & (deep > 0)) - np.count_nonzero(among & asked & (fast > 0))
    auto = np.where(asked, joined[:, 0], alone[:, 0])
    before, between, after = (roc_auc_score(hostile[news], scores[news]) for scores in (alone[:, 0], auto, joined[:, 0]))
    changed = (fast != deep) & news
    return {"passed_on": float(asked[news].mean()), "cost": float(costs[asked & news].sum() / costs[news].sum()),
            "changes": float((asked & changed).sum() / max(changed.sum(), 1)), "found": float(kept / gained) if gained else 1.0,
            "auc": float((between - before) / (after - before)) if after != before else 1.0}


def frontier(figures: Sequence[dict[str, float]]) -> list[dict[str, float]]:
    """Those that keep more changes than all that cost no more, by their cost."""
    found: list[dict[str, float]] = []
    for figure in sorted(figures, key=lambda figure: (figure["cost"], -figure["changes"])):
        if not found or figure["changes"] > found[-1]["changes"]:
            found.append(figure)
    return found


def run(model: Path, folder: Path, rules: Path, data: Sequence[Path], most: int) -> str:
    """Join the encoder in a folder to a model, write `cascade.json` there, and say what came of it."""
    linear, encoder = LinearClassifier.load(model), Encoder.load(folder)
    lexicon = Lexicon.load([settings.ROOT / "seeds/lexicon"])
    policy = Policy.load(rules, linear.attributes)
    corpus, part = fit.gather(data, 0)
    development = corpus.take(part == DEVELOPMENT)
    development = development.take(select(development, most))
    logits = read(linear, encoder, lexicon, policy, development)
    join = train(linear, encoder, policy, development, logits)
    found = review_points(Scorer(linear, lexicon, policy), join, development, logits)
    join = replace(join, facts={**join.facts, "points": found})
    join.save(folder)
    return report(join)


def review_points(scorer: Scorer, join: Join, corpus: Corpus, logits: Logits) -> dict[str, float]:
    """Where the joined score of each attribute that feeds the policy brings a comment to review, by the rules of `points`.

    What is rejected keeps the linear model's points: the rows that are read here are too few sources to promise a precision.
    """
    by_lexicon = points.read(scorer, corpus.texts)
    fed = {feed.attribute for category in scorer.policy.rules.categories for feed in category.feeds}
    rows = points.Rows(join.probabilities(logits.linear, logits.encoder), by_lexicon.held, by_lexicon.refused)
    found = points.choose(rows, corpus, tuple(name for name in ATTRIBUTES if name in fed))
    return {name: pair["review"].threshold for name, pair in found.items() if pair["review"]}


def select(corpus: Corpus, most: int) -> npt.NDArray[np.int64]:
    """At most so many rows that the natural mix or the news need, drawn by chance."""
    rows = np.flatnonzero((calibrate.natural_mix(corpus)[1] > 0).any(axis=1) | calibrate.drawn_news(corpus))
    return np.sort(np.random.default_rng(0).permutation(rows)[:most])


def report(join: Join) -> str:
    """The curve of quality against cost, as lines."""
    facts = join.facts
    lines = [f"{facts['news']} news comments: ROC AUC of toxicity {facts['fast_auc']:.4f} fast, {facts['deep_auc']:.4f} deep",
             "outside the bounds  passed on  cost    changes  found    AUC, each as a share of what deep gains"]
    lines += [f"{row['low']:<7g} {row['high']:<10g}  {row['passed_on']:8.1%}  {row['cost']:6.1%}  {row['changes']:6.1%}  "
              f"{row['found']:6.1%}  {row['auc']:6.1%}" for row in [*facts["curve"], facts["chosen"]]]
    lines[-1] += "  chosen"
    if "points" in facts:
        lines.append("review from " + ", ".join(f"{name} {value:.6g}" for name, value in facts["points"].items()))
    return "\n".join(lines)
