"""Functional frames: what the encoder is taught and examined on, one kind of utterance after another.

Knows the `frames_*.toml` of seeds/contrasts, whose grammar is that of `contrasts`: those to train on, `frames_choice` to choose by,
and `frames_test`, opened for a card; knows no model.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from moderation.train import contrasts
from moderation.train.corpus import MOST, Corpus, concatenate, few, of_contrasts

CHOICE, TEST = "frames_choice.toml", "frames_test.toml"
AMID = 0.125    # how many of the taught sentences come a second time, amid civil ones
_SENTENCE = re.compile(r"(?<=[.!?])\s+")


class Frames(NamedTuple):
    """Sentences of frames: a corpus whose notes are kinds, the number of each one's frame and the identity that it names."""

    corpus: Corpus
    frame: npt.NDArray[np.int64]
    identity: npt.NDArray[np.str_]


def taught(paths: Sequence[Path], seed: int = 0) -> Corpus:
    """The sentences of contrast files to train on: at most MOST of each frame, drawn by chance."""
    random = np.random.default_rng(seed)
    parts = []
    for path in paths:
        found = read(path)
        parts.append(found.corpus.take(few(found.frame, MOST, random)))
    return concatenate(parts)


def amid(spoken: Corpus, civil: Sequence[str], seed: int = 0) -> Corpus:
    """A share AMID of the sentences again, each amid one to six sentences of civil comments; the labels stay."""
    random = np.random.default_rng(seed)
    around = [one for text in civil for one in _SENTENCE.split(text) if one[-1:] in ".!?" and 4 <= len(one.split()) <= 25]
    rows = random.permutation(len(spoken))[: int(len(spoken) * AMID)] if around else np.zeros(0, np.int64)
    chosen = spoken.take(rows)
    texts = []
    for text in chosen.texts:
        before, after = random.integers(0, 4, 2)
        drawn = [around[place] for place in random.integers(0, len(around), max(before + after, 1))]
        texts.append(" ".join([*drawn[:before], text if text.rstrip()[-1:] in ".!?\"'" else f"{text}.", *drawn[before:]]))
    return Corpus(texts, chosen.labels, chosen.sources, chosen.implied_clean, chosen.notes)


def read(path: Path) -> Frames:
    """The sentences of one file; DataError tells everything that is wrong with it."""
    found = contrasts.expand(path)
    corpus = of_contrasts(found, ["frames"] * len(found))
    return Frames(corpus, np.array([item.frame for item in found], np.int64), np.array([item.identity for item in found], np.str_))
