"""Wishes and drafts of tuning: targets are read, a wish moves its own lines and no others, a draft is the policy with other lines."""

from dataclasses import replace

import numpy as np
import pytest

from moderation.errors import PolicyError
from moderation.policy import Policy
from moderation.rules import parse_rules
from moderation.scorer import Scorer
from moderation.settings import ROOT
from moderation.tune import choose
from moderation.tune.choose import Capacity, Wish
from moderation.tune.draft import difference, draft
from moderation.tune.labelled import Labelled, score
from moderation.tune.targets import Costs, TuneError, read_costs, read_target

# Wishes


def test_targets_are_read_with_category_line_and_percent():
    assert read_target("maximum recall @ precision >= 0.95") == read_target("reject:  maximum recall @ precision>=95%")
    found = read_target("personal.review: maximum recall @ precision >= 0.3")
    assert (found.category, found.line, found.metric, found.bound) == ("personal", "review", "precision", 0.3)
    assert read_target("obscene: minimum review @ miss <= 1 %").line == "review"


@pytest.mark.parametrize(("text", "told"), [
    ("precision >= 0.95", "write one of `maximum recall @ precision >= 0.95`"),
    ("minimum review @ precision >= 0.95", "a target on precision reads `maximum recall @ precision >= ...`"),
    ("maximum recall @ precision <= 0.95", "a target on precision reads"),
    ("maximum recall @ precision >= 95", "between 0 and 1"),
    ("personal.middle: maximum recall @ precision >= 0.95", "`review` or `reject`")])
def test_a_target_that_is_none_is_refused_with_how_to_write_it(text, told):
    with pytest.raises(TuneError, match=told.replace(".", r"\.")):
        read_target(text)


def test_costs_are_read_and_refused_by_name():
    assert read_costs(["wrong_reject=5", "review=0.25"]) == Costs(5, 3, 0.25)
    for pair in ("reviews=1", "miss=-1", "miss", "miss=nan"):
        with pytest.raises(TuneError, match="a cost is one of wrong_reject, miss, review"):
            read_costs([pair])


@pytest.fixture(scope="module")
def scored(scorer):
    random = np.random.default_rng(2)
    words = "fig banana durian prune quince apple pear plum melon grape lime kiwi lemon peach".split()
    texts = tuple(" ".join(random.choice(words, 5)) + f" {row}" for row in range(900))
    sections = tuple(random.choice(["", "sport", "politics"], 900).tolist())
    names = scorer.policy.categories
    highest = scorer.score_batch(texts).categories
    labels = (random.random(highest.shape) < 1 / (1 + np.exp(-12 * (highest - 0.6)))).astype(float)
    return score(Labelled(texts, names, labels, sections), scorer)


def test_scores_are_the_scorers(scored, scorer):
    table = scorer.score_batch(scored.rows.texts)
    np.testing.assert_array_equal(scored.scores, table.categories)


def test_the_queue_is_what_the_policy_decides(scored, scorer):
    table = scorer.score_batch(scored.rows.texts, [name or None for name in scored.rows.sections])
    reviewed, rejected = scored.queue(scorer.policy.thresholds)
    assert (reviewed.value, rejected.value) == (np.mean(table.worst == 1), np.mean(table.worst == 2))


def test_a_target_moves_its_line_and_no_other(scored, scorer):
    live = scorer.policy.thresholds
    found = choose.plan(scored, live, Wish((read_target("obscene: maximum recall @ precision >= 0.7"),)))
    assert found.is_supported
    moved = np.argwhere(found.lines != live)
    assert set(moved[:, 1]) == {scorer.policy.categories.index("obscene")}
    choice = next(choice for choice in found.choices if choice.category == "obscene")
    assert choice.kept[0].promise.line == choice.figures.reject
    assert choice.figures.precision.value >= 0.7
    assert (found.lines[..., 0] <= found.lines[..., 1]).all()


