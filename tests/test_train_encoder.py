"""Training the encoder: a tiny network learns, stops and goes on, and says in int8 what it says in fp32."""

import importlib.util
import json
import re

import numpy as np
import pytest

from moderation import settings
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
    how = descend.Descent(batch=8, rate=5e-3, head_share=4)
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

    # What is published begins another training: each weight but for its rounding, and all that is served of it.
    opened, said = export.reopen(tmp_path / "encoder")
    assert [one.ids for one in said.encode_batch(TEXTS)] == [one.ids for one in words.encode_batch(TEXTS)]
    for name, weights in again.network.state_dict().items():
        assert torch.allclose(opened.state_dict()[name], weights, atol=float(weights.abs().max()) / 100), name
    start = descend.Trainer(opened, how)
    told = start.logits(rows)
    assert np.abs(told - served).max() < export.BOUND
    # The biases of a start make up for a register in which everything is hostile.
    start.settle(rows, mix.Lessons(np.ones_like(labels), taught.importance, taught.registers, taught.drawn), np.arange(len(rows)))
    assert float(start.biases[0].detach().min()) > 3 and not start.biases[1:].detach().any()
    assert start.predict(rows).mean() > (told > 0).mean()


@pytest.mark.parametrize("lacking", [LACKING])
def test_a_few_large_activations_do_not_blur_the_others(tmp_path, lacking):
    if lacking:
        pytest.skip(f"{', '.join(LACKING)} not installed: left out is how activations are evened out")
    import torch

    from moderation.train.encoder import export, fit

    torch.manual_seed(0)
    words = tokenizer()
    network = fit.random_network(words.get_vocab_size())
    with torch.no_grad():  # what BERTs learn by themselves: one channel far above the others, weighed little
        network.layers[0].after_attention.weight[5] = 60.0
        network.layers[0].wide.weight[:, 5] /= 60
        network.layers[0].narrow.weight *= 60
    rows = [words.encode(text).ids for text in TEXTS]
    export.graph(network, tmp_path / "full.onnx")
    full = export.Runner(tmp_path / "full.onnx", words).logits(TEXTS)
    gaps = []
    for reached in ({}, export.reach(network, rows)):
        export.quantise(tmp_path / "full.onnx", tmp_path / "int8.onnx", reached)
        gaps.append(np.abs(export.Runner(tmp_path / "int8.onnx", words).logits(TEXTS) - full).mean())
    assert gaps[1] < gaps[0] / 1.5


def test_what_is_no_encoder_of_ours_is_not_trained_on(tmp_path):
    pytest.importorskip("torch"), pytest.importorskip("onnx")
    from moderation.train.encoder import export

    for folder in (tmp_path, settings.ROOT / "tests/cases/encoder"):
        with pytest.raises(DataError) as caught:
            export.reopen(folder)
        assert "train-encoder" in str(caught.value)


def test_frames_that_a_start_tells_wrongly_and_clean_rows_that_name_a_group_are_drawn_more():
    from moderation.train.corpus import Corpus
    from moderation.train.encoder import mix

    texts = ["The Muslims next door are kind.", "The people next door are kind.", "The Muslims next door are vile."]
    labels = np.array([[0.0] * 6, [0.0] * 6, [1.0] * 6], np.float32)
    corpus = Corpus(texts, labels, np.full(3, "civil_comments"), labels[:, 0] == 0, np.full(3, ""))
    taught = mix.lessons(corpus, np.abs(labels - 0.5))
    assert taught.drawn[0] == pytest.approx(mix.NAMED * taught.drawn[1]) and taught.drawn[2] == 1

    taught = mix.joined(taught, np.tile(labels[1:], (50, 1)))
    told = np.tile(labels[1:], (50, 1))
    told[:2] = 1 - told[:2]
    taught = mix.attentive(taught, told)
    assert taught.drawn[3:].tolist() == pytest.approx([1, 1, *[mix.TOLD] * 98])
    passes = [mix.one_pass(taught.drawn, 100, np.random.default_rng(seed)) for seed in range(2000)]
    drawn = np.bincount(np.concatenate(passes), minlength=103)
    assert drawn[3:].sum() / drawn.sum() == pytest.approx(mix.FRAME_SHARE, abs=0.02)
    assert drawn[3:5].mean() / drawn[5:].mean() == pytest.approx(1 / mix.TOLD, rel=0.3)


