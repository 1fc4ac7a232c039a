"""From torch to what is served: an ONNX graph, quantised to int8, with its tokenizer and the proof that both say the same; and back.

Knows networks, graphs and the folder's files; knows no data. Word embeddings are whole numbers with a scale for each word, so that
a few large ones do not blur the others; products by weights are int8 with a scale for each column (Jacob et al. 2018), the
activations' scale is found anew for each text. The few activations that are far larger than the others before the feed-forward products
are divided, and the weights that they meet multiplied, by the same (SmoothQuant, Xiao et al. 2023): that halves what int8 blurs.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from tokenizers import Tokenizer

from moderation.errors import DataError, Problem
from moderation.train.corpus import ATTRIBUTES
from moderation.train.encoder.network import Network, Shape
from moderation.train.encoder.vocabulary import plain

MAX_TOKENS = 128
BOUND = 0.6  # how far an int8 logit may be from the fp32 one in parity.json
OPSET = 17
_PLAIN = re.compile(r"(places|entrance|head|layers\.\d+\.\w+)\.(weight|bias)")  # tables that stay in fp32
CALMED = ("wide", "narrow")  # products whose inputs are evened out
EVENNESS = 0.5               # 0 leaves inputs as they are, 1 makes them all as large
REMEDY = "name the folder of an encoder that `train-encoder` wrote"

Floats = npt.NDArray[np.float64]


def graph(network: Network, path: Path) -> None:
    """Write the network as ONNX in fp32: inputs `input_ids`, `attention_mask` int64 (batch, length), output `logits` (batch, 6)."""
    network = network.eval()
    ids = torch.zeros((2, 5), dtype=torch.int64)
    axes = {name: {0: "batch", 1: "length"} for name in ("input_ids", "attention_mask")}
    with warnings.catch_warnings():
        # The exporter that follows shapes by running needs no further package; torch 2.13, which is pinned, still has it.
        warnings.simplefilter("ignore")
        torch.onnx.export(network, (ids, torch.ones_like(ids)), str(path), input_names=["input_ids", "attention_mask"],
                          output_names=["logits"], dynamic_axes={**axes, "logits": {0: "batch"}}, dynamo=False, opset_version=OPSET)


def reach(network: Network, rows: Sequence[Sequence[int]]) -> dict[str, npt.NDArray[np.float32]]:
    """How large each input of the products in CALMED becomes on rows of token ids, by the product's name."""
    found: dict[str, torch.Tensor] = {}

    def keep(name: str, given: torch.Tensor) -> None:
        most = given.abs().amax((0, 1))
        found[name] = torch.maximum(found.get(name, most), most)

    named = [(name, module) for name, module in network.named_modules() if name.rpartition(".")[2] in CALMED]
    hooks = [module.register_forward_pre_hook(lambda _, given, name=name: keep(name, given[0])) for name, module in named]
    network.eval()
    with torch.inference_mode():
        for row in rows:
            ids = torch.tensor([row])
            network(ids, torch.ones_like(ids))
    for hook in hooks:
        hook.remove()
    return {name: most.numpy() for name, most in found.items()}


def quantise(source: Path, target: Path, reached: Mapping[str, npt.NDArray[np.float32]]) -> None:
    """Write an fp32 graph in int8; `reached` is what `reach` found."""
    with tempfile.TemporaryDirectory() as work:
        narrow = Path(work) / "narrow.onnx"
        model = onnx.load(str(source))
        _quantise_words(model.graph)
        for name, most in reached.items():
            _calm(model.graph, name, most)
        onnx.save(model, str(narrow))
        quantize_dynamic(str(narrow), str(target), op_types_to_quantize=["MatMul", "Gemm"], per_channel=True, weight_type=QuantType.QInt8)


def _calm(found: onnx.GraphProto, name: str, most: npt.NDArray[np.float32]) -> None:
    """Divide the inputs of a product that reach further than others, and multiply its weights by the same."""
    node = next(node for node in found.node if node.op_type == "MatMul" and _module(node) == name)
    times = np.maximum((most / np.median(most)) ** EVENNESS, 1).astype(np.float32)
    weights = next(item for item in found.initializer if item.name == node.input[1])
    weights.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(weights) * times[:, None], weights.name))
    found.initializer.append(numpy_helper.from_array(1 / times, f"{name}.calm"))
    calmed = helper.make_node("Mul", [node.input[0], f"{name}.calm"], [f"{name}.calmed"])
    found.node.insert(list(found.node).index(node), calmed)
    node.input[0] = f"{name}.calmed"


def _module(node: onnx.NodeProto) -> str:
    """The module that a product belongs to, by the name that the exporter gives it."""
    return ".".join(node.name.split("/")[1:-1])


