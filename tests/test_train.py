"""Training: data read from any layout, split before anyone looks, and a model that another path agrees with."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from moderation.classifier import LinearClassifier
from moderation.errors import DataError
from moderation.features import FeatureSpec
from moderation.rules import read_rules
from moderation.settings import ROOT
from moderation.text import fold_batch
from moderation.train import ablate, adapt, calibrate, card, commands, contrasts, evaluate, fit, metrics, parity, points
from moderation.train import corpus as corpora
from moderation.train.corpus import ATTRIBUTES, DEVELOPMENT, TEST, TRAIN, Corpus
from moderation.train.descend import Descent, descend, matrix, norm

CONTRASTS = ROOT / "seeds/contrasts/train.toml"
SMALL = replace(fit.Recipe(), features=FeatureSpec(char_min=3, buckets=1 << 14), descent=Descent(epochs=2, rate=1.0, start=0.1), mixtures=0,
                taught_weight=0.0)


@pytest.fixture(scope="module")
def demo():
    corpus, part = fit.demo(CONTRASTS, 0)
    return corpus, part, fit.fit(corpus, part, "demo", SMALL)


def made(texts, toxicity=None, source="own"):
    labels = np.full((len(texts), len(ATTRIBUTES)), np.nan, np.float32)
    labels[:, 0] = 0 if toxicity is None else toxicity
    return Corpus(list(texts), labels, np.full(len(texts), source), labels[:, 0] == 0, np.full(len(texts), ""))


def test_public_and_own_layouts_are_read(tmp_path):
    pd.DataFrame({"comment_text": ["Figs."], "toxic": [1], "severe_toxic": [0], "obscene": [0], "threat": [0], "insult": [1],
                  "identity_hate": [0]}).to_csv(tmp_path / "first.csv", index=False)
    pd.DataFrame({"comment_text": ["Plums."], "target": [0.2], "severe_toxicity": [0.0], "obscene": [0.1], "identity_attack": [0.0],
                  "insult": [0.1], "threat": [0.0]}).to_parquet(tmp_path / "second.parquet")
    (tmp_path / "third.jsonl").write_text('{"text": "Pears.", "insult": 1}\n{"text": null, "insult": 0}\n', encoding="utf-8")
    corpus = corpora.read([tmp_path / name for name in ("first.csv", "second.parquet", "third.jsonl")])
    assert corpus.texts == ["Figs.", "Plums.", "Pears."]
    assert corpus.sources.tolist() == ["first", "second", "third"]
    np.testing.assert_array_equal(corpus.labels, np.array([[1, 0, 0, 1, 0, 0], [0.2, 0, 0, 0.1, 0, 0.1],
                                                           [np.nan, np.nan, np.nan, 1, np.nan, np.nan]], np.float32))


def test_sources_and_notes_are_read_whole(tmp_path):
    frame = pd.DataFrame({"text": ["Figs.", "Plums."], "toxicity": [0.0, 1.0], "source": pd.Categorical(["news", "wikipedia"]),
                          "note": pd.Categorical(["a random sample", "another"])})
    frame.to_parquet(tmp_path / "own.parquet")
    corpus = corpora.read([tmp_path / "own.parquet"])
    assert corpus.sources.tolist() == ["news", "wikipedia"] and corpus.notes.tolist() == ["a random sample", "another"]


def test_a_site_names_its_own_columns(tmp_path):
    pd.DataFrame({"body": ["Figs."], "bad": [1]}).to_csv(tmp_path / "own.csv", index=False)
    corpus = corpora.read([tmp_path / "own.csv"], {"text": "body", "toxicity": "bad"})
    assert corpus.texts == ["Figs."] and corpus.labels[0, 0] == 1


def test_every_file_that_cannot_be_used_is_named(tmp_path):
    pd.DataFrame({"body": ["Figs."]}).to_csv(tmp_path / "one.csv", index=False)
    pd.DataFrame({"text": ["Figs."], "toxicity": [3]}).to_csv(tmp_path / "two.csv", index=False)
    with pytest.raises(DataError, match="3 problems") as raised:
        corpora.read([tmp_path / name for name in ("one.csv", "two.csv", "none.csv")])
    assert "Figs" not in str(raised.value)


def test_copies_become_one_row_with_the_mean_of_their_labels():
    corpus = corpora.deduplicate(made(["Ripe figs!", "ripe FIGS", "Plums"], [1, 0, 0]))
    assert corpus.texts == ["Ripe figs!", "Plums"]
    assert corpus.labels[:, 0].tolist() == [0.5, 0.0]


def test_near_duplicates_stay_together():
    shared = "the figs that my aunt grew in her garden last summer"
    texts = [f"Tell me: were {shared} sweet?", "Nothing to do with it.", f"All of {shared} were eaten by birds.", "Nothing to do with it!",
             "🍐", "🍑"]
    found = corpora.clusters(texts).tolist()
    assert found[0] == found[2] and found[1] == found[3] and len(set(found)) == 4


def test_a_split_is_the_same_for_a_seed_and_keeps_its_shares():
    corpus = made([f"Comment number {index} about fruit {index * 7}" for index in range(3000)])
    part = corpora.split(corpus, 1)
    assert (part == corpora.split(corpus, 1)).all() and not (part == corpora.split(corpus, 2)).all()
    assert np.abs(np.bincount(part) / len(part) - corpora.SHARES).max() < 0.02


def test_a_missing_label_teaches_nothing():
    corpus = made(["figs are ripe"] * 2 + ["plums are sour"] * 2, [1, 1, 0, 0])
    labels, importance = fit.targets(corpus, SMALL)
    assert importance[:2, 1:].sum() == 0 and (importance[2:] == 1).all()
    data = matrix(corpus.texts, SMALL.features)
    weights, _ = descend(data, norm(np.diff(data.rows), SMALL.lengths), labels, importance * [1, 0, 0, 0, 0, 0], 1 << 14, Descent())
    assert np.abs(weights[:, 0]).sum() > 0 and np.abs(weights[:, 1:]).sum() == 0


def test_missing_labels_are_filled_by_the_other_half():
    corpus = made([f"{word} number {index}" for index in range(200) for word in ("figs", "plums")], [1, 0] * 200)
    labels, importance = fit.targets(corpus, SMALL)
    labels[:, 3], importance[:, 3] = labels[:, 0], np.arange(400) % 3 == 0
    data = matrix(corpus.texts, SMALL.features)
    filled, weight = fit.teach(data, norm(np.diff(data.rows), SMALL.lengths), labels, importance, fit.groups(corpus),
                               replace(SMALL, taught_weight=0.3), lambda _: None)
    missing = importance[:, 3] == 0
    assert np.allclose(weight[missing, 3], 0.3) and (weight[~missing, 3] == importance[~missing, 3]).all()
    assert filled[missing & (labels[:, 0] == 1), 3].mean() > filled[missing & (labels[:, 0] == 0), 3].mean() + 0.1
    assert (filled[~missing, 3] == labels[~missing, 3]).all()


def test_training_learns_and_repeats_itself(demo):
    corpus, part, model = demo
    rows = corpus.take(part != TRAIN)
    assert metrics.auc(rows.labels[:, 0] >= 0.5, model.predict(rows.texts)[:, 0], rounds=10).value > 0.8
    assert fit.fit(corpus, part, "demo", SMALL).version == model.version


def test_serving_agrees_with_scipy(demo):
    model = demo[2]
    texts = [*parity.TEXTS, *demo[0].texts[:200]]
    np.testing.assert_allclose(model.predict(texts), parity.reference(model, texts), atol=1e-9)


def test_the_join_is_the_one_that_is_served(demo):
    corpus, _, model = demo
    texts = corpus.texts[:50]
    k = len(ATTRIBUTES)
    weights = np.zeros((model.features.buckets, 8), np.float32)
    weights[:, :k] = model.arrays["table"][:, :k] * model.arrays["step"]
    found = calibrate.parts(matrix(texts, model.features), model.lengths, weights, k)
    np.testing.assert_allclose(calibrate.join_logits(found, model.arrays["join"]), model.logits(fold_batch(texts)), atol=1e-3)


def test_the_join_never_rewards_hostility(demo):
    _, _, a0, a1, m0, m1 = demo[2].arrays["join"].T
    for low, high in ((a0, a0 + a1), (m0, m0 + m1)):
        assert (low >= 0).all() and (high >= -1e-12).all()


def test_a_published_folder_is_whole(demo, tmp_path):
    corpus, part, model = demo
    card.publish(model, tmp_path / "demo", corpus, part)
    loaded = LinearClassifier.load(tmp_path / "demo")
    assert loaded.version == model.version
    assert {path.name for path in (tmp_path / "demo").iterdir()} == {"model.json", "weights.safetensors", "parity.json", "CARD.md"}
    assert model.version in (tmp_path / "demo" / "CARD.md").read_text(encoding="utf-8")
    assert json.loads((tmp_path / "demo" / "parity.json").read_text(encoding="utf-8"))["version"] == model.version


def test_a_worse_model_is_told_apart(demo):
    corpus, part, model = demo
    assert adapt.losses(model, model, corpus, part) == []
    broken = LinearClassifier(model.name, model.attributes, model.features, model.lengths, -model.arrays["table"],
                              *(model.arrays[key] for key in ("step", "join", "knots", "values")))
    assert adapt.losses(model, broken, corpus, part)


def test_adapting_learns_a_sites_own_words(demo):
    corpus, part, base = demo
    texts = [f"{start} {word} {end}" for word in ("zorblatt", "quimfig")
             for start in ("You", "What a", "Look, the", "Such a", "Poor old", "Hey")
             for end in ("again", "of a man", "today", "there", "at last", "once more", "now", "and so on")]
    added = made(texts, ["zorblatt" in text for text in texts])
    model, joined, parts = adapt.adapt(base, corpus, part, added, "own", SMALL)
    assert len(joined) == len(corpus) + len(added) == len(parts)
    one, other = model.predict(["That zorblatt is here.", "That quimfig is here."])[:, 0]
    assert one > 5 * other


def test_areas_and_intervals():
    labels = np.array([False, True, False, True])
    assert metrics.auc(labels, np.array([0.1, 0.9, 0.2, 0.8])).value == 1.0
    assert metrics.auc(labels, np.full(4, 0.5)).value == 0.5
    random = np.random.default_rng(0)
    labels = random.random(2000) < 0.3
    scores = labels + random.normal(size=2000)
    found = metrics.auc(labels, scores)
    assert found.low < found.value < found.high and found.high - found.low < 0.06
    assert metrics.auc_difference(labels, scores, scores) == (0.0, 0.0, 0.0)


def test_calibration_error_is_nothing_where_scores_mean_what_they_say():
    random = np.random.default_rng(0)
    scores = random.random(20000)
    labels = (random.random(20000) < scores).astype(float)
    assert metrics.calibration_error(labels, scores) < 0.02
    assert metrics.calibration_error(labels, scores**3) > 0.1


def news(count=8000, seed=0):
    """News comments whose scores tell the hostile from the civil, and what a lexicon that knows nothing does to them."""
    random = np.random.default_rng(seed)
    hostile = random.random(count) < 0.1
    labels = np.full((count, len(ATTRIBUTES)), np.nan, np.float32)
    labels[:, :2] = hostile[:, None]
    corpus = Corpus([""] * count, labels, np.full(count, "civil_comments"), ~hostile, np.full(count, "random sample"))
    scores = 1 / (1 + np.exp(-(6 * hostile[:, None] - 3 + random.normal(size=labels.shape))))
    return points.Rows(scores, np.zeros(count, bool), np.zeros(count, bool)), corpus, hostile


def test_operating_points_meet_their_targets():
    rows, corpus, hostile = news()
    pair = points.choose(rows, corpus, ("toxicity",))["toxicity"]
    refused, held = (rows.scores[:, 0] >= pair[action].threshold for action in ("reject", "review"))
    assert hostile[refused].mean() >= 0.95 and pair["reject"].met == pytest.approx(hostile[refused].mean())
    assert held[hostile].mean() >= 0.90 and pair["review"].met == pytest.approx(held[hostile].mean())
    assert refused[~hostile].mean() <= points.CIVIL_REJECTED and held[~hostile].mean() <= points.CIVIL_REVIEWED


def test_nothing_is_refused_for_what_it_more_probably_does_not_hold():
    rows, corpus, _ = news()
    low = points.Rows(rows.scores * 0.5, rows.held, rows.refused)
    pair = points.choose(low, corpus, ("toxicity",))["toxicity"]
    assert pair["reject"].threshold == points.LIKELY and pair["reject"].basis == "news, likely"
    assert pair["review"].threshold < points.LIKELY


def test_points_share_what_civil_comments_can_bear():
    rows, corpus, _ = news()
    rows.scores[:, 1] = np.random.default_rng(1).random(len(corpus))  # knows nothing, so that recall alone would touch nearly all
    both = points.choose(rows, corpus, ("toxicity", "severe_toxicity"))
    assert both["severe_toxicity"]["review"].basis == "recall, civil" and both["toxicity"]["review"].basis == "recall"
    assert both["severe_toxicity"]["reject"] is None
    shares = points.touched(rows, both, corpus)
    assert 0.8 * points.CIVIL_REVIEWED < shares["review"] <= points.CIVIL_REVIEWED and shares["reject"] <= points.CIVIL_REJECTED


def test_what_the_lexicon_holds_counts_as_found():
    rows, corpus, hostile = news()
    alone = points.choose(rows, corpus, ("toxicity",))["toxicity"]["review"]
    rows.held[np.flatnonzero(hostile)[::2]] = True
    assert points.choose(rows, corpus, ("toxicity",))["toxicity"]["review"].threshold > alone.threshold


def test_the_policy_holds_the_points_that_training_chose():
    chosen = json.loads((ROOT / "models/default/model.json").read_text(encoding="utf-8"))["operating_points"]
    joined = json.loads((ROOT / "models/encoder/cascade.json").read_text(encoding="utf-8"))["points"]
    for category in read_rules(ROOT / "seeds/policy.toml").categories:
        for feed in category.feeds:
            pair = chosen[feed.attribute]
            assert feed.review == pytest.approx(joined[feed.attribute], rel=1e-5), feed.attribute
            assert feed.reject == (pair["reject"] and pytest.approx(pair["reject"]["threshold"], rel=1e-5)), feed.attribute


def test_many_sentences_of_one_frame_teach_as_few_and_other_sentences_whole():
    frames, plain = commands.CONTRASTS / "frames_talk.toml", commands.CONTRASTS / "train_short.toml"
    drawn = corpora.read_contrasts(frames, plain, most=2)
    frame = {item.text: item.frame for item in contrasts.expand(frames)}
    taken = [frame[text] for text, source in zip(drawn.texts, drawn.sources, strict=True) if source == "frames"]
    everywhere = np.bincount([number for number in frame.values() if number >= 0])
    assert (np.bincount([number for number in taken if number >= 0]) == np.minimum(everywhere, 2)).all() and everywhere.max() > 2
    assert {text.lower() for text in corpora.read_contrasts(plain).texts} <= {text.lower() for text in drawn.texts}


def test_the_commands_train_and_measure(tmp_path, capsys):
    parser = argparse.ArgumentParser()
    places = parser.add_subparsers()
    commands.add_train(places)
    commands.add_evaluate(places)
    given = parser.parse_args(["model", str(ROOT / "models/default"), str(tmp_path / "own.csv"), "--part", "all",
                               "--page", str(tmp_path / "page.html")])
    contrasts = corpora.read_contrasts(CONTRASTS)
    pd.DataFrame({"text": contrasts.texts[::9], "toxicity": contrasts.labels[::9, 0]}).to_csv(tmp_path / "own.csv", index=False)
    assert given.run(given) == 0
    printed = capsys.readouterr().out
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "ROC AUC by source" in printed and "own" in printed
    assert page.startswith("<!doctype html>") and page.count("<figure class=\"chart\">") == 3


def test_an_idea_that_carries_is_missed():
    corpus, part = fit.demo(CONTRASTS, 0)
    corpus = Corpus(corpus.texts, corpus.labels, np.full(len(corpus), "jigsaw_tcc"), corpus.implied_clean, corpus.notes)
    kept = corpora.of_contrasts((), ())
    bare = replace(SMALL, features=replace(SMALL.features, char_max=0, word_max=0))
    ideas = {"any feature": lambda _: bare, "nothing": lambda recipe: recipe}
    found = ablate.table(corpus, part, kept, 0.7, SMALL, ideas)
    assert [row.cells[0] for row in found.rows] == ["the whole recipe", "without any feature", "without nothing"]
    assert found.figures["whole Wikipedia"] > 0.8
    assert found.figures["any feature Wikipedia"] == pytest.approx(0.5 - found.figures["whole Wikipedia"])
    assert found.figures["nothing Wikipedia"] == 0 and "news" not in "".join(found.columns)


def test_comparing_marks_only_what_chance_does_not_explain(demo):
    corpus, part, model = demo
    rows = corpus.take(part != TRAIN)
    scores = evaluate.predict(model, rows.texts)
    assert all(row.cells[-1] == "" for row in evaluate.comparison_table(rows, scores, scores).rows)
    assert {DEVELOPMENT, TEST} <= set(part.tolist())
