"""Which language a comment is in: told where it is plain, English where there is doubt; what is not read is the policy's."""

import json
from bisect import bisect_right
from pathlib import Path

import pytest
from conftest import ATTRIBUTES, TERMS, make_classifier, post
from hypothesis import given
from hypothesis import strategies as st

from moderation import language
from moderation.errors import PolicyError, RequestError
from moderation.language import detect, tag
from moderation.lexicon import Lexicon
from moderation.policy import Policy
from moderation.scorer import Scorer
from moderation.settings import ROOT

CASES = json.loads((Path(__file__).parent / "cases/language.json").read_text(encoding="utf-8"))
GERMAN = "Das ist doch nicht wahr, und du weißt es auch"


@pytest.mark.parametrize(("language", "text"), [(language, text) for language, texts in CASES.items() for text in texts])
def test_a_language_is_told(language, text):
    assert detect(text) == language


@given(st.text(st.characters()))
def test_any_text_has_a_language(text):
    assert tag(detect(text)) == detect(text)


@given(st.text(st.sampled_from("abcdefghij éß漢я "), max_size=14))
def test_a_few_letters_are_english(text):
    assert sum(map(str.isalpha, text)) >= 5 or detect(text) == "en"


@pytest.mark.parametrize(("name", "found"), [("en", "en"), ("EN-gb", "en"), ("hi-latn", "hi-Latn"), ("zh-Hant-TW", "zh"), ("fil", "fil")])
def test_tags_are_compared_without_their_country(name, found):
    assert tag(name) == found


@pytest.mark.parametrize("name", ["", "e", "english", "en_GB", "en-", "e\u00f1", "en-" + "x" * 9, "1"])
def test_what_is_no_tag_is_refused(name):
    with pytest.raises(RequestError) as caught:
        tag(name)
    assert caught.value.problem.where == "language"


def make_scorer(tmp_path, action):
    path = tmp_path / "policy.toml"
    rules = (ROOT / "tests/cases/policy.toml").read_text(encoding="utf-8")
    path.write_text(rules.replace('unread_language = "review"', f'unread_language = "{action}"'), encoding="utf-8")
    return Scorer(make_classifier(), Lexicon(TERMS), Policy.load(path, ATTRIBUTES))


@pytest.mark.parametrize("action", ["approve", "review", "reject"])
def test_the_policy_says_what_becomes_of_a_language_that_is_not_read(tmp_path, action):
    scorer = make_scorer(tmp_path, action)
    table = scorer.score_batch([GERMAN, "fig", f"{GERMAN} banana", "fig"], languages=[None, "de", None, None])
    decisions = [found.decision for found in table]
    assert [decision.action for decision in decisions] == [action, action, "reject", "approve"]
    assert [scorer.policy.attributes and found.language for found in table] == ["de", "de", "de", "en"]
    assert [found.is_read for found in table] == [False, False, False, True]
    assert table.worst.tolist() == [["approve", "review", "reject"].index(decision.action) for decision in decisions]
    assert [reason.category for reason in decisions[0].reasons] == ([] if action == "approve" else ["language"])
    assert "language" in [reason.category for reason in decisions[2].reasons] or action == "approve"


def test_the_policy_knows_three_actions_for_it(tmp_path):
    with pytest.raises(PolicyError, match="unread_language"):
        make_scorer(tmp_path, "hold")


def test_the_answer_names_the_language(client):
    assert post(client, "/v1/score", {"text": "fig"})[1]["language"] == {"tag": "en", "read": True}
    status, body = post(client, "/v1/score", {"text": "fig", "language": "pt-BR"})
    assert (status, body["language"], body["action"]) == (200, {"tag": "pt", "read": False}, "review")
    assert body["reasons"][0]["category"] == "language"
    assert post(client, "/v1/score", {"text": "fig", "language": "Portuguese"})[1]["field"] == "language"
    comments = [{"text": "fig", "language": "?"}, {"text": "fig", "language": "pt"}]
    results = post(client, "/v1/score/batch", {"comments": comments})[1]["results"]
    assert results[0]["error"]["field"] == "comments[0].language"
    assert results[1]["action"] == "review"


def test_a_text_is_counted_by_script_whenever_one_of_its_letters_stands_for_a_language():
    for code in range(0x20000):
        named = bool(language._RUNS[bisect_right(language._STARTS, code) - 1][1])
        assert bool(language._TELLS.search(chr(code))) == named, hex(code)
    assert language._by_script("“…” 👍🏽 é") == language._by_script("👍🏽") == ""
