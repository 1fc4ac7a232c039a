"""`models/default` beside an untuned linear model on the rows that neither has learned from: what tuning is worth.

    python benchmarks/untuned.py    # ten minutes

Untuned: scikit-learn's TfidfVectorizer on words and pairs of words and LogisticRegression, otherwise as they come, one for each
attribute, on the rows of the training part that state it. Prints a Markdown table of ROC AUC by source and attribute on the test part,
with bootstrap intervals, and of the difference, resampled in pairs. It opens the test part: nothing may be chosen by what it shows.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from moderation import settings
from moderation.classifier import LinearClassifier
from moderation.train import evaluate, fit
from moderation.train.commands import DATA
from moderation.train.corpus import ATTRIBUTES, TEST, TRAIN, Corpus
from moderation.tune.estimates import Floats

LEAST = 3  # comments that a word or a pair must stand in


def untuned(train: Corpus, texts: list[str]) -> Floats:
    """Probabilities of texts, (n, 6), by models of the training rows as they come."""
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), min_df=LEAST)
    seen, asked = vectorizer.fit_transform(train.texts), vectorizer.transform(texts)
    found = np.empty((len(texts), len(ATTRIBUTES)))
    for column, attribute in enumerate(ATTRIBUTES):
        stated = np.flatnonzero(~np.isnan(train.labels[:, column]))
        model = LogisticRegression(max_iter=1000).fit(seen[stated], train.labels[stated, column] >= 0.5)
        found[:, column] = model.predict_proba(asked)[:, 1]
        print(f"{attribute}: {len(stated):,} rows, {int(model.n_iter_[0])} iterations", file=sys.stderr)
    return found


def main() -> None:
    """Train on one part, score another with both, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="?", type=Path, default=DATA, metavar="DATA", help="the data that models/default was trained on")
    corpus, part = fit.gather([parser.parse_args().data], 0)
    train, test = corpus.take(part == TRAIN), corpus.take(part == TEST)
    ours = LinearClassifier.load(settings.ROOT / "models/default")
    table = evaluate.comparison_table(test, untuned(train, test.texts), evaluate.predict(ours, test.texts), ("untuned", ours.version))
    print(f"{table.title}; {len(train):,} training rows, {len(test):,} asked about\n\n{table.markdown()}")


if __name__ == "__main__":
    main()
