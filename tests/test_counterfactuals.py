"""Counterfactuals: every answer is one that the scorer gives, and no word of it could stay."""

import json

from hypothesis import example, given, settings
from hypothesis import strategies as st

from moderation.answers import Answers
from moderation.counterfactuals import MOST_SPANS, counterfactuals
from moderation.policy import ACTIONS
from moderation.scorer import ScorerSpec, open_scorer
from moderation.settings import ROOT
from moderation.settings import load as load_settings

WORDS = st.sampled_from(["banana", "b4n4na", "ba nana", "du*ian", "durian", '"durian"', "prunes", "quince", "fig", "you", "\ud800", "\n"])


def without(text, spans):
    for start, end in spans:
        text = text[:start] + " " * (end - start) + text[end:]
    return text


def prove(scorer, text, section=None):
    """Try every answer for a comment, and every answer with one word put back; the actions found."""
    table = scorer.score_batch([text], section)
    worst = [int(table.worst[0])]
    for action, spans in counterfactuals(table, 0):
        assert 0 < len(spans) <= MOST_SPANS and list(spans) == sorted(spans)
        language = table.languages[0]
        assert scorer.score(without(text, spans), section, language).decision.action == action
        for kept in spans:
            put_back = scorer.score(without(text, [span for span in spans if span != kept]), section, language).decision.action
            assert ACTIONS.index(put_back) > ACTIONS.index(action)
        worst.append(ACTIONS.index(action))
    assert worst == sorted(set(worst), reverse=True), "each answer is milder than the last"
    return worst


@example("prunes banana quince quince banana", None)
@settings(deadline=None)
@given(st.lists(WORDS, max_size=6).map(" ".join), st.sampled_from([None, "sport"]))
def test_every_answer_holds_and_needs_all_its_words(scorer, text, section):
    prove(scorer, text, section)


def test_a_comment_with_one_bad_word_is_approved_without_it(scorer):
    text = "What a banana"
    *_, last = counterfactuals(scorer.score_batch([text]), 0)
    assert last.action == "approve" and "banana" in [text[start:end] for start, end in last.spans]


def test_an_answer_bears_them_only_when_asked(scorer):
    table = scorer.score_batch(["What a banana"])
    assert not Answers(table).row(0, "What a banana").counterfactuals
    assert [item.action for item in Answers(table).row(0, "What a banana", explain=True).counterfactuals][-1] == "approve"


def test_they_hold_for_the_model_that_is_served():
    scorer = open_scorer(ScorerSpec.from_settings(load_settings({})))
    held = json.loads((ROOT / "seeds/decisions.json").read_text(encoding="utf-8"))["held"]
    assert counterfactuals(scorer.score_batch(["Thank you, that was kind."]), 0) == []
    found = [prove(scorer, text) for text, *_ in held]
    assert sum(worst[-1] == 0 for worst in found) > len(found) / 2, "most can be approved without a few words"