def _quantise_words(found: onnx.GraphProto) -> None:
    """Replace the largest looked-up table by int8 rows and a scale for each."""
    tables = {item.name: item for item in found.initializer}
    node = max((node for node in found.node if node.op_type == "Gather" and node.input[0] in tables),
               key=lambda node: int(np.prod(tables[node.input[0]].dims)))
    table = numpy_helper.to_array(tables[node.input[0]])
    scale = np.maximum(np.abs(table).max(axis=1, keepdims=True), 1e-9) / 127
    whole = np.rint(table / scale).astype(np.int8)
    found.initializer.remove(tables[node.input[0]])
    found.initializer.extend([numpy_helper.from_array(whole, "words.int8"),
                              numpy_helper.from_array(scale.astype(np.float32), "words.scale")])
    ids, output, place = node.input[1], node.output[0], list(found.node).index(node)
    found.node.remove(node)
    for offset, made in enumerate((
            helper.make_node("Gather", ["words.int8", ids], ["words.rows"]),
            helper.make_node("Cast", ["words.rows"], ["words.floats"], to=TensorProto.FLOAT),
            helper.make_node("Gather", ["words.scale", ids], ["words.scales"]),
            helper.make_node("Mul", ["words.floats", "words.scales"], [output]))):
        found.node.insert(place + offset, made)


def reopen(folder: Path) -> tuple[Network, Tokenizer]:
    """The network and the tokenizer of an encoder that was written here: each int8 weight times its scale, as it is served.

    Raises
    ------
    DataError : the folder holds no encoder of this kind.
    """
    try:
        found = onnx.load(str(folder / "model.onnx")).graph
        tokenizer = plain(Tokenizer.from_file(str(folder / "tokenizer.json")))
    except Exception as error:  # both libraries raise kinds of their own, which have no common base
        raise DataError(str(folder), [Problem("the encoder", f"cannot be read: {type(error).__name__}", REMEDY)]) from error
    held = {item.name: numpy_helper.to_array(item) for item in found.initializer}
    state = {name: torch.from_numpy(array.copy()) for name, array in held.items() if _PLAIN.fullmatch(name)}
    try:
        state["words.weight"] = torch.from_numpy(held["words.int8"].astype(np.float32) * held["words.scale"])
        for node in found.node:
            if node.op_type == "MatMulInteger":
                name = node.input[1].removesuffix("_quantized")
                weights = held[f"{name}_quantized"].astype(np.float32) * held[f"{name}_scale"]
                if (calm := held.get(f"{_module(node)}.calm")) is not None:
                    weights *= calm[:, None]
                state[f"{_module(node)}.weight"] = torch.from_numpy(weights.T.copy())
        words, width = state["words.weight"].shape
        layers = len({name.split(".")[1] for name in state if name.startswith("layers.")})
        network = Network(Shape(words, layers, width, len(state["layers.0.wide.bias"]), len(state["places.weight"])))
        network.load_state_dict(state)
    except (KeyError, RuntimeError) as error:
        raise DataError(str(folder), [Problem("model.onnx", "is no graph that `train-encoder` wrote", REMEDY)]) from error
    return network, tokenizer


class Runner:
    """A graph that is run for measuring; one text at a time, as it is served."""

    def __init__(self, path: Path, tokenizer: Tokenizer, threads: int = 1) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        self.session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self.tokenizer = tokenizer

    def logits(self, texts: Sequence[str]) -> Floats:
        """Logits (n, 6) of folded texts that fit into one window."""
        found = [self.session.run(["logits"], self._inputs(text))[0][0] for text in texts]
        return np.array(found, np.float64).reshape(-1, len(ATTRIBUTES))

    def _inputs(self, text: str) -> dict[str, npt.NDArray[np.int64]]:
        ids = np.array([self.tokenizer.encode(text).ids], np.int64)
        return {"input_ids": ids, "attention_mask": np.ones_like(ids)}


def digest(folder: Path) -> str:
    """The version's own part: of the graph and the tokenizer."""
    return sha256((folder / "model.onnx").read_bytes() + (folder / "tokenizer.json").read_bytes()).hexdigest()[:12]


def write(network: Network, tokenizer: Tokenizer, folder: Path, texts: Sequence[str], facts: Mapping[str, Any]) -> float:
    """Write the graph, the tokenizer, `encoder.json` and `parity.json` into a folder; the widest gap between int8 and fp32.

    `texts` are folded. The folder is made beside its place and moved there whole.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as work:
        made = Path(work) / folder.name
        made.mkdir()
        full = Path(work) / "full.onnx"
        graph(network, full)
        quantise(full, made / "model.onnx", reach(network, [tokenizer.encode(text).ids for text in texts]))
        tokenizer.save(str(made / "tokenizer.json"), pretty=False)
        one, other = (Runner(path, tokenizer).logits(texts) for path in (full, made / "model.onnx"))
        gap = float(np.abs(one - other).max(initial=0.0))
        version = f"{folder.name}-{digest(made)}"
        rows = [{"text": text, "fp32": [round(float(x), 5) for x in a], "int8": [round(float(x), 5) for x in b]}
                for text, a, b in zip(texts, one, other, strict=True)]
        _dump(made / "parity.json", {"version": version, "attributes": list(ATTRIBUTES), "bound": BOUND, "rows": rows})
        _dump(made / "encoder.json", {"format": 1, "name": folder.name, "version": version, "attributes": list(ATTRIBUTES),
                                      "max_tokens": MAX_TOKENS, "lowercase": True,
                                      "windows": {"by": "sentence", "max_tokens": MAX_TOKENS, "join": "max"}, **facts})
        if folder.exists():
            shutil.rmtree(folder)
        shutil.move(made, folder)
    return gap


def _dump(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=1, ensure_ascii=True) + "\n", encoding="utf-8")
