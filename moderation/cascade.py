"""The cascade: the linear model first, the encoder for what it could decide otherwise, and both joined to one probability.

Knows logits, how they are joined and how far the encoder may move a score; knows no policy and no lexicon. `cascade.json`, beside the
encoder, holds what was learned for one linear model and one encoder. For an attribute, with l and e their logits:

    joined = b + wl * l + we * e        wl, we >= 0, so that more hostility in either never lowers it (stacking, Wolpert 1992)

The joined logit is calibrated on the same mix of news as the linear model's, so that a threshold means the same in every tier.
`low` and `high` bound, for a linear logit, what the joined probability becomes for nearly all comments that have it. For how many depends
on what it costs to ask: a long comment costs the encoder more time than a short one, so its upper bound leaves out more.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from moderation.encoder import Calibration, Encoder
from moderation.errors import ModelError, Problem

FORMAT = 2
FILE = "cascade.json"
REMEDY = "`moderation train-cascade` joins an encoder to a linear model"

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Join:
    """What was learned for a linear model and an encoder.

    Attributes
    ----------
    linear, encoder : the versions of the two.
    weights : (k, 3), b wl we of the module's formula.
    calibration : from joined logits to probabilities.
    low : from linear logits to the least probability that the joined one becomes.
    lengths : in characters, ascending, where the next of `high` begins.
    high : from linear logits to the greatest probability, for each span of lengths.
    facts : whatever else `cascade.json` tells (operating points, figures).
    """

    linear: str
    encoder: str
    weights: Floats
    calibration: Calibration
    low: Calibration
    lengths: tuple[int, ...]
    high: tuple[Calibration, ...]
    facts: Mapping[str, Any] = field(default_factory=dict)

    def probabilities(self, linear: Floats, encoder: Floats) -> Floats:
        """The joined probabilities (n, k) of logits (n, k) of both."""
        bias, of_linear, of_encoder = self.weights.T
        return self.calibration.apply(bias + of_linear * linear + of_encoder * encoder)

    def highest(self, linear: Floats, lengths: npt.NDArray[np.int64]) -> Floats:
        """The most that the joined probabilities may become, (n, k), by linear logits (n, k) and characters (n,) of folded texts."""
        spans = [bisect_right(self.lengths, length) for length in lengths.tolist()]
        numbers = {*spans}
        if len(numbers) == 1:
            return self.high[numbers.pop()].apply(linear)
        high = np.empty_like(linear)
        span = np.array(spans, np.intp)
        for number in numbers:
            rows = np.flatnonzero(span == number)
            high[rows] = self.high[number].apply(linear[rows])
        return high

    def save(self, folder: Path) -> None:
        """Write `cascade.json`."""
        curves = {"calibration": _told(self.calibration), "low": _told(self.low), "lengths": self.lengths, "high": [*map(_told, self.high)]}
        named = {"format": FORMAT, "linear": self.linear, "encoder": self.encoder}
        content = {**named, **self.facts, "weights": self.weights.tolist(), **curves}
        (folder / FILE).write_text(json.dumps(content) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, k: int) -> Join:
        """The join in an encoder's folder, for k attributes; ModelError tells everything that is wrong with it."""
        try:
            content = json.loads((folder / FILE).read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise ModelError(str(folder), [Problem(FILE, "is missing", REMEDY)]) from error
        except (OSError, ValueError) as error:
            raise ModelError(str(folder), [Problem(FILE, f"cannot be read: {type(error).__name__}", REMEDY)]) from error
        problems = [] if content.get("format") == FORMAT else [Problem(f"{FILE}: format", f"expected {FORMAT}", REMEDY)]
        problems += [Problem(f"{FILE}: {key}", "expected a version", REMEDY) for key in ("linear", "encoder")
                     if not isinstance(content.get(key), str)]
        calibration, low = (Calibration.read(content.get(name), k, f"{FILE}: {name}", problems) for name in ("calibration", "low"))
        lengths, spans = content.get("lengths"), content.get("high")
        if not (isinstance(lengths, list) and isinstance(spans, list) and all(type(length) is int for length in lengths)
                and len(spans) == len(lengths) + 1 and sorted({*lengths}) == lengths):
            problems.append(Problem(f"{FILE}: high", "expected one more than `lengths` has, which rise", REMEDY))
            lengths, spans = [], []
        high = tuple(Calibration.read(curve, k, f"{FILE}: high", problems) for curve in spans)
        weights = np.array(content.get("weights"), np.float64) if _is_table(content.get("weights"), k) else np.full((k, 3), -1.0)
        if not (np.isfinite(weights).all() and (weights[:, 1:] >= 0).all()):
            problems.append(Problem(f"{FILE}: weights", f"expected {k} rows of a bias and two weights of at least 0", REMEDY))
        if problems:
            raise ModelError(str(folder), problems)
        known = {"format", "linear", "encoder", "weights", "calibration", "low", "lengths", "high"}
        facts = {key: value for key, value in content.items() if key not in known}
        return cls(content["linear"], content["encoder"], weights, calibration, low, tuple(lengths), high, facts)


def _told(curve: Calibration) -> dict[str, Any]:
    return {"knots": curve.knots.tolist(), "values": curve.values.tolist()}


def _is_table(value: object, k: int) -> bool:
    return isinstance(value, list) and len(value) == k and all(
        isinstance(row, list) and len(row) == 3 and all(isinstance(number, int | float) for number in row) for row in value)


class Cascade:
    """An encoder joined to the linear model that it stands behind; thread-safe.

    Attributes
    ----------
    version : of encoder and join, for an answer.
    """

    def __init__(self, encoder: Encoder, join: Join, attributes: Sequence[str], linear: str) -> None:
        problems = []
        if encoder.attributes != tuple(attributes):
            problems.append(Problem("encoder.json: attributes", "are not those of the linear model", REMEDY))
        if join.encoder != encoder.version:
            problems.append(Problem(f"{FILE}: encoder", f"is {join.encoder}, and this is {encoder.version}", REMEDY))
        if join.linear != linear:
            problems.append(Problem(f"{FILE}: linear", f"is {join.linear}, and this is {linear}", REMEDY))
        if problems:
            raise ModelError("the encoder", problems)
        self.encoder = encoder
        self.join = join
        digest = hashlib.sha256(encoder.version.encode())
        for array in (join.weights, *join.calibration, *join.low, np.array(join.lengths), *itertools.chain.from_iterable(join.high)):
            digest.update(np.ascontiguousarray(array).tobytes())
        self.version = f"{encoder.version.rpartition('-')[0]}-{digest.hexdigest()[:12]}"

    def score(self, linear: Floats, texts: Sequence[str]) -> Floats:
        """The joined probabilities of some folded texts, (len(texts), k), whose linear logits are given."""
        return self.join.probabilities(linear, self.encoder.logits(texts))

    @classmethod
    def load(cls, folder: Path, attributes: Sequence[str], linear: str, threads: int = 1) -> Cascade:
        """The cascade in an encoder's folder, behind the linear model of this version.

        Raises
        ------
        ModelError : a package or a file is missing or wrong, or it was joined to another model.
        """
        encoder = Encoder.load(folder, threads)
        return cls(encoder, Join.load(folder, len(encoder.attributes)), attributes, linear)
