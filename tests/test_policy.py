"""The policy: files are refused with every problem at once, and a higher score never gives a milder action."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.errors import PolicyError, RequestError
from moderation.found import Match, RowMatches
from moderation.policy import ACTIONS, Policy
from moderation.rules import KEYS, read_rules
from moderation.settings import ROOT
from moderation.terms import SEVERITIES
from moderation.text import Span

ATTRIBUTES = ("toxicity", "severe_toxicity", "identity_attack", "insult", "threat", "profanity")
SEEDS = ROOT / "tests/cases/policy.toml"


@pytest.fixture(scope="module")
def policy():
    return Policy.load(SEEDS, ATTRIBUTES)


def word(category, severity, region="own"):
    return Match("fig", category, severity, Span(0, 3), "plain", region)


def action(policy, scores, matches=(), section=None):
    fused = policy.fuse(np.array([scores]), [RowMatches(0, list(matches))] if matches else [])
    return policy.explain(fused[0], policy.section(section)).action


def quiet(**scores):
    return [scores.get(attribute, 0.0) for attribute in ATTRIBUTES]


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "policy.toml"
    path.write_text(text, encoding="utf-8")
    return path


def problems(tmp_path, text):
    with pytest.raises(PolicyError) as caught:
        read_rules(write(tmp_path, text), ATTRIBUTES)
    return caught.value


# The policy of the seeds


@pytest.mark.parametrize("category", ["derogatory", "personal", "obscene"])
def test_one_severe_word_is_rejected_and_a_mild_one_alone_approved(policy, category):
    assert action(policy, quiet(), [word(category, "severe")]) == "reject"
    assert action(policy, quiet(), [word(category, "mild")]) == "approve"


@pytest.mark.parametrize("region", ["quote", "blockquote", "code"])
def test_a_quoted_severe_word_goes_to_review_even_if_the_classifier_is_sure(policy, region):
    for probability in (0.0, 0.5, 1.0):
        assert action(policy, quiet(identity_attack=probability), [word("derogatory", "severe", region)]) == "review"


def test_a_quoted_word_beside_one_that_is_used_excuses_nothing(policy):
    matches = [word("derogatory", "severe", "quote"), word("derogatory", "severe")]
    assert action(policy, quiet(), matches) == "reject"


def test_a_section_moves_thresholds_for_itself_only(policy):
    fused = policy.fuse(np.zeros((3, 6)), [RowMatches(row, [word("obscene", "strong")]) for row in range(3)])
    sections = np.array([policy.section(name) for name in (None, "sport", "courts")])
    assert [ACTIONS[worst] for worst in policy.decide(fused, sections).max(axis=1)] == ["reject", "review", "reject"]


def test_an_unknown_section_is_refused_with_those_that_are_known(policy):
    with pytest.raises(RequestError, match="the sections are `business`"):
        policy.section("figs")


def test_a_reason_names_the_threshold_that_was_reached(policy):
    decision = policy.explain(policy.fuse(np.array([quiet(insult=1.0, profanity=0.6)]), [])[0])
    assert [(reason.category, reason.action, reason.threshold) for reason in decision.reasons] == [
        ("personal", "reject", 0.9), ("obscene", "review", 0.5)]
    assert all(reason.clause and reason.score >= reason.threshold for reason in decision.reasons)


def test_a_category_that_the_policy_does_not_have_counts_nothing(policy):
    assert action(policy, quiet(), [word("spam", "severe")]) == "approve"


def test_the_classifier_leads_only_where_it_alone_would_not_approve(policy):
    points = {feed.attribute: feed for category in policy.rules.categories for feed in category.feeds}
    row = np.array(quiet(insult=points["insult"].review, threat=0.001))
    assert policy.leading(row) == {"personal": "insult"}


def test_no_comment_at_all_is_no_fault(policy):
    assert policy.decide(policy.fuse(np.zeros((0, 6)), [])).shape == (0, 3)


# Properties

SHARES = st.floats(0, 1)
ROWS = st.lists(SHARES, min_size=6, max_size=6)
WORDS = st.lists(st.builds(word, st.sampled_from(["derogatory", "personal", "obscene", "spam"]), st.sampled_from(SEVERITIES),
                           st.sampled_from(["own", "quote", "code"])), max_size=4)
LOADED = Policy.load(SEEDS, ATTRIBUTES)


def fused_of(row, matches):
    return LOADED.fuse(np.array([row]), [RowMatches(0, matches)] if matches else [])[0]


@given(ROWS, st.integers(0, 5), SHARES, WORDS, st.sampled_from((None, *LOADED.sections)))
def test_a_higher_score_never_gives_a_milder_action(row, column, other, matches, section):
    higher = [*row]
    higher[column] = max(row[column], other)
    lower, upper = fused_of(row, matches), fused_of(higher, matches)
    assert (upper >= lower).all()
    number = LOADED.section(section)
    assert (LOADED.decide(upper, number) >= LOADED.decide(lower, number)).all()


@given(ROWS, WORDS, st.sampled_from(["derogatory", "personal", "obscene"]), st.sampled_from(SEVERITIES))
def test_one_more_word_of_the_writers_own_never_gives_a_milder_action(row, matches, category, severity):
    assert (fused_of(row, [*matches, word(category, severity)]) >= fused_of(row, matches)).all()


@given(st.floats(0, 1, allow_subnormal=False), st.sampled_from([-1, 1]), st.integers(0, 5))
def test_the_next_number_never_counts_less(value, direction, column):
    near = float(np.clip(np.nextafter(value, value + direction), 0, 1))
    low, high = sorted((value, near))
    rows = np.zeros((2, 6))
    rows[:, column] = low, high
    fused = LOADED.fuse(rows, [])
    assert (fused[1] >= fused[0]).all()
    assert 0 <= fused.min() <= fused.max() <= 1


@given(st.lists(st.tuples(ROWS, WORDS, st.sampled_from((None, *LOADED.sections))), min_size=1, max_size=6))
def test_a_batch_decides_as_its_rows_do(rows):
    found = [RowMatches(index, matches) for index, (_, matches, _) in enumerate(rows) if matches]
    fused = LOADED.fuse(np.array([scores for scores, _, _ in rows]), found)
    sections = np.array([LOADED.section(section) for _, _, section in rows])
    worst = LOADED.decide(fused, sections).max(axis=1)
    for index, (scores, matches, section) in enumerate(rows):
        assert (fused[index] == fused_of(scores, matches)).all()
        assert action(LOADED, scores, matches, section) == ACTIONS[worst[index]]


@given(st.floats(0.01, 0.99), st.floats(0, 1), st.floats(0.01, 0.99), st.floats(0, 1), st.booleans())
def test_an_attribute_at_its_point_reaches_the_threshold(tmp_path_factory, review_at, more, review, above, rejects):
    reject_at, reject = review_at + (1 - review_at) * more, review + (1 - review) * above
    points = f"review = {review_at!r}" + (f", reject = {reject_at!r}" if rejects else "")
    path = tmp_path_factory.mktemp("policy") / "policy.toml"
    path.write_text(f'[categories.fruit]\nclause = "x"\nreview = {review!r}\nreject = {reject!r}\nattributes.insult = {{ {points} }}\n')
    policy = Policy.load(path, ["insult"])
    fused = policy.fuse(np.array([[review_at], [reject_at], [0.0], [1.0]]), [])
    at_review, at_reject, at_none, at_one = fused.ravel().tolist()
    actions = policy.decide(fused).ravel().tolist()
    assert at_none == 0
    assert actions[0] >= 1
    if rejects:
        assert actions[1] == 2
        assert at_one == 1 or reject_at == 1
    else:
        assert at_review <= at_reject <= at_one <= (review + reject) / 2 + 0.0001


# Files that are refused


def test_everything_wrong_in_a_file_is_reported_at_once(tmp_path, golden):
    text = """
