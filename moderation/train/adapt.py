"""Fine-tuning: a trained model learns a site's own labels without forgetting what it was trained on.

Knows the base model, its data and the site's; refuses nothing itself, but tells what got worse.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from moderation.classifier import LinearClassifier
from moderation.features import OUTPUTS
from moderation.train import corpus as corpora
from moderation.train import descend, evaluate, fit, metrics
from moderation.train.corpus import ATTRIBUTES, TEST, TRAIN, Corpus

REPLAY = 4        # rows of the base's training part beside each row of the site's
TOLERANCE = 0.005  # a loss of AUC smaller than this is not held against a model, nor one within chance
OWN = "own"


def adapt(base: LinearClassifier, corpus: Corpus, part: npt.NDArray[np.int8], added: Corpus, name: str, recipe: fit.Recipe,
          progress: fit.Progress = lambda *_: None) -> tuple[LinearClassifier, Corpus, npt.NDArray[np.int8]]:
    """The base taught a site's labels, with the joined corpus and its parts.

    The base's weights are the start; the site's training rows are learnt among REPLAY times as many of the base's, then join and
    calibration are fitted anew on both development parts.
    """
    added = replace(added, sources=np.full(len(added), OWN))
    joined = corpora.concatenate([corpus, added])
    parts = np.concatenate([part, corpora.split(added, recipe.seed)])
    own = np.flatnonzero((parts == TRAIN) & (joined.sources == OWN))
    others = np.flatnonzero((parts == TRAIN) & (joined.sources != OWN))
    random = np.random.default_rng(recipe.seed)
    chosen = np.concatenate([own, random.choice(others, min(len(others), REPLAY * max(len(own), 1000)), replace=False)])
    train = joined.take(chosen)
    weights = np.zeros((base.features.buckets, OUTPUTS), np.float32)
    weights[:, : len(ATTRIBUTES)] = base.arrays["table"][:, : len(ATTRIBUTES)] * base.arrays["step"]
    data = descend.matrix(train.texts, base.features)
    labels, importance = fit.targets(train, recipe)
    how = replace(recipe.descent, epochs=3, rate=recipe.descent.rate / 4, start=1.0, decay=0.0)
    recipe = replace(recipe, features=base.features, lengths=base.lengths)
    weights, _ = descend.descend(data, descend.norm(np.diff(data.rows), base.lengths), labels, importance, base.features.buckets, how,
                                 groups=fit.groups(train), weights=weights, held=fit.withheld(base.features),
                                 progress=lambda done: progress("fitting", done, how.epochs * len(train)))
    return fit.finish(weights, joined.take(parts == corpora.DEVELOPMENT), name, recipe), joined, parts


def losses(base: LinearClassifier, model: LinearClassifier, corpus: Corpus, part: npt.NDArray[np.int8]) -> list[str]:
    """What a model ranks worse than its base on the base's test part, beyond TOLERANCE and chance."""
    test = corpus.take(part == TEST)
    one, other = evaluate.predict(base, test.texts), evaluate.predict(model, test.texts)
    found = []
    for source, column, rows, labels in evaluate.measurable(test):
        difference = metrics.auc_difference(labels, one[rows, column], other[rows, column])
        if difference.value < -TOLERANCE and difference.high < 0:
            found.append(f"{source}, {ATTRIBUTES[column]}: AUC {difference.value:+.4f} ({difference.low:+.4f} to {difference.high:+.4f})")
    return found


def gains(base: LinearClassifier, model: LinearClassifier, joined: Corpus, parts: npt.NDArray[np.int8]) -> str:
    """What the model ranks better on the site's own test part, as a table."""
    own = joined.take((parts != TRAIN) & (joined.sources == OWN))
    return evaluate.comparison_table(own, evaluate.predict(base, own.texts), evaluate.predict(model, own.texts)).text()
