"""What a comment's tier changes, measured: what is held and found, frames by kind, groups that comments name, quality against cost.

Knows a scorer with an encoder and labelled comments; knows not how models came about. Everything counts what the product does, words of
the lexicon and the policy's thresholds included. The page it writes stands beside the encoder: `TIERS.md` and its picture.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from moderation import charts, pages
from moderation.language import ENGLISH
from moderation.rules import TIERS
from moderation.scorer import Scorer
from moderation.train import calibrate, metrics
from moderation.train.corpus import ATTRIBUTES, Corpus
from moderation.train.evaluate import Row, Table, by_group, comparison_table
from moderation.train.fit import Progress

TOXICITY, IDENTITY = ATTRIBUTES.index("toxicity"), ATTRIBUTES.index("identity_attack")
PAGE, PICTURE = "TIERS.md", "tiers.svg"
_BATCH = 256
_KEPT = {"changes": "actions changed", "found": "hostile comments found", "auc": "ROC AUC of toxicity"}

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


class Outcome(NamedTuple):
    """Comments in one tier: `scores` (n, 6), and (n,) each whether they are `held`, not approved, and whether the encoder was `asked`."""

    scores: Floats
    held: Bools
    asked: Bools


def outcomes(scorer: Scorer, texts: Sequence[str], progress: Progress = lambda *_: None) -> dict[str, Outcome]:
    """What each tier makes of comments, read as English."""
    columns = [scorer.policy.attributes.index(name) for name in ATTRIBUTES]
    parts: dict[str, list[Outcome]] = {tier: [] for tier in TIERS}
    for first in range(0, len(texts), _BATCH):
        some = texts[first : first + _BATCH]
        for tier in TIERS:
            table = scorer.score_batch(some, languages=[ENGLISH] * len(some), tier=tier)
            asked = np.array([table.tier(row) != TIERS[0] for row in range(len(some))])
            parts[tier].append(Outcome(table.attributes[:, columns].astype(np.float64), table.worst > 0, asked))
        progress("scoring in every tier", len(some), len(texts))
    return {tier: Outcome(*(np.concatenate(some) for some in zip(*found, strict=True))) for tier, found in parts.items()}


def news_table(corpus: Corpus, found: Mapping[str, Outcome]) -> Table:
    """News comments in each tier: the civil that are held, the hostile that are found, and how well scores rank them."""
    news = calibrate.drawn_news(corpus) & ~np.isnan(corpus.labels[:, TOXICITY])
    hostile = corpus.labels[news, TOXICITY] >= 0.5
    rows = []
    figures: dict[str, float] = {}
    for tier, outcome in found.items():
        held, scores = outcome.held[news], outcome.scores[news, TOXICITY]
        civil, caught, area = metrics.share(held[~hostile]), metrics.share(held[hostile]), metrics.auc(hostile, scores)
        rows.append(Row((tier, f"{outcome.asked[news].mean():.1%}", str(civil), str(caught), str(area))))
        figures |= {f"{tier} civil": civil.value, f"{tier} hostile": caught.value, f"{tier} auc": area.value}
    title = f"{news.sum():,} news comments, {hostile.sum():,} of them hostile"
    return Table(title, ("tier", "encoder asked", "civil held", "hostile held", "ROC AUC of toxicity"), tuple(rows), figures)


def kind_table(corpus: Corpus, found: Mapping[str, Outcome]) -> Table:
    """Frames by kind: the share of sentences that each tier treats rightly, holding the hostile and approving the others."""
    hostile, hateful = (corpus.labels[:, column] >= 0.5 for column in (TOXICITY, IDENTITY))
    groups = [("**all**", np.ones(len(corpus), bool)), ("**hateful**", hateful), ("**hostile, not to a group**", hostile & ~hateful),
              ("**not hostile**", ~hostile)]
    groups += [(str(kind), corpus.notes == kind) for kind in dict.fromkeys(corpus.notes.tolist())]
    rows = []
    figures: dict[str, float] = {}
    for name, inside in groups:
        if not inside.any():
            continue
        right = {tier: metrics.share((outcome.held == hostile)[inside], rounds=100) for tier, outcome in found.items()}
        wanted = hostile[inside].mean()
        rows.append(Row((name, str(inside.sum()), "yes" if wanted == 1 else "no" if wanted == 0 else "", *map(str, right.values()))))
        figures |= {f"{tier} {name.strip('*')}": estimate.value for tier, estimate in right.items()}
    return Table("Frames treated rightly, by kind", ("kind", "sentences", "hostile", *found), tuple(rows), figures)


def fairness_table(corpus: Corpus, found: Mapping[str, Outcome]) -> Table:
    """By the group that a comment names: clean comments held, and the areas of Borkan et al. 2019, `fast` and `deep` side by side."""
    sides = {tier: found[tier] for tier in ("fast", "deep")}
    stated = np.flatnonzero(~np.isnan(corpus.labels[:, TOXICITY]))
    labels = corpus.labels[stated, TOXICITY] >= 0.5
    cuts = [("*all comments*", np.ones(len(stated), bool)), *by_group(corpus, stated, labels)]
    rows = []
    figures: dict[str, float] = {}
    for name, inside in cuts:
        held = {tier: metrics.share(side.held[stated][inside & ~labels], rounds=100) for tier, side in sides.items()}
        areas = {} if inside.all() else {
            tier: metrics.bias_aucs(labels, side.scores[stated, TOXICITY], inside) for tier, side in sides.items()}
        cells = [str(areas[tier][key]) if areas else "" for key in ("subgroup", "bpsn", "bnsp") for tier in sides]
        rows.append(Row((name, f"{(inside & labels).sum()} / {inside.sum()}", *map(str, held.values()), *cells)))
        figures |= {f"{tier} {name}": estimate.value for tier, estimate in held.items()}
    columns = [f"{what}, {tier}" for what in ("clean held", "subgroup", "BPSN", "BNSP") for tier in sides]
    return Table("By the group that a comment names", ("group", "toxic / rows", *columns), tuple(rows), figures)


def curve(facts: Mapping[str, Any]) -> charts.Chart:
    """What `auto` keeps of what `deep` gains over `fast`, over what it costs, for each width of the bounds."""
    rows = facts["curve"]
    lines = [charts.Line(name, [row["cost"] for row in rows], [row[key] for row in rows]) for key, name in _KEPT.items()]
    words = f"Share of deep's gain that auto keeps, by its share of deep's cost; {facts['news']:,} news comments of the development part."
    return charts.line_chart("Quality against cost", words, "cost, of deep's", "kept, of deep's gain", lines)


def picture(chart: charts.Chart) -> str:
    """A chart as SVG, in the page's light colours."""
    import vl_convert

    colours = dict(re.findall(r"(--[\w-]+):\s*(#\w+)", pages.read("page.css").partition("@media")[0]))
    text = re.sub(r"var\((--[\w-]+)\)", lambda found: colours[found[1]], charts.embed({**chart.spec, "width": 560, "background": "#fff"}))
    return str(vl_convert.vegalite_to_svg(text))


