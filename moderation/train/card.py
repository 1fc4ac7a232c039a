"""Publishing: a trained model's folder, whole: weights, parity, operating points, and the card with its figures.

Knows the layout of a model folder and of the card; the card's prose stands in `models/CARD.template.md`.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from moderation import settings
from moderation.classifier import LinearClassifier
from moderation.train import calibrate, evaluate, parity, thresholds
from moderation.train import corpus as corpora
from moderation.train.corpus import DEVELOPMENT, TEST, Corpus

TEMPLATE = settings.ROOT / "models/CARD.template.md"
TEST_CONTRASTS = settings.ROOT / "seeds/contrasts/test.toml"


def publish(model: LinearClassifier, folder: Path, corpus: Corpus, part: npt.NDArray[np.int8], *, open_test: bool = False) -> None:
    """Write a model folder beside `folder` and move it into place, so that a reader never meets half of one."""
    development = corpus.take(part == DEVELOPMENT)
    labels, weights = calibrate.natural_mix(development)
    scores = model.predict(development.texts)
    drawn = calibrate.drawn_news(development)
    hostile = (development.labels[drawn, 0] >= 0.5).astype(np.float64)
    model.facts["operating_points"] = thresholds.operating_points(model.attributes, labels, scores, weights, hostile, scores[drawn])
    model.facts["rows"] = {"train": int((part == corpora.TRAIN).sum()), "development": len(development), "test": int((part == TEST).sum())}
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as work:
        made = Path(work) / folder.name
        model.save(made)
        parity.write(model, made)
        (made / "CARD.md").write_text(write_card(model, corpus, part, open_test=open_test), encoding="utf-8")
        for path in made.iterdir():
            path.chmod(0o644)
        if folder.exists():
            shutil.rmtree(folder)
        shutil.move(made, folder)


def write_card(model: LinearClassifier, corpus: Corpus, part: npt.NDArray[np.int8], *, open_test: bool) -> str:
    """The card: its prose, with the figures of the development part or, once, of the test part."""
    shown = corpus.take(part == (TEST if open_test else DEVELOPMENT))
    points = model.facts["operating_points"]
    review = (points.get("toxicity") or {}).get("review_civil") or {"threshold": 0.5}
    contrasts = corpora.read_contrasts(TEST_CONTRASTS) if TEST_CONTRASTS.exists() else corpus.take(np.zeros(len(corpus), bool))
    tables, _ = evaluate.measure(model, shown, contrasts, review["threshold"])
    name = "test part, opened for this card" if open_test else "development part"
    figures = "\n\n".join([f"Figures on the {name}: {len(shown):,} comments. Intervals are 95 % bootstrap intervals.",
                           *(f"### {table.title}\n\n{table.markdown()}" for table in tables if table.rows)])
    prose = TEMPLATE.read_text(encoding="utf-8") if TEMPLATE.exists() else "# Model card: {name}\n\n{figures}\n\n{points}\n"
    return prose.replace("{name}", model.name).replace("{version}", model.version).replace("{rows}", _rows(model)) \
        .replace("{points}", _points(model)).replace("{figures}", figures)


def _rows(model: LinearClassifier) -> str:
    return ", ".join(f"{count:,} {part}" for part, count in model.facts["rows"].items())


def _points(model: LinearClassifier) -> str:
    rows: list[Sequence[str]] = []
    for attribute, points in model.facts["operating_points"].items():
        for name, point in points.items():
            if point is None:
                rows.append((attribute, name, "none meets the target", "", "", ""))
            else:
                rows.append((attribute, name, *(f"{point[key]:.3f}" for key in ("threshold", "precision", "recall")),
                             f"{point['false_positive_rate']:.4f}"))
    columns = ("attribute", "point", "threshold", "precision", "recall", "civil comments touched")
    return evaluate.Table("", columns, tuple(evaluate.Row(tuple(row)) for row in rows), {}).markdown()