FRAMES = """
[identities]
pole = { group = "nation", one = "a Pole", many = "Poles", adj = "Polish" }
nurse = { group = "trade", one = "a nurse", many = "nurses", adj = "nursing" }
[kinds]
sneer = { toxicity = 1.0, identity_attack = 1.0 }
calm = {}
[[templates]]
kind = "sneer"
texts = '''
{many} are vile.
I can't stand {many}.
'''
[[templates]]
kind = "calm"
texts = '''
{many} are kind.
I met {one} and we talked.
'''
"""


def test_frames_are_taught_a_few_sentences_each_and_some_amid_civil_ones(tmp_path, monkeypatch):
    from moderation.train.encoder import frames

    (tmp_path / "frames.toml").write_text(FRAMES, encoding="utf-8")
    assert len(frames.taught([tmp_path / "frames.toml"])) == 8
    monkeypatch.setattr(frames, "MOST", 1)
    spoken = frames.taught([tmp_path / "frames.toml"])
    assert sorted(spoken.notes.tolist()) == ["calm", "calm", "sneer", "sneer"]
    monkeypatch.setattr(frames, "AMID", 1.0)
    found = frames.amid(spoken, ["The vote was held on Tuesday. Nobody came to count."])
    assert sorted(found.notes.tolist()) == ["calm", "calm", "sneer", "sneer"]
    for text, labels in zip(found.texts, found.labels, strict=True):
        row = next(row for row, said in enumerate(spoken.texts) if said in text)
        assert len(text) > len(spoken.texts[row]) + 20 and (labels[:1] == spoken.labels[row][:1]).all()
    assert len(frames.amid(spoken, [])) == 0


@pytest.mark.parametrize("lacking", [commands.missing()])
def test_the_command_trains_from_comments_to_a_card(tmp_path, monkeypatch, capsys, lacking):
    if lacking:
        pytest.skip(f"{', '.join(lacking)} not installed: left out is the training of an encoder from end to end")
    from moderation.cli import main
    from moderation.train.encoder import publish

    (tmp_path / "frames_choice.toml").write_text(FRAMES, encoding="utf-8")
    monkeypatch.setattr(commands, "CONTRASTS", (tmp_path / "frames_choice.toml", tmp_path / "not_there.toml"))
    monkeypatch.setattr(publish, "FRAMES", tmp_path)
    rows = [f"{said} number {number} of the {place}" for number in range(30) for place in ("market", "harbour")
            for said in ("You vile fool", "Good day")]
    lines = ["text,toxicity,identity_attack,insult", *(f"{row},{int('vile' in row)},0,{int('vile' in row)}" for row in rows)]
    (tmp_path / "own.csv").write_text("\n".join(lines), encoding="utf-8")
    told = [str(tmp_path / "own.csv"), "--layers", "1", "--passes", "1", "--checkpoint", str(tmp_path / "run.pt"), "--out"]
    assert main(["train-encoder", *told, str(tmp_path / "tiny")]) == 0
    assert "int8 and fp32 differ by at most" in capsys.readouterr().out
    card = (tmp_path / "tiny/CARD.md").read_text(encoding="utf-8")
    assert "# Model card: tiny" in card and "sneer" in card and not re.search(r"\{\w+\}", card)
    again = ["--start", str(tmp_path / "tiny"), "--rate", "1e-4"]
    assert main(["train-encoder", *told[:5], "--out", str(tmp_path / "more"), *again]) == 0
    one, other = (json.loads((tmp_path / name / "encoder.json").read_text()) for name in ("tiny", "more"))
    assert one["training"]["examples"] == other["training"]["examples"] and one["version"] != other["version"]
