"""The encoder as the linear model's teacher: asked about short comments, once, and heeded where it has read."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from moderation import settings
from moderation.encoder import Encoder
from moderation.errors import DataError, ModelError
from moderation.lexicon import Lexicon
from moderation.train import card, commands, fit, teacher
from moderation.train.corpus import ATTRIBUTES, Corpus

pytest.importorskip("onnxruntime")
FOLDER = Path(__file__).parent / "cases/encoder"


@pytest.fixture
def encoder() -> Encoder:
    return Encoder.load(FOLDER)


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    found = settings.load()
    return Lexicon.load(found.lexicon_paths, found.languages)


def made(count: int, source: str = "civil_comments") -> Corpus:
    labels = np.full((count, len(ATTRIBUTES)), np.nan, np.float32)
    labels[:, 0] = 0.4
    return Corpus([f"A fig is not a plum, {row}." for row in range(count)], labels, np.full(count, source), np.zeros(count, bool),
                  np.full(count, ""))


def test_all_short_comments_are_read_or_as_many_as_it_is_told(encoder, lexicon):
    corpus = made(300)
    corpus.texts[3] = "fig " * teacher.LONGEST
    read = ~np.isnan(teacher.read(corpus, encoder, lexicon)).any(axis=1)
    assert np.flatnonzero(~read).tolist() == [3]
    fewer = ~np.isnan(teacher.read(corpus, encoder, lexicon, most=8)).any(axis=1)
    assert fewer.sum() == 8 and not (fewer & ~read).any()


def test_the_projects_own_sentences_are_not_read(encoder, lexicon):
    for source in ("frames", "contrasts"):
        assert np.isnan(teacher.read(made(5, source), encoder, lexicon)).all()


def test_it_says_what_the_encoder_says_before_calibration(encoder, lexicon):
    corpus = made(6)
    found = teacher.read(corpus, encoder, lexicon)
    assert np.allclose(np.log(found / (1 - found)), encoder.logits(corpus.texts), atol=1e-4)


def test_what_it_has_read_is_not_read_again(encoder, lexicon, tmp_path, monkeypatch):
    corpus, file, asked = made(300), tmp_path / "scores", []
    logits = Encoder.logits
    monkeypatch.setattr(Encoder, "logits", lambda self, texts: asked.extend(texts) or logits(self, texts))
    part = teacher.read(corpus, encoder, lexicon, 100, file)
    whole = teacher.read(corpus, encoder, lexicon, None, file)
    assert len(asked) == len(set(asked)) == 300
    read = ~np.isnan(part)
    assert (whole[read] == part[read]).all()
    encoder.version = "another"
    teacher.read(corpus, encoder, lexicon, 5, file)
    assert len(asked) == 305


def test_a_reading_that_is_cut_off_goes_on(encoder, lexicon, tmp_path, monkeypatch):
    corpus, file, asked = made(600), tmp_path / "scores", []

    def cut_off(_, done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        teacher.read(corpus, encoder, lexicon, file=file, progress=cut_off)
    logits = Encoder.logits
    monkeypatch.setattr(Encoder, "logits", lambda self, texts: asked.extend(texts) or logits(self, texts))
    teacher.read(corpus, encoder, lexicon, file=file)
    assert 0 < len(asked) < 600


def test_a_teacher_or_a_file_that_does_not_fit_is_refused(encoder, lexicon, tmp_path):
    (tmp_path / "figs.txt").write_text("Figs and plums. " * 100, encoding="utf-8")
    with pytest.raises(DataError, match="--teacher-scores"):
        teacher.read(made(5), encoder, lexicon, file=tmp_path / "figs.txt")
    encoder.attributes = ATTRIBUTES[::-1]
    with pytest.raises(ModelError, match="attributes"):
        teacher.read(made(5), encoder, lexicon)


def test_it_fills_what_is_missing_and_is_half_of_what_is_stated():
    corpus, recipe = made(3, "davidson"), fit.Recipe()
    labels, importance = fit.targets(corpus, recipe)
    taught = np.full(labels.shape, 0.6, np.float32)
    taught[2] = np.nan
    heeded, weight = fit.heed(corpus, labels, importance, taught, recipe)
    assert heeded[:, 0] == pytest.approx([0.5, 0.5, 0.4]) and (weight[:, 0] == importance[:, 0]).all()
    assert heeded[:2, 1:] == pytest.approx(0.6) and weight[:2, 1:] == pytest.approx(recipe.source_weights["davidson"])
    assert (weight[2] == importance[2]).all()


def run(*given: object) -> int:
    parser = argparse.ArgumentParser()
    commands.add_train(parser.add_subparsers())
    arguments = parser.parse_args(["train", *map(str, given)])
    return arguments.run(arguments)


def test_the_model_tells_its_teacher(encoder, tmp_path, monkeypatch, capsys):
    sentences = fit.demo(commands.TRAINED[0], 0)[0]
    pd.DataFrame({"text": sentences.texts[::4], "toxicity": sentences.labels[::4, 0]}).to_csv(tmp_path / "own.csv", index=False)
    monkeypatch.setattr(card, "TEST_CONTRASTS", [])
    data = (tmp_path / "own.csv", "--contrasts", commands.CONTRASTS / "train_short.toml")
    taught = ("--teacher", FOLDER, "--teacher-most", 200, "--teacher-scores", tmp_path / "scores")
    assert run(*data, *taught, "--out", tmp_path / "taught") == 0
    facts = json.loads((tmp_path / "taught/model.json").read_text(encoding="utf-8"))
    assert facts["teacher"] == {"version": encoder.version, "read": 200, "heeded": 0.5}
    assert f"{encoder.version}, read 200 comments" in (tmp_path / "taught/CARD.md").read_text(encoding="utf-8")
    assert run(*data, "--out", tmp_path / "alone") == 0
    alone = json.loads((tmp_path / "alone/model.json").read_text(encoding="utf-8"))
    assert "teacher" not in alone and alone["version"].split("-")[1] != facts["version"].split("-")[1]
    assert encoder.version not in (tmp_path / "alone/CARD.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("other", [("--demo",), ("--base", "models/default", "--add", "own.csv")])
def test_it_teaches_neither_the_demo_nor_an_adapted_model(other):
    with pytest.raises(DataError, match="--teacher"):
        run("--teacher", FOLDER, *other)


@pytest.mark.parametrize("most", [0, -5])
def test_a_number_of_comments_that_is_none_is_refused(most):
    with pytest.raises(DataError, match=f"--teacher-most\n +expected a number of comments, got {most}"):
        run("--teacher", FOLDER, "--teacher-most", most)