exclude = ["url", "image"]
treshold = 1
[severities]
mild = 0.8
severe = "much"
[quoted]
most = 2
[categories.personal]
clause = "No insults."
review = 0.80
reject = 0.70
attributes = { insults = { review = 0.5 }, threat = { review = 0.9, reject = 0.2, sure = 1 } }
[categories.spam]
clause = ""
review = 0
[categories.obscene]
clause = "Clean."
review = true
reject = nan
severities = { mild = 0.5, string = 0.6 }
attributes = 3
[sections.sport]
personal = { review = 0.1, reject = 0.05 }
obscen = { review = 0.3 }
[sections.politics.personal]
aprove = 0.2
"""
    golden("policy_error.txt", f"{problems(tmp_path, text)}\n")


@pytest.mark.parametrize(("text", "where"), [("", "categories"), ("categories = 3", "categories"), ("sections = []", "sections"),
                                             ("[categories]\nfig = 1", "categories.fig")])
def test_a_file_without_clauses_is_refused(tmp_path, text, where):
    assert where in [problem.where for problem in problems(tmp_path, text).problems]


@pytest.mark.parametrize("content", [b"[categories", b"\xff\xfe"])
def test_a_file_that_is_no_toml_is_refused(tmp_path, content):
    path = tmp_path / "policy.toml"
    path.write_bytes(content)
    with pytest.raises(PolicyError, match="is not TOML"):
        read_rules(path)


def test_a_missing_file_is_said_to_be_missing(tmp_path):
    with pytest.raises(PolicyError, match="cannot be read: No such file"):
        read_rules(tmp_path / "none.toml")


def test_every_key_has_its_explanation():
    assert all(isinstance(words, str) for table in KEYS.values() for words in table.values())
    assert all(words for table, keys in KEYS.items() for words in keys.values() if table != "the file")
