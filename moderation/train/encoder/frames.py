"""Functional frames: what the encoder is taught and examined on, one kind of utterance after another.

Knows the `frames_*.toml` of seeds/contrasts, whose grammar is that of `contrasts`: those to train on, `frames_choice` to choose by,
and `frames_test`, opened for a card; knows no model.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from moderation.train import contrasts
from moderation.train.corpus import ATTRIBUTES, Corpus

CHOICE, TEST = "frames_choice.toml", "frames_test.toml"


class Frames(NamedTuple):
    """Sentences of frames: a corpus whose notes are kinds, the number of each one's frame and the identity that it names."""

    corpus: Corpus
    frame: npt.NDArray[np.int64]
    identity: npt.NDArray[np.str_]


def read(path: Path) -> Frames:
    """The sentences of one file; DataError tells everything that is wrong with it."""
    found = contrasts.expand(path)
    labels = np.array([[getattr(item, name) for name in ATTRIBUTES] for item in found], np.float32).reshape(-1, len(ATTRIBUTES))
    corpus = Corpus([item.text for item in found], labels, np.full(len(found), "frames"), labels.max(axis=1, initial=0) == 0,
                    np.array([item.kind for item in found], np.str_))
    return Frames(corpus, np.array([item.frame for item in found], np.int64), np.array([item.identity for item in found], np.str_))
