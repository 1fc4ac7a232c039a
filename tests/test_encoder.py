"""The encoder and the cascade: every token read, nothing dependent on the batch, one scale for all tiers, and starting without it."""

import itertools
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from conftest import ATTRIBUTES, TERMS, make_classifier, post
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from serving import Served

from moderation import encoder as encoder_module
from moderation import parity
from moderation import settings as settings_module
from moderation.answers import Answers
from moderation.cascade import Cascade, Join
from moderation.encoder import Calibration, Encoder
from moderation.errors import LoadError, ModelError, RequestError
from moderation.lexicon import Lexicon
from moderation.policy import Policy
from moderation.rules import TIERS
from moderation.scorer import Scorer, ScorerSpec, open_scorer
from moderation.service.app import create_app
from moderation.settings import ROOT

pytest.importorskip("onnxruntime", reason="pip install --no-deps -r requirements-encoder.txt")
TINY = ROOT / "tests/cases/encoder"
KNOTS = np.tile(np.linspace(-8, 8, 33), (6, 1))


def curve(shift=0.0):
    return Calibration(KNOTS, 1 / (1 + np.exp(-KNOTS - shift)))


def make_join(linear, encoder):
    """Both count alike; the encoder may move a linear logit by one."""
    return Join(linear.version, encoder.version, np.tile([1.0, 0.6, 0.6], (6, 1)), curve(), curve(-1.0), (8,), (curve(1.5), curve(1.0)))


@pytest.fixture(scope="module")
def tiny():
    return Encoder.load(TINY)


def make_deep(encoder):
    linear = make_classifier()
    cascade = Cascade(encoder, make_join(linear, encoder), ATTRIBUTES, linear.version)
    return Scorer(linear, Lexicon(TERMS), Policy.load(ROOT / "tests/cases/policy.toml", ATTRIBUTES), cascade)


@pytest.fixture(scope="module")
def deep(tiny):
    return make_deep(tiny)


@pytest.fixture
def parts(tmp_path, tiny):
    """The folders of a whole scorer, its spec's arguments."""
    linear = make_classifier()
    linear.save(tmp_path / "model")
    rows = [{"text": "fig", "scores": linear.predict(["fig"])[0].tolist()}]
    (tmp_path / "model/parity.json").write_text(json.dumps({"version": linear.version, "rows": rows}))
    shutil.copytree(TINY, tmp_path / "encoder")
    make_join(linear, tiny).save(tmp_path / "encoder")
    cases = [{"text": text, "fp32": (tiny.logits([text])[0] + 0.01).tolist()} for text in ("fig", "banana. " * 20)]
    (tmp_path / "encoder/parity.json").write_text(json.dumps({"version": tiny.version, "bound": 0.02, "rows": cases}))
    shutil.copy(ROOT / "tests/cases/policy.toml", tmp_path / "policy.toml")
    (tmp_path / "fruit.txt").write_text("[obscene strong]\nbanana\n", encoding="utf-8")
    return tmp_path


def spec(parts, **changes):
    return ScorerSpec.of(parts / "model", [parts / "fruit.txt"], parts / "policy.toml", encoder=parts / "encoder", **changes)


def served(parts, **changes):
    return {"MODERATION_MODEL": str(parts / "model"), "MODERATION_ENCODER": str(parts / "encoder"),
            "MODERATION_POLICY": str(parts / "policy.toml"), "MODERATION_TIER": "auto", **changes}


# Windows

WORDS = st.sampled_from(["fig", "plum.", "you are!", "banana", "b4nana", "not", "\n", "a" * 120, "\ud800", "é", "日本",
                         "??", "> fig", "😀", " "])
TEXTS = st.lists(WORDS, max_size=30).map(" ".join) | st.text(max_size=60)


@given(TEXTS)
def test_every_token_stands_in_one_window_in_order(tiny, text):
    windows = tiny.windows(text)
    ids, places = tiny._tokenize(text.translate(dict.fromkeys(range(0xD800, 0xE000), "\ufffd")))
    assert [token for window in windows for token in window.ids] == ids
    assert all(0 < len(window.ids) <= 14 for window in windows)
    assert all(one.end <= other.start for one, other in itertools.pairwise(windows))
    assert not windows or (windows[0].start, windows[-1].end) == (places[0][0], places[-1][1])


