"""Functional frames: what the encoder is taught and examined on, one kind of utterance after another.

Knows the files `frames_train.toml` and `frames_test.toml` of seeds/contrasts, whose grammar is that of `contrasts`; knows no model.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from moderation.train import contrasts
from moderation.train.corpus import ATTRIBUTES, Corpus

GRADED = "frames_train.toml"
KEPT_EVERY = 10  # every tenth frame is for choices, not for training


class Frames(NamedTuple):
    """Sentences of frames: a corpus whose notes are kinds, the number of each one's frame and the identity that it names.

    `is_graded`: the file keeps some of its frames for choices.
    """

    corpus: Corpus
    frame: npt.NDArray[np.int64]
    identity: npt.NDArray[np.str_]
    is_graded: bool

    @property
    def kept(self) -> npt.NDArray[np.bool_]:
        """The sentences whose frames are for choices."""
        kept: npt.NDArray[np.bool_] = self.frame % KEPT_EVERY == KEPT_EVERY - 1
        return kept


def read(path: Path) -> Frames:
    """The sentences of one file; DataError tells everything that is wrong with it."""
    found = contrasts.expand(path)
    labels = np.array([[getattr(item, name) for name in ATTRIBUTES] for item in found], np.float32).reshape(-1, len(ATTRIBUTES))
    corpus = Corpus([item.text for item in found], labels, np.full(len(found), "frames"), labels.max(axis=1, initial=0) == 0,
                    np.array([item.kind for item in found], np.str_))
    return Frames(corpus, np.array([item.frame for item in found], np.int64), np.array([item.identity for item in found], np.str_),
                  path.name == GRADED)
