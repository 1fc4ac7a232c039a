"""The sweep: one compiled call that looks through folded rows for words, has the model read them and decides (csrc/score.c).

Knows where lexicon, classifier and policy keep what the call reads; knows no order of the walk. Most rows are done with it; rows that
the model is to read in other words are scored again in these.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from moderation import kernels
from moderation.classifier import LinearClassifier
from moderation.found import Found
from moderation.lexicon import Lexicon
from moderation.policy import Actions, Policy, Scores
from moderation.text import FoldedBatch

_DOUBLE, _BYTE = np.dtype(np.float64), np.dtype(np.uint8)


class Swept(NamedTuple):
    """What a sweep found, in n rows.

    Attributes
    ----------
    found : the matches, which are counted in the rows that were read.
    english : (n,), 1 where the text is English beyond doubt.
    read : (n,), 1 where the model read the row as it stands; where it is 0, the arrays below hold nothing in particular.
    linear, logits : (n, k), the model's probabilities, and what they were before calibration.
    fused : (n, c), the categories' scores.
    actions : (n, c), indices into `ACTIONS`.
    memory, places, total : what the kernels keep: the memory of the arrays, and so many places.
    """

    found: Found
    english: bytearray
    read: bytearray
    linear: Scores
    logits: Scores
    fused: Scores
    actions: Actions
    memory: bytearray
    places: Any
    total: int


class Sweep:
    """The compiled call, with the tables of a lexicon, a classifier and a policy. Safe to share between threads."""

    def __init__(self, lexicon: Lexicon, classifier: LinearClassifier, policy: Policy) -> None:
        ffi, library = kernels.load()
        tables = policy.tables(lexicon.terms)
        self._lexicon, self._outputs, self._categories = lexicon, len(classifier.attributes), len(policy.categories)
        sums = classifier.word_sums(lexicon.common)
        self._tables = ffi.new("score_tables *", {**tables, "words": lexicon.walk.tables, "model": classifier.model, "sums": sums})
        self._kept = (classifier, policy, tables, sums)  # the struct points into their memory
        self._score, self._score_again, self._pointer, self._null = library.md_score, library.md_score_again, ffi.from_buffer, ffi.NULL
        self._numbers = ffi.typeof("int64_t[]")

    def over(self, batch: FoldedBatch, sections: int | npt.NDArray[np.intp]) -> Swept:
        """Sweep over a batch; `sections` as in `Policy.decide`."""
        n, k, c = batch.size, self._outputs, self._categories
        memory = bytearray(n * (16 * k + 9 * c + 2))
        walk = self._lexicon.walk
        places, room = walk.make_room(batch)
        count = self._score(self._tables, batch.block, *self._sections(sections), self._pointer(memory), places, room)
        places, listed = (places, walk.unpack(places, count)) if count <= room else walk.find(batch)
        found = self._lexicon.standing(batch, places, listed)
        logits, fused = 8 * n * k, 16 * n * k
        actions, english = fused + 8 * n * c, fused + 9 * n * c
        return Swept(found, memory[english : english + n], memory[english + n :], np.ndarray((n, k), _DOUBLE, memory),
                     np.ndarray((n, k), _DOUBLE, memory, logits), np.ndarray((n, c), _DOUBLE, memory, fused),
                     np.ndarray((n, c), _BYTE, memory, actions), memory, places, len(listed))

    def again(self, batch: FoldedBatch, swept: Swept, sections: int | npt.NDArray[np.intp]) -> FoldedBatch | None:
        """Score the rows that were not read in plain words, and count their matches, into the arrays of the sweep.

        `sections` as in `over`. Answers the plain words of these rows, in order; None where all were read.
        """
        if 0 not in swept.read:
            return None
        plain = self._lexicon.walk.restore(batch, swept.places, swept.total, swept.read)
        self._score_again(self._tables, plain.block, *self._sections(sections), self._pointer(swept.memory), len(swept.read), swept.places,
                          swept.total)
        return plain

    def _sections(self, sections: int | npt.NDArray[np.intp]) -> tuple[Any, int]:
        return (self._null, sections) if isinstance(sections, int) else (self._pointer(self._numbers, sections), 0)