def test_windows_end_where_sentences_do(tiny):
    text = "you are a fig. " * 5 + "plum " * 20 + "pear. banana"
    assert [text[window.start : window.end] for window in tiny.windows(text)] == [
        "you are a fig. you are a fig.", "you are a fig. you are a fig.", "you are a fig.", "plum " * 13 + "plum",
        "plum " * 6 + "pear. banana"]


def test_the_greatest_logit_of_the_windows_counts(tiny):
    text = "fig plum pear. " * 6 + "you are a durian."
    windows = tiny.window_logits(tiny.windows(text))
    assert len(windows) > 1
    np.testing.assert_array_equal(tiny.logits([text])[0], windows.max(axis=0))


# Equalities


@hypothesis_settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(TEXTS, st.sampled_from([None, *TIERS]), st.sampled_from([None, "sport"])), min_size=1, max_size=8), st.randoms())
def test_a_batch_scores_as_its_comments_do_in_every_tier(deep, rows, random):
    random.shuffle(rows)
    texts, tiers, sections = (list(column) for column in zip(*rows, strict=True))
    table = deep.score_batch(texts, sections, tier=tiers)
    for row, (text, tier, section) in enumerate(rows):
        one = deep.score_batch([text], section, tier=tier)
        assert one[0] == table[row]
        assert Answers(one).row(0, text) == Answers(table).row(row, text)


@given(TEXTS)
def test_auto_answers_as_fast_or_as_deep_and_acts_as_deep_within_the_bounds(deep, text):
    fast, auto, whole = (deep.score(text, tier=tier) for tier in TIERS)
    assert (fast.tier, whole.tier) == ("fast", "deep")
    assert auto == (whole if auto.tier == "deep" else fast)
    if auto.tier == "fast":
        table = deep.score_batch([text], tier="deep")
        logits, join = deep.classifier.predict_both(table._batch)[1], deep.cascade.join
        low, high = join.low.apply(logits), join.highest(logits, np.diff(table._batch.offsets))
        if ((low <= table.attributes) & (table.attributes <= high)).all():
            assert whole.decision.action == fast.decision.action


@given(st.lists(st.floats(-30, 30), min_size=6, max_size=6), st.lists(st.floats(-30, 30), min_size=6, max_size=6),
       st.lists(st.floats(0, 5), min_size=6, max_size=6))
def test_more_hostility_in_either_model_never_lowers_the_joined_score(deep, linear, encoder, more):
    join = deep.cascade.join
    before = join.probabilities(np.array([linear]), np.array([encoder]))
    assert (join.probabilities(np.array([linear]) + more, np.array([encoder])) >= before).all()
    assert (join.probabilities(np.array([linear]), np.array([encoder]) + more) >= before).all()


@given(st.lists(st.floats(-20, 20), min_size=1, max_size=9))
def test_a_calibration_is_that_of_numpy(logits):
    given_logits = np.tile(np.array(logits)[:, None], (1, 6))
    np.testing.assert_allclose(curve().apply(given_logits)[:, 2], np.interp(logits, KNOTS[0], curve().values[0]), rtol=1e-12)


def test_a_comment_in_another_language_is_not_asked_about(deep):
    texts = ["banana you are a fig"] * 2
    table = deep.score_batch(texts, languages=["de", "en"], tier="auto")
    assert 0 not in table.deep


# Reasons


def test_what_the_encoder_decided_says_why(deep):
    texts = [f"{one} you are. What {other} they are! No {one} {other}." for one in ("fig", "plum", "pear") for other in ("apple", "melon")]
    table = deep.score_batch(texts, tier="deep")
    sentences, words = ([[item for item in table.evidence(row, words=wanted) if item.source == "encoder"] for row in range(len(texts))]
                        for wanted in (False, True))
    assert any(sentences), "the small model approves everything; choose other words"
    for row, text in enumerate(texts):
        assert {item.category for item in sentences[row]} == {item.category for item in words[row]}
        if table.worst[row] == 0:
            assert not sentences[row]
        for item in words[row]:
            whole = next(other.span for other in sentences[row] if other.category == item.category)
            assert whole.start <= item.span.start < item.span.end <= whole.end
            assert not text[item.span.start : item.span.end].isspace()
    assert all(item.source == "classifier" for row in range(len(texts)) for item in deep.score_batch(texts, tier="fast").evidence(row))


