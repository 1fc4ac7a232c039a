"""The scorer: one path for one answer, whatever the batch, and a spec that another process can open."""

import pickle
import shutil

import numpy as np
import pytest
from conftest import ATTRIBUTES, make_classifier
from hypothesis import given
from hypothesis import strategies as st

from moderation import exclusions, language
from moderation.answers import Answers
from moderation.errors import LoadError, ModelError, RequestError
from moderation.features import FeatureSpec
from moderation.lexicon import Lexicon
from moderation.policy import ACTIONS, Policy
from moderation.scorer import Scorer, ScorerSpec, open_scorer
from moderation.settings import ROOT
from moderation.text import fold_batch

WORDS = st.sampled_from(["banana", "b4n4na", "ba nana", "du*ian", "durian", '"durian"', "prunes", "quince", "quince jelly", "fig", "you",
                         "\ud800", "https://fig.example/banana", "bаnana", "B.A.N.A.N.A", "\n", "é", "\u200b", "> durian", "😀"])
COMMENTS = st.lists(WORDS, max_size=8).map(" ".join) | st.text(st.characters(), max_size=40)
SECTIONS = st.sampled_from([None, "sport", "politics", "courts"])


@given(st.lists(st.tuples(COMMENTS, SECTIONS), min_size=1, max_size=8), st.randoms())
def test_a_batch_scores_as_its_comments_do_in_any_order(scorer, rows, random):
    random.shuffle(rows)
    table = scorer.score_batch([text for text, _ in rows], [section for _, section in rows])
    assert list(table) == [scorer.score(text, section) for text, section in rows]
    single = [scorer.score_batch([text], section) for text, section in rows]
    assert [Answers(table).row(row, text) for row, (text, _) in enumerate(rows)] == [
        Answers(one).row(0, text) for one, (text, _) in zip(single, rows, strict=True)]


@given(COMMENTS)
def test_spans_lie_in_the_original_and_their_text_is_matched_again(scorer, text):
    table = scorer.score_batch([text])
    for match in table[0].matches:
        assert 0 <= match.span.start < match.span.end <= len(text)
        part = text[match.span.start : match.span.end]
        assert match.term in {again.term for again in scorer.score(part).matches} or match.disguise == "joined"
    for evidence in table.evidence(0):
        assert 0 <= evidence.span.start < evidence.span.end <= len(text)
        assert not text[evidence.span.start : evidence.span.end].isspace()


@given(COMMENTS)
def test_a_masked_comment_keeps_its_length_and_the_rest_of_its_text(scorer, text):
    found = scorer.score(text)
    masked = found.masked(text)
    assert len(masked) == len(text)
    inside = {index for match in found.matches for index in range(*match.span)}
    assert all(masked[index] == char for index, char in enumerate(text) if index not in inside)


def test_the_arrays_say_what_the_rows_say(scorer):
    table = scorer.score_batch(["what a banana", "what a fig", "a durian"])
    assert table.attributes.shape == (3, len(ATTRIBUTES))
    assert [ACTIONS[worst] for worst in table.worst] == [found.decision.action for found in table]
    assert table[-1] == table[2]
    with pytest.raises(IndexError):
        table[3]


@given(st.lists(COMMENTS, min_size=1, max_size=8), st.data())
def test_the_sweep_decides_as_each_step_alone_does(scorer, rows, data):
    sections = data.draw(st.lists(st.sampled_from([None, *scorer.policy.sections]), min_size=len(rows), max_size=len(rows)))
    table = scorer.score_batch(rows, sections, tier="fast")
    batch = fold_batch(exclusions.blank(rows, scorer.policy.exclude))
    found = scorer.lexicon.find_batch(batch)
    linear = scorer.classifier.predict_folded(scorer.lexicon.restore(batch))
    fused = scorer.policy.fuse(linear, found)
    assert table.languages == language.detect_batch(batch)
    assert table.matches == {row: matches for row, matches, _ in found}
    actions = scorer.policy.decide(fused, table.sections)
    for swept, stepped in ((table.attributes, linear), (table.categories, fused), (table.actions, actions)):
        np.testing.assert_array_equal(swept, stepped)


@pytest.mark.parametrize("features", [FeatureSpec(buckets=1 << 10), FeatureSpec(buckets=1 << 12, across=True), FeatureSpec(
    char_min=3, word_max=3, shout=True, skip=True, groups=True, buckets=1 << 12)], ids=["words", "across", "groups"])
@given(st.lists(st.sampled_from(["the", "women", "don't", "YOU", "you", "nooo", "the,", "(the", "a", "the.", "The", "Wömen", "x\u200by",
                                 "@the", "http://the", "@", "12", "\U0001f600", "the" * 9]), min_size=1, max_size=40))
