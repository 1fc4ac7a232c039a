"""The proof that models answer as they were trained to: `parity.json` of their folders, held against what they say now.

Knows the files and their tolerances; who writes them is training.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple, TypeVar

import msgspec
import numpy as np

from moderation.classifier import LinearClassifier
from moderation.encoder import Encoder
from moderation.errors import ModelError, Problem
from moderation.scorer import Scorer

TOLERANCE = 1e-6


class Row(msgspec.Struct):
    """A text and the scores that training computed for it, in the order of the attributes."""

    text: str
    scores: list[float]


class Parity(msgspec.Struct):
    """The file, for the model of this version."""

    version: str
    rows: list[Row]


class EncoderRow(msgspec.Struct):
    """A folded text and the logits that the encoder gave for it before its numbers were rounded to int8."""

    text: str
    fp32: list[float]


class EncoderParity(msgspec.Struct):
    """The encoder's file: no logit may be further than `bound` from the unrounded one, whatever the machine."""

    version: str
    bound: float
    rows: list[EncoderRow]


class Cases(NamedTuple):
    """The cases of all models of a scorer."""

    model: Parity
    encoder: EncoderParity | None


T = TypeVar("T", Parity, EncoderParity)


def read(folder: Path) -> Parity:
    """A linear model folder's parity cases.

    Raises
    ------
    ModelError : there are none, or they cannot be read.
    """
    return _read(folder, Parity)


def _read(folder: Path, kind: type[T]) -> T:
    try:
        # Python's reader, since a case may hold half a surrogate pair, which is no JSON to stricter ones.
        return msgspec.convert(json.loads((folder / "parity.json").read_bytes()), kind)
    except (OSError, ValueError, msgspec.ValidationError) as error:
        what = f"cannot be read: {type(error).__name__}"
        raise ModelError(str(folder), [Problem("parity.json", what, "train the model anew")]) from error


def read_all(scorer: Scorer, model: Path, encoder: Path | None) -> Cases:
    """The cases of a scorer's models, whose folders these are.

    Raises
    ------
    ModelError : there are none, or they cannot be read.
    """
    return Cases(read(model), _read(encoder, EncoderParity) if scorer.cascade and encoder else None)


def fits(scorer: Scorer, cases: Cases) -> bool:
    """Whether the cases are those of the scorer's models."""
    encoder = scorer.cascade and scorer.cascade.encoder.version
    return (cases.model.version, cases.encoder and cases.encoder.version) == (scorer.classifier.version, encoder)


def check_all(scorer: Scorer, cases: Cases, most: int | None = None) -> None:
    """Score the cases, at most `most` of the encoder's, which cost some milliseconds each.

    Raises
    ------
    ModelError : a model does not answer as it was trained to.
    """
    check(scorer.classifier, cases.model)
    if scorer.cascade and cases.encoder:
        check_encoder(scorer.cascade.encoder, cases.encoder, most)


def check_encoder(encoder: Encoder, parity: EncoderParity, most: int | None = None) -> None:
    """Score the encoder's cases.

    Raises
    ------
    ModelError : a logit is beyond the bound, or the file belongs to another encoder.
    """
    if parity.version != encoder.version:
        what = f"is of encoder {parity.version}, and this is {encoder.version}"
        raise ModelError("the encoder", [Problem("parity.json", what, "take the folder whole")])
    for row in parity.rows[:most]:
        logits = encoder.logits([row.text])[0]
        if len(row.fp32) != len(logits) or not (np.abs(logits - row.fp32) <= parity.bound).all():
            what = f"a logit of its texts is further than {parity.bound} from the trained one"
            raise ModelError("the encoder", [Problem("parity.json", what, "take the folder anew, or set `MODERATION_TIER=fast`")])


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
