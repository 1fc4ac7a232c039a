"""Training the cascade: the join follows both models, its bounds hold, and every tier is measured as it is served."""

from dataclasses import replace

import numpy as np
import pytest
from conftest import ATTRIBUTES, make_classifier
from test_encoder import TINY, make_deep

from moderation.cascade import Cascade
from moderation.encoder import Encoder
from moderation.policy import Policy
from moderation.scorer import Scorer
from moderation.settings import ROOT


def test_a_trained_join_follows_both_models_and_its_bounds_hold():
    from moderation.train import cascade
    from moderation.train.corpus import Corpus

    random = np.random.default_rng(0)
    n, linear = 1500, make_classifier()
    truth = random.normal(-1, 2, (n, 6))
    labels = (random.random((n, 6)) < 1 / (1 + np.exp(-truth))).astype(np.float32)
    corpus = Corpus([""] * n, labels, np.full(n, "own"), labels[:, 0] == 0, np.full(n, ""))
    lengths = random.integers(1, 1000, n)
    logits = cascade.Logits(truth + random.normal(0, 2, (n, 6)), truth + random.normal(0, 0.5, (n, 6)), lengths, np.ones(n, bool))
    encoder = Encoder.load(TINY)
    policy = Policy.load(ROOT / "tests/cases/policy.toml", ATTRIBUTES)
    join = cascade.train(linear, encoder, policy, corpus, logits)
    assert (join.weights[:, 1:] >= 0).all()
    assert (join.weights[:, 2] > join.weights[:, 1]).all()
    assert join.facts["deep_auc"] > join.facts["fast_auc"]
    assert (join.low.apply(logits.linear) <= join.highest(logits.linear, lengths)).all()
    # What a comment costs widens the bounds of a short one and narrows those of a long one; anything may come of the shortest.
    shortest, short, long = (join.highest(logits.linear, np.full(n, length)) for length in (99, 100, 1000))
    assert (short >= long).all() and (short > long).any()
    assert (shortest == 1).all()
    asked = cascade.passed_on(join, policy, logits)
    assert asked[lengths < 100].mean() > asked[lengths >= 800].mean()
    rows = join.facts["curve"]
    assert [row["cost"] for row in rows] == sorted(row["cost"] for row in rows)
    assert [row["changes"] for row in rows] == sorted(row["changes"] for row in rows)
    affordable = [row for row in rows if row["cost"] <= cascade.COST] or rows[:1]
    assert join.facts["chosen"]["changes"] == affordable[-1]["changes"]
    assert "passed on" in cascade.report(join)


def test_every_tier_is_measured_as_it_is_served(tmp_path):
    pytest.importorskip("vl_convert", reason="pip install --no-deps -r requirements-encoder-train.txt")
    from moderation.train import tiers
    from moderation.train.corpus import Corpus

    deep = make_deep(Encoder.load(TINY))
    fruits, starts = ("fig", "plum", "durian", "banana"), ("you are a", "women are a", "some women saw a")
    texts = [f"{start} {fruit} {end}" for start in starts for fruit in fruits for end in "abcdefg"]
    labels = np.tile([[1.0, 0, 1.0, 0, 0, 0], [0.0] * 6], (len(texts) // 2, 1)).astype(np.float32)
    corpus = Corpus(texts, labels, np.full(len(texts), "own"), labels[:, 0] == 0, np.tile(["sneer", "calm"], len(texts) // 2))
    row = {"low": 0.1, "high": 0.1, "passed_on": 0.2, "cost": 0.2, "changes": 0.9, "found": 0.8, "auc": 0.4}
    join = replace(deep.cascade.join, facts={"news": 9, "chosen": row, "curve": [row, {**row, "cost": 0.3, "changes": 1.0}]})
    scorer = Scorer(deep.classifier, deep.lexicon, deep.policy, Cascade(deep.cascade.encoder, join, ATTRIBUTES, deep.classifier.version))
    shown = tiers.write(tmp_path, scorer, corpus, corpus, "own part")
    found = tiers.outcomes(scorer, texts)
    held = np.array([scorer.score(text, language="en", tier="auto").decision.action != "approve" for text in texts])
    np.testing.assert_array_equal(found["auto"].held, held)
    kinds = tiers.kind_table(corpus, found).figures
    assert kinds["auto sneer"] == pytest.approx(held[::2].mean()) and kinds["auto not hostile"] == pytest.approx(1 - held[1::2].mean())
    assert "women" in shown and {"fast *all comments*", "deep women"} <= tiers.fairness_table(corpus, found).figures.keys()
    page = (tmp_path / "TIERS.md").read_text()
    assert "90% of the actions that deep changes" in page and scorer.versions.model in page
    drawn = (tmp_path / "tiers.svg").read_text()
    assert drawn.startswith("<svg") and "hostile comments found" in drawn and "var(" not in drawn
