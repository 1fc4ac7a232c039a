"""Proof that the served model is the trained one: fixed texts with the scores that another path computes for them.

The other path shares the n-gram reader with serving and nothing else: SciPy's sparse product over the weights, numpy for the
join, `numpy.interp` for the calibration. A model folder carries the result as `parity.json`; a test and `moderation check` compare.
"""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from moderation.classifier import LinearClassifier
from moderation.features import ngrams
from moderation.text import fold_batch

# Written for this file. Long, short, many sentences, other scripts, signs, nothing.
TEXTS = (
    "", " ", "Good morning.", "You are an idiot.", "YOU ARE AN IDIOT!!!", "Thank you, that was a kind and useful answer.",
    "The council voted 7 to 4. Nobody read the report. What a pathetic bunch of liars, the lot of them!",
    "I will find you and break your legs, and nobody will miss you.",
    "Rain until noon; trains to the coast run every half hour (not on Sundays).",
    "My neighbours are Muslims and the best gardeners in the street.",
    "They are vermin and should be thrown out of the country.",
    "“Never again,” she said… and meant it — but who listened?", "Ｆｕｌｌ ｗｉｄｔｈ", "Смешанный текст",
    "日本語の文です。これはテストです。",
    "👍🏽👍🏽👍🏽 well done 🎉", "what a load of crap", "a" * 700, "word " * 300, "Line one\nLine two\n\nLine three. Line four?",
    "\ud800 lone", "<b>Bold</b> &amp; brave &lt;3",
)


def reference(classifier: LinearClassifier, texts: tuple[str, ...] | list[str]) -> npt.NDArray[np.float64]:
    """The scores (n, k) of texts by the other path."""
    grams = ngrams(fold_batch(list(texts)), classifier.features)
    k = len(classifier.attributes)
    weights = classifier.arrays["table"][:, :k].astype(np.float64) * classifier.arrays["step"]
    ids = grams.ids.astype(np.int64)

    def normalised(rows: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        counted = csr_matrix((np.ones(len(ids)), ids, rows), shape=(len(rows) - 1, len(weights)))
        counts = np.diff(rows)
        scale = 1.0 / np.sqrt((counts + classifier.lengths.least) * (1.0 + counts / classifier.lengths.half))
        summed: npt.NDArray[np.float64] = (counted @ weights) * scale[:, None]
        return summed

    whole, sentences = normalised(grams.rows), normalised(grams.sentences)
    top = np.array([sentences[low:high].max(axis=0) if high > low else np.zeros(k)
                    for low, high in itertools.pairwise(grams.row_sentences)])
    gate = (1.0 / (1.0 + np.diff(grams.rows) / classifier.lengths.gate))[:, None]
    b0, b1, a0, a1, m0, m1 = classifier.arrays["join"].T
    logits = b0 + b1 * gate + (a0 + a1 * gate) * whole + (m0 + m1 * gate) * top
    return np.stack([np.interp(logits[:, column], classifier.arrays["knots"][column], classifier.arrays["values"][column])
                     for column in range(k)], axis=1)


def write(classifier: LinearClassifier, folder: Path) -> None:
    """Write `parity.json` into a model folder."""
    scores = reference(classifier, TEXTS)
    rows = [{"text": text, "scores": [float(score) for score in row]} for text, row in zip(TEXTS, scores, strict=True)]
    content = {"version": classifier.version, "attributes": list(classifier.attributes), "rows": rows}
    (folder / "parity.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
