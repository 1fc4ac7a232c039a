"""Fine-tuning: steps of AdamW in two threads, in bfloat16 with the true weights in full precision; stops and goes on.

Knows tokens, labels and a network; knows no files but its own checkpoint. Each thread has half of every batch and a copy of the
weights of its own, so that they meet once a step and not in every product: on a machine with other work that is ten times faster.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from moderation.train.corpus import ATTRIBUTES
from moderation.train.encoder.mix import Floats, Lessons, register_names
from moderation.train.encoder.network import Network
from moderation.train.encoder.vocabulary import Ids

BUCKET = 60  # batches that are sorted by length together


@dataclass(frozen=True, slots=True)
class Descent:
    """How fine-tuning goes.

    Attributes
    ----------
    batch : rows a step.
    rate : of the top layer at its height, after `warm` of all steps; falls to a hundredth along a cosine.
    layer_decay : each layer below learns so much more slowly.
    head_share : the head's rate, as a multiple of the top layer's.
    bias_rate : of the registers' biases.
    """

    batch: int = 64
    rate: float = 2e-4
    layer_decay: float = 0.85
    head_share: float = 2.5
    bias_rate: float = 3e-3
    weight_decay: float = 0.01
    warm: float = 0.05
    workers: int = 2
    seed: int = 0


def batches(order: npt.NDArray[np.int64], lengths: npt.NDArray[np.int64], size: int,
            random: np.random.Generator) -> Iterator[npt.NDArray[np.int64]]:
    """An order cut into batches of about equal length each, the batches in random order within a bucket."""
    for first in range(0, len(order), size * BUCKET):
        bucket = order[first : first + size * BUCKET]
        bucket = bucket[np.argsort(lengths[bucket], kind="stable")]
        pieces = [bucket[start : start + size] for start in range(0, len(bucket), size)]
        for index in random.permutation(len(pieces)):
            yield pieces[index]


def pad(rows: Sequence[Ids]) -> tuple[Tensor, Tensor]:
    """Ids and mask, (rows, length); [PAD] is id 0."""
    longest = max(len(row) for row in rows)
    ids = np.zeros((len(rows), longest), np.int64)
    mask = np.zeros_like(ids)
    for number, row in enumerate(rows):
        ids[number, : len(row)] = row
        mask[number, : len(row)] = 1
    return torch.from_numpy(ids), torch.from_numpy(mask)


class Trainer:
    """A network that learns, with all that is needed to stop and go on."""

    def __init__(self, network: Network, how: Descent) -> None:
        self.how = how
        self.network = network.train()
        network.words.weight.requires_grad_(False)
        self.biases = nn.Parameter(torch.zeros(len(register_names()), len(ATTRIBUTES)))
        self.optimiser = torch.optim.AdamW(self._groups(), betas=(0.9, 0.98), fused=True)
        self.heights = [group["lr"] for group in self.optimiser.param_groups]
        self.trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
        self.copies = [copy.deepcopy(network).bfloat16() for _ in range(how.workers)]
        self.parameters = [[parameter for parameter in one.parameters() if parameter.requires_grad] for one in self.copies]
        self.pool = ThreadPoolExecutor(how.workers, initializer=lambda: torch.set_num_threads(1))
        self.done = 0.0  # share of the whole descent
        self.steps = 0
        torch.set_num_threads(1)

    def _groups(self) -> list[dict[str, object]]:
        how, network = self.how, self.network
        count = len(network.layers)
        tops = [(network.head, how.rate * how.head_share)]
        tops += [(layer, how.rate * how.layer_decay ** (count - 1 - number)) for number, layer in enumerate(network.layers)]
        lowest = how.rate * how.layer_decay ** count
        tops += [(network.entrance, lowest), (network.places, lowest)]
        groups: list[dict[str, object]] = []
        for module, rate in tops:
            matrices = [p for p in module.parameters() if p.ndim > 1]
            vectors = [p for p in module.parameters() if p.ndim == 1]
            groups += [{"params": matrices, "lr": rate, "weight_decay": how.weight_decay}] if matrices else []
            groups += [{"params": vectors, "lr": rate, "weight_decay": 0.0}] if vectors else []
        return [*groups, {"params": [self.biases], "lr": how.bias_rate, "weight_decay": 0.0}]

    def _rate(self) -> float:
        if self.done < self.how.warm:
            return max(self.done / self.how.warm, 0.01)
        along = (self.done - self.how.warm) / (1 - self.how.warm)
        return 0.01 + 0.99 * (1 + math.cos(math.pi * min(along, 1.0))) / 2

    def _half(self, worker: int, ids: Tensor, mask: Tensor, register: Tensor, labels: Tensor, importance: Tensor,
              share: float) -> tuple[float, Tensor]:
        bias = self.biases.detach().clone().requires_grad_(True)
        logits = self.copies[worker](ids, mask).float() + bias[register]
        loss = (F.binary_cross_entropy_with_logits(logits, labels, reduction="none") * importance).sum() * share
        loss.backward()  # type: ignore[no-untyped-call]  # torch has no type for it
        assert bias.grad is not None
        return float(loss.detach()), bias.grad

    def step(self, rows: Sequence[Ids], labels: Floats, importance: Floats, registers: npt.NDArray[np.int64]) -> float:
        """One step on one batch; its loss before the step."""
        workers = self.how.workers
        rate = self._rate()
        for group, height in zip(self.optimiser.param_groups, self.heights, strict=True):
            group["lr"] = height * rate
        share = 1.0 / max(float(importance.sum()), 1.0)
        tasks = []
        for worker in range(workers):
            own = slice(worker, None, workers)
            if len(rows[own]):
                values = [torch.from_numpy(given[own].copy()) for given in (registers, labels, importance)]
                (ids, mask), (register, label, weight) = pad(rows[own]), values
                tasks.append(self.pool.submit(self._half, worker, ids, mask, register, label, weight, share))
        results = [task.result() for task in tasks]
        for number, parameter in enumerate(self.trained):
            grads = [theirs[number].grad for theirs in self.parameters]
            found = [grad.float() for grad in grads if grad is not None]
            parameter.grad = sum(found[1:], start=found[0]) if found else None
            for theirs in self.parameters:
                theirs[number].grad = None
        self.biases.grad = sum((grad for _, grad in results[1:]), start=results[0][1])
        nn.utils.clip_grad_norm_(self.trained, 1.0)
        self.optimiser.step()
        with torch.no_grad():
            for number, parameter in enumerate(self.trained):
                for theirs in self.parameters:
                    theirs[number].copy_(parameter)
        self.steps += 1
        return sum(loss for loss, _ in results)

    def save(self, path: Path) -> None:
        """Write a checkpoint, whole or not at all."""
        state = {"network": self.network.state_dict(), "biases": self.biases.detach(), "optimiser": self.optimiser.state_dict(),
                 "done": self.done, "steps": self.steps}
        torch.save(state, path.with_suffix(".part"))
        path.with_suffix(".part").rename(path)

    def load(self, path: Path) -> None:
        """Go on from a checkpoint."""
        state = torch.load(path, weights_only=True)
        self.network.load_state_dict(state["network"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.done, self.steps = state["done"], state["steps"]
        with torch.no_grad():
            self.biases.copy_(state["biases"])
            for number, parameter in enumerate(self.trained):
                for theirs in self.parameters:
                    theirs[number].copy_(parameter)

    def logits(self, rows: Sequence[Ids]) -> Floats:
        """What the network makes of rows as it stands, (n, 6), without registers' biases; in the threads that it learns in."""
        found = np.empty((len(rows), len(ATTRIBUTES)), np.float32)
        order = np.argsort([len(row) for row in rows], kind="stable")

        def read(worker: int, some: npt.NDArray[np.int64]) -> None:
            with torch.inference_mode():
                found[some] = self.copies[worker](*pad([rows[row] for row in some])).float().numpy()

        for one in self.copies:
            one.eval()
        pieces = [order[first : first + self.how.batch] for first in range(0, len(order), self.how.batch)]
        for first in range(0, len(pieces), self.how.workers):
            for task in [self.pool.submit(read, *given) for given in enumerate(pieces[first : first + self.how.workers])]:
                task.result()
        for one in self.copies:
            one.train()
        return found

    def predict(self, rows: Sequence[Ids]) -> Floats:
        """Probabilities of rows of the register that is served, (n, 6)."""
        found: Floats = torch.sigmoid(torch.from_numpy(self.logits(rows)) + self.biases.detach()[0]).numpy()
        return found

    def settle(self, rows: Sequence[Ids], lessons: Lessons, drawn: npt.NDArray[np.int64]) -> None:
        """Fit the registers' biases to some rows as the network stands: so its first steps do not learn what a bias should."""
        logits = torch.from_numpy(self.logits([rows[row] for row in drawn]))
        registers, labels, importance = (torch.from_numpy(of[drawn]) for of in (lessons.registers, lessons.labels, lessons.importance))
        for _ in range(20):  # Newton's steps, one bias at a time, each as if one more row agreed with 0
            found = torch.sigmoid(logits + self.biases.detach()[registers])
            slope, curve = self.biases.detach().clone(), torch.ones_like(self.biases)
            slope.index_add_(0, registers, importance * (found - labels))
            curve.index_add_(0, registers, importance * found * (1 - found))
            with torch.no_grad():
                self.biases -= (slope / curve).clamp(-1, 1)

    def blend(self, before: Mapping[str, Tensor], share: float) -> None:
        """Move the weights towards others by a share: what those knew and was not taught again returns (Wortsman et al. 2022)."""
        state = self.network.state_dict()
        self.network.load_state_dict({name: torch.lerp(weights, before[name], share) for name, weights in state.items()})


def descend(trainer: Trainer, rows: Sequence[Ids], lessons: Lessons, order: npt.NDArray[np.int64], *, minutes: float | None,
            checkpoint: Path | None, every: float = 120.0, progress: Callable[[int, float], object] = lambda *_: None) -> None:
    """Train along an order of rows, from where the trainer stands; with `minutes`, the rates reach their end by then at the latest."""
    lengths = np.array([len(row) for row in rows])
    random = np.random.default_rng(trainer.how.seed + trainer.steps)
    start, saved, since = time.monotonic(), time.monotonic(), trainer.done
    seen = 0
    for batch in batches(order, lengths, trainer.how.batch, random):
        loss = trainer.step([rows[row] for row in batch], lessons.labels[batch], lessons.importance[batch], lessons.registers[batch])
        seen += len(batch)
        along = seen / len(order)
        if minutes is not None:
            along = max(along, (time.monotonic() - start) / 60 / minutes)
        trainer.done = since + (1 - since) * min(along, 1.0)
        progress(len(batch), loss)
        if checkpoint is not None and time.monotonic() - saved > every:
            trainer.save(checkpoint)
            saved = time.monotonic()
        if trainer.done >= 1.0:
            break
    if checkpoint is not None:
        trainer.save(checkpoint)
