"""Training the encoder, step by step: texts as they are served, word pieces, windows, lessons, fine-tuning, calibration.

Knows the order of the steps. The test part is not looked at here, nor are the frames that are kept for testing. The same seed and
the same number of passes give the same weights; with a limit of time, the weights depend on the machine's pace.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from tokenizers import Tokenizer

from moderation.classifier import LinearClassifier
from moderation.lexicon import Lexicon
from moderation.text import decode, fold_batch
from moderation.train import calibrate
from moderation.train import corpus as corpora
from moderation.train.corpus import TRAIN, Corpus
from moderation.train.encoder import descend, export, frames, mix, vocabulary
from moderation.train.encoder.export import MAX_TOKENS
from moderation.train.encoder.network import Network, Shape, pretrained, pretrained_folder
from moderation.train.encoder.vocabulary import Ids
from moderation.train.fit import Progress

_BATCH = 2048
ROOM = MAX_TOKENS - 2  # beside [CLS] and [SEP]
QUIET = 0.06           # below this the linear model finds nothing in a civil comment
SETTLED = 6000         # rows that the registers' biases of a start are fitted to


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that training decides beforehand; `passes` over the lessons, unless `minutes` are over sooner.

    `start` is an encoder's folder to begin from instead of the pretrained weights, `keep` its share of the weights in the end.
    """

    layers: int = 6
    passes: int = 3
    minutes: float | None = None
    start: Path | None = None
    keep: float = 0.0
    descent: descend.Descent = field(default_factory=descend.Descent)


class Reading(NamedTuple):
    """Texts as the models are served them, and the linear model's scores of them, (n, 6)."""

    texts: list[str]
    linear: npt.NDArray[np.float32]


class Fitted(NamedTuple):
    """A network with its tokenizer, and how many examples it has seen."""

    network: Network
    tokenizer: Tokenizer
    examples: int


def read(texts: Sequence[str], lexicon: Lexicon, linear: LinearClassifier, progress: Progress = lambda *_: None) -> Reading:
    """Fold texts and undo what the lexicon finds disguised, as `Scorer.score_batch` does."""
    views: list[str] = []
    scores = np.zeros((len(texts), len(linear.attributes)), np.float32)
    for first in range(0, len(texts), _BATCH):
        batch = fold_batch(list(texts[first : first + _BATCH]))
        batch = lexicon.restore(batch)
        scores[first : first + batch.size] = linear.predict_folded(batch)
        offsets = batch.offsets
        views += [decode(batch.codes[offsets[row] : offsets[row + 1]]) for row in range(batch.size)]
        progress("reading", batch.size, len(texts))
    return Reading(views, scores)


def begin(recipe: Recipe, texts: Sequence[str]) -> tuple[Network, Tokenizer]:
    """What training begins from: an encoder that was published, or the pretrained layers with the word pieces that the texts use."""
    if recipe.start is not None:
        return export.reopen(recipe.start)
    words = vocabulary.prune(Tokenizer.from_file(str(pretrained_folder() / "tokenizer.json")), texts)
    return pretrained(words.origins, recipe.layers), words.tokenizer


def cut(rows: Sequence[Ids], tokenizer: Tokenizer, linear: LinearClassifier) -> list[Ids]:
    """Rows that fit into a window; of a longer one the window that the linear model finds most hostile, whatever its label."""
    ends = frozenset(number for sign in ".!?;" if (number := tokenizer.token_to_id(sign)) is not None)
    pieces = [(row, first, last) for row, ids in enumerate(rows) if len(ids) > MAX_TOKENS
              for first, last in vocabulary.bounds(ids, ends, ROOM)]
    if not pieces:
        return list(rows)
    scores = linear.predict(tokenizer.decode_batch([rows[row][first:last].tolist() for row, first, last in pieces]))[:, 0]
    best: dict[int, tuple[float, int, int]] = {}
    for (row, first, last), score in zip(pieces, scores.tolist(), strict=True):
        best[row] = max(best.get(row, (-1.0, 0, 0)), (score, -first, last))
    found = list(rows)
    for row, (_, first, last) in best.items():
        found[row] = np.concatenate([rows[row][:1], rows[row][-first:last], rows[row][-1:]])
    return found


def fit(corpus: Corpus, part: npt.NDArray[np.int8], contrast_files: Sequence[Path], lexicon: Lexicon, linear: LinearClassifier,
        recipe: Recipe, checkpoint: Path | None = None, progress: Progress = lambda *_: None) -> Fitted:
    """A network from the training part of a corpus and from contrast files; goes on from the checkpoint if there is one."""
    chosen = np.flatnonzero(part == TRAIN)
    train = corpus.take(chosen)
    reading = read(train.texts, lexicon, linear, progress)
    torch.manual_seed(recipe.descent.seed)
    network, tokenizer = begin(recipe, reading.texts)
    before = copy.deepcopy(network.state_dict())
    rows = cut(vocabulary.encode(tokenizer, reading.texts), tokenizer, linear)
    taught = mix.lessons(train, reading.linear)
    spoken = frames.taught(contrast_files, recipe.descent.seed)
    quiet = (train.sources == "civil_comments") & (train.labels[:, 0] < 0.5) & (reading.linear.max(axis=1) < QUIET)
    spoken = corpora.concatenate([spoken, frames.amid(spoken, [reading.texts[row] for row in np.flatnonzero(quiet)[:6000]])])
    rows += cut(vocabulary.encode(tokenizer, read(spoken.texts, lexicon, linear).texts), tokenizer, linear)
    trainer = descend.Trainer(network, recipe.descent)
    taught = mix.joined(taught, spoken.labels)
    if recipe.start is not None:
        trainer.settle(rows, taught, mix.one_pass(taught.drawn, len(spoken), np.random.default_rng(recipe.descent.seed))[:SETTLED])
        taught = mix.attentive(taught, trainer.predict(rows[len(train):]))
    if checkpoint is not None and checkpoint.exists():
        trainer.load(checkpoint)
    random = np.random.default_rng(recipe.descent.seed + trainer.steps)
    order = np.concatenate([mix.one_pass(taught.drawn, len(spoken), random) for _ in range(recipe.passes)])
    if trainer.done < 1:
        descend.descend(trainer, rows, taught, order, minutes=recipe.minutes, checkpoint=checkpoint,
                        progress=lambda count, loss: progress(f"fitting, loss {loss:.3f}", count, len(order)))
    if recipe.start is not None and recipe.keep:
        trainer.blend(before, recipe.keep)
    return Fitted(network.eval(), tokenizer, trainer.steps * recipe.descent.batch)


def calibration(logits: npt.NDArray[np.float64], development: Corpus) -> dict[str, list[list[float]]]:
    """Knots and values of each attribute, fitted to logits of the development part as news come in."""
    found = calibrate.calibrate(logits, *calibrate.natural_mix(development))
    return {"knots": found.knots.tolist(), "values": [[round(value, 6) for value in row] for row in found.values.tolist()]}


def random_network(vocabulary_size: int, layers: int = 1, width: int = 32) -> Network:
    """A tiny network of random weights: for trying the steps without the pretrained ones."""
    return Network(Shape(vocabulary_size, layers, width, inner=2 * width, positions=MAX_TOKENS))