def test_capacity_holds_for_the_whole_queue(scored, scorer):
    live = scorer.policy.thresholds
    before = scored.queue(live)[0].value
    found = choose.plan(scored, live, Wish(capacity=Capacity(before / 2 * 1000, 1000)))
    assert 0 < scored.queue(found.lines)[0].value <= before / 2
    with pytest.raises(TuneError, match="can be looked"):
        choose.plan(scored, live, Wish((read_target("review: maximum recall @ precision >= 0.2"),), capacity=Capacity(0.0001, 1000)))


def test_a_section_without_enough_labels_keeps_the_common_line(scored, scorer):
    wish = Wish((read_target("obscene: maximum recall @ precision >= 0.7"),), by_section=True)
    few = scored.rows_of("sport") & (np.arange(len(scored)) % 20 > 0)
    labels = np.where(few[:, None], np.nan, scored.labels)
    found = choose.plan(replace(scored, labels=labels), scorer.policy.thresholds, wish)
    assert found.is_supported
    assert [missing.section for missing in found.missing if missing.section == "sport"] == ["sport"]


def test_one_label_for_all_rules_moves_all_categories_together(scored, scorer):
    rows = Labelled(scored.rows.texts, ("violates",), scored.labels.max(axis=1, keepdims=True), scored.rows.sections)
    whole = score(rows, scorer)
    found = choose.plan(whole, scorer.policy.thresholds, Wish((read_target("maximum recall @ precision >= 0.6"),)))
    assert len(set(found.lines[0, :, 1].tolist())) == 1
    choice = found.choices[0]
    assert choice.figures.rejected.value == whole.queue(found.lines[:1].repeat(len(found.lines), axis=0))[1].value


# Drafts


def drafted(scorer, change):
    path = ROOT / "tests/cases/policy.toml"
    lines = scorer.policy.thresholds
    change(lines)
    text = path.read_text(encoding="utf-8")
    return text, draft(text, lines, scorer.policy.attributes), lines


def test_a_draft_differs_by_its_lines_alone(scorer):
    def change(lines):
        lines[:, 1, 0] = 0.62
        lines[scorer.policy.section("sport"), 2, 0] = 0.4
        lines[scorer.policy.section("business"), 0] = 0.4, 0.97

    old, new, lines = drafted(scorer, change)
    changed = [line for line in difference(old, new).splitlines()[2:] if line[0] in "+-"]
    assert changed == ["-review = 0.50", "+review = 0.62", "+scale = { review = 0.50, reject = 0.90 }",
                       "+derogatory = { review = 0.40, reject = 0.97 }",
                       "-obscene = { reject = 0.95 }     # banter: strong words are looked at, not refused",
                       "+obscene = { review = 0.40, reject = 0.95 }     # banter: strong words are looked at, not refused"]
    assert draft(new, lines, scorer.policy.attributes) == new
    assert draft(old, scorer.policy.thresholds, scorer.policy.attributes) == old


def test_lines_move_under_the_scores_and_not_the_scores_with_the_lines(scorer, scored):
    """What a draft decides is what its lines say of the scores that they were chosen on."""
    def change(lines):
        lines[:, :, 0], lines[:, :, 1] = 0.33, 0.71

    _, new, lines = drafted(scorer, change)
    policy = Policy(parse_rules(new.encode(), "draft"), scorer.policy.attributes)
    table = Scorer(scorer.classifier, scorer.lexicon, policy).score_batch(scored.rows.texts)
    np.testing.assert_array_equal(table.categories, scored.fused)
    np.testing.assert_array_equal(table.actions, (scored.fused >= 0.33).astype(int) + (scored.fused >= 0.71))
    assert (scored.fused != 0).any() and len(lines) == 1 + len(policy.sections)


def test_a_draft_that_no_policy_can_hold_is_refused(scorer):
    def change(lines):
        lines[0, 0] = 0.9, 0.2

    with pytest.raises(PolicyError, match="rejected before they are reviewed"):
        drafted(scorer, change)