def write(folder: Path, scorer: Scorer, corpus: Corpus, spoken: Corpus, part: str, progress: Progress = lambda *_: None) -> str:
    """Write the page and the picture into the encoder's folder; the tables as text.

    `corpus` is the part of the data that is measured, `spoken` the sentences of frames, `part` what to call both.
    """
    assert scorer.cascade
    facts = scorer.cascade.join.facts
    found, said = outcomes(scorer, corpus.texts, progress), outcomes(scorer, spoken.texts, progress)
    tables = [news_table(corpus, found), comparison_table(corpus, found["fast"].scores, found["deep"].scores, ("fast", "deep")),
              kind_table(spoken, said), fairness_table(corpus, found)]
    chosen, chart = facts["chosen"], curve(facts)
    head = (f"# The tiers\n\nBy `moderation evaluate-tiers` on the {part}: {len(corpus):,} comments, {len(spoken):,} sentences of frames,\n"
            f"at the thresholds of the policy and with the words of the lexicon. Model {scorer.versions.model}.\n"
            "Intervals are 95 % bootstrap intervals.")
    kept = (f"{chosen['changes']:.0%} of the actions that deep changes, {chosen['found']:.0%} of the hostile comments that it finds\n"
            f"beyond fast, and {chosen['auc']:.0%} of what it gains in ROC AUC of toxicity")
    gate = (f"## {chart.title}\n\n![{chart.words}]({PICTURE})\n\nThe bounds that serve pass on {chosen['passed_on']:.1%} of comments, at "
            f"{chosen['cost']:.1%} of deep's cost. They keep {kept}.\n\n" + _curve_table(facts["curve"]).markdown())
    body = "\n\n".join(f"## {table.title}\n\n{table.markdown()}" for table in tables if table.rows)
    (folder / PICTURE).write_text(picture(chart), encoding="utf-8")
    (folder / PAGE).write_text(f"{head}\n\n{gate}\n\n{body}\n", encoding="utf-8")
    return "\n\n".join(table.text() for table in tables)


def _curve_table(rows: Sequence[Mapping[str, float]]) -> Table:
    cells = tuple(Row((f"{row['low']:g}", f"{row['high']:g}", f"{row['passed_on']:.1%}", f"{row['cost']:.1%}",
                       *(f"{row[key]:.1%}" for key in _KEPT))) for row in rows)
    return Table("", ("scores below the bounds", "above", "passed on", "cost", *_KEPT.values()), cells, {})
