"""Training the encoder: a tiny network learns, stops and goes on, and says in int8 what it says in fp32."""

import importlib.util

import numpy as np
import pytest

from moderation.errors import DataError
from moderation.train.encoder import commands

LACKING = [name for name in ("torch", "onnx", "onnxruntime", "tokenizers") if importlib.util.find_spec(name) is None]


def test_the_command_names_every_package_that_is_missing(monkeypatch):
    monkeypatch.setattr(commands, "missing", lambda: ["torch", "onnx"])
    with pytest.raises(DataError) as caught:
        commands._train(None)
    assert "torch" in str(caught.value) and "onnx" in str(caught.value) and "requirements-encoder-train.txt" in str(caught.value)


def tokenizer():
    import tokenizers
    from tokenizers import models, pre_tokenizers, processors

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "you", "are", "kind", "vile", "they", "were", "so", "very", "good", "bad"]
    made = tokenizers.Tokenizer(models.WordPiece({word: number for number, word in enumerate(words)}, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    return made


TEXTS = [f"{who} {how} {what}" for who in ("you are", "they were") for how in ("so", "very", "")
         for what in ("kind", "vile", "good", "bad")]


@pytest.mark.parametrize("lacking", [LACKING])
def test_a_tiny_encoder_learns_goes_on_and_is_the_same_in_int8(tmp_path, lacking):
    if lacking:
        pytest.skip(f"{', '.join(LACKING)} not installed: left out are learning, the checkpoint and the export of the encoder")
    import torch

    from moderation.train.encoder import descend, export, fit, mix, vocabulary

    torch.manual_seed(0)
    words = tokenizer()
    rows = vocabulary.encode(words, TEXTS)
    labels = np.array([[float("vile" in text or "bad" in text)] * 6 for text in TEXTS], np.float32)
    taught = mix.Lessons(labels, np.ones_like(labels), np.zeros(len(rows), np.int64), np.ones(len(rows), np.float32))
    how = descend.Descent(batch=8, rate=5e-3, head_rate=2e-2)
    trainer = descend.Trainer(fit.random_network(words.get_vocab_size()), how)
    losses = []
    order = np.tile(np.arange(len(rows)), 20)
    descend.descend(trainer, rows, taught, order, minutes=None, checkpoint=tmp_path / "run.pt",
                    progress=lambda _, loss: losses.append(loss))
    assert np.mean(losses[-5:]) < np.mean(losses[:5]) / 2 and trainer.done == 1

    again = descend.Trainer(fit.random_network(words.get_vocab_size()), how)
    again.load(tmp_path / "run.pt")
    assert again.steps == trainer.steps and torch.equal(again.network.head.weight, trainer.network.head.weight)

    gap = export.write(again.network, words, tmp_path / "encoder", TEXTS, {})
    assert gap < export.BOUND
    served = export.Runner(tmp_path / "encoder/model.onnx", words).logits(TEXTS)
    assert ((served[:, 0] > 0) == (labels[:, 0] > 0.5)).mean() > 0.9
    assert {path.name for path in (tmp_path / "encoder").iterdir()} == {"model.onnx", "tokenizer.json", "encoder.json", "parity.json"}