def test_a_score_is_the_same_whether_the_sums_of_its_words_are_kept_or_not(features, words):
    classifier = make_classifier(features=features)
    policy = Policy.load(ROOT / "tests/cases/policy.toml", ATTRIBUTES)
    kept = Scorer(classifier, Lexicon([], common=["the", "women", "don't", "you", "a", "the" * 9, "noo", "www", "12", ""]), policy)
    texts = exclusions.blank([" ".join(words)], policy.exclude)
    assert any(sum.count for sum in classifier.word_sums(["the", "women"])["table"]) != features.across
    np.testing.assert_array_equal(kept.score_batch(texts).attributes, classifier.predict(texts))


def test_a_disguise_changes_nothing_for_the_classifier(scorer):
    plain, disguised = scorer.score_batch(["what a banana today", "what a b*n*na today"])
    assert plain.scores == disguised.scores


def test_an_excluded_part_is_not_read(scorer):
    plain, linked = scorer.score_batch(["see                              today", "see https://fig.example/banana-s today"])
    assert (linked.matches, linked.categories) == ((), plain.categories)


def test_nothing_at_all_is_scored(scorer):
    assert len(scorer.score_batch([])) == 0
    assert scorer.score_batch([]).worst.shape == (0,)


def test_sections_must_be_known_and_as_many_as_the_comments(scorer):
    with pytest.raises(RequestError, match="is not a section"):
        scorer.score("fig", "figs")
    with pytest.raises(RequestError, match="has not as many entries"):
        scorer.score_batch(["fig"], ["sport", None])


def test_evidence_is_given_only_for_what_is_not_approved_and_by_its_strength(scorer):
    words = ("fig", "plum", "pear", "apple", "lemon", "melon", "kiwi", "lime", "peach", "date")
    texts = [f"{word} you {word}s and {word}" for word in words]
    table = scorer.score_batch(texts)
    held = [row for row in range(len(texts)) if table.worst[row]]
    assert held, "the small model approves everything; choose other words"
    for row in range(len(texts)):
        assert bool(table.evidence(row)) <= (row in held)
    assert any(table.evidence(row) for row in held)


@pytest.mark.parametrize("unit", ["a", "\u0301", " ", ".", "ba-", "@", "\u200b", '"', "> ", "`", "😀"])
def test_a_long_comment_of_one_thing_is_scored(scorer, unit):
    found = scorer.score(unit * (200_000 // len(unit)))
    assert 0 <= min(score for _, score in found.scores) <= max(score for _, score in found.scores) <= 1


# Specs


@pytest.fixture
def parts(tmp_path):
    make_classifier().save(tmp_path / "model")
    (tmp_path / "lexicon").mkdir()
    (tmp_path / "lexicon/fruit.txt").write_text("[obscene strong]\nbanana\n", encoding="utf-8")
    shutil.copy(ROOT / "tests/cases/policy.toml", tmp_path / "policy.toml")
    return tmp_path


def spec_of(parts):
    return ScorerSpec.of(parts / "model", [parts / "lexicon"], parts / "policy.toml")


def test_a_spec_travels_and_opens_once_per_process(parts):
    spec = spec_of(parts)
    scorer = open_scorer(pickle.loads(pickle.dumps(spec)))
    assert open_scorer(spec_of(parts)) is scorer
    assert scorer.score("banana").decision.action == "reject"
    assert scorer.score_batch(["fig"]).attributes.dtype == np.float64


@pytest.mark.parametrize("changed", ["model/model.json", "lexicon/fruit.txt", "policy.toml"])
def test_a_spec_is_not_opened_on_other_content(parts, changed):
    spec = spec_of(parts)
    with (parts / changed).open("a") as file:
        file.write("\n")
    with pytest.raises(LoadError, match="has changed"):
        open_scorer(spec)


def test_a_file_that_changes_while_others_are_read_is_noticed(parts, monkeypatch):
    spec = spec_of(parts)
    load = Lexicon.load

    def meanwhile(*given):
        (parts / "policy.toml").write_text((parts / "policy.toml").read_text() + "\n")
        return load(*given)

    monkeypatch.setattr(Lexicon, "load", meanwhile)
    with pytest.raises(LoadError, match="has changed"):
        open_scorer(spec)


@pytest.mark.parametrize(("missing", "variable"), [("model", "MODEL"), ("lexicon", "LEXICON"), ("policy.toml", "POLICY")])
def test_what_is_missing_is_named(parts, missing, variable):
    (parts / missing).rename(parts / "elsewhere")
    with pytest.raises(LoadError, match="cannot be read") as caught:
        spec_of(parts)
    assert f"`MODERATION_{variable}` names it" in str(caught.value)


def test_a_policy_loaded_for_other_attributes_is_refused(scorer):
    other = make_classifier()
    other.attributes = other.attributes[::-1]
    with pytest.raises(ModelError):
        Scorer(other, scorer.lexicon, scorer.policy)
