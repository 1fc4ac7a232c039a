"""The encoder: a small transformer that reads what words mean beside each other; some milliseconds where n-grams take microseconds.

Knows tokens, windows and logits; knows no policy and no lexicon. Optional: it needs onnxruntime and tokenizers
(`requirements-encoder.txt`), imported with the first encoder. A folder holds `encoder.json`, `model.onnx`, `tokenizer.json`.

A text is read in windows of whole sentences, every token in one of them; for each attribute the greatest logit counts. Each
window runs alone and unpadded: int8 activations are scaled by a whole tensor's extremes, so that a neighbour in a batch would change
what a text scores.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import importlib.util
import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from moderation import budget, kernels
from moderation.errors import ModelError, Problem

FORMAT = 1
PACKAGES = ("onnxruntime", "tokenizers")
REMEDY = "`pip install --no-deps -r requirements-encoder.txt`"
LEAST_WINDOW = 8  # tokens
_SENTENCE_END = re.compile(r"[.!?…][\"'”’)\]]*\s+|\n+")
_SURROGATE = re.compile("[\ud800-\udfff]")

Floats = npt.NDArray[np.float64]
Tokenize = Callable[[str], tuple[list[int], list[tuple[int, int]]]]


class Window(NamedTuple):
    """A run of tokens without the special ones, and the half-open range of the text that they stand for."""

    ids: list[int]
    start: int
    end: int


class Calibration(NamedTuple):
    """Logits, strictly ascending, and the probabilities there, (k, m) each."""

    knots: Floats
    values: Floats

    def apply(self, logits: Floats) -> Floats:
        """Probabilities (n, k) of logits (n, k), on straight lines between the knots; a row's do not depend on the others'."""
        logits = np.ascontiguousarray(logits, np.float64)
        found = np.empty_like(logits)
        ffi, library = kernels.load()
        knots, values, given, out = (ffi.from_buffer("double[]", array) for array in (self.knots, self.values, logits, found))
        library.md_calibrate(knots, values, *self.knots.shape, given, len(logits), out)
        return found

    @classmethod
    def read(cls, facts: Any, k: int, where: str, problems: list[Problem]) -> Calibration:
        """The calibration behind `{"knots": ..., "values": ...}`; what is wrong with it goes into `problems`."""
        try:
            found = cls(np.asarray(facts["knots"], np.float64), np.asarray(facts["values"], np.float64))
        except (KeyError, TypeError, ValueError):
            problems.append(Problem(where, f"expected {k} rows of `knots` and of `values`", "train it anew"))
            return cls(np.zeros((k, 2)), np.zeros((k, 2)))
        shape = found.knots.shape
        if len(shape) != 2 or shape != found.values.shape or shape[0] != k or shape[1] < 2 or not (np.diff(found.knots) > 0).all():
            problems.append(Problem(f"{where}.knots", f"expected {k} ascending rows, as long as those of `values`", "train it anew"))
        elif not ((np.diff(found.values) >= 0).all() and found.values.min() >= 0 and found.values.max() <= 1):
            problems.append(Problem(f"{where}.values", "expected probabilities that never fall", "train it anew"))
        return found


def missing_packages() -> list[str]:
    """Those of `PACKAGES` that are not installed; nothing is imported."""
    return [name for name in PACKAGES if importlib.util.find_spec(name) is None]


class Encoder:
    """Scores a text on every attribute; thread-safe, and safe to fork before or after its first use.

    Parameters
    ----------
    run : logits (k,) of one window's token ids, without special ones.
    tokenize : ids and half-open character ranges of a text's tokens, in order, without special ones.
    facts : `encoder.json`.
    """

    def __init__(self, run: Callable[[list[int]], npt.NDArray[np.float32]], tokenize: Tokenize, facts: Mapping[str, Any],
                 source: str) -> None:
        problems = _problems(facts)
        if problems:
            raise ModelError(source, problems)
        self.attributes = tuple(map(str, facts["attributes"]))
        self.calibration = Calibration.read(facts.get("calibration"), len(self.attributes), "encoder.json: calibration", problems)
        if problems:
            raise ModelError(source, problems)
        self.facts = dict(facts)
        self.version: str = facts["version"]
        self._room: int = facts["max_tokens"] - 2
        self._run = run
        self._tokenize = tokenize

    @classmethod
    def load(cls, folder: Path | str, threads: int = 1) -> Encoder:
        """The encoder in a folder, with so many threads for one window.

        Raises
        ------
        ModelError : a package or a file is missing, or something is wrong with a file.
        """
        folder = Path(folder)
        if missing := missing_packages():
            raise ModelError(str(folder), [Problem(name, "is not installed", REMEDY) for name in missing])
        try:
            facts = json.loads((folder / "encoder.json").read_text(encoding="utf-8"))
            model, words = (folder / "model.onnx").read_bytes(), (folder / "tokenizer.json").read_bytes()
        except FileNotFoundError as error:
            raise ModelError(str(folder), [Problem(Path(str(error.filename)).name, "is missing", "take the folder whole")]) from error
        except (OSError, ValueError) as error:
            raise ModelError(str(folder), [Problem("encoder.json", f"cannot be read: {type(error).__name__}", "take it anew")]) from error
        digest = hashlib.sha256(model + words).hexdigest()[:12]
        if not str(facts.get("version")).endswith(f"-{digest}"):
            what = f"does not belong to `model.onnx` and `tokenizer.json`, whose digest is {digest}"
            raise ModelError(str(folder), [Problem("encoder.json: version", what, "take the folder whole")])
        tokenize, special = _tokenizer(words, folder)
        return cls(_session(folder / "model.onnx", threads, special), tokenize, facts, str(folder))

    def windows(self, text: str) -> list[Window]:
        """The windows of a text: all of its tokens, in order; cut at ends of sentences, at words where a sentence is too long."""
        ids, places = self._tokenize(_SURROGATE.sub("\ufffd", text))
        if len(ids) <= self._room:
            return [Window(ids, places[0][0], places[-1][1])] if ids else []
        ends = [match.end() for match in _SENTENCE_END.finditer(text)]
        found, first, sentence = [], 0, 0
        while first < len(ids):
            last = min(first + self._room, len(ids))
            if last < len(ids):
                word = next((token for token in range(last, first, -1) if places[token][0] > places[token - 1][1]), last)
                while sentence < len(ends) and ends[sentence] <= places[last][0]:
                    sentence += 1
                end = ends[sentence - 1] if sentence else 0
                whole = next((token for token in range(last, first, -1) if places[token - 1][1] <= end), first)
                last = whole if whole > first else word
            found.append(Window(ids[first:last], places[first][0], places[last - 1][1]))
            first = last
        return found

    def window_logits(self, windows: Sequence[Window]) -> Floats:
        """The logits of each window, (w, k)."""
        found = []
        for window in windows:
            budget.check()  # some milliseconds each, and a long comment has hundreds
            found.append(self._run(window.ids))
        return np.array(found, np.float64).reshape(-1, len(self.attributes))

    def logits(self, texts: Sequence[str]) -> Floats:
        """The greatest logit of each text's windows, (n, k); a text without tokens is read as nothing between the special ones."""
        found = np.empty((len(texts), len(self.attributes)))
        for row, text in enumerate(texts):
            found[row] = self.window_logits(self.windows(text) or [Window([], 0, 0)]).max(axis=0)
        return found

    def predict(self, texts: Sequence[str]) -> Floats:
        """Probabilities of texts by the encoder alone, (n, k) in [0, 1]."""
        return self.calibration.apply(self.logits(texts))


