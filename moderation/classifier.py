"""The linear classifier: n-gram weights, their join over sentences, calibration; each answer splits into its parts.

Knows features, weights and probabilities; knows no policy, no lexicon and no training library. A model is a folder of data:
`model.json`, `weights.safetensors`, `parity.json`, `CARD.md`.

For an attribute, with S the sum of the n-grams' weights, c their count and `norm(c) = 1 / sqrt((c + least) * (1 + c / half))`:

    whole = norm(c) * S over the whole text         top = the greatest norm(c) * S over its sentences
    gate  = 1 / (1 + c / gate_length)
    logit = b0 + b1 * gate + (a0 + a1 * gate) * whole + (m0 + m1 * gate) * top

Weights are whole numbers of steps and are added as integers, so one comment, a batch and another machine agree bit by bit; a
probability is read off a table of knots, so no library's `exp` has a say.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from moderation import kernels
from moderation.errors import ModelError, Problem
from moderation.features import OUTPUTS, FeatureSpec, ngrams, pointer
from moderation.text import FoldedBatch, Span, fold_batch

FORMAT = 1
WORD = re.compile(r"[^\W_](?:\S*[^\W_])?")  # from its first letter or digit to its last
_TENSORS = {"table": np.int8, "step": np.float64, "join": np.float64, "knots": np.float64, "values": np.float64}

Floats = npt.NDArray[np.float64]


class Lengths(NamedTuple):
    """Counts of n-grams at which length begins to weigh; see the module's formula."""

    least: float
    half: float
    gate: float


class Contribution(NamedTuple):
    """What a stretch of the original adds to a logit."""

    span: Span
    weight: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """One text's logits, split: `logits == bias + characters.sum(axis=0)` up to rounding.

    Attributes
    ----------
    logits, bias : (k,), in the order of `attributes`.
    characters : (length of the original, k), what each character adds.
    """

    text: str
    attributes: tuple[str, ...]
    logits: Floats
    bias: Floats
    characters: Floats

    def top_spans(self, attribute: str, limit: int = 3) -> list[Contribution]:
        """The words that raise an attribute most, most first; words that lower it are left out."""
        sums = np.concatenate(([0.0], np.cumsum(self.characters[:, self.attributes.index(attribute)])))
        found = [Contribution(Span(*word.span()), weight) for word in WORD.finditer(self.text)
                 if (weight := float(sums[word.end()] - sums[word.start()])) > 0]
        return sorted(found, key=lambda item: (-item.weight, item.span))[:limit]


