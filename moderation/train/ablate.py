"""What each main idea of training is worth: models of a share of the rows, one by the whole recipe and one without each idea.

Knows the recipe and the development part; the test part is not looked at. A share of the rows tells which ideas carry and how they
compare; with all rows the differences are smaller.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from moderation import identities
from moderation.classifier import LinearClassifier
from moderation.features import FeatureSpec
from moderation.train import fit, metrics
from moderation.train.corpus import ATTRIBUTES, DEVELOPMENT, TRAIN, WRITTEN, Corpus
from moderation.train.evaluate import Row, Table, predict
from moderation.train.fit import Progress, Recipe
from moderation.tune.estimates import Bools, Floats

OUT = -1         # of a row that a model does without
MIXTURES = 1000  # long texts for the join, of which the full recipe has more than a share of the rows is worth


def _reading(change: Callable[[FeatureSpec], FeatureSpec]) -> Callable[[Recipe], Recipe]:
    return lambda recipe: replace(recipe, features=change(recipe.features))


# What is left of the recipe without an idea; contrast sentences, which are rows, are left out by `table` itself.
WITHOUT: Mapping[str, Callable[[Recipe], Recipe]] = {
    "characters within words": _reading(lambda spec: replace(spec, char_max=0, groups=False)),
    "words, their pairs and triples": _reading(lambda spec: replace(spec, word_max=0, skip=False, groups=False)),
    "words for groups as one sign, their letters withheld": _reading(lambda spec: replace(spec, groups=False)),
    "words in capitals": _reading(lambda spec: replace(spec, shout=False)),
    "missing labels filled": lambda recipe: replace(recipe, taught_weight=0.0),
    "sharing between attributes": lambda recipe: replace(recipe, sharing={}),
    "weights of sources": lambda recipe: replace(recipe, source_weights=dict.fromkeys(recipe.source_weights, 1.0)),
    "weight of clean news that name groups": lambda recipe: replace(recipe, named_weight=1.0),
    "contrast sentences": lambda recipe: recipe,
}


def questions(development: Corpus, kept: Corpus) -> dict[str, tuple[Bools, Bools, int]]:
    """What is asked, by name: the rows of the development part followed by `kept`, their labels, and the attribute's column.

    A question without rows of both classes is left out.
    """
    labels = np.concatenate([development.labels, kept.labels])
    sources = np.concatenate([development.sources, np.full(len(kept), "kept")])
    toxic = labels[:, 0] >= 0.5
    named = np.concatenate([identities.mentions(development.texts)[1].any(axis=1), np.zeros(len(kept), bool)])
    found = {}
    for name, source, attribute in (
            ("news", "civil_comments", "toxicity"), ("Wikipedia", "jigsaw_tcc", "toxicity"),
            ("identity attack", "jigsaw_tcc", "identity_attack"), ("insult", "jigsaw_tcc", "insult"), ("Reddit", "ruddit", "toxicity"),
            ("frames", "kept", "toxicity")):
        column = ATTRIBUTES.index(attribute)
        found[name] = ((sources == source) & ~np.isnan(labels[:, column]), labels[:, column] >= 0.5, column)
    found["BPSN"] = ((sources != "kept") & ~np.isnan(labels[:, 0]) & (named != toxic), toxic, 0)
    return {name: (rows, hostile, column) for name, (rows, hostile, column) in found.items() if len(np.unique(hostile[rows])) == 2}


def table(corpus: Corpus, part: npt.NDArray[np.int8], kept: Corpus, share: float, recipe: Recipe,
          without: Mapping[str, Callable[[Recipe], Recipe]] = WITHOUT, progress: Progress = lambda *_: None) -> Table:
    """ROC AUC by the whole recipe, and what each idea's absence adds to it, with intervals resampled in pairs.

    `share` of the training rows teach. `kept` are sentences that no model is taught. BPSN is over all groups that are named.
    """
    drawn = np.where((part == TRAIN) & (np.random.default_rng(recipe.seed).random(len(part)) >= share), OUT, part).astype(np.int8)
    development = corpus.take(part == DEVELOPMENT)
    asked = questions(development, kept)

    def scored(recipe: Recipe, part: npt.NDArray[np.int8]) -> Floats:
        model: LinearClassifier = fit.fit(corpus, part, "ablation", recipe)
        return predict(model, [*development.texts, *kept.texts])

    whole = scored(recipe, drawn)
    figures, rows = {}, []
    cells = []
    for name, (chosen, hostile, column) in asked.items():
        area = metrics.auc(hostile[chosen], whole[chosen, column])
        figures[f"whole {name}"] = area.value
        cells.append(str(area))
    rows.append(Row(("the whole recipe", *cells)))
    for idea, changed in without.items():
        spared = np.where(np.isin(corpus.sources, WRITTEN), OUT, drawn).astype(np.int8) if idea == "contrast sentences" else drawn
        other = scored(changed(recipe), spared)
        cells = []
        for name, (chosen, hostile, column) in asked.items():
            gap = metrics.auc_difference(hostile[chosen], whole[chosen, column], other[chosen, column])
            figures[f"{idea} {name}"] = gap.value
            cells.append(f"{gap.value:+.3f} ({gap.low:+.3f} to {gap.high:+.3f})")
        rows.append(Row((f"without {idea}", *cells)))
        progress("without one idea", 1, len(without))
    return Table(f"What each idea is worth, on {int((drawn == TRAIN).sum()):,} training rows", ("recipe", *asked), tuple(rows), figures)