def _problems(facts: Mapping[str, Any]) -> list[Problem]:
    wanted = {"format": int, "version": str, "attributes": list, "max_tokens": int}
    problems = [Problem(f"encoder.json: {key}", f"expected {kind.__name__}", "train it anew") for key, kind in wanted.items()
                if not isinstance(facts.get(key), kind)]
    if not problems and facts["format"] != FORMAT:
        problems.append(Problem("encoder.json: format", f"expected {FORMAT}, got {facts['format']}", "train it anew"))
    if not problems and facts["max_tokens"] < LEAST_WINDOW:
        problems.append(Problem("encoder.json: max_tokens", f"expected at least {LEAST_WINDOW} tokens", "train it anew"))
    return problems


def _session(path: Path, threads: int, special: tuple[int, int]) -> Callable[[list[int]], npt.NDArray[np.float32]]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.enable_mem_pattern = False  # patterns are kept for each length that was seen
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")

    @functools.cache
    def session(process: int) -> Any:
        try:
            made = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
            if threads > 1:  # never ended: a process that inherited it by a fork would wait for threads that it does not have
                ctypes.pythonapi.Py_IncRef(ctypes.py_object(made))
            return made
        except Exception as error:  # the library raises kinds of its own, which have no common base
            raise ModelError(str(path), [Problem("model.onnx", f"cannot be loaded: {type(error).__name__}", "take it anew")]) from error

    # One thread is the caller's own, so that a session survives a fork and its memory is shared; a pool of threads does not.
    key: Callable[[], int] = (lambda: 0) if threads == 1 else os.getpid
    names = {item.name for item in session(key()).get_inputs()}
    if names != {"input_ids", "attention_mask"}:
        raise ModelError(str(path), [Problem("model.onnx", "expected the inputs `input_ids` and `attention_mask`", "export it anew")])

    def run(ids: list[int]) -> npt.NDArray[np.float32]:
        given = np.array([[special[0], *ids, special[1]]], np.int64)
        found: npt.NDArray[np.float32] = session(key()).run(["logits"], {"input_ids": given, "attention_mask": np.ones_like(given)})[0][0]
        return found

    return run


def _tokenizer(content: bytes, folder: Path) -> tuple[Tokenize, tuple[int, int]]:
    import tokenizers

    try:
        tokenizer = tokenizers.Tokenizer.from_str(content.decode("utf-8"))
    except Exception as error:  # as above
        raise ModelError(str(folder), [Problem("tokenizer.json", f"cannot be read: {type(error).__name__}", "take it anew")]) from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    special = tokenizer.encode("").ids
    if len(special) != 2:
        raise ModelError(str(folder), [Problem("tokenizer.json", "expected one special token before and one after", "export it anew")])

    def tokenize(text: str) -> tuple[list[int], list[tuple[int, int]]]:
        found = tokenizer.encode(text, add_special_tokens=False)
        return found.ids, found.offsets

    return tokenize, (special[0], special[1])
