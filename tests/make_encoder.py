"""Makes `tests/cases/encoder`: an encoder of some kilobytes with weights by chance, of the kinds of nodes that a real one has.

    pip install onnx
    python tests/make_encoder.py

Its quantisation is dynamic, scale by scale of whole tensors, so that a batch would change its scores: what is served may not.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

OUT = Path(__file__).parent / "cases/encoder"
ATTRIBUTES = ["toxicity", "severe_toxicity", "identity_attack", "insult", "threat", "profanity"]
WORDS = "fig plum pear apple lemon melon banana durian prune quince jelly you are a an the what not no never and they is".split()
HIDDEN, WINDOW = 16, 16


def graph(vocabulary: int) -> onnx.ModelProto:
    """One layer of attention over embeddings, a mean over the tokens, a head."""
    random = np.random.default_rng(3)
    k = len(ATTRIBUTES)
    weights = {"embedding": (vocabulary, HIDDEN), "query": (HIDDEN, HIDDEN), "value": (HIDDEN, HIDDEN), "head": (HIDDEN, k)}
    tensors = [numpy_helper.from_array(random.normal(0, 1.0, shape).astype(np.float32), name) for name, shape in weights.items()]
    tensors += [numpy_helper.from_array(np.array(-9.0, np.float32), "low"), numpy_helper.from_array(np.array(1.0, np.float32), "one"),
                numpy_helper.from_array(np.array([1], np.int64), "axis1"), numpy_helper.from_array(np.array([2], np.int64), "axis2"),
                numpy_helper.from_array(np.linspace(-2, -1, k).astype(np.float32), "bias")]
    node = helper.make_node
    nodes = [
        node("Gather", ["embedding", "input_ids"], ["tokens"]), node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
        node("MatMul", ["tokens", "query"], ["asked"]), node("Transpose", ["tokens"], ["turned"], perm=[0, 2, 1]),
        node("MatMul", ["asked", "turned"], ["near"]), node("Sub", ["one", "mask"], ["absent"]), node("Mul", ["absent", "low"], ["far"]),
        node("Unsqueeze", ["far", "axis1"], ["farther"]), node("Add", ["near", "farther"], ["scored"]),
        node("Softmax", ["scored"], ["shares"], axis=-1), node("MatMul", ["tokens", "value"], ["told"]),
        node("MatMul", ["shares", "told"], ["mixed"]), node("Tanh", ["mixed"], ["bent"]),
        node("Unsqueeze", ["mask", "axis2"], ["column"]), node("Mul", ["bent", "column"], ["kept"]),
        node("ReduceMean", ["kept", "axis1"], ["mean"], keepdims=0), node("MatMul", ["mean", "head"], ["raw"]),
        node("Add", ["raw", "bias"], ["logits"]),
    ]
    shape = ["batch", "length"]
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, shape) for name in ("input_ids", "attention_mask")]
    outputs = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", k])]
    return helper.make_model(helper.make_graph(nodes, "tiny", inputs, outputs, tensors), ir_version=9,
                             opset_imports=[helper.make_opsetid("", 18)])


def main() -> None:
    """Write the folder."""
    OUT.mkdir(parents=True, exist_ok=True)
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS, *"abcdefghijklmnopqrstuvwxyz", *"0123456789.,!?\"'-:/>",
              *(f"##{letter}" for letter in "abcdefghijklmnopqrstuvwxyz0123456789")]
    tokenizer = Tokenizer(models.WordPiece({piece: index for index, piece in enumerate(pieces)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    tokenizer.save(str(OUT / "tokenizer.json"), pretty=False)
    whole = OUT / "whole.onnx"
    onnx.save(graph(len(pieces)), whole)
    quantize_dynamic(whole, OUT / "model.onnx", weight_type=QuantType.QInt8, per_channel=False)
    whole.unlink()
    digest = hashlib.sha256((OUT / "model.onnx").read_bytes() + (OUT / "tokenizer.json").read_bytes()).hexdigest()[:12]
    knots = np.linspace(-8, 8, 33)
    facts = {"format": 1, "name": "tiny", "version": f"tiny-{digest}", "attributes": ATTRIBUTES, "max_tokens": WINDOW,
             "calibration": {"knots": [knots.tolist()] * 6, "values": [(1 / (1 + np.exp(-knots))).tolist()] * 6}, "licences": {}}
    (OUT / "encoder.json").write_text(json.dumps(facts) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
