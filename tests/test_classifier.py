"""The classifier: one answer whichever way a comment comes, and every answer in parts that add up."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.classifier import Lengths, LinearClassifier
from moderation.errors import ModelError
from moderation.features import FeatureSpec
from moderation.text import fold_batch

DEFAULT = Path(__file__).parents[1] / "models" / "default"
CASES = json.loads((Path(__file__).parent / "cases" / "classifier.json").read_text(encoding="utf-8"))
ANY_TEXT = st.text(st.characters(codec=None), max_size=400)


@pytest.fixture(scope="module")
def default() -> LinearClassifier:
    return LinearClassifier.load(DEFAULT)


def small(seed: int = 0) -> LinearClassifier:
    random = np.random.default_rng(seed)
    spec = FeatureSpec(buckets=1 << 12)
    table = random.integers(-127, 128, (spec.buckets, 8)).astype(np.int8)
    knots = np.tile(np.linspace(-8.0, 8.0, 33), (2, 1))
    join = np.abs(random.normal(size=(2, 6)))
    return LinearClassifier("small", ("toxicity", "insult"), spec, Lengths(4.0, 1500.0, 900.0), table, np.array([0.02, 0.03]), join, knots,
                            1 / (1 + np.exp(-knots)))


SMALL = small()


def test_parity_with_the_trained_model(default: LinearClassifier) -> None:
    parity = json.loads((DEFAULT / "parity.json").read_text(encoding="utf-8"))
    assert parity["version"] == default.version
    expected = np.array([row["scores"] for row in parity["rows"]])
    actual = default.predict([row["text"] for row in parity["rows"]])
    assert np.abs(actual - expected).max() < 1e-6


def test_the_committed_model_is_small_and_whole(default: LinearClassifier) -> None:
    assert {path.name for path in DEFAULT.iterdir()} == {"model.json", "weights.safetensors", "parity.json", "CARD.md"}
    assert sum(path.stat().st_size for path in DEFAULT.iterdir()) < 12_000_000
    assert default.attributes == ("toxicity", "severe_toxicity", "identity_attack", "insult", "threat", "profanity")
    assert default.version.startswith("default-")
    assert json.loads((DEFAULT / "model.json").read_text(encoding="utf-8"))["version"] == default.version


@given(st.lists(ANY_TEXT, max_size=6))
def test_one_comment_scores_as_it_does_in_a_batch(texts: list[str]) -> None:
    together = SMALL.predict(texts)
    alone = [SMALL.predict([text])[0] for text in texts]
    assert together.shape == (len(texts), 2)
    for row, scores in zip(together, alone, strict=True):
        assert row.tolist() == scores.tolist()
    assert ((together >= 0) & (together <= 1)).all()


@given(st.lists(ANY_TEXT, min_size=1, max_size=3))
def test_contributions_sum_to_the_logit(texts: list[str]) -> None:
    batch = fold_batch(texts)
    logits = SMALL.logits(batch)
    for row, text in enumerate(texts):
        explanation = SMALL.explain(batch, row)
        assert explanation.characters.shape == (len(text), 2)
        np.testing.assert_allclose(explanation.logits, logits[row], atol=1e-9)
        np.testing.assert_allclose(explanation.bias + explanation.characters.sum(axis=0), logits[row], atol=1e-9)


@given(ANY_TEXT)
def test_sentences_lie_in_the_original_and_score_as_texts_do(text: str) -> None:
    batch = fold_batch([text])
    found = SMALL.sentences(batch, 0)
    assert all(0 <= span.start < span.end <= len(text) for span, _ in found)
    if len(found) == 1:
        assert found[0][1].tolist() == SMALL.predict([text])[0].tolist()


@pytest.mark.parametrize("case", CASES["spans"], ids=lambda case: case["attribute"])
def test_the_top_span_is_the_word_that_did_it(default: LinearClassifier, case: dict[str, str]) -> None:
    explanation = default.explain(fold_batch([case["text"]]), 0)
    span = explanation.top_spans(case["attribute"])[0].span
    assert case["word"] in case["text"][span.start : span.end]


@pytest.mark.parametrize("words", [0, 20, 100, 500, 2000])
def test_one_insult_is_found_in_any_length(default: LinearClassifier, words: int) -> None:
    civil = " ".join([CASES["civil"]] * (words // len(CASES["civil"].split()) + 1)) if words else ""
    for insult in CASES["insults"]:
        hidden = f"{civil} {insult} {civil}".strip()
        assert default.predict([hidden])[0, 0] > 0.5, words
    assert default.predict([civil])[0].max() < 0.2


def test_saving_and_loading_changes_nothing(tmp_path: Path) -> None:
    SMALL.save(tmp_path)
    loaded = LinearClassifier.load(tmp_path)
    texts = ["Figs are ripe.", "", "a" * 1000]
    assert loaded.version == SMALL.version
    assert loaded.predict(texts).tolist() == SMALL.predict(texts).tolist()


def test_the_version_tells_models_apart() -> None:
    assert small(1).version != SMALL.version


def test_a_broken_folder_names_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"model\.json"):
        LinearClassifier.load(tmp_path)
    SMALL.save(tmp_path)
    facts = json.loads((tmp_path / "model.json").read_text(encoding="utf-8"))
    (tmp_path / "model.json").write_text(json.dumps(facts | {"attributes": ["one"]}), encoding="utf-8")
    with pytest.raises(ModelError, match=r"weights\.step"):
        LinearClassifier.load(tmp_path)
    (tmp_path / "model.json").write_text("{", encoding="utf-8")
    with pytest.raises(ModelError, match="cannot be read"):
        LinearClassifier.load(tmp_path)


@settings(max_examples=20)
@given(st.text(alphabet="ab. \u0301", min_size=1, max_size=3), st.integers(100, 3000))
def test_any_repetition_is_scored(piece: str, times: int) -> None:
    assert np.isfinite(SMALL.predict([piece * times])).all()