# Loading


def test_without_an_encoder_only_the_linear_model_decides(parts, monkeypatch):
    shutil.rmtree(parts / "encoder")
    found = open_scorer(spec(parts))
    assert (found.tier, found.score("fig").tier, found.score("fig", tier="auto").tier) == ("fast", "fast", "fast")
    assert "is not there" in found.lack
    with pytest.raises(RequestError, match="wants an encoder, and there is none"):
        found.score("fig", tier="deep")
    with pytest.raises(LoadError, match="wants an encoder"):
        open_scorer(spec(parts, tier="deep"))


def test_without_the_packages_only_the_linear_model_decides(parts, monkeypatch):
    monkeypatch.setattr(encoder_module, "PACKAGES", ("onnxruntime", "figs_and_plums"))
    found = open_scorer(spec(parts))
    assert found.tier == "fast"
    assert "figs_and_plums not installed" in found.lack
    assert found.versions.model == found.classifier.version


def test_an_encoder_that_was_joined_to_another_model_is_left_out_and_said(parts):
    make_classifier("other").save(parts / "model")
    found = open_scorer(spec(parts))
    assert found.tier == "fast"
    assert "it was joined to small-" in found.lack
    assert "moderation train-cascade" in found.lack


def test_the_policy_may_choose_the_tier_and_the_setting_overrides_it(parts):
    policy = parts / "policy.toml"
    policy.write_text('tier = "deep"\n' + policy.read_text())
    assert open_scorer(spec(parts)).score("fig").tier == "deep"
    assert open_scorer(spec(parts, tier="auto")).tier == "auto"
    fast = open_scorer(spec(parts, tier="fast"))
    assert (fast.tier, fast.cascade, fast.versions.model) == ("fast", None, fast.classifier.version)


def test_versions_and_digest_follow_the_encoder(parts):
    before = spec(parts)
    version = open_scorer(before).versions.model
    assert version.startswith("small-") and "+tiny-" in version
    content = json.loads((parts / "encoder/cascade.json").read_text())
    content["weights"][0][0] += 0.5
    (parts / "encoder/cascade.json").write_text(json.dumps(content))
    open_scorer.cache_clear()
    with pytest.raises(LoadError, match="has changed"):
        open_scorer(before)
    assert open_scorer(spec(parts)).versions.model != version


@pytest.mark.parametrize(("file", "change", "told"), [
    ("encoder.json", lambda facts: facts.update(attributes=3), "encoder.json: attributes"),
    ("encoder.json", lambda facts: facts.update(max_tokens=2), "at least 8 tokens"),
    ("encoder.json", lambda facts: facts.update(version="tiny-0"), "does not belong"),
    ("encoder.json", lambda facts: facts["calibration"]["values"][0].reverse(), "never fall"),
    ("cascade.json", lambda facts: facts["weights"][1].__setitem__(2, -0.1), "at least 0"),
    ("cascade.json", lambda facts: facts.pop("low"), "cascade.json: low"),
    ("cascade.json", lambda facts: facts["high"].pop(), "cascade.json: high"),
    ("cascade.json", lambda facts: facts.update(lengths=["8"]), "one more than `lengths` has"),
    ("cascade.json", lambda facts: facts.update(encoder="tiny-0"), "cascade.json: encoder"),
    ("parity.json", lambda facts: facts["rows"][0]["fp32"].__setitem__(0, 9.0), "further than 0.02"),
    ("parity.json", lambda facts: facts.update(version="tiny-0"), "is of encoder tiny-0"),
])
def test_what_is_wrong_in_the_folder_is_told(parts, file, change, told):
    facts = json.loads((parts / "encoder" / file).read_text())
    change(facts)
    (parts / "encoder" / file).write_text(json.dumps(facts))
    with pytest.raises(ModelError, match=told):
        found = open_scorer(spec(parts))
        parity.check_all(found, parity.read_all(found, parts / "model", parts / "encoder"))


