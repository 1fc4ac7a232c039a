"""The proof that a model answers as it was trained to: `parity.json` of its folder, held against what it says now.

Knows the file and its tolerance; who writes it is `train.parity`.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np

from moderation.classifier import LinearClassifier
from moderation.errors import ModelError, Problem

TOLERANCE = 1e-6


class Row(msgspec.Struct):
    """A text and the scores that training computed for it, in the order of the attributes."""

    text: str
    scores: list[float]


class Parity(msgspec.Struct):
    """The file, for the model of this version."""

    version: str
    rows: list[Row]


def read(folder: Path) -> Parity:
    """A model folder's parity cases.

    Raises
    ------
    ModelError : there are none, or they cannot be read.
    """
    try:
        # Python's reader, since a case may hold half a surrogate pair, which is no JSON to stricter ones.
        import json
        return msgspec.convert(json.loads((folder / "parity.json").read_bytes()), Parity, strict=False)
    except (OSError, ValueError, msgspec.ValidationError) as error:
        what = f"cannot be read: {type(error).__name__}"
        raise ModelError(str(folder), [Problem("parity.json", what, "train the model anew")]) from error


def check(classifier: LinearClassifier, parity: Parity) -> None:
    """Score the cases; costs a few milliseconds.

    Raises
    ------
    ModelError : a score is not what training computed, or the file belongs to another model.
    """
    problems = []
    if parity.version != classifier.version:
        problems.append(Problem("parity.json", f"is of model {parity.version}, and this is {classifier.version}", "train the model anew"))
    elif parity.rows:
        found = classifier.predict([row.text for row in parity.rows])
        expected = np.array([row.scores for row in parity.rows])
        if found.shape != expected.shape or not (np.abs(found - expected) <= TOLERANCE).all():
            problems.append(Problem("parity.json", "its texts are not scored as training scored them", "train the model anew"))
    if problems:
        raise ModelError("the model", problems)
