"""Publishing: a trained model's folder, whole: weights, parity, operating points, and the card with its figures.

Knows the layout of a model folder and of the card; the card's prose stands in `models/CARD.template.md`.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt

from moderation import settings
from moderation.classifier import LinearClassifier
from moderation.lexicon import Lexicon
from moderation.policy import Policy
from moderation.scorer import Scorer
from moderation.train import calibrate, evaluate, parity, points
from moderation.train import corpus as corpora
from moderation.train.corpus import DEVELOPMENT, TEST, Corpus

TEMPLATE = settings.ROOT / "models/CARD.template.md"
TEST_CONTRASTS = [settings.ROOT / "seeds/contrasts" / name for name in ("test.toml", "frames_test.toml")]
FLAGGED = 0.02  # of civil news comments of the development part, by the threshold at which the card counts


def publish(model: LinearClassifier, folder: Path, corpus: Corpus, part: npt.NDArray[np.int8], *, open_test: bool = False) -> str:
    """Write a model folder beside `folder` and move it into place, so that a reader never meets half of one.

    Answers the operating points as the tables of a policy file; they are chosen with the lexicon and the policy that the settings name.
    """
    development = corpus.take(part == DEVELOPMENT)
    found = settings.load()
    scorer = Scorer(model, Lexicon.load(found.lexicon_paths, found.languages), Policy.load(found.policy, model.attributes))
    chosen, touched = points.find(scorer, development)
    model.facts["operating_points"] = points.to_facts(chosen)
    model.facts["civil_touched"] = {action: round(share, 4) for action, share in touched.items()}
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
    return points.toml(scorer, chosen)


def write_card(model: LinearClassifier, corpus: Corpus, part: npt.NDArray[np.int8], *, open_test: bool) -> str:
    """The card: its prose, with the figures of the development part or, once, of the test part."""
    shown = corpus.take(part == (TEST if open_test else DEVELOPMENT))
    development = corpus.take(part == DEVELOPMENT)
    civil = development.take(calibrate.drawn_news(development) & (development.labels[:, 0] < 0.5))
    flagged = float(np.quantile(evaluate.predict(model, civil.texts)[:, 0], 1 - FLAGGED)) if len(civil) else 0.5
    contrasts = corpora.read_contrasts(*TEST_CONTRASTS)
    tables, _ = evaluate.measure(model, shown, contrasts, flagged)
    name = "test part, opened for this card" if open_test else "development part"
    figures = "\n\n".join([*_teacher(model), f"Figures on the {name}: {len(shown):,} comments. Intervals are 95 % bootstrap intervals.",
                           *(f"### {table.title}\n\n{table.markdown()}" for table in tables if table.rows)])
    prose = TEMPLATE.read_text(encoding="utf-8") if TEMPLATE.exists() else "# Model card: {name}\n\n{figures}\n\n{points}\n"
    return prose.replace("{name}", model.name).replace("{version}", model.version).replace("{rows}", _rows(model)) \
        .replace("{points}", _points(model)).replace("{figures}", figures)


def _rows(model: LinearClassifier) -> str:
    return ", ".join(f"{count:,} {part}" for part, count in model.facts["rows"].items())


def _teacher(model: LinearClassifier) -> list[str]:
    teacher = model.facts.get("teacher")
    return [f"A teacher, {teacher['version']}, read {teacher['read']:,} comments of the training part: labels that were missing there are "
            f"its probabilities before calibration, and of the others these are a share of {teacher['heeded']:g}."] if teacher else []


def _points(model: LinearClassifier) -> str:
    rows = []
    for attribute, pair in model.facts["operating_points"].items():
        for action, point in pair.items():
            cells = (f"{point['threshold']:.4f}", point["basis"], f"{point['met']:.3f}") if point else ("none", "nothing supports one", "")
            rows.append(evaluate.Row((attribute, action, *cells)))
    columns = ("attribute", "point", "threshold", "chosen by", "precision of reject, recall of review")
    touched = ", ".join(f"{action} {share:.2%}" for action, share in model.facts["civil_touched"].items())
    table = evaluate.Table("", columns, tuple(rows), {}).markdown()
    return f"{table}\n\nCivil news comments of the development part at the policy's points, with the lexicon: {touched}."