def test_an_encoder_that_was_joined_to_no_model_is_left_out_and_said(parts):
    (parts / "encoder/cascade.json").unlink()
    assert "cascade.json is not there; `moderation train-cascade`" in open_scorer(spec(parts)).lack


@pytest.mark.parametrize("file", ["encoder.json", "model.onnx", "tokenizer.json"])
def test_a_missing_file_is_named(parts, file):
    (parts / "encoder" / file).unlink()
    with pytest.raises(ModelError, match=f"{file}\n.*is missing"):
        open_scorer(spec(parts))


# The service


def test_the_service_tells_its_tier_and_takes_one_by_request(parts):
    client = create_app(settings_module.load(served(parts, MODERATION_TIER="deep"))).test_client()
    status, body = post(client, "/v1/score", {"text": "fig you are", "explain": True})
    assert (status, body["tier"]) == (200, "deep")
    assert "+tiny-" in body["versions"]["model"]
    assert post(client, "/v1/score", {"text": "fig you are", "tier": "fast"})[1]["tier"] == "fast"
    comments = [{"text": "fig", "tier": "fast"}, {"text": "fig"}, {"text": "fig", "tier": "slow"}]
    mixed = post(client, "/v1/score/batch", {"comments": comments})
    assert [item.get("tier") for item in mixed[1]["results"]] == ["fast", "deep", None]
    ready = client.get("/readyz")
    assert (ready.status_code, ready.get_json()["tier"]) == (200, "deep")
    counted = client.get("/metrics").text
    assert 'moderation_comments_by_tier_total{tier="deep"} 2.0' in counted
    assert 'moderation_tier{tier="deep"} 1.0' in counted


def test_a_reload_takes_another_encoder_and_refuses_a_broken_one(parts):
    client = create_app(settings_module.load(served(parts))).test_client()
    before = client.get("/readyz").get_json()
    facts = json.loads((parts / "encoder/parity.json").read_text())
    facts["bound"] = 0.001
    (parts / "encoder/parity.json").write_text(json.dumps(facts))
    refused = client.post("/v1/admin/reload")
    assert (refused.status_code, "further than 0.001" in refused.text) == (422, True)
    assert client.get("/readyz").get_json() == before
    shutil.rmtree(parts / "encoder")
    assert client.post("/v1/admin/reload").get_json()["changed"]
    assert client.get("/readyz").get_json()["tier"] == "fast"


def test_a_request_for_an_encoder_that_is_not_there_is_told_so(client):
    status, body = post(client, "/v1/score", {"text": "fig", "tier": "deep"})
    assert (status, body["field"]) == (422, "tier")
    assert post(client, "/v1/score", {"text": "fig", "tier": "auto"})[1]["tier"] == "fast"


def test_workers_forked_from_a_loaded_encoder_answer_alike(parts, tmp_path):
    own = open_scorer(ScorerSpec.from_settings(settings_module.load(served(parts))))
    for threads in ("1", "2"):
        folder = tmp_path / threads
        folder.mkdir()
        variables = {name.removeprefix("MODERATION_").lower(): value for name, value in served(parts).items()}
        with Served(folder, workers=4, encoder_threads=threads, **variables | {"tier": "deep"}) as service:
            assert "; tier deep" in service.log
            for text in ("fig you are a pear", "what they are! " * 12) * 6:
                status, body = service.post("/v1/score", {"text": text})
                assert (status, body["tier"]) == (200, "deep")
                found = own.score(text, tier="deep")
                np.testing.assert_allclose(list(body["attributes"].values()), [score for _, score in found.scores], atol=2e-6)


def test_a_forked_child_scores_as_its_parent(tiny):
    expected = tiny.logits(["fig you are"]).tobytes()
    for threads in (1, 2):
        loaded = Encoder.load(TINY, threads)
        assert loaded.logits(["fig you are"]).tobytes() == expected
        child = os.fork()
        if not child:
            os._exit(0 if loaded.logits(["fig you are"]).tobytes() == expected else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_the_library_that_runs_the_encoder_sends_nothing_to_its_maker():
    import onnxruntime

    libraries = list(Path(onnxruntime.__file__).parent.glob("capi/*.so*"))
    assert libraries
    assert not any(b"events.data.microsoft" in library.read_bytes() for library in libraries)