class LinearClassifier:
    """Scores a comment on every attribute; thread-safe, since nothing changes after construction.

    Parameters
    ----------
    name : the model's name, of which `version` is made.
    attributes : at most 8 names, in the order of the columns.
    features, lengths : what is read from a text, and how its length weighs.
    table : (buckets, 8) int8, weights in steps.
    step : (k,), what one step is worth.
    join : (k, 6), b0 b1 a0 a1 m0 m1 of the module's formula.
    knots, values : (k, m), the calibration: logits, strictly ascending, and the probabilities there.
    facts : whatever else `model.json` tells (operating points, data, figures).
    """

    def __init__(self, name: str, attributes: Sequence[str], features: FeatureSpec, lengths: Lengths, table: npt.NDArray[np.int8],
                 step: Floats, join: Floats, knots: Floats, values: Floats, facts: Mapping[str, Any] | None = None) -> None:
        self.name = name
        self.attributes = tuple(attributes)
        self.features = features
        self.lengths = lengths
        self.facts = dict(facts or {})
        self.arrays: dict[str, npt.NDArray[Any]] = {"table": table, "step": step, "join": join, "knots": knots, "values": values}
        problems = list(self._problems())
        if problems:
            raise ModelError(name, problems)
        self.arrays = {key: np.ascontiguousarray(array) for key, array in self.arrays.items()}
        digest = hashlib.sha256(json.dumps([FORMAT, features.to_dict(), lengths, self.attributes], sort_keys=True).encode())
        for key in _TENSORS:
            digest.update(self.arrays[key].tobytes())
        self.version = f"{name}-{digest.hexdigest()[:12]}"
        ffi, self._library = kernels.load()
        kept = {key: pointer("int8_t" if key == "table" else "double", array) for key, array in self.arrays.items()}
        self._kept = (kept, features.to_c())
        self.model = ffi.new("ngram_model *", {
            **kept, "spec": self._kept[1][0], **lengths._asdict(), "outputs": len(self.attributes), "knot_count": knots.shape[1]})

    def _problems(self) -> list[Problem]:
        k = len(self.attributes)
        wanted = {"table": (self.features.buckets, OUTPUTS), "step": (k,), "join": (k, 6), "knots": (k, -1), "values": (k, -1)}
        problems = [] if 0 < k <= OUTPUTS else [Problem("attributes", f"expected 1 to {OUTPUTS}, got {k}")]
        for key, shape in wanted.items():
            array = self.arrays[key]
            fits = array.ndim == len(shape) and all(b in (-1, a) for a, b in zip(array.shape, shape, strict=True))
            if array.dtype != _TENSORS[key] or not fits:
                what = f"expected {np.dtype(_TENSORS[key])} of shape {shape}, got {array.dtype} {array.shape}"
                problems.append(Problem(f"weights.{key}", what))
        if not problems:
            knots, values = self.arrays["knots"], self.arrays["values"]
            if knots.shape != values.shape or knots.shape[1] < 2 or not (np.diff(knots) > 0).all():
                problems.append(Problem("weights.knots", "expected ascending rows, as long as those of `values`"))
            elif not ((np.diff(values) >= 0).all() and values.min() >= 0 and values.max() <= 1):
                problems.append(Problem("weights.values", "expected probabilities that never fall"))
        if min(self.lengths) <= 0:
            problems.append(Problem("lengths", "expected numbers above 0"))
        return problems

    @classmethod
    def load(cls, folder: Path | str) -> LinearClassifier:
        """The model in a folder; ModelError tells everything that is wrong with it."""
        folder = Path(folder)
        source = str(folder)
        try:
            facts = json.loads((folder / "model.json").read_text(encoding="utf-8"))
            tensors = load_file(folder / "weights.safetensors")
        except FileNotFoundError as error:
            missing = Path(str(error.filename or "weights.safetensors")).name
            hint = "train a model with `moderation train`, or name another folder"
            raise ModelError(source, [Problem(missing, "is missing", hint)]) from error
        except (OSError, ValueError, SafetensorError) as error:
            raise ModelError(source, [Problem("model.json or weights.safetensors", f"cannot be read: {error}")]) from error
        wanted = {"format": int, "name": str, "attributes": list, "features": dict, "lengths": dict}
        problems = [Problem(key, f"expected {kind.__name__}", "train the model anew") for key, kind in wanted.items()
                    if not isinstance(facts.get(key), kind)]
        problems += [Problem(f"weights.{key}", "is missing") for key in _TENSORS if key not in tensors]
        if not problems and facts["format"] != FORMAT:
            problems = [Problem("format", f"expected {FORMAT}, got {facts['format']}", "train the model anew")]
        if not problems and set(facts["lengths"]) != set(Lengths._fields):
            problems = [Problem("lengths", f"expected {', '.join(Lengths._fields)}")]
        if problems:
            raise ModelError(source, problems)
        rest = {key: value for key, value in facts.items() if key not in wanted and key != "version"}
        return cls(facts["name"], facts["attributes"], FeatureSpec.from_dict(facts["features"], source), Lengths(**facts["lengths"]),
                   tensors["table"], tensors["step"], tensors["join"], tensors["knots"], tensors["values"], rest)

    def save(self, folder: Path | str) -> None:
        """Write `model.json` and `weights.safetensors`; what else is in the folder stays."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        facts = {"format": FORMAT, "name": self.name, "version": self.version, "attributes": list(self.attributes),
                 "features": self.features.to_dict(), "lengths": self.lengths._asdict(), **self.facts}
        save_file(self.arrays, folder / "weights.safetensors")
        (folder / "model.json").write_text(json.dumps(facts, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")

    def predict(self, texts: Sequence[str]) -> Floats:
        """Calibrated probabilities of texts as they stand, (n, k) in [0, 1]."""
        return self.predict_folded(fold_batch(texts))

    def predict_folded(self, batch: FoldedBatch) -> Floats:
        """Calibrated probabilities of folded texts, (n, k) in [0, 1]; one compiled call, without the interpreter's lock."""
        return self.predict_both(batch)[0]

    def logits(self, batch: FoldedBatch) -> Floats:
        """The scores before calibration, (n, k)."""
        return self.predict_both(batch)[1]

    def predict_both(self, batch: FoldedBatch) -> tuple[Floats, Floats]:
        """Probabilities and, before calibration, logits of folded texts, (n, k) each."""
        scores = np.empty((batch.size, len(self.attributes)))
        logits = np.empty_like(scores)
        self._library.md_predict(self.model, batch.block, _doubles(scores), _doubles(logits))
        return scores, logits

    def word_sums(self, words: Sequence[str]) -> dict[str, Any]:
        """What the character n-grams of some frequent words come to: `word_sums` of csrc/kernels.h, good for as long as `table` is kept."""
        slots = 1 << (2 * len(words) + 1).bit_length()
        table = kernels.load()[0].new("word_sum[]", slots)
        codes = np.frombuffer("".join(f"{word}\n" for word in words).encode("utf-32-le"), np.uint32)
        self._library.md_word_sums(self.model, pointer("uint32_t", codes), len(codes), table, slots)
        return {"table": table, "slots": slots}

    def sentences(self, batch: FoldedBatch, row: int) -> list[tuple[Span, Floats]]:
        """The sentences of one row with the scores that each would get alone; spans in the original, in order."""
        room = int(batch.offsets[row + 1] - batch.offsets[row]) + 1
        spans = np.empty((room, 2), np.int32)
        scores = np.empty((room, len(self.attributes)))
        count = self._library.md_predict_sentences(self.model, batch.block, row, pointer("int32_t", spans), _doubles(scores), room)
        view = batch.readable(row)
        return [(view.span(int(start), int(end)), scores[index].copy()) for index, (start, end) in enumerate(spans[:count])]

    def explain(self, batch: FoldedBatch, row: int) -> Explanation:
        """Where one row's logits come from: the bias and what each character of the original adds.

        An n-gram's weight is shared evenly by the characters that it covers. Costs about as much as scoring, in numpy.
        """
        text = batch.texts[row]
        view = batch.readable(row)
        grams = ngrams(batch, self.features, row=row, spans=True)
        k = len(self.attributes)
        weights = self.arrays["table"][grams.ids][:, :k] * self.arrays["step"]
        counts = np.diff(grams.sentences)
        gate = 1.0 / (1.0 + len(weights) / self.lengths.gate)
        b0, b1, a0, a1, m0, m1 = self.arrays["join"].T
        parts = weights * ((a0 + a1 * gate) * self._norm(len(weights)))
        if len(counts):
            of_sentence = np.add.reduceat(weights, grams.sentences[:-1], axis=0) * self._norm(counts)[:, None]
            for column, best in enumerate(of_sentence.argmax(axis=0)):
                chosen = slice(grams.sentences[best], grams.sentences[best + 1])
                parts[chosen, column] += weights[chosen, column] * ((m0 + m1 * gate)[column] * self._norm(counts[best]))
        steps = np.zeros((len(text) + 1, k))
        if len(parts):
            starts, ends = view.starts[grams.spans[:, 0]], view.ends[grams.spans[:, 1] - 1]
            shares = parts / (ends - starts)[:, None]
            np.add.at(steps, starts, shares)
            np.subtract.at(steps, ends, shares)
        bias = b0 + b1 * gate
        return Explanation(text, self.attributes, bias + parts.sum(axis=0), bias, np.cumsum(steps, axis=0)[:-1])

    def _norm(self, count: Any) -> Any:
        return 1.0 / np.sqrt((count + self.lengths.least) * (1.0 + count / self.lengths.half))


def _doubles(array: Floats) -> Any:
    return pointer("double", array)
