"""Fitting weights: a matrix of n-grams and stochastic descent over it, in the same compiled kernels that serve.

Knows rows of ids, labels with gaps and weights; knows no files and no model folder.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from moderation import kernels
from moderation.classifier import Lengths
from moderation.features import OUTPUTS, FeatureSpec, ngrams, pointer
from moderation.text import fold_batch

_BATCH = 4096
_IMMOVABLE = np.float32(1e30)  # squared gradients that leave no step to take

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Matrix:
    """The n-grams of many texts: row i has `ids[rows[i]:rows[i + 1]]`, in sentences as `Grams` tells."""

    ids: npt.NDArray[np.uint32]
    rows: npt.NDArray[np.int64]
    sentences: npt.NDArray[np.int64]
    row_sentences: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.rows) - 1


def matrix(texts: Sequence[str], spec: FeatureSpec, progress: Callable[[int], object] = lambda _: None) -> Matrix:
    """Read the n-grams of all texts; 4 bytes an n-gram, some 4 kB for a comment of 270 characters."""
    ids: list[npt.NDArray[np.uint32]] = []
    rows, sentences, row_sentences = [np.zeros(1, np.int64)], [np.zeros(1, np.int64)], [np.zeros(1, np.int64)]
    for first in range(0, len(texts), _BATCH):
        grams = ngrams(fold_batch(texts[first : first + _BATCH]), spec)
        ids.append(grams.ids)
        sentences.append(grams.sentences[1:] + rows[-1][-1])
        row_sentences.append(grams.row_sentences[1:] + row_sentences[-1][-1])
        rows.append(grams.rows[1:] + rows[-1][-1])
        progress(len(grams.rows) - 1)
    return Matrix(np.concatenate(ids) if ids else np.empty(0, np.uint32), np.concatenate(rows), np.concatenate(sentences),
                  np.concatenate(row_sentences))


def norm(counts: npt.NDArray[np.int64], lengths: Lengths) -> npt.NDArray[np.float64]:
    """What a sum over `counts` n-grams is multiplied by; the same as the classifier's."""
    scale: npt.NDArray[np.float64] = 1.0 / np.sqrt((counts + lengths.least) * (1.0 + counts / lengths.half))
    return scale


def scores(rows: npt.NDArray[np.int64], ids: npt.NDArray[np.uint32], scale: npt.NDArray[np.float64], weights: Floats) -> Floats:
    """`scale[i] * weights[ids of row i].sum()`, (n, 8); rows are any runs of ids, whole texts or sentences."""
    _, library = kernels.load()
    found = np.empty((len(rows) - 1, OUTPUTS), np.float32)
    small = np.ascontiguousarray(scale, np.float32)
    rows = np.ascontiguousarray(rows)
    library.md_fit_scores(pointer("uint32_t", ids), pointer("int64_t", rows), len(found), pointer("float", small),
                          pointer("float", weights), pointer("float", found))
    return found


@dataclass(frozen=True, slots=True)
class Descent:
    """How weights are sought: AdaGrad (Duchi et al. 2011), a shuffled pass an epoch.

    Attributes
    ----------
    epochs : passes over the data.
    rate : the step; it falls linearly to nothing over the last `cooling` of the passes.
    start : squared gradients that each weight is taken to have seen before the first row.
    decay : pull of a weight towards 0 wherever its n-gram occurs.
    """

    epochs: int = 4
    rate: float = 0.3
    cooling: float = 1.0
    start: float = 1e-2
    decay: float = 0.0
    seed: int = 0


def descend(data: Matrix, scale: npt.NDArray[np.float64], labels: Floats, importance: Floats, buckets: int, how: Descent,
            groups: npt.NDArray[np.int32] | None = None, order: npt.NDArray[np.int64] | None = None,
            progress: Callable[[int], object] = lambda _: None, weights: Floats | None = None,
            held: npt.NDArray[np.bool_] | None = None) -> tuple[Floats, Floats]:
    """Weights (buckets, 8) and biases (groups, 8) that minimise the logistic loss over stated labels.

    Parameters
    ----------
    labels, importance : (n, k); a label may be soft, one of importance 0 is missing.
    groups : (n,), numbers from 0 on; each group has a bias of its own, so that what a source calls toxic more often
        than others is not learnt as the style that it is written in.
    order : the rows to learn from; all of them by default.
    weights : where to start; nothing by default.
    held : (buckets, 8), weights that stay where they start; none by default.
    """
    _, library = kernels.load()
    k = labels.shape[1]
    wide = np.zeros((len(data), OUTPUTS), np.float32)
    wide[:, :k] = labels
    heavy = np.zeros_like(wide)
    heavy[:, :k] = importance
    small = np.ascontiguousarray(scale, np.float32)
    state = np.zeros((buckets, 2, OUTPUTS), np.float32)
    state[:, 1] = how.start
    if held is not None:
        state[:, 1][held] = _IMMOVABLE
    if weights is not None:
        state[:, 0] = weights
    rows = np.arange(len(data)) if order is None else order
    group = np.zeros(len(data), np.int32) if groups is None else np.ascontiguousarray(groups, np.int32)
    mass = heavy[rows].sum(axis=0)
    prior = np.clip((heavy[rows] * wide[rows]).sum(axis=0) / np.maximum(mass, 1), 1e-4, 1 - 1e-4)
    bias = np.tile(np.log(prior / (1 - prior)).astype(np.float32), (int(group.max(initial=0)) + 1, 1))
    bias_squares = np.ones_like(bias)
    random = np.random.default_rng(how.seed)
    parts = 8
    for epoch in range(how.epochs):
        shuffled = random.permutation(rows).astype(np.int64)
        for part, chosen in enumerate(np.array_split(shuffled, parts)):
            left = 1 - (epoch + part / parts) / how.epochs
            rate = how.rate * min(1.0, left / how.cooling) if how.cooling > 0 else how.rate
            chosen = np.ascontiguousarray(chosen)
            library.md_fit_epoch(pointer("uint32_t", data.ids), pointer("int64_t", data.rows), pointer("int64_t", chosen), len(chosen),
                                 pointer("float", small), pointer("float", wide), pointer("float", heavy), pointer("int32_t", group),
                                 pointer("float", state), pointer("float", bias), pointer("float", bias_squares), rate, how.decay)
            progress(len(chosen))
    return np.ascontiguousarray(state[:, 0]), bias
